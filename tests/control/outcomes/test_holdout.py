"""A share of cases stays with people, drawn by key: the guard keeps it, and the difference is told by it."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from control.agents import SLICE, records
from control.outcomes.business import BEGIN, COST, WEEK, Business
from goldenthread.control.outcomes import hold_out, outcome_delta
from goldenthread.promise.errors import NotPermitted, ValueProblem
from goldenthread.promise.values import Level, Verdict
from worlds import EASY, FINANCE, OWNER, World


def test_a_held_out_case_stays_with_people_whatever_the_level(world: World, tmp_path: Path) -> None:
    """If the agent acts in a case that is there to be compared with, there is nothing to compare with."""
    business = Business(world, tmp_path, level="approval", gates=EASY)
    business.climb(Level.CONSTRAINED)
    hold_out(business.desk, world.keyring, Decimal(40), by=OWNER)
    drawn = {}
    for number in range(20):
        run = business.agent.run(f"case-{number}")
        outcome = business.agent.ask(run, order=f"o-{number}")
        drawn[run.case_ref] = (run.level, outcome.verdict)
        business.agent.end(run)
    held = {case for case in drawn if business.desk.held_out(case)}
    assert 0 < len(held) < 20
    assert all((found == (Level.SHADOW, Verdict.DENY)) is (case in held) for case, found in drawn.items())
    assert {level for level, _ in drawn.values()} == {Level.SHADOW, Level.CONSTRAINED}
    hold_out(business.desk, world.keyring, Decimal(0), by=OWNER)
    assert business.agent.run("case-x").level is Level.CONSTRAINED
    assert world.replay(SLICE).ok
    assert world.verify_ok()
    assert len(records(world, "outcome:holdout")) == 2


def test_only_an_owner_holds_out_and_no_more_than_half(world: World, tmp_path: Path) -> None:
    """Whoever could hold out everything could take any agent out of work without a word."""
    business = Business(world, tmp_path)
    with pytest.raises(NotPermitted, match="is not owner"):
        hold_out(business.desk, world.keyring, Decimal(10), by=FINANCE)
    for share in ("51", "-1", "NaN", "0.0000001"):
        with pytest.raises(ValueProblem, match="is no share of cases to hold out; it lies between 0 and 50"):
            hold_out(business.desk, world.keyring, Decimal(share), by=OWNER)


def test_cases_are_compared_as_they_were_drawn(world: World, tmp_path: Path) -> None:
    """Whoever could move a hard case to the other side could make any agent look good."""
    business = Business(world, tmp_path)
    business.live()
    hold_out(business.desk, world.keyring, Decimal(50), by=OWNER)
    business.clock.at = BEGIN + WEEK
    chance = random.Random(5)
    rows = [{"case": f"B-{n}", "at": (BEGIN - WEEK).date(), "value": "18"} for n in range(3)]
    drawn = {"agent": 0, "other": 0}
    for number in range(400):
        held = business.desk.held_out(world.ledger.vault.ref(SLICE, f"H-{number}"))
        drawn["other" if held else "agent"] += 1
        cents = chance.randrange(500) + (1600 if held else 900)
        day = (BEGIN + timedelta(days=1 + number % 6)).date()
        rows.append({"case": f"H-{number}", "at": day, "value": f"{cents / 100:.2f}"})
    business.read(COST, rows)
    business.baseline(COST, 2)
    delta = outcome_delta(business.desk, COST)
    assert (delta.design, delta.agent_cases, delta.other_cases) == ("holdout", drawn["agent"], drawn["other"])
    assert delta.low is not None
    assert delta.high is not None
    assert -8 < delta.low < -7 < delta.high < -6
