"""Requests that are worked on together: where their spans stand, and what becomes of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from goldenthread.promise.errors import TelemetryMalformed
from goldenthread.record.telemetry.envelope import Leaf, leaves
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

    def __init__(self, bodies: Mapping[int, Body], limits: Limits, look: Callable[[Leaf], object]) -> None:
        self.errors: dict[int, TelemetryMalformed] = {}
        self.left_out: Counter[str] = Counter()
        self._bodies = bodies
        found: dict[int, list[Leaf]] = {}
        for at, body in bodies.items():
            try:
                found[at] = leaves(body.octets, most=limits.groups)
                _look_once(found[at], look)
            except TelemetryMalformed as problem:
                self.errors[at] = problem
        self.buffer = Buffer.of(*(body.octets for body in bodies.values()))
        self.body, self.starts, self.ends = self._places(found)
        every = [leaf for one in found.values() for leaf in one]
        self.resource, self.resources = _coded([leaf.resource for leaf in every])
        self.scope, self.scopes = _coded([leaf.scope for leaf in every])
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
        return names.take(pa.array([places[at] for at in self.body.tolist()], pa.int64()))

    def outcome(self, at: int) -> Outcome:
        """What became of a request."""
        reasons = self.reason[self.body == at]
        refused = Counter(reason for reason in reasons[reasons != ""].tolist())
        return Outcome(taken=len(reasons) - refused.total(), refused=dict(refused))

    def _places(self, found: Mapping[int, list[Leaf]]) -> tuple[Whole, Whole, Whole]:
        offset, places = 0, []
        for at, body in self._bodies.items():
            places += [(at, offset + leaf.start, offset + leaf.end) for leaf in found.get(at, ())]
            offset += len(body.octets)
        table = np.array(places, np.int64).reshape(-1, 3)
        return table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy()


def by_value(text: Any, test: Callable[[str], bool]) -> Flags:
    """A test of each value, asked once for each that there is; null counts as ''."""
    coded = text.fill_null("").dictionary_encode()
    answers = np.array([bool(test(value)) for value in coded.dictionary.to_pylist()], np.bool_)
    return answers[np.asarray(coded.indices)] if len(text) else np.zeros(0, np.bool_)


def _look_once(found: list[Leaf], look: Callable[[Leaf], object]) -> None:
    """Spans of one scope stand together and share its bytes, so a look at the first of them is one at all."""
    before: Leaf | None = None
    for leaf in found:
        if before is None or leaf.resource is not before.resource or leaf.scope is not before.scope:
            look(leaf)
        before = leaf


def _coded(values: list[bytes]) -> tuple[Whole, list[bytes]]:
    codes: dict[bytes, int] = {}
    rows = [codes.setdefault(value, len(codes)) for value in values]
    return np.array(rows, np.int64), list(codes)
