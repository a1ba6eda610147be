"""The incomplete beta function, in log space, so that a million cases neither overflow nor cancel."""

from __future__ import annotations

import math

_TINY = 1e-300
_PRECISION = 1e-15
_MOST_TERMS = 200_000  # the fraction needs about sqrt(max(a, b)) terms; a million cases need about a thousand


def log_tail(p: float, a: float, b: float) -> float:
    """
    Log of the integral from p to 1 of t^(a-1) (1-t)^(b-1) dt, over p^a (1-p)^b.

    The division takes out the two factors that would otherwise under- or overflow; what remains
    is of the order of the number of cases.

    Args:
        p: Lower end, dimensionless, in (0, 1).
        a: First shape, > 0.
        b: Second shape, > 0.

    Returns:
        The log, dimensionless, finite.

    Source:
        DLMF 8.17.22 (continued fraction), 8.17.4 (symmetry).
    """
    if 1.0 - p < (b + 1.0) / (a + b + 2.0):
        return math.log(_fraction(b, a, 1.0 - p)) - math.log(b)
    edge = a * math.log(p) + b * math.log1p(-p)
    whole = log_beta(a, b) - edge
    below = math.exp(math.log(_fraction(a, b, p)) - math.log(a) - whole)
    return whole + math.log1p(-below)


def regularised_beta(x: float, a: float, b: float) -> float:
    """
    I_x(a, b), the chance that a Beta(a, b) variable is at most x.

    Args:
        x: Dimensionless, in [0, 1].
        a: First shape, > 0.
        b: Second shape, > 0.

    Returns:
        A probability in [0, 1].

    Source:
        DLMF 8.17.22, 8.17.4.
    """
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    edge = a * math.log(x) + b * math.log1p(-x) - log_beta(a, b)
    if x < (a + 1.0) / (a + b + 2.0):
        return math.exp(edge - math.log(a)) * _fraction(a, b, x)
    return 1.0 - math.exp(edge - math.log(b)) * _fraction(b, a, 1.0 - x)


def log_beta(a: float, b: float) -> float:
    """Log of the complete beta function, for a, b > 0 (DLMF 5.12.1)."""
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of DLMF 8.17.22, by the modified Lentz method; converges fast for x < (a+1)/(a+b+2)."""
    c = 1.0
    d = 1.0 / _away_from_zero(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        d = 1.0 / _away_from_zero(1.0 + even * d)
        c = _away_from_zero(1.0 + even / c)
        value *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        d = 1.0 / _away_from_zero(1.0 + odd * d)
        c = _away_from_zero(1.0 + odd / c)
        step = d * c
        value *= step
        if abs(step - 1.0) < _PRECISION:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
