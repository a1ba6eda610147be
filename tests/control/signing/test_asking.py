"""Signatures that are missing: asked for, due in working time, reminded of, refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from goldenthread.control.guard import Desk
from goldenthread.control.signing import (
    SignOff,
    ask_signature,
    refuse_signature,
    sign_offs,
    sign_version,
    tick_sign_offs,
)
from goldenthread.promise.contract import parse_contract
from goldenthread.promise.errors import ContractNotFound, GoldenthreadError, NotPermitted, ValueProblem
from goldenthread.record.principals import record_leave
from worlds import APPROVER, EXPERT, OWNER, World, contract_text

SLICE = "refunds"
MONDAY = datetime(2099, 11, 23, 8, 0, tzinfo=UTC)  # 09:00 in Berlin


class Hands:
    """The ledger's clock, set by hand."""

    def __init__(self, world: World) -> None:
        self.at = MONDAY
        world.ledger.clock = lambda: self.at


@pytest.fixture
def clock(world: World) -> Hands:
    """Monday morning, and a version that everybody but the expert has signed."""
    hands = Hands(world)
    world.sign(contract_text(SLICE), leave_out=(EXPERT,))
    return hands


def one(world: World) -> SignOff:
    """The only signature that is missing."""
    (found,) = sign_offs(world.desk(SLICE))
    return found


def test_a_missing_signature_is_due_in_working_time(world: World, clock: Hands) -> None:
    """Five working days from Monday morning end on Friday evening; a weekend would not have counted."""
    found = one(world)
    assert (found.name, found.role, found.state, found.asked_by) == (EXPERT, "expert", "waits", OWNER)
    assert (found.asked_at, found.due) == (MONDAY, datetime(2099, 11, 27, 16, 0, tzinfo=UTC))
    assert found.reminders == 0
    clock.at = found.due
    assert one(world).state == "overdue"


def test_asking_again_gives_a_new_time(world: World, clock: Hands) -> None:
    """Who asks says by when; the clock begins anew."""
    clock.at = MONDAY + timedelta(days=4)  # Friday 09:00
    ask_signature(world.desk(SLICE), world.keyring, EXPERT, by=OWNER, within="2 d")
    assert one(world).due == datetime(2099, 11, 30, 16, 0, tzinfo=UTC)  # Monday evening


@pytest.mark.parametrize("within", ["53 weeks", "99999 d", "400000000 h"])
def test_nobody_is_given_for_ever(world: World, within: str) -> None:
    """Working time is counted day by day: a wait of centuries would hold up every page that shows it."""
    with pytest.raises(ValueProblem, match="longer than 52 weeks, so nobody is asked"):
        ask_signature(world.desk(SLICE), world.keyring, EXPERT, by=OWNER, within=within)


def test_reminders_come_at_half_the_time_when_it_is_over_and_each_working_day_after(world: World, clock: Hands) -> None:
    """Each is put on record once, however often somebody looks."""
    numbers = []
    for hours in range(24 * 15):
        clock.at = MONDAY + timedelta(hours=hours)
        numbers += [(record.at, record.data["number"]) for record in tick_sign_offs(world.desk(SLICE))]
    assert [f"{at:%a %H:%M} {number}" for at, number in numbers] == [
        "Wed 12:00 1",
        "Fri 16:00 2",
        "Mon 16:00 3",
        "Tue 16:00 4",
        "Wed 16:00 5",
        "Thu 16:00 6",
        "Fri 16:00 7",
    ]
    assert tick_sign_offs(world.desk(SLICE)) == ()


def test_who_is_away_is_not_reminded_and_that_is_shown(world: World, clock: Hands) -> None:
    """A reminder to an empty chair is noise."""
    back = MONDAY + timedelta(days=10)
    record_leave(world.ledger, world.keyring, by=EXPERT, name=EXPERT, begins=MONDAY, ends=back)
    clock.at = MONDAY + timedelta(days=7)
    assert (one(world).away, one(world).away_until) == (True, back)
    assert tick_sign_offs(world.desk(SLICE)) == ()
    clock.at = back
    assert [record.data["number"] for record in tick_sign_offs(world.desk(SLICE))] == [5]


def test_a_refusal_stands_with_its_reason_until_they_are_asked_again_or_sign(world: World, clock: Hands) -> None:
    """A no is an answer, and shows what the next version must mend."""
    refuse_signature(world.desk(SLICE), world.keyring, "the limit is too wide", by=EXPERT)
    assert (one(world).state, one(world).reason) == ("refused", "the limit is too wide")
    clock.at = MONDAY + timedelta(days=9)
    assert tick_sign_offs(world.desk(SLICE)) == ()
    ask_signature(world.desk(SLICE), world.keyring, EXPERT, by=OWNER)
    assert one(world).state == "waits"
    sign_version(world.desk(SLICE), world.keyring, parse_contract(contract_text(SLICE)), by=EXPERT)
    assert sign_offs(world.desk(SLICE)) == ()
    assert world.desk(SLICE).standing().in_force is not None
    assert world.replay(SLICE).ok


def test_a_version_that_was_replaced_waits_for_nobody(world: World, clock: Hands) -> None:
    """Nobody is reminded of what came too late."""
    world.sign(contract_text(SLICE, version=2))
    assert sign_offs(world.desk(SLICE)) == ()


def test_a_newer_version_waits_beside_the_one_in_force(world: World, clock: Hands) -> None:
    """What is in force goes on while people read."""
    world.sign(contract_text(SLICE, version=2))
    world.sign(contract_text(SLICE, version=3), leave_out=(EXPERT,))
    assert (one(world).version, one(world).name) == (3, EXPERT)


def refusal(problem: type[GoldenthreadError], world: World, **said: str) -> str:
    """What a user reads when a request is refused, and nothing recorded."""
    desk: Desk = world.desk(SLICE)
    head = world.ledger.head(SLICE)
    with pytest.raises(problem) as caught:
        _say(desk, world, **said)
    assert world.ledger.head(SLICE) == head
    return str(caught.value)


def _say(desk: Desk, world: World, *, by: str, name: str = "", reason: str | None = None) -> None:
    if reason is not None:
        refuse_signature(desk, world.keyring, reason, by=by)
    else:
        ask_signature(desk, world.keyring, name, by=by)


def test_what_cannot_be_asked_or_refused_says_why(world: World, clock: Hands) -> None:
    """Each wrong request has its own words."""
    assert refusal(ValueProblem, world, name=OWNER, by=OWNER) == (
        "value-problem: 'maya@example.com' has signed version 1 of 'refunds'; it waits for expert@example.com. "
        "Name one of these."
    )
    assert refusal(ValueProblem, world, name=APPROVER, by=OWNER) == (
        "value-problem: 'reviewer@example.com' is not asked to sign version 1 of 'refunds'; "
        "it waits for expert@example.com. Name one of these."
    )
    assert refusal(NotPermitted, world, name=EXPERT, by=APPROVER).startswith(
        "not-permitted: 'reviewer@example.com' is not owner or expert or administrator of 'refunds'"
    )
    assert refusal(ValueProblem, world, reason=" ", by=EXPERT) == (
        "value-problem: A refusal without a reason helps nobody write the next version. Say what is wrong."
    )
    assert refusal(ValueProblem, world, reason="no", by=APPROVER).startswith("value-problem: 'reviewer@example.com'")
    world.sign(contract_text(SLICE, version=2))
    assert refusal(ContractNotFound, world, name=EXPERT, by=OWNER) == (
        "contract-not-found: Of 'refunds' no version waits for a signature. "
        "The first signature commits a version: `goldenthread contract sign FILE`."
    )
