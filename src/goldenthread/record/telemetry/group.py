"""Requests that are worked on together: where their spans stand, and what becomes of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from goldenthread.promise.errors import TelemetryMalformed
from goldenthread.record.telemetry.envelope import Scope, scopes
from goldenthread.record.telemetry.limits import Limits
from goldenthread.record.telemetry.wire import Buffer, Flags, Whole


@dataclass(frozen=True, kw_only=True)
class Body:
    """
    A request as protobuf.

    Attributes:
        octets: Its bytes, unpacked.
        source: The principal whose token it came with.
        reaches: Whether that token reaches a slice ('' for spans that name none).
    """

    octets: bytes
    source: str = ""
    reaches: Callable[[str], bool] = lambda _: True


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """
    What became of one request.

    Attributes:
        taken: Spans that were taken.
        refused: Spans that were not, by reason.
        error: Why none of it was looked at; None where it was.
    """

    taken: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    error: TelemetryMalformed | None = None


class Group:
    """
    Requests under way.

    Args:
        bodies: By their place among those that came together; one that is malformed is in `errors` and else nowhere.
        limits: How much is taken of anything.
        look: Reads the resource and scope of a span; raises where they are malformed.

    Attributes:
        errors: Requests that are malformed on the outside.
        buffer: Every body, one behind the other.
        body, starts, ends: By span: its request, first byte, and one past its last.
        resource, scope: By span: the code of its resource and scope; `resources` and `scopes` have their bytes.
        reason: By span: why it is not taken; '' for those that are.
        left_out: What is left out of spans that are taken.
    """

    def __init__(self, bodies: Mapping[int, Body], limits: Limits, look: Callable[[Scope], object]) -> None:
        self.errors: dict[int, TelemetryMalformed] = {}
        self.left_out: Counter[str] = Counter()
        self._bodies = bodies
        found: dict[int, list[Scope]] = {}
        for at, body in bodies.items():
            try:
                found[at] = scopes(body.octets, most=limits.groups)
                for scope in found[at]:
                    look(scope)
            except TelemetryMalformed as problem:
                found.pop(at, None)
                self.errors[at] = problem
        self.buffer = Buffer.of(*(body.octets for body in bodies.values()))
        self.body, self.starts, self.ends = self._places(found)
        every = [scope for one in found.values() for scope in one]
        counts = [len(scope.places) for scope in every]
        self.resource, self.resources = _coded([scope.resource for scope in every], counts)
        self.scope, self.scopes = _coded([scope.scope for scope in every], counts)
        self.reason: Any = np.full(len(self.starts), "", dtype="<U8")
        self.refuse(self.ends - self.starts > limits.span_bytes, "size")

    def refuse(self, which: Flags, reason: str) -> None:
        """Take these spans not; the first reason counts."""
        self.reason[which & (self.reason == "")] = reason

    def refuse_slices(self, slices: Any) -> None:
        """Take no span of a slice that its sender's token does not reach."""
        for at, body in self._bodies.items():
            mine = np.flatnonzero(self.body == at)
            if len(mine):
                reached = by_value(slices.take(pa.array(mine)), body.reaches)
                self.reason[mine[~reached & (self.reason[mine] == "")]] = "slice"

    def malformed(self, wrong: Flags) -> dict[int, TelemetryMalformed]:
        """The requests whose spans these are."""
        words = "The body is no OTLP request: a span in it is broken. Send an ExportTraceServiceRequest."
        return {int(at): TelemetryMalformed(words) for at in np.unique(self.body[wrong])}

    def sources(self) -> Any:
        """By span, whose token it came with, as Arrow text."""
        places = {at: place for place, at in enumerate(self._bodies)}
        names = pa.array([body.source for body in self._bodies.values()], pa.string())
        row = np.zeros(max(places, default=0) + 1, np.int64)
        row[list(places)] = list(places.values())
        return names.take(pa.array(row[self.body]))

    def outcome(self, at: int) -> Outcome:
        """What became of a request."""
        reasons = self.reason[self.body == at]
        refused = Counter(reason for reason in reasons[reasons != ""].tolist())
        return Outcome(taken=len(reasons) - refused.total(), refused=dict(refused))

    def _places(self, found: Mapping[int, list[Scope]]) -> tuple[Whole, Whole, Whole]:
        offset, tables, owners = 0, [np.zeros((0, 2), np.int64)], [np.zeros(0, np.int64)]
        for at, body in self._bodies.items():
            for scope in found.get(at, ()):
                tables.append(np.array(scope.places, np.int64).reshape(-1, 2) + offset)
                owners.append(np.full(len(scope.places), at))
            offset += len(body.octets)
        table = np.concatenate(tables)
        return np.concatenate(owners), table[:, 0].copy(), table[:, 1].copy()


def by_value(text: Any, test: Callable[[str], bool]) -> Flags:
    """A test of each value, asked once for each that there is; null counts as ''."""
    coded = text.fill_null("").dictionary_encode()
    answers = np.array([bool(test(value)) for value in coded.dictionary.to_pylist()], np.bool_)
    return answers[np.asarray(coded.indices)] if len(text) else np.zeros(0, np.bool_)


def _coded(values: list[bytes], counts: list[int]) -> tuple[Whole, list[bytes]]:
    """For each span the code of its bytes, which so many spans in a row share; and the bytes by code."""
    codes: dict[bytes, int] = {}
    rows = [codes.setdefault(value, len(codes)) for value in values]
    return np.repeat(np.array(rows, np.int64), counts), list(codes)
