"""Tables in files: CSV and Parquet. DuckDB reads them; no line is held that is longer than is read."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import duckdb

from goldenthread.factory.discovery.reading.database import Workbench, literal, quoted
from goldenthread.factory.discovery.reading.model import Left, Notice
from goldenthread.factory.discovery.reading.sources import SAMPLE_ROWS
from goldenthread.factory.discovery.reading.times import looks_like_times
from goldenthread.promise.errors import EventLogInvalid, ValueProblem
from goldenthread.record.eventlogs import Lines, heading_of

_EXAMPLES, _SHOWN = 3, 80
_CHUNK = 1024 * 1024
_KINDS = {
    "MISSING COLUMNS": "columns",
    "TOO MANY COLUMNS": "columns",
    "UNQUOTED VALUE": "quotes",
    "LINE SIZE OVER MAXIMUM": "long",
    "INVALID ENCODING": "encoding",
    "INVALID STATE": "quotes",
}
_REJECTED = """
select kind, count(*), min_by(shown, line, {examples}), min(line) from (
    select line, any_value(left(csv_line, {shown})) as shown,
        case when bool_or(error_type = 'LINE SIZE OVER MAXIMUM') then 'LINE SIZE OVER MAXIMUM'
            else min_by(error_type::varchar, byte_position) end as kind
    from reject_errors group by line
) group by kind order by kind
"""


class CsvTable:
    """
    A CSV file with a heading.

    Args:
        path: Of the file as DuckDB is to read it: plain UTF-8, its name without signs of patterns.
        name: The log's, for errors.
    """

    form = "CSV"

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        with path.open("rb") as file:
            lines = Lines(file)
            self._heading, self._separator = heading_of(lines, name)
            self._rows = _first_rows(lines, self._separator, len(self._heading))
        if looks_like_times([one for one in self._heading if one][:1]) or any(map(_is_time, self._heading)):
            raise EventLogInvalid(
                f"{name}: its first line names no columns; it holds a time. Export the log as XES, or with a heading."
            )
        self._columns = _told_apart(self._heading)

    def columns(self) -> Sequence[str]:
        """Names of the heading; one that stands there again, or is empty, is told by its place."""
        return self._columns

    def sample(self) -> Sequence[Sequence[str]]:
        """The first whole rows."""
        return self._rows

    def relation(self, bench: Workbench, wanted: Mapping[str, str]) -> str:
        """The file itself; what is no row becomes `reject_errors`."""
        declared = ", ".join(f"'c{place}': 'varchar'" for place in range(len(self._columns)))
        chosen = ", ".join(f"c{self._columns.index(column)} as {quoted(meaning)}" for meaning, column in wanted.items())
        bench.run("drop table if exists reject_errors; drop table if exists reject_scans")
        return (
            f"select {chosen} from read_csv({literal(str(self._path))}, auto_detect = false, all_varchar = true, "
            f"delim = {literal(self._separator)}, header = true, quote = '\"', escape = '\"', "
            f"columns = {{{declared}}}, store_rejects = true, ignore_errors = true, rejects_limit = 0, "
            f"parallel = {'false' if _has_long_line(self._path) else 'true'})"
        )

    def about(self, bench: Workbench) -> int:
        """By the length of the first rows."""
        octets = sum(len(text) + 1 for row in self._rows for text in row)
        return self._path.stat().st_size * len(self._rows) // max(1, octets)

    def left_out(self, bench: Workbench) -> Mapping[str, Left]:
        """Lines that are no row, by kind, with the first of them."""
        found: dict[str, Left] = {}
        try:
            rejected = bench.rows(_REJECTED.format(examples=_EXAMPLES, shown=_SHOWN))
        except duckdb.CatalogException:  # the table is there where a line was rejected
            return {}
        for kind, count, shown, line in rejected:
            word = _KINDS.get(kind, "columns")
            before = found.get(word, Left(count=0))
            examples = (f"line {line}: {shown[0]}", *shown[1:]) if shown and shown[0] else (f"line {line}",)
            found[word] = Left(count=before.count + count, examples=(*before.examples, *examples)[:_EXAMPLES])
        return found

    def notices(self) -> Sequence[Notice]:
        """None of its own."""
        return ()


class ParquetTable:
    """
    A Parquet file.

    Raises:
        EventLogInvalid: It cannot be read.
    """

    form = "Parquet"

    def __init__(self, path: Path, name: str, bench: Workbench) -> None:
        self._from = f"read_parquet({literal(str(path))})"
        try:
            self._columns = [str(row[0]) for row in bench.rows(f"describe select * from {self._from}")]
            texts = ", ".join(f"coalesce({quoted(one)}::varchar, '')" for one in self._columns)
            self._rows = bench.rows(f"select {texts} from {self._from} limit {SAMPLE_ROWS}")
        except duckdb.Error as problem:
            words = str(problem).splitlines()[0][:200]
            raise EventLogInvalid(f"{name}: it is no whole Parquet file ({words}). Export the log again.") from problem

    def columns(self) -> Sequence[str]:
        """Of the file's schema."""
        return self._columns

    def sample(self) -> Sequence[Sequence[str]]:
        """The first rows."""
        return self._rows

    def relation(self, bench: Workbench, wanted: Mapping[str, str]) -> str:
        """The file itself; times keep their type."""
        chosen = ", ".join(f"{quoted(column)} as {quoted(meaning)}" for meaning, column in wanted.items())
        return f"select {chosen} from {self._from}"

    def about(self, bench: Workbench) -> int:
        """As the file says."""
        return int(bench.one(f"select count(*) from {self._from}")[0])

    def left_out(self, bench: Workbench) -> Mapping[str, Left]:
        """Nothing: a row is a row."""
        return {}

    def notices(self) -> Sequence[Notice]:
        """None of its own."""
        return ()


