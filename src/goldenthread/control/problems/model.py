"""The problem map as its file states it: plain records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from goldenthread.promise.values import digest_bytes

CATEGORIES: Mapping[str, str] = {
    "waiting": "people wait for an answer",
    "effort": "it takes people's time",
    "errors": "it goes wrong",
    "risk": "something may go badly wrong",
    "cost": "money is spent on it",
    "reach": "people don't get what they would need",
}
"""Every category, with what it says of the problem."""


@dataclass(frozen=True, kw_only=True)
class Rating:
    """`4 of 5, every request has two timestamps`: 1 is hardest, and the reason goes with the number."""

    score: int
    because: str

    def __str__(self) -> str:
        return f"{self.score} of 5, {self.because}"


@dataclass(frozen=True, kw_only=True)
class Worth:
    """`40000 to 90000 EUR/year`: what solving it would be worth in a year."""

    low: Decimal
    high: Decimal
    currency: str

    @property
    def middle(self) -> Decimal:
        """Halfway between the two."""
        return (self.low + self.high) / 2

    def __str__(self) -> str:
        amounts = f"{self.low:f}" if self.low == self.high else f"{self.low:f} to {self.high:f}"
        return f"{amounts} {self.currency}/year"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """
    One problem.

    Attributes:
        name: Small letters and hyphens.
        says: The problem in a sentence, without its solution.
        owner: Who answers for it.
        sufferer: Who suffers from it; the file's `for`.
        category: One of CATEGORIES.
        horizon: 1 today's work, 2 promises that become affordable, 3 beyond.
        worth: A year; None where nobody has said: unknown is no zero.
        evidence: What is known, by where it is from; empty: somebody says so.
        tractability: Whether it can be solved with what there is.
        measurability: Whether one would see that it got better.
        slices: Of work, that somebody gives or may give to an agent because of it.
        set_aside: Why it is not worked on; None while it is open.
    """

    name: str
    says: str
    owner: str
    sufferer: str
    category: str
    horizon: int
    worth: Worth | None
    evidence: Mapping[str, str]
    tractability: Rating
    measurability: Rating
    slices: tuple[str, ...] = ()
    set_aside: str | None = None


@dataclass(frozen=True, kw_only=True)
class ProblemMap:
    """One version of the map. `text` is the file; what is signed is the digest of its bytes."""

    version: int
    owner: str
    problems: tuple[Problem, ...]
    text: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)  # problem -> line of the file, from 1

    @property
    def digest(self) -> str:
        """SHA-256 of the file's bytes."""
        return digest_bytes(self.text.encode("utf-8"))

    def problem_of(self, slice_name: str) -> Problem | None:
        """The problem that a slice stands under, open or set aside."""
        return next((problem for problem in self.problems if slice_name in problem.slices), None)
