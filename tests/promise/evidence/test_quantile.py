"""A quantile is judged as the rate of cases within it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goldenthread.promise.errors import ImpossibleCounts, ImpossibleParameter
from goldenthread.promise.evidence import RateTest, quantile_bound, quantile_test


def test_quantile_test_is_a_rate_test() -> None:
    """p90 at most c: at least 90 % of cases within c."""
    assert quantile_test(0.9, 0.05) == RateTest(bar=0.9, alpha=0.05)


def test_bound_is_missing_until_a_clean_record_could_promote() -> None:
    """43 cases are the fewest for 90 %."""
    test = quantile_test(0.9, 0.05)
    assert quantile_bound(test, [1.0] * 42) is None
    assert quantile_bound(test, [1.0] * 43) == 1.0
    assert quantile_bound(test, [1.0] * 42, pending=1) is None


@settings(deadline=None, max_examples=60)
@given(values=st.lists(st.floats(0.0, 100.0), min_size=1, max_size=300), pending=st.integers(0, 3))
def test_bound_is_the_smallest_limit_that_promotes(values: list[float], pending: int) -> None:
    """The bound people see and the test agree at every limit."""
    test = quantile_test(0.5, 0.05)
    bound = quantile_bound(test, values, pending)
    for limit in values:
        within = sum(value <= limit for value in values)
        promotes = test.promotes(within, len(values) - within + pending)
        assert promotes == (bound is not None and limit >= bound)


def test_impossible_inputs_are_refused() -> None:
    """In the words of a quantile."""
    with pytest.raises(ImpossibleParameter) as refused:
        quantile_test(1.0, 0.05)
    assert str(refused.value) == (
        "impossible-parameter: q=1.0 is no share that evidence can be held against; "
        "it must lie between 0 and 1, both excluded. Write e.g. 0.9 for p90."
    )
    with pytest.raises(ImpossibleCounts) as miscounted:
        quantile_bound(quantile_test(0.9, 0.05), [1.0], -1)
    assert str(miscounted.value) == (
        "impossible-counts: pending=-1 is no number of cases; it must be a whole number of at least 0. Count again."
    )
