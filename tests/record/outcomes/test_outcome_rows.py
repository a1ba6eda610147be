"""Rows of a data owner's table: what is taken, what is named, and that nothing is rounded or lost."""

from __future__ import annotations

import importlib.util
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenthread.promise.errors import OutcomesMissing, OutcomeSourceInvalid, OutcomeUnreadable
from goldenthread.record.outcomes import (
    MOST_ROWS,
    Reading,
    RowProblem,
    make_source,
    micro,
    of_micro,
    parse_row,
    read_source,
)

TODAY = date(2026, 11, 21)
BY_CASE = {"case": "case", "at": "at", "value": "value"}


def read_csv(folder: Path, text: str | bytes, **columns: str) -> Reading:
    """A table read by case, with more columns if any are named."""
    path = folder / "costs.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    source = make_source("cost_to_serve", file=str(path), columns={**BY_CASE, **columns})
    return read_source(source, None, until=TODAY)


def test_a_bad_row_is_named_and_keeps_no_other_back(tmp_path: Path) -> None:
    """A table of thousands has always one; whoever mends it must know which, and nothing else may be lost."""
    text = (
        "case,at,value\n"
        'a,2026-11-01,12.50\n"b\nb",2026-11-01,1\nc,2026-11-31,1\nd,2026-11-01,1e3\ne,2026-11-01,\n'
        "f,2026-11-01,0.1234567\ng,2026-11-22,1\nh,2026-11-01\n,2026-11-01,1\na,2026-11-01,12.50\na,2026-11-02,12.50\n"
        "i,2026-11-01,99999999999\nj,2026-11-01T23:59:59Z,-3\n"
    )
    found = read_csv(tmp_path, text)
    assert [(row.key, row.day.day, row.numerator) for row in found.rows] == [("a", 1, 12_500_000), ("j", 1, -3_000_000)]
    assert found.problems == (
        "row 2: case is longer than 200 characters or holds some that cannot be printed",
        "row 3: at is no day such as 2026-11-21",
        "row 4: value is no plain number such as 12.50",
        "row 5: value is empty",
        "row 6: value has more than six places; round it in the query",
        "row 7: at lies in the future",
        "row 8: it has 2 cells, too few",
        "row 9: case is empty",
        "row 11: its case or period stands in a row before, with other values",
        "row 12: value is beyond nine billion",
    )
    assert found.refused == len(found.problems)


def test_bytes_that_are_no_text_and_cells_without_end_are_problems_of_their_row(tmp_path: Path) -> None:
    """An export that broke in the middle must not be taken for a short one."""
    wide = b"x" * 200_000
    found = read_csv(
        tmp_path, b"case,at,value\nok,2026-11-01,1\n\xff\xfe,2026-11-01,1\n" + wide + b",2026-11-01,1\nz,2026-11-02,2\n"
    )
    assert [row.key for row in found.rows] == ["ok", "z"]
    assert found.refused == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("case,at\na,2026-11-01\n", "has no column 'value'; it has case, at"),
        ("case,at,value,value\na,2026-11-01,1,2\n", "has the column 'value' twice"),
        ("", "has no column 'case'; it has none"),
    ],
)
def test_a_table_that_is_not_the_one_stated_is_refused_as_a_whole(tmp_path: Path, text: str, words: str) -> None:
    """A column that was renamed must not read as a month without values."""
    with pytest.raises(OutcomeUnreadable, match=words):
        read_csv(tmp_path, text)


def test_a_table_without_end_is_refused_as_a_whole(tmp_path: Path) -> None:
    """Half a table gives a number that looks as good as the right one."""
    many = "case,at,value\n" + "".join(f"{number},2026-11-01,1\n" for number in range(MOST_ROWS + 1))
    with pytest.raises(OutcomeUnreadable, match="has more than 100,000 rows, so nothing was taken"):
        read_csv(tmp_path, many)
    source = make_source("cost", file=str(tmp_path / "costs.csv"), columns=BY_CASE)
    with pytest.raises(OutcomeUnreadable, match="did not give all of its rows in time"):
        read_source(source, None, until=TODAY, time_limit_s=0.0)
    with pytest.raises(OutcomeUnreadable, match="cannot be read: No such file or directory"):
        read_source(make_source("cost", file="/nowhere/costs.csv", columns=BY_CASE), None, until=TODAY)


def test_everything_that_a_row_may_say_is_read(tmp_path: Path) -> None:
    """What the explanation needs stands in these columns."""
    text = "case,at,n,d,kind,who,alone,again,minutes\na,2026-11-01,10,4,hard,Agent,yes,0,2.5\nb,2026-11-01,1,1,,,,,\n"
    path = tmp_path / "all.csv"
    path.write_text(text, encoding="utf-8")
    columns = {"case": "case", "at": "at", "numerator": "n", "denominator": "d", "segment": "kind", "arm": "who"}
    columns |= {"automated": "alone", "reworked": "again", "units": "minutes"}
    first, second = read_source(make_source("cost", file=str(path), columns=columns), None, until=TODAY).rows
    assert (first.numerator, first.denominator, first.segment, first.arm) == (10_000_000, 4_000_000, "hard", "agent")
    assert (first.automated, first.reworked, first.units) == (True, False, 2_500_000)
    assert (second.segment, second.arm, second.automated, second.units) == ("", "", None, None)
    assert type(first).of_record(first.record(), key="a", arm="agent") == first


