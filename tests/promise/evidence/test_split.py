"""Sample-ratio mismatch: the formula, its state, its errors, false alarms and how soon it is noticed."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goldenthread.promise.errors import ImpossibleCounts, ImpossibleParameter
from goldenthread.promise.evidence import SplitState, SplitTest
from goldenthread.promise.evidence.split import CONCENTRATIONS

HALVES = SplitTest(shares=(0.5, 0.5), alpha=0.05)
THREE = SplitTest(shares=(0.6, 0.3, 0.1), alpha=0.05)


def _alarms(rng: np.random.Generator, chances: tuple[float, ...], test: SplitTest, rows: int, cases: int) -> list[int]:
    """The case of the alarm of each simulated record that rings one."""
    found = []
    for _ in range(rows):
        state = test.start
        for arm in rng.choice(len(chances), size=cases, p=chances).tolist():
            state = test.update(state, arm)
            if state.mismatch_at is not None:
                found.append(state.mismatch_at)
                break
    return found


def test_log_e_is_the_product_of_its_own_forecasts() -> None:
    """Each arm's forecast chance (prior plus count over all) divided by its share, case by case; then the mean."""
    state, arms = THREE.start, [0, 0, 2, 1, 0, 2, 2]
    counts, products = [0, 0, 0], [1.0] * len(CONCENTRATIONS)
    for arm in arms:
        products = [
            product * (weight * THREE.shares[arm] + counts[arm]) / (weight + sum(counts)) / THREE.shares[arm]
            for product, weight in zip(products, CONCENTRATIONS, strict=True)
        ]
        counts[arm] += 1
        state = THREE.update(state, arm)
    assert THREE.log_e(state) == pytest.approx(math.log(sum(products) / len(CONCENTRATIONS)))


def test_average_evidence_over_every_record_is_one() -> None:
    """If the split is as stated the evidence grows in no direction on average: that is the whole guarantee."""
    total = 0.0
    for record in range(2**10):
        agents = record.bit_count()
        total += math.exp(HALVES.log_e(SplitState(counts=(agents, 10 - agents)))) / 2**10
    assert total == pytest.approx(1.0)


def test_false_alarms_are_at_most_alpha() -> None:
    """Looked at after every case; a comparison is not thrown away for nothing."""
    rng = np.random.default_rng(3)
    assert len(_alarms(rng, (0.5, 0.5), HALVES, 200, 400)) / 200 <= 0.05
    assert len(_alarms(rng, THREE.shares, THREE, 150, 400)) / 150 <= 0.05


def test_lost_cases_are_noticed() -> None:
    """An arm that loses a third of its cases is found within some hundred."""
    found = _alarms(np.random.default_rng(4), (0.6, 0.4), HALVES, 40, 2_000)
    assert len(found) == 40
    assert 100 < float(np.median(found)) < 400


def test_mismatch_stays_found_and_the_meter_shows_how_near_it_is() -> None:
    """What broke the split once broke the comparison, also if the counts even out later."""
    state = HALVES.start
    assert HALVES.log_e(state) == pytest.approx(0.0)
    assert not HALVES.mismatch(state)
    assert 0.0 < HALVES.meter(SplitState(counts=(5, 0))) < 1.0
    for arm in [0] * 30 + [1] * 30:
        state = HALVES.update(state, arm)
    assert state.counts == (30, 30)
    assert HALVES.mismatch(state)
    assert state.mismatch_at is not None
    assert state.mismatch_at < 30
    assert HALVES.log_e(state) < HALVES.threshold


@settings(deadline=None, max_examples=40)
@given(arms=st.lists(st.integers(0, 2), max_size=40))
def test_state_survives_json(arms: list[int]) -> None:
    """A few numbers carry the whole history."""
    state = THREE.start
    for arm in arms:
        state = THREE.update(state, arm)
    assert state.cases == len(arms)
    assert SplitState.from_json(json.loads(json.dumps(state.to_json()))) == state


def test_millions_of_cases_do_not_overflow() -> None:
    """The evidence is kept as a log."""
    assert HALVES.log_e(SplitState(counts=(50_000_000, 50_000_000))) < 0.0
    assert HALVES.log_e(SplitState(counts=(51_000_000, 49_000_000))) > 1_000.0


@pytest.mark.parametrize("shares", [(1.0,), (0.5, 0.4), (0.5, 0.5, 0.0), (0.5, math.nan), (), (1.5, -0.5)])
def test_impossible_shares_are_refused(shares: tuple[float, ...]) -> None:
    """Chances that do not come to 1 describe no split."""
    with pytest.raises(ImpossibleParameter):
        SplitTest(shares=shares, alpha=0.05)
    with pytest.raises(ImpossibleParameter) as refused:
        SplitTest(shares=(0.5, 0.4), alpha=0.05)
    assert str(refused.value) == (
        "impossible-parameter: shares=(0.5, 0.4) are not the chances of two or more arms; "
        "together they must come to 1. Write e.g. (0.5, 0.5)."
    )


def test_impossible_arms_and_states_are_refused() -> None:
    """A case of an arm that nobody announced is a fault of the record."""
    for arm in (2, -1, True):
        with pytest.raises(ImpossibleParameter) as refused:
            HALVES.update(HALVES.start, arm)
        assert str(refused.value) == (
            f"impossible-parameter: arm={arm!r} is none of the 2 arms; they are counted from 0. "
            "Give every arm its share when the test is laid out."
        )
    with pytest.raises(ImpossibleCounts) as other:
        HALVES.update(THREE.start, 0)
    assert str(other.value) == (
        "impossible-counts: 3 counts are no state of a split in 2 arms. Count the cases of each arm again."
    )
    for numbers in ([None, -1, 2], [None, 1.5, 2], [9, 1, 2], [0, 1, 2]):
        with pytest.raises(ImpossibleCounts):
            SplitState.from_json(numbers)  # type: ignore[arg-type]
