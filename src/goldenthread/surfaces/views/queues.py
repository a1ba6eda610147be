"""What waits for people in a slice, counted: how many, of which kind, for how long, and whose turn it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from goldenthread.control.approvals import how_it_waits
from goldenthread.promise.contract import Contract
from goldenthread.record.ledger import Ledger
from goldenthread.surfaces.views.rows import select


@dataclass(frozen=True, kw_only=True)
class Queue:
    """
    What waits for people in a slice.

    Attributes:
        kinds: How many of each kind.
        handed: How many were handed to somebody by name.
        oldest: When the first of them was asked.
        turn: Whose turn that one is; None where the contract has no path.
        due: When their time is over.
    """

    count: int = 0
    kinds: Mapping[str, int]
    handed: Mapping[str, int]
    oldest: datetime | None = None
    turn: str | None = None
    due: datetime | None = None

    def is_overdue(self, now: datetime) -> bool:
        """Whether the oldest has waited too long."""
        return self.due is not None and now >= self.due


def queue_of(contract: Contract, rows: list[dict[str, Any]], now: datetime) -> Queue:
    """
    The queue of a slice as of an instant.

    Args:
        contract: To hold the slice to.
        rows: Its rows of `waiting_rows`.
        now: Aware.
    """
    kinds: dict[str, int] = {}
    handed: dict[str, int] = {}
    for row in rows:
        kinds[row["kind"]] = kinds.get(row["kind"], 0) + row["items"]
        if row["assigned"] is not None:
            handed[row["assigned"]] = handed.get(row["assigned"], 0) + row["items"]
    if not rows:
        return Queue(kinds={}, handed={})
    first = min(rows, key=lambda row: row["asked_at"])
    waits = how_it_waits(contract, first, now)
    return Queue(
        count=sum(kinds.values()),
        kinds=kinds,
        handed=handed,
        oldest=first["asked_at"],
        turn=waits.assigned,
        due=waits.turn.due if waits.turn is not None else None,
    )


def waiting_rows(ledger: Ledger, slice_name: str | None = None) -> dict[str, list[dict[str, Any]]]:
    """
    What is open, by slice: one row a kind and a person it was handed to, with how its oldest item waits.

    Args:
        ledger: Asked one question.
        slice_name: Of which slice; None: of all.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for row in select(ledger, _WAITING, slice_name, slice_name):
        found.setdefault(row["slice"], []).append(row)
    return found


_WAITING = """
select slice, kind, assigned, count(*) as items, min(asked_at) as asked_at,
    (array_agg(step order by asked_at, id))[1] as step, (array_agg(step_since order by asked_at, id))[1] as step_since
from inbox where state = 'open' and (%s::text is null or slice = %s) group by slice, kind, assigned
"""
