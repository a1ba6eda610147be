"""When each level is entered, in cases: from a contract's plan, or as somebody states it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from goldenthread.promise.contract import Plan, Reach
from goldenthread.promise.values import LADDER, Level


@dataclass(frozen=True, kw_only=True)
class Climb:
    """
    One way up the ladder.

    Attributes:
        words: Which: 'just good enough, slow'.
        entered: Cases since the first at which each level is entered, lowest level first; the start at 0. A level that
            is not there is not reached.
    """

    words: str
    entered: tuple[tuple[Level, Decimal], ...]

    def cases_at(self, cases: Decimal) -> dict[Level, Decimal]:
        """How many of so many cases are worked at each level."""
        found = {}
        ends = [at for _, at in self.entered[1:]] + [cases]
        for (level, begins), ends_at in zip(self.entered, ends, strict=True):
            found[level] = max(min(ends_at, cases) - begins, Decimal(0))
        return found


@dataclass(frozen=True, kw_only=True)
class Climbs:
    """The likely way, and the slowest and fastest that are still believed."""

    slow: Climb
    likely: Climb
    fast: Climb


def climbs_of(plan: Plan, start: Level = Level.SHADOW) -> Climbs:
    """
    The climbs of a contract's plan: nine tenths of agents that are just good enough are faster than the slow one, half
    of good ones than the likely one, a tenth of very good ones than the fast one.
    """
    stays = Climb(words="nothing can be climbed", entered=((start, Decimal(0)),))
    if not plan.ladders:
        return Climbs(slow=stays, likely=stays, fast=stays)
    worst, middle, best = plan.ladders[0], plan.ladders[len(plan.ladders) // 2], plan.ladders[-1]
    return Climbs(
        slow=_climb(f"{worst.scenario}, slow", start, [(one.level, one.high) for one in worst.reaches]),
        likely=_climb(
            f"{middle.scenario}, as half of them", start, [(one.level, one.median) for one in middle.reaches]
        ),
        fast=_climb(f"{best.scenario}, fast", start, [(one.level, one.low) for one in best.reaches]),
    )


def climbs_of_reaches(ladders: Sequence[Sequence[Reach]], start: Level = Level.SHADOW) -> Climbs:
    """The same from `likely_ladders` alone: worst first; without any, nothing can be climbed."""
    if not ladders:
        stays = Climb(words="nothing can be climbed", entered=((start, Decimal(0)),))
        return Climbs(slow=stays, likely=stays, fast=stays)
    worst, middle, best = ladders[0], ladders[len(ladders) // 2], ladders[-1]
    return Climbs(
        slow=_climb("just good enough, slow", start, [(one.level, one.high) for one in worst]),
        likely=_climb("good, as half of them", start, [(one.level, one.median) for one in middle]),
        fast=_climb("very good, fast", start, [(one.level, one.low) for one in best]),
    )


def stated_climb(words: str, **entered: int) -> Climb:
    """A climb as somebody states it: `stated_climb('by hand', shadow=0, draft=120)`."""
    levels = [level for level in LADDER if level.value in entered]
    return Climb(words=words, entered=tuple((level, Decimal(entered[level.value])) for level in levels))


def _climb(words: str, start: Level, reached: list[tuple[Level, int | None]]) -> Climb:
    """Up to the first level that is not reached."""
    entered = [(start, Decimal(0))]
    for level, cases in reached:
        if cases is None:
            break
        entered.append((level, Decimal(cases)))
    return Climb(words=words, entered=tuple(entered))
