"""Many gates at once: the same verdicts as one by one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from goldenthread.promise.errors import ImpossibleCounts, ImpossibleParameter, ValueOutsideCap
from goldenthread.promise.evidence import (
    DifferenceTest,
    MeanGates,
    MeanTest,
    RateGates,
    RateState,
    RateTest,
    RollbackDetector,
    RollbackGates,
    settle,
)
from goldenthread.promise.evidence.batches import rounds
from goldenthread.promise.evidence.boundary import LONGEST_TABLE

RATES = [RateTest(bar=bar, alpha=alpha) for bar in (0.5, 0.8, 0.9, 0.99) for alpha in (0.05, 0.2)]
MEANS = [MeanTest(bar=bar, cap=5.0, alpha=0.05, at_most=at_most) for bar in (1.0, 2.5) for at_most in (True, False)]
DETECTORS = [RollbackDetector(limit=limit, false_alarm=alarm) for limit in (0.03, 0.2) for alarm in (20.0, 1000.0)]
BATCHES = st.lists(st.integers(0, 200), max_size=8)


def batches(sizes: list[int], gates: int, seed: int) -> list[tuple[NDArray[np.int64], np.random.Generator]]:
    """Which gates each batch names: some of them often, others never."""
    random = np.random.default_rng(seed)
    return [(random.integers(0, gates, size) ** 2 // gates, random) for size in sizes]


@settings(deadline=None, max_examples=60)
@given(sizes=BATCHES, seed=st.integers(0, 2**32 - 1), quality=st.sampled_from([0.5, 0.9, 0.99]))
def test_rate_gates_equal_settle_case_by_case(sizes: list[int], seed: int, quality: float) -> None:
    """What is proved of one gate must hold for a hundred thousand, latches and repeats included."""
    tests = RATES * 3
    bulk, states = RateGates(tests), [RateState() for _ in tests]
    for gates, random in batches(sizes, len(tests), seed):
        success = random.random(len(gates)) < quality
        before = {gate for gate, state in enumerate(states) if state.passed_at is not None}
        passed = bulk.observe(gates, success)
        for gate, label in zip(gates.tolist(), success.tolist(), strict=True):
            states[gate] = settle(tests[gate], states[gate], label)
        after = {gate for gate, state in enumerate(states) if state.passed_at is not None}
        assert sorted(passed.tolist()) == sorted(after - before)
        assert set(np.flatnonzero(bulk.passed).tolist()) == after
        bulk = RateGates(tests, after=bulk.to_array())
    assert [bulk.state(gate) for gate in range(len(bulk))] == states


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), looks=st.integers(1, 300), quality=st.sampled_from([0.7, 0.95]))
def test_a_case_of_each_gate_at_once_equals_settle(seed: int, looks: int, quality: float) -> None:
    """The fastest way is no other rule; a gate without a case stays where it is."""
    random = np.random.default_rng(seed)
    bulk, states = RateGates(RATES), [RateState() for _ in RATES]
    for _ in range(looks):
        has, success = random.random(len(RATES)) < 0.8, random.random(len(RATES)) < quality
        bulk.add(has & success, has & ~success)
        for gate in np.flatnonzero(has):
            states[gate] = settle(RATES[gate], states[gate], bool(success[gate]))
    assert [bulk.state(gate) for gate in range(len(bulk))] == states


def test_cases_added_together_are_looked_at_once() -> None:
    """Whoever gives counts gives the order away, so that only the look at the end may promote."""
    test = RateTest(bar=0.8, alpha=0.05)
    bulk = RateGates([test] * 3)
    assert bulk.add(np.array([20, 20, 0]), np.array([0, 9, 0])).tolist() == [0]
    assert bulk.passed_at.tolist() == [20, -1, -1]
    assert settle(test, bulk.state(0), False).passed_at == 20


def test_tables_grow_with_the_cases_and_end_in_a_search() -> None:
    """A gate that is judged for years must be judged as one alone is, beside others that are new."""
    test = RateTest(bar=0.9, alpha=0.05)
    cases = [3000, 100_000, LONGEST_TABLE - 1, LONGEST_TABLE, LONGEST_TABLE + 5, 10 * LONGEST_TABLE]
    for more in (0, 1):
        failures = [test.boundary(n + 1) + more for n in cases]
        states = [RateState(successes=n - f, failures=f) for n, f in zip(cases, failures, strict=True)]
        bulk = RateGates([test] * len(cases), after=_array(states))
        bulk.observe(np.arange(len(cases)), np.ones(len(cases), dtype=bool))
        assert [bulk.state(gate) for gate in range(len(cases))] == [settle(test, state, True) for state in states]
        assert bulk.passed.tolist() == [not more] * len(cases)


def _array(states: list[RateState]) -> NDArray[np.int64]:
    return np.array([[s.successes, s.failures, s.passed_at or -1] for s in states]).T


@settings(deadline=None, max_examples=40)
@given(sizes=BATCHES, seed=st.integers(0, 2**32 - 1), shape=st.sampled_from([0.2, 1.0, 4.0]))
def test_mean_gates_equal_the_mean_test_case_by_case(sizes: list[int], seed: int, shape: float) -> None:
    """Capitals to the last digits, counts and first looks exactly."""
    bulk, states = MeanGates(MEANS), [test.start for test in MEANS]
    for gates, random in batches(sizes, len(MEANS), seed):
        values = 5.0 * random.beta(shape, 1.0, len(gates))
        before = [state.passed_at for state in states]
        passed = bulk.observe(gates, values)
        for gate, value in zip(gates.tolist(), values.tolist(), strict=True):
            states[gate] = MEANS[gate].update(states[gate], value)
        assert sorted(passed.tolist()) == [g for g, old in enumerate(before) if old != states[g].passed_at]
        bulk = MeanGates(MEANS, after=bulk.to_array())
    for gate, state in enumerate(states):
        found = bulk.state(gate)
        assert (found.cases, found.passed_at, found.total) == (state.cases, state.passed_at, state.total)
        assert found.log_capitals == pytest.approx(state.log_capitals, rel=1e-12, abs=1e-12)
        assert bulk.log_e()[gate] == pytest.approx(MEANS[gate].log_e(state), rel=1e-12, abs=1e-12)


def test_differences_are_tests_by_bets_too() -> None:
    """An agent beside people is judged by the same array, with its own bets and scale."""
    tests = [DifferenceTest(margin=0.03, scale=1.0, alpha=0.05), DifferenceTest(margin=0.5, scale=5.0, alpha=0.05)]
    bulk, states = MeanGates(tests), [test.start for test in tests]
    for value in (0.0, 1.0, -1.0, 0.5, 0.25) * 40:
        bulk.observe(np.array([0, 1]), np.array([value, value]))
        states = [test.update(state, value) for test, state in zip(tests, states, strict=True)]
    assert [bulk.state(gate).passed_at for gate in range(2)] == [state.passed_at for state in states]
    assert bulk.passed.tolist() == [True, True]
    with pytest.raises(ValueOutsideCap, match="bound holds only from -1 to 1"):
        bulk.observe(np.array([0]), np.array([1.5]))


@settings(deadline=None, max_examples=40)
@given(sizes=BATCHES, seed=st.integers(0, 2**32 - 1), failing=st.sampled_from([0.01, 0.2, 0.9]))
def test_rollback_gates_equal_the_detector_case_by_case(sizes: list[int], seed: int, failing: float) -> None:
    """An alarm in the middle of a batch is kept, where the statistic has fallen again at its end."""
    bulk, states = RollbackGates(DETECTORS), [one.start for one in DETECTORS]
    cases, alarmed_at = [0] * len(DETECTORS), [-1] * len(DETECTORS)
    for gates, random in batches(sizes, len(DETECTORS), seed):
        failed = random.random(len(gates)) < failing
        before = list(alarmed_at)
        alarmed = bulk.observe(gates, failed)
        for gate, label in zip(gates.tolist(), failed.tolist(), strict=True):
            states[gate] = DETECTORS[gate].update(states[gate], label)
            cases[gate] += 1
            if alarmed_at[gate] < 0 and DETECTORS[gate].alarm(states[gate]):
                alarmed_at[gate] = cases[gate]
        assert sorted(alarmed.tolist()) == [g for g, old in enumerate(before) if old != alarmed_at[g]]
        bulk = RollbackGates(DETECTORS, after=bulk.to_array())
    assert [bulk.state(gate) for gate in range(len(bulk))] == states
    assert (bulk.cases.tolist(), bulk.alarmed_at.tolist()) == (cases, alarmed_at)
    assert bulk.alarms.tolist() == [one.alarm(state) for one, state in zip(DETECTORS, states, strict=True)]
    assert bulk.statistics.tolist() == pytest.approx(
        [one.statistic(s) for one, s in zip(DETECTORS, states, strict=True)]
    )


def test_an_alarm_that_nobody_acts_on_stays_a_number() -> None:
    """Infinity can be carried by no state."""
    bulk = RollbackGates(DETECTORS)
    bulk.observe(np.zeros(5000, dtype=int), np.ones(5000, dtype=bool))
    assert np.isfinite(bulk.to_array()).all()
    assert (bulk.state(0), bulk.alarms[0]) == ((1e300,) * 10, True)


@settings(deadline=None, max_examples=100)
@given(gates=st.lists(st.integers(0, 9), max_size=60))
def test_rounds_name_no_gate_twice_and_keep_each_gates_order(gates: list[int]) -> None:
    """A label that overtakes another changes which look promotes."""
    places = np.array(gates, dtype=np.intp)
    found = [np.arange(len(places))[part] for _, part in rounds(places, 10)]
    assert all((np.arange(10)[of] == places[part]).all() for of, part in rounds(places, 10))
    assert sorted(np.concatenate(found).tolist()) == list(range(len(gates)))
    assert all(len(set(places[part].tolist())) == len(part) for part in found)
    for gate in range(10):
        in_order = [place for part in found for place in part.tolist() if gates[place] == gate]
        assert in_order == sorted(in_order)


def test_nothing_observed_is_nothing_counted() -> None:
    """No data is never a pass."""
    empty = np.array([], dtype=int), np.array([], dtype=bool)
    assert RateGates(RATES).observe(*empty).tolist() == []
    assert RateGates([]).observe(*empty).tolist() == []
    assert MeanGates([]).observe(np.array([], dtype=int), np.array([])).tolist() == []
    assert RollbackGates([]).observe(*empty).tolist() == []


def test_all_gates_in_order_are_taken_in_parts() -> None:
    """A part fits into the processor's cache; each gate must be in exactly one."""
    test, detector = MeanTest(bar=2.5, cap=5.0, alpha=0.05), RollbackDetector(limit=0.03, false_alarm=20.0)
    means, detectors = MeanGates([test] * 10_000), RollbackGates([detector] * 10_000)
    random, each = np.random.default_rng(5), np.arange(10_000)
    for _ in range(12):
        values, failed = 5.0 * random.random(10_000), random.random(10_000) < 0.3
        states = [means.state(gate) for gate in (0, 4095, 4096, 9999)]
        before = [detectors.state(gate) for gate in (0, 4095, 4096, 9999)]
        means.observe(each, values)
        detectors.observe(each, failed)
        for gate, state, old in zip((0, 4095, 4096, 9999), states, before, strict=True):
            assert means.state(gate).log_capitals == pytest.approx(test.update(state, values[gate]).log_capitals)
            assert detectors.state(gate) == detector.update(old, bool(failed[gate]))
    assert (means.cases == 12).all()
    assert (detectors.cases == 12).all()