def as_utf8(file: IO[bytes], encoding: str, name: str, target: Path) -> None:
    """
    Write what a stream holds as UTF-8; where it is that already, as it stands, so that each bad line is told.

    Raises:
        ValueProblem: There is no such encoding.
        EventLogInvalid: It is not in that encoding.
    """
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
        decoder.decode(b"")
    except (LookupError, UnicodeError, AttributeError, TypeError):
        raise ValueProblem(f"'{encoding[:40]}' is no encoding. Write e.g. utf-8, latin-1 or utf-16.") from None
    plain = codecs.lookup(encoding).name in ("utf-8", "ascii", "utf-8-sig")
    with target.open("wb") as out:
        while octets := file.read(_CHUNK):
            try:
                out.write(octets if plain else decoder.decode(octets).encode())
            except UnicodeError as problem:
                raise EventLogInvalid(
                    f"{name}: it is not in {encoding} ({type(problem).__name__}). Name its encoding with --encoding."
                ) from None


def _has_long_line(path: Path) -> bool:
    """
    Whether a line may be longer than a megabyte.

    DuckDB 2.0 drops a line that is longer than its buffer without a word if it reads in parallel, and names it if not.
    """
    with path.open("rb") as file:
        while len(octets := file.read(_CHUNK)) == _CHUNK:
            if b"\n" not in octets and b"\r" not in octets:
                return True
    return False


def _first_rows(lines: Lines, separator: str, width: int) -> list[list[str]]:
    rows: list[list[str]] = []
    reader = csv.reader(lines, delimiter=separator)
    for _ in range(2 * SAMPLE_ROWS):
        try:
            row = next(reader, None)
            if row is None:
                break
            if len(row) == width:
                rows.append(row)
        except csv.Error:
            reader = csv.reader(lines, delimiter=separator)
        if len(rows) >= SAMPLE_ROWS:
            break
    return [[one.encode("utf-8", "replace").decode() for one in row] for row in rows]


def _told_apart(heading: Sequence[str]) -> list[str]:
    found: list[str] = []
    for place, column in enumerate(heading, start=1):
        name = column or f"column {place}"
        found.append(name if name not in found else f"{name} (column {place})")
    return found


def _is_time(text: str) -> bool:
    return any(letter.isdigit() for letter in text) and looks_like_times([text])
