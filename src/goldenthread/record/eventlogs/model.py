"""A log as plain records: a case and its events, in the order of their times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

BAD: Mapping[str, str] = {
    "no-time": "it has no time, or one that cannot be read",
    "no-activity": "it does not say what was done",
    "no-case": "it belongs to no case",
    "columns": "its row has more or fewer values than there are columns",
    "encoding": "it is no UTF-8",
    "long": "it is longer than is read",
}
"""Why an event is left out, by the word that counts it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """
    Something that was done. `at_us` is when, in microseconds since 1970, UTC; `resource` who did it, '' for unknown;
    `lifecycle` what of it ('start', 'complete'), in small letters, '' where the log does not say.
    """

    activity: str
    at_us: int
    resource: str = ""
    lifecycle: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One piece of work with its events by time; those of the same time stand as in the file. It may have none."""

    id: str
    events: tuple[Event, ...]


@dataclass(kw_only=True)
class Tally:
    """
    What was read so far.

    Attributes:
        cases: Cases.
        events: Events that count.
        bad: Events that do not, by a word of BAD.
        unzoned: Events whose time names no zone, and was read in the zone that was given, else UTC.
        again: Cases whose id stood there before; each counts by itself.
        empty: Cases without an event that counts.
    """

    cases: int = 0
    events: int = 0
    bad: Counter[str] = field(default_factory=Counter)
    unzoned: int = 0
    again: int = 0
    empty: int = 0
