"""
Segments: Parquet files that never change once they stand, each known by the pieces of the log that it holds.

A segment `20261121-000000000007-000000000009` holds pieces 7 to 9, taken in on that day. Where two hold the same piece,
the wider one counts: it was made from the narrower, which is about to go.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from goldenthread.record.store import sync_folder
from goldenthread.record.telemetry import beside
from goldenthread.record.telemetry.columns import SPANS
from goldenthread.record.telemetry.repeats import octets_of

ROWS_OF_A_GROUP = 16_384

_PLAIN = ("span_id", "start_ns", "duration_ns", "response_id", "tool_call_id")
"""Columns in which hardly a value stands twice, so that a dictionary only costs."""

_DELTA = {"start_ns": "DELTA_BINARY_PACKED", "duration_ns": "DELTA_BINARY_PACKED"}


@dataclass(frozen=True, kw_only=True, order=True)
class Segment:
    """
    A segment by its name.

    Attributes:
        day: When its rows were taken in, '20261121', UTC.
        first, last: The pieces of the log that it holds.
        generation: How often it was made anew, after retention.
    """

    day: str
    first: int
    last: int
    generation: int = 0

    @property
    def name(self) -> str:
        """Its file's name, without the ending."""
        again = f"-g{self.generation}" if self.generation else ""
        return f"{self.day}-{self.first:012d}-{self.last:012d}{again}"

    def covers(self, other: Segment) -> bool:
        """Whether it was made from the other, which counts no more."""
        inside = self.first <= other.first and other.last <= self.last
        return (
            inside
            and self != other
            and (self.last - self.first, self.generation)
            > (
                other.last - other.first,
                other.generation,
            )
        )


@dataclass(frozen=True, kw_only=True)
class Written:
    """
    A segment that stands on disk.

    Attributes:
        digest: SHA-256 of its file, 'sha256:...'.
        octets: Size of the file.
        rows: Spans in it.
        first_ns, last_ns: When the first and the last of them began.
        replaces: Segments that it was made from, by name.
        why: 'taken', 'compacted' or 'retention'.
    """

    segment: Segment
    digest: str
    octets: int
    rows: int
    first_ns: int
    last_ns: int
    replaces: tuple[str, ...] = ()
    why: str = "taken"


def day_of(instant_ns: int) -> str:
    """The day of an instant, UTC."""
    return datetime.fromtimestamp(instant_ns // 1_000_000_000, UTC).strftime("%Y%m%d")


def segments(folder: Path) -> list[Segment]:
    """The segments of a folder that count, by name; those that a wider one holds do not."""
    found = sorted(filter(None, (_parsed(path.stem) for path in folder.glob("*.parquet"))), key=lambda one: one.first)
    return [one for one in found if not any(other.covers(one) for other in found)]


def outdated(folder: Path) -> list[Segment]:
    """The segments of a folder that count no more."""
    standing = segments(folder)
    found = filter(None, (_parsed(path.stem) for path in folder.glob("*.parquet")))
    return [one for one in found if any(other.covers(one) for other in standing)]


def path_of(folder: Path, segment: Segment) -> Path:
    """Where a segment's file is."""
    return folder / f"{segment.name}.parquet"


def repeats_of(folder: Path, segment: Segment) -> Path:
    """Where the ids stand that a segment has and an earlier one had, too; there is no such file without any."""
    return folder / f"{segment.name}.repeats"


def by_trace(table: Any) -> Any:
    """The rows with those of a trace together, in the order in which they began: quicker to find, and smaller."""
    if not len(table):
        return table
    traces = np.frombuffer(octets_of(table["trace_id"]), dtype=">u8").reshape(-1, 2)
    order = np.lexsort((np.asarray(table["start_ns"]), traces[:, 1], traces[:, 0]))
    return table.take(pa.array(order))


def write(folder: Path, segment: Segment, table: Any, repeats: Any = None, **said: Any) -> Written:
    """
    Write a segment; when this returns, it outlives the machine's power.

    Args:
        folder: Where.
        segment: Its name.
        table: Its rows, in any order.
        repeats: Ids, as an Arrow table of trace_id and span_id, that earlier segments have, too.
        said: What else is known of it: `replaces` and `why`.

    Raises:
        OSError: It cannot be written; nothing stands under its name.
    """
    draft = folder / f".{segment.name}.draft"
    ordered = by_trace(table)
    if repeats is not None and len(repeats):
        pq.write_table(repeats, draft)
        _stand(draft, repeats_of(folder, segment))
    pq.write_table(
        ordered,
        draft,
        compression="zstd",
        compression_level=3,
        row_group_size=ROWS_OF_A_GROUP,
        use_dictionary=[name for name in _leaves() if name not in _PLAIN],
        column_encoding=_DELTA,
        write_page_index=True,
    )
    octets = draft.stat().st_size
    digest = digest_of(draft)
    beside.write_beside(path_of(folder, segment), ordered)
    _stand(draft, path_of(folder, segment))
    starts = np.asarray(ordered["start_ns"])
    return Written(
        segment=segment,
        digest=digest,
        octets=octets,
        rows=len(ordered),
        first_ns=int(starts.min()) if len(starts) else 0,
        last_ns=int(starts.max()) if len(starts) else 0,
        **said,
    )


def described(folder: Path, segment: Segment) -> Written:
    """What a segment that stands is, read from its file."""
    path = path_of(folder, segment)
    starts = np.asarray(pq.read_table(path, columns=["start_ns"])["start_ns"])
    return Written(
        segment=segment,
        digest=digest_of(path),
        octets=path.stat().st_size,
        rows=len(starts),
        first_ns=int(starts.min()) if len(starts) else 0,
        last_ns=int(starts.max()) if len(starts) else 0,
    )


def digest_of(path: Path) -> str:
    """SHA-256 of a file: 'sha256:...'."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def remove(folder: Path, gone: Iterable[Segment]) -> None:
    """Delete segments that count no more, with what belongs to them."""
    for segment in gone:
        path_of(folder, segment).unlink(missing_ok=True)
        repeats_of(folder, segment).unlink(missing_ok=True)
        for path in beside.paths(path_of(folder, segment)):
            path.unlink(missing_ok=True)
    sync_folder(folder)


def next_number(numbers: Sequence[int], standing: Sequence[Segment]) -> int:
    """The number of the next piece of the log: higher than any that was ever given."""
    return max([0, *numbers, *(segment.last for segment in standing)]) + 1


def _stand(draft: Path, path: Path) -> None:
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.rename(path)
    sync_folder(path.parent)


def _leaves() -> list[str]:
    """Every column as Parquet names it: those inside others by their path."""
    inner = ("key_value.key", *(f"key_value.value.{name}" for name in ("text", "whole", "number", "flag", "json")))
    names = [name for name in SPANS.names if name not in ("attributes", "events", "links")]
    names += [f"attributes.{name}" for name in inner]
    names += [f"events.list.element.{name}" for name in ("at_ns", "name", *(f"attributes.{name}" for name in inner))]
    return [*names, "links.list.element.trace_id", "links.list.element.span_id"]


def _parsed(stem: str) -> Segment | None:
    parts = stem.split("-")
    if len(parts) not in (3, 4) or not all(part.isdigit() for part in parts[:3]):
        return None
    generation = int(parts[3][1:]) if len(parts) == 4 and parts[3][1:].isdigit() else 0
    return Segment(day=parts[0], first=int(parts[1]), last=int(parts[2]), generation=generation)
