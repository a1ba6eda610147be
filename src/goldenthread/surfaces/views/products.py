"""All products at a glance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from goldenthread.control.autonomy import Standing
from goldenthread.control.guard import Desk
from goldenthread.control.stops import Stop
from goldenthread.promise.values import GateVerdict, Level
from goldenthread.record.ledger import ORGANISATION, Ledger
from goldenthread.surfaces.views.contracts import Missing
from goldenthread.surfaces.views.ladder import StopView, ladder_of
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
    counted = _counts(ledger)
    desks = [give(name) for name in slices(ledger)]
    everywhere = desks[0].everywhere().in_force if desks else ()
    return [
        _product(standing, everywhere, counted.get(standing.slice, {}))
        for standing in (desk.standing() for desk in desks)
        if standing.latest is not None
    ]


def _product(standing: Standing, everywhere: tuple[Stop, ...], counted: dict[str, Any]) -> ProductView:
    version = standing.in_force or standing.latest
    assert version is not None
    contract, climbed = version.contract, ladder_of(standing, everywhere, forecasts=False)
    return ProductView(
        slice=standing.slice,
        product=contract.product,
        version=contract.version,
        signed=standing.in_force is version,
        missing=tuple(Missing(by=name, role=role) for name, role in version.missing.items()),
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
        cases=counted.get("cases", 0),
        waiting=counted.get("waiting", 0),
    )


def _counts(ledger: Ledger) -> dict[str, dict[str, Any]]:
    rows = select(
        ledger,
        "select slice, count(distinct case_ref) as cases,"
        " (select count(*) from inbox i where i.slice = run.slice and i.state = 'open') as waiting"
        " from run group by slice",
    )
    return {row["slice"]: row for row in rows}
