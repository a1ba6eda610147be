"""Imports that are cut and go on, and files that come again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from goldenthread.promise.errors import ImportChanged
from goldenthread.record.imports import Plan, Unit, importing, journal
from goldenthread.record.telemetry import Places, overview
from record.imports.taken import Taken

ROOT = Path(__file__).parents[3]
AT = 1_790_848_800


def _file(path: Path, rows: int) -> Path:
    with path.open("w") as file:
        for number in range(rows):
            row = {"run_id": f"r{number // 7}", "timestamp": AT + number, "model": "gpt-4o", "prompt_tokens": number}
            file.write(("{broken\n" if number % 50 == 49 else "") + json.dumps(row) + "\n")
    return path


def _logged(folder: Path) -> int:
    """Rows that are really there, also those that came twice."""
    return overview(Places(folder=folder)).spans


def _said(taken: Taken) -> list[Any]:
    return [{**row, "received_ns": 0} for row in taken.rows]


class _Cut(Exception):
    """The power went."""


def test_the_same_file_again_adds_nothing(tmp_path: Path) -> None:
    """Whoever runs it every night must not double the record every night."""
    file = _file(tmp_path / "steps.jsonl", 200)
    first = Taken(file, tmp_path / "t")
    assert (first.done.new, first.counts.spans, first.refused) == (True, 200, {"broken": 4})
    assert first.places[0].startswith("line 50: column 2 is no JSON")
    again = Taken(file, tmp_path / "t")
    assert (again.done.new, again.counts, _logged(tmp_path / "t")) == (False, first.counts, 200)
    other = Taken(file, tmp_path / "t", slice="refunds")
    assert (other.done.new, len(other.rows)) == (True, 200)


def test_a_cut_import_goes_on_to_exactly_what_an_uncut_one_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a row too few nor one twice, wherever the power went; the last progress is then not written."""
    file = _file(tmp_path / "steps.jsonl", 200)
    whole = Taken(file, tmp_path / "whole")
    units = Plan.units

    for at in (1, 64, 150, 201):
        folder = tmp_path / f"cut {at}"

        def cut(plan: Plan, skip: int = 0, at: int = at) -> Iterator[Unit]:
            for number, unit in enumerate(units(plan, skip)):
                if number == at:
                    raise _Cut
                yield unit

        with monkeypatch.context() as power:
            power.setattr(Plan, "units", cut)
            power.setattr(importing._Import, "_write", lambda *_, **__: None)
            with pytest.raises(_Cut):
                Taken(file, folder)
        resumed = Taken(file, folder)
        assert _said(resumed) == _said(whole)
        assert _logged(folder) == _logged(tmp_path / "whole") == 200
        assert (resumed.refused, resumed.done.journal.spans) == (whole.refused, whole.done.journal.spans)


def test_an_import_that_is_cut_again_while_it_goes_on_is_still_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second time it is cut among units that the first time had stored."""
    file = _file(tmp_path / "steps.jsonl", 200)
    whole = Taken(file, tmp_path / "whole")
    units = Plan.units
    for at, written in ((190, False), (100, True)):

        def cut(plan: Plan, skip: int = 0, at: int = at) -> Iterator[Unit]:
            for number, unit in enumerate(units(plan, skip), skip):
                if number == at:
                    raise _Cut
                yield unit

        with monkeypatch.context() as power:
            power.setattr(Plan, "units", cut)
            if not written:
                power.setattr(importing._Import, "_write", lambda *_, **__: None)
            with pytest.raises(_Cut):
                Taken(file, tmp_path / "cut")
    resumed = Taken(file, tmp_path / "cut")
    assert 0 < resumed.done.resumed < 190
    assert _said(resumed) == _said(whole)
    assert _logged(tmp_path / "cut") == 200


@pytest.mark.crash
def test_an_import_that_was_killed_goes_on(tmp_path: Path) -> None:
    """The same with signal 9, at whatever it was doing then."""
    file, folder = _file(tmp_path / "steps.jsonl", 6_000), tmp_path / "killed"
    command = [sys.executable, "-m", "record.imports.killed_import", str(file), str(folder)]
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths}) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        until = time.monotonic() + 60
        while not any((folder / "log").glob("*.log")) and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.1)
        child.send_signal(signal.SIGKILL)
        assert child.stdout.read() == "", "it was done before it was killed, so the test says nothing"
    resumed = Taken(file, folder)
    counts = resumed.counts
    assert (counts.spans, counts.traces, resumed.refused) == (6_000, 858, {"broken": 120})
    assert resumed.done.journal.spans == 6_000
    assert len({(row["trace_id"], row["span_id"]) for row in resumed.rows}) == len(resumed.rows) == 6_000


def test_a_file_that_changes_while_it_is_read_is_not_called_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its digest would speak of bytes that nobody imported."""
    file = _file(tmp_path / "steps.jsonl", 20)
    units = Plan.units

    def growing(plan: Plan, skip: int = 0) -> Iterator[Unit]:
        with file.open("a") as stream:
            stream.write("{}\n")
        return units(plan, skip)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Plan, "units", growing)
        with pytest.raises(ImportChanged, match="changed while it was imported, so nobody knows which of it was"):
            Taken(file, tmp_path / "t")
    assert Taken(file, tmp_path / "t").done.new


def test_progress_that_cannot_be_read_begins_again(tmp_path: Path) -> None:
    """What is stored already is then found by its ids, and counts once."""
    file = _file(tmp_path / "steps.jsonl", 100)
    first = Taken(file, tmp_path / "t")
    (tmp_path / "t" / "imports" / f"{first.plan.id}.json").write_text("{")
    assert journal.journal_of(Places(folder=tmp_path / "t"), first.plan.id, "steps.jsonl", "table").units == 0
    again = Taken(file, tmp_path / "t")
    assert (again.done.new, len(again.rows)) == (True, 100)
