"""One change between two versions, and the kinds of change that every part shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from goldenthread.promise.contract.comparing import (
    Demand,
    clause_key,
    demand_of_clause,
    demand_of_quantity,
    paired,
    same_cap,
    still_asked,
)
from goldenthread.promise.contract.model import Clause

Direction: TypeAlias = Literal["loosens", "tightens", "changes", "adds", "removes"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that differs; `loosens` lets the agent do more or asks less of it."""

    direction: Direction
    path: str
    words: str

    def __str__(self) -> str:
        return f"{self.direction} {self.path}: {self.words}"


# --- pieces ---------------------------------------------------------------------------------------


def demanded(demand: Demand) -> Direction:
    """Asking for less loosens, asking for more tightens."""
    by_demand: Mapping[Demand, Direction] = {Demand.LESS: "loosens", Demand.MORE: "tightens"}
    return by_demand.get(demand, "changes")


def texts(path: str, old: object, new: object) -> Iterator[Change]:
    """A text, name or number without a better or worse."""
    if old == new:
        return
    if old is None:
        yield Change(direction="adds", path=path, words=f"now says '{new}'.")
    elif new is None:
        yield Change(direction="removes", path=path, words=f"no longer says '{old}'.")
    else:
        yield Change(direction="changes", path=path, words=f"says '{new}' instead of '{old}'.")


def numbers(
    path: str, old: Decimal | int | None, new: Decimal | int | None, words: str, *, tight_up: bool
) -> Iterator[Change]:
    """A number with a tight side; `words` holds {old} and {new}."""
    before, after = old or 0, new or 0
    if before == after:
        return
    tightens = (after > before) is tight_up
    yield Change(direction="tightens" if tightens else "loosens", path=path, words=words.format(old=before, new=after))


# --- workflow -------------------------------------------------------------------------------------


def whole_part(path: str, old: object | None, new: object | None) -> Iterator[Change]:
    """A part that came or went."""
    if old is None and new is not None:
        yield Change(direction="adds", path=path, words="this part is new.")
    elif old is not None and new is None:
        yield Change(direction="removes", path=path, words="this part is gone; the slice becomes a prototype.")


def line_changes(path: str, old: Clause | None, new: Clause | None) -> Iterator[Change]:
    """One workflow line."""
    if old is None and new is not None:
        yield Change(direction="tightens", path=path, words=f"now asks for '{new}'.")
    elif old is not None and new is None:
        yield Change(direction="loosens", path=path, words=f"no longer asks for '{old}'.")
    elif old is not None and new is not None:
        yield from clause_pair(path, "", old, new, tripwire=False)


# --- clauses --------------------------------------------------------------------------------------


def clause_pair(path: str, where: str, old: Clause, new: Clause, *, tripwire: bool) -> Iterator[Change]:
    """The same clause before and after."""
    if clause_key(old) != clause_key(new):
        yield Change(direction="changes", path=path, words=f"{where}asks for '{new}' instead of '{old}'.")
        return
    demand = demand_of_clause(old, new)
    if demand is not Demand.SAME:
        verb = "falls at" if tripwire else "asks for"
        direction = demanded(demand.reversed if tripwire else demand)
        yield Change(direction=direction, path=path, words=f"{where}{verb} '{new}' instead of '{old}'.")
    elif not same_cap(old, new):
        lower = old.cap is None or (new.cap is not None and demand_of_quantity(old.cap, new.cap) is Demand.LESS)
        cap = f"a cap of {new.cap}" if new.cap else "no cap"
        words = f"{where}holds {new.metric} to {cap} a case instead of {old.cap or 'none'}."
        yield Change(direction="tightens" if lower else "loosens", path=path, words=words)


def clause_sets(
    path: str, where: str, old: tuple[Clause, ...], new: tuple[Clause, ...], *, tripwire: bool
) -> Iterator[Change]:
    """The clauses of one gate or tripwire."""
    found = paired(old, new)
    verb = "watches" if tripwire else "asks"
    for before, after in found.pairs:
        if after is not None:
            yield from clause_pair(path, where, before, after, tripwire=tripwire)
        elif tripwire or not still_asked(before, new):
            yield Change(direction="loosens", path=path, words=f"{where}no longer {verb} for '{before}'.")
    for clause in found.came:
        yield Change(direction="tightens", path=path, words=f"{where}now also {verb} for '{clause}'.")
