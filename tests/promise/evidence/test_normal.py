"""The normal mixture: its formula, its guarantee, its refusals."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, stats

from goldenthread.promise.errors import ImpossibleParameter
from goldenthread.promise.evidence.normal import NormalMixture

TWO_SIDED = NormalMixture(best_at=400.0)
ONE_SIDED = NormalMixture(best_at=400.0, one_sided=True)


@pytest.mark.parametrize("mixture", [TWO_SIDED, ONE_SIDED])
@pytest.mark.parametrize(("total", "variance"), [(30.0, 100.0), (-30.0, 100.0), (0.0, 50.0), (80.0, 900.0)])
def test_evidence_is_the_average_over_normal_bets(mixture: NormalMixture, total: float, variance: float) -> None:
    """The closed form must be the integral that the proof is about."""

    def weighted(bet: float) -> float:
        weight = float(stats.norm.pdf(bet, scale=mixture.rho**-0.5)) * (2.0 if mixture.one_sided else 1.0)
        return weight * math.exp(bet * total - bet * bet * variance / 2.0)

    low = 0.0 if mixture.one_sided else -2.0
    average, _ = integrate.quad(weighted, low, 2.0, points=[total / variance] if total else None, epsabs=1e-13)
    assert mixture.log_e(total, variance) == pytest.approx(math.log(average), abs=1e-7)


@pytest.mark.parametrize("mixture", [TWO_SIDED, ONE_SIDED])
@pytest.mark.parametrize("variance", [0.0, 3.0, 400.0, 1e7])
def test_at_its_boundary_the_evidence_is_just_enough(mixture: NormalMixture, variance: float) -> None:
    """The boundary and the evidence are two views of one rule and may never disagree."""
    edge = mixture.boundary(variance, 0.05)
    assert mixture.log_e(edge, variance) == pytest.approx(math.log(20.0), abs=1e-9)
    assert mixture.log_e(edge * 0.999, variance) < math.log(20.0)


def test_the_boundary_is_tightest_where_it_was_asked_to_be() -> None:
    """Otherwise the tuning tunes something else."""
    edges = {size: NormalMixture(best_at=size).boundary(400.0, 0.05) for size in (40, 200, 320, 400, 500, 800, 4000)}
    assert min(edges, key=lambda size: edges[size]) == 400


def test_looking_at_only_one_side_needs_less() -> None:
    """Whoever asks less of the data gets an answer sooner."""
    assert ONE_SIDED.boundary(400.0, 0.05) < TWO_SIDED.boundary(400.0, 0.05)


@pytest.mark.parametrize("mixture", [TWO_SIDED, ONE_SIDED])
def test_sums_without_a_mean_cross_it_no_more_often_than_promised(mixture: NormalMixture) -> None:
    """The guarantee itself: 4,000 sums of 2,000 normal cases, looked at after each; at most 10 % cross."""
    cases, rng = 2_000, np.random.default_rng(20)
    edges = np.array([mixture.boundary(float(n), 0.1) for n in range(1, cases + 1)])
    crossed = 0
    for _ in range(80):
        sums = rng.standard_normal((50, cases)).cumsum(axis=1)
        crossed += int(((sums if mixture.one_sided else abs(sums)) >= edges).any(axis=1).sum())
    upper = stats.beta.ppf(0.95, crossed + 1, 4_000 - crossed)
    assert upper <= 0.1


def test_one_sided_evidence_survives_sums_far_on_the_wrong_side() -> None:
    """Its distribution function underflows there; no evidence is a number, not a failure."""
    values = [ONE_SIDED.log_e(-(10.0**power), 100.0) for power in range(1, 13)]
    assert all(math.isfinite(value) for value in values)
    assert all(later < earlier for earlier, later in pairwise(values))
    near = NormalMixture(best_at=1.0, one_sided=True)
    scale = math.sqrt(1.0 + near.rho)
    assert near.log_e(-29.9999 * scale, 1.0) == pytest.approx(near.log_e(-30.0001 * scale, 1.0), abs=1e-5)


@pytest.mark.parametrize("variance", [math.nan, math.inf, -1.0])
def test_what_is_no_variance_is_refused(variance: float) -> None:
    """A NaN that went on would compare false for ever, and nobody would notice."""
    for asked in ("log_e", "boundary"):
        with pytest.raises(ImpossibleParameter) as refused:
            TWO_SIDED.log_e(1.0, variance) if asked == "log_e" else TWO_SIDED.boundary(variance, 0.05)
        assert str(refused.value) == (
            f"impossible-parameter: variance={variance!r} is no variance of a sum; it must be finite and at least 0. "
            "Write e.g. 1000 cases times the variance of one."
        )


def test_sums_and_tunings_that_cannot_be_are_refused() -> None:
    """Bad input gets its name, never a verdict."""
    with pytest.raises(ImpossibleParameter, match="total=nan is no sum of cases; it must be finite"):
        TWO_SIDED.log_e(math.nan, 1.0)
    with pytest.raises(ImpossibleParameter, match=r"best_at=0\.0 is no variance of a sum; it must be finite and above"):
        NormalMixture(best_at=0.0)
    with pytest.raises(ImpossibleParameter, match=r"best_alpha=0\.5 is no error that a one-sided boundary"):
        NormalMixture(best_at=1.0, best_alpha=0.5, one_sided=True)
    with pytest.raises(ImpossibleParameter, match=r"alpha=1\.0 is no share"):
        TWO_SIDED.boundary(1.0, 1.0)
