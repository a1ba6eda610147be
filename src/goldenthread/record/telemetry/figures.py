"""
Figures of segments: counts and sums of each group of spans, and how long each span took, in order.

Exact quantiles of many segments without sorting them together: the k-th value of a union lies between the least and
the greatest of its parts' own, so that only the few values between those two have to be looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from goldenthread.record.telemetry.events import MESSAGE
from goldenthread.record.telemetry.wire import Whole

DAY_NS = 86_400_000_000_000
_WORDS = ("agent_name", "slice", "operation")
_SUMS = ("input_tokens", "output_tokens", "cost_micros")

NEEDED = ("start_ns", "duration_ns", "status", *_WORDS, *_SUMS)
"""Columns of spans that figures are made from."""

FIGURES = pa.schema(
    [
        ("day", pa.int32()),
        *((name, pa.string()) for name in _WORDS),
        *((name, pa.int64()) for name in ("spans", "failed", *_SUMS)),
        ("durations_ns", pa.list_(pa.int64())),
    ]
)
"""A row for each day (since 1970), agent, slice and operation, '' where spans name none; durations ascend."""


@dataclass(frozen=True, kw_only=True)
class Sums:
    """
    Figures of several segments together, by day and agent, in that order.

    Attributes:
        day, agent: Of each row, shape (n,); days since 1970.
        values: By name, shape (n,): `spans`, `actions`, `failed`; tokens and cost of model calls.
        p95_ns: Of model calls, exact; -1 where there is none.
    """

    day: Whole
    agent: tuple[str, ...]
    values: dict[str, Whole]
    p95_ns: Whole


def figures_of(table: Any) -> Any:
    """The figures of a table that has the columns `NEEDED`; what came as logs counts to none."""
    table = table.select(NEEDED)
    table = table.filter(pc.not_equal(table["operation"], MESSAGE).fill_null(True)).combine_chunks()
    days = np.asarray(table["start_ns"]) // DAY_NS
    words = [_coded(table[name]) for name in _WORDS]
    group, first = _groups([days, *(codes for codes, _ in words)])
    durations = np.asarray(table["duration_ns"])
    order = np.lexsort((durations, group))
    counts = np.bincount(group, minlength=len(first))
    said = {name: np.asarray(table[name].fill_null(0)) for name in _SUMS}
    offsets = np.append(0, np.cumsum(counts)).astype(np.int32)
    return pa.Table.from_arrays(
        [
            pa.array(days[first].astype(np.int32)),
            *(pa.array(values, pa.string()).take(pa.array(codes[first])) for codes, values in words),
            pa.array(counts),
            pa.array(_sums(np.asarray(table["status"].fill_null(0)) == 2, group, len(first))),
            *(pa.array(_sums(said[name], group, len(first))) for name in _SUMS),
            pa.ListArray.from_arrays(pa.array(offsets), pa.array(durations[order])),
        ],
        schema=FIGURES,
    )


def together(parts: Sequence[Any], less: Any, *, slice: str | None = None) -> Sums:
    """
    Figures by day and agent.

    Args:
        parts: Figures of segments and of the log.
        less: Figures of spans that are in those and count no more, since they came again.
        slice: Only of that; None: of all.
    """
    found = pa.concat_tables([*parts, less])
    sign = np.repeat(np.array([1, -1]), [len(found) - len(less), len(less)])
    if slice is not None:
        mine = pc.equal(found["slice"], slice)
        found, sign = found.filter(mine), sign[np.array(mine.combine_chunks(), np.bool_)]
    agents, names = _coded(found["agent_name"])
    days = np.asarray(found["day"]).astype(np.int64)
    ranked = np.argsort(np.argsort(np.array([*names, ""], dtype=object)[:-1], kind="stable")) if names else agents
    group, first = _groups([days, ranked[agents] if names else agents])
    models, actions = (np.array(pc.equal(found["operation"], one).combine_chunks()) for one in ("chat", "execute_tool"))
    spans = np.asarray(found["spans"]) * sign
    values = {"spans": spans, "actions": spans * actions, "failed": np.asarray(found["failed"]) * sign}
    values |= {name: np.asarray(found[name]) * sign * models for name in _SUMS}
    return Sums(
        day=days[first],
        agent=tuple(names[code] for code in agents[first].tolist()),
        values={name: _sums(value, group, len(first)) for name, value in values.items()},
        p95_ns=_p95(found["durations_ns"], sign, group, models, len(first)),
    )


def _p95(runs: Any, sign: Whole, group: Whole, models: NDArray[np.bool_], groups: int) -> Whole:
    plus, minus = np.flatnonzero(models & (sign > 0)), np.flatnonzero(models & (sign < 0))
    found = quantiles(*_flat(runs.take(pa.array(plus))), group[plus], groups)
    for one in np.unique(group[minus]).tolist():
        left = [_flat(runs.take(pa.array(rows[group[rows] == one])))[0] for rows in (plus, minus)]
        found[one] = _without(*left)
    return found


def quantiles(values: Whole, lengths: Whole, group: Whole, groups: int, *, percent: int = 95) -> Whole:
    """
    The discrete quantile of each group's values: the least that is no less than so many of them.

    Args:
        values: Runs one behind the other, each ascending.
        lengths: Of each run, at least 1.
        group: Of each run.
        groups: How many there are.
        percent: In (0, 100].

    Returns:
        Shape (groups,), -1 for those without values.
    """
    found = np.full(groups, -1)
    if not len(lengths):
        return found
    begins = np.append(0, np.cumsum(lengths)[:-1])
    own = values[begins + _rank(lengths, percent)]
    low, high = np.full(groups, np.iinfo(np.int64).max), np.full(groups, -1)
    np.minimum.at(low, group, own)
    np.maximum.at(high, group, own)
    below = values < np.repeat(low[group], lengths)
    under, total = np.zeros(groups, np.int64), np.zeros(groups, np.int64)
    np.add.at(under, group, np.add.reduceat(below, begins, dtype=np.int64))
    np.add.at(total, group, lengths)
    rows = np.flatnonzero(~below & (values <= np.repeat(high[group], lengths)))
    owner = np.repeat(group, lengths)[rows]
    order = np.lexsort((values[rows], owner))
    there = np.flatnonzero(total)
    first = np.searchsorted(owner[order], there)
    found[there] = values[rows[order[first + _rank(total, percent)[there] - under[there]]]]
    return found


def _rank(counts: Whole, percent: int) -> Whole:
    return (counts * percent + 99) // 100 - 1


def _without(values: Whole, gone: Whole) -> int:
    """The quantile of values of which some, each as often as it stands there, count no more."""
    each, counts = np.unique(values, return_counts=True)
    less, times = np.unique(gone, return_counts=True)
    counts[np.searchsorted(each, less)] -= times
    left = int(counts.sum())
    return int(np.repeat(each, counts)[(left * 95 + 99) // 100 - 1]) if left else -1


def _flat(runs: Any) -> tuple[Whole, Whole]:
    lengths = np.asarray(pc.list_value_length(runs)).astype(np.int64)
    return np.asarray(pc.list_flatten(runs)), lengths


def _coded(column: Any) -> tuple[Whole, list[str]]:
    """By row the code of its text, null as '', and the texts by code."""
    filled = column.fill_null("").combine_chunks()
    coded = filled.dictionary_encode()
    return np.asarray(coded.indices).astype(np.int64), coded.dictionary.to_pylist()


def _groups(keys: Sequence[Whole]) -> tuple[Whole, Whole]:
    """By row its group, and by group its first row; groups ascend by their keys, the first of which counts most."""
    code = np.zeros(len(keys[0]), np.int64)
    for key in keys:
        values, place = np.unique(key, return_inverse=True)
        code = np.unique(code * (len(values) or 1) + place, return_inverse=True)[1]
    first = np.unique(code, return_index=True)[1]
    return code, first


def _sums(values: Any, group: Whole, groups: int) -> Whole:
    found = np.zeros(groups, np.int64)
    np.add.at(found, group, np.asarray(values, np.int64))
    return found
