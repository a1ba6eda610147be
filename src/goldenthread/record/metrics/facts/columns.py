"""Facts: one row a run, whole numbers only beside the names that rows are grouped by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

DAY_US = 86_400_000_000


@dataclass(kw_only=True, slots=True)
class Fact:
    """
    What is known of one run. Times are microseconds (since 1970 where they are instants, UTC), money is millionths of
    `currency`, days count from 1970-01-01 UTC, flags are 0 or 1; None is unknown, or not asked for.

    Attributes:
        run, case: As the ledger names them; the case by its pseudonym.
        source: 'live', 'shadow' (a live case at the lowest level) or 'replay'.
        level: That the run began at.
        seq: The last record that said something of this run.
        cases: 1 for the one run by which its case is counted.
        ended, done: Whether it ended, and whether the agent then had done the case itself.
        closed_day, done_day: When; of the counted run only what `cases` says counts.
        fault: 1 where a fault ended it; None while it is open.
        asked: Whether a person was asked for anything that the case waited for.
        open_items: Ids of what still waits for a person, sorted, with a space between.
        waits_since_us: Since when something does.
        waited_us: How long something did, up to then; `waiting_us` is that once nothing does.
        reported_automated, reported_cycle_us: As somebody outside reported them, which goes before our own.
    """

    slice: str
    day: int
    run: str
    case: str
    agent: str
    fingerprint: str
    version: int
    level: str
    source: str
    seq: int
    started_us: int
    cases: int = 1
    status: str = ""
    ended: int = 0
    done: int = 0
    ended_us: int | None = None
    closed_day: int | None = None
    done_day: int | None = None
    fault: int | None = None
    escalated: int | None = None
    handed: int = 0
    asked: int = 0
    automated: int | None = None
    reported_automated: int | None = None
    adopted: int | None = None
    erred: int | None = None
    reworked: int | None = None
    violation: int | None = None
    succeeded: int | None = None
    agreement_asked: int = 0
    agreed: int | None = None
    approval_asked: int = 0
    unedited: int | None = None
    ungrounded: int | None = None
    latency_us: int | None = None
    agent_us: int | None = None
    cycle_us: int | None = None
    reported_cycle_us: int | None = None
    open_items: str = ""
    waits: int = 0
    waits_since_us: int | None = None
    waited_us: int = 0
    waiting_us: int | None = None
    review_us: int | None = None
    cost_micros: int | None = None
    reported_cost_micros: int | None = None
    model_cost_micros: int | None = None
    tool_cost_micros: int | None = None
    people_cost_micros: int | None = None
    currency: str = ""


FACT_NAMES: tuple[str, ...] = tuple(field.name for field in fields(Fact))

TEXTS = frozenset(
    {"slice", "run", "case", "agent", "fingerprint", "level", "source", "status", "open_items", "currency"}
)
_DAYS = frozenset({"day", "closed_day", "done_day", "version"})

TYPES: Mapping[str, str] = MappingProxyType(
    {
        name: "string"
        if name in TEXTS
        else "int32"
        if name in _DAYS
        else "int64"
        if name.endswith(("_us", "_micros")) or name == "seq"
        else "int8"
        for name in FACT_NAMES
    }
)
"""The type of each column, in the words that Ibis and Arrow share."""


def values_of(fact: Fact) -> tuple[Any, ...]:
    """A row, in the order of `FACT_NAMES`."""
    return tuple(getattr(fact, name) for name in FACT_NAMES)
