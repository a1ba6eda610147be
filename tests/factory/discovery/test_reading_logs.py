"""Reading a log: every form of it says the same, and columns and times are told by reasons that are given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from factory.discovery.made_logs import (
    SAID,
    small,
    write_csv,
    write_ocel_json,
    write_ocel_sqlite,
    write_parquet,
    write_xes,
)
from goldenthread.factory.discovery import Figures, Log, Rows, figures_of, open_log, open_rows
from goldenthread.promise.errors import EventLogInvalid, EventLogUnsure, FileUnusable, ValueProblem

FORMS = {
    "log.csv": write_csv,
    "log.parquet": write_parquet,
    "log.xes": write_xes,
    "log.xes.gz": write_xes,
    "log.json": write_ocel_json,
    "log.sqlite": write_ocel_sqlite,
}


def _figures(path: Path) -> Figures:
    with open_log(path, SAID, threads=1) as log:
        return figures_of(log)


def _steps(log: Log) -> list[tuple[object, ...]]:
    """Everything that figures are counted on, by name."""
    return log.bench.rows("""
        select case_id, a.name, r.name, at_us, b.name, before_us, q.name, path, cycle_us from steps
        join cases using (case_no) join paths using (case_no) join activities a on a.no = activity
        left join resources r on r.no = resource left join activities b on b.no = before
        left join resources q on q.no = before_resource order by all""")


def test_every_form_of_a_log_says_the_same_and_a_case_called_na_is_a_case(tmp_path: Path) -> None:
    """Whoever exports the same log in another way must not get another report, nor lose what looks like nothing."""
    with open_log(write_csv(tmp_path / "first.csv", small()), SAID, threads=1) as log:
        wanted = _steps(log)
    assert len(wanted) == 10
    assert {row[0] for row in wanted} == {"2", "4", "NA", "null"}
    for name, write in FORMS.items():
        with open_log(write(tmp_path / name, small()), SAID, threads=1) as log:
            assert _steps(log) == wanted, name
    rows = Rows(
        "rows",
        ("case_id", "activity", "timestamp", "resource"),
        [(e.case, e.activity, e.at, e.resource) for e in small()],
    )
    with open_rows(rows, "rows", SAID, threads=1) as log:
        assert _steps(log) == wanted


def test_events_of_the_same_time_stand_as_in_the_log(tmp_path: Path) -> None:
    """A tie needs one answer: case 4 has check before open at one instant, and close before both."""
    figures = _figures(write_csv(tmp_path / "log.csv", small()))
    assert ("close", "check", "open") in [one.activities for one in figures.variants]


def test_what_is_odd_is_said_with_its_number(tmp_path: Path) -> None:
    """Order, ties, single events and who did it: the reader judges by them what the figures are worth."""
    with open_log(write_csv(tmp_path / "log.csv", small()), SAID, threads=1) as log:
        said = {notice.code: notice.count for notice in log.intake.notices}
    assert said == {"same-time": 1, "unordered": 1, "single-events": 1, "no-resource": 1}


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("02.03.2026 08:00:00", "day.month.year"),
        ("13/03/2026 08:00", "day/month/year"),
        ("03/13/2026 08:00 AM", "month/day/year"),
        ("13-Mar-2026 08:00:00", "day-month-year"),
        ("2026/03/13 08:00", "year/month/day"),
        ("1772438400", "unix-s"),
        ("1772438400000", "unix-ms"),
        ("2026-03-13T08:00:00.5+01:00", "iso"),
    ],
)
def test_how_times_are_written_is_told_from_them(written: str, form: str, tmp_path: Path) -> None:
    """Exports of common tools are read without a word; which way was taken is in the report."""
    path = tmp_path / "log.csv"
    path.write_text(f"case_id,activity,timestamp\n1,a,{written}\n1,b,{written}\n")
    with open_log(path, SAID, threads=1) as log:
        assert (log.intake.time_form, log.intake.events) == (form, 2)


def test_a_day_that_may_be_a_month_is_asked_about(tmp_path: Path) -> None:
    """3/4 is March or April: nobody guesses."""
    path = tmp_path / "log.csv"
    path.write_text("case_id,activity,timestamp\n1,a,03/04/2026 10:00\n1,b,05/04/2026 10:00\n")
    with pytest.raises(EventLogUnsure, match="may begin with the day or with the month"), open_log(path, SAID):
        pass
    with open_log(path, replace(SAID, time_form="day/month/year"), threads=1) as log:
        assert log.bench.one("select strftime(make_timestamp(min(at_us)), '%Y-%m-%d') from events") == ("2026-04-03",)


def test_columns_are_told_by_content_only_when_somebody_accepts(tmp_path: Path) -> None:
    """A guess is shown with its reason, and with the words that confirm it."""
    lines = [
        f"v{n // 3},{('open', 'check', 'close')[n % 3]},2026-03-{1 + n // 3:02} 0{n % 3}:00,x{n}" for n in range(60)
    ]
    path = tmp_path / "log.csv"
    path.write_text("vorgang,was,wann,nr\n" + "\n".join(lines) + "\n")
    words = r"'vorgang' may be the case .20 values in 60 rows.*'was' may be what was done .3 values.*'wann' may be when"
    with pytest.raises(EventLogUnsure, match=words), open_log(path, SAID):
        pass
    with open_log(path, replace(SAID, accept=True), threads=1) as log:
        assert [(one.meaning, one.column, one.sure) for one in log.intake.choices] == [
            ("case", "vorgang", False), ("activity", "was", False), ("at", "wann", False),
        ]  # fmt: skip
    named = replace(SAID, columns={"case": "vorgang", "activity": "was", "at": "wann"})
    with open_log(path, named, threads=1) as log:
        assert {one.why for one in log.intake.choices} == {"you named it"}


def test_times_without_a_zone_are_read_in_the_one_that_is_given(tmp_path: Path) -> None:
    """08:00 in Berlin is 07:00 UTC in winter and 06:00 in summer."""
    path = tmp_path / "log.csv"
    path.write_text(
        "case_id,activity,timestamp\n1,a,2026-01-10 08:00\n1,b,2026-07-10 08:00\n1,c,2026-07-10T08:00:00Z\n"
    )
    with open_log(path, replace(SAID, zone="Europe/Berlin"), threads=1) as log:
        hours = log.bench.rows("select hour(make_timestamp(at_us)) from events order by at_us")
        said = {notice.code: notice.count for notice in log.intake.notices}
    assert (hours, said) == ([(7,), (6,), (8,)], {"mixed-zones": 2})


def test_starts_belong_to_completions_and_make_work_and_waiting(tmp_path: Path) -> None:
    """A log that says when work began tells waiting from work; the start is no step of its own."""
    rows = [
        ("1", "a", "08:00", "start"), ("1", "a", "09:00", "complete"), ("1", "b", "11:00", "start"),
        ("1", "b", "11:30", "complete"), ("1", "b", "12:00", "complete"), ("1", "c", "12:00", "withdraw"),
    ]  # fmt: skip
    path = tmp_path / "log.csv"
    lines = "".join(f"{c},{a},2026-03-02 {t},{s}\n" for c, a, t, s in rows)
    path.write_text("case_id,activity,timestamp,lifecycle:transition\n" + lines)
    with open_log(path, SAID, threads=1) as log:
        figures = figures_of(log)
    hour = 3_600_000_000
    found = {one.name: one for one in figures.activities}
    assert [(one.activities, one.cases) for one in figures.variants] == [(("a", "b", "b"), 1)]
    assert found["a"].work is not None
    assert found["a"].work.median_us == hour
    assert found["b"].waiting is not None
    assert (found["b"].waiting.count, found["b"].waiting.median_us) == (1, 2 * hour)
    assert found["b"].work is not None
    assert (found["b"].work.count, found["b"].work.median_us) == (1, hour / 2)


def test_cases_of_an_object_log_are_chosen_and_shared_events_are_said(tmp_path: Path) -> None:
    """An order has items: which of them is the case decides every figure, so it is asked."""
    events = small()
    path = write_ocel_json(tmp_path / "log.json", events, more=[("i1", "item"), ("i2", "item")])
    with pytest.raises(EventLogUnsure, match="--object-type 'ticket'"), open_log(path, SAID):
        pass
    with open_log(path, replace(SAID, object_type="item"), threads=1) as log:
        assert (log.intake.cases, log.intake.events, log.intake.left_out["no-case"].count) == (2, 2, 9)
        assert "events-in-several-cases" in {notice.code for notice in log.intake.notices}
    other = replace(SAID, object_type="car")
    with pytest.raises(EventLogInvalid, match=r"no objects of type 'car'\. It has item, ticket"), open_log(path, other):
        pass


def test_duplicates_count_unless_somebody_drops_them(tmp_path: Path) -> None:
    """An event that stands there twice, alike in all, is often an export's fault; it is said, and left to its owner."""
    events = [*small(), small()[0], small()[0]]
    path = write_csv(tmp_path / "log.csv", events)
    with open_log(path, SAID, threads=1) as log:
        assert (log.intake.events, {n.code: n.count for n in log.intake.notices}["twice"]) == (12, 2)
    with open_log(path, replace(SAID, drop_duplicates=True), threads=1) as log:
        assert log.intake.events == 10
        assert figures_of(log).rework.steps == 1


