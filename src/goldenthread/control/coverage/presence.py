"""When each person who may answer for an agent in a slice is there: entitled, and not on leave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from goldenthread.record.principals import Leave, Principal, Principals


@dataclass(frozen=True, kw_only=True, order=True)
class Stretch:
    """From `begins` until before `ends`, in UTC; None: no end is known."""

    begins: datetime
    ends: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Whether the instant is in it."""
        return self.begins <= at and (self.ends is None or at < self.ends)


@dataclass(frozen=True, kw_only=True)
class Presence:
    """
    One person who may, or once might, answer; `stretches` in order, apart from each other, working hours or not.

    `role` is the one they hold now under which they may, None where they may not any more.
    """

    name: str
    role: str | None
    stretches: tuple[Stretch, ...]
    leaves: tuple[Leave, ...] = ()

    def is_there(self, at: datetime) -> bool:
        """Whether one can count on them at that instant."""
        return any(stretch.covers(at) for stretch in self.stretches)


def presences(principals: Principals, slice_name: str, agent: str | None, path: Sequence[str]) -> tuple[Presence, ...]:
    """
    Everybody who may or once might answer approvals of an agent in a slice, by name.

    Args:
        principals: With their whole history.
        agent: Whose approvals; its responsible person is never among them. None: of any agent.
        path: The contract's escalation path, which lets its owner and expert answer where it names them.
    """
    names = (
        one for one in sorted(principals.history.versions) if agent is None or not principals.is_own_agent(one, agent)
    )
    found = (presence(principals, slice_name, name, path) for name in names)
    return tuple(one for one in found if one.stretches)


def presence(principals: Principals, slice_name: str, name: str, path: Sequence[str]) -> Presence:
    """When one person may answer in a slice and is not on leave."""
    entitled = _entitled(principals, slice_name, name, path)
    leaves = principals.leaves(name)
    away = [(one.begins, one.until) for one in leaves if one.until is None or one.begins < one.until]
    now = principals.find(name)
    return Presence(
        name=name,
        role=_role(now, slice_name, path) if now is not None else None,
        stretches=tuple(_without(entitled, sorted(away, key=lambda one: one[0]))),
        leaves=leaves,
    )


def _entitled(principals: Principals, slice_name: str, name: str, path: Sequence[str]) -> list[Stretch]:
    """When their roles let them answer, by the records of the organisation known here."""
    moments = {moment.seq: moment.at for moment in principals.history.moments}
    found: list[Stretch] = []
    for version in principals.history.versions.get(name, ()):
        if version.seq > principals.until:
            break
        at, may = moments[version.seq], _role(version, slice_name, path) is not None
        if may and (not found or found[-1].ends is not None):
            found.append(Stretch(begins=at))
        elif not may and found and found[-1].ends is None:
            found[-1] = Stretch(begins=found[-1].begins, ends=at)
    return found


def _role(person: Principal, slice_name: str, path: Sequence[str]) -> str | None:
    """The role under which a person may answer there: as `Principals.require_approver` judges it."""
    if person.kind != "person":
        return None
    named = {person.name, person.name.partition("@")[0]}
    roles = ["approver", *(role for role in ("owner", "expert") if any(step in named or step == role for step in path))]
    return next((role for role in roles if person.has(role, slice_name)), None)


def _without(stretches: Iterable[Stretch], away: Sequence[tuple[datetime, datetime | None]]) -> Iterator[Stretch]:
    for stretch in stretches:
        begins: datetime | None = stretch.begins
        for leaves, returns in away:
            if begins is None or (stretch.ends is not None and leaves >= stretch.ends):
                break
            if returns is not None and returns <= begins:
                continue
            if leaves > begins:
                yield Stretch(begins=begins, ends=leaves)
            begins = returns
        if begins is not None and (stretch.ends is None or begins < stretch.ends):
            yield Stretch(begins=begins, ends=stretch.ends)
