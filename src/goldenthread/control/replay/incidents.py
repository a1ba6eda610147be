"""Incidents, derived again: that each was due when it was opened, and that what people said of it counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from goldenthread.control.autonomy import Standing
from goldenthread.control.guard import GUARD
from goldenthread.control.incidents import (
    ADD,
    BACKLOG,
    INCIDENT_KINDS,
    OPEN,
    RECOVER,
    Incidents,
    add_record,
    grounds_due,
    is_anomaly,
    is_derived,
    open_record,
    recoveries_due,
)
from goldenthread.control.replay.flags import difference
from goldenthread.record.ledger import Record


def incident_problems(standing: Standing, incidents: Incidents, record: Record) -> Iterator[tuple[str, str]]:
    """What is wrong with a record that nobody signs, given everything before it, as (kind of record, words)."""
    if record.kind not in INCIDENT_KINDS or "envelope" in record.data or record.kind not in (OPEN, ADD, RECOVER):
        return
    as_of = datetime.fromisoformat(record.data["as_of"])
    if record.by != GUARD:
        yield record.kind, f"'{record.by}' wrote it, and only the guard may"
    elif not standing.now <= as_of <= max(record.at, standing.now):  # a clock may go back
        yield record.kind, f"it speaks as of {record.data['as_of']}, which is not when it was written"
    elif record.kind == OPEN:
        for words in _of_opening(standing, incidents, record, as_of):
            yield record.kind, words
    else:
        for words in _of_standing(standing, incidents, record, as_of):
            yield record.kind, words


def _of_opening(standing: Standing, incidents: Incidents, record: Record, as_of: datetime) -> Iterator[str]:
    key = record.data["ground"]
    if key in incidents.standing or not incidents.may_open(record.at):
        yield f"an incident for '{key}' stands already, or the day had its share"
    elif is_derived(key):
        due = next((one for one in grounds_due(standing, incidents, as_of) if one.key == key), None)
        if due is None or standing.contract is None:
            yield f"nothing demands an incident for '{key}'"
        elif (now := open_record(due, standing.contract.version, as_of)) != dict(record.data):
            yield difference(record.data, now)
    elif record.data["cause"] != ("anomaly" if is_anomaly(key) else "workflow-line") or not is_known(key):
        yield f"'{key}' is no ground of an incident"


def _of_standing(standing: Standing, incidents: Incidents, record: Record, as_of: datetime) -> Iterator[str]:
    incident = incidents.find(record.data["incident"])
    if incident is None or incident.closed is not None:
        return  # the fold says so
    if not is_derived(incident.ground):
        return
    if record.kind == ADD:
        due = next((one for one in grounds_due(standing, incidents, as_of) if one.key == incident.ground), None)
        now = add_record(incident, due, as_of) if due is not None else None
        if now is None:
            yield f"nothing adds to {incident.id}"
        elif now != dict(record.data):
            yield difference(record.data, now)
    elif all(one is not incident for one, _ in recoveries_due(standing, incidents, as_of)):
        yield f"the ground of {incident.id} still stands"


def is_known(key: str) -> bool:
    """Whether a ground that the chain cannot show is one that the guard looks for."""
    return is_anomaly(key) or key == BACKLOG
