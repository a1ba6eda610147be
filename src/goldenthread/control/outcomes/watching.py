"""What came due: an owner is asked for an overdue outcome, and red flags are put on record and taken down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from goldenthread.control.autonomy import Standing
from goldenthread.control.guard import Desk
from goldenthread.control.windows import ASK, FLAG, UNFLAG, flags_due, lines
from goldenthread.record.ledger import Record

ASK_AGAIN = timedelta(days=7)
"""How long after it was asked an owner is asked again."""


def tick_outcomes(desk: Desk) -> tuple[Record, ...]:
    """Put on record who is asked and which flags stand now. Idempotent; what an outcome holds, it holds without."""
    now = desk.ledger.clock()
    if not list(due_records(desk.standing(), now)):
        return ()
    with desk.transaction() as writing:
        found: list[Record] = []
        while True:  # each as of its own instant: one that is written moves what counts as now
            now = max(desk.ledger.clock(), writing.standing.now)
            due = next(due_records(writing.standing, now), None)
            if due is None:
                return tuple(found)
            found.append(writing.append(*due))


def due_records(standing: Standing, now: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    """The records that what is known demands at an instant: (kind, data)."""
    if standing.contract is None:
        return
    yield from _asked(standing, now)
    yield from _flagged(standing, now)


def _asked(standing: Standing, now: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    assert standing.contract is not None
    for line in lines(standing.contract, standing.windows, now):
        before = standing.windows.asked.get(line.shift.metric)
        again = before is not None and before.data["due"] == line.due_text and now < before.at + ASK_AGAIN
        if line.state == "overdue" and not again:
            said = {"metric": line.shift.metric, "line": line.path, "owner": line.shift.owner, "due": line.due_text}
            yield ASK, {**said, "words": line.why}


def _flagged(standing: Standing, now: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    contract, windows = standing.contract, standing.windows
    assert contract is not None
    due = flags_due(contract, windows, now, climbed=standing.climbed)
    as_of = {"as_of": now.isoformat()}
    for name in sorted(set(windows.flags) - set(due)):
        yield UNFLAG, {"flag": name, "onset": windows.flags[name].at.isoformat(), **as_of}
    for name, flag in sorted(due.items()):
        if name not in windows.flags:
            yield FLAG, {**flag.record(contract.version), **as_of}
