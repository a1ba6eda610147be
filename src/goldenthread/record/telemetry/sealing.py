"""From the log to segments: a piece becomes a file, its digest goes on record, and only then does the piece go."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from goldenthread.promise.errors import TelemetryDamaged
from goldenthread.record.store import sync_folder
from goldenthread.record.telemetry import segments as stored
from goldenthread.record.telemetry.log import Piece, pieces, rows_of
from goldenthread.record.telemetry.places import Places
from goldenthread.record.telemetry.repeats import Recent, ids_of, keys_of, last_of_each
from goldenthread.record.telemetry.segments import Segment, Written

_LOG = logging.getLogger("goldenthread.telemetry")

Anchor = Callable[[Written], None]
"""Puts a segment's digest on record; raises when that is not possible now."""


class Sealer:
    """
    Makes segments of the log's pieces; one thread uses it.

    Args:
        places: Whose.
        anchor: Puts a segment on record, once or again: a record that stands twice says the same.
        recent: The spans of segments that stand, to tell those that come again.
    """

    def __init__(self, places: Places, anchor: Anchor, recent: Recent | None = None) -> None:
        self._places = places
        self._anchor = anchor
        self._recent = recent or Recent()
        self._unanchored: list[tuple[Written, Piece]] = []

    def seal(self, piece: Piece, table: Any, day: str) -> Written | None:
        """
        Make a segment of a piece; None where the piece is empty.

        Args:
            piece: That is not written any more.
            table: Its rows.
            day: When they were taken in.

        Raises:
            OSError: The segment cannot be written. The piece stays, and is tried again at the next start.
        """
        segment = Segment(day=day, first=piece.number, last=piece.number)
        keys = keys_of(table)
        last = last_of_each(keys)
        if not last.all():
            table, keys = table.filter(pa.array(last)), keys[last]
        written = None
        if len(table):
            again = self._recent.seen(keys)
            repeats = ids_of(table, again) if again.any() else None
            written = stored.write(self._places.segments, segment, table, repeats)
            self._recent.add(keys)
            self._unanchored.append((written, piece))
            self.anchor()
        else:
            _drop(piece)
        return written

    def anchor(self) -> int:
        """Put on record what is not yet; how many segments still are not."""
        while self._unanchored:
            written, piece = self._unanchored[0]
            try:
                self._anchor(written)
            except Exception as problem:  # noqa: BLE001 - the piece stays until the record stands, whatever failed
                _LOG.warning("Segment %s is not on record yet: %s", written.segment.name, type(problem).__name__)
                break
            _drop(piece)
            self._unanchored.pop(0)
        return len(self._unanchored)

    def recover(self) -> None:
        """
        Finish what an earlier process began: whole pieces become segments, those that have one go.

        Raises:
            TelemetryDamaged: A segment cannot be read.
        """
        standing = stored.segments(self._places.segments)
        stored.remove(self._places.segments, stored.outdated(self._places.segments))
        for draft in self._places.segments.glob(".*.draft"):
            draft.unlink()
        try:
            self._remember(standing)
        except (pa.ArrowInvalid, OSError) as problem:
            raise self._damaged(problem) from problem
        for piece in pieces(self._places.log):
            holding = [one for one in standing if one.first <= piece.number <= one.last]
            if holding:
                self._unanchored.append((stored.described(self._places.segments, holding[0]), piece))
                continue
            table = rows_of(piece)
            newest = int(np.asarray(table["received_ns"]).max()) if len(table) else 0
            self.seal(piece, table, stored.day_of(newest))
        self.anchor()

    def _remember(self, standing: list[Segment]) -> None:
        """The spans of the last segments, as far as they are remembered at all."""
        left = 4_000_000
        chosen: list[Segment] = []
        for segment in reversed(standing):
            left -= pq.read_metadata(stored.path_of(self._places.segments, segment)).num_rows
            chosen.insert(0, segment)
            if left <= 0:
                break
        for segment in chosen:
            path = stored.path_of(self._places.segments, segment)
            self._recent.add(keys_of(pq.read_table(path, columns=["trace_id", "span_id"])))

    def _damaged(self, problem: Exception) -> TelemetryDamaged:
        return TelemetryDamaged(
            f"The segments in {self._places.segments} cannot be read ({type(problem).__name__}), so nothing is taken "
            "in. Run `goldenthread telemetry verify` to see which one, and restore it from a backup."
        )


def _drop(piece: Piece) -> None:
    piece.path.unlink(missing_ok=True)
    sync_folder(piece.path.parent)
