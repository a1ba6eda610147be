"""The records behind the one-line forms that measure: quantities, outcome lines and clauses."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Comparison(StrEnum):
    """How a measured value is held against a bound."""

    AT_LEAST = ">="
    AT_MOST = "<="
    ABOVE = ">"
    BELOW = "<"


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """
    A number with its unit, exactly as many digits as the author wrote.

    `unit` is '' (a bare number), '%', a currency ('EUR'), a currency a case ('EUR/case'), a time
    ('ms', 's', 'min', 'h', 'd', 'weeks'), 'cases', or a rate ('cases per day', 'cases per week').
    """

    amount: Decimal
    unit: str = ""

    def __str__(self) -> str:
        number = format(self.amount, "f")
        if not self.unit:
            return number
        return f"{number} {_SINGULAR.get(self.unit, self.unit) if self.amount == 1 else self.unit}"


_SINGULAR = {"weeks": "week", "cases": "case", "cases per day": "case per day", "cases per week": "case per week"}


@dataclass(frozen=True, kw_only=True)
class Shift:
    """An outcome or adoption line: `cost_to_serve 18 -> 6 EUR/case in 8 weeks, owned by finance-ops`."""

    metric: str
    statistic: str | None = None  # 'p50', 'p90', 'mean'; None where the metric is a rate or a cost
    baseline: Quantity
    target: Quantity
    of: str | None = None  # '... of cases'
    window: Quantity  # a time
    owner: str

    def __str__(self) -> str:
        """The canonical form; it parses to the same."""
        head = f"{self.metric} {self.statistic}" if self.statistic else self.metric
        of = f" of {self.of}" if self.of else ""
        return f"{head} {self.before_after}{of} in {self.window}, owned by {self.owner}"

    @property
    def before_after(self) -> str:
        """`18 -> 6 EUR/case`; the unit once for money, twice for times and percentages."""
        once = self.baseline.unit == self.target.unit and not _stands_twice(self.target.unit)
        baseline = format(self.baseline.amount, "f") if once else str(self.baseline)
        return f"{baseline} -> {self.target}"


def _stands_twice(unit: str) -> bool:
    return unit in ("%", "ms", "s", "min", "h", "d", "weeks")


@dataclass(frozen=True, kw_only=True)
class Clause:
    """
    A condition on one metric.

    E.g. `agent_time p90 <= 10 min`, `cost <= 0.40 EUR/case cap 5 EUR`, `any policy_violation`,
    `csat not below people by 0.1 cap 5`, `agreement >= 85 % in every language`, `any hard rework_rate`.

    A clause holds its metric against a bound or, with a `margin`, against people's own work: then `comparison` is
    AT_LEAST for "not below" and AT_MOST for "not above", and `cap` is the scale of a value, from 0 to it.
    """

    metric: str
    statistic: str | None = None
    comparison: Comparison | None = None  # None only for `any X`
    bound: Quantity | None = None
    margin: Quantity | None = None  # '... people by 0.1'; instead of a bound
    cap: Quantity | None = None
    window: Quantity | None = None  # '... in 28 d'
    segment: str | None = None  # '... in every language': a name that the contract declares with its values
    any: bool = False
    hard: bool = False  # only with `any`: events reported as hard

    def __str__(self) -> str:
        """The canonical form; it parses to the same."""
        if self.any:
            return f"any hard {self.metric}" if self.hard else f"any {self.metric}"
        return f"{self.metric} {self.condition}"

    @property
    def condition(self) -> str:
        """The clause without its metric, as it stands under a workflow key: `p90 <= 2 d`."""
        cap = f"cap {self.cap}" if self.cap is not None else None
        window = f"in {self.window}" if self.window is not None else None
        segment = f"in every {self.segment}" if self.segment is not None else None
        parts = (self.statistic, *self._held_against, cap, window, segment)
        return " ".join(str(part) for part in parts if part is not None)

    @property
    def _held_against(self) -> tuple[object | None, ...]:
        if self.margin is None:
            return (self.comparison, self.bound)
        side = "not below" if self.comparison is Comparison.AT_LEAST else "not above"
        return (side, f"people by {self.margin}")