def test_a_period_is_a_day_a_week_or_a_month() -> None:
    """Finance counts in weeks and months."""
    days = [parse_row({"period": text, "value": 1}, until=TODAY).day for text in ("2026-11-02", "2026-W45", "2026-10")]
    assert days == [date(2026, 11, 2), date(2026, 11, 2), date(2026, 10, 1)]
    for text in ("2026-W60", "2026-13", "november", "2026"):
        with pytest.raises(RowProblem, match="period is no day, week or month"):
            parse_row({"period": text, "value": 1}, until=TODAY)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"numerator": 1, "denominator": 0}, "denominator is not above 0"),
        ({"value": True}, "value is no number"),
        ({"value": float("nan")}, "value is no plain number"),
        ({"value": "١٢"}, "value is no plain number"),
        ({"value": 1, "arm": "robot"}, "arm is neither 'agent' nor 'people'"),
        ({"value": 1, "automated": "perhaps"}, "automated is neither true nor false"),
        ({"value": 1, "segment": "a\u202eb"}, "segment is longer than 200 characters or holds some"),
    ],
)
def test_a_cell_of_another_kind_is_named(cells: dict[str, Any], words: str) -> None:
    """A guess at what a cell might mean ends in a number that nobody can find the fault of."""
    with pytest.raises(RowProblem, match=words):
        parse_row({"case": "a", "at": datetime(2026, 11, 1, 12, 0), **cells}, until=TODAY)  # noqa: DTZ001


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6))
def test_an_amount_is_taken_to_the_last_place(amount: Decimal) -> None:
    """Money that is rounded on its way in never adds up again."""
    assert of_micro(micro(amount)) == amount
    assert micro(str(amount)) == micro(amount)


@pytest.mark.parametrize(
    ("given_source", "words"),
    [
        ({"columns": {"case": "c", "at": "a", "value": "v"}}, "names neither a file nor a database"),
        ({"file": "/a.xlsx", "columns": BY_CASE}, "is neither .csv nor .parquet"),
        ({"env": "postgresql://lee:secret@host/db", "query": "select 1", "columns": BY_CASE}, "never by the address"),
        ({"env": "URL", "query": "delete from cost", "columns": BY_CASE}, "is not one SELECT"),
        ({"env": "URL", "query": "select 1; drop table cost", "columns": BY_CASE}, "is not one SELECT"),
        ({"file": "/a.csv", "columns": {"case": "c", "value": "v"}}, "Name the columns 'case' and 'at', or 'period'"),
        ({"file": "/a.csv", "columns": {"period": "p"}}, "Name the column 'value', or both"),
        ({"file": "/a.csv", "columns": {**BY_CASE, "price": "p"}}, "cannot stand for 'price'"),
    ],
)
def test_a_source_that_makes_no_row_is_refused_when_it_is_stated(given_source: dict[str, Any], words: str) -> None:
    """Whoever signs it is there to mend it; at the end of the window nobody is."""
    with pytest.raises(OutcomeSourceInvalid, match=words) as refused:
        make_source("cost", **given_source)
    assert "secret" not in str(refused.value)


def test_a_parquet_file_is_read_like_a_table(tmp_path: Path) -> None:
    """Warehouses export it, with days and decimals as such."""
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "costs.parquet"
    rows = (
        "select 'a' as \"case\", date '2026-11-01' as at, 12.50::decimal(12, 2) as value union all select 'b', null, 1"
    )
    duckdb.sql(f"copy ({rows}) to '{path}' (format parquet)")
    source = make_source("cost", file=str(path), columns=BY_CASE)
    found = read_source(source, None, until=TODAY)
    assert ([row.numerator for row in found.rows], found.refused) == ([12_500_000], 1)
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(OutcomeUnreadable, match="cannot be read: "):
        read_source(source, None, until=TODAY)


def test_another_warehouse_is_opened_by_ibis_or_says_what_to_install(tmp_path: Path) -> None:
    """Whoever has no Ibis learns which extra brings it, and that their data are not at fault."""
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "costs.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table cost as select 'a' as request, '2026-11-01' as at, 12.5 as amount")
    columns = {"case": "request", "at": "at", "value": "amount"}
    source = make_source("cost", env="COSTS", query="select * from cost", columns=columns)
    if importlib.util.find_spec("ibis") is None:
        with pytest.raises(OutcomesMissing, match=r"Run `pip install 'goldenthread\[outcomes\]'`"):
            read_source(source, f"duckdb://{path}", until=TODAY)
        return
    found = read_source(source, f"duckdb://{path}", until=TODAY)
    assert [row.numerator for row in found.rows] == [12_500_000]
    broken = make_source("cost", env="COSTS", query="select * from nothing", columns=columns)
    with pytest.raises(OutcomeUnreadable, match="failed on the database of COSTS"):
        read_source(broken, f"duckdb://{path}", until=TODAY)
