"""Questions to the facts: every standard metric of some days, and the rows behind one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from goldenthread.promise.errors import MetricUnknown
from goldenthread.record.metrics.facts.columns import FACT_NAMES, Fact
from goldenthread.record.metrics.facts.engine import NAMES, asking, database, facts_in, fetch, sums_in, where_of
from goldenthread.record.metrics.facts.expressions import BY, FLOWS, compiled
from goldenthread.record.metrics.facts.manifest import Manifest, damaged, read_manifest
from goldenthread.record.metrics.facts.measured import Measured, measured_of
from goldenthread.record.metrics.facts.parts import SCHEMA, prepare
from goldenthread.record.metrics.standard import STANDARD, StandardMetric

_TRIES = 5
_EPOCH = date(1970, 1, 1)
_GIVEN = "select *, 1::tinyint as sign from given"
_Rows = dict[tuple[str, Any], dict[str, Any]]
Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Days:
    """The days that a question is about, UTC; both included."""

    first: date
    last: date

    @classmethod
    def until(cls, last: date, count: int) -> Days:
        """The `count` days that end with `last`."""
        return cls(first=last - timedelta(days=count - 1), last=last)

    @property
    def count(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    @property
    def numbers(self) -> tuple[int, int]:
        """Both as days since 1970."""
        return (self.first - _EPOCH).days, (self.last - _EPOCH).days


@dataclass(frozen=True, kw_only=True)
class Behind:
    """One row behind a number. `value`: 1 or 0 of a rate, microseconds, millionths; None while it is pending."""

    slice: str
    day: date
    case: str
    run: str
    agent: str
    fingerprint: str
    level: str
    source: str
    value: int | None
    started: datetime | None = None


class Facts:
    """
    Facts as they stand, for one thread. What a refresh brings is in the next answer.

    Args:
        folder: `folder_of(home)`.
        threads: That a question may use; None: as many as there are processors.
    """

    def __init__(self, folder: Path, opened: Any) -> None:
        self._folder = folder
        self._opened = opened

    def measure(self, days: Days, *, slice_name: str | None = None, by: str | None = None) -> list[Measured]:
        """
        Every standard metric over some days, by slice, and by `by` (of `BY`) within it; by name and part.

        A case belongs to the day on which its run began; of throughput, to that on which it was done.

        Raises:
            MetricsDamaged: The facts cannot be read.
        """
        if by is not None and by not in BY:
            raise MetricUnknown(f"Metrics are not kept apart by '{by}'. Write one of {', '.join(BY)}.")
        return self._again(lambda manifest: self._measure(manifest, days, slice_name, by))

    def behind(
        self, metric: str, days: Days, *, slice_name: str, part: tuple[str, str | int] | None = None
    ) -> list[Behind]:
        """
        The runs that a number is made of, and those pending, the latest first; exactly those that `measure` counts.

        Args:
            metric: Its name.
            days: As asked of `measure`.
            slice_name: Whose.
            part: Of `BY`, and its value; a day as a number of days since 1970.

        Raises:
            MetricUnknown: No such metric.
            MetricsDamaged: The facts cannot be read.
        """
        one = standard(metric)
        return self._again(lambda manifest: self._behind(manifest, one, days, slice_name, part, None)[0])

    def latest_behind(self, metric: str, days: Days, *, slice_name: str, most: int) -> tuple[list[Behind], int]:
        """
        The latest `most` of what `behind` finds, and how many that are in all.

        Raises:
            MetricUnknown: No such metric.
            MetricsDamaged: The facts cannot be read.
        """
        one = standard(metric)
        return self._again(lambda manifest: self._behind(manifest, one, days, slice_name, None, most))

    def above(self, metric: str, days: Days, *, slice_name: str, limit: int) -> tuple[int, int]:
        """Of a time, how many of the known values are above a limit in microseconds, and how many at or above it."""

        def ask(manifest: Manifest) -> tuple[int, int]:
            facts = f"select *, {int(limit)}::bigint as bound from ({self._facts(manifest, slice_name, days)})"
            rows = fetch(self._opened, asking("facts", facts, compiled("above", metric=standard(metric).name)))
            return (int(rows[0]["above"]), int(rows[0]["at_least"])) if rows else (0, 0)

        return self._again(ask)

    def began(self, slice_name: str) -> date | None:
        """The day on which the first live case above shadow began; None before there is one."""

        def ask(manifest: Manifest) -> date | None:
            flows = self._sums(manifest, "flows", slice_name, None, None)
            rows = fetch(self._opened, f"select min(day) as first from ({flows}) where opened > 0")
            return None if rows[0]["first"] is None else _EPOCH + timedelta(days=rows[0]["first"])

        return self._again(ask)

    def facts(self, *, slice_name: str | None = None) -> list[Fact]:
        """Every fact as it is known now, by slice, day, start and run."""

        def ask(manifest: Manifest) -> list[Fact]:
            question = f"select {NAMES} from ({self._facts(manifest, slice_name)}) order by slice, day, started_us, run"
            rows = self._opened.execute(question).fetchall()
            return [Fact(**dict(zip(FACT_NAMES, row, strict=True))) for row in rows]

        return self._again(ask)

    def _measure(self, manifest: Manifest, days: Days, slice_name: str | None, by: str | None) -> list[Measured]:
        first, last = days.numbers
        daily = self._sums(manifest, "daily", slice_name, first, last)
        sums = self._by_key(asking("daily", daily, compiled("totals", by)), by)
        ranked = asking("facts", self._facts(manifest, slice_name, days), compiled("ranks_in_duckdb", by))
        ranks = _by_metric(self._by_key(ranked, by))
        flows = self._sums(manifest, "flows", slice_name, None, last)
        done, ever = self._flows(f"select *, day >= {first} as recent from ({flows})", by)
        keys = {*sums, *done}
        if by == "day":
            ever = _running(ever, keys)
        found: list[Measured] = []
        keys |= {key for key, row in ever.items() if row["opened"] != row["closed"]}
        for slice_of, part in sorted(keys, key=lambda key: (key[0], str(key[1]) if by != "day" else key[1])):
            at, flow, open_ = (there.get((slice_of, part), {}) for there in (sums, done, ever))
            cases = {
                "throughput": int(flow.get("finished", 0)),
                "backlog": int(open_.get("opened", 0)) - int(open_.get("closed", 0)),
            }
            count = 1 if by == "day" else days.count
            found += measured_of(slice_of, part, count, at, ranks.get((slice_of, part), {}), cases)
        return found

    def _behind(
        self,
        manifest: Manifest,
        metric: StandardMetric,
        days: Days,
        slice_name: str,
        part: tuple[str, str | int] | None,
        most: int | None,
    ) -> tuple[list[Behind], int]:
        first, last = days.numbers
        facts = self._facts(manifest, slice_name, days if metric.kind != "flow" else None)
        conditions: list[str] = ["true"]
        values: list[str | int] = []
        if metric.name == "throughput":
            conditions, values = ["done_day between ? and ? and value = 1"], [first, last]
        if metric.name == "backlog":
            at = int(part[1]) if part is not None and part[0] == "day" else last
            conditions, values = ["day <= ? and (closed_day is null or closed_day > ?)"], [at, at]
        if part is not None and (metric.name, part[0]) != ("backlog", "day"):
            named = "done_day" if metric.name == "throughput" and part[0] == "day" else part[0]
            conditions, values = [*conditions, f"{named} = ?"], [*values, part[1]]
        question = asking("facts", facts, compiled("behind", metric=metric.name))
        chosen = f"({question}) where {' and '.join(conditions)}"
        limit = "" if most is None else f" limit {int(most)}"
        rows = fetch(self._opened, f"select * from {chosen} order by started_us desc, run{limit}", values)
        found = [_behind_of(row, metric) for row in rows]
        if len(found) != most:
            return found, len(found)
        return found, int(fetch(self._opened, f"select count(*) as found from {chosen}", values)[0]["found"])

    def _by_key(self, question: str, by: str | None) -> dict[tuple[str, Any], dict[str, Any]]:
        return {(row["slice"], row[by] if by else None): row for row in fetch(self._opened, question)}

    def _flows(self, flows: str, by: str | None) -> tuple[_Rows, _Rows]:
        """By key: what was opened, closed and finished on the days asked for, and ever until their end."""
        question = asking("flows", flows, compiled("flow_totals", by))
        done: _Rows = {}
        ever: _Rows = {}
        for row in fetch(self._opened, question):
            key = (row["slice"], row[by] if by else None)
            recent = row["recent"]
            if recent:
                done[key] = row
            so_far = ever.setdefault(key, dict.fromkeys(FLOWS, 0))
            ever[key] = {flow: so_far[flow] + int(row[flow]) for flow in FLOWS}
        return done, ever

    def _facts(self, manifest: Manifest, slice_name: str | None, days: Days | None = None) -> str:
        first, last = days.numbers if days is not None else (None, None)
        return facts_in(self._folder, manifest, slice_name=slice_name, first=first, last=last)

    def _sums(self, manifest: Manifest, kind: str, slice_name: str | None, first: int | None, last: int | None) -> str:
        return sums_in(self._folder, manifest, kind, slice_name=slice_name, first=first, last=last)

    def _again(self, ask: Callable[[Manifest], Answer]) -> Answer:
        """An answer from one manifest; asked again where a refresh took its files away meanwhile."""
        for left in reversed(range(_TRIES)):
            manifest = read_manifest(self._folder)
            try:
                return ask(manifest)
            except (duckdb.Error, OSError) as problem:
                if not left or read_manifest(self._folder) == manifest:
                    raise damaged(self._folder, problem) from problem
        raise AssertionError


class FactsInMemory(Facts):
    """Facts that no file holds: what was known at an instant, for one."""

    def __init__(self, opened: Any, facts: Sequence[Fact]) -> None:
        super().__init__(Path(), opened)
        columns = [pa.array([getattr(fact, name) for fact in facts], SCHEMA.field(name).type) for name in FACT_NAMES]
        opened.register("given", pa.Table.from_arrays(columns, names=list(FACT_NAMES)))
        for kind in ("daily", "flows"):
            opened.execute(f"create temp table all_{kind} as {asking('facts', _GIVEN, compiled(kind))}")

    def _facts(self, manifest: Manifest, slice_name: str | None, days: Days | None = None) -> str:
        first, last = days.numbers if days is not None else (None, None)
        return f"select * from ({_GIVEN}){where_of(slice_name, first, last)}"

    def _sums(self, manifest: Manifest, kind: str, slice_name: str | None, first: int | None, last: int | None) -> str:
        return f"select * from all_{kind}{where_of(slice_name, first, last)}"

    def _again(self, ask: Callable[[Manifest], Answer]) -> Answer:
        return ask(Manifest())


@contextmanager
def open_facts(folder: Path, threads: int | None = None) -> Iterator[Facts]:
    """The facts of a home, for questions."""
    with database(folder, threads) as opened:
        prepare(opened)
        yield Facts(folder, opened)


@contextmanager
def facts_in_memory(facts: Sequence[Fact], threads: int | None = None) -> Iterator[Facts]:
    """These facts, for questions."""
    with database(None, threads) as opened:
        yield FactsInMemory(opened, facts)


def standard(name: str) -> StandardMetric:
    """
    A standard metric.

    Raises:
        MetricUnknown: There is none of that name.
    """
    if name not in STANDARD:
        raise MetricUnknown(f"No standard metric '{name[:60]}'. See them with `goldenthread metrics catalogue`.")
    return STANDARD[name]


def _running(
    rows: Mapping[tuple[str, Any], Mapping[str, Any]], wanted: Iterable[tuple[str, Any]]
) -> dict[tuple[str, Any], dict[str, Any]]:
    """For each wanted slice and day: all that was opened and closed up to its end."""
    found: dict[tuple[str, Any], dict[str, Any]] = {}
    opened, closed, of = 0, 0, ""
    for slice_name, day in sorted({*rows, *wanted}):
        if slice_name != of:
            opened, closed, of = 0, 0, slice_name
        row = rows.get((slice_name, day), {})
        opened, closed = opened + int(row.get("opened", 0)), closed + int(row.get("closed", 0))
        found[slice_name, day] = {"opened": opened, "closed": closed}
    return {key: found[key] for key in wanted}


def _by_metric(rows: _Rows) -> _Rows:
    """Ranks that came as one list a metric, by the names that `measured_of` asks for."""
    return {
        key: {
            f"{metric.name}_p{percent}": None if row[metric.name] is None else row[metric.name][place]
            for metric in STANDARD.values()
            for place, percent in enumerate(metric.quantiles)
        }
        for key, row in rows.items()
    }


def _behind_of(row: dict[str, Any], metric: StandardMetric) -> Behind:
    value = row["value"]
    if metric.name == "backlog":
        value = 1
    names = ("slice", "case", "run", "agent", "fingerprint", "level", "source")
    return Behind(
        **{name: row[name] for name in names},
        day=_EPOCH + timedelta(days=row["day"]),
        value=None if value is None else int(value),
        started=datetime.fromtimestamp(row["started_us"] / 1_000_000, UTC),
    )
