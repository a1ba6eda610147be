"""
How every standard metric is computed: one Ibis expression each, the same on every engine.

An engine only ever counts, adds and ranks whole numbers; a sum of money is added in two halves, so that no engine needs
more than 64 bits. Shares and means are divided in Python (`measured.py`), from these integers.

Source of the rank: nearest rank, ISO 16269-4 and Hyndman & Fan (1996) type 1: of n values in order, the one at
ceil(q n / 100), which is always a value that was measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from goldenthread.record.metrics.facts.columns import TYPES
from goldenthread.record.metrics.standard import STANDARD, StandardMetric

if TYPE_CHECKING:
    from ibis.expr import types as ir

    Columns = Mapping[str, ir.Value]

GROUPS = ("slice", "level", "fingerprint", "source", "currency")
"""What daily sums are kept apart by, beside the day; a question adds up over those that it does not name."""

BY = ("day", "level", "fingerprint", "source")
"""What a question may keep apart, one at a time, beside the slice."""

HALF = 20
"""Bits of the lower half of an amount."""

FLOWS = ("opened", "closed", "finished")
_RATES = tuple(one for one in STANDARD.values() if one.kind == "rate")
_MEANS = tuple(one for one in STANDARD.values() if one.kind == "mean")
_TIMES = tuple(one for one in STANDARD.values() if one.kind == "quantile")


def facts_table(name: str = "facts") -> ir.Table:
    """Facts as an engine has them, with `sign`: 1, or -1 for a row that takes an earlier one back."""
    import ibis

    return ibis.table({**TYPES, "sign": "int8"}, name=name)


def daily(facts: ir.Table) -> ir.Table:
    """Whole sums of everything but ranks, by the day on which runs began, and by `GROUPS`."""
    return facts.group_by([*GROUPS, "day"]).aggregate(**{name: value(facts) for name, value in _SUMS.items()})


def flows(facts: ir.Table) -> ir.Table:
    """Cases begun, ended and done, each on its own day, by `GROUPS`."""
    import ibis

    counted = _counted(facts, "live")
    days = {"opened": "day", "closed": "closed_day", "finished": "done_day"}
    parts = []
    for flow, day in days.items():
        there = counted & facts[day].notnull() & (facts.done == 1 if flow == "finished" else ibis.literal(value=True))
        rows = facts.filter(there).select(*GROUPS, "sign", on=facts[day])
        parts.append(rows.mutate(**{one: _whole(rows.sign if one == flow else ibis.literal(0)) for one in FLOWS}))
    every = ibis.union(*parts, distinct=False)
    summed = every.group_by([*GROUPS, "on"]).aggregate(**{one: _sum(every[one]) for one in FLOWS})
    return summed.rename(day="on")


def totals(daily_rows: ir.Table, by: str | None = None) -> ir.Table:
    """Daily sums added up by slice, and by one of `BY`; with the least and the greatest name of a currency."""
    keys = ["slice", *([by] if by else [])]
    named = daily_rows.currency.nullif("")
    return daily_rows.group_by(keys).aggregate(
        **{name: _sum(daily_rows[name]) for name in _SUMS},
        first_currency=named.min(),
        last_currency=named.max(),
    )


def flow_totals(flow_rows: ir.Table, by: str | None = None) -> ir.Table:
    """Flows added up by slice, and by one of `BY`; and by `recent`, where a question marks its days so."""
    keys = ["slice", *([by] if by else []), *(["recent"] if "recent" in flow_rows.columns else [])]
    return flow_rows.group_by(keys).aggregate(**{one: _sum(flow_rows[one]) for one in FLOWS})


def ranks(facts: ir.Table, metric: StandardMetric, by: str | None = None) -> ir.Table:
    """The quantiles of one metric by slice, and by one of `BY`, on any engine: `p50` and so on."""
    import ibis

    keys = ["slice", *([by] if by else [])]
    value = facts[metric.column]
    there = facts.filter(_counted(facts, metric.counted) & value.notnull()).select(*keys, value=value)
    place = ibis.row_number().over(group_by=keys, order_by=there.value) + 1
    many = there.count().over(group_by=keys)
    placed = there.mutate(place=_whole(place), many=_whole(many))
    picked = {f"p{share}": placed.value.max(where=_is_rank(placed, share)) for share in metric.quantiles}
    return placed.group_by(keys).aggregate(**picked)


def ranks_in_duckdb(facts: ir.Table, by: str | None = None) -> ir.Table:
    """
    The quantiles of all metrics at once, by DuckDB's own selection, which is several times quicker than a sort.

    With a decimal share DuckDB computes the rank in whole numbers, so this is the rank that `ranks` takes. The column
    of a metric is a list, in the order of its quantiles.
    """
    import ibis

    keys = ["slice", *([by] if by else [])]
    values = {
        metric.name: _counted(facts, metric.counted).ifelse(facts[metric.column], ibis.null("int64"))
        for metric in _TIMES
    }
    there = facts.select(*keys, **values)
    picked = {metric.name: _quantile_disc(there[metric.name], metric.quantiles) for metric in _TIMES}
    return there.group_by(keys).aggregate(**picked)


def above(facts: ir.Table, metric: StandardMetric) -> ir.Table:
    """Of a column `bound`: how many measured values of a metric by slice are above it, and how many at or above it."""
    value, counted = facts[metric.column], _counted(facts, metric.counted)
    return facts.group_by("slice").aggregate(
        above=_count(counted & (value > facts["bound"])), at_least=_count(counted & (value >= facts["bound"]))
    )


def behind(facts: ir.Table, metric: StandardMetric) -> ir.Table:
    """The rows that a metric is made of, with its value; null is pending."""
    counted = _counted(facts, metric.counted)
    names = ("slice", "day", "case", "run", "agent", "fingerprint", "level", "source", "currency", "started_us")
    if metric.kind == "flow":
        return facts.filter(counted).select(*names, "closed_day", "done_day", value=facts.done)
    value = facts[metric.column]
    rows = facts.filter(counted & (value.notnull() | _pending(facts, metric)))
    return rows.select(*names, "closed_day", "done_day", value=rows[metric.column])


@cache
def compiled(what: str, by: str | None = None, dialect: str = "duckdb", metric: str = "") -> str:
    """
    The SQL of an expression over the table `facts`, `daily` or `flows`; compiled once a process.

    Args:
        what: 'daily', 'flows', 'totals', 'flow_totals', 'ranks', 'ranks_in_duckdb', 'above' or 'behind'.
        by: Of `BY`, or None.
        dialect: As Ibis names it.
        metric: For 'ranks', 'above' and 'behind'.
    """
    import ibis

    expression: Any
    match what:
        case "totals":
            expression = totals(_shape(daily(facts_table()), "daily"), by)
        case "flow_totals":
            shape = flows(facts_table()).schema()
            expression = flow_totals(ibis.table({**shape, "recent": "boolean"}, name="flows"), by)
        case "ranks":
            expression = ranks(facts_table(), STANDARD[metric], by)
        case "ranks_in_duckdb":
            expression = ranks_in_duckdb(facts_table(), by)
        case "above":
            expression = above(ibis.table({**facts_table().schema(), "bound": "int64"}, "facts"), STANDARD[metric])
        case "behind":
            expression = behind(facts_table(), STANDARD[metric])
        case "daily":
            expression = daily(facts_table())
        case _:
            expression = flows(facts_table())
    return str(ibis.to_sql(expression, dialect=dialect))


def _shape(table: ir.Table, name: str) -> ir.Table:
    import ibis

    return ibis.table(table.schema(), name=name)


def _counted(facts: ir.Table, what: str) -> Any:
    case = (facts.cases == 1) & (facts.fault.isnull() | (facts.fault == 0))
    live = case & (facts.source == "live")
    match what:
        case "cases":
            return case
        case "live":
            return live
        case "asked":
            return live & (facts.asked == 1)
        case "done":
            return live & (facts.done == 1)
        case "work":
            return case & facts.source.isin(["live", "shadow"])
        case _:
            return facts.cases.notnull()


def _pending(facts: ir.Table, metric: StandardMetric) -> Any:
    import ibis

    unknown = facts[metric.column].isnull()
    match metric.owed:
        case "open":
            return unknown & (facts.ended == 0)
        case "always":
            return unknown
        case "agreement":
            return unknown & (facts.agreement_asked == 1)
        case "approval":
            return unknown & (facts.approval_asked == 1)
        case "waits":
            return unknown & (facts.waits == 1)
        case _:
            return ibis.literal(value=False)


def _sums_of(metric: StandardMetric) -> dict[str, Any]:
    def known(facts: ir.Table) -> Any:
        return _signed(facts, _counted(facts, metric.counted) & facts[metric.column].notnull())

    def pending(facts: ir.Table) -> Any:
        return _signed(facts, _counted(facts, metric.counted) & _pending(facts, metric))

    return {f"{metric.name}_known": known, f"{metric.name}_pending": pending}


def _hits_of(metric: StandardMetric) -> dict[str, Any]:
    def hits(facts: ir.Table) -> Any:
        return _signed(facts, _counted(facts, metric.counted) & (facts[metric.column] == 1))

    return {f"{metric.name}_hits": hits}


def _halves_of(metric: StandardMetric) -> dict[str, Any]:
    def amount(facts: ir.Table) -> Any:
        return _counted(facts, metric.counted).ifelse(facts[metric.column], 0).fill_null(0)

    def high(facts: ir.Table) -> Any:
        return _sum(_whole(amount(facts) >> HALF) * _whole(facts.sign))

    def low(facts: ir.Table) -> Any:
        return _sum(_whole(amount(facts) & (2**HALF - 1)) * _whole(facts.sign))

    return {f"{metric.name}_high": high, f"{metric.name}_low": low}


def _signed(facts: ir.Table, there: Any) -> Any:
    return _sum(_whole(there.ifelse(facts.sign, 0)))


def _count(there: Any) -> Any:
    return _sum(_whole(there.ifelse(1, 0)))


def _whole(value: Any) -> Any:
    return value.cast("int64")


def _sum(value: Any) -> Any:
    """A sum of 64-bit numbers; engines that widen it say so by its type, the others refuse to overflow."""
    return value.sum()


def _is_rank(placed: ir.Table, share: int) -> Any:
    """Whether place = ceil(share * many / 100), without dividing: engines differ in how they do."""
    wanted = placed.many * share
    return ((placed.place - 1) * 100 < wanted) & (wanted <= placed.place * 100)


def _quantile_disc(value: Any, percents: Sequence[int]) -> Any:
    import ibis
    from ibis.expr import datatypes as dt

    shares = dt.Array(dt.Decimal(3, 2))

    @ibis.udf.agg.builtin(name="quantile_disc", signature=((dt.int64, shares), dt.Array(dt.int64)))
    def quantile_disc(value, shares):  # type: ignore[no-untyped-def]
        """DuckDB's own."""

    return quantile_disc(value, ibis.literal([Decimal(percent) / 100 for percent in percents], type=shares))


_SUMS: dict[str, Any] = {}
for _metric in STANDARD.values():
    if _metric.column:
        _SUMS.update(_sums_of(_metric))
    if _metric.kind == "rate":
        _SUMS.update(_hits_of(_metric))
    if _metric.kind == "mean":
        _SUMS.update(_halves_of(_metric))
SUMS: Sequence[str] = tuple(_SUMS)
"""The names of the daily sums."""