def test_names_of_files_and_options_that_cannot_be_taken_are_named(tmp_path: Path) -> None:
    """A path with signs of a pattern is a path; what is wrong is said before anything is read."""
    odd = write_csv(tmp_path / "log[1]*?'.csv", small())
    with open_log(odd, SAID, threads=1) as log:
        assert log.intake.events == 10
    with pytest.raises(FileUnusable, match="No such file"), open_log(tmp_path / "none.csv", SAID):
        pass
    with pytest.raises(FileUnusable, match=r"no ordinary file|Is a directory"), open_log(tmp_path, SAID):
        pass
    for options, words in (
        (replace(SAID, zone="Mars/North"), "'Mars/North' is no time zone"),
        (replace(SAID, time_form="sundial"), "'sundial' is no way to write a time"),
        (replace(SAID, columns={"place": "x"}), "'place' is nothing that a column stands for"),
    ):
        with pytest.raises(ValueProblem, match=words), open_log(odd, options):
            pass


def test_deadlines_and_ends_of_cases_are_read_from_traces(tmp_path: Path) -> None:
    """In XES they belong to the trace; columns are then called by `case:`."""
    path = tmp_path / "log.xes"
    body = "".join(
        f'<trace><string key="concept:name" value="{n}"/><date key="deadline" value="2026-03-0{n}T00:00:00Z"/>'
        '<event><string key="concept:name" value="a"/><date key="time:timestamp" value="2026-03-02T10:00:00Z"/></event>'
        "</trace>"
        for n in (1, 2, 3)
    )
    path.write_text(f"<log>{body}</log>")
    with open_log(path, SAID, threads=1) as log:
        due = figures_of(log).deadlines
    assert due is not None
    assert (due.cases, due.ended, due.late, due.open) == (3, 3, 2, 0)
