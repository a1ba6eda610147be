from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from goldenthread.promise.errors import TelemetryBusy, TelemetryDamaged, TelemetryHeld, TelemetryUnwritable
from goldenthread.record.telemetry import Body, Limits, Pace, Places
from goldenthread.record.telemetry import log as logs
from goldenthread.record.telemetry import segments as segments_of
from goldenthread.record.telemetry.segments import Written
from record.telemetry.emitted import collecting, request, sent, span, stored

ROOT = Path(__file__).parents[3]


def _killed(folder: Path, after_s: float) -> set[str]:
    """The ids that a collector said were durable before it was killed."""
    command = [sys.executable, "-m", "record.telemetry.killed_collector", str(folder)]
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths}) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(after_s)
        child.send_signal(signal.SIGKILL)
        said = first + child.stdout.read()
    whole = said[: said.rfind("\n") + 1]
    return set(whole.split())


@pytest.mark.crash
def test_nothing_that_was_acknowledged_is_lost_to_signal_9(tmp_path: Path) -> None:
    """Whoever heard that a span was taken will not send it again, so it must be there, whenever the process died."""
    acknowledged: set[str] = set()
    for after_s in (0.05, 0.4, 0.9):
        acknowledged |= _killed(tmp_path, after_s)
        found = [row["span_id"].hex() for row in stored(tmp_path)]
        assert acknowledged <= set(found)
        assert len(found) == len(set(found))
    assert len(acknowledged) > 100
    assert segments_of.segments(tmp_path / "segments"), "it never came as far as a segment, so the test said less"
    with collecting(tmp_path) as collector:
        sent(collector, span())
    found = [row["span_id"].hex() for row in stored(tmp_path)]
    assert acknowledged <= set(found)
    assert len(found) == len(set(found))


def test_a_frame_that_is_half_written_is_as_if_it_never_came(tmp_path: Path) -> None:
    """The process died while it wrote; what stands before the tear was acknowledged, what is torn was not."""
    with collecting(tmp_path) as collector:
        sent(collector, span("kept"))
    piece = logs.pieces(tmp_path / "log")[-1]
    whole = piece.path.read_bytes()
    for torn in (whole[:-1], whole + b"GTt1", whole + whole[8:60]):
        piece.path.write_bytes(torn)
        expected = [] if len(torn) < len(whole) else ["kept"]
        assert [row["name"] for row in stored(tmp_path)] == expected


def test_a_piece_becomes_one_segment_whatever_dies_in_between(tmp_path: Path) -> None:
    """The segment stands, its record does not, the piece is still there: spans count once, and the record comes."""
    anchored: list[Written] = []
    with collecting(tmp_path) as collector:
        sent(collector, span("one"), span("two"))
    piece = logs.pieces(tmp_path / "log")[-1]
    table = logs.rows_of(piece)
    segment = segments_of.Segment(day="20261121", first=piece.number, last=piece.number)
    written = segments_of.write(tmp_path / "segments", segment, table)
    (tmp_path / "segments" / ".half.draft").write_bytes(b"PAR1")
    assert len(stored(tmp_path)) == 2
    with collecting(tmp_path, anchored=anchored):
        assert [one.digest for one in anchored] == [written.digest]
        assert not piece.path.exists()
        assert not (tmp_path / "segments" / ".half.draft").exists()
    assert len(stored(tmp_path)) == 2


def test_a_piece_of_the_log_stays_until_its_digest_is_on_record(tmp_path: Path) -> None:
    """A database that is away for an hour costs disk, never a record of what was stored."""
    refusing = True
    anchored: list[Written] = []

    class Ledger(list[Written]):
        def append(self, written: Written) -> None:
            if refusing:
                raise ConnectionError
            anchored.append(written)

    with collecting(tmp_path, anchored=Ledger(), pace=Pace(piece_rows=1)) as collector:
        sent(collector, span("one"))
        _until(lambda: segments_of.segments(tmp_path / "segments"))
        assert logs.pieces(tmp_path / "log")
        refusing = False
        _until(lambda: not logs.pieces(tmp_path / "log"))
    assert [one.rows for one in anchored] == [1]
    assert anchored[0].digest == segments_of.digest_of(next((tmp_path / "segments").glob("*.parquet")))


