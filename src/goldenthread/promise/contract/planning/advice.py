"""Levels that a good agent does not reach in time, and what each change of the contract would give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from goldenthread.promise.contract.forms import Form, NotJudged, quantile_of, wants_high
from goldenthread.promise.contract.judging import ClauseTest
from goldenthread.promise.contract.model import Autonomy, Clause, Quantity
from goldenthread.promise.contract.planning.course import Course
from goldenthread.promise.contract.planning.outlook import Obstacle, Reach, Remedy
from goldenthread.promise.contract.planning.shares import bearing_share
from goldenthread.promise.contract.planning.truth import Truth, plain
from goldenthread.promise.values import LADDER, Level

YEAR = 52
_LOOSER = (Decimal("1.5"), Decimal(2), Decimal(3), Decimal(5), Decimal(10))
_MORE_SEEN = (Decimal(50), Decimal(100))
_LESS_SURE = (Decimal(90), Decimal(80))


def obstacles(course: Course, reaches: Sequence[Reach], truth: Mapping[str, Truth]) -> tuple[Obstacle, ...]:
    """The first level that is not reached in time, if any; those above it wait for it."""
    for reach in reaches:
        gate = course.gates.get(reach.level, ())
        if not gate:
            return (Obstacle(level=reach.level, words=f"the contract has no gate to {reach.level}", remedies=()),)
        missing = next((each.test.reason for each in gate if isinstance(each.test, NotJudged)), None)
        if missing is not None:
            return (Obstacle(level=reach.level, words=f"insufficient: {missing}", remedies=()),)
        if not _in_time(course, reach):
            return (_late(course, reach, truth),)
    return ()


def _in_time(course: Course, reach: Reach) -> bool:
    """Whether at least half of such agents are there within a year, or within the horizon without a volume."""
    return (reach.chance if course.cases_a_week is None else reach.within[YEAR]) >= 0.5


def _late(course: Course, reach: Reach, truth: Mapping[str, Truth]) -> Obstacle:
    below = LADDER[reach.level.rank - 1]
    slow = next((each for each in course.gates[reach.level] if str(each.clause) == reach.slowest), None)
    words = [f"what holds it up is '{reach.slowest}'"]
    if slow is not None:
        share, why = bearing_share(course.autonomy, below, slow.clause)
        words += [f"of the cases, {why}"] if share < 1.0 else []
    remedies = () if slow is None else tuple(_remedies(course, reach, slow.clause, truth))
    return Obstacle(level=reach.level, words="; ".join(words), remedies=remedies)


def _remedies(course: Course, reach: Reach, clause: Clause, truth: Mapping[str, Truth]) -> Iterator[Remedy]:
    """One change at a time, the agent being as good as before."""
    autonomy = course.autonomy
    tries: list[list[tuple[str, Autonomy]]] = [
        [
            (f"a looser bar, '{other}'", _with_clause(autonomy, reach.level, clause, other))
            for other in _looser(course, clause)
        ],
        [
            (f"{plain(share)} % of cases {what} at {level}", changed)
            for share in _MORE_SEEN
            for level, what, changed in _more_seen(autonomy, reach.level, clause, share)
        ],
        [
            (f"a confidence of {sure} %", replace(autonomy, confidence=sure))
            for sure in _LESS_SURE
            if sure < autonomy.confidence
        ],
    ]
    for each in tries:
        found = _first_in_time(course, reach, each, truth)
        if found is not None:
            yield found
    more = _more_volume(course, reach)
    if more is not None:
        yield more


def _first_in_time(
    course: Course, reach: Reach, tries: Sequence[tuple[str, Autonomy]], truth: Mapping[str, Truth]
) -> Remedy | None:
    """The mildest change by which half of the agents are there in a year; failing that, the best of them."""
    best: Remedy | None = None
    for words, autonomy in tries:
        changed = replace(course, autonomy=autonomy)
        there = next((each for each in changed.climbed(truth) if each.level is reach.level), None)
        if there is None or there.median is None or (reach.median is not None and there.median >= reach.median):
            continue
        weekly = course.cases_a_week
        remedy = Remedy(words=words, cases=there.median, weeks=None if weekly is None else there.median / weekly)
        if _in_time(changed, there):
            return remedy
        if best is None or remedy.cases < best.cases:
            best = remedy
    return best


def _looser(course: Course, clause: Clause) -> Iterator[Clause]:
    """The clause with more that may go wrong."""
    for factor in _LOOSER:
        for judged in course.judged:
            if judged.clause == clause:
                changed = _loosened(judged, factor)
                if changed is not None:
                    yield changed
                break


def _loosened(judged: ClauseTest, factor: Decimal) -> Clause | None:
    clause = judged.clause
    if judged.form is Form.DIFFERENCE and clause.margin is not None:
        return replace(clause, margin=_scaled(clause.margin, factor))
    assert clause.bound is not None
    q = quantile_of(clause)
    if judged.form is Form.QUANTILE and q is not None:
        share = 100 * q * factor if wants_high(clause) else 100 - (100 - 100 * q) * factor
        return replace(clause, statistic=f"p{plain(share)}") if 0 < share < 100 else None
    if judged.form is Form.RATE and wants_high(clause):
        left = 100 - (100 - clause.bound.amount) * factor
        return replace(clause, bound=Quantity(amount=Decimal(plain(left)), unit="%")) if left > 0 else None
    if wants_high(clause):
        return replace(clause, bound=_scaled(clause.bound, 1 / factor))
    looser = _scaled(clause.bound, factor)
    most = Decimal(100) if judged.form is Form.RATE else clause.cap.amount if clause.cap else looser.amount + 1
    return replace(clause, bound=looser) if looser.amount < most else None


def _scaled(quantity: Quantity, factor: Decimal) -> Quantity:
    return Quantity(amount=Decimal(plain(quantity.amount * factor)), unit=quantity.unit)


def _with_clause(autonomy: Autonomy, level: Level, old: Clause, new: Clause) -> Autonomy:
    gate = tuple(new if clause == old else clause for clause in autonomy.gates[level])
    return replace(autonomy, gates={**autonomy.gates, level: gate})


def _more_seen(
    autonomy: Autonomy, level: Level, clause: Clause, percent: Decimal
) -> Iterator[tuple[Level, str, Autonomy]]:
    """More cases that people decide too: blind at draft, by audit from constrained on."""
    if clause.metric != "agreement" and clause.margin is None:
        return
    for rung in LADDER[autonomy.start.rank : level.rank]:
        if rung is Level.DRAFT and autonomy.blind.get(rung, Decimal(0)) < percent:
            yield rung, "decided blind", replace(autonomy, blind={**autonomy.blind, rung: percent})
        if rung >= Level.CONSTRAINED and autonomy.audit.get(rung, Decimal(0)) < percent:
            yield rung, "audited", replace(autonomy, audit={**autonomy.audit, rung: percent})


def _more_volume(course: Course, reach: Reach) -> Remedy | None:
    """The volume at which half of the agents are there in a year."""
    weekly = course.cases_a_week
    if weekly is None or reach.median is None or reach.median <= YEAR * weekly:
        return None
    needed = -(-reach.median // YEAR)
    return Remedy(words=f"a volume of {needed:,} cases per week", cases=reach.median, weeks=reach.median / needed)
