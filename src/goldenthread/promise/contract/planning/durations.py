"""Lengths of time and chances, as one says them."""

from __future__ import annotations

_UNITS = ((1.0, 1 / 24, "hour"), (14.0, 1.0, "day"), (104 * 7.0, 7.0, "week"), (float("inf"), 365.25, "year"))


def about_days(days: float) -> str:
    """`5 hours`, `9 days`, `11 weeks`, `3 years`; at least one."""
    count, unit = _counted(days)
    return f"{count:,} {unit}{'' if count == 1 else 's'}"


def range_words(low: float, high: float | None) -> str:
    """`1 to 8 days`, `20 hours to 6 days`, `3 weeks and more`."""
    if high is None:
        return f"{about_days(low)} and more"
    (few, unit), (many, other) = _counted(low), _counted(high)
    return f"{few:,} to {about_days(high)}" if unit == other and few != many else _apart(low, high)


def chance_words(share: float) -> str:
    """`more than 99 %`, `85 %`, `4.4 %`, `less than 1 %`."""
    if share > 0.99:
        return "more than 99 %"
    if share < 0.01:
        return "less than 1 %"
    return f"{share * 100:.1f} %" if share < 0.1 else f"{share * 100:.0f} %"


def _apart(low: float, high: float) -> str:
    few, many = about_days(low), about_days(high)
    return few if few == many else f"{few} to {many}"


def _counted(days: float) -> tuple[int, str]:
    _, span, unit = next(each for each in _UNITS if days < each[0])
    return max(1, round(days / span)), unit
