"""One row of a data owner's table: read strictly, since whatever it says moves money and levels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from goldenthread.promise.values import Json

MILLION = 1_000_000
_LARGEST = 2**53 - 1
_LONGEST_NAME = 200
_NUMBER = re.compile(r"[+-]?[0-9]{1,16}(?:\.[0-9]{1,30})?")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ][0-9:.]{5,15}(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?")
_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_TRUTH = {"true": True, "yes": True, "1": True, "t": True, "false": False, "no": False, "0": False, "f": False}


class RowProblem(Exception):
    """Why one row cannot be taken, in words that hold none of its content."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """
    What one case or period was worth: `numerator / denominator`, both in millionths, of the unit of the target.

    `day` is when the case was done or the period began. `arm` is 'agent', 'people' or '' (the records tell). `units`
    are in millionths; None where the table has none.
    """

    key: str
    of_case: bool
    day: date
    numerator: int
    denominator: int = MILLION
    segment: str = ""
    arm: str = ""
    automated: bool | None = None
    reworked: bool | None = None
    units: int | None = None

    def record(self) -> dict[str, Json]:
        """As it is sealed; what is not known is left out."""
        said: dict[str, Json] = {"day": self.day.isoformat(), "n": self.numerator, "d": self.denominator}
        more = {"segment": self.segment or None, "automated": self.automated, "reworked": self.reworked}
        said |= {name: value for name, value in (*more.items(), ("units", self.units)) if value is not None}
        return {**said, **({} if self.of_case else {"period": self.key})}

    @classmethod
    def of_record(cls, data: Mapping[str, Any], *, key: str, arm: str) -> Row:
        """The row that `record` wrote."""
        return cls(
            key=str(data.get("period", key)),
            of_case="period" not in data,
            day=date.fromisoformat(data["day"]),
            numerator=data["n"],
            denominator=data["d"],
            segment=data.get("segment", ""),
            arm=arm,
            automated=data.get("automated"),
            reworked=data.get("reworked"),
            units=data.get("units"),
        )


def parse_row(cells: Mapping[str, Any], *, until: date) -> Row:
    """
    The row that cells make.

    Args:
        cells: By what the column stands for (see `COLUMNS`); text, or what a database gives.
        until: A day after this one lies in the future.

    Raises:
        RowProblem: A cell is missing or none of its kind.
    """
    of_case = "case" in cells
    key = _name(cells, "case" if of_case else "period")
    if not key:
        raise RowProblem(f"{'case' if of_case else 'period'} is empty")
    day = _day(cells, "at") if of_case else _period(key)
    if day > until:
        raise RowProblem(f"{'at' if of_case else 'period'} lies in the future")
    numerator = micro(cells.get("value" if "value" in cells else "numerator"), "value")
    denominator = MILLION if "value" in cells else micro(cells.get("denominator"), "denominator")
    if denominator <= 0:
        raise RowProblem("denominator is not above 0")
    return Row(
        key=key,
        of_case=of_case,
        day=day,
        numerator=numerator,
        denominator=denominator,
        segment=_name(cells, "segment"),
        arm=_arm(cells),
        automated=_truth(cells, "automated"),
        reworked=_truth(cells, "reworked"),
        units=micro(cells["units"], "units") if cells.get("units") not in (None, "") else None,
    )


def micro(value: Any, name: str = "value") -> int:
    """
    A number in millionths, exactly.

    Raises:
        RowProblem: No plain number, one with more than six places, or one beyond nine billion.
    """
    if isinstance(value, bool) or value is None or value == "":
        raise RowProblem(f"{name} is empty" if value is None or value == "" else f"{name} is no number")
    text = repr(value) if isinstance(value, float) else f"{value:f}" if isinstance(value, Decimal) else str(value)
    if not _NUMBER.fullmatch(text.strip()):
        raise RowProblem(f"{name} is no plain number such as 12.50")
    scaled = Decimal(text.strip()) * MILLION
    if scaled != scaled.to_integral_value():
        raise RowProblem(f"{name} has more than six places; round it in the query")
    if abs(scaled) > _LARGEST:
        raise RowProblem(f"{name} is beyond nine billion")
    return int(scaled)


def of_micro(amount: int) -> Decimal:
    """Millionths as a number, without needless zeros."""
    number = Decimal(amount).scaleb(-6).normalize()
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number


def _name(cells: Mapping[str, Any], column: str) -> str:
    value = cells.get(column)
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.date()
    text = str(value).strip()
    if len(text) > _LONGEST_NAME or not text.isprintable():
        raise RowProblem(f"{column} is longer than {_LONGEST_NAME} characters or holds some that cannot be printed")
    return text


def _day(cells: Mapping[str, Any], column: str) -> date:
    value = cells.get(column)
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found = _DAY.fullmatch(str(value or "").strip())
    try:
        if found is not None:
            return date.fromisoformat(found[1])
    except ValueError:
        pass
    raise RowProblem(f"{column} is no day such as 2026-11-21")


def _period(text: str) -> date:
    try:
        if week := _WEEK.fullmatch(text):
            return date.fromisocalendar(int(week[1]), int(week[2]), 1)
        return date.fromisoformat(f"{text}-01" if _MONTH.fullmatch(text) else text[:10] if len(text) == 10 else "")
    except ValueError:
        raise RowProblem("period is no day, week or month such as 2026-11-21, 2026-W47 or 2026-11") from None


def _arm(cells: Mapping[str, Any]) -> str:
    text = _name(cells, "arm").lower()
    if text not in ("", "agent", "people"):
        raise RowProblem("arm is neither 'agent' nor 'people'")
    return text


def _truth(cells: Mapping[str, Any], column: str) -> bool | None:
    value = cells.get(column)
    if value is None or value == "":
        return None
    found = _TRUTH.get(str(value).strip().lower())
    if found is None:
        raise RowProblem(f"{column} is neither true nor false")
    return found
