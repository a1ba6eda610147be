"""
Tables of events: CSV with a heading.

Rows of a case may stand anywhere, so the events of all cases are held, as numbers.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from itertools import chain
from typing import IO

from goldenthread.promise.errors import EventLogInvalid
from goldenthread.record.eventlogs.model import Case, Event, Tally
from goldenthread.record.eventlogs.times import microseconds

COLUMNS: Mapping[str, str] = {
    "case": "case:concept:name case_id case caseid case_number ticket_id",
    "activity": "concept:name activity event action task",
    "at": "time:timestamp timestamp time complete_timestamp completed_at at datetime date when",
    "resource": "org:resource resource user agent",
    "lifecycle": "lifecycle:transition lifecycle",
}
"""What a column may stand for, and the names by which it is told, in small letters."""

_NEEDED = ("case", "activity", "at")
_TOLD = {"case": "the case of an event", "activity": "what was done", "at": "when it was done"}
_LONGEST_FIELD = 1024 * 1024
_SEPARATORS = ",;\t|"


class Lines:
    """Lines as text; one that is too long is an error of the csv reader, and the next one can be read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._first = True

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self._stream.readline(_LONGEST_FIELD + 1)
        if not line:
            raise StopIteration
        if len(line) > _LONGEST_FIELD and not line.endswith(b"\n"):
            while (rest := self._stream.readline(_LONGEST_FIELD)) and not rest.endswith(b"\n"):
                pass
            raise csv.Error
        encoding, self._first = ("utf-8-sig" if self._first else "utf-8"), False
        return line.decode(encoding, "surrogateescape")


def read_table(
    stream: IO[bytes], name: str, zone: tzinfo, tally: Tally, columns: Mapping[str, str] | None = None
) -> Iterator[Case]:
    """
    The cases of a table, in the order of their first row.

    Args:
        stream: CSV with a heading, UTF-8.
        name: The file's, for errors.
        zone: Of times that name none.
        tally: Where is counted what was read.
        columns: By meaning (case, activity, at, resource, lifecycle) the column; what is not given is told by name.

    Raises:
        EventLogInvalid: It names no such columns.
    """
    lines = Lines(stream)
    heading, separator = heading_of(lines, name)
    places = _places(heading, columns or {}, name)
    held = _Held()
    rows = csv.reader(lines, delimiter=separator)
    while True:
        try:
            values = next(rows)
        except StopIteration:
            break
        except csv.Error:
            tally.bad["long"] += 1
            rows = csv.reader(lines, delimiter=separator)
            continue
        if values:
            held.take(values, len(heading), places, zone, tally)
    yield from held.cases()


class _Held:
    """Events as numbers: a case is an array, a text is held once."""

    def __init__(self) -> None:
        self._texts: dict[str, int] = {}
        self._cases: dict[str, array[int]] = {}

    def take(self, values: list[str], width: int, places: Mapping[str, int], zone: tzinfo, tally: Tally) -> None:
        """One row."""
        if len(values) != width:
            tally.bad["columns"] += 1
            return
        said = {meaning: values[place] for meaning, place in places.items()}
        if any(not one.isascii() and any("\udc80" <= letter <= "\udcff" for letter in one) for one in said.values()):
            tally.bad["encoding"] += 1
            return
        at = microseconds(said["at"], zone, tally)
        reason = (
            "no-time" if at is None else "no-activity" if not said["activity"] else "" if said["case"] else "no-case"
        )
        if at is None or reason:
            tally.bad[reason] += 1
            return
        texts = (said["activity"], said.get("resource", ""), said.get("lifecycle", "").lower())
        self._cases.setdefault(said["case"], array("q")).extend((at, *map(self._code, texts)))

    def cases(self) -> Iterator[Case]:
        """Every case."""
        texts = list(self._texts)
        for id, numbers in self._cases.items():
            events = [
                Event(activity=texts[activity], at_us=at, resource=texts[resource], lifecycle=texts[lifecycle])
                for at, activity, resource, lifecycle in zip(*[iter(numbers)] * 4, strict=True)
            ]
            yield Case(id=id, events=tuple(sorted(events, key=lambda one: one.at_us)))

    def _code(self, text: str) -> int:
        return self._texts.setdefault(text, len(self._texts))


def heading_of(lines: Lines, name: str) -> tuple[list[str], str]:
    """
    The names of a table's columns, and what separates them.

    Raises:
        EventLogInvalid: The first line names none.
    """
    try:
        first = next(lines)
        separator = max(_SEPARATORS, key=first.count)
        heading = next(csv.reader(chain([first], lines), delimiter=separator))
    except (StopIteration, csv.Error):
        raise EventLogInvalid(
            f"{name}: its first line names no columns. Export the log as XES, or with a heading."
        ) from None
    return heading, separator


def _places(heading: list[str], given: Mapping[str, str], name: str) -> dict[str, int]:
    plain = {column.strip().lower().replace(" ", "_"): place for place, column in reversed(list(enumerate(heading)))}
    found: dict[str, int] = {}
    for meaning, names in COLUMNS.items():
        if meaning in given:
            if given[meaning] not in heading:
                raise no_column(name, meaning, given[meaning], heading)
            found[meaning] = heading.index(given[meaning])
        else:
            place = next((plain[one] for one in names.split() if one in plain), None)
            if place is not None:
                found[meaning] = place
    missing = [meaning for meaning in _NEEDED if meaning not in found]
    if missing:
        raise unknown_columns(name, missing, heading)
    return found


def unknown_columns(name: str, meanings: Sequence[str], heading: Sequence[str]) -> EventLogInvalid:
    """No column tells one of these: what the table has, and how to name one."""
    told = " and ".join(_TOLD[meaning] for meaning in meanings)
    options = " ".join(f"--column {meaning}=COLUMN" for meaning in meanings)
    return EventLogInvalid(f"{name}: no column is known to tell {told}. {_has(heading)} Name it: `{options}`.")


def no_column(name: str, meaning: str, column: str, heading: Sequence[str]) -> EventLogInvalid:
    """Somebody named a column that is not there."""
    words = f"it has no column '{column[:60]}'. {_has(heading)} Name one of them: `--column {meaning}=COLUMN`."
    return EventLogInvalid(f"{name}: {words}")


def _has(heading: Sequence[str]) -> str:
    shown = ", ".join(column[:40] for column in heading[:20])
    return f"It has {shown or 'none'}."
