"""What a data owner stated, under the auditor's verifier: honest words hold, and forged ones are found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audit_worlds import run_verifier
from control.outcomes.business import COST, Business
from goldenthread.record.audit import export
from goldenthread.record.principals import load_principals
from goldenthread.record.store import Home
from worlds import CUSTOMER, World, make_world


@pytest.fixture
def world(home: Home) -> Any:
    """A home with its people, opened."""
    made = make_world(home.path)
    with made.opened():
        yield made


def wrong(world: World, folder: Path) -> list[str]:
    """What an auditor is told is wrong."""
    export(world.ledger, load_principals(world.ledger), [], folder, made_at=world.ledger.clock())
    return run_verifier(folder).wrong


def test_a_source_that_another_says_is_found_by_the_auditor_alone(world: World, tmp_path: Path) -> None:
    """Whoever could put another table under a signed name would decide what the business number is."""
    business = Business(world, tmp_path)
    business.live()
    business.weeks(COST, {-2: 18, -1: 18})
    business.baseline(COST, 2)
    assert wrong(world, tmp_path / "honest") == []
    (record,) = world.ledger.read("refunds", kinds=["outcome:baseline"])
    world.ledger.append("refunds", record.kind, record.by, {**record.data, "value": "30"})
    world.ledger.append("refunds", record.kind, CUSTOMER, record.data)
    assert [line.partition("outcome:baseline ")[2] for line in wrong(world, tmp_path / "forged")] == [
        "does not hold: it does not say what 'finance-ops' signed of an outcome.",
        "does not hold: it is not signed with the key "
        f"{world.keyring.public_key(CUSTOMER)[:16]}..., or not as application/vnd.goldenthread.outcome+json.",
    ]
    standing = business.desk.standing()
    assert standing.windows.baselines[COST].text == "18"
    assert len(standing.windows.refused) == 2
