"""From how far a day is off to a bet on it: normal scores, and the e-detector that adds them up."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from statistics import NormalDist
from typing import Literal

_NU = 20
_FURTHEST = 1e-14  # chances below are taken for this: a double has no more to give
_LARGEST = 1e300
_NORMAL = NormalDist()

BETS = (1.0, 2.0, 4.0)
"""Shifts that are bet on, in standard deviations of a day, beyond what is borne."""

BORNE = 0.35
"""A shift of so many standard deviations of a day is no anomaly: nothing usual is known more exactly than that."""


def upper_chance(t: float) -> float:
    """
    Chance that Student's t with 20 degrees of freedom is at least `t`.

    Source:
        Abramowitz and Stegun, 26.7.4: a finite sum, since the degrees are even.
    """
    angle = math.atan(abs(t) / math.sqrt(_NU))
    square, term, total = math.cos(angle) ** 2, 1.0, 1.0
    for step in range(1, _NU // 2):
        term *= (2 * step - 1) / (2 * step) * square
        total += term
    above = (1.0 - math.sin(angle) * total) / 2.0
    return max(_FURTHEST, above) if t >= 0 else 1.0 - max(_FURTHEST, above)


def normal_score(t: float) -> float:
    """
    The normal deviate that is as rare as `t` is for Student's t with 20 degrees of freedom.

    It is nearer to 0 than `t`: whatever has lighter tails than that is judged as if it had them.
    """
    return -_NORMAL.inv_cdf(upper_chance(t)) if t >= 0 else _NORMAL.inv_cdf(upper_chance(-t))


@dataclass(kw_only=True)
class Evidence:
    """
    A Shiryaev-Roberts e-detector of a shift of normal scores, for each bet in each direction.

    Attributes:
        signs: The directions that matter: 1 for up, -1 for down.
        values: By (direction, bet): R <- (1 + R) * exp(bet * (score - borne) - bet^2 / 2); after n days its mean is at
            most n as long as scores, given all days before, lie below normal ones that are shifted by what is borne
            (Shin, Ramdas and Rinaldo, arXiv 2203.03532).
        begun: By the same: the day on which the likeliest change began, and the log of its likelihood ratio.
    """

    signs: tuple[int, ...] = (1, -1)
    values: dict[tuple[int, float], float] = field(default_factory=dict)
    begun: dict[tuple[int, float], tuple[float, date]] = field(default_factory=dict)

    def update(self, day: date, score: float) -> None:
        """One more day."""
        for sign in self.signs:
            for bet in BETS:
                key = (sign, bet)
                log = bet * (sign * score - BORNE) - bet * bet / 2.0
                self.values[key] = min(_LARGEST, (1.0 + self.values.get(key, 0.0)) * math.exp(log))
                before, since = self.begun.get(key, (0.0, day))
                self.begun[key] = (before + log, since) if before > 0.0 else (log, day)

    @property
    def total(self) -> float:
        """Mean over bets and directions."""
        return sum(self.values.values()) / (len(self.signs) * len(BETS))

    def told(self) -> tuple[Literal["up", "down"], date]:
        """Direction and first day of the change that the evidence speaks for; only after `update`."""
        sign, bet = max(self.values, key=lambda key: self.values[key])
        return ("up" if sign > 0 else "down"), self.begun[sign, bet][1]

    def forget(self) -> None:
        """Begin afresh."""
        self.values.clear()
        self.begun.clear()
