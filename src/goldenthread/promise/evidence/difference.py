"""Is the agent not worse than people by more than a margin? Pairs: both worked on the same case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from goldenthread.promise.errors import ImpossibleParameter, ValueOutsideCap
from goldenthread.promise.evidence.bets import ConstantBets, geometric
from goldenthread.promise.evidence.mean import mean_bound
from goldenthread.promise.evidence.validation import is_number, shown

FRACTIONS_OF_A_DIFFERENCE = geometric(0.01, 0.95, 14)


@dataclass(frozen=True, kw_only=True)
class DifferenceTest(ConstantBets):
    """
    Test that a mean difference, agent minus people, exceeds minus the margin: fourteen bets, valid at every look.

    A value is agent minus people in one case, turned so that higher is better: for a rate of harm people minus
    agent. The null is "on average at most -margin"; if it holds, the chance of ever promoting is at most alpha.
    A pending case counts as the worst, -scale.

    Args:
        margin: How much worse than people is still good enough, in the unit of the values; 0 <= margin < scale.
        scale: The largest difference that one case can show, same unit: 1 for a rate, 5 for a score of 0 to 5.
        alpha: Accepted chance of promoting wrongly, in (0, 1).

    Raises:
        ImpossibleParameter: A margin that is not within the scale, or an alpha outside (0, 1).

    Source:
        evidence.md, "Difference to the status quo": factor 1 + l * (D + margin), l below 1 / (scale - margin).
    """

    margin: float
    scale: float

    def __post_init__(self) -> None:
        require_margin(self.margin, self.scale)
        self._lay(
            bar=-self.margin,
            at_most=False,
            lowest=-self.scale,
            highest=self.scale,
            fractions=FRACTIONS_OF_A_DIFFERENCE,
        )

    def require(self, value: float) -> None:
        """Refuse a difference outside -scale to scale, or not finite (ValueOutsideCap)."""
        require_within_scale("A difference", value, -self.scale, self.scale)


def difference_bound(test: ConstantBets, differences: Sequence[float], pending: int = 0) -> float | None:
    """
    Lower confidence bound of the mean difference, valid at every look: at least this much better, or at most
    this much worse (where it is negative), than people.

    The largest minus-margin that the evidence still rules out, found by bisection.

    Args:
        test: A `DifferenceTest` or an `UnpairedTest`; its own margin is not used.
        differences: One an observed case, any order, in the unit of the margin.
        pending: Cases still unobserved, each counted as the worst.

    Returns:
        In the unit of the margin; None while nothing can be ruled out.

    Raises:
        ValueOutsideCap: A difference that no case can show.
        ImpossibleCounts: `pending` is negative or not whole.
    """
    return mean_bound(test, differences, pending)


def require_margin(margin: float, scale: float) -> None:
    """
    Refuse a margin that leaves nothing to prove.

    Raises:
        ImpossibleParameter: Not 0 <= margin < scale, or either is not finite.
    """
    if not (is_number(margin) and is_number(scale)) or not 0.0 <= margin < scale:
        raise ImpossibleParameter(
            f"margin={shown(margin)} with scale={shown(scale)} leaves nothing to prove; "
            "a margin must be at least 0 and below the largest difference of a case. Write e.g. 0.1 with a scale of 5."
        )


def require_within_scale(what: str, value: float, lowest: float, highest: float) -> None:
    """
    Refuse an observation that breaks the promise the bound rests on.

    Raises:
        ValueOutsideCap: Below `lowest`, above `highest`, or not finite.
    """
    if not is_number(value) or not lowest <= value <= highest:
        raise ValueOutsideCap(
            f"{what} was observed at {shown(value)}; the bound holds only from {lowest:g} to {highest:g}. "
            "Correct the measurement, or commit a contract with a cap that is enforced."
        )