ONE = np.array([0])
YES = np.array([True])


@pytest.mark.parametrize(
    ("gates", "success", "words"),
    [
        (np.array([-1]), YES, "gates from -1 to -1 are not all there; the 8 gates are counted from 0 to 7"),
        (np.array([8]), YES, "gates from 8 to 8 are not all there; the 8 gates are counted from 0 to 7"),
        (np.array([0.0]), YES, "gates of shape (1,) and type float64 name no gates"),
        (YES, YES, "gates of shape (1,) and type bool name no gates"),
        (np.array([[0]]), YES, "gates of shape (1, 1) and type int64 name no gates"),
        (ONE, np.array([math.nan]), "success of shape (1,) and type float64 are no labels of 1 observations"),
        (ONE, np.array([1]), "success of shape (1,) and type int64 are no labels of 1 observations"),
        (ONE, np.array([None]), "success of shape (1,) and type object are no labels of 1 observations"),
        (ONE, np.array([True, True]), "success of shape (2,) and type bool are no labels of 1 observations"),
    ],
)
def test_impossible_observations_are_refused_whole(gates: Any, success: Any, words: str) -> None:
    """NaN is true in an array as well, and place -1 is the last gate's."""
    for bulk in (RateGates(RATES), RollbackGates(DETECTORS * 2)):
        before = bulk.to_array()
        expected = words if isinstance(bulk, RateGates) else words.replace("success", "failed")
        with pytest.raises(ImpossibleCounts) as refused:
            bulk.observe(gates, success)
        assert str(refused.value).startswith(f"impossible-counts: {expected}")
        assert (bulk.to_array() == before).all()


