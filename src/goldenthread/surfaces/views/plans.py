"""A contract's plan for a page: when each level is reached, how sure that is, and what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from goldenthread.promise.contract import Plan, plan_text
from goldenthread.promise.contract.planning.durations import about_days, chance_words, range_words
from goldenthread.promise.contract.planning.outlook import Reach

_CERTAIN = 0.99
State: TypeAlias = Literal["working", "ready", "failed", "none"]


@dataclass(frozen=True, kw_only=True)
class Chance:
    """The chance, in [0, 1], of having reached a level after so many weeks."""

    weeks: int
    share: float
    words: str


@dataclass(frozen=True, kw_only=True)
class ReachView:
    """When a good agent reaches a level; `time` and `span` are None where that is not known or not expected."""

    level: str
    time: str | None
    span: str | None
    cases: int | None
    earliest: int | None
    slowest: str | None
    chances: tuple[Chance, ...]


@dataclass(frozen=True, kw_only=True)
class ObstacleView:
    """A level that a good agent does not reach in time, why, and what to change, each by itself."""

    level: str
    words: str
    remedies: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PlanView:
    """
    The plan of a text.

    Attributes:
        state: 'working' where it is being worked out, 'none' where there is nothing to plan.
        words: The same in a sentence.
        agent: Whom the times are for, in words.
        reaches: Lowest level first.
        text: All of it, as `goldenthread contract plan` says it.
    """

    state: State
    words: str
    agent: str = ""
    reaches: tuple[ReachView, ...] = ()
    obstacles: tuple[ObstacleView, ...] = ()
    text: str = ""


def plan_view(plan: Plan) -> PlanView:
    """A plan as a page shows it."""
    if plan.missing:
        return PlanView(state="ready", words=f"Nothing can be climbed: {plan.missing}.", text=plan_text(plan))
    ladder = plan.likely
    reaches = tuple(_reach(one, plan.cases_a_week) for one in ladder.reaches) if ladder is not None else ()
    obstacles = tuple(
        ObstacleView(
            level=one.level.value,
            words=one.words,
            remedies=tuple(f"{remedy.words}: about {remedy.cases:,} cases" for remedy in one.remedies),
        )
        for one in plan.obstacles
    )
    agent = f"{ladder.scenario}: {', '.join(ladder.quality)}" if ladder is not None else ""
    return PlanView(
        state="ready",
        words=_words(len(obstacles)),
        agent=agent,
        reaches=reaches,
        obstacles=obstacles,
        text=plan_text(plan),
    )


def _words(obstacles: int) -> str:
    if not obstacles:
        return "A good agent can climb to the contract's ceiling."
    return (
        f"{'One level is' if obstacles == 1 else f'{obstacles} levels are'} out of a good agent's reach as it stands."
    )


def _reach(reach: Reach, cases_a_week: float | None) -> ReachView:
    known = reach.median is not None and cases_a_week is not None
    return ReachView(
        level=reach.level.value,
        time=_time(reach.median, cases_a_week) if known else None,
        span=_span(reach, cases_a_week) if known else None,
        cases=reach.median,
        earliest=reach.earliest,
        slowest=reach.slowest,
        chances=_chances(reach),
    )


def _chances(reach: Reach) -> tuple[Chance, ...]:
    """As far as the first that is all but certain: what comes after says nothing more."""
    found = []
    for weeks, share in reach.within.items():
        found.append(Chance(weeks=weeks, share=share, words=chance_words(share)))
        if share > _CERTAIN:
            break
    return tuple(found)


def _time(cases: int | None, cases_a_week: float | None) -> str | None:
    return about_days(cases / (cases_a_week / 7)) if cases is not None and cases_a_week else None


def _span(reach: Reach, cases_a_week: float | None) -> str | None:
    if not cases_a_week:
        return None
    a_day = cases_a_week / 7
    return range_words((reach.low or 0) / a_day, None if reach.high is None else reach.high / a_day)
