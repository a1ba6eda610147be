"""XES as a table: of each event what was asked for, of its trace likewise, by keys that begin with `case:`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import IO

from goldenthread.factory.discovery.reading.database import Workbench, quoted
from goldenthread.factory.discovery.reading.model import Left, Notice
from goldenthread.factory.discovery.reading.rows import put_columns
from goldenthread.factory.discovery.reading.sources import SAMPLE_ROWS
from goldenthread.promise.errors import EventLogInvalid
from goldenthread.record.eventlogs import RawTrace, read_traces

Opener = Callable[[], AbstractContextManager[IO[bytes]]]
_OF_CASE = "case:"
_BATCH = 50_000
_SAMPLE_TRACES = 200


class XesLog:
    """
    A log in XES.

    Args:
        opener: Opens what the file holds, unpacked.
        name: The log's, for errors.

    Raises:
        EventLogInvalid: Its beginning is no XES.
    """

    form = "XES"

    def __init__(self, opener: Opener, name: str) -> None:
        self._opener, self._name = opener, name
        with opener() as stream:
            coming = (one for one in read_traces(stream, name, event=None, trace=None) if isinstance(one, RawTrace))
            self._traces = list(islice(coming, _SAMPLE_TRACES))
        if not self._traces:
            raise EventLogInvalid(
                f"{name}: it has no trace, so it is no log of cases. Export it as XES, or OCEL 2.0 as JSON or SQLite."
            )
        of_case = dict.fromkeys(_OF_CASE + key for trace in self._traces for key in trace.said)
        of_event = dict.fromkeys(key for trace in self._traces for event in trace.events for key in event)
        self._columns = [*(dict.fromkeys([_OF_CASE + "concept:name", *of_case])), *of_event]
        self._empty = self._again = self._unnamed = self._lost = 0

    def columns(self) -> Sequence[str]:
        """Keys of attributes as its first traces have them."""
        return self._columns

    def sample(self) -> Sequence[Sequence[str]]:
        """The first events."""
        rows = ([*_row(trace, event, self._columns)] for trace in self._traces for event in trace.events)
        return list(islice(rows, SAMPLE_ROWS))

    def relation(self, bench: Workbench, wanted: Mapping[str, str]) -> str:
        """All events, as a table of text."""
        names = list(wanted)
        bench.run(f"create or replace table raw ({', '.join(f'{quoted(name)} varchar' for name in names)})")
        held: list[RawTrace] = []
        size = 0
        for trace in self._all(wanted):
            held.append(trace)
            size += len(trace.events)
            if size >= _BATCH:
                put_columns(bench, names, _by_column(held, wanted))
                held, size = [], 0
        put_columns(bench, names, _by_column(held, wanted))
        return "select * from raw"

    def about(self, bench: Workbench) -> int:
        """How many there are."""
        return int(bench.one("select count(*) from raw")[0])

    def left_out(self, bench: Workbench) -> Mapping[str, Left]:
        """Events outside of any trace."""
        return {"no-case": Left(count=self._lost)} if self._lost else {}

    def notices(self) -> Sequence[Notice]:
        """Traces that are no case, or whose name is no name."""
        said = (
            ("empty-cases", self._empty, "traces have no event, and are left out"),
            ("cases-again", self._again, "traces have the name of an earlier one; each counts as a case of its own"),
            ("unnamed-cases", self._unnamed, "traces have no name; each counts as a case, named by its place"),
        )
        return [Notice(code=code, count=count, words=words) for code, count, words in said if count]

    def _all(self, wanted: Mapping[str, str]) -> Iterator[RawTrace]:
        of_trace = {c.removeprefix(_OF_CASE): m for m, c in wanted.items() if c.startswith(_OF_CASE)}
        of_event = {column: meaning for meaning, column in wanted.items() if not column.startswith(_OF_CASE)}
        seen: dict[str, int] = {}
        self._empty = self._again = self._unnamed = self._lost = 0
        with self._opener() as stream:
            for place, trace in enumerate(read_traces(stream, self._name, event=of_event, trace=of_trace), start=1):
                if isinstance(trace, int):
                    self._lost += trace
                    continue
                if not trace.events:
                    self._empty += 1
                    continue
                self._name_apart(trace, place, seen)
                yield trace

    def _name_apart(self, trace: RawTrace, place: int, seen: dict[str, int]) -> None:
        id = trace.said.get("case", "")
        if not id.strip():
            self._unnamed += 1
            trace.said["case"] = f"trace {place}"
        elif id in seen:
            self._again += 1
            seen[id] += 1
            trace.said["case"] = f"{id} ({seen[id]})"
        else:
            seen[id] = 1


def _by_column(traces: Sequence[RawTrace], wanted: Mapping[str, str]) -> list[list[str | None]]:
    """What events of traces say, by meaning; what a trace says, once for each of its events."""
    events = [event for trace in traces for event in trace.events]
    columns: list[list[str | None]] = []
    for name, column in wanted.items():
        if column.startswith(_OF_CASE):
            columns.append([said for trace in traces for said in [trace.said.get(name)] * len(trace.events)])
        else:
            columns.append([event.get(name) for event in events])
    return columns


def _row(trace: RawTrace, event: Mapping[str, str], columns: Sequence[str]) -> Iterator[str]:
    for column in columns:
        if column.startswith(_OF_CASE):
            yield trace.said.get(column.removeprefix(_OF_CASE), "")
        else:
            yield event.get(column, "")
