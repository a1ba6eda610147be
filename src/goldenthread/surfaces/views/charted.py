"""Standard metrics as control charts: groups of a slice's record in order, with limits, and what happened between."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from goldenthread.promise.contract import SECONDS, Clause, Contract, readable_unit
from goldenthread.promise.evidence import ControlChart, shares_chart, values_chart
from goldenthread.promise.evidence.control_charts import BASELINE, FEWEST, IN_A_ROW
from goldenthread.record.metrics import STANDARD, StandardMetric
from goldenthread.record.metrics.facts import Behind, Days, Facts, Measured
from goldenthread.surfaces.views.figures import count, in_unit
from goldenthread.surfaces.views.marks import Happening, Mark, marks_of

DAYS = 90
"""Days that a chart goes back."""

OF_CASES = 20
"""Cases in a group, where there are too few days."""

_MOST_ROWS = 20_000
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, kw_only=True)
class ChartPoint:
    """
    One group. `value`, `low` and `high` are in the unit of the chart; `sign` is 'within', 'above', 'below', 'run' or
    'open' (values of it are still out, so it is not judged yet).
    """

    label: str
    at: datetime
    value: float
    low: float | None
    high: float | None
    cases: int
    pending: int
    sign: str
    words: str


@dataclass(frozen=True, kw_only=True)
class MetricChart:
    """
    One metric as a control chart.

    Attributes:
        unit: Of all figures in it.
        grouped: What one point is: 'a day' or '20 cases in a row'.
        line: What the contract asks for, in the unit; `line_words` its clause.
        limits: From what they were computed; or why there are none.
        verdict: What a reader may take from it.
        digest: Of all of it: a picture of it never changes.
    """

    metric: str
    words: str
    unit: str
    direction: str
    grouped: str
    centre: float
    baseline: int
    line: float | None
    line_words: str
    points: tuple[ChartPoint, ...]
    marks: tuple[Mark, ...]
    limits: str
    verdict: str
    outside: int
    digest: str = ""


@dataclass(frozen=True, kw_only=True)
class _Group:
    label: str
    at: datetime
    hits: int
    known: int
    pending: int
    value: float


def metric_charts(
    facts: Facts, contract: Contract, happened: Sequence[Happening], last: date
) -> tuple[MetricChart, ...]:
    """
    A chart for each standard metric that has enough days, or else enough cases, and that is not always the same.

    Args:
        facts: Of the home.
        contract: Of the slice.
        happened: To its agents, for the marks.
        last: The last day.
    """
    days, found = Days.until(last, DAYS), []
    daily = facts.measure(days, slice_name=contract.slice, by="day")
    for metric in STANDARD.values():
        mine = [one for one in daily if one.metric is metric]
        groups, grouped = _by_day(metric, mine, last), "a day"
        if len(groups) < FEWEST:
            known = sum(one.known for one in mine)
            enough = metric.kind != "flow" and FEWEST * OF_CASES <= known <= _MOST_ROWS
            groups = _by_cases(metric, facts.behind(metric.name, days, slice_name=contract.slice)) if enough else []
            grouped = f"{OF_CASES} cases in a row"
        if len(groups) >= FEWEST and len({group.value for group in groups}) > 1:
            marks = marks_of(happened, [group.at for group in groups])
            found.append(_chart(metric, contract, groups, grouped, marks))
    return tuple(found)


def _by_day(metric: StandardMetric, daily: Sequence[Measured], last: date) -> list[_Group]:
    """The days on which something is known; of what is counted by the day, only those that are over."""
    found = []
    for one in daily:
        day = _EPOCH + timedelta(days=int(one.part or 0))
        over = metric.kind != "flow" or day < last
        if one.value is not None and over:
            at = datetime.combine(day, time(), UTC)
            value = one.known if metric.of == "day" else float(one.value)
            group = _Group(
                label=f"{day.day} {day:%b}", at=at, hits=one.hits, known=one.known, pending=one.pending, value=value
            )
            found.append(group)
    return found


def _by_cases(metric: StandardMetric, rows: Sequence[Behind]) -> list[_Group]:
    """Whole groups of cases in the order in which they began."""
    known = [row for row in reversed(rows) if row.value is not None and row.started is not None]
    found = []
    for begin in range(0, len(known) - OF_CASES + 1, OF_CASES):
        group = known[begin : begin + OF_CASES]
        values = sorted(row.value or 0 for row in group)
        value = sum(values) / OF_CASES if metric.kind != "quantile" else float(values[OF_CASES // 2 - 1])
        found.append(
            _Group(
                label=f"{begin + 1:,} to {begin + OF_CASES:,}",
                at=group[0].started or datetime.min.replace(tzinfo=UTC),
                hits=sum(values) if metric.kind == "rate" else 0,
                known=OF_CASES,
                pending=0,
                value=value if metric.kind == "rate" else value / 1_000_000,
            )
        )
    return found


def _chart(
    metric: StandardMetric, contract: Contract, groups: Sequence[_Group], grouped: str, marks: tuple[Mark, ...]
) -> MetricChart:
    scale, unit = _scale(metric, groups)
    judged = _judged(metric, groups)
    line, line_words = _line(metric, contract, scale, unit)
    chart = MetricChart(
        metric=metric.name,
        words=metric.words,
        unit=unit,
        direction=metric.direction,
        grouped=grouped,
        centre=_rounded(judged.centre * scale),
        baseline=judged.baseline,
        line=line,
        line_words=line_words,
        points=_points(groups, judged, scale, unit),
        marks=marks,
        limits=_limits_words(metric, judged, groups, grouped, _figure(judged.centre * scale, unit)),
        verdict=_verdict(judged),
        outside=judged.outside if metric.name != "backlog" else 0,
    )
    return replace(chart, digest=hashlib.sha256(repr(chart).encode()).hexdigest()[:32])


def _judged(metric: StandardMetric, groups: Sequence[_Group]) -> ControlChart:
    if metric.kind == "rate":
        return shares_chart([(group.hits, group.known) for group in groups])
    judged = values_chart([group.value for group in groups])
    if metric.of != "moment":
        return judged
    free = tuple(replace(one, low=None, high=None, sign="within") for one in judged.limits)
    return replace(judged, limits=free, why="a queue carries over from day to day, so limits would cry wolf")


def _points(groups: Sequence[_Group], judged: ControlChart, scale: float, unit: str) -> tuple[ChartPoint, ...]:
    found = []
    for group, limit in zip(groups, judged.limits, strict=True):
        unsettled = group.pending * 10 > group.known + group.pending
        sign = "open" if unsettled else str(limit.sign)
        figure = _figure(group.value * scale, unit)
        found.append(
            ChartPoint(
                label=group.label,
                at=group.at,
                value=_rounded(group.value * scale),
                low=None if limit.low is None else _rounded(limit.low * scale),
                high=None if limit.high is None else _rounded(limit.high * scale),
                cases=group.known,
                pending=group.pending,
                sign=sign,
                words=f"{group.label}: {figure}, {_SIGNS[sign]}",
            )
        )
    return tuple(found)


_SIGNS = {
    "within": "within its limits",
    "above": "above its upper limit",
    "below": "below its lower limit",
    "run": f"the {IN_A_ROW}th or later in a row on one side of the centre",
    "open": "not judged yet: more than a tenth of it is still out",
}


def _scale(metric: StandardMetric, groups: Sequence[_Group]) -> tuple[float, str]:
    """By what a chart's values are multiplied, and the unit that they are in then."""
    if metric.kind == "rate":
        return 100.0, "%"
    if metric.kind == "quantile":
        middle = sorted(group.value for group in groups)[len(groups) // 2]
        if middle < 1:
            return 1_000.0, "ms"
        unit = readable_unit(middle, "d")
        return 1 / float(SECONDS[unit]), unit
    if metric.kind == "mean":
        return 1.0, "a case"
    return 1.0, "cases"


def _line(metric: StandardMetric, contract: Contract, scale: float, unit: str) -> tuple[float | None, str]:
    """What the contract asks of the workflow, where it is asked of the very statistic that is drawn."""
    clause: Clause | None = getattr(contract.workflow, metric.name, None) if contract.workflow is not None else None
    if clause is None or clause.bound is None:
        return None, ""
    if metric.kind == "rate":
        return float(clause.bound.amount), clause.condition
    if metric.kind == "quantile" and clause.statistic == f"p{metric.quantiles[0]}":
        return float(clause.bound.amount) * float(SECONDS[clause.bound.unit]) * scale, clause.condition
    if metric.of == "moment" and unit == "cases":
        return float(clause.bound.amount), clause.condition
    return None, ""


def _limits_words(
    metric: StandardMetric, judged: ControlChart, groups: Sequence[_Group], grouped: str, centre: str
) -> str:
    each = "days" if grouped == "a day" else f"groups of {OF_CASES} cases"
    first = f"the first {judged.baseline} {each} shown, {groups[0].label} to {groups[judged.baseline - 1].label}"
    if judged.why:
        return f"Centre {centre}, from {first}. No limits: {judged.why}."
    how = "p-chart, 3 sigma" if judged.kind == "p" else "individuals and moving range, 3 sigma"
    firm = "" if judged.firm else f" They are provisional until there are {BASELINE}."
    what = f"the median of {grouped}" if metric.kind == "quantile" else grouped
    return f"Each point is {what}. Centre {centre} and limits ({how}) come from {first}.{firm}"


def _verdict(judged: ControlChart) -> str:
    if judged.why:
        return "No limits, so nothing is judged."
    outside, runs = judged.outside, judged.runs
    if not outside and not runs:
        return "Nothing unusual: every point is where chance alone would put it."
    parts = [f"{count(outside, 'point')} outside the limits"] if outside else []
    parts += [f"{count(runs, 'point')} in a row of {IN_A_ROW} or more on one side"] if runs else []
    return f"Worth a look: {' and '.join(parts)}. Something other than chance moved it."


def _figure(value: float, unit: str) -> str:
    if unit == "ms":
        return f"{value:.3g} ms"
    return in_unit(value / 100, "%") if unit == "%" else f"{value:,.3g} {unit}"


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
