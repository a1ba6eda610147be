"""The records of a plan's outlook: when each level is reached, what stands in the way, how soon a fall is noticed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from goldenthread.promise.contract.model import Clause
from goldenthread.promise.values import Level

WEEKS: tuple[int, ...] = (4, 12, 26, 52)
"""The weeks by which the chance of having reached a level is given."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """
    When a level is reached, counted in all cases since the first under this version.

    Attributes:
        level: The level entered.
        chance: Of reaching it within the horizon, in [0, 1].
        low: Cases by which a tenth of such agents are there, or None.
        median: Cases by which half are, or None.
        high: Cases by which nine tenths are, or None.
        within: Chance of being there after so many weeks at the stated volume; empty without a volume.
        percentiles: Cases by which 1 %, 2 % ... 99 % of such agents are there; None beyond the horizon.
        slowest: The clause that comes last most often, or None.
        earliest: Cases before which no record whatever reaches it, or None where none does.
    """

    level: Level
    chance: float
    low: int | None
    median: int | None
    high: int | None
    within: Mapping[int, float]
    percentiles: tuple[int | None, ...]
    slowest: str | None
    earliest: int | None = None


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """
    The whole climb at one quality of the agent.

    Attributes:
        scenario: 'just good enough', 'good', 'very good', or 'as you believe'.
        quality: What that means, metric by metric, in words.
        reaches: One a level from the start to the ceiling, lowest first.
    """

    scenario: str
    quality: tuple[str, ...]
    reaches: tuple[Reach, ...]


@dataclass(frozen=True, kw_only=True)
class Notice:
    """
    How soon a tripwire rings once the agent has got worse.

    Attributes:
        words: What got worse, to where: 'twice the limit: 6 %'.
        rate: The failure rate from then on, in [0, 1].
        fresh: Cases until the alarm on average, from an alarm that starts afresh; None where it does not ring.
        fresh_range: Cases by which a tenth and nine tenths of alarms have rung.
        seasoned: The same after 1,000 good cases.
        seasoned_range: The same after 1,000 good cases.
    """

    words: str
    rate: float
    fresh: float | None
    fresh_range: tuple[int, int] | None
    seasoned: float | None
    seasoned_range: tuple[int, int] | None


@dataclass(frozen=True, kw_only=True)
class AlarmPlan:
    """
    One tripwire.

    Attributes:
        level: The level fallen to.
        clause: As written.
        insufficient: What is missing to watch it, in words, or None.
        limit: The failure rate that is still accepted, in (0, 1); None for a single event.
        at: The level above it whose share of cases is used.
        share: Share of cases there that the alarm sees, in [0, 1].
        notices: How soon it rings, by how much worse the agent gets.
        false_alarms_a_year: At most, on average, at the stated volume; None without a volume.
        calibrated: Whether false alarms come just so often if cases are independent, and not at most so often.
    """

    level: Level
    clause: Clause
    insufficient: str | None
    limit: float | None = None
    at: Level | None = None
    share: float = 1.0
    notices: tuple[Notice, ...] = ()
    false_alarms_a_year: float | None = None
    calibrated: bool = False


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """
    A change of the contract that would let the level be reached.

    Attributes:
        words: What to write instead.
        cases: Cases until half of such agents are there, all cases since the first under this version.
        weeks: The same at the volume then stated, or None without one.
    """

    words: str
    cases: int
    weeks: float | None


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """
    A level that a good agent does not reach within a year (without a volume: within the horizon).

    Attributes:
        level: The level not reached.
        words: Why, in one sentence.
        remedies: What to change, with what each change would give, taken one at a time.
    """

    level: Level
    words: str
    remedies: tuple[Remedy, ...]