@pytest.mark.parametrize(
    "counts", [np.array([-1, 0]), np.array([0.5, 0.5]), np.array([math.nan, 0]), np.array([1]), np.array([None, 1])]
)
def test_impossible_counts_are_refused_whole(counts: Any) -> None:
    """A negative number of failures would be a promotion."""
    bulk, good = RateGates(RATES[:2]), np.array([100, 100])
    for arguments in ((good, counts), (counts, good)):
        with pytest.raises(ImpossibleCounts, match=r"are no numbers of cases of 2 gates; each must be a whole number"):
            bulk.add(*arguments)
    assert bulk.to_array().tolist() == [[0, 0], [0, 0], [-1, -1]]


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.001, 5.001, -math.inf])
def test_a_value_outside_the_cap_is_refused_whole(value: float) -> None:
    """One such value breaks the promise that the bound rests on; those beside it are not counted either."""
    bulk = MeanGates(MEANS)
    with pytest.raises(ValueOutsideCap, match=r"bound holds only for values from 0 to the cap of 5"):
        bulk.observe(np.array([0, 1]), np.array([1.0, value]))
    assert bulk.cases.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("values", [np.array([True]), np.array(["1"]), np.array([1.0, 2.0]), np.array([None])])
def test_what_is_no_value_is_refused(values: Any) -> None:
    """A label is no amount."""
    with pytest.raises(ImpossibleCounts, match="are no observations of 1 cases; each case must have one number"):
        MeanGates(MEANS).observe(ONE, values)


