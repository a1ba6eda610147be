"""A made log of a desk: every number in it can be told from its loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from factory.discovery.made_logs import MONDAY, SAID, Made
from goldenthread.factory.discovery import Log, Report, open_log, report_of
from goldenthread.factory.slicing import Cut, Said, Shortlist, parts_of, shortlist_of

CASES = 120


def desk() -> list[Made]:
    """
    A case every six hours for a month: it comes in; Ann checks it an hour later, and five minutes later pays (of three
    cases two) or refuses; every tenth is checked twice; a week later to the minute the system archives it.
    """
    made = []
    for number in range(CASES):
        case, begun = f"c{number:03}", MONDAY + timedelta(hours=6 * number)
        steps = [("come in", 0, "mail"), ("check", 60, "ann")]
        steps += [("check", 70, "ann")] if number % 10 == 0 else []
        last = "refuse" if number % 3 == 0 else "pay"
        steps += [(last, 75, "ann"), ("archive", 75 + 7 * 24 * 60, "robot")]
        made += [
            Made(case=case, activity=activity, at=begun + timedelta(minutes=minutes), resource=who)
            for activity, minutes, who in steps
        ]
    return made


def write_desk(path: Path, events: list[Made] | None = None) -> Path:
    """With a channel that every row fills, a note that few do, and a deadline that every fourth case misses."""
    lines = ["case_id,activity,timestamp,resource,channel,note,case:deadline"]
    for one in events or desk():
        number = int(one.case[1:])
        due = MONDAY + timedelta(hours=6 * number, days=6 if number % 4 == 0 else 10)
        lines.append(f"{one.case},{one.activity},{one.at.isoformat()},{one.resource},web,{'x' * (number == 0)},{due}")
    path.write_text("\n".join(lines) + "\n")
    return path


@contextmanager
def opened(path: Path) -> Iterator[tuple[Log, Report]]:
    """The log with its report."""
    with open_log(path, SAID, threads=1) as log:
        yield log, report_of(log)


def cut(path: Path) -> Cut:
    """The parts of a log."""
    with opened(path) as (log, report):
        return parts_of(log, report)


def listed(path: Path, said: Said | None = None) -> Shortlist:
    """The slices of a log by rank."""
    return shortlist_of(cut(path), "made.csv, 120 cases", said)


def work(**said: str) -> Mapping[str, str]:
    """Facts that a person says."""
    return said
