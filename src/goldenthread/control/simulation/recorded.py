"""
Recorded cases from a CSV or JSONL file, for a backtest: read whole, or refused with the line that is wrong.

    case       required; a name a case has once, unless its earlier run ended in a fault
    started    ISO 8601, UTC where no zone is named; in every row or in none
    ended      when the run ended; by default when it started
    status     done, drafted, denied, escalated or fault; by default done
    METRIC     its value in this case: 1 or 0 for a rate, seconds for a time, else the amount; empty: not known
    METRIC.known_at, METRIC.people, METRIC.severity
    SEGMENT    a segment of the contract

Or a label a row: `metric`, `value`, `known_at`, `of`, `severity`. A row with `started` begins a case; a row without one
is another label of a case that began in an earlier row.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any, Literal, NoReturn, TypeAlias

from goldenthread.control.simulation.play import PlayedCase, PlayedLabel
from goldenthread.promise.contract import METRICS, Contract
from goldenthread.promise.contract.forms import amount_of
from goldenthread.promise.errors import CaseUnknown, RunsInvalid, TimeWentBackwards, ValueOutsideCap

UNTIMED = datetime(2026, 1, 5, tzinfo=UTC)
"""Cases without times begin here, a second apart: their order is known, their days are not."""

STATUSES = ("done", "drafted", "denied", "escalated", "fault")

_FIXED = ("case", "started", "ended", "status")
_LONG = ("metric", "value", "known_at", "of", "severity")
_OF_METRIC = ("known_at", "people", "severity")
_AGAIN = "Nothing was judged."

Whose: TypeAlias = Literal["agent", "people"]


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """Cases in the order of their start; `timed` is False where the file tells no times."""

    cases: tuple[PlayedCase, ...]
    timed: bool


@dataclass(frozen=True, kw_only=True)
class _Row:
    """A row with its place in the file, `runs.csv:17`."""

    place: str
    values: Mapping[str, Any]

    def text(self, column: str) -> str:
        value = self.values.get(column)
        return "" if value is None else str(value).strip()


@dataclass(kw_only=True)
class _Reading:
    """What was read so far."""

    contract: Contract
    timed: bool
    cases: list[PlayedCase] = field(default_factory=list)
    begun: dict[str, int] = field(default_factory=dict)  # by case, the place of the run that counts
    seen: set[tuple[str, str, str]] = field(default_factory=set)


def read_csv(text: str, name: str, contract: Contract) -> Recorded:
    """
    Cases from CSV with a header.

    Raises:
        RunsInvalid: Columns nobody knows, a case twice, a value that cannot be read.
        ValueOutsideCap: Not a number, negative, or outside of what the contract says a case can come to.
        TimeWentBackwards: A case starts before the one above, or something is known before its case started.
        CaseUnknown: A label of a case that did not begin above.
    """
    reader = csv.reader(StringIO(text.removeprefix("\ufeff")))
    try:
        header = [column.strip() for column in next(reader, [])]
        _require_columns(header, f"{name}:1", contract)
        rows = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as problem:
        _refuse(f"{name}:{reader.line_num}", f"it is no CSV ({problem}).")
    found = []
    for line, cells in rows:
        if len(cells) != len(header):
            _refuse(f"{name}:{line}", f"it has {len(cells)} cells; the header has {len(header)}.")
        found.append(_Row(place=f"{name}:{line}", values=dict(zip(header, cells, strict=True))))
    return _recorded(found, name, contract)


def read_jsonl(text: str, name: str, contract: Contract) -> Recorded:
    """
    Cases from lines of JSON objects with the same names as the columns, or a list `labels` of label objects.

    Raises:
        RunsInvalid, ValueOutsideCap, TimeWentBackwards, CaseUnknown: As `read_csv`.
    """
    found: list[_Row] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if line.strip():
            found += _of_json(line, f"{name}:{number}", contract)
    return _recorded(found, name, contract)


def _of_json(line: str, place: str, contract: Contract) -> Iterator[_Row]:
    try:
        value = json.loads(line, object_pairs_hook=list)
        pairs = [] if not isinstance(value, list) else value
        value = json.loads(line)
    except (ValueError, RecursionError) as problem:
        _refuse(place, f"it is no JSON ({problem}).")
    if not isinstance(value, dict):
        _refuse(place, "it is no object.")
    if len(pairs) != len(value):
        _refuse(place, "it names a column twice.")
    labels = value.pop("labels", [])
    _require_columns(value, place, contract)
    if not isinstance(labels, list) or not all(isinstance(label, dict) for label in labels):
        _refuse(place, "'labels' is no list of objects.")
    yield _Row(place=place, values=value)
    for label in labels:
        _require_known(label, _LONG, place)
        yield _Row(place=place, values={"case": value.get("case"), **label})


def _recorded(rows: list[_Row], name: str, contract: Contract) -> Recorded:
    if not rows:
        raise RunsInvalid(f"{name}: it holds no case. {_AGAIN}")
    timed = any(row.text("started") for row in rows)
    reading = _Reading(contract=contract, timed=timed)
    for row in rows:
        _read(reading, row)
    return Recorded(cases=tuple(reading.cases), timed=timed)


def _read(reading: _Reading, row: _Row) -> None:
    case = row.text("case")
    if not case:
        _refuse(row.place, "it names no case.")
    is_label = bool(row.text("metric"))
    begins = bool(row.text("started")) if reading.timed else not is_label
    if begins:
        _begin(reading, row, case)
    elif not is_label:
        _refuse(row.place, f"case '{case}' has no start, while other cases have one.")
    if case not in reading.begun:
        raise CaseUnknown(f"{row.place}: there is no case '{case}' above that this label could be of. {_AGAIN}")
    for label in _labels(reading, row, reading.cases[reading.begun[case]]):
        _add(reading, row, case, label)


def _begin(reading: _Reading, row: _Row, case: str) -> None:
    before = reading.begun.get(case)
    if before is not None and reading.cases[before].status != "fault":
        _refuse(row.place, f"case '{case}' stands above already, and its run ended in no fault.")
    status = row.text("status") or "done"
    if status not in STATUSES:
        _refuse(row.place, f"'{status}' is no status; there is {', '.join(STATUSES)}.")
    at = _instant(row, "started") if reading.timed else UNTIMED + timedelta(seconds=len(reading.cases))
    ended = _instant(row, "ended") if row.text("ended") else None
    if not reading.timed and ended is not None:
        _refuse(row.place, "it says when the run ended and not when it started.")
    last = reading.cases[-1].at if reading.cases else at
    if at < last:
        raise TimeWentBackwards(
            f"{row.place}: case '{case}' starts at {at.isoformat()}, before the case above ({last.isoformat()}). "
            f"Sort the rows by their start. {_AGAIN}"
        )
    if ended is not None and ended < at:
        raise TimeWentBackwards(f"{row.place}: case '{case}' ends before it starts. Correct the times. {_AGAIN}")
    reading.begun[case] = len(reading.cases)
    reading.cases.append(
        PlayedCase(
            case=case,
            at=at,
            ended_at=ended,
            status=status,
            segment=_segment(reading.contract, row),
        )
    )


def _segment(contract: Contract, row: _Row) -> dict[str, str]:
    found = {}
    for name, values in _segments(contract).items():
        value = row.text(name)
        if value and value not in values:
            _refuse(row.place, f"'{value}' is no {name} of the contract; it names {', '.join(values)}.")
        if value:
            found[name] = value
    return found


def _labels(reading: _Reading, row: _Row, case: PlayedCase) -> Iterator[PlayedLabel]:
    if row.text("metric"):
        metric = row.text("metric")
        if metric not in _metrics():
            _refuse(row.place, f"nobody measures '{metric}'; there is {', '.join(_metrics())}.")
        whose = row.text("of") or "agent"
        if whose not in ("agent", "people"):
            _refuse(row.place, f"'{whose}' is nobody whose work is measured; write agent or people.")
        known = _known(reading, row, "known_at", case)
        value = _number(reading.contract, row, metric, "value")
        yield PlayedLabel(
            metric=metric,
            value=value,
            known_at=known,
            of="people" if whose == "people" else "agent",
            severity=_severity(row, "severity"),
        )
    for column in row.values:
        metric, dot, what = column.partition(".")
        if metric in _metrics() and what in ("", "people") and row.text(column):
            yield PlayedLabel(
                metric=metric,
                value=_number(reading.contract, row, metric, column),
                known_at=_known(reading, row, f"{metric}.known_at", case),
                of="people" if dot else "agent",
                severity="" if dot else _severity(row, f"{metric}.severity"),
            )


def _add(reading: _Reading, row: _Row, case: str, label: PlayedLabel) -> None:
    key = f"{case}#{reading.begun[case]}", label.metric, label.of
    if key in reading.seen:
        _refuse(row.place, f"the {label.metric} of {label.of} in case '{case}' stands above already.")
    reading.seen.add(key)
    place = reading.begun[case]
    found = reading.cases[place]
    if found.status == "fault":
        _refuse(row.place, f"case '{case}' ended in a fault, which has no {label.metric}.")
    reading.cases[place] = replace(found, labels=(*found.labels, label))


def _known(reading: _Reading, row: _Row, column: str, case: PlayedCase) -> datetime:
    if not row.text(column):
        return case.ended_at or case.at
    if not reading.timed:
        _refuse(row.place, "it says when a label was known and not when the case started.")
    known = _instant(row, column)
    if known < case.at:
        raise TimeWentBackwards(
            f"{row.place}: {column} is {known.isoformat()}, before case '{case.case}' starts. "
            f"Correct the times. {_AGAIN}"
        )
    return max(known, case.ended_at or known)


def _number(contract: Contract, row: _Row, metric: str, column: str) -> float:
    text = row.text(column)
    try:
        value = math.nan if isinstance(row.values.get(column), bool) else float(text)
    except ValueError:
        value = math.nan
    kind, cap = METRICS[metric].kind, _cap(contract, metric)
    if kind == "rate" and value not in (0.0, 1.0):
        words = "in one case a rate is 1 (it happened) or 0 (it did not)"
    elif not 0.0 <= value < math.inf:
        words = "it must be a finite number of at least 0"
    elif value > cap:
        words = f"the contract says that no case can come to more than {cap:g}"
    else:
        return value
    raise ValueOutsideCap(f"{row.place}: {metric} is '{text}'; {words}. Correct the value. {_AGAIN}")


def _cap(contract: Contract, metric: str) -> float:
    gates = contract.autonomy.gates.values() if contract.autonomy else ()
    caps = [amount_of(one.cap) for gate in gates for one in gate if one.metric == metric and one.cap is not None]
    return min(caps, default=math.inf)


def _severity(row: _Row, column: str) -> str:
    found = row.text(column)
    if found not in ("", "hard"):
        _refuse(row.place, f"'{found}' is no severity; write hard, or nothing.")
    return found


def _instant(row: _Row, column: str) -> datetime:
    try:
        found = datetime.fromisoformat(row.text(column))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        _refuse(row.place, f"{column} '{row.text(column)}' is no time; write e.g. 2026-01-05T09:30:00.")


def _require_columns(columns: Iterable[str], place: str, contract: Contract) -> None:
    of_metrics = [f"{metric}.{what}" for metric in _metrics() for what in _OF_METRIC]
    known = [*_FIXED, *_LONG, *_segments(contract), *_metrics()]
    _require_known(columns, [*known, *of_metrics], place, shown=known)


def _require_known(
    columns: Iterable[str], known: Iterable[str], place: str, *, shown: Iterable[str] | None = None
) -> None:
    listed = list(columns)
    for column in listed:
        if column not in known:
            _refuse(place, f"'{column}' is no column; there is {', '.join(shown or known)}.")
        if listed.count(column) > 1:
            _refuse(place, f"the column '{column}' stands twice.")
    if shown is not None and "case" not in listed:
        _refuse(place, "there is no column 'case'.")


def _segments(contract: Contract) -> Mapping[str, tuple[str, ...]]:
    return contract.autonomy.segments if contract.autonomy else {}


def _metrics() -> list[str]:
    return [name for name, metric in METRICS.items() if metric.kind != "count"]


def _refuse(place: str, words: str) -> NoReturn:
    raise RunsInvalid(f"{place}: {words} Correct it, then try again; nothing was judged.")
