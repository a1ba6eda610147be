"""From the rows of a log to numbers: its text once, and by event which of it, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from goldenthread.factory.discovery.reading.cleaning import EXAMPLES, cleaned
from goldenthread.factory.discovery.reading.database import Workbench
from goldenthread.factory.discovery.reading.model import Left

NOTHING = -(2**62)
"""Stands for a time that the log does not say."""

Codes = npt.NDArray[np.int32]
Micros = npt.NDArray[np.int64]
_TEXTS = ("case_id", "activity", "resource", "lifecycle")
_TIMES = ("at_us", "begun_us", "deadline_us", "ended_us")


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """
    Events that count, in the log's order, and what was left out.

    Attributes:
        found: Rows, also those that do not count.
        left: What does not count, by a word of LEFT_OUT.
        names: By column of text, its values, in the order in which they first stood there; '' for none.
        codes: By column of text and event, the place of its value. Shape (events,).
        times: By column of times that the log has, microseconds since 1970, or NOTHING. Shape (events,).
        unzoned: By event, whether its time names no zone. Shape (events,).
    """

    found: int
    left: Mapping[str, Left]
    names: Mapping[str, pa.Array]
    codes: Mapping[str, Codes]
    times: Mapping[str, Micros]
    unzoned: npt.NDArray[np.bool_]


def numbers(values: pa.Array, kind: Any) -> npt.NDArray[Any]:
    """What an array without nulls holds; pyarrow's own way imports pandas, where there is one."""
    return np.frombuffer(values.buffers()[1], kind, len(values), values.offset * np.dtype(kind).itemsize)


def array_of(values: npt.NDArray[Any], known: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    """Likewise the other way, with null where `known` is false."""
    kinds = {"bool": pa.bool_(), "int32": pa.int32(), "int64": pa.int64()}
    held = values if values.dtype != np.bool_ else np.packbits(values, bitorder="little")
    bits = None if known is None else pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(kinds[values.dtype.name], len(values), [bits, pa.py_buffer(held)])


def encode(bench: Workbench, relation: str, time_forms: Mapping[str, str], zone: str, name: str) -> Encoded:
    """
    Read a relation once, as `cleaning.take` does, into numbers instead of a table.

    Args:
        bench: Where.
        relation: SQL with columns by meaning, in the log's order.
        time_forms: By meaning of a time, how it is written.
        zone: Of times that name none.
        name: The log's, for errors.

    Raises:
        EventLogInvalid: The relation cannot be read to its end.
    """
    bad = _Bad()
    held: dict[str, list[pa.Array]] = {}
    with cleaned(bench, relation, time_forms, zone, name) as rows:
        times = [column for column in _TIMES if column.removesuffix("_us") in rows.types]
        texts = [column for column in _TEXTS if column.removesuffix("_id") in rows.types]
        # Nothing is written as something that no text and no time is, so that it need not be looked for here.
        chosen = [f"coalesce({column}, '') as {column}" for column in texts]
        chosen += [f"coalesce({column}, {NOTHING}) as {column}" for column in times]
        asked = f"select {', '.join(chosen)}, unzoned::tinyint as unzoned, bad, at_text from ({rows.sql})"
        with ThreadPoolExecutor(1) as beside:  # While the next rows are read, the last become numbers.
            for part in beside.map(lambda batch: _coded(bad.without(batch)), _batches(bench, asked)):
                for column, values in part.items():
                    held.setdefault(column, []).append(values)
    coded = {column: pa.chunked_array(held.get(column, []), _CODED).unify_dictionaries() for column in texts}
    unzoned = _whole(held.get("unzoned", []), np.int8) != 0
    # What the log has no column for, no event says.
    names = dict.fromkeys(_TEXTS, _NO_TEXT)
    codes = dict.fromkeys(_TEXTS, np.zeros(len(unzoned), np.int32))
    for column, one in coded.items():
        names[column] = one.chunk(0).dictionary if one.num_chunks else pa.array([], pa.string())
        codes[column] = _whole([chunk.indices for chunk in one.chunks], np.int32)
    return Encoded(
        found=bad.found,
        left=bad.left(),
        names=names,
        codes=codes,
        times={column: _whole(held.get(column, []), np.int64) for column in times},
        unzoned=unzoned,
    )


_CODED = pa.dictionary(pa.int32(), pa.string())
_NO_TEXT = pa.StringArray.from_buffers(1, pa.py_buffer(bytes(8)), pa.py_buffer(b""))


class _Bad:
    """Rows that do not count, by the word for what they lack, with the first of each kind."""

    def __init__(self) -> None:
        self.found = 0
        self._counts: dict[str, int] = {}
        self._examples: dict[str, list[str]] = {}

    def without(self, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        """Columns of the rows that count; the others are counted."""
        self.found += len(batch)
        if batch.column("bad").null_count < len(batch):
            self._take(batch.filter(batch.column("bad").is_valid()))
            batch = batch.filter(batch.column("bad").is_null())
        if not len(batch):
            return {}
        return {column: batch.column(column) for column in batch.schema.names if column not in ("bad", "at_text")}

    def left(self) -> dict[str, Left]:
        """All of them."""
        return {word: Left(count=count, examples=tuple(self._examples[word])) for word, count in self._counts.items()}

    def _take(self, batch: pa.RecordBatch) -> None:
        for entry in batch.column("bad").value_counts().to_pylist():
            word = entry["values"]
            self._counts[word] = self._counts.get(word, 0) + entry["counts"]
            examples = self._examples.setdefault(word, [])
            if len(examples) < EXAMPLES:
                own = batch.filter(pa.compute.equal(batch.column("bad"), word)).slice(0, EXAMPLES - len(examples))
                shown = own.select(["case_id", "activity", "at_text"]).to_pylist()
                examples += [", ".join(text for text in row.values() if text)[:100] for row in shown]


def _batches(bench: Workbench, asked: str) -> Iterator[pa.RecordBatch]:
    """Rows in their order, while they are read."""
    yield from pa.RecordBatchReader.from_stream(bench.database.sql(asked))


def _coded(columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    return {column: one.dictionary_encode() if column in _TEXTS else one for column, one in columns.items()}


def _whole(parts: list[pa.Array], kind: Any) -> npt.NDArray[Any]:
    return np.concatenate([numbers(part, kind) for part in parts]) if parts else np.zeros(0, kind)
