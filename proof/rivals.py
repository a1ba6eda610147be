"""The other rules of the promotion table, with the tuning that gives its figures, one function a rule."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from proof.exact import Counts, Floats, Rule

Z95 = 1.6448536269514722  # one-sided 95 %
LEAST = 30
TUNED_FOR = 5_000  # the sample size that experiment platforms tune their one-sided z for, unless told otherwise
MSPRT_TUNED_FOR = 500


def mean_above(bar: float) -> Rule:
    """At least 100 cases, and their mean above the bar; a tie does not count (binary fractions break it so)."""
    return lambda cases, failures: (failures < (1.0 - bar) * cases - 1e-9) & (cases >= 100)


def mean_at_least(bar: float) -> Rule:
    """The same where a tie counts."""
    return lambda cases, failures: (failures <= (1.0 - bar) * cases + 1e-9) & (cases >= 100)


def wald(bar: float) -> Rule:
    """Wald's lower bound at the bar or above, at least 30 cases."""

    def promotes(cases: Counts, failures: Counts) -> NDArray[np.bool_]:
        rate = 1.0 - failures / cases
        low = rate - Z95 * np.sqrt(np.maximum(rate * (1.0 - rate), 0.0) / cases)
        return np.asarray((low >= bar) & (cases >= LEAST))

    return promotes


def wilson(bar: float) -> Rule:
    """Wilson's lower bound at the bar or above, at least 30 cases."""

    def promotes(cases: Counts, failures: Counts) -> NDArray[np.bool_]:
        rate = 1.0 - failures / cases
        spread = np.maximum(rate * (1.0 - rate), 0.0) / cases + Z95**2 / (4.0 * cases**2.0)
        low = (rate + Z95**2 / (2.0 * cases) - Z95 * np.sqrt(spread)) / (1.0 + Z95**2 / cases)
        return np.asarray((low >= bar) & (cases >= LEAST))

    return promotes


def sequential_z(bar: float, alpha: float) -> Rule:
    """
    One-sided asymptotic confidence sequence with the sample's own variance, at least 30 cases, tuned for 5,000.

    Source: Waudby-Smith et al., arXiv 2103.06476, proposition B.1, with the tuning at 2 alpha; as in GrowthBook.
    """
    log_2a = -2.0 * math.log(2.0 * alpha)
    rho2 = (log_2a + math.log(log_2a + 1.0)) / TUNED_FOR

    def promotes(cases: Counts, failures: Counts) -> NDArray[np.bool_]:
        rate = 1.0 - failures / cases
        variance = np.maximum(rate * (1.0 - rate), 0.0) * cases / np.maximum(cases - 1, 1)
        k = cases * rho2 + 1.0
        width = np.sqrt(variance * 2.0 * k * np.log(1.0 + np.sqrt(k) / (2.0 * alpha)) / (cases**2.0 * rho2))
        return np.asarray((rate - width >= bar) & (cases >= LEAST))

    return promotes


def msprt(bar: float, alpha: float) -> Rule:
    """
    Two-sided mixture SPRT with a normal prior, the variance at the bar taken as known, tuned for 500 cases.

    Source: Johari et al., arXiv 1512.04922; the prior's width as in Howard et al., arXiv 1810.08240, equation 3.7.
    """
    log_a = -2.0 * math.log(alpha)
    rho2 = (log_a + math.log(log_a + 1.0)) / MSPRT_TUNED_FOR

    def promotes(cases: Counts, failures: Counts) -> NDArray[np.bool_]:
        k = cases * rho2 + 1.0
        width = np.sqrt(bar * (1.0 - bar) * 2.0 * k * np.log(np.sqrt(k) / alpha) / (cases**2.0 * rho2))
        return np.asarray(1.0 - failures / cases - width >= bar)

    return promotes


def sprt(bar: float, alpha: float, truth: float) -> Rule:
    """Wald's sequential probability ratio test that knows the truth: nothing can be much quicker."""
    on_success, on_failure = math.log(truth / bar), math.log((1.0 - truth) / (1.0 - bar))
    return lambda cases, failures: (cases - failures) * on_success + failures * on_failure >= -math.log(alpha)


def hedged_stops(rate: float, bar: float, alpha: float, agents: int, horizon: int, seed: int) -> Floats:
    """
    Cases to promotion by the hedged betting confidence sequence, of those agents that it promotes.

    Half of the capital bets that the mean is above the bar, so it must grow to 2 / alpha; the bets follow the
    variance seen so far and are cut at half of what one case could lose. It looks at the path, hence no exact figure.

    Source: Waudby-Smith and Ramdas, arXiv 2010.09686, section 4.4 (c = 1/2, theta = 1/2), as in `confseq`.
    """
    rng = np.random.default_rng(seed)
    log_capital, total, squares = np.zeros(agents), np.zeros(agents), np.full(agents, 0.25)
    stops: list[Floats] = []
    for case in range(1, horizon + 1):
        # `squares / case` is the variance before this case, one made-up observation included.
        wanted = np.sqrt(2.0 * math.log(2.0 / alpha) / (math.log(1.0 + case) * squares))
        bet = np.minimum(wanted, 0.5 / bar)
        value = (rng.random(len(total)) < rate).astype(float)
        log_capital += np.log1p(bet * (value - bar))
        total += value
        squares += (value - (0.5 + total) / (case + 1)) ** 2
        hit = log_capital >= math.log(2.0 / alpha)
        if hit.any():
            stops.append(np.full(int(hit.sum()), float(case)))
            log_capital, total, squares = log_capital[~hit], total[~hit], squares[~hit]
            if not len(total):
                break
    return np.concatenate(stops) if stops else np.zeros(0)
