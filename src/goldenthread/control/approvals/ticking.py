"""
The tick: puts on record what came due while nobody looked. What is due holds without it; a tick only tells.

Idempotent: each item carries the instant up to which all of it is on record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from goldenthread.control.approvals.vigilance import try_vigilance
from goldenthread.control.guard import Desk, Writing, expire_item, has_expired
from goldenthread.promise.contract import Contract, Turn, expires_at, turns_until


@dataclass(frozen=True, kw_only=True)
class Due:
    """
    One thing that came due. `kind`: 'remind' (half of their time is over), 'overdue' (all of it is; `passes_to` is who
    has it now, None at the end of the path) or 'expire' (no yes counts any more).
    """

    item: str
    kind: str
    at: datetime
    step: int | None = None
    to: str | None = None
    passes_to: str | None = None


@dataclass(frozen=True, kw_only=True)
class Ticked:
    """How much a tick put on record."""

    reminded: int = 0
    overdue: int = 0
    expired: int = 0


def due(desk: Desk) -> tuple[Due, ...]:
    """Everything of a slice's inbox that came due and is not on record yet, oldest first; holds nothing up."""
    standing = desk.standing()
    version = standing.in_force or standing.latest
    if version is None:
        return ()
    now = desk.ledger.clock()
    found = (one for row in desk.read_rows(_OPEN, desk.slice) for one in _due_of(version.contract, row, now))
    return tuple(sorted(found, key=lambda one: (one.at, one.item)))


def tick(desk: Desk) -> Ticked:
    """Put on record what is due, in one transaction; nothing if nothing is. Questions that check come beside it."""
    try_vigilance(desk)
    if not due(desk):
        return Ticked()
    with desk.transaction() as writing:
        contract, now, done = writing.contract(), desk.ledger.clock(), Ticked()
        for row in writing.rows(f"{_OPEN} for update", desk.slice):
            found = tuple(_due_of(contract, row, now))
            for one in found:
                done = _record(writing, row, one, done)
            if found:
                writing.execute("update inbox set noticed = %s where id = %s", now, row["id"])
        return done


_OPEN = """
select id, kind, case_ref, action, asked_at, assigned, step, step_since, noticed,
    coalesce(run, (select shown_run from vigilance_item v where v.item = inbox.id)) as run
from inbox where slice = %s and state = 'open'
"""


def _due_of(contract: Contract, row: Mapping[str, Any], now: datetime) -> Iterator[Due]:
    """What of one item came due after the instant up to which it is on record, in order."""
    if has_expired(contract, row["kind"], row["asked_at"], now):
        yield Due(item=row["id"], kind="expire", at=expires_at(contract, row["asked_at"]))
        return
    after = row["noticed"] or row["asked_at"]
    turns = turns_until(contract, row["step"], row["step_since"] or row["asked_at"], now)
    for turn in turns:
        has_it = row["assigned"] if turn.step == row["step"] and row["assigned"] else turn.to
        one = Due(item=row["id"], kind="remind", at=turn.half, step=turn.step, to=has_it)
        if after < turn.half <= now < turn.due:  # nobody is reminded of a turn that is over
            yield one
        if after < turn.due <= now:
            yield replace(one, kind="overdue", at=turn.due, passes_to=_next(turns, turn))


def _next(turns: tuple[Turn, ...], turn: Turn) -> str | None:
    return next((other.to for other in turns if other.step == turn.step + 1), None)


def _record(writing: Writing, row: Mapping[str, Any], one: Due, done: Ticked) -> Ticked:
    if one.kind == "expire":
        expire_item(writing, one.item)
        return replace(done, expired=done.expired + 1)
    named = {"item": one.item, "kind": row["kind"], "run": row["run"], "case": row["case_ref"], "step": one.step}
    at = one.at.astimezone(UTC).isoformat()
    if one.kind == "remind":
        writing.append("approval:remind", {**named, "to": one.to, "half": at})
        return replace(done, reminded=done.reminded + 1)
    writing.append("approval:overdue", {**named, "of": one.to, "to": one.passes_to, "due": at})
    if one.passes_to is not None:
        assert one.step is not None
        writing.execute(
            "update inbox set assigned = %s, step = %s, step_since = %s where id = %s",
            one.passes_to,
            one.step + 1,
            one.at,
            one.item,
        )
    return replace(done, overdue=done.overdue + 1)
