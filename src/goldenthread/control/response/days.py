"""A look at a slice's days and its queue: what is other than usual becomes an incident, or the end of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from goldenthread.control.guard import Desk
from goldenthread.control.incidents import BACKLOG, Ground, Incidents, expired, is_anomaly
from goldenthread.control.response.figures import Days, ledger_days, telemetry_days
from goldenthread.control.response.opening import Seen, load_incidents, tick_incidents
from goldenthread.control.response.telemetry import read_telemetry
from goldenthread.control.response.words import anomaly_ground
from goldenthread.promise.contract import Comparison, Contract
from goldenthread.promise.evidence.anomalies import Anomaly, Pace, new_kinds, watch
from goldenthread.record.ledger import Record

_DAY = timedelta(days=1)
_QUEUE = "select count(distinct case_ref) as cases from inbox where slice = %s and state = 'open'"


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What a look came to: the last day that was judged, every anomaly up to it, and what was put on record."""

    slice: str
    until: date
    series: tuple[str, ...]
    anomalies: tuple[Anomaly, ...]
    records: tuple[Record, ...]


def series_of(desk: Desk, until: date, home: Path | None = None) -> tuple[Days, ...]:
    """
    The days of a slice, by source: the ledger, and telemetry where some is stored.

    Args:
        desk: Of the slice.
        until: The last day that is over.
        home: Where telemetry is; by default that of the ledger.
    """
    stored = read_telemetry(home or desk.ledger.vault.home.path, desk.slice, until)
    own = ledger_days(desk, until)
    return (own,) if stored is None else (own, telemetry_days(stored, until))


def look(desk: Desk, *, pace: Pace | None = None, home: Path | None = None) -> Looked:
    """
    Judge every day that is over, and put on record which incidents are due and which are over. Idempotent.

    Args:
        desk: Of the slice.
        pace: How it is watched; by default with one false alarm a year.
        home: As `series_of`.

    Raises:
        ContractNotFound: The slice has no contract.
        TelemetryDamaged: Stored telemetry cannot be read.
    """
    contract, now = desk.contract(), max(desk.ledger.clock(), desk.standing().now)
    until = now.date() - _DAY
    sources, incidents = series_of(desk, until, home), load_incidents(desk)
    series = tuple(one for days in sources for one in days.series)
    anomalies = watch(series, until, pace, _usual_since(incidents))
    seen = _seen(contract, sources, anomalies, now)
    queue = _queue(desk, contract)
    records = tick_incidents(desk, Seen(grounds=(*seen.grounds, *queue.grounds), over={**seen.over, **queue.over}))
    return Looked(
        slice=desk.slice, until=until, series=tuple(one.name for one in series), anomalies=anomalies, records=records
    )


def look_at_queue(desk: Desk) -> tuple[Record, ...]:
    """As `look`, without the days."""
    return tick_incidents(desk, _queue(desk, desk.contract()))


def _seen(contract: Contract, sources: Sequence[Days], anomalies: Sequence[Anomaly], now: datetime) -> Seen:
    """Of each series its last anomaly; one that was told long before anybody looked opens nothing."""
    latest = {one.series: one for one in anomalies}
    kinds = {name: days for source in sources for name, days in source.kinds.items()}
    grounds, over = [], {}
    for one in latest.values():
        ground = anomaly_ground(one, contract.owner, _new(kinds, one))
        if one.over is not None:
            how = "is usual by now" if one.settled else "is back within what is usual"
            over[ground.key] = f"It {how}, by {one.over.isoformat()}: {one.words}"
        if not expired(datetime.combine(one.told + _DAY, time(), UTC), now):
            grounds.append(ground)
    return Seen(grounds=tuple(grounds), over=over)


def _new(kinds: Mapping[str, Mapping[date, Mapping[str, int]]], one: Anomaly) -> tuple[str, ...]:
    days = kinds.get(one.series)
    return new_kinds(days, one.onset - 3 * _DAY, one.told) if days is not None else ()


def _usual_since(incidents: Incidents) -> dict[str, date]:
    """By series, from when on somebody said that what it changed to is usual."""
    found: dict[str, date] = {}
    for one in reversed(incidents.all()):
        if one.usual and is_anomaly(one.ground) and one.onset is not None:
            found[str(one.figures.get("series"))] = one.onset.date()
    return found


def _queue(desk: Desk, contract: Contract) -> Seen:
    """Whether more cases wait for people than the contract's backlog allows, now."""
    line = contract.workflow.backlog if contract.workflow is not None else None
    if line is None or line.bound is None or line.comparison not in (Comparison.AT_MOST, Comparison.BELOW):
        return Seen()
    waiting, most = int(desk.read_rows(_QUEUE, desk.slice)[0]["cases"]), float(line.bound.amount)
    if waiting < most or (waiting == most and line.comparison is Comparison.AT_MOST):
        return Seen(over={BACKLOG: f"{waiting} cases wait for people, and '{line}' holds"})
    words = f"The workflow's line '{line}' fails: {waiting} cases wait for people"
    ground = Ground(
        key=BACKLOG, cause="workflow-line", owner=contract.owner, words=words, onset=None, figures={"waiting": waiting}
    )
    return Seen(grounds=(ground,))
