"""Absences: who is away when, and who gets their work meanwhile. Work moves to a deputy, rights never do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from goldenthread.promise.errors import NotPermitted, PrincipalUnknown, ValueProblem
from goldenthread.record.principals.model import EVERYWHERE, Principal
from goldenthread.record.principals.statements import LEAVE, RETURN, Place

ANSWERING = ("approver", "owner", "expert")
"""Roles under which a person may be asked to answer; what each may answer is judged when they do."""


@dataclass(frozen=True, kw_only=True)
class Leave:
    """
    An absence: from `begins` until before `ends` (UTC; None: until they return). `seq` is its record on the
    organisation's chain. `ended_seq` is the record that ended it early, at `ended_at`; a planned one ends before
    it begins, and so never was.
    """

    name: str
    begins: datetime
    ends: datetime | None
    deputy: str | None
    by: str
    seq: int
    ended_seq: int | None = None
    ended_at: datetime | None = None

    def as_of(self, seq: int) -> Leave | None:
        """As record `seq` of the chain knew it; None before it was on record."""
        if self.seq > seq:
            return None
        early = self.ended_seq is not None and self.ended_seq <= seq
        return self if early or self.ended_seq is None else replace(self, ended_seq=None, ended_at=None)

    @property
    def until(self) -> datetime | None:
        """When it ends in fact, an early return counted."""
        if self.ended_at is None:
            return self.ends
        return self.ended_at if self.ends is None else min(self.ended_at, self.ends)

    def covers(self, at: datetime) -> bool:
        """Whether they are away at that instant."""
        return self.begins <= at and (self.until is None or at < self.until)

    def overlaps(self, begins: datetime, ends: datetime | None) -> bool:
        """Whether it shares an instant with another stretch of time."""
        until = self.until
        if until is not None and until <= self.begins:
            return False
        return (ends is None or self.begins < ends) and (until is None or begins < until)

    def record(self) -> dict[str, Any]:
        """As a page shows it."""
        return {
            "name": self.name,
            "from": self.begins.isoformat(),
            "until": self.until.isoformat() if self.until is not None else None,
            "deputy": self.deputy,
            "by": self.by,
            "record": self.seq,
        }


def leave_statement(
    place: Place, *, by: str, name: str, begins: datetime, ends: datetime | None, deputy: str | None
) -> dict[str, Any]:
    """The absence. Why somebody is away is nobody's business, and so is not in it."""
    return {
        "record": LEAVE,
        "seq": place.seq,
        "prev": place.prev,
        "by": by,
        "name": name,
        "from": _written(begins),
        "until": None if ends is None else _written(ends),
        "deputy": deputy,
    }


def return_statement(place: Place, *, by: str, name: str, leaves: Iterable[int]) -> dict[str, Any]:
    """They are back from these absences, named by their records, as of the moment of this record."""
    return {
        "record": RETURN,
        "seq": place.seq,
        "prev": place.prev,
        "by": by,
        "name": name,
        "leaves": sorted(leaves),
    }


def check_speaker(current: Mapping[str, Principal], by: str, name: str) -> tuple[Principal, Principal]:
    """
    Who speaks of whose absence: the person themselves, an owner of a slice in which they hold a role, an administrator.

    Raises:
        PrincipalUnknown: Nobody of that name.
        NotPermitted: Revoked, no person, or not theirs to say.
    """
    speaker, person = _person(current, by), _person(current, name)
    if by == name or speaker.is_administrator or any(speaker.has("owner", role.slice) for role in person.roles):
        return speaker, person
    owners = sorted(
        one.name
        for one in current.values()
        if one.is_administrator or any(one.has("owner", role.slice) for role in person.roles)
    )
    raise NotPermitted(
        f"'{by}' cannot say when '{name}' is away: they say so themselves, or an owner of a slice of theirs. "
        f"Ask {' or '.join(dict.fromkeys([name, *owners]))}."
    )


