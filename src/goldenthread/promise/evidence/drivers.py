"""Why a mean moved: split exactly into what drove it, whatever the order in which one looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import factorial

from goldenthread.promise.errors import ImpossibleCounts, OutcomeNotExplained
from goldenthread.promise.evidence.validation import shown

DRIVERS = ("mix", "automation", "rework", "unit price", "rest")
"""
The kinds of case; the share done without people; the share done twice; the price of a unit; and what is left: how many
units a case takes (or, without units, what a case of one kind costs).
"""

MOST_KINDS = 200
_MOST = 10**24
_PLACES = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """
    One case or period: amount over weight is what it cost, in whole millionths; `units` None where unknown.

    Raises:
        ImpossibleCounts: An amount that is not whole, or a weight or units below 0, or beyond 10^24.
    """

    kind: str
    automated: bool
    reworked: bool
    amount: int
    weight: int
    units: int | None = None

    def __post_init__(self) -> None:
        _require_whole("amount", self.amount, -_MOST)
        _require_whole("weight", self.weight, 0)
        if self.units is not None:
            _require_whole("units", self.units, 0)


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """
    A change of a mean, in whole millionths: `before + sum of drivers == after`, exactly.

    `priced` tells whether units were known, without which no price can have changed.
    """

    before: int
    after: int
    drivers: Mapping[str, int]
    priced: bool

    def in_places(self, places: int) -> Explanation:
        """
        The same in whole units of the last place (2: cents), still adding up exactly.

        Raises:
            ImpossibleCounts: `places` is none of 0 to 6.
        """
        _require_whole("places", places, 0, _PLACES)
        scale = 10 ** (_PLACES - places)
        before, after = round(Fraction(self.before, scale)), round(Fraction(self.after, scale))
        exact = {name: Fraction(amount, scale) for name, amount in self.drivers.items()}
        return Explanation(before=before, after=after, drivers=_whole(exact, after - before), priced=self.priced)


def explain_mean(before: Iterable[Piece], after: Iterable[Piece]) -> Explanation:
    """
    Split the change of a mean (sum of amounts over sum of weights) into its drivers.

    A driver's part is its Shapley value: over every order in which the five could have changed one after the other,
    the average of what changing this one does. It doesn't depend on an order, and it adds up. A kind that is not there
    in one of the periods counts as having cost there what it did in the other: its coming or going is mix.

    Args:
        before: At least one piece.
        after: At least one piece.

    Raises:
        OutcomeNotExplained: A period is empty or weighs nothing, there are more than 200 kinds, or an amount without
            units among others.

    Source:
        Shapley (1953), A value for n-person games; Shorrocks (2013), doi:10.1007/s10888-011-9214-z.
    """
    periods = [list(before), list(after)]
    priced = all(piece.units is not None for pieces in periods for piece in pieces)
    tables = [_Table.of(pieces, priced=priced) for pieces in periods]
    kinds = {kind for table in tables for kind, _, _ in table.cells}
    if len(kinds) > MOST_KINDS:
        raise OutcomeNotExplained(
            f"There are {len(kinds):,} kinds of case, and {MOST_KINDS} can be told apart. Group them in the query."
        )
    states = _states(tables)
    exact = {name: _part(place, states) for place, name in enumerate(DRIVERS)}
    first, last = round(states[frozenset()]), round(states[frozenset(range(len(DRIVERS)))])
    return Explanation(before=first, after=last, drivers=_whole(exact, last - first), priced=priced)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _require_whole(name: str, value: int, least: int, most: int = _MOST) -> None:
    if not _is_whole(value) or not least <= value <= most:
        raise ImpossibleCounts(
            f"{name}={shown(value)} is no number that can be explained; it must be whole, from {least} to {most}. "
            "Look at what was read."
        )


_Cell = tuple[str, bool, bool]


@dataclass(frozen=True, kw_only=True)
class _Table:
    """Sums of a period by kind, automation and rework: (weight, units, amount)."""

    cells: Mapping[_Cell, tuple[int, int, int]]

    @classmethod
    def of(cls, pieces: Sequence[Piece], *, priced: bool) -> _Table:
        if not any(piece.weight for piece in pieces):
            raise OutcomeNotExplained(
                "One of the two periods has no value, so nothing can be said of a change. Read the outcome first, or "
                "name other days."
            )
        sums: dict[_Cell, list[int]] = {}
        for piece in pieces:
            cell = sums.setdefault((piece.kind, piece.automated, piece.reworked), [0, 0, 0])
            cell[0] += piece.weight
            cell[1] += (piece.units or 0) if priced else piece.amount  # then a unit is an amount, at a price of one
            cell[2] += piece.amount
        if any(amount and not units for _, units, amount in sums.values()):
            raise OutcomeNotExplained(
                "Some cases cost something and used no units, so a unit has no price. Correct the units, or state the "
                "source without them."
            )
        return cls(cells={cell: (weight, units, amount) for cell, (weight, units, amount) in sums.items()})

    def weight(self, *within: object) -> int:
        """Of all cells that begin so."""
        return sum(sums[0] for cell, sums in self.cells.items() if cell[: len(within)] == within)


def _states(tables: Sequence[_Table]) -> dict[frozenset[int], Fraction]:
    """The mean in millionths with each set of drivers as after, and the others as before."""
    cells = sorted({cell for table in tables for cell in table.cells})
    factors = {cell: [_factors(table, tables, cell) for table in tables] for cell in cells}
    found = {}
    for size in range(len(DRIVERS) + 1):
        for chosen in combinations(range(len(DRIVERS)), size):
            moved = frozenset(chosen)
            found[moved] = 1_000_000 * sum((_product(pair, moved) for pair in factors.values()), Fraction(0))
    return found


def _factors(table: _Table, tables: Sequence[_Table], cell: _Cell) -> tuple[Fraction, ...]:
    """By driver: share of the kind, of automation in it, of rework in that; price of a unit; units a case."""
    other = tables[1] if table is tables[0] else tables[0]
    kind, automated, _ = cell
    mix = Fraction(table.weight(kind), table.weight())
    shares = []
    for within, part in (((kind,), (kind, automated)), ((kind, automated), cell)):
        source = table if table.weight(*within) else other
        shares.append(Fraction(source.weight(*part), source.weight(*within)) if source.weight(*within) else Fraction(0))
    weight, units, _ = (table if cell in table.cells else other).cells.get(cell, (0, 0, 0))
    priced = table if table.cells.get(cell, (0, 0, 0))[1] else other
    _, of_units, of_amount = priced.cells.get(cell, (0, 0, 0))
    price = Fraction(of_amount, of_units) if of_units else Fraction(0)
    return mix, shares[0], shares[1], price, Fraction(units, weight) if weight else Fraction(0)


def _product(pair: Sequence[tuple[Fraction, ...]], moved: frozenset[int]) -> Fraction:
    product = Fraction(1)
    for place in range(len(DRIVERS)):
        product *= pair[place in moved][place]
    return product


def _part(place: int, states: Mapping[frozenset[int], Fraction]) -> Fraction:
    """The Shapley value of one driver."""
    count, part = len(DRIVERS), Fraction(0)
    for state, value in states.items():
        if place not in state:
            size = len(state)
            share = Fraction(factorial(size) * factorial(count - size - 1), factorial(count))
            part += share * (states[state | {place}] - value)
    return part


def _whole(exact: Mapping[str, Fraction], total: int) -> dict[str, int]:
    """Whole numbers next to the exact ones that add up to the total: the largest remainders are rounded up."""
    floors = {name: amount.numerator // amount.denominator for name, amount in exact.items()}
    left = total - sum(floors.values())
    by_rest = sorted(exact, key=lambda name: (floors[name] - exact[name], list(exact).index(name)))
    for turn in range(abs(left)):
        name = by_rest[turn % len(by_rest)] if left > 0 else by_rest[-1 - turn % len(by_rest)]
        floors[name] += 1 if left > 0 else -1
    return floors
