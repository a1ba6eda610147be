"""The status quo of a workflow by people's own log: who may state it, what it says, and that nobody can alter it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from audit_worlds import run_verifier
from control.agents import SLICE, records
from control.outcomes.business import Business
from goldenthread.control.outcomes import freeze_work
from goldenthread.promise.errors import NotPermitted
from goldenthread.record.audit import export
from goldenthread.record.eventlogs import open_log
from goldenthread.record.principals import load_principals
from goldenthread.surfaces.views import outcome_status
from surfaces.console.visiting import visitor
from worlds import EXPERT, FINANCE, OWNER, World

ROWS = """case,activity,timestamp
a,open,2099-10-01T00:00:00Z
a,close,2099-10-03T00:00:00Z
b,open,2099-10-01T00:00:00Z
b,open,2099-10-05T00:00:00Z
c,open,2099-10-02T00:00:00Z
c,close,2099-10-15T00:00:00Z
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Three cases, of two, four and thirteen days; in one of them an activity came again."""
    path = tmp_path / "people.csv.gz"
    path.write_bytes(gzip.compress(ROWS.encode()))
    return path


def test_a_log_is_frozen_beside_the_promises_and_replays(world: World, tmp_path: Path, log: Path) -> None:
    """Whether an agent is better than people was, is asked for years; so what they did is signed before."""
    business = Business(world, tmp_path)
    read = open_log(log)
    frozen = freeze_work(business.desk, world.keyring, read, by=FINANCE)
    assert frozen.new
    assert {metric: (said["line"], said["value"], said["unit"]) for metric, said in frozen.lines.items()} == {
        "cycle_time": ("p90 <= 2 d", "13", "d"),
        "throughput": (">= 100 cases per week", "1.75", "cases per week"),
        "rework_rate": ("<= 2 %", "33.333333", "%"),
    }
    assert frozen.record.data["file"] == read.digest
    work = outcome_status(business.desk).work
    assert work is not None
    assert work.words == (
        "people's log people.csv.gz, 3 cases from 2099-10-01 to 2099-10-15, stated by finance-ops: "
        "median cycle 4.0 d, rework in 33 % of cases"
    )
    console = visitor(world.ledger)
    shown = " ".join(console.get(f"/slices/{SLICE}").text.split())
    assert "<dt>cycle_time</dt><dd>13.00 d; promised <code>p90 &lt;= 2 d</code>" in shown
    assert "from the first event of a case to its last, nights and weekends included" in shown
    assert console.get(f"/slices/{SLICE}.json").json()["work"]["lines"][2]["before"] == "33.33 %"
    again = freeze_work(business.desk, world.keyring, open_log(log), by=OWNER)
    assert (again.new, again.record.seq) == (False, frozen.record.seq)
    assert len(records(world, "outcome:status-quo")) == 1
    assert world.replay(SLICE).ok
    assert world.verify_ok()


def test_only_owners_of_data_or_slice_state_it_and_no_one_alters_it(world: World, tmp_path: Path, log: Path) -> None:
    """Whoever could make people's work look worse would make any agent look good."""
    business = Business(world, tmp_path)
    with pytest.raises(NotPermitted):
        freeze_work(business.desk, world.keyring, open_log(log), by=EXPERT)
    record = freeze_work(business.desk, world.keyring, open_log(log), by=OWNER).record
    worse = {
        **record.data,
        "lines": {**record.data["lines"], "rework_rate": {"line": "<= 2 %", "value": "90", "unit": "%"}},
    }
    world.ledger.append(SLICE, record.kind, OWNER, worse)
    standing = business.desk.standing()
    assert standing.windows.work is not None
    assert standing.windows.work.seq == record.seq
    assert len(standing.windows.refused) == 1
    assert not world.replay(SLICE).ok
    export(world.ledger, load_principals(world.ledger), [], tmp_path / "audit", made_at=world.ledger.clock())
    assert [line.partition("outcome:status-quo ")[2] for line in run_verifier(tmp_path / "audit").wrong] == [
        f"does not hold: it does not say what '{OWNER}' signed of an outcome."
    ]
