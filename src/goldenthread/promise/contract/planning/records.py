"""The records of a plan: what each clause and each gate take, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from goldenthread.promise.contract.forms import Form
from goldenthread.promise.contract.model import Clause, Quantity
from goldenthread.promise.contract.planning.outlook import AlarmPlan, Ladder, Obstacle
from goldenthread.promise.values import Level


@dataclass(frozen=True, kw_only=True)
class Likely:
    """
    How many cases a clause takes if the agent is really this good.

    Attributes:
        quality: The true rate, share, mean or difference, in words: '93 %', '0.20 EUR/case'.
        mean: Cases to promotion on average, or None where it is not expected within the horizon.
        low: Cases by which a tenth of such agents have passed, or None.
        high: Cases by which nine tenths have, or None.
        chance: Chance of passing within the horizon, in [0, 1].
    """

    quality: str
    mean: float | None
    low: int | None
    high: int | None
    chance: float


@dataclass(frozen=True, kw_only=True)
class DaysNeeded:
    """
    What a claim about future days takes at the middle quality, by how alike the cases of a day are.

    Attributes:
        likeness: Correlation of two cases of one day, in [0, 1].
        low: Days by which a tenth of such agents have passed, or None beyond the horizon.
        median: Days by which half have, or None.
        high: Days by which nine tenths have, or None.
    """

    likeness: float
    low: int | None
    median: int | None
    high: int | None


@dataclass(frozen=True, kw_only=True)
class ClausePlan:
    """
    One clause of a gate.

    Attributes:
        clause: As written.
        from_workflow: True for the workflow's escalation line, which every gate also requires.
        form: How it is judged, or None.
        insufficient: What is missing to judge it, in words, or None.
        fewest_any: Fewest clean cases with which any method could pass it, or None.
        fewest_ours: Fewest clean cases with which ours passes it, or None.
        likely: At likely qualities, worst first; one where the owner stated a belief.
        share: Share of cases that bear on the clause on the rung below the gate, in [0, 1].
        share_words: Why not every case does, or ''.
        days: Calendar days at the middle quality and the contract's volume, or None where unknown.
        wrongly: Chance that an agent exactly at the bar passes within the horizon, in [0, 1]; None where unknown.
        segments: Share of the cases that each segment has, where each needs evidence of its own.
        future_days: What a claim about future days takes; empty for a claim over the period.
    """

    clause: Clause
    from_workflow: bool
    form: Form | None
    insufficient: str | None
    fewest_any: int | None = None
    fewest_ours: int | None = None
    likely: tuple[Likely, ...] = ()
    share: float = 1.0
    share_words: str = ""
    days: float | None = None
    wrongly: float | None = None
    segments: Mapping[str, float] = field(default_factory=dict)
    future_days: tuple[DaysNeeded, ...] = ()

    @property
    def passable(self) -> bool:
        """True where some record within the horizon passes it."""
        return self.insufficient is None and any(likely.chance > 0.0 for likely in self.likely)


@dataclass(frozen=True, kw_only=True)
class Afresh:
    """
    A gate by itself: cases from the day an agent without any evidence stands below it, as after a fall.

    Attributes:
        scenario: Which quality, by the name of its `Ladder`.
        chance: Of passing within the horizon, in [0, 1], if the clauses fail independently of each other.
        chance_bounds: The lowest and highest it can be, however the clauses hang together.
        low: Cases by which a tenth of such agents have passed, or None.
        median: Cases by which half have, or None.
        high: Cases by which nine tenths have, or None.
        median_bounds: The fewest and most that the median can be, however the clauses hang together.
    """

    scenario: str
    chance: float
    chance_bounds: tuple[float, float]
    low: int | None
    median: int | None
    high: int | None
    median_bounds: tuple[int | None, int | None]


@dataclass(frozen=True, kw_only=True)
class GatePlan:
    """
    One gate: all its clauses must pass; a clause that has passed stays so.

    Attributes:
        level: The level entered.
        below: The level it is entered from.
        clauses: The gate's own, then the workflow's escalation line.
        earliest: Cases before which no record passes it, all clean, or None where nobody can.
        afresh: The gate by itself, by scenario.
        wrongly: Largest chance, within the horizon, to be promoted by an agent that misses one clause, being
            exactly at its bar, and is beyond doubt on all others; None where unknown.
    """

    level: Level
    below: Level
    clauses: tuple[ClausePlan, ...]
    earliest: int | None = None
    afresh: tuple[Afresh, ...] = ()
    wrongly: float | None = None

    @property
    def passable(self) -> bool:
        """True where every clause can pass; a gate without clauses cannot."""
        return bool(self.clauses) and all(clause.passable for clause in self.clauses)

    @property
    def days(self) -> float | None:
        """Calendar days of the slowest clause, or None where one is unknown."""
        known = [clause.days for clause in self.clauses if clause.days is not None]
        return max(known) if known and len(known) == len(self.clauses) else None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """
    The plan of one contract version.

    Attributes:
        slice: The workflow slice.
        version: Of the contract.
        confidence: Percent.
        volume: As the contract states it, or None.
        cases_a_week: The same as a number, or None.
        handed_over: Share of the cases taken to be handed to a person, in [0, 1]; they make no proposal.
        horizon: Cases looked at a clause, at most.
        false_alarm: Average number of cases to a false alarm of a tripwire.
        gates: Lowest first.
        ladders: The whole climb by quality, worst first.
        alarms: The tripwires.
        obstacles: Levels that a good agent does not reach in time.
        missing: Why nothing can be climbed, in words, or ''.
        irreversible: Actions for whose sake gates above approval open in enforcing mode only.
    """

    slice: str
    version: int
    confidence: Decimal
    volume: Quantity | None
    cases_a_week: float | None = None
    handed_over: float = 0.0
    horizon: int
    false_alarm: int = 0
    gates: tuple[GatePlan, ...]
    ladders: tuple[Ladder, ...] = ()
    alarms: tuple[AlarmPlan, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    missing: str = ""
    irreversible: tuple[str, ...] = ()

    @property
    def passable(self) -> bool:
        """True where there are gates and every one can be passed."""
        return bool(self.gates) and all(gate.passable for gate in self.gates)

    @property
    def likely(self) -> Ladder | None:
        """The ladder that the short text and the chart speak of: the middle one, or the only one."""
        return self.ladders[len(self.ladders) // 2] if self.ladders else None
