"""Was it the agent? The difference to what was, with an interval, by the strongest design that the values allow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from goldenthread.control.guard import Desk
from goldenthread.control.outcomes.joining import Joined, compared, counted
from goldenthread.control.windows import Line, Span
from goldenthread.promise.evidence import FEWEST_CASES, AsymptoticSequence, Sample

DESIGNS = {
    "paired": "the agent's value less people's on the same cases, so that nothing else differs",
    "holdout": "cases that stayed with people by chance, against all others of the same time",
    "before-after": (
        "the cases since against the cases before, in the same mix: the weaker claim, since whatever else has changed "
        "meanwhile is in it too"
    ),
}
"""What a difference rests on, the strongest first."""


@dataclass(frozen=True, kw_only=True)
class Delta:
    """
    A difference, in the unit of the line's target; a negative one is a fall.

    `low` and `high` hold at every look together with a chance of `confidence`; None where too little is known, `lacks`
    then says why. `left_out` are cases of kinds that only one side has. `share` tells that the value of a case is
    whether it reached the target, in percent of cases, as for a quantile.
    """

    slice: str
    line: Line
    design: str
    span: Span
    agent_cases: int
    other_cases: int
    agent: float
    other: float
    difference: float
    low: float | None
    high: float | None
    confidence: float
    kinds: int
    left_out: int
    share: bool
    lacks: str | None

    @property
    def claim(self) -> str:
        """What may be said of it, for a product owner."""
        unit = "percentage points" if self.share else self.line.shift.target.unit
        if self.lacks is not None or self.low is None or self.high is None:
            return f"{self.difference:+.2f} {unit}, and whether that is chance cannot be told yet: {self.lacks}"
        range_words = f"{self.difference:+.2f} {unit} ({self.low:+.2f} to {self.high:+.2f})"
        if self.low <= 0.0 <= self.high:
            return f"{range_words}: it may be nothing at all"
        return f"{range_words}: it is no chance"


def outcome_delta(desk: Desk, metric: str, *, as_of: datetime | None = None) -> Delta:
    """
    The difference that a line made, by the strongest design that its values allow.

    Paired, where the owner's table has an agent's and people's value of the same case; by holdout, where cases were
    held out; else before and after. Kinds of case are weighed as they come now: another mix makes no difference.

    Args:
        desk: Of the slice.
        metric: Of the outcome line.
        as_of: By what was known at this instant; by default now.

    Raises:
        OutcomeUnknown: No such line, no baseline, or no value since.
    """
    found = compared(desk, metric, as_of=as_of)
    contract = desk.contract()
    alpha = contract.autonomy.alpha if contract.autonomy is not None else 0.05
    pairs = _pairs(found.after)
    measure = _Measure.of(found.line)
    if len(pairs) >= 2:
        return _paired(desk.slice, found.line, found.span, measure, pairs, alpha)
    held = _held_out(desk, found.after)
    if held is not None:
        agent, other, design = *held, "holdout"
    else:
        agent, other, design = counted(found.after), counted(found.before), "before-after"
    return _two_arms(desk.slice, found.line, found.span, measure, design, agent, other, alpha)


@dataclass(frozen=True, kw_only=True)
class _Measure:
    """What one case gives: its amount, or for a quantile whether it reached the target, in percent."""

    line: Line
    share: bool

    @classmethod
    def of(cls, line: Line) -> _Measure:
        return cls(line=line, share=line.shift.statistic not in (None, "mean"))

    def value(self, one: Joined) -> float:
        amount = one.known.row.numerator / one.known.row.denominator
        if not self.share:
            return amount * (
                100.0 if self.line.shift.target.unit == "%" and one.known.row.denominator != 10**6 else 1.0
            )
        target = float(self.line.shift.target.amount)
        rises = self.line.before < self.line.shift.target.amount
        return 100.0 * (amount >= target if rises else amount <= target)


def _pairs(values: Sequence[Joined]) -> list[tuple[Joined, Joined]]:
    """Of the cases that both did: the agent's value, and people's."""
    by_case: dict[str, dict[str, Joined]] = {}
    for one in values:
        by_case.setdefault(one.known.case_ref, {})[one.known.row.arm] = one
    return [(arms["agent"], arms["people"]) for arms in by_case.values() if {"agent", "people"} <= set(arms)]


def _held_out(desk: Desk, values: Sequence[Joined]) -> tuple[tuple[Joined, ...], tuple[Joined, ...]] | None:
    """
    The cases since a holdout began, as they were drawn: all others, and those held out. None where no holdout tells.

    By the draw and not by who did the work in the end: whoever may pick cases makes any difference.
    """
    holdout = desk.standing().windows.holdout
    if holdout is None:
        return None
    told = [one for one in counted(tuple(values)) if one.known.row.of_case and one.known.row.day > holdout.at.date()]
    held = {one.known.case_ref for one in told if desk.held_out(one.known.case_ref)}
    agent = tuple(one for one in told if one.known.case_ref not in held)
    other = tuple(one for one in told if one.known.case_ref in held)
    return (agent, other) if len(agent) >= 2 and len(other) >= 2 else None


def _paired(
    slice_name: str, line: Line, span: Span, measure: _Measure, pairs: list[tuple[Joined, Joined]], alpha: float
) -> Delta:
    gaps = [measure.value(agent) - measure.value(people) for agent, people in pairs]
    sample = _sample(gaps)
    spread = _sample([measure.value(people) for _, people in pairs]).variance
    low, high = _interval(alpha, sample, None, best_at=250.0 * spread)
    return Delta(
        slice=slice_name,
        line=line,
        design="paired",
        span=span,
        agent_cases=len(pairs),
        other_cases=len(pairs),
        agent=_sample([measure.value(agent) for agent, _ in pairs]).mean,
        other=_sample([measure.value(people) for _, people in pairs]).mean,
        difference=sample.mean,
        low=low,
        high=high,
        confidence=1.0 - alpha,
        kinds=1,
        left_out=0,
        share=measure.share,
        lacks=_lacks(low, len(pairs), len(pairs)),
    )


def _two_arms(
    slice_name: str,
    line: Line,
    span: Span,
    measure: _Measure,
    design: str,
    agent: Sequence[Joined],
    other: Sequence[Joined],
    alpha: float,
) -> Delta:
    mixed = _same_mix(measure, agent, other)
    low, high = _interval(alpha, mixed.agent, mixed.other, best_at=8.0 * mixed.other.cases * mixed.other.variance)
    return Delta(
        slice=slice_name,
        line=line,
        design=design,
        span=span,
        agent_cases=mixed.agent.cases,
        other_cases=mixed.other.cases,
        agent=mixed.agent.mean,
        other=mixed.other.mean,
        difference=mixed.agent.mean - mixed.other.mean,
        low=low,
        high=high,
        confidence=1.0 - alpha,
        kinds=mixed.kinds,
        left_out=len(agent) + len(other) - mixed.agent.cases - mixed.other.cases,
        share=measure.share,
        lacks=_lacks(low, mixed.agent.cases, mixed.other.cases),
    )


@dataclass(frozen=True, kw_only=True)
class _Mixed:
    agent: Sample
    other: Sample
    kinds: int


def _same_mix(measure: _Measure, agent: Sequence[Joined], other: Sequence[Joined]) -> _Mixed:
    """
    Both arms as they would be with the agent's mix of kinds: post-stratified means, with their variance.

    A kind that fewer than two cases of either arm have is left out: nothing is known of how it varies.
    """
    arms = [_by_kind(measure, agent), _by_kind(measure, other)]
    kinds = sorted(kind for kind in arms[0] if all(len(arm.get(kind, ())) >= 2 for arm in arms))
    total = sum(len(arms[0][kind]) for kind in kinds)
    shares = {kind: len(arms[0][kind]) / total for kind in kinds}
    return _Mixed(agent=_weighed(arms[0], shares), other=_weighed(arms[1], shares), kinds=len(kinds))


def _by_kind(measure: _Measure, values: Sequence[Joined]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for one in values:
        found.setdefault(one.known.row.segment, []).append(measure.value(one))
    return found


def _weighed(arm: dict[str, list[float]], shares: dict[str, float]) -> Sample:
    """One arm as a sample whose mean has the squared standard error of the weighed mean."""
    parts = {kind: _sample(arm[kind]) for kind in shares}
    cases = sum(part.cases for part in parts.values())
    error = sum(shares[kind] ** 2 * part.variance / part.cases for kind, part in parts.items())
    mean = sum(shares[kind] * part.mean for kind, part in parts.items())
    return Sample(cases=cases, mean=mean, variance=cases * error)


def _sample(values: Sequence[float]) -> Sample:
    if not values:
        return Sample(cases=0, mean=0.0, variance=0.0)
    mean = math.fsum(values) / len(values)
    spread = math.fsum((value - mean) ** 2 for value in values) / max(1, len(values) - 1)
    return Sample(cases=len(values), mean=mean, variance=spread)


def _interval(
    alpha: float, agent: Sample, other: Sample | None, *, best_at: float
) -> tuple[float | None, float | None]:
    """By a confidence sequence: people look at a difference every week, and it must hold at every look."""
    sequence = AsymptoticSequence(alpha=alpha, best_at=best_at if best_at > 0.0 else 1.0)
    if not sequence.speaks(agent, other):
        return None, None
    found = sequence.interval(agent, other)
    return found.low, found.high


def _lacks(low: float | None, agent: int, other: int) -> str | None:
    if low is not None:
        return None
    if min(agent, other) < FEWEST_CASES:
        return f"it takes {FEWEST_CASES} cases on each side, and there are {agent:,} and {other:,}"
    return "the cases of one side are all alike"
