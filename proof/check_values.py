"""
Published run lengths for the Gaussian forms of the same recursions.

Solved, not simulated: the average run as an integral equation, by Gauss-Legendre quadrature.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from proof.exact import Floats
from proof.ranges import around
from proof.registry import Run, figures
from proof.table import Figure

_NODES = 300


@figures("check-values")
def check_values(_run: Run) -> Iterator[Figure]:
    """Shiryaev-Roberts (Moustakides 2009, table 4); CUSUM (Brook and Evans; Lucas and Crosier)."""
    # Held to one unit of the last printed digit: some were cut and not rounded (117.595, 15.724).
    for alarm_at, average, delay in ((56.04, 100.79, 6.71), (560.37, 1000.79, 11.14), (5603.7, 10_000.78, 15.73)):
        name, stated = f"Shiryaev-Roberts, A = {alarm_at}", f"{average:,.2f}"
        yield _exact(f"{name}: average run", stated, shiryaev_roberts_run(alarm_at, -0.5), average, 0.02)
        yield _exact(f"{name}: delay at a shift of 1", f"{delay}", shiryaev_roberts_run(alarm_at, 0.5), delay, 0.02)
    yield _exact("CUSUM k = .5, h = 3: average run", "117.59", cusum_run(0.5, 3.0, 0.0), 117.59, 0.02)
    # evidence.md does not name the shift of the second figure; Brook and Evans give it for 1.5.
    yield _exact("CUSUM k = .5, h = 3: delay at a shift of 1.5", "3.75", cusum_run(0.5, 3.0, 1.5), 3.75, 0.02)
    for shift, stated, unit in ((0.0, "168", 1.0), (0.5, "26.6", 0.1), (1.0, "8.38", 0.01), (2.0, "3.34", 0.01)):
        name = f"two-sided CUSUM k = .5, h = 4, shift {shift:g}: average run"
        yield _exact(name, stated, two_sided_run(0.5, 4.0, shift), float(stated), unit)


def _exact(name: str, stated: str, ours: float, value: float, unit: float) -> Figure:
    return Figure(name=name, stated=stated, ours=ours, **around(value, unit))


def shiryaev_roberts_run(alarm_at: float, drift: float) -> float:
    """
    Average run of R <- (1 + R) exp(x - 1/2) from 0 to R >= A, x normal; log R is what is integrated over.

    `drift` is -1/2 before the shift of 1 and +1/2 after it.
    """
    log_r, weights = _nodes(-12.0, math.log(alarm_at))
    step = _density(log_r[None, :] - np.log1p(np.exp(log_r))[:, None] - drift) * weights
    runs = np.linalg.solve(np.eye(_NODES) - step, np.ones(_NODES))
    return float(1.0 + (_density(log_r - drift) * weights) @ runs)


def cusum_run(k: float, h: float, shift: float) -> float:
    """Average run of the one-sided CUSUM from 0 to h; 0 holds a lump of probability."""
    points, weights = _nodes(0.0, h)
    step = np.zeros((_NODES + 1, _NODES + 1))
    step[:_NODES, :_NODES] = _density(points[None, :] - points[:, None] + k - shift) * weights
    step[:_NODES, _NODES] = [_below(k - shift - point) for point in points]
    step[_NODES, :_NODES] = _density(points + k - shift) * weights
    step[_NODES, _NODES] = _below(k - shift)
    return float(np.linalg.solve(np.eye(_NODES + 1) - step, np.ones(_NODES + 1))[_NODES])


def two_sided_run(k: float, h: float, shift: float) -> float:
    """Average run of two one-sided ones, whichever rings first: 1 / run is the sum over both sides."""
    return 1.0 / (1.0 / cusum_run(k, h, shift) + 1.0 / cusum_run(k, h, -shift))


def _nodes(low: float, high: float) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return (high - low) / 2.0 * nodes + (high + low) / 2.0, weights * (high - low) / 2.0


def _density(z: Floats) -> Floats:
    return np.asarray(np.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi))


def _below(z: float) -> float:
    return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))
