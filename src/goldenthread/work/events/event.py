"""An event, derived from a record; and its bytes as a structured CloudEvent."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from goldenthread.promise.values import Json, canonical
from goldenthread.record.ledger import ORGANISATION, Ledger, Record
from goldenthread.work.events.event_type import EventType
from goldenthread.work.events.fields import FIELDS
from goldenthread.work.events.kinds import type_of

if TYPE_CHECKING:
    from psycopg import Connection

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
SCHEMA_VERSION = 1

_UNSEEN_LEVELS = ("shadow", "draft")
_JSON_TYPES: Mapping[str, type] = {"string": str, "integer": int, "boolean": bool}
_ACTIONS = """
select a.id as about, a.id as decision, a.run, a.case_ref as case, a.name as action, a.level, exists (
    select from inbox i where i.run = a.run and i.kind = 'blind question'
) as blind
from action a where a.id = any(%s)
"""
_UNDOS = """
select u.id as about, u.action as decision, u.run, u.case_ref as case, a.name as action, a.level, false as blind
from undo u join action a on a.id = u.action where u.id = any(%s)
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """
    A CloudEvent (1.0). `id` is `chain/seq` of its record and stays the same however often it is sent; with `source`,
    which names organisation and slice, nobody else's event has it. `lane` is what its order is kept in: the case, or
    '' for what concerns no case.
    """

    id: str
    source: str
    type: str
    time: str
    subject: str | None
    chain: str
    seq: int
    data: Mapping[str, Json]

    @property
    def lane(self) -> str:
        """Events of one lane arrive in the order of the chain."""
        return self.subject or ""

    @property
    def message_id(self) -> str:
        """The same identity as one word without a full stop, as the Standard Webhooks header wants it."""
        return "evt_" + hashlib.sha256(canonical([self.source, self.id])).hexdigest()[:32]

    def attributes(self) -> dict[str, Json]:
        """The whole event as JSON, attributes and data."""
        return {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "time": self.time,
            **({"subject": self.subject} if self.subject else {}),
            "datacontenttype": "application/json",
            "dataschema": schema_name(self.type),
            "partitionkey": self.subject or self.chain,
            "sequence": f"{self.seq:020}",
            "data": dict(self.data),
        }

    def body(self) -> bytes:
        """Structured mode, canonical, so that the same event has the same bytes each time."""
        return canonical(self.attributes())


def schema_name(type_name: str) -> str:
    """The URI that names the JSON Schema of a type's data."""
    return f"urn:goldenthread:event:{type_name.removeprefix('goldenthread.')}:{SCHEMA_VERSION}"


def data_schema(one: EventType) -> dict[str, Json]:
    """The JSON Schema (2020-12) of a type's data. More fields may come; those required stay."""
    named = [name.rstrip("?") for name in ("slice?", "record", "link?", *one.fields)]
    required: list[Json] = [name for name in ("record", *one.fields) if not name.endswith("?")]
    if not one.organisation:
        required.insert(0, "slice")
    properties: dict[str, Json] = {name: {"type": FIELDS[name][0], "description": FIELDS[name][1]} for name in named}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": schema_name(one.full_name),
        "title": one.full_name,
        "description": one.words,
        "type": "object",
        "properties": properties,
        "required": required,
    }


def derive(ledger: Ledger, records: Sequence[Record], organisation: str) -> list[Event]:
    """
    The events of records, in their order; records that are none left out.

    Args:
        ledger: Tells which action a record is about.
        records: Of any chains.
        organisation: Hash of the ledger's first record, which tells one organisation from another.
    """
    typed = [(record, one) for record in records if (one := type_of(record)) is not None]
    with ledger.store.session() as connection:
        actions = _look_up(connection, _ACTIONS, [record for record, _ in typed if not _is_undo(record)])
        undos = _look_up(connection, _UNDOS, [record for record, _ in typed if _is_undo(record)])
    base = os.environ.get("GOLDENTHREAD_CONSOLE_URL", "").rstrip("/")
    return [_event(record, one, {**actions, **undos}, organisation, base) for record, one in typed]


def source_of(chain: str, organisation: str) -> str:
    """The `source` of a chain's events."""
    base = f"urn:goldenthread:{organisation[:16]}"
    return base if chain == ORGANISATION else f"{base}:slice:{chain}"


def _event(
    record: Record, one: EventType, actions: Mapping[str, Mapping[str, Any]], organisation: str, base: str
) -> Event:
    known = _known(record, one, actions.get(_about(record) or "", {}))
    case = known.get("case")
    place: dict[str, Json] = {"slice": record.chain} if record.chain != ORGANISATION else {}
    place["record"] = f"{record.chain}#{record.seq}"
    if base:
        place["link"] = base + page_of(record.chain, known)
    attributes: Mapping[str, Any] = json.loads(record.body)
    return Event(
        id=f"{record.chain}/{record.seq}",
        source=source_of(record.chain, organisation),
        type=one.full_name,
        time=attributes["at"],
        subject=case if isinstance(case, str) else None,
        chain=record.chain,
        seq=record.seq,
        data={**place, **known},
    )


def page_of(chain: str, known: Mapping[str, Any]) -> str:
    """The console's page about what an event says."""
    if chain == ORGANISATION:
        return "/"
    if known.get("incident") or known.get("ground"):
        return f"/slices/{chain}/incidents"
    if known.get("item"):
        return f"/inbox/{known['item']}"
    return f"/slices/{chain}/cases/{known['run']}" if known.get("run") else f"/slices/{chain}"


def _known(record: Record, one: EventType, action: Mapping[str, Any]) -> dict[str, Json]:
    """What the type says, of what the record and the action that it is about have; nothing of another JSON type."""
    said: dict[str, Json] = {**record.data, **action}
    unseen = bool(action.get("blind")) or action.get("level") in _UNSEEN_LEVELS or said.get("kind") == "blind question"
    hidden = {"action", "clause"} if unseen else set()
    if record.kind.startswith(("approval:", "undo:")) and not action:
        hidden |= {"action", "decision"}  # their `action` is an id, here of an action that this ledger does not know
    found: dict[str, Json] = {}
    for name in (field.rstrip("?") for field in one.fields):
        value: Json = said.get(one.called.get(name, name), one.says.get(name))
        if name not in hidden and type(value) is _JSON_TYPES[FIELDS[name][0]]:
            found[name] = value
    return found


def _is_undo(record: Record) -> bool:
    return record.kind.startswith("undo:")


def _about(record: Record) -> str | None:
    """The id of the action, or of the undo, that a record is about, if it is about one."""
    name = "undo" if _is_undo(record) else "action" if record.kind.startswith("approval:") else "decision"
    found = record.data.get(name)
    return found if isinstance(found, str) else None


def _look_up(connection: Connection, query: str, records: Sequence[Record]) -> dict[str, Mapping[str, Any]]:
    wanted = {id for record in records if (id := _about(record)) is not None}
    if not wanted:
        return {}
    cursor = connection.execute(query.encode(), (sorted(wanted),))
    names = [column.name for column in cursor.description or ()]
    return {row[0]: dict(zip(names, row, strict=True)) for row in cursor.fetchall()}
