"""Spans of requests as rows of columns: read, judged, cleaned; nothing is made for a span by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from goldenthread.record.telemetry import wire
from goldenthread.record.telemetry.attributes import TEXT, Attributes, as_map, read
from goldenthread.record.telemetry.cleaning import Cleaning, Detectors
from goldenthread.record.telemetry.columns import EVENT, LINK, SPANS
from goldenthread.record.telemetry.dialects import KEPT_WHOLE
from goldenthread.record.telemetry.group import Body, Group, Outcome, by_value
from goldenthread.record.telemetry.limits import Limits
from goldenthread.record.telemetry.resources import Resources
from goldenthread.record.telemetry.typed import named, typed
from goldenthread.record.telemetry.wire import BYTES, EIGHT, VARINT, Buffer, Fields, Flags, Whole

_LATEST = np.uint64(2**63 - 1)


@dataclass(frozen=True, kw_only=True)
class Flat:
    """Rows of several requests, what became of each, and what was left out of the rows, by word."""

    rows: Any
    outcomes: tuple[Outcome, ...]
    left_out: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """
    What is kept.

    Attributes:
        content: Whether what was said may be kept, by slice ('' where a span names none).
        share: Of spans that did nothing, those that are kept: 0 to 1, the same for all of a trace.
    """

    content: Callable[[str], bool] = lambda _: False
    share: float = 1.0


class Flattener:
    """
    Makes rows of requests; one thread uses it.

    Args:
        detectors: What finds secrets and personal data.
        limits: How much is taken of anything.
        policy: What is kept.
    """

    def __init__(self, detectors: Detectors, limits: Limits | None = None, policy: Policy | None = None) -> None:
        self.limits = limits or Limits()
        self.policy = policy or Policy()
        self._cleaning = Cleaning(detectors, self.limits)
        self._resources = Resources(self._cleaning)

    def flatten(self, bodies: Sequence[Body], received_ns: int) -> Flat:
        """
        Rows of all spans in these requests that are taken. A malformed one does not harm the others.

        Args:
            bodies: Together less than 2 GiB.
            received_ns: Now, nanoseconds since 1970.
        """
        outcomes: dict[int, Outcome] = {}
        while True:
            left = {at: body for at, body in enumerate(bodies) if at not in outcomes}
            group = Group(left, self.limits, self._resources.look)
            made = group.errors or self._rows(group, received_ns)
            if not isinstance(made, dict):
                break
            outcomes |= {at: Outcome(error=problem) for at, problem in made.items()}
        found = tuple(outcomes.get(at) or group.outcome(at) for at in range(len(bodies)))
        return Flat(rows=made, outcomes=found, left_out=+group.left_out)

    def _rows(self, group: Group, received_ns: int) -> Any:
        """The rows of a group; or its requests that turn out to be malformed further in."""
        limits, buffer = self.limits, group.buffer
        ends = np.where(group.reason == "", group.ends, group.starts)
        fields = wire.walk(buffer, group.starts, ends, most=limits.fields)
        group.refuse(fields.wide, "fields")
        at = fields.rows(9, BYTES)
        found, bad = read(buffer, fields.owner[at], fields.start[at], fields.size[at], limits, group.left_out)
        wrong = fields.bad.copy()
        wrong[fields.owner[at][bad]] = True
        if wrong.any():
            return group.malformed(wrong)
        core = self._core(group, fields, received_ns)
        return self._kept(group, self._columns(group, fields, found, core))

    def _columns(self, group: Group, fields: Fields, found: Attributes, made: dict[str, Any]) -> Any:
        count, left_out, cleaning = len(group.starts), group.left_out, self._cleaning
        whence = self._resources.columns(group.resources, group.scopes, group.resource, group.scope)
        slices = _slices(found, whence["slice"], count)
        group.refuse_slices(slices)
        keeps = by_value(slices, self.policy.content)
        found, said = cleaning.attributes(found, keeps, left_out)
        columns, used = typed(found, count, left_out)
        events, said_in_events, errors = self._events(group, fields, keeps)
        for text in ("name", "status_message"):
            made[text] = cleaning.texts(made[text], left_out)
        named(columns, found, made, count)
        columns["error_type"] = _or_else(columns.get("error_type"), errors)
        for own in ("slice", "case_id", "run_id", "agent_name"):
            columns[own] = _or_else(columns.get(own), whence.pop(own))
        made["status_message"], said_of_status = _if_kept(made["status_message"], keeps, left_out)
        made |= {
            **whence,
            **columns,
            "source": group.sources(),
            "content_bytes": pa.array(said + said_in_events + said_of_status),
            "attributes": as_map(found.only(np.flatnonzero(~used)), count),
            "events": events,
            "links": _links(group.buffer, fields, count),
        }
        return pa.RecordBatch.from_arrays(
            [_column(made.get(field.name), field.type, count) for field in SPANS], schema=SPANS
        )

    def _core(self, group: Group, fields: Fields, received_ns: int) -> dict[str, Any]:
        """What every span has; spans whose ids or times cannot be are refused."""
        count, buffer = len(group.starts), group.buffer
        ids = {number: fields.last(number, count) for number in (1, 2, 4)}
        start, end = fields.numbers(7, EIGHT, count), fields.numbers(8, EIGHT, count)
        group.refuse((ids[1][1] != 16) | (ids[2][1] != 8) | ~np.isin(ids[4][1], (0, 8)), "ids")
        latest = np.uint64(received_ns + self.limits.ahead_ns)
        group.refuse((start == 0) | (end < start) | (end > _LATEST) | (start > latest), "times")
        trace, span = _ids(buffer, *ids[1], 16), _ids(buffer, *ids[2], 8)
        zero = pc.or_(
            pc.equal(trace, pa.scalar(bytes(16), pa.binary(16))), pc.equal(span, pa.scalar(bytes(8), pa.binary(8)))
        )
        group.refuse(np.array(zero.fill_null(True)) if count else np.zeros(0, np.bool_), "ids")
        code_at, code_size = fields.last(15, count)
        status = wire.walk(buffer, code_at, code_at + code_size, most=8)
        dropped = sum(fields.numbers(number, VARINT, count).clip(0, 2**20) for number in (10, 12, 14))
        return {
            "trace_id": trace,
            "span_id": span,
            "parent_id": _ids(buffer, *ids[4], 8),
            "name": wire.texts(buffer, *_cut(*fields.last(5, count))),
            "kind": pa.array(fields.numbers(6, VARINT, count).clip(0, 100).astype(np.int8)),
            "start_ns": pa.array(np.minimum(start, _LATEST).astype(np.int64)),
            "duration_ns": pa.array((np.maximum(end, start) - start).clip(0, _LATEST).astype(np.int64)),
            "status": pa.array(status.numbers(3, VARINT, count).clip(0, 100).astype(np.int8)),
            "status_message": wire.texts(buffer, *_cut(*status.last(2, count))),
            "received_ns": pa.array(np.full(count, received_ns)),
            "dropped": pa.array(np.asarray(dropped).astype(np.int32)),
        }

    def _events(self, group: Group, fields: Fields, keeps: Flags) -> tuple[Any, Whole, Any]:
        """Events by span, the bytes of content in them, and the type of an exception that is one."""
        at, count, buffer = fields.rows(11, BYTES), len(group.starts), group.buffer
        if not len(at):
            return None, np.zeros(count, np.int64), pa.nulls(count, pa.string())
        owner, starts = fields.owner[at], fields.start[at]
        inner = wire.walk(buffer, starts, starts + fields.size[at], most=self.limits.event_fields)
        rows = inner.rows(3, BYTES)
        places = (inner.start[rows], inner.size[rows])
        found, _ = read(buffer, inner.owner[rows], *places, self.limits, group.left_out)
        found, said = self._cleaning.attributes(found, keeps[owner], group.left_out)
        names = self._cleaning.texts(wire.texts(buffer, *_cut(*inner.last(2, len(at)))), group.left_out)
        times = pa.array(np.minimum(inner.numbers(1, EIGHT, len(at)), _LATEST).astype(np.int64))
        events = pa.StructArray.from_arrays([times, names, as_map(found, len(at))], fields=list(EVENT))
        sizes = np.bincount(owner, weights=said, minlength=count).astype(np.int64)
        return pa.ListArray.from_arrays(_offsets(owner, count), events), sizes, _exceptions(found, owner, count)

    def _kept(self, group: Group, batch: Any) -> Any:
        kept = group.reason == ""
        if self.policy.share < 1.0:
            chance = np.array(
                [int.from_bytes((id or bytes(16))[8:]) for id in batch["trace_id"].to_pylist()], np.float64
            )
            out = kept & (chance / 2.0**64 >= self.policy.share) & ~_matters(batch)
            group.left_out["sampled"] += int(out.sum())
            kept = kept & ~out
        return batch if kept.all() else batch.filter(pa.array(kept))


def _exceptions(found: Attributes, owner: Whole, count: int) -> Any:
    """By span the type of the last exception among its events."""
    if "exception.type" not in found.names:
        return pa.nulls(count, pa.string())
    rows = np.flatnonzero((found.key == found.names.index("exception.type")) & (found.kind == TEXT))
    place = np.full(count, -1)
    place[owner[found.owner[rows]]] = rows
    return found.text.take(pa.array(place.clip(0), mask=place < 0))


def _if_kept(messages: Any, keeps: Flags, left_out: Counter[str]) -> tuple[Any, Whole]:
    """What went wrong, in words, which is content: it repeats what was said; and its bytes."""
    sizes = np.asarray(pc.binary_length(messages).fill_null(0)).astype(np.int64)
    off = (sizes > 0) & ~keeps
    left_out["content-off"] += int(off.sum())
    return pc.if_else(pa.array(off), "", messages) if off.any() else messages, sizes


def _slices(found: Attributes, of_resource: Any, count: int) -> Any:
    codes = [code for code, name in enumerate(found.names) if name == "goldenthread.slice"]
    if not codes:
        return of_resource
    mine = found.only(np.flatnonzero(found.key == codes[0]))
    return _or_else(typed(mine, count, Counter())[0].get("slice"), of_resource)


def _matters(batch: Any) -> Flags:
    """Spans that sampling keeps: what did something, what cost something, what failed."""
    reasons = (
        pc.is_in(batch["operation"], pa.array(KEPT_WHOLE)),
        pc.equal(batch["status"], 2),
        *(pc.is_valid(batch[column]) for column in ("input_tokens", "output_tokens", "cost_micros", "tool_name")),
        pc.is_valid(batch["evaluation_name"]),
        pc.greater(pc.list_value_length(batch["events"]).fill_null(0), 0),
    )
    matters: Flags = np.logical_or.reduce([np.array(reason.fill_null(False)) for reason in reasons])
    return matters


def _ids(buffer: Buffer, starts: Whole, sizes: Whole, width: int) -> Any:
    """Ids of one width, null where there is none of it."""
    fits = sizes == width
    found = wire.octets(buffer, np.where(fits, starts, 0), np.where(fits, width, 0))
    blank = pa.array(np.arange(len(starts)), mask=~fits)
    return found.take(blank).cast(pa.binary(width))


def _cut(starts: Whole, sizes: Whole) -> tuple[Whole, Whole]:
    """Names and messages are read up to 1024 bytes."""
    return starts, np.minimum(sizes, 1024)


def _links(buffer: Buffer, fields: Fields, count: int) -> Any:
    at = fields.rows(13, BYTES)
    if not len(at):
        return None
    starts = fields.start[at]
    inner = wire.walk(buffer, starts, starts + fields.size[at], most=64)
    ids = [_ids(buffer, *inner.last(number, len(at)), width).cast(pa.binary()) for number, width in ((1, 16), (2, 8))]
    return pa.ListArray.from_arrays(
        _offsets(fields.owner[at], count), pa.StructArray.from_arrays(ids, fields=list(LINK))
    )


def _offsets(owner: Whole, count: int) -> Any:
    return pa.array(np.searchsorted(owner, np.arange(count + 1)).astype(np.int32))


def _or_else(first: Any, second: Any) -> Any:
    return second if first is None else pc.coalesce(first, second)


def _column(values: Any, type: Any, count: int) -> Any:
    if values is None:
        return pa.nulls(count, type)
    return values if values.type == type else values.cast(type)
