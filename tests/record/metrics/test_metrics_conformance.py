"""
One suite over every engine: the same facts, all metrics, all groupings, equal to the last digit to plain Python.

DuckDB and PostgreSQL always; Spark where it is installed, which `make test-spark` sees to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ibis
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chaos.own_postgres import OwnPostgres
from goldenthread.record.metrics import STANDARD
from goldenthread.record.metrics.facts import BY, FACT_NAMES, TYPES, Fact, facts_in_memory
from goldenthread.record.metrics.facts.asking import Days
from goldenthread.record.metrics.facts.expressions import (
    daily,
    facts_table,
    flow_totals,
    flows,
    ranks,
    totals,
)
from goldenthread.record.metrics.facts.measured import Measured, measured_of
from goldenthread.record.store.server import EmbeddedServer
from made_facts import (
    EPOCH,
    FIRST,
    METRIC_NAMES,
    SLICES,
    Answers,
    Expected,
    expected,
    expected_currencies,
    expected_flows,
    made_facts,
)

LAST = FIRST + 2
"""One day less than there is, so that choosing days counts for something."""

FACTS = made_facts(11, 700)
SCHEMA = pa.schema([*((name, getattr(pa, TYPES[name])()) for name in FACT_NAMES), ("sign", pa.int8())])

Ask = Callable[[Any], list[dict[str, Any]]]
"""Rows that answer an expression over the table `facts`."""


def arrow(facts: Sequence[Fact]) -> pa.Table:
    """Facts as a table, each counted once."""
    columns = [pa.array([getattr(fact, name) for fact in facts], SCHEMA.field(name).type) for name in FACT_NAMES]
    return pa.Table.from_arrays([*columns, pa.array([1] * len(facts), pa.int8())], schema=SCHEMA)


@pytest.fixture(scope="module", params=["duckdb", "postgres", *(["spark"] if find_spec("pyspark") else [])])
def ask(
    request: pytest.FixtureRequest,
    server: EmbeddedServer | OwnPostgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Ask]:
    """An engine that holds `FACTS`."""
    if request.param == "duckdb":
        yield from _duckdb()
    elif request.param == "postgres":
        with server.connect("postgres") as connection:
            yield _postgres(connection)
    else:
        yield from _spark(tmp_path_factory.mktemp("spark"))


def _duckdb() -> Iterator[Ask]:
    import duckdb

    with duckdb.connect() as connection:
        connection.register("facts", arrow(FACTS))

        def ask(expression: Any) -> list[dict[str, Any]]:
            found: Any = connection.execute(str(ibis.to_sql(expression, dialect="duckdb")))
            return _rows([column[0] for column in found.description], found.fetchall())

        yield ask


def _postgres(connection: psycopg.Connection[Any]) -> Ask:
    kinds = {"string": "text", "int64": "bigint", "int32": "integer", "int8": "smallint"}
    columns = ", ".join(f'"{field.name}" {kinds[str(field.type)]}' for field in SCHEMA)
    connection.execute(f"create temp table facts ({columns})".encode())
    with connection.cursor() as cursor, cursor.copy(b"copy facts from stdin") as copy:
        for row in arrow(FACTS).to_pylist():
            copy.write_row(tuple(row.values()))

    def ask(expression: Any) -> list[dict[str, Any]]:
        found = connection.execute(str(ibis.to_sql(expression, dialect="postgres")).encode())
        return _rows([column.name for column in found.description or ()], found.fetchall())

    return ask


def _spark(folder: Path) -> Iterator[Ask]:
    from pyspark.sql import SparkSession

    pq.write_table(arrow(FACTS), folder / "facts.parquet")
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
        .getOrCreate()
    )
    session.read.parquet(str(folder / "facts.parquet")).createOrReplaceTempView("facts")

    def ask(expression: Any) -> list[dict[str, Any]]:
        found = session.sql(str(ibis.to_sql(expression, dialect="pyspark")))
        return _rows(found.columns, [tuple(row) for row in found.collect()])

    yield ask
    session.stop()


def _rows(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in rows]


def of_engine(ask: Ask, by: str | None) -> Answers:
    """What an engine says, through the expressions and the division that pages use."""
    table = facts_table()
    chosen = table.filter((table.day >= FIRST) & (table.day <= LAST))
    sums = {(row["slice"], row[by] if by else None): row for row in ask(totals(daily(chosen), by))}
    ranked: dict[Any, dict[str, Any]] = {}
    for metric in STANDARD.values():
        for row in ask(ranks(chosen, metric, by)) if metric.kind == "quantile" else ():
            named = {f"{metric.name}_p{percent}": row[f"p{percent}"] for percent in metric.quantiles}
            ranked.setdefault((row["slice"], row[by] if by else None), {}).update(named)
    return {key: _plain(measured_of(key[0], key[1], 1, row, ranked.get(key, {}), {})) for key, row in sums.items()}


def _plain(measured: Sequence[Measured]) -> dict[str, Expected]:
    return {
        one.metric.name: Expected(
            known=one.known, pending=one.pending, hits=one.hits, amount=one.amount, quantiles=one.quantiles
        )
        for one in measured
        if one.metric.kind != "flow"
    }


@pytest.mark.parametrize("by", [None, *BY])
def test_every_metric_is_the_same_on_every_engine(ask: Ask, by: str | None) -> None:
    """A number must not depend on where it was computed."""
    assert set(METRIC_NAMES) == {name for name, metric in STANDARD.items() if metric.kind != "flow"}
    assert of_engine(ask, by) == expected(FACTS, FIRST, LAST, by)


def test_flows_are_the_same_on_every_engine(ask: Ask) -> None:
    """Cases done belong to the day on which they were done, wherever they began."""
    table = flows(facts_table())
    done = {row["slice"]: row for row in ask(flow_totals(table.filter((table.day >= FIRST) & (table.day <= LAST))))}
    ever = {row["slice"]: row for row in ask(flow_totals(table.filter(table.day <= LAST)))}
    for name in SLICES:
        found = int(done[name]["finished"]), int(ever[name]["opened"]) - int(ever[name]["closed"])
        assert found == expected_flows(FACTS, FIRST, LAST, name)


def test_currencies_are_the_same_on_every_engine(ask: Ask) -> None:
    """Amounts of two currencies are not added up as if they were one."""
    table = facts_table()
    rows = ask(totals(daily(table.filter((table.day >= FIRST) & (table.day <= LAST)))))
    found = {row["slice"]: (row["first_currency"], row["last_currency"]) for row in rows}
    assert found == {name: expected_currencies(FACTS, FIRST, LAST, name) for name in SLICES}
    assert ("CHF", "EUR") in found.values()


@pytest.mark.parametrize("by", [None, "day"])
def test_pages_answer_what_the_suite_proves(by: str | None) -> None:
    """Pages take DuckDB's own selection of ranks, and sums made before: they must be the very same numbers."""
    days = Days(first=_date(FIRST), last=_date(LAST))
    with facts_in_memory(FACTS, threads=1) as facts:
        found = facts.measure(days, by=by)
    wanted = expected(FACTS, FIRST, LAST, by)
    assert {key: answers for key, answers in _grouped(found).items() if key in wanted} == wanted
    if by is None:
        for name in SLICES:
            flows_found = tuple(one.known for one in found if one.slice == name and one.metric.kind == "flow")
            assert flows_found == expected_flows(FACTS, FIRST, LAST, name)


def _grouped(found: Sequence[Measured]) -> Answers:
    keys = {(one.slice, one.part) for one in found}
    return {key: _plain([one for one in found if (one.slice, one.part) == key]) for key in keys}


def _date(day: int) -> date:
    return EPOCH + timedelta(days=day)
