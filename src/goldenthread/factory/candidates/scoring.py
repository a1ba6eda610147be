"""
How well a slice of work suits an agent that has to earn its way: seven scores from 0 to 1, each from one number.

A score grows in a straight line from its worst number to its best, on a scale of powers of ten where the numbers span
several. A number that nobody knows gives a range from 0 to 1. The whole is the weighted mean, so it is a range, too,
and slices are ranked by its low end: what is unknown does not lift anybody.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from goldenthread.factory.candidates.facts import LogFacts, SliceFacts
from goldenthread.factory.candidates.lengths import number_words
from goldenthread.promise.errors import ValueProblem

_NOISE = 1e-9  # of sums of floats: 0.5 on the line is on the line
LINE = 0.5
"""The low end at which a slice is worth a contract, where nobody says otherwise."""


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """
    One score.

    Attributes:
        name: Of the score.
        asks: What it asks of the work.
        number: The number behind it, or None where it is unknown.
        words: The number as one says it: '24.1 cases a week'.
        worst: The number that gives 0.
        best: The number that gives 1; below `worst` where less is better.
        weight: In the mean.
        decades: Whether the scale is one of powers of ten.
    """

    name: str
    asks: str
    number: Callable[[LogFacts], Decimal | None]
    words: Callable[[LogFacts], str]
    worst: float
    best: float
    weight: float = 1.0
    decades: bool = False

    def score(self, number: Decimal) -> float:
        """From 0 to 1."""
        at, worst, best = (self._placed(one) for one in (float(number), self.worst, self.best))
        return min(1.0, max(0.0, (at - worst) / (best - worst)))

    def _placed(self, number: float) -> float:
        return math.log10(max(number, 1e-9)) if self.decades else number


def _percent(share: Decimal | None) -> str:
    return "an unknown share" if share is None else f"{number_words(share * 100)} %"


def _late(log: LogFacts) -> str:
    return "" if log.late_share is None else f", {_percent(log.late_share)} of those end late"


def _money(log: LogFacts) -> str:
    if log.wrong_case_cost is None:
        return "unknown"
    said = f"{log.wrong_case_cost:,f} {log.currency}"
    return said if log.currency == "EUR" else f"{said}, and the scale is in EUR: state it in EUR, or set the score"


def _blast(log: LogFacts) -> Decimal | None:
    return log.wrong_case_cost if log.currency == "EUR" else None


def _rate(log: LogFacts) -> str:
    return "unknown" if log.a_week is None else f"{number_words(log.a_week)} cases a week"


CRITERIA: tuple[Criterion, ...] = (
    Criterion(
        name="volume",
        asks="Does it come often enough to prove anything?",
        number=lambda log: log.a_week,
        words=_rate,
        worst=1.0,
        best=100.0,
        decades=True,
    ),
    Criterion(
        name="done",
        asks="Is it clear when a case is done?",
        number=lambda log: log.done_share,
        words=lambda log: f"{_percent(log.done_share)} of the cases end with {log.done or 'what ends them'}",
        worst=0.5,
        best=1.0,
    ),
    Criterion(
        name="deadline",
        asks="Does anybody see when it is late?",
        number=lambda log: log.deadline_share,
        words=lambda log: f"{_percent(log.deadline_share)} of the cases have a deadline{_late(log)}",
        worst=0.0,
        best=1.0,
    ),
    Criterion(
        name="input",
        asks="Does it come in the same form each time?",
        number=lambda log: log.filled_share,
        words=lambda log: f"{_percent(log.filled_share)} of the fields are filled in every case",
        worst=0.0,
        best=0.9,
    ),
    Criterion(
        name="variants",
        asks="Are the ways through it few?",
        number=lambda log: log.five_variants_share,
        words=lambda log: f"the five most common ways make up {_percent(log.five_variants_share)}",
        worst=0.1,
        best=0.8,
    ),
    Criterion(
        name="reversible",
        asks="Can it be taken back?",
        number=lambda log: log.reversible_share,
        words=lambda log: f"{_percent(log.reversible_share)} of the cases can be taken back",
        worst=0.0,
        best=1.0,
    ),
    Criterion(
        name="blast",
        asks="What does one wrong case cost?",
        number=_blast,
        words=lambda log: f"what a wrong case costs: {_money(log)}",
        worst=10_000.0,
        best=10.0,
        decades=True,
    ),
)
"""The criteria with their numbers; change one with `dataclasses.replace` and pass your own."""


@dataclass(frozen=True, kw_only=True)
class Adjustment:
    """A score that a person sets instead, in [0, 1], with their reason."""

    score: float
    because: str


@dataclass(frozen=True, kw_only=True)
class Score:
    """One score of one slice: a range where its number is unknown, with the number in words."""

    criterion: Criterion
    low: float
    high: float
    words: str
    adjusted: str = ""

    @property
    def known(self) -> bool:
        """Whether its number is known, or a person set it."""
        return self.low == self.high


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """
    A slice with its scores.

    Attributes:
        facts: That they rest on.
        scores: One a criterion, in their order.
        low: Weighted mean with every unknown score at 0.
        high: The same at 1.
        place: From 1, once ranked.
        above: Whether the low end reaches the line.
        why: If it is below the line: what holds it there, worst first, and what would lift it.
    """

    facts: SliceFacts
    scores: tuple[Score, ...]
    low: float
    high: float
    place: int = 0
    above: bool = False
    why: tuple[str, ...] = field(default=())


def score_candidate(
    facts: SliceFacts,
    criteria: Sequence[Criterion] = CRITERIA,
    adjusted: Mapping[str, Adjustment] | None = None,
) -> Candidate:
    """
    The scores of one slice.

    Args:
        facts: Of the slice.
        criteria: With their weights; at least one weighs something.
        adjusted: Scores that a person sets, by criterion.

    Raises:
        ValueProblem: An adjustment of a score that there is not, outside [0, 1] or without a reason; no weight at all.
    """
    _require_adjustable(criteria, adjusted or {})
    scores = tuple(_score(facts.log, one, (adjusted or {}).get(one.name)) for one in criteria)
    whole = sum(one.weight for one in criteria)
    low = sum(one.criterion.weight * one.low for one in scores) / whole
    high = sum(one.criterion.weight * one.high for one in scores) / whole
    return Candidate(facts=facts, scores=scores, low=low, high=high)


def rank_candidates(found: Iterable[Candidate], *, line: float = LINE) -> tuple[Candidate, ...]:
    """Slices by the low end of their score, then its high end, then their name; those below the line say why."""
    ordered = sorted(found, key=lambda one: (-one.low, -one.high, one.facts.slice))
    return tuple(
        replace(one, place=place, above=above, why=() if above else tuple(_why(one, line)))
        for place, one in enumerate(ordered, start=1)
        for above in [one.low + _NOISE >= line]
    )


def in_hundredths(score: float) -> str:
    """`0.49`, rounded down, so that what is below the line reads so."""
    return f"{math.floor(score * 100 + _NOISE) / 100:.2f}"


def reach_words(one: Candidate) -> str:
    """`0.49 to 0.78`, or one number."""
    low, high = in_hundredths(one.low), in_hundredths(one.high)
    return low if low == high else f"{low} to {high}"


def _require_adjustable(criteria: Sequence[Criterion], adjusted: Mapping[str, Adjustment]) -> None:
    names = [one.name for one in criteria]
    if not criteria or sum(one.weight for one in criteria) <= 0 or any(one.weight < 0 for one in criteria):
        raise ValueProblem(
            "The weights of the scores come to nothing, or one lies below 0. Give at least one a weight."
        )
    flat = next((one.name for one in criteria if one.worst == one.best), None)
    if flat is not None:
        raise ValueProblem(
            f"The scale of '{flat}' ends where it begins, so no number lies on it. Move one of its ends."
        )
    for name, one in adjusted.items():
        if name not in names:
            raise ValueProblem(f"There is no score '{name}' to adjust; there are {', '.join(names)}.")
        if not 0 <= one.score <= 1 or not one.because.strip():
            raise ValueProblem(
                f"'{name}' cannot be set to {one.score:g} because of '{one.because}'; "
                "write a number from 0 to 1, and the reason."
            )


def _score(log: LogFacts, criterion: Criterion, adjusted: Adjustment | None) -> Score:
    if adjusted is not None:
        return Score(
            criterion=criterion,
            low=adjusted.score,
            high=adjusted.score,
            words=criterion.words(log),
            adjusted=adjusted.because,
        )
    number = criterion.number(log)
    low, high = (0.0, 1.0) if number is None else (criterion.score(number),) * 2
    return Score(criterion=criterion, low=low, high=high, words=criterion.words(log))


def _why(found: Candidate, line: float) -> Iterator[str]:
    whole = sum(one.criterion.weight for one in found.scores)
    if found.high + _NOISE < line:
        yield f"even with everything unknown at its best it comes to {in_hundredths(found.high)}, below {line:.2f}"
    lost = sorted(found.scores, key=lambda one: -(1 - one.low) * one.criterion.weight)
    for one in lost:
        missing = (1 - one.low) * one.criterion.weight / whole
        if missing < 0.02:
            continue
        at_best = found.low + missing
        lifts = at_best + _NOISE >= line
        lifted = f"; at its best it alone would lift the slice to {in_hundredths(at_best)}" if lifts else ""
        state = "is unknown" if not one.known else f"gives {one.low:.2f}"
        number = f": {one.words}" if one.known else ""
        yield f"{one.criterion.name} {state}{number}{lifted}"
