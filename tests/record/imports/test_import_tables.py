"""Tables with a mapping: columns that are told by name or written down."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldenthread.promise.errors import FileUnusable, ImportUnsure
from goldenthread.record.imports import planned
from record.imports.taken import Taken

STEPS = """ticket;step;began;took;llm;in;result_code
A1;chat;2026-10-01 10:00:00;1500;gpt-4o;21;ok
A1;pay;2026-10-01 10:00:02;500;;;broken
A1;pay;not a time;500;;;ok
A2;chat;2026-10-01 11:00:00;100;gpt-4o;7;ok
"""
MAPPING = """
columns: {case: ticket, name: step, operation: step, start: began, duration_ms: took, model: llm, input_tokens: in,
  status: result_code}
operations: {pay: execute_tool}
failed: [broken]
zone: Europe/Berlin
"""


def test_columns_are_what_a_mapping_says_and_a_row_is_the_same_step_in_the_next_export(tmp_path: Path) -> None:
    """Tables have names of their own; whoever exports again with more rows must not count twice."""
    steps, mapping = tmp_path / "steps.csv", tmp_path / "steps.yaml"
    steps.write_text(STEPS)
    mapping.write_text(MAPPING)
    taken = Taken(steps, tmp_path / "t", mapping=mapping)
    assert taken.refused == {"shape": 1}
    assert taken.places == ["line 4: 'not a time' is no time"]
    first, second, third = taken.rows
    assert (first["case_id"], first["operation"], first["request_model"], first["input_tokens"]) == (
        "A1", "chat", "gpt-4o", 21,
    )  # fmt: skip
    assert (first["start_ns"], first["duration_ns"]) == (1_790_841_600_000_000_000, 1_500_000_000)
    assert (second["operation"], second["status"], third["case_id"]) == ("execute_tool", 2, "A2")
    assert first["trace_id"] == second["trace_id"] != third["trace_id"]
    steps.write_text(STEPS + "A3;chat;2026-10-02 11:00:00;100;gpt-4o;7;ok\n")
    again = Taken(steps, tmp_path / "t", mapping=mapping)
    assert again.done.new
    assert len(again.rows) == 4


def test_columns_are_told_by_their_names_from_parquet_too(tmp_path: Path) -> None:
    """Most tables use the words that everybody uses."""
    rows = {
        "run_id": ["r1", "r1"], "timestamp": [1_790_848_800_000, 1_790_848_801_000], "model": ["gpt-4o", None],
        "prompt_tokens": [21, None], "tool_name": [None, "pay"], "error": [None, "the bank is closed"],
    }  # fmt: skip
    file = tmp_path / "steps.parquet"
    pq.write_table(pa.table(rows), file)
    taken = Taken(file, tmp_path / "t", agent="refund-agent")
    assert taken.plan.mapped is not None
    assert dict(taken.plan.mapped.columns) == {
        "trace": "run_id", "start": "timestamp", "model": "model", "input_tokens": "prompt_tokens",
        "tool": "tool_name", "error": "error",
    }  # fmt: skip
    chat, tool = taken.rows
    assert (chat["operation"], chat["input_tokens"], chat["agent_name"]) == ("chat", 21, "refund-agent")
    assert (tool["operation"], tool["tool_name"], tool["status"]) == ("execute_tool", "pay", 2)


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ("columns: {case: ticket}", "it must name a column for 'start', and one for 'trace' or 'case'"),
        ("columns: {case: ticket, start: when}", "there is no column 'when'"),
        ("columns: {colour: ticket}", "'colour' is nothing that a column stands for"),
        ("columns: [a", "it is no YAML"),
        ("rows: 3", "it has no 'columns'"),
        ("columns: {case: ticket, start: began}\nzone: Mars", "'Mars' is no time zone"),
        ("columns: {case: ticket, start: began}\nfailed: yes", "besides 'columns' it may have 'operations'"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused(mapping: str, words: str, tmp_path: Path) -> None:
    """A column that is silently not read is a figure that is silently wrong."""
    steps, file = tmp_path / "steps.csv", tmp_path / "steps.yaml"
    steps.write_text(STEPS)
    file.write_text(mapping)
    with pytest.raises(ImportUnsure, match=words):
        planned(steps, mapping=file)
    with pytest.raises(FileUnusable):
        planned(steps, mapping=tmp_path / "gone.yaml")
