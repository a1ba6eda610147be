"""What happened to a slice's agent between the points of a chart: releases, and changes of level."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from goldenthread.control.guard import Desk
from goldenthread.record.ledger import Record

MOST = 8
"""Marks on one chart; the latest are kept."""

_DECLARED, _MOVED = "agent:fingerprint:declare", "level:change"


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One thing that happened. `before` is the place of the first point after it; `kind` is 'level' or 'release'."""

    kind: str
    at: datetime
    before: int
    words: str


@dataclass(frozen=True, kw_only=True)
class Happening:
    """A release that began to run, or a change of level."""

    kind: str
    at: datetime
    words: str


def happenings(desk: Desk) -> tuple[Happening, ...]:
    """Everything that happened to a slice's agents, oldest first: one read of two rare kinds of record."""
    names: dict[str, int] = {}
    found, running = [], ""
    for record in desk.ledger.read(desk.slice, kinds=(_DECLARED, _MOVED)):
        words, running = _words(record, names, running)
        if words:
            found.append(Happening(kind="level" if record.kind == _MOVED else "release", at=record.at, words=words))
    return tuple(found)


def marks_of(happened: Sequence[Happening], points: Sequence[datetime]) -> tuple[Mark, ...]:
    """
    What happened between the points of a chart, oldest first, `MOST` of it.

    Args:
        happened: Everything.
        points: When each began, in order.
    """
    placed = [(bisect_left(points, one.at), one) for one in happened]
    found = [
        Mark(kind=one.kind, at=one.at, before=place, words=one.words)
        for place, one in placed
        if 0 < place < len(points)
    ]
    return tuple(found[-MOST:])


def _words(record: Record, names: dict[str, int], running: str) -> tuple[str, str]:
    """What a record says, '' for nothing new; and which release runs after it."""
    fingerprint = str(record.data["fingerprint"])
    number = names.setdefault(fingerprint, len(names) + 1)
    if record.kind == _MOVED:
        move = f"{record.data['from']} → {record.data['to']}"
        return move if fingerprint == running else f"release {number}: {move}", running
    return (f"release {number}" if fingerprint != running else ""), fingerprint
