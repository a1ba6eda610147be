"""Who is away, who gets their work meanwhile, and whose word that is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from goldenthread.promise.errors import NotPermitted, PrincipalError, PrincipalUnknown, ValueProblem
from goldenthread.record.ledger import ORGANISATION
from goldenthread.record.principals import Leave, end_leave, load_principals, record_leave, revoke

MONDAY = datetime(2026, 11, 9, 8, 0, tzinfo=UTC)
FRIDAY = MONDAY + timedelta(days=4)


@pytest.fixture
def staffed(office: Any) -> Any:
    """Two approvers, an owner, a person of another slice, and the agent of one approver."""
    office.grant("ann", "approver@refunds")
    office.grant("bob", "approver@refunds")
    office.grant("olga", "owner@refunds")
    office.grant("eve", "approver@claims")
    office.grant("bot", "agent@refunds", kind="agent", responsible="bob")
    office.chain.clock = lambda: datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
    return office


def away(office: Any, name: str, begins: datetime = MONDAY, ends: datetime | None = FRIDAY, **said: Any) -> Leave:
    """An absence, said by themselves unless told otherwise."""
    return record_leave(office.chain, office.ring, **{"by": name, "name": name, "begins": begins, "ends": ends, **said})


def refusal(office: Any, kind: type[PrincipalError | ValueProblem], name: str, **said: Any) -> str:
    """What a user reads when an absence is refused, and nothing recorded."""
    before = len(office.chain.records)
    with pytest.raises(kind) as caught:
        away(office, name, **said)
    assert len(office.chain.records) == before
    return str(caught.value)


def test_somebody_is_away_from_the_first_instant_until_before_the_last(staffed: Any) -> None:
    """An edge counted twice or never would lose an hour of cover."""
    away(staffed, "ann")
    principals = load_principals(staffed.chain)
    second = timedelta(seconds=1)
    at = [MONDAY - second, MONDAY, FRIDAY - second, FRIDAY]
    assert [principals.on_leave("ann", one) is not None for one in at] == [False, True, True, False]
    assert principals.on_leave("bob", MONDAY) is None
    assert principals.problems == ()


def test_an_absence_without_an_end_lasts_until_they_return(staffed: Any) -> None:
    """Who falls ill does not know for how long."""
    away(staffed, "ann", staffed.chain.clock(), None)
    long_after = FRIDAY + timedelta(days=300)
    assert load_principals(staffed.chain).on_leave("ann", long_after) is not None
    (ended,) = end_leave(staffed.chain, staffed.ring, by="olga", name="ann")
    assert ended.until == load_principals(staffed.chain).history.moments[-1].at
    assert load_principals(staffed.chain).on_leave("ann", long_after) is None


def test_what_was_known_then_stays_what_was_known_then(staffed: Any) -> None:
    """What was decided by who was away is judged by what was on record then."""
    made = away(staffed, "ann", staffed.chain.clock() - timedelta(hours=1), None)
    end_leave(staffed.chain, staffed.ring, by="ann", name="ann")
    principals = load_principals(staffed.chain)
    assert principals.on_leave("ann", FRIDAY) is None
    assert principals.at(made.seq).on_leave("ann", FRIDAY) is not None
    assert principals.at(made.seq - 1).on_leave("ann", FRIDAY) is None


def test_a_return_ends_what_is_under_way_and_else_calls_off_the_next(staffed: Any) -> None:
    """Coming back today must not cancel the holiday in summer."""
    away(staffed, "ann", staffed.chain.clock() - timedelta(hours=1), MONDAY)
    away(staffed, "ann", FRIDAY, None)
    end_leave(staffed.chain, staffed.ring, by="ann", name="ann")
    principals = load_principals(staffed.chain)
    assert principals.on_leave("ann", staffed.chain.clock() + timedelta(hours=1)) is None
    assert principals.on_leave("ann", FRIDAY) is not None
    (called_off,) = end_leave(staffed.chain, staffed.ring, by="ann", name="ann")
    assert not called_off.covers(FRIDAY)
    with pytest.raises(ValueProblem) as caught:
        end_leave(staffed.chain, staffed.ring, by="ann", name="ann")
    assert str(caught.value) == (
        "value-problem: 'ann' is not away, and no absence of theirs is planned. "
        "`goldenthread principal list` shows who is."
    )


def test_two_absences_that_overlap_are_one_long_one(staffed: Any) -> None:
    """An extension is a second record, not a change of the first."""
    away(staffed, "ann")
    away(staffed, "ann", FRIDAY - timedelta(days=1), FRIDAY + timedelta(days=7))
    found = load_principals(staffed.chain).on_leave("ann", FRIDAY - timedelta(hours=1))
    assert found is not None
    assert found.until == FRIDAY + timedelta(days=7)


def test_a_deputy_is_named_while_they_are_there_and_may_answer(staffed: Any) -> None:
    """Work that goes to somebody who is gone waits for nobody."""
    away(staffed, "ann", deputy="bob")
    principals = load_principals(staffed.chain)
    assert principals.deputies("ann", MONDAY) == ("bob",)
    assert principals.deputies("ann", FRIDAY) == ()
    assert principals.deputies("ann", MONDAY, agent="bot") == ()  # bob answers for the bot
    away(staffed, "bob", MONDAY + timedelta(days=1), FRIDAY)
    principals = load_principals(staffed.chain)
    assert principals.deputies("ann", MONDAY) == ("bob",)
    assert principals.deputies("ann", MONDAY + timedelta(days=2)) == ()
    revoke(staffed.chain, staffed.ring, by="maya", name="bob", reason="left")
    assert load_principals(staffed.chain).deputies("ann", MONDAY) == ()


def test_work_is_handed_on_only_once(staffed: Any) -> None:
    """A chain of deputies, or a circle of them, ends with nobody."""
    away(staffed, "bob", deputy="ann")
    assert refusal(staffed, NotPermitted, "ann", deputy="bob") == (
        "not-permitted: 'bob' is away from 2026-11-09T08:00:00Z until 2026-11-13T08:00:00Z themselves, and work is "
        "handed on only once. Name somebody who is there."
    )
    away(staffed, "ann", FRIDAY, FRIDAY + timedelta(days=1), deputy="bob")  # by then bob is back


@pytest.mark.parametrize(
    ("said", "kind", "expected"),
    [
        ({"deputy": "ann"}, NotPermitted, "'ann' cannot stand in for themselves. Name another person, or nobody."),
        (
            {"deputy": "eve"},
            NotPermitted,
            "'eve' may answer nothing that 'ann' may, and a deputy gets work, never rights. Name bob or olga.",
        ),
        (
            {"deputy": "bot"},
            NotPermitted,
            "'bot' is of kind agent; only people are away and stand in. Name a person who is on record.",
        ),
        (
            {"deputy": "ghost"},
            PrincipalUnknown,
            "Nobody named 'ghost' was granted anything. `goldenthread principal list` shows who was.",
        ),
        (
            {"by": "bob"},
            NotPermitted,
            "'bob' cannot say when 'ann' is away: they say so themselves, or an owner of a slice of theirs. "
            "Ask ann or maya or olga.",
        ),
        (
            {"ends": MONDAY},
            ValueProblem,
            "The absence of 'ann' would end at 2026-11-09T08:00:00Z, and begin at 2026-11-09T08:00:00Z. "
            "Give an end after its beginning, or none.",
        ),
    ],
)
def test_an_absence_that_cannot_be_is_refused_in_words(
    staffed: Any, said: dict[str, Any], kind: type[PrincipalError], expected: str
) -> None:
    """Whoever types it must know what to type instead."""
    assert refusal(staffed, kind, "ann", **said) == f"{kind.code}: {expected}"


def test_an_owner_of_theirs_or_an_administrator_may_say_it(staffed: Any) -> None:
    """Who is ill in bed does not open a terminal."""
    away(staffed, "ann", by="olga")
    away(staffed, "eve", by="maya")
    assert [one.by for one in load_principals(staffed.chain).leaves()] == ["olga", "maya"]
    assert refusal(staffed, NotPermitted, "eve", by="olga").startswith("not-permitted: 'olga' cannot say when 'eve'")


def test_an_absence_that_nobody_signed_counts_for_nothing(staffed: Any) -> None:
    """Whoever can write to the database must not send people away."""
    away(staffed, "ann")
    original = staffed.chain.records[-1]
    staffed.chain.append(ORGANISATION, "principal:leave", "bob", {**original.data, "by": "bob", "name": "bob"})
    staffed.chain.append(ORGANISATION, "principal:leave", "ann", original.data)
    staffed.chain.append(ORGANISATION, "principal:return", "ghost", {})
    principals = load_principals(staffed.chain)
    assert len(principals.leaves()) == 1
    assert [refused.kind for refused in principals.problems] == [
        "principal:leave",
        "principal:leave",
        "principal:return",
    ]


def test_an_absence_moves_no_right(staffed: Any) -> None:
    """Who is away may still answer from the beach; who stands in may answer no more than before."""
    away(staffed, "ann", deputy="bob")
    principals = load_principals(staffed.chain)
    assert principals.require_approver("refunds", "ann", "bot").name == "ann"
    with pytest.raises(PrincipalError):
        principals.require_approver("refunds", "bob", "bot")
