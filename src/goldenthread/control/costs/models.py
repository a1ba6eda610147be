"""What model calls cost, by run: as telemetry has them, priced one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from goldenthread.control.costs.parts import Part
from goldenthread.control.guard import Desk
from goldenthread.record.costs import Figure, ModelCall, Prices, model_calls, traced

if TYPE_CHECKING:
    from goldenthread.record.telemetry import Telemetry

_SKEW = timedelta(hours=1)
"""So much may the clock of whoever calls a model be behind ours."""

_FOREVER = datetime(2200, 1, 1, tzinfo=UTC)

NO_SPANS = "no telemetry of the run says what models it called"


@dataclass(frozen=True, kw_only=True)
class Models:
    """By run what its model calls cost, with every figure of it; `stray` are those of none of the runs."""

    parts: Mapping[str, Part]
    stray: Part
    figures: Mapping[str, Sequence[Figure]] = field(default_factory=dict)


def model_costs(
    desk: Desk,
    prices: Prices,
    telemetry: Telemetry | None,
    runs: Mapping[str, str],
    free: Collection[str],
    currency: str | None,
    begins: datetime,
    ends: datetime,
) -> Models:
    """
    What the model calls of runs cost.

    A call belongs to the run that its spans name, else to the last run of the case that they name. A run of which there
    are spans and no model call called no model; one of which there are no spans is unknown.

    Args:
        desk: Of the slice.
        prices: By which they are priced.
        telemetry: Stored spans, or None.
        runs: By id, the pseudonym of its case, in the order in which they began.
        free: Runs whose contract says that no model costs anything.
        currency: Into which money is exchanged, where a rate is stated.
        begins, ends: When the runs began, and calls that belong to no run; aware. A run may go on calling afterwards.
    """
    if telemetry is None:
        unseen = Part(unknown={NO_SPANS: 1})
        return Models(parts={run: Part() if run in free else unseen for run in runs}, stray=Part())
    of_case = {case: run for run, case in runs.items()}
    found: dict[str, list[Figure]] = {run: [] for run in runs}
    elsewhere: dict[str, list[Figure]] = {}
    for call in model_calls(telemetry, desk.slice, begins - _SKEW, _FOREVER):
        run = _run_of(desk, call, runs, of_case)
        if run in found:
            found[run].append(prices.figure(call.said, currency))
        elif begins <= call.said.at < ends:
            elsewhere.setdefault(run, []).append(prices.figure(call.said, currency))
    stray = _strays(desk, elsewhere)
    seen = {_run_named(desk, said, runs, of_case) for said in traced(telemetry, desk.slice, begins - _SKEW, _FOREVER)}
    parts = {
        run: Part(unknown={NO_SPANS: 1}) if not calls and run not in seen and run not in free else _part(calls)
        for run, calls in found.items()
    }
    return Models(parts=parts, stray=_part(stray), figures={**found, "": stray})


def _strays(desk: Desk, elsewhere: Mapping[str, list[Figure]]) -> list[Figure]:
    """Calls of no run at all; those of a run that began at another time are counted there."""
    rows = desk.read_rows("select id from run where slice = %s and id = any(%s)", desk.slice, list(elsewhere))
    known = {row["id"] for row in rows}
    return [figure for run, figures in elsewhere.items() if run not in known for figure in figures]


def _run_of(desk: Desk, call: ModelCall, runs: Mapping[str, str], of_case: Mapping[str, str]) -> str:
    if call.run is not None:
        return call.run
    return _run_named(desk, call.case, runs, of_case) if call.case is not None else ""


def _run_named(desk: Desk, said: str, runs: Mapping[str, str], of_case: Mapping[str, str]) -> str:
    return said if said in runs else of_case.get(desk.ledger.vault.ref(desk.slice, said), "")


def _part(figures: Iterable[Figure]) -> Part:
    amounts: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    count = 0
    for figure in figures:
        count += 1
        if figure.micros is None:
            unknown[
                f"a model call {figure.unknown}" if figure.unknown.startswith(("says", "names")) else figure.unknown
            ] += 1
        else:
            amounts[figure.currency] += figure.micros
    return Part(amounts=dict(amounts), unknown=dict(unknown), count=count)
