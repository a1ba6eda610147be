"""The meter of one gate: `settle` without its records."""

from __future__ import annotations

import math
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goldenthread.promise.errors import ImpossibleCounts
from goldenthread.promise.evidence import RateMeter, RateState, RateTest, settle
from goldenthread.promise.evidence.boundary import LONGEST_TABLE


@settings(deadline=None, max_examples=150)
@given(
    bar=st.sampled_from([0.5, 0.8, 0.9, 0.99]),
    labels=st.lists(st.sampled_from([True] * 9 + [False]), max_size=400),
    before=st.integers(0, 400),
)
def test_meter_equals_settle_after_every_case(bar: float, labels: list[bool], before: int) -> None:
    """The engine folds with the meter; were it another rule, every figure proved of `settle` would be beside it."""
    test, state = RateTest(bar=bar, alpha=0.05), RateState()
    for label in labels[:before]:
        state = settle(test, state, label)
    meter = RateMeter(test, after=state)
    for label in labels[before:]:
        state = settle(test, state, label)
        assert meter.add(label) is (state.passed_at is not None)
        assert (meter.to_state(), meter.cases) == (state, state.cases)


@settings(deadline=None, max_examples=150)
@given(
    bar=st.sampled_from([0.5, 0.8, 0.9, 0.99]),
    labels=st.lists(st.sampled_from([True] * 9 + [False]), max_size=400),
    cuts=st.lists(st.integers(0, 400), max_size=3).map(sorted),
)
def test_labels_in_one_call_equal_one_by_one(bar: float, labels: list[bool], cuts: list[int]) -> None:
    """A history that is folded at once must latch at the same look, wherever it is cut."""
    test = RateTest(bar=bar, alpha=0.05)
    one_by_one, at_once = RateMeter(test), RateMeter(test)
    for start, end in zip([0, *cuts], [*cuts, len(labels)], strict=True):
        passed = [one_by_one.add(label) for label in labels[start:end]]
        assert at_once.add_all(iter(labels[start:end])) is (one_by_one.passed_at is not None)
        assert at_once.to_state() == one_by_one.to_state()
        assert passed == sorted(passed)


def test_meter_goes_on_beyond_the_longest_table() -> None:
    """A gate that is judged for years must not end at the last row of a table."""
    test = RateTest(bar=0.9, alpha=0.05)
    allowed = test.boundary(LONGEST_TABLE + 1)
    states = [RateState(successes=LONGEST_TABLE - failures, failures=failures) for failures in (allowed, allowed + 1)]
    assert [RateMeter(test, after=state).add(True) for state in states] == [True, False]
    assert [RateMeter(test, after=state).add_all([True, False]) for state in states] == [True, False]


@pytest.mark.parametrize("label", [None, 1, 0, 1.0, math.nan, "yes", [True]])
def test_what_is_no_label_is_refused_and_not_counted(label: object) -> None:
    """NaN counts as true in Python: it must not count as a success."""
    meter = RateMeter(RateTest(bar=0.9, alpha=0.05))
    with pytest.raises(ImpossibleCounts) as refused:
        meter.add(label)  # type: ignore[arg-type]
    with pytest.raises(ImpossibleCounts, match="is no label of a case"):
        settle(meter.test, RateState(), label)  # type: ignore[arg-type]
    with pytest.raises(ImpossibleCounts, match="is no label of a case"):
        meter.add_all([True, label, False])  # type: ignore[list-item]
    assert str(refused.value) == (
        f"impossible-counts: {label!r} is no label of a case; it must be True for a success or False for a failure. "
        "Leave a case without a label out until it has one."
    )
    assert (meter.successes, meter.failures, meter.passed_at) == (0, 0, None)


def test_a_test_travels_to_another_process_without_its_table() -> None:
    """The table belongs to its process; the test is two numbers."""
    test = RateTest(bar=0.9, alpha=0.05)
    test.boundary(100)
    assert pickle.loads(pickle.dumps(test)) == test
    assert len(pickle.dumps(test)) < 200
