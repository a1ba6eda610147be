"""Windows of outcome lines: when they are due, what is overdue, and what that holds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from control.agents import SLICE, records, sign
from control.outcomes.business import ANSWER, BEGIN, COST, SHARE, WEEK, Business
from goldenthread.control.outcomes import tick_outcomes
from goldenthread.control.windows import Line, lines
from goldenthread.promise.values import GateVerdict, Level
from worlds import CUSTOMER, FINANCE, World


@pytest.fixture
def business(world: World, tmp_path: Path) -> Business:
    """An agent at draft whose first live case has begun."""
    begun = Business(world, tmp_path)
    begun.live()
    return begun


def line(business: Business, metric: str) -> Line:
    """The line of a metric as of the clock."""
    standing = business.desk.standing()
    assert standing.contract is not None
    found = lines(standing.contract, standing.windows, business.clock.at)
    return next(one for one in found if one.shift.metric == metric)


def test_an_overdue_outcome_holds_a_promotion_until_its_value_is_there(business: Business) -> None:
    """An agent must not climb on its workflow while nobody knows what the business has of it."""
    business.clock.at = BEGIN + 8 * WEEK + timedelta(days=1)
    verdict = business.judged()
    assert (verdict.verdict, verdict.target) == (GateVerdict.HOLD, Level.APPROVAL)
    assert verdict.reason == (
        "The outcome 'cost_to_serve 18 -> 6 EUR/case in 8 weeks, owned by finance-ops' is overdue: finance-ops has "
        "reported no value of the end of its window; due since 2100-01-18; no level rises until finance-ops has "
        "reported it"
    )
    business.reach()
    business.climb(Level.CONSTRAINED)
    assert business.world.replay(SLICE).ok
    assert business.world.verify_ok()


def test_a_missed_outcome_holds_a_promotion_also_when_the_workflow_has_proved_itself(business: Business) -> None:
    """The business number is what it was for: a gate that passes beside it proves the wrong thing."""
    business.reach()
    business.weeks(COST, {6: 7, 7: 7})
    verdict = business.judged()
    assert (verdict.verdict, business.agent.level()) == (GateVerdict.HOLD, Level.DRAFT)
    assert "is missed: 7 EUR/case over 2 values of 2100-01-04 to 2100-01-17; due 2100-01-18" in verdict.reason
    business.clock.at += 2 * WEEK
    business.weeks(COST, {8: 6, 9: 6})
    assert line(business, COST).words == "met: 6 EUR/case over 2 values of 2100-01-12 to 2100-01-25; due 2100-01-18"
    business.climb(Level.CONSTRAINED)
    assert business.world.replay(SLICE).ok


def test_a_table_with_a_row_that_cannot_be_taken_settles_no_window(business: Business) -> None:
    """Whoever leaves out the bad rows could make any number good."""
    business.reach()
    found = business.weeks(COST, {5: "NaN", 6: 5, 7: 5})
    assert (found.refused, found.problems) == (1, ("row 1: value is no plain number such as 12.50",))
    assert line(business, COST).words == (
        "overdue: 1 rows of the last reading could not be taken; finance-ops mends them; due 2100-01-18"
    )
    business.weeks(COST, {6: 5, 7: 5})
    assert line(business, COST).state == "met"


def test_a_new_version_begins_no_window_again(business: Business) -> None:
    """Otherwise whoever is about to miss a promise would sign it anew, again and again."""
    due = line(business, COST).due
    business.clock.at += 4 * WEEK
    sign(business.world, version=2, level="draft")
    assert line(business, COST).due == due


def test_what_was_promised_is_unknown_before_the_first_live_case_and_running_after_it(
    world: World, tmp_path: Path
) -> None:
    """No data is never a pass, and nothing is owed before the work begins."""
    business = Business(world, tmp_path)
    assert line(business, COST).words == "unknown: its window of 8 weeks begins with the first live case"
    business.live()
    assert line(business, COST).words == "unknown: finance-ops has reported nothing yet; due 2100-01-18"
    business.clock.at += WEEK
    business.weeks(COST, {0: 17})
    assert line(business, COST).words == "running: 17 EUR/case over 1 value of 2099-11-23 to 2099-11-23; due 2100-01-18"


def test_values_reported_case_by_case_count_where_no_source_is_stated(business: Business) -> None:
    """A data owner with ten cases a week needs no warehouse; another's word about the same metric is nothing."""
    business.clock.at = BEGIN + 7 * WEEK
    business.live("late")
    business.report("late", COST, 5.5)
    business.clock.at = BEGIN + 8 * WEEK + timedelta(hours=1)
    assert line(business, COST).words == "met: 5.5 EUR/case over 1 value of 2100-01-04 to 2100-01-17; due 2100-01-18"


def test_the_owner_of_an_overdue_outcome_is_asked_and_asked_again_after_a_week(business: Business) -> None:
    """An outcome that nobody asks for is forgotten in the week after the launch."""
    assert tick_outcomes(business.desk) == ()
    business.clock.at = BEGIN + 8 * WEEK + timedelta(days=1)
    tick_outcomes(business.desk)
    asked = records(business.world, "outcome:ask")
    assert [(one.data["metric"], one.data["owner"]) for one in asked] == [
        (COST, FINANCE),
        (ANSWER, CUSTOMER),
        (SHARE, CUSTOMER),
    ]
    assert tick_outcomes(business.desk) == ()
    business.weeks(COST, {6: 5, 7: 5})
    business.clock.at += WEEK
    assert [one.data["metric"] for one in tick_outcomes(business.desk)] == [ANSWER, SHARE]
    assert business.world.replay(SLICE).ok
