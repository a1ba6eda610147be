"""Where the days of a slice come from: one small reader a source, so that another source is another reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from goldenthread.control.guard import Desk
from goldenthread.promise.evidence.anomalies import Point, Series, novelty

FAMILIES = ("volume", "refusals", "time", "cost", "latency", "tools", "errors", "novelty")
"""Each has the same part of the false alarms that a slice may give, whether it has days or not."""

_PART = 1.0 / len(FAMILIES)
TOOLS = 5
"""Tools whose share is watched: the first that were ever seen."""

_DAY = timedelta(days=1)
_RUNS = """
select (started_at at time zone 'UTC')::date as day, count(*) as runs,
    count(*) filter (where ended_at is not null and agent_time_s > 0) as timed,
    coalesce(sum(agent_time_s) filter (where ended_at is not null and agent_time_s > 0), 0) as seconds
from run where slice = %s and source = 'live' group by 1 order by 1
"""
_ACTIONS = """
select (at at time zone 'UTC')::date as day, count(*) as actions, count(*) filter (where verdict = 'deny') as refused
from action where slice = %s group by 1 order by 1
"""


@dataclass(frozen=True, kw_only=True)
class Days:
    """Series of a slice, and of what is new in it which kinds came on which day."""

    series: tuple[Series, ...]
    kinds: Mapping[str, Mapping[date, Mapping[str, int]]] = field(default_factory=dict)


def ledger_days(desk: Desk, until: date) -> Days:
    """Live runs, refusals and the agent's own time, by day of the clock in UTC; always there."""
    runs = {row["day"]: row for row in desk.read_rows(_RUNS, desk.slice)}
    actions = {row["day"]: row for row in desk.read_rows(_ACTIONS, desk.slice)}
    volume = [Point(day=day, value=int(runs[day]["runs"]) if day in runs else 0) for day in span(runs, until)]
    timed = [
        Point(day=day, value=float(row["seconds"]) / row["timed"], of=int(row["timed"]))
        for day, row in runs.items()
        if row["timed"] and day <= until
    ]
    refused = [
        Point(day=day, value=int(row["refused"]), of=int(row["actions"]))
        for day, row in actions.items()
        if day <= until
    ]
    return Days(
        series=(
            Series(name="runs", words="live runs", kind="count", points=tuple(volume), weight=_PART / 2),
            Series(name="refusals", words="refused actions", kind="share", points=tuple(refused), weight=_PART),
            Series(
                name="agent-time",
                words="the agent's own time a run",
                kind="amount",
                points=tuple(timed),
                weight=_PART,
                unit="s",
            ),
        )
    )


def telemetry_days(rows: TelemetryRows, until: date) -> Days:
    """Model calls, cost, latency, tools and errors by day, of rows that `read_telemetry` brought."""
    days = {day: row for day, row in rows.days.items() if day <= until}
    whole = span(days, until)
    calls = [Point(day=day, value=int(days[day]["calls"]) if day in days else 0) for day in whole]
    series = [Series(name="model-calls", words="calls of models", kind="count", points=tuple(calls), weight=_PART / 2)]
    for name, words, column, count, scale, unit, part in _AMOUNTS:
        points = [
            Point(day=day, value=float(row[column]) / scale, of=int(row[count]))
            for day, row in days.items()
            if row[column] and row[count]
        ]
        series.append(
            Series(name=name, words=words, kind="amount", points=tuple(points), weight=_PART * part, unit=unit)
        )
    failed = [Point(day=day, value=int(row["failed"]), of=int(row["spans"])) for day, row in days.items()]
    series.append(Series(name="errors", words="failed spans", kind="share", points=tuple(failed), weight=_PART))
    kinds = {"new-errors": _filled(rows.errors, whole), "new-tools": _filled(rows.tools, whole)}
    series += _shares_of_tools(kinds["new-tools"])
    for name, words in (
        ("new-errors", "errors of kinds never seen before"),
        ("new-tools", "calls of tools never seen"),
    ):
        if kinds[name]:
            series.append(novelty(name, words, kinds[name], _PART / 2))
    return Days(series=tuple(series), kinds=kinds)


@dataclass(frozen=True, kw_only=True)
class TelemetryRows:
    """What telemetry says of a slice: figures by day, and how often each tool and each kind of error came."""

    days: Mapping[date, Mapping[str, Any]]
    tools: Mapping[date, Mapping[str, int]]
    errors: Mapping[date, Mapping[str, int]]


def span(days: Iterable[date], until: date) -> list[date]:
    """Every day from the first to the last that is over; none where there is none."""
    known = [day for day in days if day <= until]
    return [min(known) + number * _DAY for number in range((until - min(known)).days + 1)] if known else []


_AMOUNTS: tuple[tuple[str, str, str, str, float, str, float], ...] = (
    ("cost", "cost a model call", "cost_micros", "priced", 1e6, "", 1.0),
    ("latency-median", "median time of a model call", "median_ns", "calls", 1e9, "s", 0.5),
    ("latency-p95", "p95 of a model call's time", "p95_ns", "calls", 1e9, "s", 0.5),
)


def _shares_of_tools(tools: Mapping[date, Mapping[str, int]]) -> list[Series]:
    """How the calls divide between the first tools that were ever seen, so that no tool that comes later moves them."""
    seen: dict[str, date] = {}
    for day in sorted(tools):
        for tool, count in sorted(tools[day].items()):
            if count:
                seen.setdefault(tool, day)
    first = sorted(seen, key=lambda tool: (seen[tool], tool))[:TOOLS]
    found = []
    for tool in first if len(seen) > 1 else ():
        points = [
            Point(day=day, value=int(said.get(tool, 0)), of=int(sum(said.values())))
            for day, said in sorted(tools.items())
            if day >= seen[tool] and said
        ]
        found.append(
            Series(
                name=f"tool:{tool}",
                words=f"the tool '{tool}' of all tool calls",
                kind="share",
                points=tuple(points),
                weight=_PART / TOOLS,
            )
        )
    return found


def _filled(days: Mapping[date, Mapping[str, int]], whole: Iterable[date]) -> dict[date, Mapping[str, int]]:
    return {day: days.get(day, {}) for day in whole}
