"""How far a sum may wander by chance, if it wanders like a normal one: boundaries that hold at every look."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from goldenthread.promise.errors import ImpossibleParameter
from goldenthread.promise.evidence.validation import (
    is_number,
    require_share,
    shown,
)

_ROUNDS = 200  # of halving; a double has no more than about 60 to give once the ends are a factor of two apart
_SMALLEST, _LARGEST = 1e-100, 1e140  # beyond, squares and quotients leave the numbers that a double has
_FAR_BELOW = -30.0  # from here on the normal distribution function is taken from its asymptotic series


@dataclass(frozen=True, kw_only=True)
class NormalMixture:
    """
    Evidence that a sum of centred cases has wandered further than chance takes it, valid at every look.

    An average, over every size of a true effect, of the bets that would suit it best: normal weights, one- or
    two-sided. Exact for normal cases with known variance and for anything that varies less (sub-Gaussian).

    Args:
        best_at: Variance of the sum at which the boundary is to be tightest, in the squared unit of a case; > 0.
        best_alpha: Chance of crossing for which it is tuned, in (0, 1); in (0, 1/2) if one-sided.
        one_sided: True where only sums above nothing count as evidence.

    Raises:
        ImpossibleParameter: A variance that is not finite and above 0, or an alpha outside its range.

    Source:
        Howard et al., arXiv 1810.08240, propositions 5 and 6; tuning as in `confseq` (`best_rho`).
    """

    best_at: float
    best_alpha: float = 0.05
    one_sided: bool = False
    rho: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _require_variance("best_at", self.best_at, positive=True)
        require_share("best_alpha", self.best_alpha, "0.05 for a confidence of 95 %")
        if self.one_sided and self.best_alpha >= 0.5:
            raise ImpossibleParameter(
                f"best_alpha={self.best_alpha!r} is no error that a one-sided boundary can be tuned for; "
                "it must lie below 0.5. Write e.g. 0.05 for a confidence of 95 %."
            )
        log_odds = -2.0 * math.log(2.0 * self.best_alpha if self.one_sided else self.best_alpha)
        object.__setattr__(self, "rho", self.best_at / (log_odds + math.log1p(log_odds)))

    def log_e(self, total: float, variance: float) -> float:
        """
        Log of the evidence against "the cases' mean is nothing" (two-sided) or "at most nothing" (one-sided).

        Args:
            total: Sum of the centred cases, in their unit.
            variance: Variance of that sum, in their squared unit; >= 0.

        Returns:
            Natural log, dimensionless; 0 without cases; at a chance of at most alpha it ever reaches log(1 / alpha).

        Raises:
            ImpossibleParameter: A sum that is not finite or absurdly large, or a variance that is no variance.
        """
        _require_variance("variance", variance)
        if not is_number(total):
            raise _no_sum(total)
        spread = variance + self.rho
        z = total / math.sqrt(spread)
        weight = 0.5 * math.log(self.rho / spread)
        found = weight + (math.log(2.0) + _log_tilt(z) if self.one_sided else 0.5 * z * z)
        if not is_number(found):  # overflow must never look like evidence
            raise _no_sum(total)
        return found

    def boundary(self, variance: float, alpha: float) -> float:
        """
        The sum from which the evidence is enough: by chance it is ever reached with probability at most alpha.

        Args:
            variance: Variance of the sum, in the cases' squared unit; >= 0.
            alpha: In (0, 1).

        Returns:
            In the unit of the cases, > 0; two-sided, a sum at or beyond it on either side counts.

        Raises:
            ImpossibleParameter: A variance that is not finite or below 0, or an alpha outside (0, 1).
        """
        _require_variance("variance", variance)
        require_share("alpha", alpha, "0.05 for a confidence of 95 %")
        enough = -math.log(alpha)
        two_sided = math.sqrt((variance + self.rho) * (math.log1p(variance / self.rho) + 2.0 * enough))
        if not self.one_sided:
            return two_sided
        low, high = 0.0, two_sided  # one-sided evidence is the larger one for every sum above nothing
        for _ in range(_ROUNDS):
            middle = (low + high) / 2.0
            if middle in {low, high}:
                break
            low, high = (low, middle) if self.log_e(middle, variance) >= enough else (middle, high)
        return high


def _log_tilt(z: float) -> float:
    """
    Half the square of z plus the log of the chance that a standard normal variable is at most z, without underflow.

    Source: DLMF 7.12.1 for z below -30.
    """
    if z > _FAR_BELOW:
        return 0.5 * z * z + math.log(0.5 * math.erfc(-z / math.sqrt(2.0)))
    inverse = 1.0 / (z * z)
    return math.log1p(inverse * (-1.0 + inverse * (3.0 - 15.0 * inverse))) - math.log(-z * math.sqrt(2.0 * math.pi))


def _require_variance(name: str, value: float, *, positive: bool = False) -> None:
    if not is_number(value) or not (_SMALLEST if positive else 0.0) <= value <= _LARGEST:
        raise ImpossibleParameter(
            f"{name}={shown(value)} is no variance of a sum; it must be finite and "
            f"{'above 0' if positive else 'at least 0'}. Write e.g. 1000 cases times the variance of one."
        )


def _no_sum(total: object) -> ImpossibleParameter:
    return ImpossibleParameter(
        f"total={shown(total)} is no sum of cases; it must be finite, also its square over the variance. "
        "Add the cases up again."
    )
