"""Agent against people where each case went to one of them by chance: the same test, on centred values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from goldenthread.promise.errors import ImpossibleCounts, ImpossibleParameter
from goldenthread.promise.evidence.bets import ConstantBets, MeanState
from goldenthread.promise.evidence.difference import (
    FRACTIONS_OF_A_DIFFERENCE,
    require_margin,
    require_within_scale,
)
from goldenthread.promise.evidence.mean import MeanEvidence, judge_mean_in_order
from goldenthread.promise.evidence.validation import (
    is_number,
    listed,
    require_cases,
    require_label,
    require_share,
    shown,
)

_ROUNDING = 1e-12  # 1 - 0.3 is a hair below 0.7 in some spellings


@dataclass(frozen=True, kw_only=True)
class ArmCase:
    """
    One case that chance gave to the agent or to people.

    Everything but the value is on record before its outcome is known; that is what makes the test valid.

    Attributes:
        value: In [0, scale], higher is better; None while pending.
        by_agent: True where the agent got the case.
        propensity: The chance with which the agent was to get it, in (0, 1).
        centre: A guess of the value made beforehand, in [0, scale]; it only saves cases, any guess is valid.
    """

    value: float | None
    by_agent: bool
    propensity: float
    centre: float


@dataclass(frozen=True, kw_only=True)
class RunningCentre:
    """
    The guess to log with the next case: the mean of every value seen so far, of both arms.

    It begins with one imagined case in the middle of the scale, so that it never leaves the scale. Take it when a
    case starts, from whatever is known then, and keep it with the case: were it taken anew when a late value
    comes, that value would change the cases after it.

    Attributes:
        scale: Largest value of a case.
        cases: Values seen.
        total: Their sum.

    Raises:
        ImpossibleParameter: A scale that is not finite and above 0.
        ImpossibleCounts: A count that is not whole.
        ValueOutsideCap: A sum that so many cases cannot have.
    """

    scale: float
    cases: int = 0
    total: float = 0.0

    def __post_init__(self) -> None:
        require_margin(0.0, self.scale)
        require_cases("cases", self.cases, 0)
        require_within_scale("A sum", self.total, 0.0, self.cases * self.scale * (1.0 + _ROUNDING))

    @property
    def centre(self) -> float:
        """In [0, scale]."""
        return min(self.scale, max(0.0, (self.total + self.scale / 2.0) / (self.cases + 1)))

    def after(self, value: float) -> RunningCentre:
        """With one more value (ValueOutsideCap where it is outside 0 to scale)."""
        require_within_scale("A case", value, 0.0, self.scale)
        return RunningCentre(scale=self.scale, cases=self.cases + 1, total=self.total + value)

    def to_json(self) -> list[float | int]:
        """Two numbers."""
        return [self.cases, self.total]

    @classmethod
    def from_json(cls, numbers: Sequence[float | int], *, scale: float) -> RunningCentre:
        """
        The centre that `to_json` wrote.

        Raises:
            ImpossibleCounts: Not two numbers, or a count that is not whole.
            ValueOutsideCap: A sum that so many cases cannot have.
            ImpossibleParameter: A scale that is not finite and above 0.
        """
        cases, total = listed(numbers)[:2] if len(listed(numbers)) == 2 else (None, None)
        if not is_number(cases) or cases != int(cases):
            raise ImpossibleCounts(
                f"{shown(numbers)} is no centre; it has two numbers, a count and a sum. Fold the observations again."
            )
        return cls(scale=scale, cases=int(cases), total=float(total) if is_number(total) else math.nan)


def unpaired_difference(case: ArmCase, *, scale: float) -> float:
    """
    What one case says of agent minus people: A(Y - c)/r - (1 - A)(Y - c)/(1 - r).

    Its average over the chance of who gets the case is the difference itself, whatever the centre c. A pending
    value counts as the worst: 0 for the agent, the whole scale for people.

    Args:
        case: As logged.
        scale: Largest value of a case, in the unit of the values.

    Returns:
        In the unit of the values, from -scale / r to scale / r (people: 1 - r); higher speaks for the agent.

    Raises:
        ImpossibleParameter: A propensity outside (0, 1), a centre outside the scale, or a scale that is none.
        ImpossibleCounts: `by_agent` is neither True nor False.
        ValueOutsideCap: A value outside 0 to scale.

    Source:
        evidence.md, "Difference to the status quo".
    """
    require_share("propensity", case.propensity, "0.5 for equal arms")
    require_margin(0.0, scale)
    require_label(case.by_agent)
    if not (is_number(case.centre) and 0.0 <= case.centre <= scale):
        raise ImpossibleParameter(
            f"centre={shown(case.centre)} is no value of a case; it must lie from 0 to the scale of {scale:g}. "
            "Log the mean of the values known when the case started."
        )
    value = (0.0 if case.by_agent else scale) if case.value is None else case.value
    require_within_scale("A case", value, 0.0, scale)
    away = value - case.centre
    return away / case.propensity if case.by_agent else -away / (1.0 - case.propensity)


@dataclass(frozen=True, kw_only=True)
class UnpairedTest(ConstantBets):
    """
    As `DifferenceTest`, of cases that went to the agent or to people by chance; valid at every look.

    It needs about four times the cases of a paired test (evidence.md: 2,381 against 552), so pair where a shadow
    run can. Check the split itself with `SplitTest`. The bets stay constant also where the propensity differs from
    case to case, which is why its smallest must be known beforehand.

    Args:
        margin: How much worse than people is still good enough; 0 <= margin < scale.
        scale: Largest value of a case; values lie in [0, scale].
        alpha: Accepted chance of promoting wrongly, in (0, 1).
        least_propensity: The smallest chance with which either side ever gets a case, in (0, 0.5].

    Raises:
        ImpossibleParameter: A parameter outside its range.

    Source:
        evidence.md, "Difference to the status quo"; off-policy: Waudby-Smith et al., arXiv 2210.10768.
    """

    margin: float
    scale: float
    least_propensity: float = 0.5

    def __post_init__(self) -> None:
        require_margin(self.margin, self.scale)
        require_share("least_propensity", self.least_propensity, "0.5 for equal arms")
        if self.least_propensity > 0.5:
            raise ImpossibleParameter(
                f"least_propensity={shown(self.least_propensity)} cannot be the smaller of two chances; "
                "it must lie above 0 and not above 0.5. Write e.g. 0.5 for equal arms."
            )
        widest = self.scale / self.least_propensity
        self._lay(
            bar=-self.margin,
            at_most=False,
            lowest=-widest,
            highest=widest,
            fractions=FRACTIONS_OF_A_DIFFERENCE,
        )

    def require(self, value: float) -> None:
        """Refuse a difference larger than the smallest propensity allows, or not finite (ValueOutsideCap)."""
        require_within_scale("A difference", value, self.lowest, self.highest)

    def difference(self, case: ArmCase) -> float:
        """
        What one case says, for `update`; a pending value counts as the worst.

        Raises:
            ImpossibleParameter: A propensity below the smallest that was announced; else as `unpaired_difference`.
            ValueOutsideCap: A value outside 0 to scale.
        """
        found = unpaired_difference(case, scale=self.scale)
        if min(case.propensity, 1.0 - case.propensity) < self.least_propensity - _ROUNDING:
            raise ImpossibleParameter(
                f"propensity={shown(case.propensity)} gives one side less than the {self.least_propensity:g} "
                "that the test was laid out for. Lay it out for the smallest chance in use."
            )
        return min(self.highest, max(self.lowest, found))

    def judge(self, cases: Iterable[ArmCase], *, after: MeanState | None = None) -> MeanEvidence:
        """
        What cases prove, some of them pending, in case order; the estimate is of the difference.

        Args:
            cases: As logged.
            after: The settled cases before these, if they were folded with `update`.

        Raises:
            ImpossibleParameter, ValueOutsideCap: As `difference`.
        """
        given = list(cases)
        found = [self.difference(case) for case in given]
        known = [None if case.value is None else value for case, value in zip(given, found, strict=True)]
        return judge_mean_in_order(self, known, after=after, worsts=found)
