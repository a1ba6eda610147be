"""An outcome line as it stands: when its window ends, what was measured, and what that comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from goldenthread.control.windows.windows import Baseline, Read, Windows
from goldenthread.promise.contract import SECONDS, Contract, Quantity, Shift, seconds
from goldenthread.promise.values import Json

STATES = ("unknown", "running", "met", "missed", "overdue")
_JUDGED = 4  # a window is judged by its last fourth: "to 6 EUR in 8 weeks" says where it stands after them
_DAY = timedelta(days=1)
_PLACES = Decimal("0.000001")


@dataclass(frozen=True, kw_only=True)
class Span:
    """The days that a line is measured over, the last excluded."""

    begins: date
    ends: date

    def holds(self, day: date) -> bool:
        """Whether a day is one of them."""
        return self.begins <= day < self.ends

    def __str__(self) -> str:
        return f"{self.begins.isoformat()} to {(self.ends - _DAY).isoformat()}"


@dataclass(frozen=True, kw_only=True)
class Line:
    """
    One outcome or adoption line. `state` is of `STATES`; `measured` is in the unit of its target, None for unknown.

    `baseline` is what the owner signed as measured, else None; `before` is that, or else the contract's own figure.
    """

    path: str
    shift: Shift
    state: str
    starts: datetime | None
    due: datetime | None
    measured: Decimal | None
    cases: int
    span: Span | None
    source: bool
    baseline: Baseline | None
    why: str

    @property
    def is_adoption(self) -> bool:
        """Whether it is the adoption line."""
        return self.path == "adoption"

    @property
    def before(self) -> Decimal:
        """What it was before."""
        return self.baseline.value if self.baseline is not None else in_target_unit(self.shift.baseline, self.shift)

    @property
    def progress(self) -> Fraction | None:
        """How much of the way from before to the target was made: 1 is all of it; None where nothing is measured."""
        way = Fraction(self.shift.target.amount) - Fraction(self.before)
        if self.measured is None:
            return None
        return (Fraction(self.measured) - Fraction(self.before)) / way if way else Fraction(0)

    @property
    def due_text(self) -> str | None:
        """When its window ends, in ISO 8601; None before it began."""
        return self.due.isoformat() if self.due is not None else None

    @property
    def words(self) -> str:
        """Where it stands, for its owner."""
        return f"{self.state}: {self.why}"


def lines(contract: Contract, windows: Windows, now: datetime) -> tuple[Line, ...]:
    """Every outcome line and the adoption line of a contract as of an instant, in the file's order."""
    return tuple(line_of(path, shift, windows, now) for path, shift in contract.shifts.items())


def line_of(path: str, shift: Shift, windows: Windows, now: datetime) -> Line:
    """One line as of an instant."""
    starts = _starts(shift, windows)
    due = starts + timedelta(seconds=float(seconds(shift.window))) if starts is not None else None
    stated = windows.sources.get(shift.metric)
    own = stated is not None and stated.by == shift.owner
    read = windows.readings.get(shift.metric) if own else None
    if read is not None and (stated is None or read.source != stated.digest):
        read = None
    measured = _of_reading(path, shift, read) if own else _of_reports(shift, windows, starts, due, now)
    state, why = _judged(shift, measured, due, now, read)
    baseline = windows.baselines.get(shift.metric)
    return Line(
        path=path,
        shift=shift,
        state=state,
        starts=starts,
        due=due,
        measured=measured.value if measured is not None else None,
        cases=measured.cases if measured is not None else 0,
        span=measured.span if measured is not None else None,
        source=own,
        baseline=baseline if baseline is not None and baseline.by == shift.owner else None,
        why=why,
    )


def span_of(shift: Shift, starts: datetime, due: datetime, now: datetime, last: date | None) -> Span:
    """
    The days by which a line is judged: the last fourth of its window, and after it as long a time up to the last value.

    Args:
        shift: The line.
        starts: Of its window.
        due: Its end.
        now: When it is measured.
        last: Day of the last value; None where there is none.
    """
    fourth = timedelta(days=max(1, round(float(seconds(shift.window)) / 86400 / _JUDGED)))
    known = min(now.date() + _DAY, last + _DAY if last is not None else now.date() + _DAY)
    ends = max(due.date(), known) if now >= due else known
    return Span(begins=max(starts.date(), ends - fourth), ends=ends)


def measured_record(
    shift: Shift, due: datetime | None, span: Span, value: Decimal | None, cases: int
) -> dict[str, Json]:
    """What an `outcome:read` record says of one line."""
    return {
        "line": str(shift),
        "due": due.isoformat() if due is not None else None,
        "from": span.begins.isoformat(),
        "to": span.ends.isoformat(),
        "cases": cases,
        "value": f"{value:f}" if value is not None else None,
    }


