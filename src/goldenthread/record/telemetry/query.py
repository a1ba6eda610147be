"""Questions to stored telemetry: DuckDB over the segments, and over what is still in the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import duckdb
import pyarrow as pa

from goldenthread.promise.errors import TelemetryDamaged, TraceUnknown
from goldenthread.record.telemetry import segments as stored
from goldenthread.record.telemetry.beside import Beside, read_beside
from goldenthread.record.telemetry.columns import SPANS
from goldenthread.record.telemetry.figures import FIGURES, NEEDED, Sums, figures_of, together
from goldenthread.record.telemetry.log import pieces, rows_of
from goldenthread.record.telemetry.places import Places
from goldenthread.record.telemetry.threads import Row, spans_of_trace

_TRIES = 5
Found = TypeVar("Found")
_ID = "trace_id, span_id"
_LAST_FIRST = f"partition by {_ID} order by received_ns desc, file desc, place desc"
_SUPERSEDED = f"select {{}} from stored semi join repeats using ({_ID}) qualify row_number() over ({_LAST_FIRST}) > 1"


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
        self._known: dict[Path, Beside] = {}
        self._now: Any = None
        self._less: Any = None
        self._database = duckdb.connect(":memory:", config={"threads": threads} if threads else {})
        self._database.execute("set timezone = 'UTC'")
        self._places = places
        self._look(places)

    def _look(self, places: Places) -> None:
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

    def trace(self, trace_id: bytes) -> list[Row]:
        """The spans of one trace in the order in which they began; quicker than `ask`, since few files are read."""
        return self._tried(
            lambda: spans_of_trace([(file, self._beside(file)) for file in self._files], self._late, trace_id)
        )

    def figures(self, slice: str | None = None) -> Sums:
        """Figures by day and agent, of a slice if that is named; quicker than `ask`, since no span is read."""
        return self._tried(lambda: self._figures(slice))

    def close(self) -> None:
        """Let go of the files."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _figures(self, slice: str | None) -> Sums:
        self._ask_once()
        return together([*(self._beside(file).figures for file in self._files), self._now], self._less, slice=slice)

    def _tried(self, work: Callable[[], Found]) -> Found:
        """The work; where a segment that was there became part of another meanwhile, on what is there now."""
        try:
            return work()
        except FileNotFoundError:
            self._known, self._now, self._less = {}, None, None
            self._look(self._places)
            return work()

    def _beside(self, file: Path) -> Beside:
        if file not in self._known:
            self._known[file] = read_beside(file)
        return self._known[file]

    def _ask_once(self) -> None:
        """Figures of the log, and of spans that are stored and count no more, since they came again."""
        if self._now is None:
            columns = ", ".join(NEEDED)
            found = self._database.sql(_SUPERSEDED.format(columns)) if self._repeated else None
            self._less = figures_of(found.to_arrow_table()) if found else FIGURES.empty_table()
            self._now = figures_of(self._late)

    def _open(self, places: Places) -> None:
        # First the log: what becomes a segment while this looks is then found twice, and counted once.
        tail = [(piece.number, rows_of(piece)) for piece in pieces(places.log)]
        standing = stored.segments(places.segments)
        tables = [
            table
            for number, table in tail
            if len(table) and not any(one.first <= number <= one.last for one in standing)
        ]
        self._files = [stored.path_of(places.segments, one) for one in standing]
        self._late = pa.concat_tables(tables) if tables else SPANS.empty_table()
        files = list(map(str, self._files))
        own = "file_row_number as place, filename as file"
        parts = [f"select * exclude (file_row_number, filename), {own} from {_scan(files)}"] if files else []
        again = [path for one in standing if (path := stored.repeats_of(places.segments, one)).exists()]
        repeated = [_repeats(again)] if again else []
        if tables:
            self._database.register("late", self._late)
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
        self._repeated = bool(count and count[0])
        once = "select * exclude (place, file) from stored"
        if self._repeated:
            once = (
                f"select * exclude (place, file) from stored anti join repeats using ({_ID}) union all by name "
                f"select * exclude (place, file) from stored semi join repeats using ({_ID}) "
                f"qualify row_number() over ({_LAST_FIRST}) = 1"
            )
        self._database.execute(f"create or replace view spans as {once}")


def _scan(files: Sequence[str]) -> str:
    listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    return f"read_parquet([{listed}], union_by_name = true, file_row_number = true, filename = true)"


def _repeats(files: Sequence[Path]) -> str:
    listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    return f"select {_ID} from read_parquet([{listed}])"
