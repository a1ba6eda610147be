"""The table's file: what is wrong with it is found with its place, and what it tells people to write can be written."""

from __future__ import annotations

import pytest

from goldenthread.factory.fit import our_table, parse_table
from goldenthread.promise.contract import parse_contract
from goldenthread.promise.errors import FitTableInvalid

TEXT = our_table().text

CONTRACT = """\
apiVersion: goldenthread/v1
kind: AgentImpactContract
slice: all-guardrails
version: 1
owner: maya@example.com
autonomy:
  start: shadow
  ceiling: approval
  gates: {{draft: [agreement >= 80 %]}}
  {autonomy}
actions:
  read_it: {{effect: read}}
  send_it: {{effect: irreversible, decides: [recipient], limit: amount <= 100}}
  keep_it: {{effect: reversible, undo: take_back}}
technique:
  model: any
  {technique}
{top}
"""
PLACES = {
    "autonomy": ("escalate", "blind", "tripwires", "audit"),
    "technique": ("evals", "grounding", "calls"),
    "top": ("budgets",),
}


def test_every_line_that_a_guardrail_asks_for_can_stand_in_a_contract() -> None:
    """An advice that the contract's reader refuses would be worth nothing."""
    lines = {row.id: row.write for row in our_table().guardrails}
    apart = {"start: shadow", "decides: [recipient]", "undo: take_back", "limit: amount <= 100"}
    assert [line for line in apart if line not in CONTRACT] == []
    contents = "content: {injection: ask, personal_data: redact, secrets: deny}"
    placed = {place: {key: line for line in lines.values() if (key := line.split(":")[0]) in keys}
              for place, keys in PLACES.items()}  # fmt: skip
    text = CONTRACT.format(
        autonomy="\n  ".join(placed["autonomy"].values()),
        technique="\n  ".join(placed["technique"].values()),
        top="\n".join([*placed["top"].values(), contents]),
    )
    found = parse_contract(text)
    assert found.content == {"injection": "ask", "personal_data": "redact", "secrets": "deny"}
    keys = {line.split(":")[0] for line in lines.values()} - {line.split(":")[0] for line in apart} - {"content"}
    assert keys == {key for place in PLACES.values() for key in place}


def test_the_table_reads_to_what_it_says() -> None:
    """One row, followed from the file into the record."""
    row = next(row for row in our_table().needs if row.id == "N5")
    assert (str(row.approach), row.source, sorted(row.when)) == ("tool_use", "simplest", ["steps", "tools"])
    assert our_table().version == 1
    assert our_table().digest.startswith("sha256:")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("kind: FitTable", "kind: FitTabel", "'FitTabel' is no kind; write 'FitTable'."),
        ("at_least: agent, when: {steps: [open]}", "at_least: agnet, when: {steps: [open]}", "'agnet' is no approach"),
        ("when: {steps: [open]}", "when: {step: [open]}", "'step' is no key; did you mean 'steps'?"),
        ("when: {steps: [open]}", "when: {steps: [opne]}", "'opne' is none of one, fixed, branching, open."),
        ('tools: ">= 1"', "tools: many", "'many' is no comparison; write e.g. '\">= 1\"'."),
        ("walls: true", "walls: yes", "is neither true nor false; write 'walls: true'."),
        ("at_most: draft", "at_most: daft", "'daft' is no level; write 'draft'."),
        ("source: rag}", "source: rug}", "'rug' is no source of this table; write 'rag'."),
        ('{seconds: "3", cost: "0.02"}', '{seconds: "quick", cost: "0.02"}', "'quick' is no plain number"),
        ("C2: {at_most", "N1: {at_most", "'N1' names two rows; give each a name of its own."),
        ("version: 1", "version: one", "'one' is no whole number; write e.g. 'version: 1'."),
    ],
)
def test_what_is_wrong_with_a_table_has_its_place(old: str, new: str, words: str) -> None:
    """Whoever changes a row must be told where it went wrong, before anybody follows it."""
    assert old in TEXT
    with pytest.raises(FitTableInvalid) as found:
        parse_table(TEXT.replace(old, new, 1), "own.yaml")
    assert any(words in problem.words and problem.line > 1 for problem in found.value.problems), str(found.value)


@pytest.mark.parametrize("text", ["", "- a", "needs: {", "needs: {N1: {}}"])
def test_what_is_no_table_is_refused(text: str) -> None:
    """Nothing is recommended by half a table."""
    with pytest.raises(FitTableInvalid, match=r"own\.yaml:"):
        parse_table(text, "own.yaml")
