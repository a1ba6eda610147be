"""Rows of files, whatever holds them: lines of JSON, a JSON document, CSV or Parquet; one at a time, with its place."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from goldenthread.promise.errors import ImportInvalid
from goldenthread.record.imports.document import Document
from goldenthread.record.imports.octets import LONGEST, lines, opened

Holding: TypeAlias = Literal["lines", "document", "csv", "parquet"]

_LONGEST_FIELD = 4 * 1024 * 1024
_ROWS, _BATCH_BYTES = 128, 64 * 1024 * 1024
_MOST_COLUMNS = 5000
_SEPARATORS = ",;\t|"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row, or a word of REASONS for why it could not be read."""

    place: str
    value: Any = None
    refused: str = ""
    words: str = ""


def records(path: Path, holding: Holding, lists: Collection[str] = (), *, skip: int = 0) -> Iterator[Row]:
    """
    The rows of a file.

    Args:
        path: The file.
        holding: What holds them.
        lists: In a document: names of lists at its top that are taken apart.
        skip: Rows at the beginning that are passed over.

    Raises:
        ImportInvalid: The file cannot be read to its end.
    """
    if holding == "parquet":
        yield from _of_parquet(path, skip)
        return
    with opened(path) as stream:
        if holding == "lines":
            yield from _of_lines(stream, skip)
        elif holding == "csv":
            yield from islice(_of_csv(stream, path.name), skip, None)
        else:
            yield from _of_document(stream, path.name, lists, skip)


def read_json(octets: bytes) -> tuple[Any, str, str]:
    """What JSON text says; or None, a word of REASONS, and what is wrong."""
    try:
        return json.loads(octets.decode("utf-8-sig")), "", ""
    except UnicodeDecodeError as problem:
        return None, "encoding", f"byte {problem.start + 1} is no UTF-8"
    except RecursionError:
        return None, "deep", "it is nested too deep"
    except json.JSONDecodeError as problem:
        return None, "broken", f"column {problem.colno} is no JSON ({problem.msg})"
    except ValueError as problem:
        return None, "broken", f"it is no JSON ({problem})"[:200]


def _of_lines(stream: IO[bytes], skip: int) -> Iterator[Row]:
    for number, line in lines(stream):
        if line is not None and not line.strip():
            continue
        if skip > 0:
            skip -= 1
        elif line is None:
            yield Row(place=f"line {number}", refused="long", words=f"it has more than {LONGEST:,} bytes")
        else:
            value, refused, words = read_json(line)
            yield Row(place=f"line {number}", value=value, refused=refused, words=words)


def _of_document(stream: IO[bytes], name: str, lists: Collection[str], skip: int) -> Iterator[Row]:
    """Elements of lists; a document that has none is one row by itself."""
    rest: dict[str, Any] = {}
    listed, held = skip > 0, 0
    for one in Document(stream, name).elements(lists, skip=skip):
        if one.number:
            listed = True
            yield Row(place=f"line {one.line}", value=one.value, refused=one.refused, words=one.words)
        elif one.refused:
            yield Row(place=f"line {one.line}", refused=one.refused, words=f"'{one.key[:60]}': {one.words}")
        elif len(rest) < _MOST_COLUMNS and not listed and held + one.size <= LONGEST:
            rest[one.key] = one.value
            held += one.size
    if rest and not listed:
        yield Row(place="line 1", value=rest)


class _Text:
    """Lines as text for the csv reader, which are counted; too long ones end the row that they stand in."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._lines = iter(lambda: stream.readline(_LONGEST_FIELD + 1), b"")
        self._stream = stream
        self.number = 0

    def __iter__(self) -> _Text:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        if len(line) > _LONGEST_FIELD and not line.endswith(b"\n"):
            while (rest := self._stream.readline(_LONGEST_FIELD)) and not rest.endswith(b"\n"):
                pass
            raise csv.Error("a line is too long")
        return line.decode("utf-8-sig" if self.number == 1 else "utf-8", "surrogateescape")


def _of_csv(stream: IO[bytes], name: str) -> Iterator[Row]:
    csv.field_size_limit(_LONGEST_FIELD)
    text = _Text(stream)
    reader, columns = _header(text, name)
    while True:
        number = text.number + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            yield Row(place=f"line {number}", refused="long", words=str(problem))
            reader = csv.reader(text, delimiter=reader.dialect.delimiter)
            continue
        if not values:
            continue
        yield _csv_row(number, columns, values)


def _csv_row(number: int, columns: list[str], values: list[str]) -> Row:
    place = f"line {number}"
    if len(values) != len(columns):
        words = f"it has {len(values)} values for {len(columns)} columns"
        return Row(place=place, refused="shape", words=words)
    if any("\udc80" <= letter <= "\udcff" for value in values if not value.isascii() for letter in value):
        return Row(place=place, refused="encoding", words="it is no UTF-8")
    return Row(place=place, value=dict(zip(columns, values, strict=True)))


def _header(text: _Text, name: str) -> tuple[Any, list[str]]:
    try:
        first = next(text)
        separator = max(_SEPARATORS, key=first.count)
        columns = next(csv.reader([first], delimiter=separator))
    except (StopIteration, csv.Error):
        raise ImportInvalid(f"{name}: its first line names no columns. Export it with a heading.") from None
    if len(set(columns)) < len(columns) or len(columns) > _MOST_COLUMNS:
        raise ImportInvalid(f"{name}: its first line names a column twice, or too many. Export it with a heading.")
    return csv.reader(text, delimiter=separator), columns


def _of_parquet(path: Path, skip: int) -> Iterator[Row]:
    try:
        with pq.ParquetFile(path) as file:
            number = 0
            for batch in file.iter_batches(batch_size=_ROWS):
                if number + len(batch) > skip:
                    yield from islice(_of_batch(batch, number), max(0, skip - number), None)
                number += len(batch)
    except (pa.ArrowException, OSError) as problem:
        raise ImportInvalid(
            f"{path.name}: it is no Parquet that can be read to its end ({type(problem).__name__}). Export it again."
        ) from problem


def _of_batch(batch: Any, before: int) -> Iterator[Row]:
    if batch.nbytes > _BATCH_BYTES:
        for number in range(len(batch)):
            words = f"it stands among rows that have more than {_BATCH_BYTES:,} bytes together"
            yield Row(place=f"row {before + number + 1}", refused="long", words=words)
        return
    for number, value in enumerate(batch.to_pylist(), 1):
        yield Row(place=f"row {before + number}", value=value)


def holding_of(path: Path, head: bytes) -> Holding:
    """
    What holds the rows of a file.

    Args:
        path: The file.
        head: Its first bytes, unpacked.
    """
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] not in (b"{", b"["):
        return "csv"
    with opened(path) as stream:
        found = (line for _, line in lines(stream) if line is None or line.strip())
        first = next(found, None)
        if first is None or not isinstance(read_json(first)[0], dict):
            return "document"
        return "lines" if next(found, b"") != b"" else "document"


def snake(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its names in small letters: `parentObservationId` is `parent_observation_id`."""
    return {_snake(name): value for name, value in row.items()}


def _snake(name: str) -> str:
    if name.islower():
        return name
    with io.StringIO() as made:
        for at, letter in enumerate(name):
            if letter.isupper() and at and not name[at - 1].isupper():
                made.write("_")
            made.write("_" if letter == " " else letter.lower())
        return made.getvalue()
