"""
The same numbers through `confseq` (Howard and Waudby-Smith) and through ours: equal to 1e-6.

`PUBLISHED` are the check values of confseq's own tests (test/uniform_boundaries_unittest.cpp, made with an
implementation in R, five to eight digits). The other tables were computed by confseq 0.0.11. Where confseq is
installed the same is asked of it again; it needs a compiler and Boost, and its `betting` needs numpy below 2.

confseq has no counterpart for our detectors, unpaired differences, audits and days; ours has none for its
gamma-exponential, gamma-Poisson and stitched boundaries and for bets that adapt.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from goldenthread.promise.evidence import MeanTest, RateTest, mean_bound
from goldenthread.promise.evidence.asymptotic import AsymptoticSequence, Sample
from goldenthread.promise.evidence.beta import log_tail
from goldenthread.promise.evidence.bets import ConstantBets
from goldenthread.promise.evidence.boundary import Prior, log_e
from goldenthread.promise.evidence.difference import DifferenceTest
from goldenthread.promise.evidence.normal import NormalMixture

NEAR = 1e-6

# best_at, best_alpha, one_sided, sum, variance: log evidence
NORMAL_LOG_E = [
    (100.0, 0.05, True, 10.0, 100.0, -0.06502391242901154),
    (100.0, 0.05, False, 10.0, 100.0, -0.6510051600071821),
    (1000.0, 0.05, True, 45.0, 250.0, 2.6873714761790297),
    (1000.0, 0.05, True, -45.0, 250.0, -1.6465320455120658),
    (1000.0, 0.05, False, -45.0, 250.0, 2.1461401561785034),
    (500.0, 0.01, True, 300.0, 5000.0, 7.296403783716035),
    (10.0, 0.1, True, 0.0, 0.0, 0.0),
]
# best_at, best_alpha, one_sided, variance, alpha: boundary
NORMAL_BOUNDARY = [
    (100.0, 0.05, True, 100.0, 0.05, 27.660708830694603),
    (100.0, 0.05, False, 100.0, 0.05, 30.35208990376253),
    (100.0, 0.05, True, 1.0, 0.05, 8.88325927270489),
    (100.0, 0.05, True, 10_000.0, 0.01, 378.13529381452327),
    (100.0, 0.05, False, 10_000.0, 0.01, 398.85108365576315),
    (100_000.0, 0.01, True, 1_000_000.0, 0.001, 4149.089488596048),
]
# Our prior, successes, failures: log evidence at a bar of 1/2, where confseq's one-sided mixture has our priors.
RATE_LOG_E = [
    (Prior.UNIFORM, 0, 0, 0.0),
    (Prior.UNIFORM, 20, 0, 11.511567877198157),
    (Prior.UNIFORM, 0, 20, -3.0445224377234226),
    (Prior.UNIFORM, 60, 40, 0.5788911232206128),
    (Prior.UNIFORM, 300, 200, 7.857506338852714),
    (Prior.UNIFORM, 5200, 4800, 4.314995833178555),
    (Prior.UNIFORM, 40, 90, -3.959173925690182),
    (Prior.JEFFREYS, 20, 0, 12.479610247078552),
    (Prior.JEFFREYS, 0, 20, -3.4941000998943212),
    (Prior.JEFFREYS, 60, 40, 0.15301772719052897),
    (Prior.JEFFREYS, 300, 200, 7.42729104554543),
    (Prior.JEFFREYS, 5200, 4800, 3.8642637102008863),
]
# bar, successes, failures, r: log evidence at other bars, where confseq's prior is Beta(r / (1 - bar), r / bar).
KERNEL_LOG_E = [
    (0.9, 97, 3, 0.1, 1.6845760747588348),
    (0.9, 400, 60, 0.1, -5.088362935741171),
    (0.8, 170, 30, 0.3, -0.3632321081829238),
    (0.99, 990, 2, 0.01, 0.7472102338203621),
    (0.7, 96, 18, 0.2, 4.171770934442665),
]
# Two hundred values spread over [0, 1], the same everywhere.
SPREAD = [(37 * case) % 101 / 101 for case in range(1, 201)]
# A test by constant bets, its values, and what confseq's diversified betting martingale makes of them.
BETS: list[tuple[str, ConstantBets, list[float], float]] = [
    ("cost", MeanTest(bar=1.8, cap=5.0, alpha=0.05), [3.0 * value for value in SPREAD], 9.518484382057093),
    ("low cost", MeanTest(bar=2.25, cap=5.0, alpha=0.05), [3.0 * value for value in SPREAD], 38.884803944157376),
    (
        "score",
        MeanTest(bar=3.25, cap=5.0, alpha=0.05, at_most=False),
        [2.0 + 3.0 * value for value in SPREAD],
        5.697349794715339,
    ),
    (
        "bad score",
        MeanTest(bar=3.6, cap=5.0, alpha=0.05, at_most=False),
        [2.0 + 3.0 * value for value in SPREAD],
        -0.9202059908157548,
    ),
    ("difference", DifferenceTest(margin=0.03, scale=1.0, alpha=0.05), [v - 0.45 for v in SPREAD], 5.165639824625735),
]
# Cases: ends of conjmix_hoeffding_twosided_cs(SPREAD, t_opt=50, alpha=0.05).
HOEFFDING = [
    (21, 0.16615970637220834, 0.8456271866028034),
    (100, 0.34692613905662917, 0.6530738609433708),
    (200, 0.38627150234100976, 0.607391863995624),
]


def _confseq(module: str) -> Any:
    """A module of confseq where it is installed and works; otherwise the test is skipped, and says so."""
    pytest.importorskip("confseq", reason="confseq is not installed here; the tables above stand for it")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the libraries that it draws its plots with
            return import_module(f"confseq.{module}")
    except AttributeError as old:  # `np.float_` went away with numpy 2
        pytest.skip(f"confseq.{module} does not work with numpy {np.__version__}: {old}")


def _best_at(r: float, bar: float, alpha: float = 0.05) -> float:
    """Where confseq must be tuned, so that its beta-binomial mixture gets this r."""
    log_odds = -2.0 * math.log(2.0 * alpha)
    return (r + bar * (1.0 - bar)) * (log_odds + math.log1p(log_odds))


def _beta_mixture(bar: float, r: float, successes: float, failures: float) -> float:
    """Log of confseq's one-sided beta-binomial mixture, by our incomplete beta function."""
    a, b = r / (1.0 - bar), r / bar
    return log_tail(bar, successes + a, failures + b) - log_tail(bar, a, b)


