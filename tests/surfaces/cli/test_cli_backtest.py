"""`goldenthread backtest` and `goldenthread evidence` at a terminal."""

from __future__ import annotations

import json
from pathlib import Path

from record.runs.files import tau2_file, tau2_run, written
from surfaces.cli.conftest import Written
from surfaces.cli.typed import Terminal
from worlds import World

GATES = {"draft": ["task_success >= 80 %"]}


def _cases(path: Path, count: int) -> None:
    rows = [f"c{number},2026-03-{1 + number // 10:02},1" for number in range(count)]
    path.write_text("\n".join(["case,started,task_success", *rows]))


def test_backtest_tells_the_day(terminal: Terminal, contract: Written, tmp_path: Path) -> None:
    """Which day would have promoted: on the workflow's escalation line, too."""
    _cases(tmp_path / "runs.csv", 60)
    told = terminal.done(f"backtest {contract(gates=GATES, ceiling='draft')} --runs runs.csv")
    assert "promoted from shadow to draft. Every clause of the gate to draft is proved" in told
    assert "At the end: draft (1 up, 0 down); the naive rule shadow (0 up, 0 down)." in told
    found = json.loads(terminal.done(f"backtest {contract(gates=GATES, ceiling='draft')} --runs runs.csv --json"))
    assert (found["timed"], found["end"], found["moves"][0]["to"]) == (True, "draft", "draft")


def test_backtest_names_the_wrong_line(terminal: Terminal, contract: Written, tmp_path: Path) -> None:
    """One line, with the file and the line in it."""
    (tmp_path / "runs.csv").write_text("case,started,task_success\nc1,2026-03-01,7\n")
    refused = terminal.refused(f"backtest {contract(gates=GATES, ceiling='draft')} --runs runs.csv")
    assert refused.startswith("value-outside-cap: runs.csv:2: task_success is '7'; in one case a rate is 1")


def test_backtest_takes_csv_or_jsonl_and_nothing_else(terminal: Terminal, contract: Written, tmp_path: Path) -> None:
    """A guess at what a file might be would judge something else than was meant."""
    (tmp_path / "runs.txt").write_text("case\n")
    refused = terminal.refused(f"backtest {contract(gates=GATES, ceiling='draft')} --runs runs.txt")
    assert refused.startswith("file-unusable: runs.txt cannot be read: it is neither .csv nor .jsonl.")
    assert terminal(f"backtest {contract(gates=GATES, ceiling='draft')}").code == 2


def test_evidence_judges_a_file_of_runs(terminal: Terminal, contract: Written, tmp_path: Path) -> None:
    """From a benchmark's file to a verdict in one command, and nothing on record."""
    written(tmp_path, tau2_file(*(tau2_run(str(task)) for task in range(30)), domain="payments"), "bench.json")
    page = contract(slice_name="payments-service", gates=GATES, ceiling="draft")
    told = terminal.done(f"evidence --contract {page} --runs bench.json --format tau2")
    assert "30 tasks, one run each." in told
    assert "task_success >= 80 %: passed, evidence 100 %" in told
    found = json.loads(terminal.done(f"evidence --contract {page} --runs bench.json --json"))
    assert found["agents"][0]["counted"] == 30
    assert found["clears_when_compared"] is None


def test_evidence_without_runs_is_refused(terminal: Terminal, contract: Written) -> None:
    """No data is never a pass."""
    refused = terminal.refused(f"evidence --contract {contract(gates=GATES, ceiling='draft')}")
    assert refused.startswith("value-problem: There are no runs to judge.")


def test_imported_runs_are_judged_and_tested(
    terminal: Terminal, world: World, contract: Written, tmp_path: Path
) -> None:
    """Runs that lie in the home are judged as the file that they came from."""
    written(tmp_path, tau2_file(*(tau2_run(str(task)) for task in range(30)), domain="payments"), "bench.json")
    page = contract(slice_name="payments-service", gates=GATES, ceiling="draft")
    terminal.done("runs import bench.json --by maya@example.com")
    from_file = json.loads(terminal.done(f"evidence --contract {page} --runs bench.json --json"))["agents"][0]
    from_home = json.loads(terminal.done(f"evidence --contract {page} --set bench --json"))["agents"][0]
    assert from_home["gates"] == from_file["gates"]
    assert "promoted from shadow to draft" in terminal.done(f"backtest {page} --set bench")
    assert terminal.refused(f"backtest {page} --set lost").startswith("runs-not-found: No imported runs of")
