"""The golden thread: from a business number to the runs behind it, and from a run up to the numbers it is part of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from goldenthread.control.guard import Desk
from goldenthread.control.outcomes.joining import Joined, counted, joined
from goldenthread.control.outcomes.stating import require_line
from goldenthread.control.windows import Line, line_of
from goldenthread.promise.errors import CaseErased, CaseUnknown, ContentMissing, OutcomeUnknown
from goldenthread.record.outcomes import known_rows, of_micro


@dataclass(frozen=True, kw_only=True)
class Behind:
    """One value of a line: of which case (its pseudonym), done by whom, in which run; '' where no agent was."""

    case_ref: str
    day: str
    value: Decimal
    kind: str
    arm: str
    run: str
    fingerprint: str
    since: int  # the record that brought it


@dataclass(frozen=True, kw_only=True)
class Thread:
    """A line and what is behind its number, the largest value first; `by` counts values by who did them."""

    slice: str
    line: Line
    read: int | None  # the record of the last reading
    values: tuple[Behind, ...]
    by: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Above:
    """A number that a run is part of: the case's own value, and the line as it stands."""

    line: Line
    value: Behind


def behind_outcome(desk: Desk, metric: str) -> Thread:
    """
    The values behind a line's number: those of the days that it is measured over, each with the run behind it.

    Raises:
        ContractNotFound: The slice has no contract.
        OutcomeUnknown: No such line, or nothing is measured of it.
    """
    line = _line(desk, metric)
    if line.span is None:
        raise OutcomeUnknown(
            f"Nothing is measured of '{metric}' in '{desk.slice}' yet ({line.words}), so there is nothing behind it. "
            f"Read it with `goldenthread outcome read {desk.slice} {metric}`."
        )
    values = [one for one in _joined(desk, metric) if line.span.holds(one.known.row.day)]
    found = sorted((_behind(one) for one in counted(tuple(values))), key=lambda one: (-one.value, one.case_ref))
    arms = [one.arm for one in found]
    read = desk.standing().windows.readings.get(metric)
    return Thread(
        slice=desk.slice,
        line=line,
        read=read.seq if read is not None else None,
        values=tuple(found),
        by={arm: arms.count(arm) for arm in sorted(set(arms))},
    )


def above_run(desk: Desk, run: str) -> tuple[Above, ...]:
    """
    The numbers that a run's case is part of; empty where no data owner has given a value of it.

    Args:
        desk: Of the slice.
        run: Its id, or how that begins.

    Raises:
        CaseUnknown: No run of that id in the slice, or several that begin so.
    """
    case_ref = _run_row(desk, run)["case_ref"]
    found = []
    for shift in desk.contract().shifts.values():
        mine = [one for one in _joined(desk, shift.metric) if one.known.case_ref == case_ref]
        found += [Above(line=_line(desk, shift.metric), value=_behind(one)) for one in mine]
    return tuple(found)


def run_of(desk: Desk, run: str) -> str:
    """
    The whole id of a run that begins so.

    Raises:
        CaseUnknown: No run of that id in the slice, or several that begin so.
    """
    return str(_run_row(desk, run)["id"])


def case_of(desk: Desk, run: str) -> str:
    """The name of a run's case; '' where it was erased, or there is no such run."""
    rows = desk.read_rows("select input from run where slice = %s and id = %s", desk.slice, run)
    try:
        given = desk.ledger.open(rows[0]["input"]) if rows else None
    except (CaseErased, ContentMissing):
        return ""
    return str(given["case"]) if isinstance(given, dict) and "case" in given else ""


def _run_row(desk: Desk, run: str) -> Mapping[str, str]:
    rows = desk.read_rows(
        "select id, case_ref from run where slice = %s and starts_with(id, %s) order by id limit 2", desk.slice, run
    )
    if len(rows) != 1:
        raise CaseUnknown(
            f"{'Several runs' if rows else 'No run'} of '{desk.slice}' {'begin' if rows else 'begins'} with '{run}'. "
            f"See `goldenthread case list {desk.slice}`, and give more letters."
        )
    return rows[0]


def _line(desk: Desk, metric: str) -> Line:
    path, shift = require_line(desk.contract(), metric)
    standing = desk.standing()
    return line_of(path, shift, standing.windows, max(desk.ledger.clock(), standing.now))


def _joined(desk: Desk, metric: str) -> list[Joined]:
    known = known_rows(desk.ledger, desk.slice, metric, as_of=desk.ledger.clock())
    return list(joined(desk, desk.standing(), list(known)))


def _behind(one: Joined) -> Behind:
    row = one.known.row
    value = of_micro(round(row.numerator * 1_000_000 / row.denominator))
    return Behind(
        case_ref=one.known.case_ref,
        day=row.day.isoformat(),
        value=value,
        kind=row.segment,
        arm=one.arm,
        run=one.run,
        fingerprint=one.fingerprint,
        since=one.known.seq,
    )
