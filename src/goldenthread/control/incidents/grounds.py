"""What on record opens an incident now, and what shows that one is over: pure, so that a replay finds the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from goldenthread.control.autonomy import Standing
from goldenthread.control.incidents.fold import Incidents
from goldenthread.control.incidents.model import FRESH, Ground, Incident
from goldenthread.control.windows import lines
from goldenthread.promise.contract import Contract
from goldenthread.promise.values import Level
from goldenthread.record.ledger import Record

ANOMALY, BACKLOG = "anomaly:", "line:backlog"


def is_anomaly(ground: str) -> bool:
    """Whether a ground is one that telemetry or counts by day show, and no record."""
    return ground.startswith(ANOMALY)


def is_derived(ground: str) -> bool:
    """Whether the chain alone says if a ground stands."""
    return not is_anomaly(ground) and ground != BACKLOG


def grounds_due(standing: Standing, incidents: Incidents, now: datetime) -> Iterator[Ground]:
    """
    The grounds that the chain shows at an instant and that have no incident yet, those of records first.

    Args:
        standing: Of the slice, as of its last record.
        incidents: The same.
        now: Aware.
    """
    contract = standing.contract
    if contract is None:
        return
    for key, record in sorted(incidents.shown.items()):
        if not incidents.covers(key, record.seq) and not expired(record.at, now):
            yield _of_record(standing, contract, key, record)
    for ground in _of_state(standing, contract, now):
        incident = incidents.standing.get(ground.key)
        again = incident is not None and incident.recovered is not None
        if again or (incident is None and not _was_closed(incidents, ground)):
            yield ground


def recoveries_due(standing: Standing, incidents: Incidents, now: datetime) -> Iterator[tuple[Incident, str]]:
    """Incidents whose ground the chain shows to be gone at an instant, with why."""
    contract = standing.contract
    if contract is None:
        return
    state = {ground.key for ground in _of_state(standing, contract, now)}
    for key, incident in sorted(incidents.standing.items()):
        if incident.recovered is None and is_derived(key):
            words = _gone(standing, incident, state)
            if words is not None:
                yield incident, words


def expired(at: datetime, now: datetime) -> bool:
    """Whether something is too old to open an incident when it is first looked at."""
    return now - at > FRESH


def open_record(ground: Ground, version: int, now: datetime) -> dict[str, Any]:
    """What an `incident:open` record says."""
    return {
        "ground": ground.key,
        "cause": ground.cause,
        "owner": ground.owner,
        "words": ground.words,
        "onset": ground.onset.isoformat() if ground.onset is not None else None,
        "record": ground.record,
        "figures": dict(ground.figures),
        "contract_version": version,
        "as_of": now.isoformat(),
    }


def may_add(incident: Incident, now: datetime) -> bool:
    """Whether another alarm on the same ground is put on record: once a day, UTC, and not on that of its recovery."""
    days = {one.at.date() for one in incident.said if one.kind in ("add", "recover")}
    return now.date() not in days


def add_record(incident: Incident, ground: Ground, now: datetime) -> dict[str, Any]:
    """What an `incident:add` record says."""
    return {
        "incident": incident.id,
        "ground": ground.key,
        "words": ground.words,
        "onset": ground.onset.isoformat() if ground.onset is not None else None,
        "record": ground.record,
        "figures": dict(ground.figures),
        "as_of": now.isoformat(),
    }


def recover_record(incident: Incident, words: str, now: datetime) -> dict[str, Any]:
    """What an `incident:recover` record says that nobody had to say."""
    return {"incident": incident.id, "words": words, "as_of": now.isoformat()}


def _of_record(standing: Standing, contract: Contract, key: str, record: Record) -> Ground:
    data = record.data
    if key.startswith("flag:"):
        cause, owner, words = "red-flag", str(data["owner"]), str(data["words"])
    elif key.startswith("fall:"):
        agent = standing.agents[data["fingerprint"]].agent
        cause, owner, words = "tripwire", contract.owner, f"{agent}: {data['reason']}"
    else:
        tool = key.partition(":")[2]
        what = f"The tool '{tool}'" if tool else "The slice"
        cause, owner, words = "stop", contract.owner, f"{what} was stopped by {record.by}: {data.get('reason')}"
    return Ground(key=key, cause=cause, owner=owner, words=words, onset=record.at, record=record.seq)


def _of_state(standing: Standing, contract: Contract, now: datetime) -> Iterator[Ground]:
    """What follows from the records and the instant, and from no single record."""
    for line in lines(contract, standing.windows, now):
        if line.state == "overdue":
            yield Ground(
                key=f"outcome:{line.shift.metric}",
                cause="overdue-outcome",
                owner=line.shift.owner,
                words=f"The outcome '{line.shift}' is {line.words}",
                onset=line.due,
            )
    budget = standing.workflow.budget(contract, now)
    if budget is not None and budget.is_spent:
        yield Ground(
            key="budget",
            cause="error-budget",
            owner=contract.owner,
            words=f"The error budget is spent: {budget.words}",
            onset=standing.workflow.last_failure,
            figures={"failed": budget.failed, "cases": budget.cases, "allowed": budget.allowed},
        )
    for name, broken in sorted(standing.workflow.broken.items()):
        yield Ground(
            key=f"line:{name}", cause="workflow-line", owner=contract.owner, words=broken.words, onset=broken.onset
        )


def _was_closed(incidents: Incidents, ground: Ground) -> bool:
    """Whether somebody closed an incident about this very thing, which has not come again since."""
    return ground.onset is not None and any(
        one.ground == ground.key and one.closed is not None and one.closed.at >= ground.onset
        for one in incidents.by_seq.values()
    )


def _gone(standing: Standing, incident: Incident, state: set[str]) -> str | None:
    kind, _, name = incident.ground.partition(":")
    if kind == "flag":
        return "The flag's ground has gone" if name not in standing.windows.flags else None
    if kind == "stop":
        holds = any(stop.seq in incident.records for stop in standing.stops.in_force)
        return None if holds else "The stop was lifted"
    if kind == "fall":
        return _climbed_back(standing, incident, name)
    words = {
        "outcome": "The outcome was reported",
        "budget": "Enough of the error budget is left again",
        "line": "The line holds again",
    }
    return words.get(kind) if incident.ground not in state else None


def _climbed_back(standing: Standing, incident: Incident, fingerprint: str) -> str | None:
    """Whether a release of the same agent has the level again from which this one fell; a stop by it must be lifted."""
    fallen = standing.agents.get(fingerprint)
    if fallen is None:
        return None
    falls = [one for one in fallen.changes if one.seq in incident.records]
    if any(stop.seq in incident.records for stop in standing.stops.in_force):
        return None
    before = max((Level(one.data["from"]) for one in falls), default=None)
    if before is None:
        return None
    for agent in standing.agents.values():
        since = agent is not fallen or agent.changes[-1].seq > max(incident.records)
        if agent.agent == fallen.agent and agent.seq and since and standing.earned(agent.fingerprint) >= before:
            return f"{agent.agent} is back at {standing.earned(agent.fingerprint)}"
    return None