def statistic_of(shift: Shift, amounts: Sequence[tuple[int, int]]) -> Decimal | None:
    """
    The line's statistic of (numerator, denominator) in millionths, to six places; None of none.

    A mean is the sum of numerators over the sum of denominators; a quantile is the value at its rank, no mean of two. A
    percentage given by numerator and denominator is a share, and comes out in percent.
    """
    if not amounts:
        return None
    percent = 100 if shift.target.unit == "%" and any(d != 1_000_000 for _, d in amounts) else 1
    if shift.statistic in (None, "mean"):
        value = Fraction(sum(n for n, _ in amounts), sum(d for _, d in amounts))
    else:
        ordered = sorted(Fraction(n, d) for n, d in amounts)
        share = Fraction(Decimal(str(shift.statistic)[1:])) / 100
        value = ordered[max(0, -(-share * len(ordered) // 1) - 1)]
    return _rounded(value * percent)


def in_target_unit(quantity: Quantity, shift: Shift) -> Decimal:
    """A quantity of the line as a number in the unit of its target."""
    unit = shift.target.unit
    if quantity.unit == unit or unit not in SECONDS:
        return quantity.amount
    return _rounded(Fraction(seconds(quantity)) / Fraction(SECONDS[unit]))


def _rounded(value: Fraction) -> Decimal:
    return (Decimal(round(value * 1_000_000)) * _PLACES).normalize() + Decimal(0)


def _starts(shift: Shift, windows: Windows) -> datetime | None:
    since = windows.since.get(shift.metric)
    return max(windows.first_live, since) if windows.first_live is not None and since is not None else None


@dataclass(frozen=True, kw_only=True)
class _Measured:
    value: Decimal
    cases: int
    span: Span | None
    due: str | None  # as it was when it was measured
    settles: bool  # measured when the window was over, with nothing refused


def _of_reading(path: str, shift: Shift, read: Read | None) -> _Measured | None:
    found = read.measured.get(path) if read is not None else None
    if read is None or found is None or found["line"] != str(shift) or found["value"] is None:
        return None
    span = Span(begins=date.fromisoformat(found["from"]), ends=date.fromisoformat(found["to"]))
    over = found["due"] is not None and read.at >= datetime.fromisoformat(found["due"])
    return _Measured(
        value=Decimal(found["value"]),
        cases=found["cases"],
        span=span,
        due=found["due"],
        settles=over and read.refused == 0,
    )


def _of_reports(
    shift: Shift, windows: Windows, starts: datetime | None, due: datetime | None, now: datetime
) -> _Measured | None:
    """Values that the owner observed case by case, where no source is stated."""
    given = windows.reported.get(shift.metric, {}).values()
    mine = [(at, value) for at, value, source in given if source == shift.owner]
    if not mine or starts is None or due is None:
        return None
    span = span_of(shift, starts, due, now, max(at for at, _ in mine).date())
    amounts = [(_micro(value, shift), 1_000_000) for at, value in mine if span.holds(at.date())]
    value = statistic_of(shift, amounts)
    if value is None:
        return None
    return _Measured(value=value, cases=len(amounts), span=span, due=due.isoformat(), settles=now >= due)


def _micro(value: float, shift: Shift) -> int:
    """An observed share, time in seconds or amount, in millionths of the unit of the target."""
    unit = shift.target.unit
    scale = Fraction(100) if unit == "%" else 1 / Fraction(SECONDS[unit]) if unit in SECONDS else Fraction(1)
    return round(Fraction(value) * scale * 1_000_000)


def _judged(
    shift: Shift, measured: _Measured | None, due: datetime | None, now: datetime, read: Read | None
) -> tuple[str, str]:
    if due is None:
        return "unknown", f"its window of {shift.window} begins with the first live case"
    day = due.date().isoformat()
    if now < due:
        if measured is None:
            return "unknown", f"{shift.owner} has reported nothing yet; due {day}"
        return "running", f"{_value(measured, shift)}; due {day}"
    if read is not None and read.refused:
        return (
            "overdue",
            f"{read.refused} rows of the last reading could not be taken; {shift.owner} mends them; due {day}",
        )
    if measured is None or not measured.settles or measured.due != due.isoformat():
        return "overdue", f"{shift.owner} has reported no value of the end of its window; due since {day}"
    return ("met" if reaches(shift, measured.value) else "missed"), f"{_value(measured, shift)}; due {day}"


def reaches(shift: Shift, value: Decimal) -> bool:
    """Whether a value is at the target or beyond it, seen from the line's own baseline."""
    if in_target_unit(shift.baseline, shift) <= shift.target.amount:
        return value >= shift.target.amount
    return value <= shift.target.amount


def _value(measured: _Measured, shift: Shift) -> str:
    over = f"over {measured.cases:,} {'value' if measured.cases == 1 else 'values'} of {measured.span}"
    return f"{measured.value:f} {shift.target.unit}".strip() + f" {over}"
