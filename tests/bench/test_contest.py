"""Contestants are timed alike, and nothing is said that too few decisions show."""

from __future__ import annotations

import pytest

from bench.contest import quantile_us, rate
from bench.contestant import CONTESTANTS, timed


@pytest.mark.parametrize("name", ["ours", "cedarpy"])
def test_each_contestant_allows_what_the_question_asks(name: str) -> None:
    """A contestant that denies or has no rules would be measured on another question."""
    assert CONTESTANTS[name](10)()


def test_a_decision_that_denies_ends_the_contest() -> None:
    """A quick no is no answer to the question."""
    with pytest.raises(RuntimeError, match=r"^denied what it should allow$"):
        timed(lambda: False, 0.0)


def test_a_quantile_is_said_only_with_enough_decisions_beyond_it() -> None:
    """The slowest of a few is an accident, and no p99.9."""
    taken = [list(range(1_000, 2_001_000, 1_000))]
    assert quantile_us(taken, 0.5) == 1001.0
    assert quantile_us(taken, 0.99) == 1981.0
    assert quantile_us(taken, 0.999) is None
    assert quantile_us([[]], 0.5) is None


def test_rates_of_processes_add_up() -> None:
    """Two processes at once are asked for what they do together; a peer that is not there has no rate."""
    assert rate([[500_000, 500_000], [1_000_000]]) == 3000.0
    assert rate([[1_000_000], []]) is None