def test_a_span_that_comes_again_counts_once_and_the_last_word_counts(tmp_path: Path) -> None:
    """Senders repeat what they got no answer for; figures must not grow by that."""
    again, once = b"\1" * 8, b"\2" * 8
    with collecting(tmp_path, pace=Pace(piece_rows=2)) as collector:
        for word in ("first", "second"):  # within a request, within a piece, across segments, and in the log
            sent(collector, span(f"{word} a", id=again), span(f"{word} b", id=again), span("once", id=once))
            _until(lambda: not logs.pieces(tmp_path / "log"))
        assert sorted(row["name"] for row in stored(tmp_path)) == ["once", "second b"]
        sent(collector, span("last", id=again))
        assert sorted(row["name"] for row in stored(tmp_path)) == ["last", "once"]
    assert len(list((tmp_path / "segments").glob("*.repeats"))) == 1


def test_one_process_takes_telemetry_in(tmp_path: Path) -> None:
    """Two writers of one log would number their pieces alike."""
    with collecting(tmp_path), pytest.raises(TelemetryHeld) as caught, collecting(tmp_path):
        pass
    assert "Stop that one, or send to it; there is one at a time." in str(caught.value)


def test_a_full_queue_says_so_and_counts_it(tmp_path: Path) -> None:
    """What grows without bound ends the process, and with it what was not yet stored."""
    with collecting(tmp_path, limits=Limits(queue_bytes=100)) as collector:
        with pytest.raises(TelemetryBusy) as caught:
            collector.submit(Body(octets=request(span("x" * 200))))
        assert str(caught.value) == (
            "telemetry-busy: 0 bytes of telemetry wait to be stored, and no more may. Send it again in a moment."
        )
        assert collector.counts.shown() == {"busy": 1}


def test_a_sender_that_hangs_up_takes_nothing_back(tmp_path: Path) -> None:
    """Its spans are on their way to the disk; the thread that would tell it must not fall over its absence."""
    with collecting(tmp_path) as collector:
        for _ in range(20):
            assert not collector.submit(Body(octets=request(span()))).cancel()
        assert sent(collector, span()).taken == 1
    assert len(stored(tmp_path)) == 21


def test_a_segment_that_is_broken_stops_the_start(tmp_path: Path) -> None:
    """Whoever goes on beside lost telemetry finds out when it is too late to look for a backup."""
    with collecting(tmp_path, pace=Pace(piece_rows=1)) as collector:
        sent(collector, span())
    with collecting(tmp_path):
        pass
    (file,) = (tmp_path / "segments").glob("*.parquet")
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(TelemetryDamaged, match="cannot be read"), collecting(tmp_path):
        pass


def test_a_disk_that_fails_is_not_believed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a flush that failed the system may call lost pages clean; nobody is told that a span was taken."""
    real = os.fdatasync

    def broken(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with collecting(tmp_path) as collector:
        monkeypatch.setattr(os, "fdatasync", broken)
        with pytest.raises(TelemetryUnwritable) as caught:
            sent(collector, span())
        assert "cannot be written: Input/output error. Nothing of this request was taken." in str(caught.value)
        monkeypatch.setattr(os, "fdatasync", real)
        with pytest.raises(TelemetryUnwritable, match="failed before"):
            sent(collector, span())
        assert "taken" not in collector.counts.shown()


def test_counts_go_on_where_they_ended(tmp_path: Path) -> None:
    """A restart must not hide what was refused before it."""
    with collecting(tmp_path) as collector:
        sent(collector, span(), span(id=bytes(8)))
    with collecting(tmp_path) as collector:
        sent(collector, span())
        assert collector.counts.shown() == {"ids": 1, "taken": 2}


def test_a_segment_holds_every_column_of_every_span(tmp_path: Path) -> None:
    """What a query reads from Parquet is what it read from the log."""
    said: dict[str, Any] = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 7, "app": {"a": [1, "b"]}}
    with collecting(tmp_path) as collector:
        sent(collector, span("x", said, events=[("e", {"k": 1.5})], status=2))
    before = stored(tmp_path)
    Places(folder=tmp_path).prepare()
    with collecting(tmp_path):
        pass
    assert stored(tmp_path) == before
    assert not logs.pieces(tmp_path / "log")


def _until(test: Any) -> None:
    deadline = time.monotonic() + 30
    while not test():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_spans_whose_ids_only_count_up_are_all_kept(tmp_path: Path) -> None:
    """Ids need not be random: whoever numbers them must not lose what was acknowledged."""
    with collecting(tmp_path) as collector:
        spans = [
            span(trace=number.to_bytes(16, "big"), id=(8 * number + place).to_bytes(8, "big"))
            for number in range(1, 501)
            for place in range(5)
        ]
        assert sent(collector, *spans).taken == 2500
    with collecting(tmp_path):  # which makes a segment of what the first left in the log
        pass
    assert len(stored(tmp_path)) == 2500
