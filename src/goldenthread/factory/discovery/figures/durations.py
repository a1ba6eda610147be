"""Durations in words: two digits that matter, in the unit that people would say."""

from __future__ import annotations

_UNITS = ((86_400_000_000, "d"), (3_600_000_000, "h"), (60_000_000, "min"), (1_000_000, "s"), (1_000, "ms"))


def duration(micros: float | None) -> str:
    """
    `39.9 d`, `2.5 h`, `12 min`; '' for none.

    Args:
        micros: Microseconds, not below 0.
    """
    if micros is None:
        return ""
    for size, unit in _UNITS:
        value = micros / size
        if value >= 1:
            return f"{value:,.0f} {unit}" if value >= 99.95 or unit in ("s", "ms") else _plain(value, unit)
    return "0 s" if micros <= 0 else "under 1 ms"


def _plain(value: float, unit: str) -> str:
    return f"{value:.1f}".removesuffix(".0") + f" {unit}"
