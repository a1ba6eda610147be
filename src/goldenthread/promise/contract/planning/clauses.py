"""A clause's plan, and a gate's by itself: all its clauses together, exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from goldenthread.promise.contract.forms import Form
from goldenthread.promise.contract.judging import ClauseTest
from goldenthread.promise.contract.model import Claim
from goldenthread.promise.contract.planning.beliefs import Belief
from goldenthread.promise.contract.planning.course import (
    LIKELY,
    LIKENESSES,
    PLANNED_LIKENESS,
    Course,
    Required,
    handed_over,
)
from goldenthread.promise.contract.planning.draws import Need
from goldenthread.promise.contract.planning.odds import odds_at_bar, passing_odds
from goldenthread.promise.contract.planning.records import Afresh, ClausePlan, DaysNeeded, Likely
from goldenthread.promise.contract.planning.shares import bearing_share
from goldenthread.promise.contract.planning.truth import Truth, key_of, likely_truth, quality_words
from goldenthread.promise.evidence import RateTest
from goldenthread.promise.evidence.bets import ConstantBets
from goldenthread.promise.evidence.clusters import FutureDaysTest
from goldenthread.promise.evidence.odds import future_days_odds
from goldenthread.promise.values import LADDER, Level

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_POINTS = 200_000


def clause_plan(
    course: Course, level: Level, required: Required, beliefs: Sequence[Belief], middle: Mapping[str, Truth]
) -> ClausePlan:
    """One clause of the gate into a level; `middle` is the truth at the middle quality, for all clauses together."""
    judged = required.test
    blank = ClausePlan(clause=required.clause, from_workflow=required.from_workflow, form=None, insufficient=None)
    if not isinstance(judged, ClauseTest):
        return replace(blank, insufficient=judged.reason)
    below = LADDER[max(0, level.rank - 1)]
    share, words = bearing_share(course.autonomy, below, required.clause, handed_over(middle))
    segments = course.segments(required.clause)
    slowest = share * min(segments.values())
    truths = [likely_truth([judged], wrong, beliefs) for wrong in LIKELY]
    truths = truths if not truths[0][key_of(judged)].believed else truths[:1]
    likely = tuple(_likely(course, judged, truth, slowest) for truth in truths)
    return replace(
        blank,
        form=judged.form,
        fewest_any=judged.test.physical_fewest(),
        fewest_ours=judged.test.fewest(),
        likely=likely,
        share=share,
        share_words=words,
        days=_days(likely[len(likely) // 2].mean, slowest, course.cases_a_week),
        wrongly=_wrongly(course, judged, slowest),
        segments={} if "" in segments else segments,
        future_days=_future_days(course, judged, truths[len(truths) // 2], slowest),
    )


def gate_afresh(scenario: str, needs: Sequence[Need] | None, below: Level) -> Afresh | None:
    """
    All needs of a gate together, from the level below without any evidence; None where nobody can pass.

    Needs with the same draw are judged on the same cases: the slower one decides. The others are taken as
    independent; the bounds hold however they hang together (Frechet).
    """
    import numpy as np

    if not needs or any(need.shares[below] <= 0.0 for need in needs):
        return None
    last = math.ceil(max((len(need.odds) - 1) / need.shares[below] for need in needs))
    cases = np.arange(0, last + 1, 1 + last // _MOST_POINTS)
    groups: dict[str, NDArray[np.float64]] = {}
    for need in needs:
        bearing = np.minimum((cases * need.shares[below] + 1e-9).astype(np.int64), len(need.odds) - 1)
        odds = need.odds[bearing]
        groups[need.draw] = np.minimum(groups.get(need.draw, odds), odds)
    each = np.array(list(groups.values()))
    joint, most = each.prod(axis=0), each.min(axis=0)
    least = np.maximum(0.0, 1.0 - (1.0 - each).sum(axis=0))
    return Afresh(
        scenario=scenario,
        chance=float(joint[-1]),
        chance_bounds=(float(least[-1]), float(most[-1])),
        low=_by(cases, joint, 0.1),
        median=_by(cases, joint, 0.5),
        high=_by(cases, joint, 0.9),
        median_bounds=(_by(cases, most, 0.5), _by(cases, least, 0.5)),
    )


def _by(cases: NDArray[np.int64], odds: NDArray[np.float64], share: float) -> int | None:
    import numpy as np

    place = int(np.searchsorted(odds, share))
    return int(cases[place]) if place < len(cases) else None


def _likely(course: Course, judged: ClauseTest, truth: Mapping[str, Truth], share: float) -> Likely:
    days = course.days(judged, share, PLANNED_LIKENESS)
    true = truth[key_of(judged)]
    found = _figures(quality_words(judged, true), passing_odds(judged, truth, course.horizon, days))
    if judged.form is not Form.MEAN or true.spread is not None:
        return found
    assert isinstance(judged.test, ConstantBets)
    return replace(found, low=judged.test.cases_at(float(true.amount), course.horizon))


def _figures(quality: str, odds: NDArray[np.float64]) -> Likely:
    import numpy as np

    chance = float(odds[-1])
    average = float(np.diff(odds, prepend=0.0) @ np.arange(len(odds))) / chance if chance > 0.0 else None
    known = average if chance >= 0.5 else None  # the mean of a lucky few would mislead
    cases = np.arange(len(odds))
    return Likely(quality=quality, mean=known, low=_by(cases, odds, 0.1), high=_by(cases, odds, 0.9), chance=chance)


def _days(cases: float | None, share: float, cases_a_week: float | None) -> float | None:
    if cases is None or cases_a_week is None or share <= 0.0:
        return None
    return cases / (cases_a_week * share) * 7.0


def _wrongly(course: Course, judged: ClauseTest, share: float) -> float:
    days = course.days(judged, share, PLANNED_LIKENESS)
    if days is None or not isinstance(judged.test, RateTest):
        return odds_at_bar(judged, course.horizon)
    test = FutureDaysTest(test=judged.test)
    return float(future_days_odds(test, judged.test.bar, days.cases, days.likeness, course.horizon)[-1])


def _future_days(
    course: Course, judged: ClauseTest, truth: Mapping[str, Truth], share: float
) -> tuple[DaysNeeded, ...]:
    import numpy as np

    if course.autonomy.claim is not Claim.FUTURE_DAYS:
        return ()
    found = []
    for likeness in LIKENESSES:
        days = course.days(judged, share, likeness)
        if days is None:
            return ()
        odds = passing_odds(judged, truth, course.horizon, days)[:: days.cases]
        count = np.arange(len(odds))
        low, median, high = (_by(count, odds, share) for share in (0.1, 0.5, 0.9))
        found.append(DaysNeeded(likeness=likeness, low=low, median=median, high=high))
    return tuple(found)
