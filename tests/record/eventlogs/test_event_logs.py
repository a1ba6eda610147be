"""Logs of people's work: what is read, what is left out, and what they say of cycle time, rework and throughput."""

from __future__ import annotations

import gzip
import re
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from statistics import median

import pytest

from goldenthread.promise.errors import EventLogInvalid, FileUnusable, ValueProblem
from goldenthread.record.eventlogs import open_log, reading, status_quo

REAL = Path(__file__).parents[4] / "shared" / "data" / "event-logs"
DAY = 86_400 * 1_000_000
XES = """<?xml version="1.0" encoding="utf-8"?>
<log xmlns="http://www.xes-standard.org/">
<string key="concept:name" value="a log"/>
<trace><string key="concept:name" value="NA"/>
<event><string key="concept:name" value="open"/><date key="time:timestamp" value="2026-10-01T10:00:00+02:00"/></event>
<event><string key="concept:name" value="close"/><date key="time:timestamp" value="2026-10-02T08:00:00Z"/>
<string key="org:resource" value="maya"><string key="concept:name" value="not the activity"/></string></event>
<event><string key="concept:name" value="check"/><date key="time:timestamp" value="2026-10-01T12:00:00"/></event>
<event><string key="concept:name" value="lost"/></event>
<event><date key="time:timestamp" value="2026-10-01T12:00:00Z"/></event>
<event><string key="concept:name" value="odd"/><date key="time:timestamp" value="yesterday"/></event>
</trace>
<trace><string key="concept:name" value="empty"/></trace>
<event><string key="concept:name" value="of nobody"/><date key="time:timestamp" value="2026-10-01T12:00:00Z"/></event>
</log>
"""
CSV = """case_id,activity,timestamp,user
NA,open,2026-10-01 10:00:00,maya
NA,close,2026-10-03 10:00:00,maya
null,open,2026-10-01 10:00:00,li
,open,2026-10-01 10:00:00,li
null,,2026-10-01 10:00:00,li
null,open
"""


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.shared_data
def test_the_help_desk_reworked_27_percent_of_its_cases_in_39_9_days(tmp_path: Path) -> None:
    """The status quo that an agent is compared with; counted again here by another reader, without our code."""
    log = open_log(REAL / "helpdesk.xes.gz")
    found = status_quo(log)
    assert (log.tally.cases, log.tally.events, found.activities, found.resources, found.variants) == (
        4580, 21348, 14, 22, 226,
    )  # fmt: skip
    days = float(found.quantile_us(Fraction(1, 2)) / DAY)
    assert (f"{days:.1f}", f"{float(found.rework_share):.0%}", found.reworked) == ("39.9", "27%", 1240)
    with gzip.open(REAL / "helpdesk.xes.gz", "rt", encoding="utf-8") as file:
        cases = [_events(trace) for trace in file.read().split("<trace>")[1:]]
    lengths = [(max(at for at, _ in case) - min(at for at, _ in case)).total_seconds() / 86400 for case in cases]
    assert days == median(lengths)
    assert found.reworked == sum(len({name for _, name in case}) < len(case) for case in cases)
    assert log.tally.bad == {}


def _events(trace: str) -> list[tuple[datetime, str]]:
    names = re.findall(r'key="concept:name" value="([^"]*)"', trace)[1:]  # the first one is the case's
    times = re.findall(r'key="time:timestamp" value="([^"]*)"', trace)
    return list(zip(map(datetime.fromisoformat, times), names, strict=True))


@pytest.mark.shared_data
def test_a_log_of_a_town_is_read_from_its_table() -> None:
    """Columns by the names that process mining uses; times with zones on both sides of a change of the clock."""
    log = open_log(REAL / "receipt.csv.gz")
    found = status_quo(log)
    assert (log.tally.cases, log.tally.events, found.activities, found.resources, found.variants) == (
        1434, 8577, 27, 48, 116,
    )  # fmt: skip
    assert log.tally.bad == {}