@pytest.mark.parametrize(
    "states",
    [
        [[1], [0]],
        [[-1], [0], [-1]],
        [[5], [1], [7]],
        [[5], [1], [0]],
        [[5], [1], [-2]],
        [[5.0], [1.0], [-1.0]],
        [[math.nan], [1.0], [-1.0]],
        [[1, 1], [0, 0], [-1, -1]],
    ],
)
def test_impossible_states_of_rates_are_refused(states: list[list[float]]) -> None:
    """A state that no cases lead to must not be where a gate goes on from."""
    with pytest.raises(ImpossibleCounts, match=r"is no state of 1 gates; it has 3 rows of finite numbers"):
        RateGates(RATES[:1], after=np.array(states))


@pytest.mark.parametrize("change", [(0, -1.0), (0, 0.5), (1, 3.0), (1, 0.0), (2, math.nan), (5, math.inf)])
def test_impossible_states_of_means_and_detectors_are_refused(change: tuple[int, float]) -> None:
    """The same for those that carry amounts."""
    means, detectors = MeanGates(MEANS[:1]).to_array(), RollbackGates(DETECTORS[:1]).to_array()
    means[change[0]] = detectors[change[0]] = change[1]
    with pytest.raises(ImpossibleCounts, match="is no state of 1 gates; it has 15 rows"):
        MeanGates(MEANS[:1], after=means)
    with pytest.raises(ImpossibleCounts, match="is no state of 1 gates; it has 12 rows"):
        RollbackGates(DETECTORS[:1], after=detectors)


def test_a_statistic_below_zero_is_refused() -> None:
    """It would put an alarm off for ever."""
    states = RollbackGates(DETECTORS[:1]).to_array()
    states[3] = -1e9
    with pytest.raises(ImpossibleCounts, match="an array with a statistic below 0 is no state of 1 gates"):
        RollbackGates(DETECTORS[:1], after=states)


def test_gates_with_different_numbers_of_bets_do_not_mix() -> None:
    """They have states of different lengths."""
    with pytest.raises(ImpossibleParameter, match="Gates with 12 and with 14 bets cannot stand side by side"):
        MeanGates([MEANS[0], DifferenceTest(margin=0.03, scale=1.0, alpha=0.05)])
