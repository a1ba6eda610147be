"""All products at a glance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from goldenthread.control.autonomy import Standing
from goldenthread.control.guard import Desk
from goldenthread.control.response import load_incidents
from goldenthread.control.stops import Stop
from goldenthread.promise.values import GateVerdict, Level
from goldenthread.record.ledger import ORGANISATION, Ledger
from goldenthread.surfaces.views.changes import ChangeView, evidence_words
from goldenthread.surfaces.views.contracts import Missing
from goldenthread.surfaces.views.dangers import Danger, dangers_of
from goldenthread.surfaces.views.ladder import LadderView, StopView, ladder_of
from goldenthread.surfaces.views.outcomes import OutcomeLine, outcome_lines
from goldenthread.surfaces.views.queues import Queue, queue_of, waiting_rows
from goldenthread.surfaces.views.rows import select
from goldenthread.surfaces.views.stages import stage_of

_MOVES = 5
"""Level changes that a line of the first page knows of."""


@dataclass(frozen=True, kw_only=True)
class Lacking:
    """A clause that the next level still wants: how far its evidence has come, in [0, 1], and what is missing."""

    text: str
    meter: float
    words: str


@dataclass(frozen=True, kw_only=True)
class Move:
    """One change of level, with the evidence that proved it."""

    at: datetime
    before: Level
    after: Level
    reason: str
    proved: tuple[str, ...]
    place: str


@dataclass(frozen=True, kw_only=True)
class ProductView:
    """
    One slice on the first page. `version` is the one in force, else the newest; `meter` is how far the evidence
    for the next level has come, in [0, 1]; `waiting` counts open inbox items. `stage` is of `STAGES`, `stage_why` says
    from what it follows; `since` is when the agent came to its level, None where it began there; `moves` are the last
    changes of level of the agent of now, newest first.
    """

    slice: str
    product: str | None
    version: int
    signed: bool
    missing: tuple[Missing, ...]
    prototype: tuple[str, ...]
    problem: str | None
    owner: str
    stage: str
    stage_words: str
    stage_why: str
    level: Level
    since: datetime | None
    ceiling: Level | None
    suspended: bool
    stops: tuple[StopView, ...]
    agent: str | None
    fingerprint: str | None
    connected: datetime | None
    verdict: GateVerdict
    target: Level | None
    reason: str
    meter: float
    lacking: tuple[Lacking, ...]
    earned: Move | None
    moves: tuple[Move, ...]
    outcomes: tuple[OutcomeLine, ...]
    dangers: tuple[Danger, ...]
    cases: int
    waiting: int
    queue: Queue


def slices(ledger: Ledger) -> tuple[str, ...]:
    """Every slice that has a record, by name."""
    return tuple(sorted(chain for chain in ledger.chains() if chain != ORGANISATION))


def products(ledger: Ledger, desk_of: Callable[[str], Desk] | None = None) -> list[ProductView]:
    """
    Every slice with a contract, by name.

    `desk_of` gives the desk of a slice; pass one that keeps desks, and only new records are read.
    """
    give = desk_of if desk_of is not None else lambda name: Desk(ledger, name)
    cases, waiting = _cases(ledger), waiting_rows(ledger)
    desks = [give(name) for name in slices(ledger)]
    everywhere = desks[0].everywhere().in_force if desks else ()
    return [
        product_view(desk, everywhere, cases=cases.get(desk.slice, 0), waiting=waiting.get(desk.slice, []))
        for desk in desks
        if desk.standing().latest is not None
    ]


def product_of(desk: Desk, climbed: LadderView, *, cases: int) -> ProductView:
    """
    One slice that has a contract, by a ladder that was read already.

    Args:
        desk: Of the slice.
        climbed: Its ladder.
        cases: How many cases it has had.
    """
    everywhere = desk.everywhere().in_force
    waiting = waiting_rows(desk.ledger, desk.slice)
    return product_view(desk, everywhere, cases=cases, waiting=waiting.get(desk.slice, []), climbed=climbed)


def product_view(
    desk: Desk,
    everywhere: tuple[Stop, ...],
    *,
    cases: int,
    waiting: list[dict[str, Any]],
    climbed: LadderView | None = None,
) -> ProductView:
    """
    One slice that has a contract.

    Args:
        desk: Of the slice.
        everywhere: Stops on the organisation's chain.
        cases: How many cases it has had.
        waiting: Its rows of `waiting_rows`.
        climbed: Its ladder, where it was read already.
    """
    standing = desk.standing()
    version = standing.in_force or standing.latest
    assert version is not None
    contract, now = version.contract, max(desk.ledger.clock(), standing.now)
    climbed = climbed or ladder_of(standing, everywhere, forecasts=False)
    stopped = next((stop.words for stop in standing.reached_by(everywhere) if stop.tool is None), None)
    stage, outcomes = stage_of(standing, stopped=stopped), outcome_lines(contract, standing)
    queue = queue_of(contract, waiting, now)
    mine = tuple(one for one in climbed.changes if one.fingerprint == climbed.fingerprint)
    return ProductView(
        slice=standing.slice,
        product=contract.product,
        version=contract.version,
        signed=standing.in_force is version,
        missing=tuple(Missing(by=name, role=role) for name, role in version.missing.items()),
        prototype=contract.missing_parts,
        problem=contract.problem,
        owner=contract.owner,
        stage=stage.name,
        stage_words=stage.words,
        stage_why=stage.why,
        level=climbed.level,
        since=climbed.since,
        ceiling=climbed.ceiling,
        suspended=climbed.suspended,
        stops=climbed.stops,
        agent=climbed.agent,
        fingerprint=climbed.fingerprint,
        connected=_first_case(standing),
        verdict=climbed.verdict,
        target=climbed.target,
        reason=climbed.reason,
        meter=climbed.meter,
        lacking=_lacking(climbed),
        earned=_earned(climbed),
        moves=tuple(_move(one) for one in reversed(mine[-_MOVES:])),
        outcomes=outcomes,
        dangers=dangers_of(
            contract,
            standing,
            stops=climbed.stops,
            incidents=load_incidents(desk).all(),
            outcomes=outcomes,
            changes=mine,
            now=now,
        ),
        cases=cases,
        waiting=queue.count,
        queue=queue,
    )


def _lacking(climbed: LadderView) -> tuple[Lacking, ...]:
    """The clauses of the next gate that are not proved, the furthest first."""
    coming = next((rung for rung in climbed.rungs if rung.state == "next"), None)
    found = [one for one in coming.clauses if not one.passed] if coming is not None else []
    found.sort(key=lambda one: one.meter)
    return tuple(
        Lacking(text=one.text, meter=one.meter, words=one.missing or _so_far(one.estimate, one.cases)) for one in found
    )


def _so_far(estimate: str | None, cases: int) -> str:
    return f"{estimate} in {cases:,} {'case' if cases == 1 else 'cases'}, not proved yet" if cases else "no case yet"


def _earned(climbed: LadderView) -> Move | None:
    """The move by which the agent came to the level that it has."""
    mine = [one for one in climbed.changes if one.fingerprint == climbed.fingerprint and one.after is climbed.level]
    return _move(mine[-1]) if mine else None


def _move(change: ChangeView) -> Move:
    return Move(
        at=change.at,
        before=change.before,
        after=change.after,
        reason=change.reason,
        proved=tuple(evidence_words(one) for one in change.evidence),
        place=change.place,
    )


def _first_case(standing: Standing) -> datetime | None:
    """When the agent of now took its first case."""
    rows = standing.current.rows if standing.current is not None else {}
    return next((row.at for row in rows.values()), None)


_CASES = "select slice, count(distinct case_ref) as cases from run group by slice"


def _cases(ledger: Ledger) -> dict[str, int]:
    return {row["slice"]: row["cases"] for row in select(ledger, _CASES)}
