"""
False alarms and delays of the rollback detector, as evidence.md states them, and check values of its recursion.

Simulated with fixed seeds; tolerances are about three standard errors. The Gaussian check values are solved, not
simulated: the same recursions as integral equations, by Gauss-Legendre quadrature.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from goldenthread.promise.evidence import RollbackDetector

Floats = NDArray[np.float64]
DETECTOR = RollbackDetector(limit=0.03, false_alarm=10_000.0)


def _alarms(detector: RollbackDetector, rate: Callable[[int], float], cases: int, agents: int, seed: int) -> Floats:
    """Case of the first alarm of each agent, `cases` + 1 where none came."""
    rng = np.random.default_rng(seed)
    bets = np.array(detector.bets)
    on_failure, on_success = bets / detector.limit, (1 - bets) / (1 - detector.limit)
    state, rung = np.zeros((agents, len(bets))), np.full(agents, cases + 1.0)
    quiet = np.arange(agents)
    for case in range(cases):
        failed = rng.random(len(quiet)) < rate(case)
        state = (1 + state) * np.where(failed[:, None], on_failure, on_success)
        hit = state.mean(axis=1) >= detector.false_alarm
        if hit.any():
            rung[quiet[hit]] = case + 1
            quiet, state = quiet[~hit], state[~hit]
            if not len(quiet):
                break
    return rung


def _delay_after(detector: RollbackDetector, before: float, after: float, change: int, seed: int) -> float:
    """Mean cases from the change to the alarm, among agents with no alarm before it."""
    rung = _alarms(detector, lambda case: before if case < change else after, change + 5_000, 3_000, seed)
    return float((rung[rung > change] - change).mean())


def test_simulated_recursion_is_the_one_shipped() -> None:
    """Bulk and one by one ring at the same case."""
    rng = np.random.default_rng(1)
    failed = rng.random(5_000) < 0.1
    state, first = DETECTOR.start, 0
    while not DETECTOR.alarm(state):
        state = DETECTOR.update(state, bool(failed[first]))
        first += 1
    assert _alarms(DETECTOR, lambda case: 0.1, 5_000, 1, 1)[0] == first


def test_delay_from_the_first_case_is_122() -> None:
    """.97 to .90: at the latest when a customer has seen a dozen failures."""
    assert _alarms(DETECTOR, lambda case: 0.10, 5_000, 3_000, 1).mean() == pytest.approx(122, abs=3.5)


def test_delay_after_a_thousand_good_cases_is_103() -> None:
    """A good past does not slow the alarm; the never-restarted e-process took 307."""
    assert _delay_after(DETECTOR, 0.03, 0.10, 1_000, 2) == pytest.approx(103, abs=4)


def test_false_alarms_are_58_in_a_hundred_million_cases() -> None:
    """.58 per 10,000 cases at the limit, from the share without an alarm; the contract allows 1."""
    quiet = (_alarms(DETECTOR, lambda case: 0.03, 10_000, 1_500, 3) > 10_000).mean()
    assert -math.log(quiet) == pytest.approx(0.58, abs=0.07)


@pytest.mark.parametrize("limit", [0.01, 0.1, 0.3])
def test_average_run_to_a_false_alarm_is_at_least_what_the_contract_says(limit: float) -> None:
    """Never more false alarms than 1 / A, whatever the limit; here A = 500 so that the run is short."""
    detector = RollbackDetector(limit=limit, false_alarm=500.0)
    rung = _alarms(detector, lambda case: limit, 20_000, 600, 4)
    assert rung.mean() - 3 * rung.std() / math.sqrt(600) > 500 - 100
    assert rung.mean() >= 500


def test_detector_against_a_looser_limit_takes_265() -> None:
    """q0 = .05, bets from .065 up: why the earned baseline will be watched as well."""
    detector = RollbackDetector(limit=0.05, false_alarm=10_000.0, bets=tuple(b for b in DETECTOR.bets if b >= 0.06))
    assert _alarms(detector, lambda case: 0.10, 5_000, 3_000, 4).mean() == pytest.approx(265, abs=9)


@pytest.mark.parametrize(("rate", "cases", "delay"), [(0.005, 40_000, 1_609), (0.02, 20_000, 225)])
def test_rare_failures(rate: float, cases: int, delay: int) -> None:
    """q0 = .001, A = 100,000. The design does not name the bets it measured; with ours it is within 8 %."""
    detector = RollbackDetector(limit=0.001, false_alarm=100_000.0)
    assert _alarms(detector, lambda case: rate, cases, 1_500, 5).mean() == pytest.approx(delay, rel=0.08)


def _cusum_alarms(threshold: float, rate: Callable[[int], float], cases: int, agents: int, seed: int) -> Floats:
    """The oracle: CUSUM that knows the new rate is .10."""
    rng = np.random.default_rng(seed)
    total, rung, quiet = np.zeros(agents), np.full(agents, cases + 1.0), np.arange(agents)
    for case in range(cases):
        failed = rng.random(len(quiet)) < rate(case)
        total = np.maximum(0.0, total + np.where(failed, math.log(0.10 / 0.03), math.log(0.90 / 0.97)))
        hit = total >= threshold
        rung[quiet[hit]] = case + 1
        quiet, total = quiet[~hit], total[~hit]
        if not len(quiet):
            break
    return rung


def test_delay_is_within_a_quarter_of_the_oracle_at_equal_false_alarms() -> None:
    """The price of not knowing how bad it will get."""
    threshold = 5.97
    quiet = (_cusum_alarms(threshold, lambda case: 0.03, 10_000, 3_000, 6) > 10_000).mean()
    assert -math.log(quiet) == pytest.approx(0.58, abs=0.06)
    oracle_at_once = _cusum_alarms(threshold, lambda case: 0.10, 5_000, 3_000, 7).mean()
    assert _alarms(DETECTOR, lambda case: 0.10, 5_000, 3_000, 8).mean() <= 1.25 * oracle_at_once
    later = _cusum_alarms(threshold, lambda case: 0.03 if case < 1_000 else 0.10, 6_000, 3_000, 9)
    oracle_later = (later[later > 1_000] - 1_000).mean()
    assert _delay_after(DETECTOR, 0.03, 0.10, 1_000, 10) <= 1.25 * oracle_later


# --- check values from elsewhere ----------------------------------------------------------------


def _density(z: Floats) -> Floats:
    return np.asarray(np.exp(-z * z / 2) / math.sqrt(2 * math.pi))


def _below(z: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.vectorize(math.erf)(z / math.sqrt(2))))


def _nodes(low: float, high: float, count: int) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return (high - low) / 2 * nodes + (high + low) / 2, weights * (high - low) / 2


def _shiryaev_roberts_run(alarm_at: float, drift: float) -> float:
    """
    Average run of R <- (1 + R) exp(x - 1/2) from 0 to R >= A, x normal; log R is what is integrated over.

    `drift` is -1/2 before the shift of 1 and +1/2 after it.
    """
    log_r, weights = _nodes(-12.0, math.log(alarm_at), 300)
    step = _density(log_r[None, :] - np.log1p(np.exp(log_r))[:, None] - drift) * weights
    runs = np.linalg.solve(np.eye(len(log_r)) - step, np.ones(len(log_r)))
    return float(1 + (_density(log_r - drift) * weights) @ runs)


@pytest.mark.parametrize(
    ("alarm_at", "run", "delay"), [(56.04, 100.79, 6.71), (560.37, 1000.79, 11.14), (5603.7, 10000.78, 15.73)]
)
def test_recursion_gives_the_published_runs_of_shiryaev_and_roberts(alarm_at: float, run: float, delay: float) -> None:
    """Moustakides (2009), table 4, shift 1."""
    assert _shiryaev_roberts_run(alarm_at, -0.5) == pytest.approx(run, abs=0.01)
    assert _shiryaev_roberts_run(alarm_at, +0.5) == pytest.approx(delay, abs=0.01)


def _cusum_run(k: float, h: float, shift: float) -> float:
    """Average run of the one-sided CUSUM from 0 to h; 0 holds a lump of probability."""
    points, weights = _nodes(0.0, h, 300)
    count = len(points)
    step = np.zeros((count + 1, count + 1))
    step[:count, :count] = _density(points[None, :] - points[:, None] + k - shift) * weights
    step[:count, count] = _below(k - shift - points)
    step[count, :count] = _density(points + k - shift) * weights
    step[count, count] = _below(np.array(k - shift))
    return float(np.linalg.solve(np.eye(count + 1) - step, np.ones(count + 1))[count])


@pytest.mark.parametrize(("shift", "run"), [(0.0, 117.59), (1.5, 3.75)])
def test_cusum_gives_the_published_runs(shift: float, run: float) -> None:
    """Brook and Evans, k = .5, h = 3: the oracle above is computed right. Their 3.75 is for a shift of 1.5."""
    assert _cusum_run(0.5, 3.0, shift) == pytest.approx(run, abs=0.01)


@pytest.mark.parametrize(("shift", "run"), [(0.0, 168.0), (0.5, 26.6), (1.0, 8.38), (2.0, 3.34)])
def test_two_sided_cusum_gives_the_published_runs(shift: float, run: float) -> None:
    """Lucas and Crosier, h = 4: 1/run is the sum over both sides."""
    both = 1 / (1 / _cusum_run(0.5, 4.0, shift) + 1 / _cusum_run(0.5, 4.0, -shift))
    assert both == pytest.approx(run, rel=0.003)


@pytest.mark.proof
def test_false_alarms_at_length() -> None:
    """The .58 with 8,000 agents."""
    quiet = (_alarms(DETECTOR, lambda case: 0.03, 10_000, 8_000, 30) > 10_000).mean()
    assert -math.log(quiet) == pytest.approx(0.58, abs=0.03)