def test_events_that_lack_what_they_need_are_counted_and_zones_are_kept(tmp_path: Path) -> None:
    """A case that is called NA is a case; a time without a zone is said."""
    log = open_log(_written(tmp_path / "log.xes", XES), zone="Europe/Berlin")
    (case,) = log.cases()
    assert case.id == "NA"
    assert [(one.activity, one.at_us // 1_000_000 % 86_400 // 3600, one.resource) for one in case.events] == [
        ("open", 8, ""), ("check", 10, ""), ("close", 8, "maya"),
    ]  # fmt: skip
    tally = log.tally
    assert (tally.bad, tally.unzoned, tally.empty) == ({"no-time": 2, "no-activity": 1, "no-case": 1}, 1, 1)


def test_rows_of_a_table_may_be_broken_and_columns_named(tmp_path: Path) -> None:
    """The rows around them count; ids that look like nothing are ids."""
    log = open_log(_written(tmp_path / "log.csv", CSV))
    assert [(case.id, len(case.events)) for case in log.cases()] == [("NA", 2), ("null", 1)]
    assert log.tally.bad == {"no-case": 1, "no-activity": 1, "columns": 1}
    assert status_quo(log).cycles_us == (0, 2 * DAY)
    other = _written(tmp_path / "other.csv", CSV.replace("case_id", "vorgang"))
    with pytest.raises(
        EventLogInvalid, match=r"no column is known to tell the case of an event. It has vorgang, activity"
    ):
        list(open_log(other).cases())
    assert len(list(open_log(other, columns={"case": "vorgang"}).cases())) == 2
    with pytest.raises(EventLogInvalid, match="it has no column 'ort'"):
        list(open_log(other, columns={"case": "ort"}).cases())
    with pytest.raises(ValueProblem, match="'place' is nothing that a column stands for"):
        open_log(other, columns={"place": "ort"})


def test_rework_is_an_activity_that_is_completed_again(tmp_path: Path) -> None:
    """A start and its end are one activity, not two."""
    rows = [
        ("a", "check", "start"), ("a", "check", "complete"), ("a", "close", "complete"),
        ("b", "check", "complete"), ("b", "ask", "complete"), ("b", "check", "complete"),
        ("c", "check", "start"), ("c", "check", "start"),
    ]  # fmt: skip
    text = "".join(f"{case},{name},2026-10-0{day}T00:00:00Z,{life}\n" for day, (case, name, life) in enumerate(rows, 1))
    log = open_log(_written(tmp_path / "log.csv", f"case,activity,timestamp,lifecycle:transition\n{text}"))
    found = status_quo(log)
    assert (found.reworked, found.cases) == (2, 3)
    assert found.per_week == Fraction(3 * 7, 5)
    assert [found.quantile_us(share) / DAY for share in (Fraction(1, 2), Fraction(9, 10), Fraction(1, 10))] == [2, 2, 1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('<!DOCTYPE log [<!ENTITY a "aaaa">]><log/>', "it has a document type or an entity, which no log needs"),
        ('<!DOCTYPE log SYSTEM "file:///etc/passwd"><log/>', "it has a document type or an entity"),
        (f"<log>{'<a>' * 100}", "it is nested deeper than 64"),
        ("<html/>", "its topmost element is 'html', not 'log'"),
        ("<log><trace>", "line 1 is no XML"),
        ("<log/>", "it has no case with an event that counts"),
        ("", "its first line names no columns"),
    ],
)
def test_what_is_no_log_or_a_trap_is_refused(text: str, words: str, tmp_path: Path) -> None:
    """A log comes from elsewhere, and may have been made to be read by us."""
    with pytest.raises(EventLogInvalid, match=words):
        status_quo(open_log(_written(tmp_path / "log.xes", text)))


def test_a_tag_and_a_file_that_do_not_end_are_never_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value of a gigabyte, and a kilobyte that unpacks to one."""
    endless = _written(tmp_path / "tag.xes", f'<log><string key="a" value="{"x" * 9_000_000}"/></log>')
    with pytest.raises(EventLogInvalid, match="a tag is longer than"):
        status_quo(open_log(endless))
    monkeypatch.setattr(reading, "_BOMB_BYTES", 1024 * 1024)
    bomb = tmp_path / "bomb.xes.gz"
    bomb.write_bytes(gzip.compress(b"<log>" + b" " * 8 * 1024 * 1024))
    with pytest.raises(EventLogInvalid, match="it unpacks to more than 250 times its size"):
        status_quo(open_log(bomb))
    bomb.write_bytes(gzip.compress(CSV.encode())[:40])
    with pytest.raises(EventLogInvalid, match="cannot be unpacked to its end"):
        status_quo(open_log(bomb))
    with pytest.raises(FileUnusable, match="no ordinary file"):
        open_log(tmp_path)
    with pytest.raises(ValueProblem, match="'Mars' is no time zone"):
        open_log(endless, zone="Mars")


def test_a_case_that_stands_there_twice_is_said(tmp_path: Path) -> None:
    """XES joins no traces of one name; nor do we, without a word."""
    trace = (
        '<trace><string key="concept:name" value="1"/><event><string key="concept:name" value="a"/>'
        '<date key="time:timestamp" value="2026-10-01T12:00:00Z"/></event></trace>'
    )
    log = open_log(_written(tmp_path / "log.xes", f"<log>{trace * 2}</log>"))
    assert [case.id for case in log.cases()] == ["1", "1"]
    assert (log.tally.again, log.tally.cases) == (1, 2)
    assert status_quo(log).per_week is None
