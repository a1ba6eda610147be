"""Which of two lines demands more."""

from __future__ import annotations

from enum import Enum

from goldenthread.promise.contract.model import Clause, Comparison, Quantity
from goldenthread.promise.contract.quantities import dimension, magnitude


class Demand(Enum):
    """What the new line asks for, beside the old."""

    LESS = "less"
    SAME = "same"
    MORE = "more"
    OTHER = "other"  # the two cannot be compared

    @property
    def reversed(self) -> Demand:
        """The same seen from the other side: a tripwire that holds more easily protects more."""
        return {Demand.LESS: Demand.MORE, Demand.MORE: Demand.LESS}.get(self, self)


_HIGH = (Comparison.AT_LEAST, Comparison.ABOVE)
_STRICT = (Comparison.ABOVE, Comparison.BELOW)


def clause_key(clause: Clause) -> tuple[str, str | None, bool, bool]:
    """Two clauses with the same key speak about the same thing from the same side."""
    return (clause.metric, clause.statistic, clause.any, clause.comparison in _HIGH)


def demand_of_clause(old: Clause, new: Clause) -> Demand:
    """What the new clause asks of its metric, beside an old one with the same `clause_key`; caps apart."""
    if old.any and new.any:
        return Demand.SAME
    if old.window != new.window or old.bound is None or new.bound is None:
        return Demand.OTHER
    demand = demand_of_quantity(old.bound, new.bound)
    if demand is not Demand.SAME:
        return demand if new.comparison in _HIGH else demand.reversed
    if (old.comparison in _STRICT) == (new.comparison in _STRICT):
        return Demand.SAME
    return Demand.MORE if new.comparison in _STRICT else Demand.LESS


def demand_of_quantity(old: Quantity, new: Quantity) -> Demand:
    """MORE when the new quantity is larger."""
    if dimension(old) != dimension(new):
        return Demand.OTHER
    if magnitude(old) == magnitude(new):
        return Demand.SAME
    return Demand.MORE if magnitude(new) > magnitude(old) else Demand.LESS


def same_cap(old: Clause, new: Clause) -> bool:
    """True when both promise the same hard cap a case, or neither does."""
    if old.cap is None or new.cap is None:
        return old.cap is new.cap
    return demand_of_quantity(old.cap, new.cap) is Demand.SAME