# --- published check values ----------------------------------------------------------------------


def test_normal_mixtures_are_the_published_ones() -> None:
    """Their own tests are the nearest to a standard that there is."""
    one_sided = NormalMixture(best_at=100.0, one_sided=True)
    two_sided = NormalMixture(best_at=100.0)
    assert two_sided.rho == pytest.approx(12.60056, abs=1e-5)
    assert two_sided.log_e(10.0, 100.0) == pytest.approx(-0.6510052, abs=NEAR)
    assert two_sided.boundary(100.0, 0.05) == pytest.approx(30.35209, abs=1e-5)
    assert one_sided.log_e(10.0, 100.0) == pytest.approx(-0.06502391, abs=NEAR)
    assert one_sided.boundary(100.0, 0.05) == pytest.approx(27.66071, abs=1e-5)


def test_the_one_sided_beta_binomial_mixture_is_the_published_one() -> None:
    """It is our rate test's, with another prior: a sum of 10 at a bar of 20 % and a variance of 100 are 625 cases."""
    log_odds = -2.0 * math.log(0.1)
    r = 100.0 / (log_odds + math.log1p(log_odds)) - 0.16
    assert _beta_mixture(0.2, r, 135, 490) == pytest.approx(-0.07134019, abs=NEAR)
    assert _beta_mixture(0.2, r, 125 + 28.41238, 500 - 28.41238) == pytest.approx(math.log(20.0), abs=1e-5)


# --- values that confseq 0.0.11 computed ---------------------------------------------------------


@pytest.mark.parametrize(("best_at", "best_alpha", "one_sided", "total", "variance", "expected"), NORMAL_LOG_E)
def test_normal_evidence_is_that_of_confseq(
    best_at: float, best_alpha: float, one_sided: bool, total: float, variance: float, expected: float
) -> None:
    """Two programs by different people that agree are unlikely to share a mistake."""
    mixture = NormalMixture(best_at=best_at, best_alpha=best_alpha, one_sided=one_sided)
    assert mixture.log_e(total, variance) == pytest.approx(expected, abs=NEAR)


@pytest.mark.parametrize(("best_at", "best_alpha", "one_sided", "variance", "alpha", "expected"), NORMAL_BOUNDARY)
def test_normal_boundaries_are_those_of_confseq(
    best_at: float, best_alpha: float, one_sided: bool, variance: float, alpha: float, expected: float
) -> None:
    """The boundary is what decides."""
    mixture = NormalMixture(best_at=best_at, best_alpha=best_alpha, one_sided=one_sided)
    assert mixture.boundary(variance, alpha) == pytest.approx(expected, rel=NEAR)


@pytest.mark.parametrize(("prior", "successes", "failures", "expected"), RATE_LOG_E)
def test_rate_evidence_at_one_half_is_that_of_confseq(
    prior: Prior, successes: int, failures: int, expected: float
) -> None:
    """There, both our priors are among confseq's: the rate test itself can be held against it."""
    assert log_e(0.5, prior, successes, failures) == pytest.approx(expected, abs=NEAR)


