"""
XES, read by events of the parser: what is held is one piece of the file, never the log.

A document type is refused, and with it every entity: nothing of a log can be made larger, or read from elsewhere.

Source:
    IEEE 1849-2016; the keys are those of its standard extensions concept, time, org and lifecycle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import IO
from xml.parsers import expat

from goldenthread.promise.errors import EventLogInvalid
from goldenthread.record.eventlogs.model import Case, Event, Tally
from goldenthread.record.eventlogs.times import microseconds

_CHUNK = 256 * 1024
_LONGEST_TAG = 8 * 1024 * 1024
_DEEPEST = 64
_MOST_EVENTS = 1_000_000
XES_EVENT: Mapping[str, str] = {
    "concept:name": "name",
    "time:timestamp": "at",
    "org:resource": "resource",
    "lifecycle:transition": "lifecycle",
}
"""By key of an event's attribute, what it stands for."""

XES_TRACE: Mapping[str, str] = {"concept:name": "id"}
"""By key of a trace's attribute, what it stands for."""


class _Refused(Exception):
    """Something stands there that no log needs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RawTrace:
    """What the file says of one trace, as text, by what was asked for; its events in the order of the file."""

    said: dict[str, str]
    events: list[dict[str, str]]


class _Reader:
    """Collects traces while the parser reads; of events outside a trace only how many there are."""

    def __init__(self, event: Mapping[str, str] | None, trace: Mapping[str, str] | None) -> None:
        self._of_event, self._of_trace = event, trace
        self._open: list[str] = []
        self._plain: dict[str, str] = {}
        self._case: dict[str, str] | None = None
        self._event: dict[str, str] | None = None
        self._events: list[dict[str, str]] = []
        self.traces: list[RawTrace] = []
        self.lost = 0

    def start(self, tag: str, said: dict[str, str]) -> None:
        """An element begins."""
        names = self._open
        plain = self._plain.get(tag) or self._plain.setdefault(tag, tag.rpartition(":")[2])
        if not names and plain != "log":
            raise _Refused(f"its topmost element is '{plain[:40]}', not 'log'")
        if len(names) >= _DEEPEST:
            raise _Refused(f"it is nested deeper than {_DEEPEST}")
        above = names[-1] if names else ""
        names.append(plain)
        if above == "event":
            if self._event is not None:
                _keep(self._event, self._of_event, said)
        elif plain == "event":
            self._event = {}
        elif plain == "trace" and above == "log":
            self._case, self._events = {}, []
        elif above == "trace" and self._case is not None:
            _keep(self._case, self._of_trace, said)

    def end(self, _tag: str) -> None:
        """An element ends."""
        plain = self._open.pop()
        if plain == "event" and self._event is not None:
            self._take(self._event)
            self._event = None
        elif plain == "trace" and self._case is not None:
            self.traces.append(RawTrace(said=self._case, events=self._events))
            self._case = None

    def _take(self, said: dict[str, str]) -> None:
        if self._case is None:
            self.lost += 1
        elif len(self._events) >= _MOST_EVENTS:
            raise _Refused(f"a case has more than {_MOST_EVENTS:,} events")
        else:
            self._events.append(said)


def _keep(held: dict[str, str], wanted: Mapping[str, str] | None, said: dict[str, str]) -> None:
    """One attribute, if it is wanted; all where nothing is chosen."""
    key = said.get("key", "")
    if wanted is None:
        held[key] = said.get("value", "")
    elif key in wanted:
        held[wanted[key]] = said.get("value", "")


def read_traces(
    stream: IO[bytes],
    name: str,
    *,
    event: Mapping[str, str] | None = XES_EVENT,
    trace: Mapping[str, str] | None = XES_TRACE,
) -> Iterator[RawTrace | int]:
    """
    What a log says, a trace at a time; a number stands for so many events outside of any.

    Args:
        stream: XML in an encoding that it names.
        name: The file's, for errors.
        event: By key of an attribute of an event, the name it is given; None: all by their keys.
        trace: Likewise, of a trace.

    Raises:
        EventLogInvalid: It is no XES, is cut off, or has a document type or entities.
    """
    reader, parser = _Reader(event, trace), expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.StartDoctypeDeclHandler = _no_document_type
    parser.EntityDeclHandler = _no_document_type
    fed = 0
    while True:
        octets = stream.read(_CHUNK)
        fed += len(octets)
        try:
            parser.Parse(octets, not octets)
        except expat.ExpatError as problem:
            words = f"line {problem.lineno} is no XML ({expat.ErrorString(problem.code)})"
            raise _invalid(name, words) from problem
        except _Refused as problem:
            raise _invalid(name, f"line {parser.CurrentLineNumber}: {problem}") from None
        if fed - parser.CurrentByteIndex > _LONGEST_TAG:
            raise _invalid(name, f"line {parser.CurrentLineNumber}: a tag is longer than {_LONGEST_TAG:,} bytes")
        yield from reader.traces
        reader.traces.clear()
        if reader.lost:
            yield reader.lost
            reader.lost = 0
        if not octets:
            return


def read_xes(stream: IO[bytes], name: str, zone: tzinfo, tally: Tally) -> Iterator[Case]:
    """
    The cases of a log, in its order.

    Args:
        stream: XML in an encoding that it names.
        name: The file's, for errors.
        zone: Of times that name none.
        tally: Where is counted what was read.

    Raises:
        EventLogInvalid: As `read_traces`.
    """
    for trace in read_traces(stream, name):
        if isinstance(trace, int):
            tally.bad["no-case"] += trace
            continue
        events = [one for said in trace.events if (one := _event(said, zone, tally)) is not None]
        yield Case(id=trace.said.get("id", ""), events=tuple(sorted(events, key=lambda one: one.at_us)))


def _event(said: Mapping[str, str], zone: tzinfo, tally: Tally) -> Event | None:
    at = microseconds(said.get("at", ""), zone, tally)
    if at is None:
        tally.bad["no-time"] += 1
        return None
    if not said.get("name"):
        tally.bad["no-activity"] += 1
        return None
    lifecycle = said.get("lifecycle", "").lower()
    return Event(activity=said["name"], at_us=at, resource=said.get("resource", ""), lifecycle=lifecycle)


def _no_document_type(*_: object) -> None:
    raise _Refused("it has a document type or an entity, which no log needs")


def _invalid(name: str, words: str) -> EventLogInvalid:
    return EventLogInvalid(f"{name}: {words}. Nothing of it is used; export the log again as XES or CSV.")
