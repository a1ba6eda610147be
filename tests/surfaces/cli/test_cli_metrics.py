"""`goldenthread metrics`, on a ledger as agents and people leave it."""

from __future__ import annotations

import importlib.util
import json
import sys

import pytest

from control.agents import SLICE, Agent, acting_alone
from goldenthread.control.guard import record_observation
from surfaces.cli.typed import Terminal
from worlds import APPROVER, EXPERT, World


@pytest.fixture
def worked(world: World) -> Agent:
    """Twelve replayed cases, then live ones at constrained: four done alone, of which one came back, and a fault."""
    with world.opened():
        agent = acting_alone(world)
        for number in range(4):
            run = agent.run(f"live-{number}")
            agent.act(run, order=f"live-{number}")
            agent.end(run)
        broken = agent.run("live-9")
        agent.end(broken, "fault")
        record_observation(agent.desk, "live-2", "rework_rate", 1.0, APPROVER, world.keyring.sign)
        record_observation(agent.desk, "live-1", "rework_rate", 0.0, APPROVER, world.keyring.sign)
        record_observation(agent.desk, "live-1", "cost", 0.25, EXPERT, world.keyring.sign)
    return agent


def rows(printed: str) -> dict[str, list[str]]:
    """The cells of a table by the first of each row."""
    lines = [line for line in printed.splitlines() if "  " in line]
    return {cells[0]: cells[1:] for line in lines for cells in [[cell for cell in line.split("  ") if cell.strip()]]}


def test_a_page_of_metrics_from_the_ledger_to_the_runs_behind_a_number(terminal: Terminal, worked: Agent) -> None:
    """What was measured stands beside what the contract asks, and leads to the cases that it is made of."""
    found = {name: [cell.strip() for cell in cells] for name, cells in rows(terminal.done("metrics show")).items()}
    assert found["automation_rate"] == ["100.0 %", "4", ">= 60 %: holds"]
    assert found["escalation_rate"] == ["0.0 %", "16", "<= 35 %: holds"]
    assert found["rework_rate"] == ["50.0 % (25.0 to 75.0)", "2", "2", "<= 2 %: fails"]
    assert found["faults"] == ["5.9 %", "17"]
    assert found["cost"] == ["0.25 a case", "1", "15"]
    assert found["task_success"] == ["unknown", "0", "16"]
    assert found["backlog"] == ["0 cases", "0", "<= 40 cases: holds"]
    assert found["throughput"][2].startswith(">= 100 cases per week: unknown, the slice began on ")
    assert terminal.done("metrics show").splitlines()[-1] == (
        "Error budget, 1 % of cases in 28 d: 1 error of 4.8 allowed, with 4 cases ended; 21 % spent, 3 more cases may "
        "go wrong before it is; burn in the last fourth of it 0.83 (1 just lasts)."
    )
    behind = terminal.done("metrics cases rework_rate --value yes").splitlines()
    assert behind[0] == f"1 runs are behind rework_rate of {SLICE}."
    run = behind[2].split()[1]
    assert behind[-1] == f"Follow one with `goldenthread thread {SLICE} {run}`."
    terminal.done(f"thread {SLICE} {run}")
    _parts_and_json(terminal)


def _parts_and_json(terminal: Terminal) -> None:
    """A program gets the exact counts, a person one part at a time, and an empty past says so."""
    said = json.loads(terminal.done("metrics show --by level --json"))
    levels = {one["part"]: one for one in said["parts"] if one["metric"] == "automation_rate" and one["known"]}
    assert list(levels) == ["constrained"]
    rework = next(one for one in said["metrics"] if one["metric"] == "rework_rate")
    assert (rework["hits"], rework["known"], rework["pending"], rework["range"]) == (1, 2, 2, [0.25, 0.75])
    cost = next(one for one in said["metrics"] if one["metric"] == "cost")
    assert (cost["amount_micros"], cost["value"]) == (250_000, 0.25)
    assert said["budget"]["errors"] == 1
    assert {one["metric"]: one["state"] for one in said["lines"]}["rework_rate"] == "fails"
    by_level = terminal.done("metrics show --by level --metric faults").splitlines()
    assert [line.split() for line in by_level[-4:-2]] == [
        ["constrained", "faults", "20.0", "%", "5"],
        ["shadow", "faults", "0.0", "%", "12"],
    ]
    past = terminal.done("metrics show --as-of 2020-01-31 --metric rework_rate").splitlines()
    assert past[0] == "refunds, 2020-01-04 to 2020-01-31 UTC, by what was known on 2020-01-31."
    assert past[2] == "rework_rate  unknown  0               <= 2 %: unknown, no case began on these days"
    listed = json.loads(terminal.done("metrics cases faults --json"))
    slice_name = json.loads(terminal.done("metrics show --json"))["slice"]
    assert json.loads(terminal.done(f"thread {slice_name} faults --json")) == listed, "a thread from a number down"
    assert sorted({one["value"] for one in listed}) == [0, 1]


def test_facts_are_kept_made_anew_and_refused_by_name(
    terminal: Terminal, worked: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A nightly refresh keeps questions quick; whoever doubts the files makes them from the ledger again."""
    records = terminal.done("metrics refresh")
    assert terminal.done("metrics refresh") == "0 records read, 0 runs changed; 17 runs are known.\n"
    assert terminal.done("metrics rebuild") == records
    assert records.splitlines()[0].endswith(" records read, 17 runs changed; 17 runs are known.")
    assert records.splitlines()[1:] == ["Costs of 17 cases are other than before."]
    assert terminal.done("metrics rebuild --cost-days 0").splitlines() == records.splitlines()[:1]
    assert json.loads(terminal.done("metrics refresh --json"))["rows"] == 17
    assert terminal.refused("metrics cases reworks").startswith("metric-unknown: No standard metric 'reworks'.")
    assert terminal.refused("metrics show --metric reworks").startswith("metric-unknown: ")
    assert terminal.refused("metrics show payments").startswith("contract-not-found: No slice 'payments'")
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "ibis" else find(name, *more))
    for name in [name for name in sys.modules if name.startswith("goldenthread.record.metrics.facts")]:
        monkeypatch.delitem(sys.modules, name)
    assert terminal.refused("metrics refresh") == (
        "metrics-missing: Metrics are kept with DuckDB, Ibis and pyarrow, and not all of them are installed. "
        "Run `pip install 'goldenthread[metrics]'`."
    )
    assert terminal.done("metrics catalogue").startswith("metric ")


def test_the_catalogue_is_there_without_a_home(terminal: Terminal) -> None:
    """Who writes a contract looks up what a metric counts before there is anything to count."""
    listed = terminal.done("metrics catalogue").splitlines()
    assert listed[1].split("  ")[0] == "cycle_time"
    assert len(json.loads(terminal.done("metrics catalogue --json"))) == len(listed) - 3
