"""Segments over time: small ones made one, what is too old left out, and all of them held to their digests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from goldenthread.record.telemetry import segments as stored
from goldenthread.record.telemetry.beside import differs
from goldenthread.record.telemetry.columns import CONTENT
from goldenthread.record.telemetry.dialects import KEPT_WHOLE, is_content
from goldenthread.record.telemetry.log import in_todays_columns
from goldenthread.record.telemetry.places import Places
from goldenthread.record.telemetry.repeats import keys_of, last_of_each
from goldenthread.record.telemetry.sealing import Anchor
from goldenthread.record.telemetry.segments import Segment, Written

_DAY_NS = 86_400_000_000_000
_LARGEST_ROWS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Retention:
    """
    How long what is kept, in days after it was taken in; None: for ever.

    Attributes:
        content: What people and models said.
        spans: Spans that did nothing.
        actions: Actions, agents, evaluations, retrievals.
    """

    content: int | None = None
    spans: int | None = None
    actions: int | None = None


def compact(places: Places, anchor: Anchor, *, today: str, most: int = _LARGEST_ROWS) -> list[Written]:
    """
    Make one segment of the small ones of each day that is over; spans that came twice on a day are then once.

    For whoever holds the lock of these places. What it is made from goes when its digest is on record.

    Args:
        places: Whose.
        anchor: Puts a segment on record.
        today: The day that is not over, '20261121'.
        most: Rows of one segment.
    """
    made = []
    by_day = groupby(stored.segments(places.segments), key=lambda one: one.day)
    for day, found in by_day:
        if day < today:
            made += [_joined(places, group, anchor) for group in _groups(places, found, most) if len(group) > 1]
    return made


def retain(places: Places, anchor: Anchor, retention: Retention, *, now_ns: int) -> list[Written]:
    """
    Leave out of segments what is older than it may be; each is made anew, and its digest goes on record, and why.

    Args:
        places: Whose.
        anchor: Puts a segment on record.
        retention: How long what is kept.
        now_ns: Nanoseconds since 1970.
    """
    made = []
    for segment in stored.segments(places.segments):
        table = _read(places, segment)
        left = _kept(table, retention, now_ns)
        if left is not None:
            anew = replace(segment, generation=segment.generation + 1)
            repeats = _repeats(places, [segment])
            written = stored.write(places.segments, anew, left, repeats, replaces=(segment.name,), why="retention")
            anchor(written)
            stored.remove(places.segments, [segment])
            made.append(written)
    return made


def damage(places: Places, records: Iterable[Mapping[str, Any]]) -> list[str]:
    """
    What is wrong with the segments, in words; nothing where all are as they were put on record.

    Args:
        places: Whose.
        records: What the ledger says of segments, in order: `segment`, `digest` and `replaces`.
    """
    digests: dict[str, str] = {}
    for record in records:
        digests[str(record["segment"])] = str(record["digest"])
        for name in record["replaces"]:
            digests.pop(str(name), None)
    standing = {segment.name: segment for segment in stored.segments(places.segments)}
    found = [f"{name} is on record and gone" for name in digests if name not in standing]
    for name, segment in standing.items():
        if name not in digests:
            found.append(f"{name} is not on record")
        elif stored.digest_of(stored.path_of(places.segments, segment)) != digests[name]:
            found.append(f"{name} is not what was put on record")
        elif differs(stored.path_of(places.segments, segment)):
            found.append(f"what stands beside {name} is not what it says")
    return sorted(found)


def _groups(places: Places, found: Iterable[Segment], most: int) -> Iterator[list[Segment]]:
    """Neighbours that together are not too large."""
    group: list[Segment] = []
    rows = 0
    for segment in found:
        more = pq.read_metadata(stored.path_of(places.segments, segment)).num_rows
        if group and rows + more > most:
            yield group
            group, rows = [], 0
        group.append(segment)
        rows += more
    if group:
        yield group


def _joined(places: Places, group: list[Segment], anchor: Anchor) -> Written:
    table = pa.concat_tables([_read(places, segment) for segment in group])
    order = pa.array(np.argsort(np.asarray(table["received_ns"]), kind="stable"))
    table = table.take(order)
    table = table.filter(pa.array(last_of_each(keys_of(table))))
    whole = Segment(day=group[0].day, first=group[0].first, last=group[-1].last)
    names = tuple(segment.name for segment in group)
    written = stored.write(places.segments, whole, table, _repeats(places, group), replaces=names, why="compacted")
    anchor(written)
    stored.remove(places.segments, group)
    return written


def _read(places: Places, segment: Segment) -> Any:
    return in_todays_columns(pq.read_table(stored.path_of(places.segments, segment)))


def _repeats(places: Places, group: list[Segment]) -> Any:
    """Ids that any of these has and an earlier one had, too."""
    paths = [path for segment in group if (path := stored.repeats_of(places.segments, segment)).exists()]
    return pa.concat_tables([pq.read_table(path) for path in paths]) if paths else None


def _kept(table: Any, retention: Retention, now_ns: int) -> Any | None:
    """The rows and columns that are young enough; None where all are."""
    age = (now_ns - np.asarray(table["received_ns"])) // _DAY_NS
    action = np.array(pc.is_in(table["operation"], pa.array(KEPT_WHOLE)).fill_null(False).combine_chunks())
    gone = np.where(action, _older(age, retention.actions), _older(age, retention.spans))
    silent = _older(age, retention.content) & ~gone & (np.asarray(table["content_bytes"]) > 0)
    rows = np.flatnonzero(silent)
    changed = False
    for column in (*CONTENT, "status_message", "attributes", "events") if len(rows) else ():
        said = table[column].take(pa.array(rows)).to_pylist()
        silence: Callable[[Any], Any] = _SILENCED.get(column, _nothing)
        left = [silence(one) for one in said]
        if left != said:
            changed = True
            table = _replaced(table, column, rows, left)
    return table.filter(pa.array(~gone)) if changed or gone.any() else None


def _nothing(_: Any) -> None:
    return None


def _attributes(said: Any) -> Any:
    return [pair for pair in said or () if not is_content(pair[0])]


def _events(said: Any) -> Any:
    return said and [{**event, "attributes": _attributes(event["attributes"])} for event in said]


_SILENCED: Mapping[str, Callable[[Any], Any]] = {"attributes": _attributes, "events": _events}


def _replaced(table: Any, column: str, rows: Any, values: list[Any]) -> Any:
    """The table with other values in these rows of a column."""
    place = table.schema.get_field_index(column)
    field = table.schema.field(place)
    places = np.arange(len(table))
    places[rows] = len(table) + np.arange(len(rows))
    both = pa.concat_arrays([table[column].combine_chunks(), pa.array(values, field.type)])
    return table.set_column(place, field, both.take(pa.array(places)))


def _older(age: Any, days: int | None) -> Any:
    return np.zeros(len(age), np.bool_) if days is None else age >= days
