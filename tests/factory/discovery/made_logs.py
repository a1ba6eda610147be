"""Logs made for tests, written in every form that is read, and counted again in plain Python."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import ceil
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pyarrow as pa
import pyarrow.parquet as pq

from goldenthread.factory.discovery import Options, Report, open_log, report_of

REAL = Path(__file__).parents[4] / "shared" / "data" / "event-logs"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
SAID = Options(now=NOW)
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Made:
    """One event."""

    case: str
    activity: str
    at: datetime
    resource: str = ""


def small() -> list[Made]:
    """Four cases: NA with rework, one straight, one of a single event, one with equal times; out of order."""
    rows = [
        ("NA", "open", 0, "ann"), ("NA", "check", 60, "bo"), ("NA", "check", 90, "bo"), ("NA", "close", 200, "ann"),
        ("2", "open", 10, "ann"), ("2", "close", 70, ""), ("null", "open", 5, "ann"),
        ("4", "check", 33, "cy"), ("4", "open", 33, "cy"), ("4", "close", 30, "cy"),
    ]  # fmt: skip
    made = [Made(case=c, activity=a, at=MONDAY + timedelta(minutes=m), resource=r) for c, a, m, r in rows]
    return [made[0], made[4], made[1], made[7], made[2], made[8], made[5], made[3], made[6], made[9]]


def write_csv(path: Path, events: Sequence[Made]) -> Path:
    """With a heading that is told by its names."""
    lines = [f"{e.case},{e.activity},{e.at.isoformat()},{e.resource}" for e in events]
    path.write_text("case_id,activity,timestamp,resource\n" + "\n".join(lines) + "\n")
    return path


def write_parquet(path: Path, events: Sequence[Made]) -> Path:
    """With times as such."""
    columns = {
        "case_id": [e.case for e in events],
        "activity": [e.activity for e in events],
        "timestamp": pa.array([e.at for e in events], pa.timestamp("us", "UTC")),
        "resource": [e.resource or None for e in events],
    }
    pq.write_table(pa.table(columns), path)
    return path


def write_xes(path: Path, events: Sequence[Made]) -> Path:
    """Traces in the order of their first event; packed where the name ends so."""
    cases: dict[str, list[Made]] = defaultdict(list)
    for event in events:
        cases[event.case].append(event)
    parts = ['<?xml version="1.0" encoding="utf-8"?>\n<log xmlns="http://www.xes-standard.org/">']
    for case, own in cases.items():
        parts.append(f'<trace><string key="concept:name" value={quoteattr(case)}/>')
        parts += [
            f'<event><string key="concept:name" value={quoteattr(e.activity)}/>'
            f'<date key="time:timestamp" value="{e.at.isoformat()}"/>'
            + (f'<string key="org:resource" value={quoteattr(e.resource)}/>' if e.resource else "")
            + "</event>"
            for e in own
        ]
        parts.append("</trace>")
    octets = "\n".join([*parts, "</log>"]).encode()
    path.write_bytes(gzip.compress(octets) if path.suffix == ".gz" else octets)
    return path


def write_ocel_json(path: Path, events: Sequence[Made], more: Sequence[tuple[str, str]] = ()) -> Path:
    """Cases are objects of type ticket; `more` objects belong to the first event."""
    objects = [{"id": case, "type": "ticket"} for case in dict.fromkeys(e.case for e in events)]
    objects += [{"id": id, "type": type} for id, type in more]
    said = [
        {
            "id": f"e{number}",
            "type": e.activity,
            "time": e.at.isoformat(),
            "attributes": [{"name": "resource", "value": e.resource}] if e.resource else [],
            "relationships": [{"objectId": e.case, "qualifier": "of"}]
            + [{"objectId": id, "qualifier": "with"} for id, _ in (more if number == 0 else ())],
        }
        for number, e in enumerate(events)
    ]
    path.write_text(json.dumps({"objectTypes": [], "eventTypes": [], "events": said, "objects": objects}))
    return path


def write_ocel_sqlite(path: Path, events: Sequence[Made]) -> Path:
    """The tables of OCEL 2.0, one of events for each activity."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            "create table event (ocel_id text, ocel_type text); create table object (ocel_id text, ocel_type text);"
            "create table event_object (ocel_event_id text, ocel_object_id text, ocel_qualifier text);"
            "create table event_map_type (ocel_type text, ocel_type_map text);"
        )
        for activity in sorted({e.activity for e in events}):
            database.execute("insert into event_map_type values (?, ?)", (activity, activity.title()))
            database.execute(f'create table "event_{activity.title()}" (ocel_id text, ocel_time text, resource text)')
        for case in dict.fromkeys(e.case for e in events):
            database.execute("insert into object values (?, 'ticket')", (case,))
        for number, e in enumerate(events):
            database.execute("insert into event values (?, ?)", (f"e{number}", e.activity))
            own = f'insert into "event_{e.activity.title()}" values (?, ?, ?)'
            database.execute(own, (f"e{number}", e.at.isoformat(), e.resource))
            database.execute("insert into event_object values (?, ?, 'of')", (f"e{number}", e.case))
        database.commit()
    return path


@cache
def real_report(name: str) -> Report:
    """Of a log that nobody here wrote; read once, since records do not change."""
    with open_log(REAL / name, SAID, threads=1) as log:
        return report_of(log)


def micros(at: datetime) -> int:
    """Since 1970, exact."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def by_case(events: Sequence[Made]) -> dict[str, list[Made]]:
    """Cases with their events by time, those of the same time as they came."""
    found: dict[str, list[Made]] = defaultdict(list)
    for event in events:
        found[event.case].append(event)
    return {case: sorted(own, key=lambda one: one.at) for case, own in found.items()}


def at_rank(values: Sequence[int], share: Fraction) -> int:
    """The value at its rank."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def follows(cases: Mapping[str, Sequence[Made]]) -> Counter[tuple[str, str]]:
    """How often what directly follows what."""
    return Counter((a.activity, b.activity) for own in cases.values() for a, b in pairwise(own))
