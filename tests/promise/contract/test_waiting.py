"""How long a question waits and whose turn it is, from the contract alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenthread.promise.contract import (
    Autonomy,
    Contract,
    EscalationStep,
    Expiry,
    Quantity,
    expires_at,
    expiry_length,
    parse_calendar,
    turn_at,
    turns_until,
)

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
CALENDAR = parse_calendar("Mon-Fri 09:00-17:00 UTC")


def contract(*hours: int, expire: str | None = None, calendar: bool = True) -> Contract:
    """A contract whose path gives each step so many hours, and whose questions expire after so many days."""
    path = tuple(EscalationStep(to=f"s{n}", within=_time(one, "h")) for n, one in enumerate(hours))
    autonomy = Autonomy(
        escalate=path,
        calendar=CALENDAR if calendar else None,
        expire=Expiry(after=_time(int(expire), "d")) if expire else None,
    )
    return Contract(slice="refunds", version=1, owner="maya", autonomy=autonomy)


def _time(amount: int, unit: str) -> Quantity:
    return Quantity(amount=Decimal(amount), unit=unit)


def test_without_a_path_it_is_nobodys_turn() -> None:
    """A prototype has none, and nothing waits there."""
    assert turn_at(contract(), 0, MONDAY, MONDAY) is None
    assert turns_until(Contract(slice="x", version=1, owner="maya"), 0, MONDAY, MONDAY) == ()


def test_the_instant_at_which_a_turn_ends_belongs_to_the_next() -> None:
    """Else two would have it, or nobody."""
    before, after = (turn_at(contract(4, 8), 0, MONDAY, MONDAY + timedelta(hours=4, seconds=late)) for late in (-1, 0))
    assert before is not None
    assert after is not None
    assert (before.to, before.last, after.to, after.since, after.last) == ("s0", False, "s1", before.due, True)


def test_a_path_that_became_shorter_leaves_a_question_with_its_last_step() -> None:
    """A new version of the contract must not strand what waits."""
    turn = turn_at(contract(4), 3, MONDAY, MONDAY)
    assert turn is not None
    assert (turn.step, turn.to, turn.last) == (0, "s0", True)


@pytest.mark.parametrize(
    ("hours", "expire", "expected"),
    [((4, 8), None, 14 * 8), ((4, 8), "2", 16), ((100, 100), None, 200), ((), None, 14 * 8)],
)
def test_a_question_expires_as_stated_or_when_everybody_had_their_time(
    hours: tuple[int, ...], expire: str | None, expected: int
) -> None:
    """14 working days where nothing is said; a longer path takes its own time."""
    autonomy = contract(*hours, expire=expire).autonomy
    assert expiry_length(autonomy) == timedelta(hours=expected)


def test_without_a_contracts_part_on_autonomy_a_question_expires_all_the_same() -> None:
    """Nothing waits for ever for a yes."""
    assert expires_at(Contract(slice="x", version=1, owner="maya"), MONDAY) == MONDAY + timedelta(days=14)


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=4),
    st.integers(0, 24 * 60),
    st.integers(0, 60 * 24),
    st.booleans(),
)
def test_turns_follow_one_another_without_a_gap(hours: list[int], asked: int, later: int, calendar: bool) -> None:
    """Whenever it was asked and whenever anybody looks, exactly one step has it, and each had its time."""
    made, start = contract(*hours, calendar=calendar), MONDAY + timedelta(hours=asked)
    turns = turns_until(made, 0, start, start + timedelta(hours=later))
    assert [turn.step for turn in turns] == list(range(len(turns)))
    assert turns[0].since == start
    for one, other in pairwise(turns):
        assert (one.due, one.last) == (other.since, False)
    for turn in turns:
        assert turn.since < turn.half < turn.due
    assert turns[-1].last or turns[-1].due > start + timedelta(hours=later)
