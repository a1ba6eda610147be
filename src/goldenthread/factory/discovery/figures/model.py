"""What a log says, in plain records. Times are whole microseconds; a median of two is their mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFINITIONS: Mapping[str, str] = {
    "order": "events of a case stand by time; those of the same time as in the log",
    "step": "a completed event, or any event of a case of which the log says no completion",
    "cycle time": "from the first event of a case to its last, nights and weekends included",
    "quantile": "the value at its rank, so one that occurred; the median is the mean of the two in the middle",
    "gap": "from the step before in the case to this one; where the log does not say when work began, that is waiting "
    "and work together",
    "waiting": "from the step before to when work began on this one, where the log says when",
    "work": "from when work began on a step to its completion, where the log says when",
    "rework": "a step whose activity the case has had before",
    "timer": "a gap that is often a whole number of days, to a quarter of an hour: something waits, nobody works",
    "handover": "two steps in a row of a case, both with a resource, by different ones",
    "late": "a case that ended after its deadline; it ends as the log says, else with its last event",
    "variant": "the activities of a case in their order",
}
"""What the words of the report mean."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How long something took: so many values, their quantiles, their mean; all in microseconds."""

    count: int
    least_us: int
    p10_us: int
    p25_us: int
    median_us: float
    p75_us: int
    p90_us: int
    p95_us: int
    most_us: int
    mean_us: float


@dataclass(frozen=True, kw_only=True)
class Overview:
    """
    The log in a line. `cycle` is of cases, `until_last` until their last step but one; `per_week` are cases that ended
    in a week, None where all ended at once; `reworked` are cases in which an activity came again; `first_us` and
    `last_us` are of events.
    """

    cases: int
    events: int
    steps: int
    activities: int
    resources: int
    variants: int
    first_us: int
    last_us: int
    cycle: Spread
    until_last: Spread | None
    steps_a_case: float
    per_week: float | None
    reworked: int


@dataclass(frozen=True, kw_only=True)
class Activity:
    """
    What is done.

    Attributes:
        steps: How often; in `cases` cases.
        first: Cases that begin with it; `last`: cases that end with it.
        again: Steps in which it came again; in `again_cases` cases.
        resources: How many did it; None where the log names none.
        gap: Since the step before.
        waiting: Before work on it began; None where the log does not say.
        work: Likewise, on it.
    """

    name: str
    steps: int
    cases: int
    first: int
    last: int
    again: int
    again_cases: int
    resources: int | None
    gap: Spread | None
    waiting: Spread | None
    work: Spread | None


@dataclass(frozen=True, kw_only=True)
class Edge:
    """One activity directly followed by another: how often, in how many cases, and how long between, also in all."""

    source: str
    target: str
    count: int
    cases: int
    median_us: float
    p95_us: int
    total_us: int


@dataclass(frozen=True, kw_only=True)
class Timer:
    """Of the `of` times that one activity followed another, `count` came after so many whole days, to the minutes."""

    source: str
    target: str
    days: int
    count: int
    of: int


@dataclass(frozen=True, kw_only=True)
class Variant:
    """An order of activities, and how many cases had it, with their cycle time."""

    activities: tuple[str, ...]
    cases: int
    median_us: float
    p95_us: int


@dataclass(frozen=True, kw_only=True)
class Loop:
    """
    An activity that came again, and the step right before that: the same for a repetition at once. `median_us` is how
    long it was since the activity came before.
    """

    activity: str
    back_from: str
    steps_between: int
    count: int
    cases: int
    median_us: float


@dataclass(frozen=True, kw_only=True)
class Rework:
    """Steps that came again: in how many cases, how many at once, and what cases took with and without."""

    cases: int
    steps: int
    at_once: int
    median_with_us: float | None
    median_without_us: float | None
    loops: tuple[Loop, ...]


@dataclass(frozen=True, kw_only=True)
class Handover:
    """Work that went from one resource to another."""

    source: str
    target: str
    count: int
    cases: int
    median_us: float


@dataclass(frozen=True, kw_only=True)
class Handovers:
    """`known` pairs of steps name both resources; `changed` of them differ, in `cases` cases; with their gaps."""

    known: int
    changed: int
    cases: int
    median_changed_us: float | None
    median_kept_us: float | None
    pairs: tuple[Handover, ...]


@dataclass(frozen=True, kw_only=True)
class Resource:
    """Who works, and on how much; how fast anybody is, is not counted."""

    name: str
    steps: int
    cases: int
    activities: int


@dataclass(frozen=True, kw_only=True)
class Lone:
    """An activity that nearly always the same one does."""

    activity: str
    resource: str
    steps: int
    of: int


@dataclass(frozen=True, kw_only=True)
class Deadlines:
    """
    Cases with a deadline: those that `ended`, of which so many `late` and by how much; those still `open`, of which
    `open_late` are past it when the log ends.
    """

    cases: int
    ended: int
    late: int
    lateness: Spread | None
    open: int
    open_late: int


@dataclass(frozen=True, kw_only=True)
class NamedEnds:
    """Cases whose end the log names: from their last event to it, and from their first; earlier ends not counted."""

    cases: int
    after_last: Spread | None
    from_first: Spread | None


@dataclass(frozen=True, kw_only=True)
class Within:
    """Cases that took no longer than somebody promised."""

    promised_us: int
    held: int
    cases: int


@dataclass(frozen=True, kw_only=True)
class Month:
    """A month (`2026-11`), by when cases began: how many, how many ended in it, and their median cycle time."""

    month: str
    begun: int
    ended: int
    median_us: float


@dataclass(frozen=True, kw_only=True)
class Seasons:
    """When work comes in, by weekday (Monday first) and hour, and when steps are done; in the zone of the log."""

    zone: str
    cases_by_weekday: tuple[int, ...]
    cases_by_hour: tuple[int, ...]
    steps_by_weekday: tuple[int, ...]
    steps_by_hour: tuple[int, ...]
    months: tuple[Month, ...]


@dataclass(frozen=True, kw_only=True)
class Shift:
    """What changed: a feature in words, and its mean a case before and after."""

    words: str
    before: float
    after: float


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of the process: when (the first case after it began), of what, how sure, and what became other."""

    at_us: int
    of: str
    p_value: float
    cases_before: int
    cases_after: int
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, kw_only=True)
class Drift:
    """
    Whether the process changed over time. `insufficient` says why nothing was looked at; else `changes` are those
    found, in the order of time, at an `error` of so much: of unchanging processes at most that share shows one.
    """

    insufficient: str | None
    error: float
    cases: int
    blocks: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True)
class Figures:
    """All of it."""

    overview: Overview
    activities: tuple[Activity, ...]
    edges: tuple[Edge, ...]
    timers: tuple[Timer, ...]
    variants: tuple[Variant, ...]
    rework: Rework
    handovers: Handovers | None
    resources: tuple[Resource, ...]
    alone: tuple[Lone, ...]
    named_ends: NamedEnds | None
    deadlines: Deadlines | None
    within: Within | None
    seasons: Seasons
    drift: Drift
    definitions: Mapping[str, str] = field(default_factory=lambda: DEFINITIONS)
