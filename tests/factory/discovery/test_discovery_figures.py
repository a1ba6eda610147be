"""Figures of real logs and of one counted by hand; each counted again in plain Python, and equal to the last digit."""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

from factory.discovery.made_logs import (
    REAL,
    SAID,
    Made,
    at_rank,
    by_case,
    follows,
    micros,
    real_report,
    small,
    write_csv,
)
from goldenthread.factory.discovery import Figures, Spread, figures_of, open_log, report_of
from goldenthread.record.eventlogs import open_log as open_plain
from goldenthread.record.eventlogs import status_quo

SHARES = {"p10_us": 10, "p25_us": 25, "p75_us": 75, "p90_us": 90, "p95_us": 95}


def _helpdesk() -> list[Made]:
    """By regular expressions, without any reader of ours."""
    found = []
    with gzip.open(REAL / "helpdesk.xes.gz", "rt", encoding="utf-8") as file:
        for trace in file.read().split("<trace>")[1:]:
            names = re.findall(r'key="concept:name" value="([^"]*)"', trace)
            times = re.findall(r'key="time:timestamp" value="([^"]*)"', trace)
            people = re.findall(r'key="org:resource" value="([^"]*)"', trace)
            for name, at, who in zip(names[1:], times, people, strict=True):
                found.append(Made(case=names[0], activity=name, at=datetime.fromisoformat(at), resource=who))
    return found


def _receipt() -> tuple[list[Made], dict[str, tuple[str, str]]]:
    """Events, and by case its deadline and its end, '' where it has none."""
    with gzip.open(REAL / "receipt.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    events = [
        Made(
            case=row["case:concept:name"],
            activity=row["concept:name"],
            at=datetime.fromisoformat(row["time:timestamp"]),
            resource=row["org:resource"],
        )
        for row in rows
    ]
    return events, {row["case:concept:name"]: (row["case:deadline"], row["case:enddate"]) for row in rows}


def _same_spread(found: Spread | None, values: list[int]) -> None:
    assert found is not None
    assert (found.count, found.least_us, found.most_us) == (len(values), min(values), max(values))
    assert found.median_us == median(values)
    assert found.mean_us == sum(values) / len(values)
    for name, share in SHARES.items():
        assert getattr(found, name) == at_rank(values, Fraction(share, 100)), name


def _same_flow(figures: Figures, events: list[Made]) -> None:
    """Activities, what follows what with its times, variants, cycle times, rework, handovers: all of it again."""
    cases = by_case(events)
    line = figures.overview
    cycles = [micros(own[-1].at) - micros(own[0].at) for own in cases.values()]
    _same_spread(line.cycle, cycles)
    assert (line.cases, line.events, line.steps) == (len(cases), len(events), len(events))
    assert line.resources == len({one.resource for one in events if one.resource})
    assert {one.name: one.steps for one in figures.activities} == Counter(one.activity for one in events)
    assert {one.name: one.first for one in figures.activities if one.first} == Counter(
        own[0].activity for own in cases.values()
    )
    assert {one.name: one.last for one in figures.activities if one.last} == Counter(
        own[-1].activity for own in cases.values()
    )
    assert {(one.source, one.target): one.count for one in figures.edges} == follows(cases)
    pairs: dict[tuple[str, str], list[int]] = {}
    for own in cases.values():
        for one, other in pairwise(own):
            pairs.setdefault((one.activity, other.activity), []).append(micros(other.at) - micros(one.at))
    for edge in figures.edges:
        gaps = pairs[edge.source, edge.target]
        assert (edge.median_us, edge.p95_us) == (median(gaps), at_rank(gaps, Fraction(95, 100)))
        assert edge.total_us == sum(gaps)
    variants = Counter(tuple(one.activity for one in own) for own in cases.values())
    assert {one.activities: one.cases for one in figures.variants} == variants
    again = [own for own in cases.values() if len({one.activity for one in own}) < len(own)]
    assert figures.rework.cases == line.reworked == len(again)
    assert figures.rework.steps == sum(len(own) - len({one.activity for one in own}) for own in cases.values())
    hands = [
        (one.resource, other.resource)
        for own in cases.values()
        for one, other in pairwise(own)
        if one.resource and other.resource
    ]
    assert figures.handovers is not None
    assert figures.handovers.known == len(hands)
    changed = Counter(pair for pair in hands if pair[0] != pair[1])
    assert figures.handovers.changed == sum(changed.values())
    assert {(one.source, one.target): one.count for one in figures.handovers.pairs} == {
        (one.source, one.target): changed[one.source, one.target] for one in figures.handovers.pairs
    }
    assert sum(figures.seasons.cases_by_weekday) == sum(figures.seasons.cases_by_hour) == len(cases)
    days = Counter(own[0].at.astimezone(UTC).weekday() for own in cases.values())
    assert figures.seasons.cases_by_weekday == tuple(days[number] for number in range(7))
    hours = Counter(one.at.astimezone(UTC).hour for one in events)
    assert figures.seasons.steps_by_hour == tuple(hours[number] for number in range(24))


