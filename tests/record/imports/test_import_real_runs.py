"""The recorded runs of ../shared/data, imported: every count as plain JSON gives it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from record.imports.taken import Taken

REAL = Path(__file__).parents[4] / "shared" / "data" / "agent-runs"
pytestmark = pytest.mark.shared_data


def _counted(path: Path) -> dict[str, int]:
    """Runs, messages, calls of tools, of models, and faults, by nothing but the file."""
    value: Any = json.loads(path.read_text())
    rows = value if isinstance(value, list) else value["simulations"]
    talks = [row.get("traj") or row.get("messages") or [] for row in rows]
    mine = [(place, one) for talk in talks for place, one in enumerate(talk) if one["role"] == "assistant"]
    faults = ("infrastructure_error", "unexpected_error", "timeout", "user_error")
    return {
        "runs": len(rows),
        "messages": sum(map(len, talks)),
        "actions": sum(len(one.get("tool_calls") or ()) for _, one in mine),
        "model_calls": sum(place > 0 for place, _ in mine),
        "faults": sum(
            row.get("termination_reason") in faults or bool((row.get("info") or {}).get("error")) for row in rows
        ),
        "evaluations": len(rows),
    }


@pytest.mark.parametrize(
    ("name", "runs", "messages", "actions"),
    [
        ("taubench-gpt4o-airline", 200, 5308, 1164),
        ("tau2-toolorchestra-retail", 114, 2534, 873),
        ("tau2-toolorchestra-airline", 50, 1320, 581),
        ("tau2-grok3mini-airline", 4, 86, 16),
        ("tau2-grok4fast-airline", 4, 104, 33),
    ],
)
def test_every_run_message_and_call_of_a_real_file_is_there(
    name: str, runs: int, messages: int, actions: int, tmp_path: Path
) -> None:
    """A row that is lost without a word makes every figure that rests on it wrong."""
    path = REAL / f"{name}.json"
    taken = Taken(path, tmp_path, agent="gpt-4o" if name.startswith("taubench") else "")
    journal, counts = taken.done.journal, taken.counts
    found = {
        "runs": journal.runs,
        "messages": journal.messages,
        "actions": counts.actions,
        "model_calls": counts.model_calls,
        "faults": journal.faults,
        "evaluations": counts.evaluations,
    }
    assert found == _counted(path)
    assert (journal.runs, journal.messages, counts.actions) == (runs, messages, actions)
    assert (counts.traces, counts.spans) == (runs, runs + counts.actions + counts.model_calls)
    assert (taken.refused, counts.traces_failed) == ({}, 0)


def test_times_that_nobody_measured_stand_in_no_window_and_real_ones_are_kept(tmp_path: Path) -> None:
    """A placeholder of a minute would be a latency that nobody had."""
    filled = Taken(REAL / "tau2-toolorchestra-airline.json", tmp_path / "filled").counts
    assert (filled.first_ns or 0) // 10**9 == 1
    real = Taken(REAL / "tau2-grok4fast-airline.json", tmp_path / "real")
    said = json.loads((REAL / "tau2-grok4fast-airline.json").read_text())["simulations"]
    tops = {row["run_id"]: row for row in real.rows if row["parent_id"] is None}
    for run in said:
        calls = [row for row in real.rows if row["trace_id"] == tops[run["id"]]["trace_id"]]
        tokens = sum(one["usage"]["prompt_tokens"] for one in run["messages"] if _mine(one))
        assert sum(row["input_tokens"] or 0 for row in calls) == tokens
        cost = sum(one["cost"] for one in run["messages"] if _mine(one))
        assert sum(row["cost_micros"] or 0 for row in calls) == pytest.approx(cost * 1e6, abs=len(calls))
        assert tops[run["id"]]["duration_ns"] / 1e9 == pytest.approx(run["duration"], abs=1.0)


def _mine(message: dict[str, Any]) -> bool:
    return message["role"] == "assistant" and message.get("usage") is not None


def test_runs_that_broke_off_are_faults_and_runs_that_gave_out_are_not(tmp_path: Path) -> None:
    """An outage is no failure of the agent; its own endless loop is."""
    value = json.loads((REAL / "tau2-grok4fast-airline.json").read_text())
    ends = ("infrastructure_error", "timeout", "max_steps", "user_stop")
    for run, end in zip(value["simulations"], ends, strict=True):
        run["termination_reason"] = end
    file = tmp_path / "ended.json"
    file.write_text(json.dumps(value))
    taken = Taken(file, tmp_path / "t")
    assert (taken.done.journal.faults, taken.counts.traces_failed) == (2, 2)
    tops = sorted((row["error_type"] or "", row["status"]) for row in taken.rows if row["parent_id"] is None)
    assert tops == [("", 0), ("", 0), ("infrastructure_error", 2), ("timeout", 2)]
    runs = json.loads((REAL / "taubench-gpt4o-airline.json").read_text())[:2]
    runs[0] = {**runs[0], "info": {"error": "the model is out"}, "reward": 0.0, "traj": []}
    file.write_text(json.dumps(runs))
    assert Taken(file, tmp_path / "t2").done.journal.faults == 1


def test_a_broken_run_costs_no_other(tmp_path: Path) -> None:
    """One bad line in a file of a year must not cost the year."""
    runs = json.loads((REAL / "taubench-gpt4o-airline.json").read_text())[:5]
    runs[1]["reward"] = 7
    del runs[3]["traj"]
    file = tmp_path / "broken.json"
    file.write_text(json.dumps([*runs, runs[0]]))
    taken = Taken(file, tmp_path / "t")
    assert (taken.done.journal.runs, taken.counts.traces, taken.refused) == (3, 3, {"shape": 3})
    assert taken.places == [
        "run 2: run 2 (task 1, trial 0), reward: 7 is impossible; expected a number from 0 to 1.",
        "run 4: run 4 (task 3, trial 0), traj: it is missing.",
        "run 6: task 0, trial 0 stands there already",
    ]
