"""Whatever is handed to this room, it answers with one of its own errors, and never with a promotion."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from goldenthread.promise import evidence
from goldenthread.promise.errors import EvidenceError, ImpossibleAudit, ImpossibleCounts
from goldenthread.promise.evidence import (
    ArmCase,
    AuditedCase,
    AuditTest,
    DaysState,
    DifferenceTest,
    Explanation,
    FutureDaysTest,
    LapseTest,
    MeanGates,
    MeanState,
    MeanTest,
    Piece,
    RateGates,
    RateMeter,
    RateState,
    RateTest,
    RollbackDetector,
    RollbackGates,
    RunningCentre,
    SplitState,
    SplitTest,
    UnpairedTest,
    bets_for,
    calibrated_for,
    detector_pair,
    difference_bound,
    e_bh,
    expected_cases,
    expected_cases_of_mean,
    explain_mean,
    forecast,
    harm_test,
    judge_audits_in_order,
    judge_in_order,
    judge_mean_in_order,
    mean_bound,
    quantile_bound,
    quantile_test,
    settle,
    shares_chart,
    unpaired_difference,
    values_chart,
    worst,
)
from goldenthread.promise.evidence.asymptotic import AsymptoticSequence, Sample, SequenceState, clock
from goldenthread.promise.evidence.normal import NormalMixture
from goldenthread.promise.evidence.odds import future_days_odds, rate_odds, two_valued_odds
from goldenthread.promise.evidence.validation import MOST_CASES, shown

NAN, INF, HUGE, ENDLESS = math.nan, math.inf, 10**400, 10**6000  # the last has more digits than Python writes
LESS = -INF
NO_NUMBERS: tuple[Any, ...] = (NAN, INF, LESS, HUGE, -HUGE, ENDLESS, True, None, "0.5", [0.5], {}, 1j)
NO_SHARES: tuple[Any, ...] = (*NO_NUMBERS, -0.0, 0, 1, -0.1, 1.1, 5e-324)
NO_COUNTS: tuple[Any, ...] = (*NO_NUMBERS, -1, 1.5, 1.0, -0.0, 2**70, MOST_CASES + 1)
NO_LABELS: tuple[Any, ...] = (NAN, INF, HUGE, None, "yes", "", [], 2, -1, 1.5, -0.0, 1, 0, np.True_)
NO_WHOLE: tuple[Any, ...] = (*NO_NUMBERS, 1.5, 1.0, -0.0, 10**25)
NO_VALUES: tuple[Any, ...] = (*NO_NUMBERS, -1.0, 5.1, 1e308)

RATE = RateTest(bar=0.9, alpha=0.05)
MEAN = MeanTest(bar=0.4, cap=5.0, alpha=0.05)
PAIRED = DifferenceTest(margin=0.1, scale=5.0, alpha=0.05)
UNPAIRED = UnpairedTest(margin=0.1, scale=1.0, alpha=0.05)
AUDITS = AuditTest(limit=0.05, alpha=0.05)
DAYS = FutureDaysTest(test=RATE)
SPLIT = SplitTest(shares=(0.5, 0.5), alpha=0.05)
DETECTOR = RollbackDetector(limit=0.03, false_alarm=1000.0)
PAIR = detector_pair(limit=0.03, false_alarm=1000.0, baseline=0.01)
MIXTURE = NormalMixture(best_at=100.0)
SEQUENCE = AsymptoticSequence(alpha=0.05, best_at=100.0)
SAMPLE = Sample(cases=500, mean=0.1, variance=1.0)


def _array(rows: Any) -> Any:
    """Rows as they are: the room itself makes arrays of them."""
    return rows


def _without(one: Any, values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(value for value in values if value is not one)


def _audited(**wrong: Any) -> Callable[[], object]:
    case: dict[str, Any] = {"audited": True, "failed": False, "propensity": 0.5, **wrong}
    return lambda: judge_audits_in_order(AUDITS, [AuditedCase(**case)] * 300)


def _arm(**wrong: Any) -> Callable[[], object]:
    case: dict[str, Any] = {"value": 1.0, "by_agent": True, "propensity": 0.5, "centre": 0.5, **wrong}
    return lambda: UNPAIRED.judge([ArmCase(**case)] * 300)


Wrong = tuple[str, tuple[Any, ...], Callable[[Any], object]]

TAKES: list[Wrong] = [
    # What takes a share.
    ("RateTest.bar", NO_SHARES, lambda x: RateTest(bar=x, alpha=0.05)),
    ("RateTest.alpha", NO_SHARES, lambda x: RateTest(bar=0.9, alpha=x)),
    ("LapseTest.tolerated", NO_SHARES, lambda x: LapseTest(tolerated=x, alpha=0.05)),
    ("LapseTest.alpha", NO_SHARES, lambda x: LapseTest(tolerated=0.2, alpha=x)),
    ("harm_test", NO_SHARES, lambda x: harm_test(x, 0.05)),
    ("quantile_test", NO_SHARES, lambda x: quantile_test(x, 0.05)),
    ("MeanTest.alpha", NO_SHARES, lambda x: MeanTest(bar=0.4, cap=5.0, alpha=x)),
    ("DifferenceTest.alpha", NO_SHARES, lambda x: DifferenceTest(margin=0.1, scale=1.0, alpha=x)),
    ("AuditTest.limit", NO_SHARES, lambda x: AuditTest(limit=x, alpha=0.05)),
    ("AuditTest.grid", NO_SHARES, lambda x: AuditTest(limit=0.05, alpha=0.05, grid=(0.5, x))),
    ("AuditTest.floor", (*NO_NUMBERS, -0.0, 0.05, 1.5), lambda x: AuditTest(limit=0.05, alpha=0.05, floor=x)),
    (
        "UnpairedTest.least_propensity",
        (*NO_SHARES, 0.6),
        lambda x: UnpairedTest(margin=0.1, scale=1.0, alpha=0.05, least_propensity=x),
    ),
    ("SplitTest.shares", NO_SHARES, lambda x: SplitTest(shares=(0.5, x), alpha=0.05)),
    ("SplitTest.shares as a whole", (None, (), 0.5, "ab", {}), lambda x: SplitTest(shares=x, alpha=0.05)),
    ("bets_for", NO_SHARES, bets_for),
    ("RollbackDetector.limit", NO_SHARES, lambda x: RollbackDetector(limit=x, false_alarm=1000.0)),
    ("RollbackDetector.bets", NO_SHARES, lambda x: RollbackDetector(limit=0.03, false_alarm=1000.0, bets=(0.1, x))),
    ("detector_pair.baseline", _without(None, NO_SHARES), lambda x: _pair(baseline=x)),
    ("e_bh.alpha", NO_SHARES, lambda x: e_bh({"a": 1.0}, x)),
    ("worst.alpha", NO_SHARES, lambda x: worst({"a": 1.0}, x)),
    ("NormalMixture.best_alpha", NO_SHARES, lambda x: NormalMixture(best_at=1.0, best_alpha=x)),
    ("NormalMixture.boundary.alpha", NO_SHARES, lambda x: MIXTURE.boundary(1.0, x)),
    ("AsymptoticSequence.alpha", NO_SHARES, lambda x: AsymptoticSequence(alpha=x, best_at=1.0)),
    ("ArmCase.propensity", NO_SHARES, lambda x: _arm(propensity=x)()),
    # What takes a chance.
    ("AuditedCase.propensity", (*NO_NUMBERS, -0.0, 0.05, 1.1), lambda x: _audited(propensity=x)()),
    ("AuditedCase.expected", (*NO_NUMBERS, -0.1, 1.1), lambda x: _audited(expected=x)()),
    ("expected_cases.rate", (*NO_NUMBERS, -0.1, 1.1), lambda x: expected_cases(RATE, x, 100)),
    ("rate_odds.rate", (NAN, INF, HUGE, ENDLESS, None, "0.5", -0.1, 1.1), lambda x: rate_odds(RATE, x, 100)),
    ("future_days_odds.rate", (NAN, INF, HUGE, None, "0.5", -0.1), lambda x: future_days_odds(DAYS, x, 10, 0.01, 400)),
    ("future_days_odds.likeness", (NAN, HUGE, None, "", -0.1), lambda x: future_days_odds(DAYS, 0.95, 10, x, 400)),
    ("two_valued_odds.chance", (NAN, HUGE, None, "", 1.1), lambda x: two_valued_odds(MEAN, 0.4, -1.0, x, 100)),
    # What takes groups.
    ("shares_chart", (None, (), "ab", [(1, 2)], [(1, 2), 3]), shares_chart),
    ("shares_chart.hits", (*NO_COUNTS, 3), lambda x: shares_chart([(1, 2), (x, 2)])),
    ("shares_chart.cases", (*NO_COUNTS, 0), lambda x: shares_chart([(1, 2), (0, x)])),
    ("shares_chart.baseline", (*NO_COUNTS, 0, 1), lambda x: shares_chart([(1, 2), (0, 2)], x)),
    ("values_chart", (None, (), "ab", [1.0]), values_chart),
    ("values_chart.values", (*NO_NUMBERS, -0.1), lambda x: values_chart([1.0, x])),
    ("values_chart.baseline", (*NO_COUNTS, 0, 1), lambda x: values_chart([1.0, 2.0], x)),
    # What takes an amount.
    ("MeanTest.bar", (*NO_NUMBERS, -0.0, 5.0, 5e-324), lambda x: MeanTest(bar=x, cap=5.0, alpha=0.05, at_most=False)),
    ("MeanTest.cap", (*NO_NUMBERS, 0.4, -1.0), lambda x: MeanTest(bar=0.4, cap=x, alpha=0.05)),
    ("MeanTest of almost nothing", (1e-20, 1e-300), lambda x: MeanTest(bar=x, cap=5.0, alpha=0.05)),
    ("DifferenceTest.margin", (*NO_NUMBERS, -0.1, 1.0), lambda x: DifferenceTest(margin=x, scale=1.0, alpha=0.05)),
    ("DifferenceTest.scale", (*NO_NUMBERS, 0.1, 1.7e308), lambda x: DifferenceTest(margin=0.1, scale=x, alpha=0.05)),
    ("UnpairedTest.scale", (*NO_NUMBERS, 0.1, 1.7e308), lambda x: UnpairedTest(margin=0.1, scale=x, alpha=0.05)),
    ("RollbackDetector.false_alarm", (*NO_NUMBERS, 1.0, -5.0), lambda x: RollbackDetector(limit=0.03, false_alarm=x)),
    ("detector_pair.false_alarm", (*NO_NUMBERS, 1.0), lambda x: detector_pair(limit=0.03, false_alarm=x)),
    ("RollbackDetector.bets as a whole", (None, 0.5, "ab"), lambda x: _detector(bets=x)),
    ("NormalMixture.best_at", (*NO_NUMBERS, 0.0, -1.0, 5e-324, 1e308), lambda x: NormalMixture(best_at=x)),
    ("NormalMixture.log_e.total", (*NO_NUMBERS, 1e308), lambda x: MIXTURE.log_e(x, 1.0)),
    ("NormalMixture.log_e.variance", (*NO_NUMBERS, -1.0, 1e308), lambda x: MIXTURE.log_e(1.0, x)),
    ("NormalMixture.boundary.variance", (*NO_NUMBERS, -1.0, 1e308), lambda x: MIXTURE.boundary(x, 0.05)),
    ("Sample.mean", (*NO_NUMBERS, 1e308), lambda x: Sample(cases=10, mean=x, variance=1.0)),
    ("Sample.variance", (*NO_NUMBERS, -1.0, 1e308), lambda x: clock(Sample(cases=10, mean=0.0, variance=x))),
    ("AsymptoticSequence.bar", (*NO_NUMBERS, 1e308), lambda x: AsymptoticSequence(alpha=0.05, best_at=1.0, bar=x)),
    ("AsymptoticSequence.best_at", (*NO_NUMBERS, 0.0), lambda x: AsymptoticSequence(alpha=0.05, best_at=x)),
    ("e_bh", _without(LESS, NO_NUMBERS), lambda x: e_bh({"a": x}, 0.05)),
    ("worst", (NAN, INF, HUGE, True, "1"), lambda x: worst({"a": x}, 0.05)),
    ("two_valued_odds.gain", (NAN, INF, HUGE, None, "", -2.0), lambda x: two_valued_odds(MEAN, x, -1.0, 0.1, 100)),
    ("two_valued_odds.loss", (NAN, INF, -HUGE, None, "", -9.0), lambda x: two_valued_odds(MEAN, 0.4, x, 0.1, 100)),
    # What takes a case's value.
    ("MeanTest.update", NO_VALUES, lambda x: MEAN.update(MEAN.start, x)),
    ("MeanTest.cases_at", NO_VALUES, MEAN.cases_at),
    ("judge_mean_in_order", _without(None, NO_VALUES), lambda x: judge_mean_in_order(MEAN, [x])),
    ("mean_bound", NO_VALUES, lambda x: mean_bound(MEAN, [x])),
    ("expected_cases_of_mean", NO_VALUES, lambda x: expected_cases_of_mean(MEAN, x, 100)),
    ("DifferenceTest.update", (*NO_NUMBERS, -5.1, 5.1), lambda x: PAIRED.update(PAIRED.start, x)),
    ("difference_bound", (*NO_NUMBERS, -5.1, 5.1), lambda x: difference_bound(PAIRED, [x])),
    ("UnpairedTest.update", (*NO_NUMBERS, -2.1, 2.1), lambda x: UNPAIRED.update(UNPAIRED.start, x)),
    ("ArmCase.value", (NAN, INF, HUGE, True, "1", -0.1, 1.1), lambda x: _arm(value=x)()),
    ("ArmCase.centre", (*NO_NUMBERS, -0.1, 1.1), lambda x: _arm(centre=x)()),
    ("unpaired_difference.scale", (*NO_NUMBERS, 0.0, -1.0), lambda x: _difference(scale=x)),
    ("RunningCentre.scale", (*NO_NUMBERS, 0.0, -1.0), lambda x: RunningCentre(scale=x)),
    ("RunningCentre.after", (*NO_NUMBERS, -0.1, 1.1), lambda x: RunningCentre(scale=1.0).after(x)),
    ("AuditTest.update", (*NO_NUMBERS, -9.1, 10.1), lambda x: AUDITS.update(AUDITS.start, x)),
    ("quantile_bound", (*NO_NUMBERS,), lambda x: quantile_bound(quantile_test(0.9, 0.05), [0.1] * 60 + [x])),
    # What takes a label.
    ("LapseTest.log_e", NO_LABELS, lambda x: LapseTest(tolerated=0.2, alpha=0.05).log_e([True, x])),
    ("settle", NO_LABELS, lambda x: settle(RATE, RateState(), x)),
    ("RateMeter.add", NO_LABELS, lambda x: RateMeter(RATE).add(x)),
    ("RateMeter.add_all", NO_LABELS, lambda x: RateMeter(RATE).add_all([True, x])),
    ("judge_in_order", _without(None, NO_LABELS), lambda x: judge_in_order(RATE, [True] * 99 + [x])),
    ("FutureDaysTest.update", NO_LABELS, lambda x: DAYS.update(DAYS.start, x, 1)),
    ("RollbackDetector.update", NO_LABELS, lambda x: DETECTOR.update(DETECTOR.start, x)),
    ("DetectorPair.update", NO_LABELS, lambda x: PAIR.update(PAIR.start, x)),
    ("ArmCase.by_agent", NO_LABELS, lambda x: _arm(by_agent=x)()),
    ("AuditedCase.audited", NO_LABELS, lambda x: _audited(audited=x)()),
    ("AuditedCase.failed", (-1, 2, NAN, INF, HUGE, "yes", [], 0.5), lambda x: _audited(failed=x)()),
    # What takes a count.
    ("RateTest.log_e", NO_COUNTS, lambda x: (RATE.log_e(0, x), RATE.log_e(x, 0))),
    ("RateTest.promotes", NO_COUNTS, lambda x: RATE.promotes(x, 0)),
    ("RateTest.promotes, failures", NO_COUNTS, lambda x: RATE.promotes(1000, x)),
    ("RateTest.lower_bound", NO_COUNTS, lambda x: RATE.lower_bound(x, 0)),
    ("RateTest.meter", NO_COUNTS, lambda x: RATE.meter(x, 0)),
    ("RateTest.boundary", NO_COUNTS, RATE.boundary),
    ("forecast.successes", NO_COUNTS, lambda x: forecast(RATE, x, 0, horizon=100)),
    ("forecast.horizon", (*NO_COUNTS, 0, 2**22), lambda x: forecast(RATE, 1, 0, horizon=x)),
    ("expected_cases.horizon", (*NO_COUNTS, 0, 2**22), lambda x: expected_cases(RATE, 0.95, x)),
    ("expected_cases_of_mean.horizon", (*NO_COUNTS, 0), lambda x: expected_cases_of_mean(MEAN, 0.2, x)),
    ("rate_odds.horizon", (NAN, HUGE, None, "9", -1, 0), lambda x: rate_odds(RATE, 0.95, x)),
    ("future_days_odds.cases", (NAN, HUGE, None, "9", -1, 0), lambda x: future_days_odds(DAYS, 0.95, x, 0.01, 400)),
    ("two_ended_boundary", (*NO_COUNTS, 2**22), MEAN.two_ended_boundary),
    ("mean_bound.pending", (*NO_COUNTS, 2**40), lambda x: mean_bound(MEAN, [0.1], x)),
    ("quantile_bound.pending", NO_COUNTS, lambda x: quantile_bound(quantile_test(0.9, 0.05), [0.1], x)),
    ("FutureDaysTest.least_days", (*NO_COUNTS, 0, 1), lambda x: FutureDaysTest(test=RATE, least_days=x)),
    ("FutureDaysTest.update.day", NO_COUNTS, lambda x: DAYS.update(DAYS.start, True, x)),
    ("FutureDaysTest.add", NO_COUNTS, lambda x: DAYS.add(DAYS.start, x, 0, 1)),
    ("SplitTest.update", (*NO_COUNTS, 2), lambda x: SPLIT.update(SPLIT.start, x)),
    ("Sample.cases", NO_COUNTS, lambda x: Sample(cases=x, mean=0.0, variance=1.0)),
    ("AsymptoticSequence.fewest", (*NO_COUNTS, 1), lambda x: AsymptoticSequence(alpha=0.05, best_at=1.0, fewest=x)),
    # Records that somebody made by hand.
    ("RateState", NO_COUNTS, lambda x: RateState(successes=x)),
    ("RateState.passed_at", _without(None, NO_COUNTS), lambda x: RateState(successes=9, passed_at=x)),
    ("MeanState.cases", NO_COUNTS, lambda x: MeanState(cases=x)),
    ("MeanState.total", NO_NUMBERS, lambda x: MeanState(cases=5, total=x)),
    ("MeanState.log_capitals", NO_NUMBERS, lambda x: MeanState(cases=5, log_capitals=(0.0,) * 11 + (x,))),
    ("DaysState.cases", NO_COUNTS, lambda x: DaysState(cases=x)),
    ("DaysState.day_spread", (*NO_NUMBERS, -1.0), lambda x: DaysState(day_spread=x)),
    ("SplitState", NO_COUNTS, lambda x: SplitState(counts=(x, 0))),
    ("SequenceState", _without(None, NO_COUNTS), lambda x: SequenceState(agent=SAMPLE, above_at=x)),
    ("RunningCentre.cases", NO_COUNTS, lambda x: RunningCentre(scale=1.0, cases=x)),
    ("RunningCentre.total", (*NO_NUMBERS, -0.1, 5.1), lambda x: RunningCentre(scale=1.0, cases=5, total=x)),
    # Why a mean moved.
    ("Piece.amount", NO_WHOLE, lambda x: _explained(amount=x)),
    ("Piece.weight", (*NO_WHOLE, -1), lambda x: _explained(weight=x)),
    ("Piece.units", (*_without(None, NO_WHOLE), -1), lambda x: _explained(units=x)),
    ("Explanation.in_places", (*NO_WHOLE, -1, 7), lambda x: _explained().in_places(x)),
    # Many gates at once.
    ("RateGates.observe", NO_LABELS[:-1], lambda x: RateGates([RATE]).observe(_array([0]), _array([x]))),
    (
        "RateGates.observe, place",
        (NAN, HUGE, -1, 1, "0", None),
        lambda x: RateGates([RATE]).observe(_array([x]), _array([True])),
    ),
    ("RateGates.observe, rows", ([[0], [0, 0]], None, 0), lambda x: RateGates([RATE]).observe(x, np.array([True]))),
    (
        "RateGates.add",
        (NAN, 1.5, -1, 2**63, 2**64 - 1, HUGE, None),
        lambda x: RateGates([RATE]).add(_array([x]), _array([0])),
    ),
    ("MeanGates.observe", NO_VALUES, lambda x: MeanGates([MEAN]).observe(_array([0]), _array([x]))),
    ("RollbackGates.observe", NO_LABELS[:-1], lambda x: RollbackGates([DETECTOR]).observe(_array([0]), _array([x]))),
]


def _pair(**wrong: Any) -> object:
    return detector_pair(**{"limit": 0.03, "false_alarm": 1000.0, **wrong})


def _detector(**wrong: Any) -> object:
    return RollbackDetector(**{"limit": 0.03, "false_alarm": 1000.0, **wrong})


def _explained(**wrong: Any) -> Explanation:
    piece: dict[str, Any] = {"kind": "all", "automated": True, "reworked": False, "amount": 5, "weight": 1, **wrong}
    return explain_mean([Piece(**piece)], [Piece(**piece)])


def _difference(**wrong: Any) -> object:
    return unpaired_difference(ArmCase(value=None, by_agent=True, propensity=0.5, centre=0.0), **wrong)


def _answer(attempt: Callable[[], object]) -> str:
    """The error's name where it is one of this room's, what else happened otherwise."""
    try:
        found = attempt()
    except EvidenceError as error:
        return "" if str(error).startswith(f"{error.code}: ") else f"no words: {error}"
    except Exception as error:  # noqa: BLE001 - which one, is what the test tells
        return f"unnamed {type(error).__name__}: {str(error)[:80]}"
    return f"accepted: {str(found)[:80]}"


@pytest.mark.parametrize(("values", "take"), [row[1:] for row in TAKES], ids=[row[0] for row in TAKES])
def test_what_cannot_be_gets_a_named_error(values: Sequence[Any], take: Callable[[Any], object]) -> None:
    """A promotion out of a NaN, or an error that nobody can look up, is how a gate is argued with."""
    answers = {shown(x): _answer(partial(take, x)) for x in values}
    assert {value: answer for value, answer in answers.items() if answer} == {}


WITHOUT_NUMBERS = {
    "BoundaryStore",  # what it keeps is proved before use: test_cache.py
    "ControlChart",  # what the room itself hands out
    "DaysEvidence",
    "Expected",
    "ExpectedOfMean",
    "Forecast",
    "Limit",
    "MeanEvidence",
    "RateEvidence",
    "Worst",
    "Prior",
    "forecast_words",
    "keep_boundaries_in",
}


def test_every_public_name_is_tried() -> None:
    """A new door to this room must be tried with the same."""
    source = Path(__file__).read_text(encoding="utf-8")
    tried = set(re.findall(r"\b\w+\b", source.split("\nTAKES", 1)[1]))
    missing = {name for name in evidence.__all__ if callable(getattr(evidence, name))} - tried - WITHOUT_NUMBERS
    assert missing == set()


# --- states ------------------------------------------------------------------------------------------

Take = Callable[[Any], object]


def _rate_after(numbers: Any) -> bool:
    return RateMeter(RATE, RateState.from_json(numbers)).add(False)


def _mean_after(numbers: Any) -> bool:
    state = MEAN.update(MeanState.from_json(numbers), 5.0)
    return state.passed_at is not None or MEAN.promotes(state)


def _days_after(numbers: Any) -> bool:
    return DAYS.passed(DAYS.update(DaysState.from_json(numbers), False, 10**6))


def _split_after(numbers: Any) -> bool:
    SPLIT.update(SplitState.from_json(numbers), 0)
    return False  # it can only stop a comparison


def _centre_after(numbers: Any) -> bool:
    return not 0.0 <= RunningCentre.from_json(numbers, scale=1.0).centre <= 1.0


def _sequence_after(numbers: Any) -> bool:
    state = SEQUENCE.update(SequenceState.from_json(numbers), Sample(cases=MOST_CASES, mean=0.0, variance=1.0))
    return state.above_at is not None


def _detector_after(numbers: Any) -> bool:
    return math.isnan(PAIR.statistic(PAIR.update(PAIR.resume(numbers), True)))


def _capitals(cases: int, value: float) -> list[float | int | None]:
    return MEAN.update_all(MEAN.start, [value] * cases).to_json()


GOOD_DAYS = [7, 3, 1, 2, 20, 4, 200, 0.8, None]
STATES: list[tuple[str, list[Any], Take]] = [
    ("rate", [20, 5, None], _rate_after),
    ("mean", _capitals(20, 0.5), _mean_after),
    ("days", GOOD_DAYS, _days_after),
    ("split", [None, 10, 12], _split_after),
    ("centre", [4, 2.0], _centre_after),
    ("sequence", [None, None, 500, 0.01, 1.0], _sequence_after),
    ("detector", list(PAIR.update(PAIR.start, True)), _detector_after),
]


@pytest.mark.parametrize(("numbers", "take"), [row[1:] for row in STATES], ids=[row[0] for row in STATES])
def test_a_damaged_state_never_promotes(numbers: list[Any], take: Take) -> None:
    """Whoever can write the database must not be able to write a promotion, nor to crash the gate that looks."""
    assert take(numbers) is False
    damaged: list[Any] = [
        None,
        5,
        NAN,
        "abc",
        b"abc",
        {},
        {"a": 1},
        [],
        [None],
        numbers[:-1],
        [*numbers, 0],
        [*numbers, None],
    ]
    for place in range(len(numbers)):
        damaged += [[*numbers[:place], wrong, *numbers[place + 1 :]] for wrong in (*NO_NUMBERS, -1, -7.5, 2**70, 1e300)]
    answers = [(shown(one), _answer(partial(take, one))) for one in damaged]
    assert [answer for answer in answers if answer[1] not in {"", "accepted: False"}] == []


IMPOSSIBLE: list[tuple[str, list[Any], Take]] = [
    ("a pass at the first case", [20, 0, 1], _rate_after),
    ("a pass with all the failures before it", [0, 50, 50], _rate_after),
    ("a pass that so many failures allow never", [20, 50, 45], _rate_after),
    ("capital that no case gave", [0, None, 0.0, *[3.0] * 12], _mean_after),
    ("capital that two cases cannot give", [2, None, 0.1, *[3.0] * 12], _mean_after),
    ("a total above all caps", [2, None, 11.0, *[0.0] * 12], _mean_after),
    ("days without cases", [7, 0, 0, 3, 0, 0, 0, 0.0, None], _days_after),
    ("more failures than cases", [7, 0, 0, 2, 20, 21, 200, 5.0, None], _days_after),
    ("more failures than cases today", [7, 3, 4, 2, 20, 4, 200, 0.8, None], _days_after),
    ("squares too small", [7, 3, 1, 2, 20, 4, 100, 0.8, None], _days_after),
    ("squares too large", [7, 3, 1, 2, 20, 4, 400, 0.8, None], _days_after),
    ("days more alike than can be", [7, 3, 1, 2, 20, 4, 200, 0.0, None], _days_after),
    ("days less alike than can be", [7, 3, 1, 2, 20, 4, 200, 4.1, None], _days_after),
    ("no day, and cases", [None, 3, 1, 0, 0, 0, 0, 0.0, None], _days_after),
    ("a pass before twenty days", [7, 3, 1, 2, 20, 4, 200, 0.8, 20], _days_after),
    ("a pass beyond all cases", [7, 3, 1, 2, 20, 4, 200, 0.8, 21], _days_after),
    ("a mismatch after all cases", [30, 10, 12], _split_after),
    ("a sum of more than there is", [4, 4.1], _centre_after),
    ("half a case", [4.5, 2.0], _centre_after),
    ("a finding before anything was said", [3, None, 500, 0.01, 1.0], _sequence_after),
]


@pytest.mark.parametrize(("numbers", "take"), [row[1:] for row in IMPOSSIBLE], ids=[row[0] for row in IMPOSSIBLE])
def test_a_state_that_no_cases_lead_to_is_refused(numbers: list[Any], take: Take) -> None:
    """Numbers that look like a state and prove more than any cases could are tampered with."""
    assert _answer(partial(take, numbers)) == ""


def test_states_that_cases_lead_to_are_taken() -> None:
    """What refuses the tampered must not refuse the honest."""
    rng = np.random.default_rng(4)
    days, rate, mean = DAYS.start, RateMeter(RATE), MEAN.start
    for case in range(3_000):
        success = bool(rng.random() < 0.97)
        days = DAYS.update(days, success, case // 50)
        days = DaysState.from_json(days.to_json())
        rate.add(success)
        rate = RateMeter(RATE, RateState.from_json(rate.to_state().to_json()))
        mean = MeanState.from_json(MEAN.update(mean, 5.0 * float(rng.random() < 0.01)).to_json())
    assert DAYS.passed(days)
    assert rate.passed_at is not None
    assert mean.passed_at is not None
    best = MEAN.update_all(MEAN.start, [0.0] * 5_000)
    assert MEAN.promotes(MeanState.from_json(best.to_json()))


ARRAYS: list[tuple[str, Callable[[Any], object], np.ndarray[Any, Any]]] = [
    ("rates", lambda after: RateGates([RATE], after=after), RateGates([RATE]).to_array()),
    ("means", lambda after: MeanGates([MEAN], after=after), MeanGates([MEAN]).to_array()),
    ("detectors", lambda after: RollbackGates([DETECTOR], after=after), RollbackGates([DETECTOR]).to_array()),
]


@pytest.mark.parametrize(("make", "array"), [row[1:] for row in ARRAYS], ids=[row[0] for row in ARRAYS])
def test_damaged_arrays_are_refused(make: Callable[[Any], Any], array: np.ndarray[Any, Any]) -> None:
    """A cast that wraps around turns a large number into a pass."""
    with np.errstate(all="raise"):
        for row in range(len(array)):
            for wrong in (NAN, INF, -INF, 1e308, -1e308, 2.0**63, 2.0**62, -7.0):
                damaged = array.astype(np.float64)
                damaged[row] = wrong
                found = _answer(partial(make, damaged))
                alarm = "RollbackGates" in found and row >= 2 and 0.0 < wrong < 1e300  # which only stops an agent
                assert found == "" or alarm, (row, wrong)
        for whole in (None, [[0], [1, 2]], array[:-1], array.astype(str), array.astype(bool), np.full((3, 1), 2**63)):
            assert whole is None or _answer(partial(make, whole)) == ""


def test_tampered_arrays_do_not_pass() -> None:
    """The same for many gates at once: no look can have promoted there, no cases have won so much."""
    rates = RateGates([RATE]).to_array()
    rates[:, 0] = (0, 50, 50)
    means = MeanGates([MEAN]).to_array()
    means[3:] = 3.0
    counts = RateGates([RATE]).to_array()
    counts[:2] = MOST_CASES + 1
    for attempt in (
        partial(RateGates, [RATE], after=rates),
        partial(RateGates, [RATE], after=counts),
        partial(MeanGates, [MEAN], after=means),
    ):
        with pytest.raises(ImpossibleCounts):
            attempt()


def test_counts_do_not_run_over() -> None:
    """Nine quintillion successes and one more would be a negative number of them."""
    gates = RateGates([RATE])
    gates.add(np.array([MOST_CASES]), np.array([0]))
    with pytest.raises(ImpossibleCounts, match="more cases than are calculated with"):
        gates.add(np.array([1]), np.array([0]))
    assert gates.successes[0] == MOST_CASES


def test_calibration_needs_a_detector() -> None:
    """Without one there is no false alarm to count."""
    assert _answer(calibrated_for) == ""


def test_no_audit_found_less_than_nothing() -> None:
    """Three hundred audits with minus one failure each promoted once."""
    for failed in (-1, -0.5, math.nan):
        case = AuditedCase(audited=True, failed=failed, propensity=0.5)  # type: ignore[arg-type]
        with pytest.raises(ImpossibleAudit, match="failed="):
            judge_audits_in_order(AUDITS, [case] * 300)