@pytest.mark.shared_data
def test_the_help_desk_counted_twice_is_the_same() -> None:
    """Rework in 27 % of its cases, and every other figure as plain Python counts it."""
    report = real_report("helpdesk.xes.gz")
    figures = report.figures
    _same_flow(figures, _helpdesk())
    assert (figures.overview.reworked, figures.overview.cases) == (1240, 4580)
    text = "\n".join(report.findings)
    assert "Rework in 27 % of the cases (1,240)" in text
    assert "'Closed' follows 'Resolve ticket' after 15 days" in text


@pytest.mark.shared_data
def test_the_town_was_late_377_times() -> None:
    """Its own end dates against its own deadlines; and every other figure as plain Python counts it."""
    events, dates = _receipt()
    report = real_report("receipt.csv.gz")
    figures = report.figures
    _same_flow(figures, events)
    ended = {case: said for case, said in dates.items() if said[1]}
    late = [c for c, (due, end) in ended.items() if datetime.fromisoformat(end) > datetime.fromisoformat(due)]
    over = max(one.at for one in events)
    still = [c for c, (due, end) in dates.items() if not end and datetime.fromisoformat(due) < over]
    due = figures.deadlines
    assert due is not None
    assert (due.cases, due.ended, due.late, due.open, due.open_late) == (
        1434, len(ended), len(late), 1434 - len(ended), len(still),
    )  # fmt: skip
    assert due.late == 377
    text = "\n".join(report.findings)
    assert "377 of 1,329 cases that ended did so after their deadline (28 %)" in text
    assert "The log shows a part of the work only" in text
    quo = status_quo(open_plain(REAL / "receipt.csv.gz"))
    assert (quo.reworked, quo.variants, float(quo.quantile_us(Fraction(1, 2)))) == (
        figures.rework.cases,
        figures.overview.variants,
        figures.overview.cycle.median_us,
    )


def test_loops_and_gaps_of_a_small_log_are_as_by_hand(tmp_path: Path) -> None:
    """Four cases that fit on a page: NA checks twice at once, 30 minutes later."""
    with open_log(write_csv(tmp_path / "log.csv", small()), SAID, threads=1) as log:
        figures = figures_of(log, within_us=60 * 60_000_000)
    minute = 60_000_000
    (loop,) = figures.rework.loops
    assert (loop.activity, loop.back_from, loop.steps_between, loop.count, loop.median_us) == (
        "check", "check", 0, 1, 30 * minute,
    )  # fmt: skip
    assert (figures.rework.median_with_us, figures.rework.median_without_us) == (200 * minute, 3 * minute)
    assert figures.within is not None
    assert (figures.within.held, figures.within.cases) == (3, 4)
    assert figures.overview.until_last is not None
    assert sorted((one.name, one.steps, one.again) for one in figures.activities) == [
        ("check", 3, 1), ("close", 3, 0), ("open", 4, 0),
    ]  # fmt: skip
    assert [(one.name, one.steps) for one in figures.resources] == [("ann", 4), ("cy", 3), ("bo", 2)]


def test_hidden_people_are_nowhere_in_the_report(tmp_path: Path) -> None:
    """A works council may allow figures of the work and none of persons."""
    with open_log(write_csv(tmp_path / "log.csv", small()), SAID, threads=1) as log:
        report = report_of(log, hide_people=True)
    assert [one.name for one in report.figures.resources] == ["person 1", "person 2", "person 3"]
    assert not re.search(r"\b(ann|bo|cy)\b", str(report))


def test_a_wait_of_whole_days_is_called_a_timer(tmp_path: Path) -> None:
    """Closing after 15 days exactly is no work that an agent could speed up."""
    begin = datetime(2026, 1, 5, 9, tzinfo=UTC)
    events = []
    for number in range(60):
        at = begin + timedelta(hours=7 * number)
        gap = timedelta(days=15, seconds=number) if number % 3 == 0 else timedelta(days=15, hours=1 + number % 20)
        events += [
            Made(case=str(number), activity="solve", at=at),
            Made(case=str(number), activity="close", at=at + gap),
        ]
    with open_log(write_csv(tmp_path / "log.csv", events), SAID, threads=1) as log:
        (timer,) = figures_of(log).timers
    assert (timer.source, timer.target, timer.days, timer.count, timer.of) == ("solve", "close", 15, 20, 60)
