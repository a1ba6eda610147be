"""Read an outcome from its source: keep what is new, and put on record what each line comes to."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from goldenthread.control.autonomy import Standing
from goldenthread.control.guard import GUARD, Desk
from goldenthread.control.outcomes.stating import acted_cases, amounts_of, require_line
from goldenthread.control.windows import READ, Stated, Windows, line_of, measured_record, span_of, statistic_of
from goldenthread.promise.contract import Contract, Shift
from goldenthread.promise.errors import OutcomeUnknown, OutcomeUnreadable
from goldenthread.promise.values import Json
from goldenthread.record.ledger import Record
from goldenthread.record.outcomes import (
    Kept,
    Known,
    Source,
    keep_rows,
    known_rows,
    read_source,
    rows_digest,
    seal_rows,
    with_rows,
)


@dataclass(frozen=True, kw_only=True)
class OutcomeReading:
    """What a reading came to: what became of its rows, and the rows that could not be taken."""

    record: Record
    metric: str
    kept: Kept
    refused: int
    problems: tuple[str, ...]


def read_outcome(
    desk: Desk, metric: str, *, by: str = GUARD, environment: Mapping[str, str] = os.environ
) -> OutcomeReading:
    """
    Read the values of an outcome line from where its owner said they are.

    Values are versioned: what was known before stays known as of then. A row that cannot be taken keeps no other back,
    but while there is one, the reading settles no window.

    Args:
        desk: Of the slice.
        metric: Of the outcome line.
        by: Who reads, for the record.
        environment: Where the address of a database is.

    Raises:
        ContractNotFound: The slice has no contract.
        OutcomeUnknown: No such line, or its owner has stated no source.
        OutcomeUnreadable, OutcomesMissing: Nothing was read.
    """
    require_line(desk.contract(), metric)
    windows = desk.standing().windows
    stated, seen = _require_stated(desk.contract(), windows, metric), _seen(windows, metric)
    source = Source.of_record(stated.source)
    today = desk.ledger.clock().date()
    found = read_source(source, environment.get(source.place), until=today)
    sealed = seal_rows(desk.ledger.vault, desk.slice, metric, found.rows)
    at = desk.ledger.clock()
    before = known_rows(desk.ledger, desk.slice, metric, as_of=at)
    with desk.transaction() as writing:
        _require_same(writing.standing.windows, seen, metric)
        seq = writing.tx.head(desk.slice) + 1
        kept = keep_rows(writing.tx, desk.slice, metric, sealed, seq=seq, at=at)
        known = with_rows(before, sealed, seq=seq, at=at)
        said: dict[str, Json] = {"rows": len(found.rows), "new": kept.new, "corrected": kept.corrected}
        said |= {"same": kept.same, "refused": found.refused, "erased": kept.erased}
        measured = _measured(writing.contract(), writing.standing, metric, known, at)
        said |= {"values": rows_digest(known), "measured": measured}
        content: dict[str, Json] = {"metric": metric, "source": stated.digest, **said}
        record = writing.append(READ, content, by=by)
    return OutcomeReading(record=record, metric=metric, kept=kept, refused=found.refused, problems=found.problems)


def _measured(
    contract: Contract, standing: Standing, metric: str, known: Iterable[Known], now: datetime
) -> dict[str, Json]:
    """What each line of the metric comes to now; before its window begins, nothing."""
    rows, acted = list(known), acted_cases(standing)
    found: dict[str, Json] = {}
    for path, shift in contract.shifts.items():
        if shift.metric != metric:
            continue
        line = line_of(path, shift, standing.windows, now)
        if line.starts is None or line.due is None:
            continue
        found[path] = _one(shift, line.starts, line.due, rows, acted, now)
    return found


def _one(
    shift: Shift, starts: datetime, due: datetime, rows: list[Known], acted: Container[str], now: datetime
) -> dict[str, Json]:
    last: date | None = max((one.row.day for one in rows), default=None)
    span = span_of(shift, starts, due, now, last)
    amounts = amounts_of((one for one in rows if span.holds(one.row.day)), acted)
    return measured_record(shift, due, span, statistic_of(shift, amounts), len(amounts))


def _require_stated(contract: Contract, windows: Windows, metric: str) -> Stated:
    _path, shift = require_line(contract, metric)
    stated = windows.sources.get(metric)
    if stated is None or stated.by != shift.owner:
        raise OutcomeUnknown(
            f"'{shift.owner}' has not said where the values of '{metric}' are. "
            f"Have them run `goldenthread outcome source {contract.slice} {metric}`."
        )
    return stated


def _seen(windows: Windows, metric: str) -> tuple[int, int]:
    """The records of the source and of the last reading that a reading rests on."""
    stated, read = windows.sources.get(metric), windows.readings.get(metric)
    return stated.seq if stated is not None else 0, read.seq if read is not None else 0


def _require_same(windows: Windows, seen: tuple[int, int], metric: str) -> None:
    if _seen(windows, metric) != seen:
        raise OutcomeUnreadable(
            f"The source of '{metric}' was stated anew or read by somebody else meanwhile, so nothing was recorded. "
            "Read it again."
        )
