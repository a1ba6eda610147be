"""Costs of cases, which are worked out from prices and telemetry elsewhere, taken into the facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import duckdb

from goldenthread.record.metrics.facts.columns import Fact
from goldenthread.record.metrics.facts.engine import database, facts_in, fetch
from goldenthread.record.metrics.facts.folding import derive_cost
from goldenthread.record.metrics.facts.manifest import damaged, held, read_manifest, write_manifest
from goldenthread.record.metrics.facts.parts import Change, facts_of, prepare, write_changes


class CaseMoney(Protocol):
    """What a case cost, in millionths of one currency; None is unknown, never nothing."""

    @property
    def model_micros(self) -> int | None:
        """Its model calls."""
        ...

    @property
    def tool_micros(self) -> int | None:
        """Its tools."""
        ...

    @property
    def people_micros(self) -> int | None:
        """The people who looked at it."""
        ...

    @property
    def currency(self) -> str:
        """Of all three."""
        ...


def take_costs(folder: Path, slice_name: str, costs: Mapping[str, CaseMoney]) -> int:
    """
    Let cases cost this, each by the run by which it is counted. The same costs again change nothing; facts that are
    made anew have none until they are given again.

    Args:
        folder: `folder_of(home)`, brought up to date before.
        slice_name: Whose.
        costs: By case, as the ledger names it; cases without facts are passed over.

    Returns:
        How many cases cost something else than before.

    Raises:
        MetricsDamaged: The facts cannot be read.
        MetricsUnwritable: They cannot be written.
    """
    with held(folder), database(folder) as opened:
        manifest = read_manifest(folder)
        prepare(opened)
        standing = facts_in(folder, manifest, slice_name=slice_name)
        wanted = f'select * from ({standing}) where cases = 1 and "case" in (select unnest(?::varchar[]))'
        try:
            known = facts_of(fetch(opened, wanted, [sorted(costs)]))
        except duckdb.Error as problem:
            raise damaged(folder, problem) from problem
        changes: list[Change] = []
        for fact, place in known:
            now = _costing(fact, costs[fact.case])
            if now != fact:
                changes.append(((fact, place), now))
        if changes:
            part = write_changes(opened, folder, manifest.number + 1, changes)
            write_manifest(folder, replace(manifest, number=part.number, parts=(*manifest.parts, part)))
        return len(changes)


def _costing(fact: Fact, cost: CaseMoney) -> Fact:
    now = replace(
        fact,
        model_cost_micros=cost.model_micros,
        tool_cost_micros=cost.tool_micros,
        people_cost_micros=cost.people_micros,
        currency=cost.currency,
    )
    derive_cost(now)
    return now