def check_leave(current: Mapping[str, Principal], leaves: Sequence[Leave], statement: Mapping[str, Any]) -> Leave:
    """
    The absence that a statement makes, if it may stand.

    Raises:
        ValueProblem: It ends before it begins.
        NotPermitted, PrincipalUnknown: As `check_speaker`; or the deputy is none.
    """
    by, name = statement["by"], statement["name"]
    _, person = check_speaker(current, by, name)
    begins = _read(statement["from"])
    ends = None if statement["until"] is None else _read(statement["until"])
    if ends is not None and ends <= begins:
        raise ValueProblem(
            f"The absence of '{name}' would end at {_written(ends)}, and begin at {_written(begins)}. "
            "Give an end after its beginning, or none."
        )
    deputy = statement["deputy"]
    if deputy is not None:
        _check_deputy(current, leaves, person, deputy, begins, ends)
    return Leave(name=name, begins=begins, ends=ends, deputy=deputy, by=by, seq=statement["seq"])


def check_return(
    current: Mapping[str, Principal], leaves: Sequence[Leave], statement: Mapping[str, Any], at: datetime
) -> tuple[Leave, ...]:
    """
    The absences that a statement ends, ended at `at`.

    Raises:
        ValueProblem: There is none to end.
        NotPermitted, PrincipalUnknown: As `check_speaker`.
    """
    name = statement["name"]
    check_speaker(current, statement["by"], name)
    wanted = set(statement["leaves"])
    ended = tuple(one for one in leaves if one.seq in wanted and one.name == name and is_open(one, at))
    if not wanted or len(ended) != len(wanted):
        raise ValueProblem(
            f"'{name}' is not away, and no absence of theirs is planned. `goldenthread principal list` shows who is."
        )
    return tuple(replace(one, ended_seq=statement["seq"], ended_at=at) for one in ended)


def is_open(leave: Leave, at: datetime) -> bool:
    """Whether an absence is under way at an instant, or still to come."""
    return leave.ended_seq is None and (leave.ends is None or at < leave.ends)


def to_end(leaves: Iterable[Leave], name: str, at: datetime) -> tuple[int, ...]:
    """Which absences a return of that moment ends: those under way, else the next one planned."""
    still = [one for one in leaves if one.name == name and is_open(one, at)]
    now = tuple(one.seq for one in still if one.covers(at))
    planned = sorted(still, key=lambda one: (one.begins, one.seq))
    return now or tuple(one.seq for one in planned[:1])


def _check_deputy(
    current: Mapping[str, Principal],
    leaves: Sequence[Leave],
    person: Principal,
    name: str,
    begins: datetime,
    ends: datetime | None,
) -> None:
    if name == person.name:
        raise NotPermitted(f"'{name}' cannot stand in for themselves. Name another person, or nobody.")
    deputy = _person(current, name)
    if not _shares_a_slice(person, deputy):
        able = sorted(one.name for one in current.values() if one is not person and _shares_a_slice(person, one))
        instead = f"Name {' or '.join(able)}." if able else "Have an administrator grant them a role first."
        raise NotPermitted(
            f"'{name}' may answer nothing that '{person.name}' may, and a deputy gets work, never rights. {instead}"
        )
    away = next((one for one in leaves if one.name == name and one.overlaps(begins, ends)), None)
    if away is not None:
        until = f"until {_written(away.until)}" if away.until is not None else "until they return"
        raise NotPermitted(
            f"'{name}' is away from {_written(away.begins)} {until} themselves, and work is handed on only once. "
            "Name somebody who is there."
        )


def _shares_a_slice(person: Principal, deputy: Principal) -> bool:
    """Whether both may be asked to answer in some slice."""
    if deputy.kind != "person" or deputy.revoked:
        return False
    theirs = [role.slice for role in person.roles if role.name in ANSWERING]
    own = [role.slice for role in deputy.roles if role.name in ANSWERING]
    return any(one == other or EVERYWHERE in (one, other) for one in theirs for other in own)


def _person(current: Mapping[str, Principal], name: str) -> Principal:
    person = current.get(name)
    if person is None:
        raise PrincipalUnknown(
            f"Nobody named '{name}' was granted anything. `goldenthread principal list` shows who was."
        )
    if person.kind != "person" or person.revoked:
        what = "holds nothing any more" if person.revoked else f"is of kind {person.kind}"
        raise NotPermitted(f"'{name}' {what}; only people are away and stand in. Name a person who is on record.")
    return person


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _read(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueProblem(f"'{text}' names no time zone. Write e.g. 2026-12-01T09:00:00Z.")
    return at.astimezone(UTC)
