"""Who is there when, and where nobody is: pure, over principals with a whole history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from goldenthread.control.coverage import Presence, Question, Stretch, Watch, gaps, presences, shifts, watch
from goldenthread.promise.contract import openings
from goldenthread.promise.contract.grammar import parse_calendar, parse_fallback
from goldenthread.record.principals import Leave, Principal, Principals, Role
from goldenthread.record.principals.roster import History, Moment

OFFICE = parse_calendar("Mon-Fri 09:00-17:00 Europe/Berlin")
FALLBACK = parse_fallback("fall back to draft after 1 d without an approver")
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # 09:00 in Berlin
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def person(name: str, *roles: str, seq: int, revoked: bool = False) -> Principal:
    """Somebody as record `seq` left them."""
    held = frozenset(Role.parse(role) for role in roles)
    return Principal(name=name, kind="person", roles=held, public_key=name, revoked=revoked, seq=seq)


def organisation(*states: Principal, leaves: tuple[Leave, ...] = ()) -> Principals:
    """A chain of these states, an hour apart from Monday on."""
    versions: dict[str, tuple[Principal, ...]] = {}
    for state in states:
        versions[state.name] = (*versions.get(state.name, ()), state)
    moments = tuple(Moment(at=MONDAY + one.seq * HOUR, seq=one.seq) for one in states)
    history = History(versions=versions, moments=moments, leaves=leaves)
    return Principals(organisation="x", demo=False, problems=(), history=history, until=99)


def away(name: str, begins: datetime, ends: datetime | None, seq: int = 50) -> Leave:
    """An absence."""
    return Leave(name=name, begins=begins, ends=ends, deputy=None, by=name, seq=seq)


def test_who_may_answer_is_there_from_the_grant_to_the_revocation_but_for_their_absences() -> None:
    """Each edge is an instant at which coverage may change."""
    known = organisation(
        person("ann", "approver@refunds", seq=1),
        person("ann", seq=4, revoked=True),
        person("ann", "approver", seq=9),
        leaves=(away("ann", MONDAY + 2 * HOUR, MONDAY + 3 * HOUR), away("ann", MONDAY + 20 * HOUR, None)),
    )
    (ann,) = presences(known, "refunds", None, [])
    at = [(one.begins - MONDAY, one.ends and one.ends - MONDAY) for one in ann.stretches]
    assert at == [(1 * HOUR, 2 * HOUR), (3 * HOUR, 4 * HOUR), (9 * HOUR, 20 * HOUR)]
    assert presences(known.at(8), "refunds", None, [])[0].role is None


def test_absences_that_overlap_or_never_were_leave_no_holes() -> None:
    """An extension, and one that was called off before it began."""
    called_off = Leave(
        name="ann", begins=MONDAY + 8 * HOUR, ends=None, deputy=None, by="ann", seq=3, ended_seq=4, ended_at=MONDAY
    )
    leaves = (away("ann", MONDAY + HOUR, MONDAY + 3 * HOUR), away("ann", MONDAY + 2 * HOUR, MONDAY + 4 * HOUR))
    known = organisation(person("ann", "approver", seq=0), leaves=(*leaves, called_off))
    (ann,) = presences(known, "refunds", None, [])
    assert ann.stretches == (Stretch(begins=MONDAY, ends=MONDAY + HOUR), Stretch(begins=MONDAY + 4 * HOUR))


def test_owner_and_expert_cover_only_where_the_path_names_them() -> None:
    """The same people count here as may answer: by role, by name, by the part before the @."""
    olga, eva = person("olga@x", "owner@refunds", seq=1), person("eva@x", "expert", seq=2)
    known = organisation(olga, eva, person("ann", "approver@other", seq=3))
    paths: list[list[str]] = [[], ["owner"], ["eva"], ["ann"]]
    named = [[one.name for one in presences(known, "refunds", None, path)] for path in paths]
    assert named == [[], ["olga@x"], ["eva@x"], []]


def test_gaps_are_working_time_without_anybody() -> None:
    """Thursday noon to Friday evening is a gap of twelve working hours; the night between them is none."""
    thursday = MONDAY + 3 * DAY + 4 * HOUR
    ann = Presence(name="ann", role="approver", stretches=(Stretch(begins=MONDAY, ends=thursday),))
    bob = Presence(name="bob", role="approver", stretches=(Stretch(begins=MONDAY + 7 * DAY + 2 * HOUR),))
    found = shifts([ann, bob], OFFICE, MONDAY, MONDAY + 14 * DAY)
    assert sum((one.length for one in found), timedelta()) == 80 * HOUR
    (gap,) = gaps(found)
    assert (gap.begins, gap.ends, gap.working) == (thursday, MONDAY + 7 * DAY + 2 * HOUR, 14 * HOUR)


def test_openings_are_cut_off_at_both_ends() -> None:
    """What begins in the middle of a day begins there."""
    found = list(openings(OFFICE, MONDAY + HOUR, MONDAY + DAY + HOUR))
    assert found == [(MONDAY + HOUR, MONDAY + 8 * HOUR), (MONDAY + DAY, MONDAY + DAY + HOUR)]
    assert list(openings(None, MONDAY, MONDAY + DAY)) == [(MONDAY, MONDAY + DAY)]
    assert list(openings(OFFICE, MONDAY, MONDAY)) == []


ANN = Presence(name="ann", role="approver", stretches=(Stretch(begins=MONDAY - 30 * DAY),))
GONE = Presence(name="ann", role="approver", stretches=(Stretch(begins=MONDAY - 30 * DAY, ends=MONDAY + HOUR),))


@pytest.mark.parametrize(
    ("question", "since", "due"),
    [
        (Question(agent="bot", people=[ANN]), None, MONDAY + 2 * DAY + 8 * HOUR),
        (Question(agent="bot", people=[ANN], asked=MONDAY + HOUR), MONDAY + HOUR, MONDAY + DAY + HOUR),
        (
            Question(agent="bot", people=[ANN], asked=MONDAY, answered=MONDAY + 6 * HOUR),
            MONDAY + 6 * HOUR,
            MONDAY + DAY + 6 * HOUR,
        ),
        (Question(agent="bot", people=[GONE]), MONDAY + HOUR, MONDAY + DAY + HOUR),
        (Question(agent="bot", people=[]), MONDAY - 7 * DAY, MONDAY - 7 * DAY + 8 * HOUR),
    ],
)
def test_since_when_an_agent_is_alone_and_when_that_is_too_long(
    question: Question, since: datetime | None, due: datetime
) -> None:
    """Nobody asked: not before a working day from now. Nobody ever there: since the contract came into force."""
    terms = Watch(fallback=FALLBACK, calendar=OFFICE, began=MONDAY - 7 * DAY)
    at = MONDAY + 2 * DAY
    found = watch(terms, [question], at)
    alone = found.alone.get("bot")
    if since is None:
        assert (alone, found.until) == (None, due)
    else:
        assert alone is not None
        assert (alone.since, alone.due) == (since, due)
        assert "bot" in watch(terms, [question], due).alone
        assert "bot" not in watch(terms, [question], due - timedelta(microseconds=1)).alone
