"""An anomaly in plain words, and as the figures of a record."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time

from goldenthread.control.incidents import Ground
from goldenthread.promise.evidence.anomalies import Anomaly
from goldenthread.promise.values import Json

_PLAIN = re.compile(r"[A-Za-z_][\w.:/-]{0,59}")
_MOST_KINDS = 5


def anomaly_ground(anomaly: Anomaly, owner: str, kinds: tuple[str, ...]) -> Ground:
    """
    The ground of an incident.

    Args:
        anomaly: What was found.
        owner: Whose incident it is.
        kinds: Of something never seen before: which.
    """
    return Ground(
        key=f"anomaly:{anomaly.series}",
        cause="anomaly",
        owner=owner,
        words=anomaly_words(anomaly, kinds),
        onset=datetime.combine(anomaly.onset, time(), UTC),
        figures=_figures(anomaly),
    )


def anomaly_words(anomaly: Anomaly, kinds: tuple[str, ...] = ()) -> str:
    """What changed, from when on, and by how much."""
    days = (anomaly.told - anomaly.onset).days + 1
    since = f"since {anomaly.onset.isoformat()}" if days > 1 else f"on {anomaly.onset.isoformat()}"
    what = anomaly.words[:1].upper() + anomaly.words[1:]
    if anomaly.direction == "silent":
        return f"{what}: none for {days} days, {since}, where {anomaly.expected:,.0f} are usual"
    if anomaly.kind == "count":
        said = f"{what}: {anomaly.actual:,.0f} {since} where {anomaly.expected:,.1f} are usual"
    elif anomaly.kind == "share":
        return f"{what}: {anomaly.actual:.1%} {since} where {anomaly.expected:.1%} is usual"
    else:
        said = f"{what}: {_amount(anomaly.actual, anomaly)} {since} where {_amount(anomaly.expected, anomaly)} is usual"
    if kinds:
        return f"{said} ({_named(kinds)})"
    ratio = anomaly.ratio
    return f"{said}, {ratio:.1f} times as much" if ratio is not None and ratio >= 0.05 else said


def _amount(value: float, anomaly: Anomaly) -> str:
    return f"{value:.3g} {anomaly.unit}".strip()


def _named(kinds: tuple[str, ...]) -> str:
    """Kinds by name where they have a plain one; whatever else stands there may be somebody's data."""
    plain = [kind for kind in kinds if _PLAIN.fullmatch(kind)]
    more = len(kinds) - len(plain[:_MOST_KINDS])
    return ", ".join([*plain[:_MOST_KINDS], *([f"{more} more"] if more else [])])


def _figures(anomaly: Anomaly) -> dict[str, Json]:
    return {
        "series": anomaly.series,
        "told": anomaly.told.isoformat(),
        "onset": anomaly.onset.isoformat(),
        "direction": anomaly.direction,
        "actual": _rounded(anomaly.actual),
        "expected": _rounded(anomaly.expected),
        "evidence": _rounded(anomaly.statistic),
        "threshold": _rounded(anomaly.threshold),
    }


def _rounded(value: float) -> float:
    """Six digits, so that every machine writes the same bytes."""
    return float(f"{value:.6g}")
