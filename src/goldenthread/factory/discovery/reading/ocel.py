"""
OCEL 2.0, JSON or SQLite: the objects of one type become the cases.

An event that concerns several of them counts in each, and that is said: the figures of cases are then true, and those
of all events together are not those of the file.

Source:
    OCEL 2.0 specification, sections 5 (SQLite) and 6 (JSON); https://www.ocel-standard.org.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from goldenthread.factory.discovery.reading.model import Left, Notice
from goldenthread.factory.discovery.reading.rows import Rows
from goldenthread.promise.errors import EventLogInvalid, EventLogUnsure

_MOST_BYTES = 1024 * 1024 * 1024
_COLUMNS = ("case:concept:name", "concept:name", "time:timestamp")
_RESOURCES = ("org:resource", "resource", "user", "agent")


class _Relation(msgspec.Struct):
    object_id: str = msgspec.field(name="objectId")


class _Attribute(msgspec.Struct):
    name: str
    value: Any = None


class _Event(msgspec.Struct):
    id: str
    type: str = ""
    time: Any = None
    attributes: list[_Attribute] = []
    relationships: list[_Relation] = []


class _Object(msgspec.Struct):
    id: str
    type: str


class _Log(msgspec.Struct):
    events: list[_Event]
    objects: list[_Object]


@dataclass(frozen=True, kw_only=True)
class _Plain:
    """An event: its type, time, resource and objects."""

    type: str
    time: str
    resource: str
    objects: tuple[str, ...]


def read_ocel_json(path: Path, name: str, object_type: str | None) -> Rows:
    """
    Rows of an OCEL 2.0 log in JSON.

    Args:
        path: Of the file, unpacked.
        name: The log's, for errors.
        object_type: Whose objects are the cases; None: told, if that can be.

    Raises:
        EventLogInvalid: It is none, or larger than a gigabyte, which SQLite is for.
        EventLogUnsure: It has several types of objects, and nobody said which.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise EventLogInvalid(f"{name}: it is JSON of more than 1 GB. Export the log as OCEL 2.0 SQLite.")
    try:
        log = msgspec.json.decode(path.read_bytes(), type=_Log)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as problem:
        raise EventLogInvalid(
            f"{name}: it is no OCEL 2.0 ({problem}). It has 'events' and 'objects', each with 'id' and 'type'; export "
            "it again, or as XES or CSV."
        ) from problem
    types = {one.id: one.type for one in log.objects}
    events = [_of_json(event) for event in log.events]
    return _flattened("OCEL 2.0 JSON", name, events, types, object_type)


def read_ocel_sqlite(path: Path, name: str, object_type: str | None) -> Rows:
    """
    Rows of an OCEL 2.0 log in SQLite; arguments and errors as `read_ocel_json`.

    The file is only read, and nothing that it defines is run.
    """
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)) as database:
            database.execute("pragma trusted_schema = off")
            types = dict(database.execute("select ocel_id, ocel_type from object").fetchall())
            events = list(_of_sqlite(database))
    except (sqlite3.Error, UnicodeError) as problem:
        raise EventLogInvalid(
            f"{name}: it is no OCEL 2.0 in SQLite ({problem}). It has the tables event, object, event_object and "
            "event_map_type; export it again, or as XES or CSV."
        ) from problem
    return _flattened("OCEL 2.0 SQLite", name, events, types, object_type)


def _of_json(event: _Event) -> _Plain:
    said = {one.name.lower(): one.value for one in event.attributes}
    resource = next((str(said[key]) for key in _RESOURCES if said.get(key) is not None), "")
    objects = tuple(dict.fromkeys(one.object_id for one in event.relationships))
    time = "" if event.time is None else str(event.time)
    return _Plain(type=event.type, time=time, resource=resource, objects=objects)


def _of_sqlite(database: sqlite3.Connection) -> Iterator[_Plain]:
    objects: dict[str, list[str]] = defaultdict(list)
    for event, one in database.execute("select ocel_event_id, ocel_object_id from event_object order by rowid"):
        if one not in objects[event]:
            objects[event].append(one)
    times: dict[str, tuple[str, str]] = {}
    for (table,) in database.execute("select distinct ocel_type_map from event_map_type").fetchall():
        named = '"event_' + str(table).replace('"', '""') + '"'
        columns = [str(row[1]) for row in database.execute(f"pragma table_info({named})")]
        resource = next((one for one in columns if one.lower() in _RESOURCES), None)
        asked = '"' + resource.replace('"', '""') + '"' if resource else "''"
        for id, time, who in database.execute(f"select ocel_id, ocel_time, {asked} from {named}"):
            times[id] = (str(time or ""), str(who or ""))
    for id, type in database.execute("select ocel_id, ocel_type from event order by rowid"):
        time, who = times.get(id, ("", ""))
        yield _Plain(type=str(type or ""), time=time, resource=who, objects=tuple(objects.get(id, ())))


def _flattened(
    form: str, name: str, events: Sequence[_Plain], types: Mapping[str, str], object_type: str | None
) -> Rows:
    chosen = _chosen(name, events, types, object_type)
    rows: list[tuple[str, ...]] = []
    lost: list[_Plain] = []
    several = 0
    for event in events:
        cases = [one for one in event.objects if types.get(one) == chosen]
        several += len(cases) > 1
        if not cases:
            lost.append(event)
        rows.extend((case, event.type, event.time, event.resource) for case in cases)
    notices = [
        Notice(code="cases-are", count=len(types), words=f"objects are in the log; its '{chosen}' are the cases")
    ]
    if several:
        words = f"events concern several '{chosen}', and count in each"
        notices.append(Notice(code="events-in-several-cases", count=several, words=words))
    examples = tuple(f"{one.type} {one.time}" for one in lost[:3])
    left = {"no-case": Left(count=len(lost), examples=examples)} if lost else {}
    return Rows(form, (*_COLUMNS, "org:resource"), rows, notices=notices, lost=left)


def _chosen(name: str, events: Iterable[_Plain], types: Mapping[str, str], given: str | None) -> str:
    kinds = Counter(types.values())
    if given is not None:
        if given not in kinds:
            raise EventLogInvalid(
                f"{name}: it has no objects of type '{given[:60]}'. It has {', '.join(sorted(kinds))}."
            )
        return given
    if len(kinds) <= 1:
        return next(iter(kinds), "")
    once: Counter[str] = Counter()
    for event in events:
        concerned = Counter(types[one] for one in event.objects if one in types)
        once.update(type for type, count in concerned.items() if count == 1)
    listed = ", ".join(
        f"{type} ({once[type]:,} events concern exactly one of {kinds[type]:,})" for type in sorted(kinds)
    )
    best = max(sorted(kinds), key=lambda type: once[type])
    raise EventLogUnsure(
        f"{name}: the objects of which type are the cases? It has {listed}. Say it with `--object-type '{best}'`, or "
        "another."
    )
