"""Which approach a piece of work needs, which it may have, how high it may climb, and what it then must have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile
from typing import Literal

from goldenthread.factory.fit.facts import FACTS, WorkFacts, fact_words
from goldenthread.factory.fit.table import APPROACH, Approach, Row, Table, holds
from goldenthread.promise.values import LADDER, Level

Kind = Literal["need", "limit", "ceiling", "guardrail"]


@dataclass(frozen=True, kw_only=True)
class Reason:
    """
    One line of a recommendation.

    Attributes:
        row: Of the table: `N3`; `T1`, `T2` stand for the limits of time and cost.
        kind: What it did.
        says: Why.
        because: The facts that made it hold, in words; a fact that is not stated is named so.
        does: What followed: 'at least retrieval', 'at most approval', or the line that the contract needs.
        source: On what it rests, in full.
        assumed: Whether it holds only because a fact is not stated.
    """

    row: str
    kind: Kind
    says: str
    because: tuple[str, ...]
    does: str
    source: str
    assumed: bool = False


@dataclass(frozen=True, kw_only=True)
class OpenFact:
    """A fact that is not stated, and the needs that it might bring: `steps`, ('N7: at least agent',)."""

    name: str
    might: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """
    What the table says of a piece of work.

    Attributes:
        facts: That it rests on.
        table_version: Of the table.
        table_digest: Of the table's file.
        needed: The least approach that could do the work.
        approach: The one recommended: the needed one where it is allowed, else the most that is; None if nothing may
            be built.
        ceiling: The highest level; None where nothing may be built.
        reasons: Every row that held, in the table's order.
        open: Facts not stated that might lift the approach.
    """

    facts: WorkFacts
    table_version: int
    table_digest: str
    needed: Approach
    approach: Approach | None
    ceiling: Level | None
    reasons: tuple[Reason, ...]
    open: tuple[OpenFact, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether what the work needs is what it may have; if not, the slice is too wide, or not for an agent."""
        return self.approach is self.needed

    @property
    def guardrails(self) -> tuple[Reason, ...]:
        """What a contract must then have."""
        return tuple(reason for reason in self.reasons if reason.kind == "guardrail")


def recommend(facts: WorkFacts, table: Table) -> Recommendation:
    """
    The least free approach that can do the work, if it is allowed, with its ceiling and guardrails.

    An unknown fact never lifts the approach; it lowers the ceiling and brings guardrails as if the worst were true.
    """
    reasons = [_reason(row, "need", facts, table) for row in table.needs if holds(row, facts)]
    needed = max((row.approach for row in table.needs if row.approach and holds(row, facts)), key=_rank, default=_LEAST)
    limits = list(_limits(facts, table))
    approach = _least_of(needed, [most for _, most in limits])
    reasons += [reason for reason, _ in limits]
    ceiling: Level | None = None
    if approach is not None:
        capping = [row for row in table.ceilings if holds(row, facts, approach) is not False]
        ceiling = min((row.level for row in capping if row.level), key=lambda level: level.rank, default=LADDER[-1])
        reasons += [_reason(row, "ceiling", facts, table, approach) for row in capping]
        guards = [row for row in table.guardrails if holds(row, facts, approach) is not False]
        reasons += [_reason(row, "guardrail", facts, table, approach) for row in guards]
    return Recommendation(
        facts=facts,
        table_version=table.version,
        table_digest=table.digest,
        needed=needed,
        approach=approach,
        ceiling=ceiling,
        reasons=tuple(reasons),
        open=tuple(_open(facts, table, needed)),
    )


_LEAST = Approach.RULES


def _rank(approach: Approach) -> int:
    return approach.rank


def _least_of(needed: Approach, limits: list[Approach | None]) -> Approach | None:
    if None in limits:
        return None
    return min([needed, *(limit for limit in limits if limit is not None)], key=_rank)


def _limits(facts: WorkFacts, table: Table) -> Iterator[tuple[Reason, Approach | None]]:
    for row in table.limits:
        held = holds(row, facts)
        if held or (held is None and row.approach is not None):  # nothing at all is only said of what is known
            yield _reason(row, "limit", facts, table), row.approach
    for id, name, what in (("T1", "seconds", "takes about {} s"), ("T2", "cost", "costs about {} EUR a case")):
        limit = getattr(facts, name)
        inside = list(Approach) if limit is None else _inside(table, name, limit)
        if len(inside) == len(Approach):
            continue
        most = max(inside, key=_rank, default=None)
        beyond = Approach.RULES if most is None else tuple(Approach)[most.rank + 1]
        says = (
            f"{beyond.words} {what.format(format(getattr(table.typical[beyond], name), 'f'))} before anybody measured"
        )
        yield _limit(id, says, facts, name, most, table), most


def _inside(table: Table, name: str, limit: Decimal) -> list[Approach]:
    """The least free up to the first that takes more; in a table of one's own something freer may take less again."""
    return list(takewhile(lambda one: getattr(table.typical[one], name) <= limit, Approach))


def _limit(id: str, says: str, facts: WorkFacts, name: str, most: Approach | None, table: Table) -> Reason:
    because = (fact_words(name, facts.value(name)),)
    source = table.sources[table.typical_source]
    return Reason(row=id, kind="limit", says=says, because=because, does=_at_most(most), source=source)


def _reason(row: Row, kind: Kind, facts: WorkFacts, table: Table, approach: Approach | None = None) -> Reason:
    because = tuple(_because(name, facts, approach) for name in row.when)
    return Reason(
        row=row.id,
        kind=kind,
        says=row.says,
        because=because,
        does=_does(row, kind),
        source=table.sources[row.source],
        assumed=holds(row, facts, approach) is None,
    )


def _because(name: str, facts: WorkFacts, approach: Approach | None) -> str:
    return f"approach: {approach}" if name == APPROACH else fact_words(name, facts.value(name))


def _does(row: Row, kind: Kind) -> str:
    if kind == "need":
        return f"at least {row.approach}"
    if kind == "limit":
        return _at_most(row.approach)
    return f"at most {row.level}" if kind == "ceiling" else row.write


def _at_most(approach: Approach | None) -> str:
    return "nothing at all" if approach is None else f"at most {approach}"


def _open(facts: WorkFacts, table: Table, needed: Approach) -> Iterator[OpenFact]:
    """What is not stated and could lift the approach further."""
    higher = [row for row in table.needs if row.approach and row.approach.rank > needed.rank]
    for name in FACTS:
        might = tuple(
            f"{row.id}: at least {row.approach}"
            for row in higher
            if facts.value(name) is None and name in row.when and holds(row, facts) is None
        )
        if might:
            yield OpenFact(name=name, might=might)
