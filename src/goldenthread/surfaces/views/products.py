"""All products at a glance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from goldenthread.control.autonomy import Outline, Standing, Version
from goldenthread.control.guard import Desk
from goldenthread.control.response import load_incidents
from goldenthread.control.stops import Stop
from goldenthread.promise.values import GateVerdict, Level
from goldenthread.record.ledger import ORGANISATION, Ledger
from goldenthread.surfaces.views.cases import case_counts
from goldenthread.surfaces.views.changes import ChangeView, evidence_words
from goldenthread.surfaces.views.contracts import Missing
from goldenthread.surfaces.views.dangers import Danger, dangers_of, stop_dangers
from goldenthread.surfaces.views.kept import ahead, kept, whole
from goldenthread.surfaces.views.ladder import READING, LadderView, StopView, ladder_of, stop_words
from goldenthread.surfaces.views.outcomes import OutcomeLine, outcome_lines
from goldenthread.surfaces.views.queues import Queue, queue_of, waiting_rows
from goldenthread.surfaces.views.stages import Stage, stage_of

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


def products(
    ledger: Ledger, desk_of: Callable[[str], Desk] | None = None, names: Sequence[str] | None = None
) -> list[ProductView]:
    """
    Every slice with a contract, by name.

    `desk_of` gives the desk of a slice; pass one that keeps desks, and only new records are read. `names`: of these
    slices only.
    """
    give = desk_of if desk_of is not None else lambda name: Desk(ledger, name)
    desks = [give(name) for name in (slices(ledger) if names is None else names)]
    ahead(desks, "product")
    waiting = waiting_rows(ledger)
    return [_with_queue(desk, waiting.get(desk.slice, [])) for desk in desks if desk.outline().latest is not None]


def product_of(desk: Desk) -> ProductView:
    """
    One slice, with what waits in it.

    Raises:
        ContractNotFound: It has no contract.
    """
    desk.held_to()
    return _with_queue(desk, waiting_rows(desk.ledger, desk.slice).get(desk.slice, []))


def _with_queue(desk: Desk, waiting: list[dict[str, Any]]) -> ProductView:
    outline = desk.outline()
    version = outline.in_force or outline.latest
    assert version is not None
    queue = queue_of(version.contract, waiting, max(desk.ledger.clock(), outline.now))
    return replace(product(desk), waiting=queue.count, queue=queue)


def _being_read(view: ProductView) -> ProductView:
    return replace(view, verdict=GateVerdict.INSUFFICIENT, reason=view.reason if view.suspended else READING)


def _of_now(desk: Desk, view: ProductView) -> ProductView:
    """What was kept, with the contract, the level, the stops and so the stage of now."""
    outline, everywhere = desk.outline(), desk.outlines.everywhere().in_force
    version = outline.in_force or outline.latest
    assert version is not None
    agent, stops = outline.current, outline.reached_by(everywhere)
    fingerprint = agent.fingerprint if agent is not None else None
    level = outline.level(fingerprint or "")
    moved = view.suspended or (fingerprint, level) != (view.fingerprint, view.level)
    stage = _stage(outline, stops)
    shown = tuple(StopView(id=stop.id, words=stop.words) for stop in stops)
    return replace(
        view,
        version=version.contract.version,
        signed=outline.in_force is version,
        missing=_missing(version),
        level=level,
        agent=agent.agent if agent is not None else None,
        fingerprint=fingerprint,
        suspended=any(stop.tool is None for stop in stops),
        stops=shown,
        reason=stop_words(stops) or (READING if moved else view.reason),
        dangers=(*stop_dangers(shown), *(danger for danger in view.dangers if danger.kind != "stop")),
        stage=stage.name,
        stage_words=stage.words,
        stage_why=stage.why,
    )


@kept("product", blank=_being_read, fresh=_of_now)
def product(desk: Desk) -> ProductView:
    """
    One slice as the first page shows it; `waiting` and `queue` are for whoever counts all slices at once.

    Raises:
        ContractNotFound: It has no contract.
    """
    desk.held_to()
    standing, everywhere = whole(desk), desk.everywhere().in_force
    version = standing.in_force or standing.latest
    assert version is not None
    contract, now = version.contract, max(desk.ledger.clock(), standing.now)
    climbed, outcomes = ladder_of(standing, everywhere, forecasts=False), outcome_lines(contract, standing)
    stage = _stage(standing, standing.reached_by(everywhere))
    mine = tuple(one for one in climbed.changes if one.fingerprint == climbed.fingerprint)
    dangers = dangers_of(
        contract,
        standing,
        stops=climbed.stops,
        incidents=load_incidents(desk).all(),
        outcomes=outcomes,
        changes=mine,
        now=now,
    )
    return ProductView(
        slice=standing.slice,
        product=contract.product,
        version=contract.version,
        signed=standing.in_force is version,
        missing=_missing(version),
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
        dangers=dangers,
        cases=sum(case_counts(desk).values()),
        waiting=0,
        queue=Queue(kinds={}, handed={}),
    )


def _stage(outline: Outline, stops: tuple[Stop, ...]) -> Stage:
    return stage_of(outline, stopped=next((stop.words for stop in stops if stop.tool is None), None))


def _missing(version: Version) -> tuple[Missing, ...]:
    return tuple(Missing(by=name, role=role) for name, role in version.missing.items())


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
