"""A ground, an incident, and the kinds of record that tell its story."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from goldenthread.promise.values import Json
from goldenthread.record.ledger import Record

OPEN, ADD, RECOVER = "incident:open", "incident:add", "incident:recover"
TAKE, NOTE, CLOSE = "incident:take", "incident:note", "incident:close"

SAID_KINDS = (TAKE, NOTE, CLOSE)
"""What only people say, each signed for its place; they may say `incident:recover` too, which else the guard writes."""

INCIDENT_KINDS = (OPEN, ADD, RECOVER, *SAID_KINDS)

FOLDED = (*INCIDENT_KINDS, "level:change", "stop:set", "slice:suspend", "outcome:flag")
"""The record kinds that the fold reads: its own, and those that are grounds by themselves."""

MOST_A_DAY = 10
"""Incidents that are opened in a slice on one day, UTC, at most."""

FRESH = timedelta(days=7)
"""A ground that is older when anybody first looks opens nothing: it was lived with."""

CAUSES: Mapping[str, str] = {
    "red-flag": "A red flag: adoption, workflow and business tell different stories",
    "tripwire": "A tripwire brought an agent down",
    "stop": "The slice, or a tool in it, was stopped",
    "workflow-line": "A line that the contract draws for the workflow fails",
    "error-budget": "The error budget is spent",
    "overdue-outcome": "An outcome is overdue",
    "anomaly": "A number by day changed more than days do",
}

WordProblem = Callable[[Record], "str | None"]
"""Why what a person signed does not count, or None when it does."""


def unheard(_record: Record) -> str | None:
    """No word counts: what a fold does that was not told who may speak."""
    return "nobody said whose word counts"


@dataclass(frozen=True, kw_only=True)
class Ground:
    """
    Why an incident is due. `key` tells one ground from another; `onset` is when it began, None where nobody knows;
    `record` the record that shows it, None where none does; `figures` what it rests on.
    """

    key: str
    cause: str
    owner: str
    words: str
    onset: datetime | None
    record: int | None = None
    figures: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Said:
    """What somebody said of an incident; `by` is the guard's name where nobody had to."""

    kind: str
    by: str
    at: datetime
    seq: int
    words: str


@dataclass(kw_only=True)
class Incident:
    """
    One incident, named by its place on record: `refunds#41`.

    Attributes:
        detected: When it was put on record.
        taken, recovered, closed: When that was first said; None while it was not.
        records: Every record that showed its ground.
        usual: Whether whoever closed it said that what changed is usual by now.
    """

    slice: str
    seq: int
    ground: str
    cause: str
    owner: str
    words: str
    onset: datetime | None
    detected: datetime
    figures: Mapping[str, Any]
    records: tuple[int, ...] = ()
    taken: Said | None = None
    recovered: Said | None = None
    closed: Said | None = None
    usual: bool = False
    said: list[Said] = field(default_factory=list)
    latest: datetime | None = None  # when the last alarm on the same ground came

    @property
    def id(self) -> str:
        """Where it stands on record, which is its name."""
        return f"{self.slice}#{self.seq}"

    @property
    def state(self) -> str:
        """'open', 'taken', 'recovered' or 'closed'."""
        if self.closed is not None:
            return "closed"
        return "recovered" if self.recovered is not None else "taken" if self.taken is not None else "open"

    @property
    def to_detect(self) -> timedelta | None:
        """From onset to detection; None where the onset is unknown."""
        return max(timedelta(), self.detected - self.onset) if self.onset is not None else None

    @property
    def to_respond(self) -> timedelta | None:
        """From detection to the first person's response; None while there is none."""
        return self.taken.at - self.detected if self.taken is not None else None

    @property
    def to_recover(self) -> timedelta | None:
        """From detection to recovery; None while there is none."""
        return self.recovered.at - self.detected if self.recovered is not None else None
