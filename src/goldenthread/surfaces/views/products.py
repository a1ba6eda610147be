"""All products at a glance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from goldenthread.control.autonomy import Standing, Version
from goldenthread.control.guard import Desk
from goldenthread.control.stops import Stop
from goldenthread.promise.values import GateVerdict, Level
from goldenthread.record.ledger import ORGANISATION, Ledger
from goldenthread.surfaces.views.cases import case_counts
from goldenthread.surfaces.views.contracts import Missing
from goldenthread.surfaces.views.kept import ahead, kept
from goldenthread.surfaces.views.ladder import READING, StopView, ladder_of, stop_words
from goldenthread.surfaces.views.outcomes import OutcomeLine, outcome_lines
from goldenthread.surfaces.views.rows import select


@dataclass(frozen=True, kw_only=True)
class ProductView:
    """
    One slice on the first page. `version` is the one in force, else the newest; `meter` is how far the evidence
    for the next level has come, in [0, 1]; `waiting` counts open inbox items.
    """

    slice: str
    product: str | None
    version: int
    signed: bool
    missing: tuple[Missing, ...]
    prototype: tuple[str, ...]
    problem: str | None
    owner: str
    level: Level
    ceiling: Level | None
    suspended: bool
    stops: tuple[StopView, ...]
    agent: str | None
    fingerprint: str | None
    verdict: GateVerdict
    target: Level | None
    reason: str
    meter: float
    outcomes: tuple[OutcomeLine, ...]
    cases: int
    waiting: int


def slices(ledger: Ledger) -> tuple[str, ...]:
    """Every slice that has a record, by name."""
    return tuple(sorted(chain for chain in ledger.chains() if chain != ORGANISATION))


def products(ledger: Ledger, desk_of: Callable[[str], Desk] | None = None) -> list[ProductView]:
    """
    Every slice with a contract, by name.

    `desk_of` gives the desk of a slice; pass one that keeps desks, and only new records are read.
    """
    give = desk_of if desk_of is not None else lambda name: Desk(ledger, name)
    desks = [give(name) for name in slices(ledger)]
    ahead(desks, "product")
    waiting = _waiting(ledger)
    found = [product(desk) for desk in desks if desk.outline().latest is not None]
    return [replace(one, waiting=waiting.get(one.slice, 0)) for one in found]


def _being_read(view: ProductView) -> ProductView:
    return replace(view, verdict=GateVerdict.INSUFFICIENT, reason=view.reason if view.suspended else READING)


def _of_now(desk: Desk, view: ProductView) -> ProductView:
    """What was kept, with the contract, the level and the stops of now."""
    outline, everywhere = desk.outline(), desk.outlines.everywhere().in_force
    version = outline.in_force or outline.latest
    assert version is not None
    agent, stops = outline.current, outline.reached_by(everywhere)
    fingerprint = agent.fingerprint if agent is not None else None
    level = outline.level(fingerprint or "")
    moved = view.suspended or (fingerprint, level) != (view.fingerprint, view.level)
    return replace(
        view,
        version=version.contract.version,
        signed=outline.in_force is version,
        missing=_missing(version),
        level=level,
        agent=agent.agent if agent is not None else None,
        fingerprint=fingerprint,
        suspended=any(stop.tool is None for stop in stops),
        stops=tuple(StopView(id=stop.id, words=stop.words) for stop in stops),
        reason=stop_words(stops) or (READING if moved else view.reason),
    )


@kept("product", blank=_being_read, fresh=_of_now)
def product(desk: Desk) -> ProductView:
    """
    One slice as the first page shows it; `waiting` is for whoever counts all slices at once.

    Raises:
        ContractNotFound: It has no contract.
    """
    desk.held_to()
    standing = desk.standing()
    return _product(standing, desk.everywhere().in_force, sum(case_counts(desk).values()))


def _missing(version: Version) -> tuple[Missing, ...]:
    return tuple(Missing(by=name, role=role) for name, role in version.missing.items())


def _product(standing: Standing, everywhere: tuple[Stop, ...], cases: int) -> ProductView:
    version = standing.in_force or standing.latest
    assert version is not None
    contract, climbed = version.contract, ladder_of(standing, everywhere, forecasts=False)
    return ProductView(
        slice=standing.slice,
        product=contract.product,
        version=contract.version,
        signed=standing.in_force is version,
        missing=_missing(version),
        prototype=contract.missing_parts,
        problem=contract.problem,
        owner=contract.owner,
        level=climbed.level,
        ceiling=climbed.ceiling,
        suspended=climbed.suspended,
        stops=climbed.stops,
        agent=climbed.agent,
        fingerprint=climbed.fingerprint,
        verdict=climbed.verdict,
        target=climbed.target,
        reason=climbed.reason,
        meter=climbed.meter,
        outcomes=outcome_lines(contract, standing),
        cases=cases,
        waiting=0,
    )


def _waiting(ledger: Ledger) -> dict[str, int]:
    rows = select(ledger, "select slice, count(*) as waiting from inbox where state = 'open' group by slice")
    return {row["slice"]: row["waiting"] for row in rows}
