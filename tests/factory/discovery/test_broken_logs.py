"""Logs as they come: broken, odd, hostile. Each gives an error with a name or warnings with a number, never silence."""

from __future__ import annotations

import gzip
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from factory.discovery.made_logs import SAID, small, write_csv, write_parquet, write_xes
from goldenthread.factory.discovery import figures_of, open_log
from goldenthread.promise.errors import EventLogInvalid, GoldenthreadError
from goldenthread.record.eventlogs import reading

HEAD = "case_id,activity,timestamp\n"
GOOD = "1,open,2026-03-02T08:00:00Z\n1,close,2026-03-02T09:00:00Z\n"
BOMB = (
    '<!DOCTYPE log [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">]>'
    '<log><string key="x" value="&c;"/></log>'
)
EVENT = '<event><string key="concept:name" value="a"/><date key="time:timestamp" value="2026-03-02T08:00:00Z"/></event>'
TRACE = f'<trace><string key="concept:name" value="1"/>{EVENT}</trace>'


def _sqlite(path: Path) -> bytes:
    with closing(sqlite3.connect(path.with_suffix(".tmp"))) as database:
        database.execute("create table other (a)")
        database.commit()
    return path.with_suffix(".tmp").read_bytes()


ERRORS: dict[str, tuple[str | bytes | Callable[[Path], bytes], str]] = {
    "empty": ("", "it is empty"),
    "blank": (" \n\n\t", "it is empty"),
    "a bare heading": (HEAD, "it has no case with an event that counts"),
    "no heading": (GOOD, "its first line names no columns; it holds a time"),
    "no times": (HEAD + "1,open,soon\n1,close,later\n", "2 because it has no time"),
    "no column of times": (
        "case_id,activity\n1,open\n1,close\n",
        "no column is known to tell when it was done. It has case_id, activity. Name it: `--column at=COLUMN`.",
    ),
    "columns of other things": (
        "a,b\n1,2\n",
        "no column is known to tell the case of an event and what was done and when it was done. It has a, b. ",
    ),
    "a document type": (BOMB, "it has a document type or an entity"),
    "an entity from elsewhere": (
        '<!DOCTYPE log [<!ENTITY x SYSTEM "file:///etc/passwd">]><log>&x;</log>',
        "it has a document type or an entity",
    ),
    "XML of something else": ("<html><body/></html>", "its topmost element is 'html'"),
    "a log that is cut off": (f"<log>{TRACE}<trace>", "is no XML"),
    "a log without traces": ("<log><extension/></log>", "it has no trace"),
    "nested without end": ("<log>" + "<a>" * 100, "nested deeper than 64"),
    "a tag without end": (f'<log>{TRACE}<string key="a" value="{"x" * 9_000_000}', "a tag is longer than"),
    "gzip that is cut off": (gzip.compress((HEAD + GOOD * 200).encode())[:60], "cannot be unpacked to its end"),
    "gzip of nothing": (gzip.compress(b""), "it is empty"),
    "a workbook": (b"PK\x03\x04" + bytes(100), "it is a workbook or another archive"),
    "Parquet that is cut off": (lambda path: write_parquet(path, small()).read_bytes()[:200], "no whole Parquet file"),
    "JSON of something else": ('{"events": 5}', "it is no OCEL 2.0"),
    "JSON that is cut off": ('{"events": [{"id": "1"', "it is no OCEL 2.0"),
    "JSON nested without end": ('{"events":' * 5000, "it is no OCEL 2.0"),
    "SQLite of something else": (_sqlite, "it is no OCEL 2.0 in SQLite"),
    "SQLite that is cut off": (lambda path: _sqlite(path)[:120], "it is no OCEL 2.0 in SQLite"),
    "noise": (bytes(range(256)) * 40, "event-log-invalid"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_a_log_that_is_none_is_refused_with_what_to_do(name: str, tmp_path: Path) -> None:
    """Whoever exported it wrongly learns what is wrong and what comes next."""
    content, words = ERRORS[name]
    path = tmp_path / "given.log"
    octets = content(path) if callable(content) else content.encode() if isinstance(content, str) else content
    path.write_bytes(octets)
    with pytest.raises(EventLogInvalid) as refused, open_log(path, SAID, threads=1):
        pass
    assert words in str(refused.value)
    assert str(refused.value).rstrip().endswith((".", "`"))


WARNINGS: dict[str, tuple[str | bytes, dict[str, int], dict[str, int]]] = {
    # name: content, what is left out, what is said
    "too few values": (HEAD + GOOD + "2,open\n", {"columns": 1}, {}),
    "too many values": (HEAD + GOOD + "2,open,2026-03-02,x,y\n", {"columns": 1}, {}),
    "an open quotation mark": (HEAD + GOOD + '2,"open,2026-03-02\n', {"quotes": 1}, {}),
    "another encoding in a row": (
        (HEAD + GOOD).encode() + "2,öffnen,2026-03-02\n".encode("latin-1"),
        {"encoding": 1},
        {},
    ),
    "a line of three megabytes": (HEAD + GOOD + f"2,{'x' * 3_000_000},2026-03-02\n" + "3,open,2026-03-03T00:00:01Z\n",
                                  {"long": 1}, {"single-events": 1}),
    "no case": (HEAD + GOOD + ",open,2026-03-02\n  ,open,2026-03-02\n", {"no-case": 2}, {}),
    "no activity": (HEAD + GOOD + "2,,2026-03-02\n", {"no-activity": 1}, {}),
    "no time": (HEAD + GOOD + "2,open,\n2,open,yesterday\n2,open,infinity\n2,open,2026-02-30\n", {"no-time": 4}, {}),
    "mixed zones": (HEAD + GOOD + "2,open,2026-03-02 08:00:01\n2,close,2026-03-02 08:00:02\n", {}, {"mixed-zones": 2}),
    "no zones": (HEAD + "1,a,2026-03-02 08:00:01\n1,b,2026-03-02 08:00:02\n", {}, {"no-zone": 2}),
    "duplicates": (HEAD + GOOD + GOOD, {}, {"twice": 2, "same-time": 2, "unordered": 1}),
    "out of order": (HEAD + "1,b,2026-03-02T09:00:00Z\n1,a,2026-03-02T08:00:00Z\n", {}, {"unordered": 1}),
    "cases of one event": (HEAD + "1,a,2026-03-02T09:00:00Z\n2,a,2026-03-02T08:00:00Z\n", {}, {"single-events": 2}),
    "days only": (HEAD + "1,a,2026-03-02\n1,b,2026-03-03\n", {}, {"days-only": 2, "no-zone": 2}),
    "placeholders": (HEAD + GOOD + "1,z,1970-01-01T00:00:01Z\n", {}, {"placeholder-times": 1, "unordered": 1}),
    "the future": (HEAD + GOOD + "1,z,2099-01-01T00:00:01Z\n", {}, {"future": 1}),
    "UTF-16": ((HEAD + GOOD).encode("utf-16"), {}, {}),
    "a byte order mark": (b"\xef\xbb\xbf" + (HEAD + GOOD).encode(), {}, {}),
    "lines of Windows": ((HEAD + GOOD).replace("\n", "\r\n").encode(), {}, {}),
    "no last line end": ((HEAD + GOOD).rstrip().encode(), {}, {}),
    "semicolons": ((HEAD + GOOD).replace(",", ";").encode(), {}, {}),
    "a column twice": (HEAD.replace("\n", ",activity\n") + GOOD.replace("Z\n", "Z,x\n"), {}, {}),
    "an event of nobody": (f"<log>{EVENT}{TRACE}</log>", {"no-case": 1}, {"single-events": 1}),
    "a trace without events": (f"<log>{TRACE}<trace/></log>", {}, {"empty-cases": 1, "single-events": 1}),
    "traces of one name": (f"<log>{TRACE}{TRACE}</log>", {}, {"cases-again": 1, "single-events": 2}),
    "traces without a name": (f"<log><trace>{EVENT}</trace></log>", {}, {"unnamed-cases": 1, "single-events": 1}),
    "XES in another encoding": (
        f'<?xml version="1.0" encoding="iso-8859-1"?><log>{TRACE.replace("a", "a", 1)}</log>'.encode("latin-1"),
        {},
        {"single-events": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WARNINGS)
def test_what_is_odd_in_a_log_is_counted_and_the_rest_of_it_counts(name: str, tmp_path: Path) -> None:
    """A bad row must neither vanish nor take the good ones with it."""
    content, lost, said = WARNINGS[name]
    path = tmp_path / "given.log"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with open_log(path, SAID, threads=1) as log:
        intake = log.intake
    assert {word: left.count for word, left in intake.left_out.items()} == lost
    assert {notice.code: notice.count for notice in intake.notices} == said
    assert intake.found == intake.events + sum(lost.values())
    assert all(left.examples for word, left in intake.left_out.items() if "<log>" not in str(content))


def test_a_named_encoding_is_read_and_a_wrong_one_refused(tmp_path: Path) -> None:
    """What a town exports in Latin-1 has its letters."""
    path = tmp_path / "log.csv"
    path.write_bytes((HEAD + GOOD.replace("open", "öffnen")).encode("latin-1"))
    with open_log(path, replace(SAID, encoding="latin-1"), threads=1) as log:
        assert {one.name for one in figures_of(log).activities} == {"öffnen", "close"}
    for encoding, words in (("ascii-art", "is no encoding"), ("utf-16", "it is not in utf-16")):
        with pytest.raises(GoldenthreadError, match=words), open_log(path, replace(SAID, encoding=encoding)):
            pass


_READ = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), int(sys.argv[2])))
from goldenthread.factory.discovery import Options, open_log
with open_log(Path(sys.argv[1]), Options(now=datetime(2026, 11, 22, tzinfo=UTC)), threads=1) as log:
    print({word: left.count for word, left in log.intake.left_out.items()}, log.intake.events)
# Not of getrusage, which tells of whoever started this, too.
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def test_a_line_longer_than_any_buffer_is_named_and_never_held(tmp_path: Path) -> None:
    """A file of one line must not take the machine with it; `make bench-discovery` does it with a gigabyte."""
    path, room = tmp_path / "log.csv", 40 * 1024 * 1024
    with path.open("wb") as file:
        file.write((HEAD + GOOD).encode() + b"2,")
        file.truncate(room)
        file.seek(room)
        file.write(b",2026-03-02\n3,open,2026-03-02T08:00:00Z\n")
    ran = subprocess.run(
        [sys.executable, "-c", _READ, str(path), str(3 * 1024**3)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    found, used_kb = ran.stdout.splitlines()
    assert found == "{'long': 1} 3"
    assert int(used_kb) < 512 * 1024


def test_a_gzip_bomb_ends_before_it_bursts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kilobyte that unpacks to a gigabyte is stopped on the way, as a table and as XES."""
    monkeypatch.setattr(reading, "_BOMB_BYTES", 1024 * 1024)
    for head in (HEAD.encode(), b"<log>"):
        path = tmp_path / "log.gz"
        path.write_bytes(gzip.compress(head + b" " * 16 * 1024 * 1024))
        with pytest.raises(EventLogInvalid, match="it unpacks to more than 250 times its size"), open_log(path, SAID):
            pass


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was unpacked of a log goes, also when reading it fails."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    path = write_csv(tmp_path / "log.csv", small())
    packed = tmp_path / "log.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with open_log(packed, SAID, threads=1):
        assert list((tmp_path / "temporary").iterdir())
    with pytest.raises(EventLogInvalid), open_log(write_xes(tmp_path / "x.xes", []), SAID, threads=1):
        pass
    assert list((tmp_path / "temporary").iterdir()) == []
