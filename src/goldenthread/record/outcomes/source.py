"""Where an outcome's values are: what a data owner states and signs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from goldenthread.promise.errors import OutcomeSourceInvalid
from goldenthread.promise.values import Json, digest

COLUMNS: Mapping[str, str] = {
    "case": "the case, as runs name it",
    "period": "a day (2026-11-21), a week (2026-W47) or a month (2026-11), where values are not by case",
    "at": "the day the case was done; a period has its own",
    "value": "the amount, in the unit of the contract's target",
    "numerator": "instead of value: what is added up over cases or periods",
    "denominator": "with numerator: what it is divided by",
    "segment": "the kind of case, for the mix",
    "arm": "who did it, 'agent' or 'people'; without it the records tell",
    "automated": "whether no person was needed, true or false; without it the records tell",
    "reworked": "whether it was done twice, true or false; without it the records tell",
    "units": "how much was used, where the amount is units times a price (minutes, tokens)",
}
"""What a column may stand for."""

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,99}")
_LONGEST_QUERY = 20_000


@dataclass(frozen=True, kw_only=True)
class Source:
    """
    Where a metric's values are. `kind` is 'csv', 'parquet' or 'sql'.

    `place` is an absolute path, or for SQL the name of the environment variable that holds the database's address: an
    address may hold a password, and the ledger is read by many. `columns` maps what is wanted to what it is called.
    """

    metric: str
    kind: str
    place: str
    query: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)

    def record(self) -> dict[str, Json]:
        """As it is signed and stands on record."""
        columns: dict[str, Json] = dict(sorted(self.columns.items()))
        said: dict[str, Json] = {"metric": self.metric, "kind": self.kind, "place": self.place, "columns": columns}
        return {**said, **({"query": self.query} if self.query else {})}

    @property
    def digest(self) -> str:
        """Which source it is, whenever it was stated."""
        return digest(self.record())

    @classmethod
    def of_record(cls, data: Mapping[str, object]) -> Source:
        """The source that `record` wrote."""
        columns = data["columns"]
        assert isinstance(columns, Mapping)
        return cls(
            metric=str(data["metric"]),
            kind=str(data["kind"]),
            place=str(data["place"]),
            query=str(data.get("query", "")),
            columns={str(key): str(value) for key, value in columns.items()},
        )


def make_source(
    metric: str,
    *,
    file: str | None = None,
    env: str | None = None,
    query: str | None = None,
    columns: Mapping[str, str],
) -> Source:
    """
    A source as somebody states it.

    Args:
        metric: Of the contract's outcome line.
        file: Absolute path of a `.csv` or `.parquet` file.
        env: Instead: the environment variable that holds a database's address.
        query: With `env`: one SELECT.
        columns: What a column stands for -> what it is called; a name of `COLUMNS` stands for itself.

    Raises:
        OutcomeSourceInvalid: Neither or both of file and database, no such kind of file, an address in place of the
            name of a variable, or columns that make no row.
    """
    _require_columns(columns)
    if (file is None) is (env is None):
        raise OutcomeSourceInvalid(
            f"The source of '{metric}' names {'both' if file else 'neither'} a file {'and' if file else 'nor'} a "
            "database. Give a file, or the environment variable of a database and a query."
        )
    if file is not None:
        kind = file.lower().rpartition(".")[2]
        if kind not in ("csv", "parquet"):
            raise OutcomeSourceInvalid(f"'{file}' is neither .csv nor .parquet. Export the values as one of them.")
        return Source(metric=metric, kind=kind, place=file, columns=dict(columns))
    _require_query(str(env), query or "")
    return Source(metric=metric, kind="sql", place=str(env), query=(query or "").strip(), columns=dict(columns))


def _require_query(env: str, query: str) -> None:
    if not _VARIABLE.fullmatch(env):
        raise OutcomeSourceInvalid(
            "A database is named by the environment variable that holds its address, such as WAREHOUSE_URL, and never "
            "by the address itself: that may hold a password. Name the variable."
        )
    text = query.strip()
    if not re.match(r"(?i)(select|with)\b", text) or ";" in text or len(text) > _LONGEST_QUERY:
        raise OutcomeSourceInvalid(
            f"The query for {env} is not one SELECT of at most {_LONGEST_QUERY:,} characters without a semicolon. "
            "Write one that gives a row for each case or period."
        )


def _require_columns(columns: Mapping[str, str]) -> None:
    unknown = sorted(set(columns) - set(COLUMNS))
    if unknown:
        raise OutcomeSourceInvalid(f"A column cannot stand for '{unknown[0]}'; it may for {', '.join(COLUMNS)}.")
    by_case, ratio = "case" in columns, {"numerator", "denominator"} <= set(columns)
    if by_case is ("period" in columns) or (by_case and "at" not in columns):
        raise OutcomeSourceInvalid(
            "A row is of a case and the day it was done, or of a period. Name the columns 'case' and 'at', or 'period'."
        )
    if ratio is ("value" in columns):
        raise OutcomeSourceInvalid(
            "A row has one amount. Name the column 'value', or both 'numerator' and 'denominator'."
        )
