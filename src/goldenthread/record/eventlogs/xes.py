"""
XES, read by events of the parser: what is held is one case, never the log.

A document type is refused, and with it every entity: nothing of a log can be made larger, or read from elsewhere.

Source:
    IEEE 1849-2016; the keys are those of its standard extensions concept, time, org and lifecycle.
"""

from __future__ import annotations

from collections.abc import Iterator
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
_KEYS = {
    "concept:name": "name",
    "time:timestamp": "at",
    "org:resource": "resource",
    "lifecycle:transition": "lifecycle",
}


class _Refused(Exception):
    """Something stands there that no log needs."""


class _Reader:
    """Collects cases while the parser reads."""

    def __init__(self, zone: tzinfo, tally: Tally) -> None:
        self._zone, self._tally = zone, tally
        self._open: list[str] = []
        self._case: dict[str, str] | None = None
        self._event: dict[str, str] | None = None
        self._events: list[Event] = []
        self.cases: list[tuple[str, list[Event]]] = []
        self.is_log = False

    def start(self, tag: str, said: dict[str, str]) -> None:
        """An element begins."""
        plain = tag.rpartition(":")[2]
        if not self._open and plain != "log":
            raise _Refused(f"its topmost element is '{plain[:40]}', not 'log'")
        self.is_log = True
        if len(self._open) >= _DEEPEST:
            raise _Refused(f"it is nested deeper than {_DEEPEST}")
        above = self._open[-1] if self._open else ""
        self._open.append(plain)
        if plain == "trace" and above == "log":
            self._case, self._events = {}, []
        elif plain == "event":
            self._event = {}
        elif above == "event" and self._event is not None and said.get("key") in _KEYS:
            self._event[_KEYS[said["key"]]] = said.get("value", "")
        elif above == "trace" and self._case is not None and said.get("key") == "concept:name":
            self._case["id"] = said.get("value", "")

    def end(self, tag: str) -> None:
        """An element ends."""
        plain = self._open.pop()
        if plain == "event" and self._event is not None:
            self._take(self._event)
            self._event = None
        elif plain == "trace" and self._case is not None:
            self.cases.append((self._case.get("id", ""), self._events))
            self._case = None

    def _take(self, said: dict[str, str]) -> None:
        at = microseconds(said.get("at", ""), self._zone, self._tally)
        if self._case is None:
            self._tally.bad["no-case"] += 1
        elif at is None:
            self._tally.bad["no-time"] += 1
        elif not said.get("name"):
            self._tally.bad["no-activity"] += 1
        elif len(self._events) >= _MOST_EVENTS:
            raise _Refused(f"a case has more than {_MOST_EVENTS:,} events")
        else:
            lifecycle = said.get("lifecycle", "").lower()
            self._events.append(
                Event(activity=said["name"], at_us=at, resource=said.get("resource", ""), lifecycle=lifecycle)
            )


def read_xes(stream: IO[bytes], name: str, zone: tzinfo, tally: Tally) -> Iterator[Case]:
    """
    The cases of a log, in its order.

    Args:
        stream: XML in an encoding that it names.
        name: The file's, for errors.
        zone: Of times that name none.
        tally: Where is counted what was read.

    Raises:
        EventLogInvalid: It is no XES, is cut off, or has a document type or entities.
    """
    reader, parser = _Reader(zone, tally), expat.ParserCreate()
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
        for id, events in reader.cases:
            yield Case(id=id, events=tuple(sorted(events, key=lambda one: one.at_us)))
        reader.cases.clear()
        if not octets:
            return


def _no_document_type(*_: object) -> None:
    raise _Refused("it has a document type or an entity, which no log needs")


def _invalid(name: str, words: str) -> EventLogInvalid:
    return EventLogInvalid(f"{name}: {words}. Nothing of it is used; export the log again as XES or CSV.")
