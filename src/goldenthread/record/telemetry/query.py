"""Questions to stored telemetry: DuckDB over the segments, and over what is still in the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from goldenthread.promise.errors import TelemetryDamaged, TraceUnknown
from goldenthread.record.telemetry import segments as stored
from goldenthread.record.telemetry.columns import SPANS
from goldenthread.record.telemetry.log import pieces, rows_of
from goldenthread.record.telemetry.places import Places

_TRIES = 5
_ID = "trace_id, span_id"


class Telemetry:
    """
    What is stored now, as a view `spans` of a database in memory: each span once, as it came last.

    What comes later is not in it; open again. The collector may run meanwhile.

    Args:
        places: Where it is stored.
        threads: That a question may use; None: as many as there are processors.

    Raises:
        TelemetryDamaged: A segment cannot be read.
    """

    def __init__(self, places: Places, threads: int | None = None) -> None:
        self._database = duckdb.connect(":memory:", config={"threads": threads} if threads else {})
        self._database.execute("set timezone = 'UTC'")
        for left in reversed(range(_TRIES)):
            try:
                self._open(places)
            except (FileNotFoundError, duckdb.Error) as problem:  # what was listed became a segment meanwhile
                if not left:
                    raise TelemetryDamaged(
                        f"The telemetry in {places.folder} cannot be read: {type(problem).__name__}. "
                        "Run `goldenthread telemetry verify`."
                    ) from problem
            else:
                return

    def ask(self, question: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[dict[str, Any]]:
        """Rows that answer a question in SQL; the view is called `spans`."""
        found = self._database.execute(question, values)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def trace_id(self, beginning: str) -> bytes:
        """
        The id of the trace that begins so, in hex.

        Raises:
            TraceUnknown: None does, or several do.
        """
        wanted = beginning.strip().lower()
        if not wanted or set(wanted) - set("0123456789abcdef") or len(wanted) > 32:
            raise TraceUnknown(
                f"'{beginning[:40]}' is no id of a trace: it has up to 32 hex digits. See `telemetry runs`."
            )
        if len(wanted) == 32 and self.ask("select 1 from spans where trace_id = ? limit 1", [bytes.fromhex(wanted)]):
            return bytes.fromhex(wanted)
        low, high = bytes.fromhex(wanted.ljust(32, "0")), bytes.fromhex(wanted.ljust(32, "f"))
        found = self.ask(
            "select distinct trace_id as id from spans where trace_id between ? and ? limit 3", [low, high]
        )
        if len(found) != 1:
            what = "No trace begins" if not found else "Several traces begin"
            raise TraceUnknown(f"{what} with '{wanted}'. Give more digits, or see `goldenthread telemetry runs`.")
        return bytes(found[0]["id"])

    def close(self) -> None:
        """Let go of the files."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, places: Places) -> None:
        # First the log: what becomes a segment while this looks is then found twice, and counted once.
        tail = [(piece.number, rows_of(piece)) for piece in pieces(places.log)]
        standing = stored.segments(places.segments)
        tables = [
            table
            for number, table in tail
            if len(table) and not any(one.first <= number <= one.last for one in standing)
        ]
        files = [str(stored.path_of(places.segments, one)) for one in standing]
        own = "file_row_number as place, filename as file"
        parts = [f"select * exclude (file_row_number, filename), {own} from {_scan(files)}"] if files else []
        again = [path for one in standing if (path := stored.repeats_of(places.segments, one)).exists()]
        repeated = [_repeats(again)] if again else []
        if tables:
            late = pa.concat_tables(tables)
            self._database.register("late", late)
            parts.append("select *, row_number() over () as place, '~' as file from late")
            repeated.append(f"select {_ID} from late where again")
        if not parts:
            self._database.register("nothing", SPANS.empty_table())
            parts = ["select *, 0 as place, '' as file from nothing"]
        self._database.execute(f"create or replace view stored as {' union all by name '.join(parts)}")
        self._views(repeated)

    def _views(self, repeated: list[str]) -> None:
        self._database.execute(
            f"create or replace table repeats as select distinct * from ({' union all '.join(repeated)})"
            if repeated
            else "create or replace table repeats (trace_id blob, span_id blob)"
        )
        count = self._database.execute("select count(*) from repeats").fetchone()
        once = "select * exclude (place, file) from stored"
        if count and count[0]:
            once = (
                f"select * exclude (place, file) from stored anti join repeats using ({_ID}) union all by name "
                f"select * exclude (place, file) from stored semi join repeats using ({_ID}) "
                f"qualify row_number() over (partition by {_ID} order by received_ns desc, file desc, place desc) = 1"
            )
        self._database.execute(f"create or replace view spans as {once}")


def _scan(files: Sequence[str]) -> str:
    listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    return f"read_parquet([{listed}], union_by_name = true, file_row_number = true, filename = true)"


def _repeats(files: Sequence[Path]) -> str:
    listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    return f"select {_ID} from read_parquet([{listed}])"
