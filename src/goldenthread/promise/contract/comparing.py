"""Which of two lines demands more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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


def clause_key(clause: Clause) -> tuple[object, ...]:
    """Two clauses with the same key speak about the same thing from the same side; in which segments, may differ."""
    beside_people = clause.margin is not None
    return (clause.metric, clause.statistic, clause.any, clause.comparison in _HIGH, beside_people)


@dataclass(frozen=True, kw_only=True)
class Paired:
    """Each old clause beside the new one that speaks about the same thing, or None; and the new that stand alone."""

    pairs: tuple[tuple[Clause, Clause | None], ...]
    came: tuple[Clause, ...]


def paired(old: tuple[Clause, ...], new: tuple[Clause, ...]) -> Paired:
    """
    Match the clauses of one gate or tripwire before and after.

    The same clause goes first, then one for the same segments: a gate may ask for 90 % of all and 80 % of every
    language.
    """
    twins: dict[int, Clause] = {}
    came = list(new)
    keys: tuple[Callable[[Clause], object], ...] = (str, _exact_key, clause_key)
    for key in keys:
        for number, clause in enumerate(old):
            twin = next((other for other in came if key(other) == key(clause)), None)
            if twin is not None and number not in twins:
                twins[number] = twin
                came.remove(twin)
    return Paired(pairs=tuple((clause, twins.get(number)) for number, clause in enumerate(old)), came=tuple(came))


def still_asked(clause: Clause, new: tuple[Clause, ...]) -> bool:
    """True where some new clause asks at least as much, under the same cap."""
    return any(
        clause_key(clause) == clause_key(other)
        and same_cap(clause, other)
        and demand_of_clause(clause, other) in (Demand.SAME, Demand.MORE)
        for other in new
    )


def _exact_key(clause: Clause) -> tuple[object, ...]:
    return (*clause_key(clause), clause.segment, clause.hard)


def demand_of_clause(old: Clause, new: Clause) -> Demand:
    """What the new clause asks of its metric, beside an old one with the same `clause_key`; caps apart."""
    if old.any and new.any:
        return _wider(old.hard, new.hard)
    if old.window != new.window:
        return Demand.OTHER
    return _both(_demand_of_number(old, new), _demand_of_segments(old.segment, new.segment))


def _demand_of_number(old: Clause, new: Clause) -> Demand:
    if old.margin is not None and new.margin is not None:
        return demand_of_quantity(old.margin, new.margin).reversed  # a wider margin asks for less
    if old.bound is None or new.bound is None:
        return Demand.OTHER
    demand = demand_of_quantity(old.bound, new.bound)
    if demand is not Demand.SAME:
        return demand if new.comparison in _HIGH else demand.reversed
    return _wider(old.comparison in _STRICT, new.comparison in _STRICT)


def _demand_of_segments(old: str | None, new: str | None) -> Demand:
    """What holds in every segment holds for all cases together, and not the other way round."""
    if old is None or new is None:
        return _wider(old is not None, new is not None)
    return Demand.SAME if old == new else Demand.OTHER


def _wider(old: bool, new: bool) -> Demand:
    return Demand.SAME if old is new else Demand.MORE if new else Demand.LESS


def _both(one: Demand, other: Demand) -> Demand:
    """Two demands on one clause: one that stays the same does not matter, and a rise does not make up for a fall."""
    if Demand.SAME in (one, other) or one is other:
        return other if one is Demand.SAME else one
    return Demand.OTHER


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
