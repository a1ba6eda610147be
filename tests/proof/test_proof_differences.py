"""The simulations of differences, splits and many agents are of the code that is shipped."""

from __future__ import annotations

import math

import numpy as np
import pytest

from goldenthread.promise.evidence import (
    ArmCase,
    DifferenceTest,
    RunningCentre,
    SplitTest,
    UnpairedTest,
    judge_mean_in_order,
)
from proof.differences import Arms, pairs, score_pairs, stopping_cases
from proof.many import _alarms, _evidence, _one_after_another, _split_boundary

EASY = DifferenceTest(margin=0.05, scale=1.0, alpha=0.2)


def test_differences_in_bulk_stop_where_the_test_does() -> None:
    """A faster copy of a rule is only worth something if it is the rule."""
    rng = np.random.default_rng(4)
    rows = np.stack([pairs(rng, 0.8, 0.75, 0.3)(0, np.arange(30)) for _ in range(150)], axis=1)
    found = stopping_cases(EASY, lambda case, alive: rows[alive, case], 30, 150)
    one_by_one = [judge_mean_in_order(EASY, row.tolist()).passed_at for row in rows]
    assert 0 < len(found) < 30
    assert sorted(found.tolist()) == sorted(stop for stop in one_by_one if stop is not None)


def test_pairs_have_the_rates_and_the_correlation_asked_for() -> None:
    """The setup behind 552 is these two numbers and nothing else."""
    drawn = pairs(np.random.default_rng(5), 0.93, 0.93, 0.6)(0, np.arange(400_000))
    assert drawn.mean() == pytest.approx(0.0, abs=0.002)
    assert np.mean(drawn != 0.0) == pytest.approx(2 * 0.4 * 0.93 * 0.07, abs=0.002)
    scores = score_pairs(np.random.default_rng(6))(0, np.arange(400_000))
    assert scores.mean() == pytest.approx(-0.1, abs=0.01)


def test_arms_in_bulk_are_the_shipped_centre_and_difference() -> None:
    """The centre must come from earlier cases only, also in the simulation."""
    arms = Arms(np.random.default_rng(8), 3, 0.6, 0.9, least=0.2)
    test = UnpairedTest(margin=0.1, scale=1.0, alpha=0.05, least_propensity=0.2)
    drawn = np.random.default_rng(8)
    centre = RunningCentre(scale=1.0)
    for case in range(40):
        propensity = drawn.uniform(0.2, 0.8, 3)
        by_agent = drawn.random(3) < propensity
        value = (drawn.random(3) < np.where(by_agent, 0.6, 0.9)).astype(float)
        logged = ArmCase(
            value=float(value[0]), by_agent=bool(by_agent[0]), propensity=float(propensity[0]), centre=centre.centre
        )
        assert arms(case, np.arange(3))[0] == pytest.approx(test.difference(logged))
        centre = centre.after(float(value[0]))


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_boundary_of_a_split_is_where_the_test_rings(share: float) -> None:
    """The alarms are read from a table, which must say what the test says."""
    test = SplitTest(shares=(share, 1.0 - share), alpha=0.05)
    low, high = _split_boundary(test, 150)
    rng = np.random.default_rng(9)
    for truth in (share, 0.7, 0.2):
        state = test.start
        for case, first in enumerate((rng.random(150) < truth).tolist()):
            state = test.update(state, 0 if first else 1)
            rings = test.log_e(state) >= test.threshold
            assert rings == (state.counts[0] <= low[case] or state.counts[0] >= high[case])


def test_figures_of_many_agents_are_those_of_the_rules() -> None:
    """One wrong choice in twenty where current values decide, and the harmonic sum of that where latched ones do."""
    current, latched = _one_after_another(20)
    assert current == pytest.approx(0.05)
    assert latched == pytest.approx(0.05 * sum(1 / j for j in range(1, 21)))
    assert len(_alarms(0.5, 0.9, 250, 100, seed=1)) == 250
    table = _evidence(60)
    assert math.isinf(table[10, 0])
    assert table[60, 0] >= math.log(20)