@pytest.mark.parametrize(("bar", "successes", "failures", "r", "expected"), KERNEL_LOG_E)
def test_rate_evidence_at_other_bars_is_that_of_confseq(
    bar: float, successes: int, failures: int, r: float, expected: float
) -> None:
    """Elsewhere its priors are not ours, but the function under both is the same."""
    assert _beta_mixture(bar, r, successes, failures) == pytest.approx(expected, abs=NEAR)


@pytest.mark.parametrize(("test", "values", "expected"), [row[1:] for row in BETS], ids=[row[0] for row in BETS])
def test_constant_bets_are_those_of_confseq(test: ConstantBets, values: list[float], expected: float) -> None:
    """Costs, scores and paired differences are one betting game in three units."""
    assert test.log_e(test.update_all(test.start, values)) == pytest.approx(expected, abs=NEAR)


@pytest.mark.parametrize(("cases", "low", "high"), HOEFFDING)
def test_the_sequence_of_means_has_the_ends_of_confseq(cases: int, low: float, high: float) -> None:
    """With the variance that a value in [0, 1] can at most have, ours is its conjugate-mixture sequence."""
    sequence = AsymptoticSequence(alpha=0.05, best_at=50 / 4, fewest=2)
    found = sequence.interval(Sample(cases=cases, mean=sum(SPREAD[:cases]) / cases, variance=0.25))
    assert [found.low, found.high] == [pytest.approx(low, abs=NEAR), pytest.approx(high, abs=NEAR)]


# --- confseq itself, where it is installed -------------------------------------------------------


def test_normal_mixtures_agree_with_the_installed_confseq() -> None:
    """More than a table can hold."""
    theirs = _confseq("boundaries")
    for variance in (0.5, 10.0, 333.0, 1e5):
        for one_sided in (True, False):
            ours = NormalMixture(best_at=100.0, best_alpha=0.02, one_sided=one_sided)
            for total in np.linspace(-5.0, 9.0, 29) * math.sqrt(variance):
                expected = theirs.normal_log_mixture(total, variance, 100.0, 0.02, one_sided)
                assert ours.log_e(float(total), variance) == pytest.approx(expected, abs=NEAR)
            for alpha in (0.2, 0.05, 1e-4):
                expected = theirs.normal_mixture_bound(variance, alpha, 100.0, 0.02, one_sided)
                assert ours.boundary(variance, alpha) == pytest.approx(expected, rel=NEAR)


def test_rates_agree_with_the_installed_confseq() -> None:
    """Every share of failures among up to 10,000 cases, and the boundary that decides."""
    theirs = _confseq("boundaries")
    for prior in Prior:
        best_at = _best_at(prior.shape / 2.0, 0.5)
        for cases in (1, 2, 7, 50, 400, 10_000):
            for failures in range(0, cases + 1, max(1, cases // 40)):
                gain, variance = cases / 2.0 - failures, cases / 4.0
                expected = theirs.beta_binomial_log_mixture(gain, variance, best_at, 0.5, 0.5)
                if expected == -math.inf:
                    continue  # theirs underflows for records that are lost for good; ours stays a number
                assert log_e(0.5, prior, cases - failures, failures) == pytest.approx(expected, abs=NEAR)
    test = RateTest(bar=0.5, alpha=0.05)
    for cases in range(10, 2_000, 7):
        bound = theirs.beta_binomial_mixture_bound(cases / 4.0, 0.05, _best_at(0.5, 0.5), 0.5, 0.5)
        assert test.boundary(cases) == math.floor(cases / 2.0 - bound)


@pytest.mark.parametrize(("test", "values"), [row[1:3] for row in BETS], ids=[row[0] for row in BETS])
def test_bets_and_their_bound_agree_with_the_installed_confseq(test: ConstantBets, values: list[float]) -> None:
    """After every case; and at our confidence bound its evidence is just enough."""
    betting, ours, state = _confseq("betting"), [], test.start
    for value in values:
        state = test.update(state, value)
        ours.append(test.log_e(state))
    assert ours == pytest.approx(_their_log_e(betting, test, values, test.bar), abs=NEAR)
    bound = mean_bound(test, values)
    assert bound is not None
    just = [_their_log_e(betting, test, values, bound + side * 1e-6)[-1] for side in (-1.0, 1.0)]
    assert min(just) < test.threshold < max(just)


def _their_log_e(betting: Any, test: ConstantBets, values: Sequence[float], bar: float) -> list[float]:
    """Log of confseq's diversified betting martingale, the values brought to [0, 1], the same bets."""
    span = test.highest - test.lowest
    scaled, mean = (np.array(values) - test.lowest) / span, (bar - test.lowest) / span
    room = 1.0 - mean if test.at_most else mean

    def bet(size: float) -> Callable[[Any, float], Any]:
        return lambda x, m: np.repeat(size, len(x))

    bets = [bet(fraction / room) for fraction in test.fractions]
    side = 0 if test.at_most else 1
    found = betting.diversified_betting_mart(scaled, mean, lambdas_fns_positive=bets, theta=side, trunc_scale=1)
    return [float(value) for value in np.log(found)]
