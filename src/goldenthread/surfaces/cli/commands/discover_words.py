"""What `goldenthread discover` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from goldenthread.factory.discovery import LEFT_OUT, Figures, Intake, Report, Spread, day, duration, percent
from goldenthread.surfaces.cli.terminal import say, table

_ROWS = 12
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def print_report(report: Report, written: Mapping[str, Path | None]) -> None:
    """
    The report as text: in short, how the log was read, then tables.

    Args:
        report: Of a log.
        written: By what it is, the file that was written besides.
    """
    intake, figures = report.intake, report.figures
    say(f"{intake.name}: {intake.events:,} events of {intake.cases:,} cases, {intake.form}.", "", "In short")
    say(*(f"  {sentence}" for sentence in report.findings))
    say("", "How it was read")
    _reading(intake)
    _flow(figures)
    _rework(figures)
    _people(figures)
    _calendar(figures)
    _changes(figures)
    say("", "What the words mean")
    say(*(f"  {word}: {meaning}." for word, meaning in figures.definitions.items()))
    for kind, file in written.items():
        if file is not None:
            say("", f"Wrote the {kind} to {file}.")


def _reading(intake: Intake) -> None:
    for choice in intake.choices:
        say(f"  {choice.meaning} is '{choice.column}' ({choice.why}).")
    say(f"  Times are written as {intake.time_form}.")
    for word, left in intake.left_out.items():
        say(f"  LEFT OUT, {left.count:,} of {intake.found:,} events: {LEFT_OUT[word]}.")
        say(*(f"    e.g. {one}" for one in left.examples))
    say(*(f"  {notice.count:,} {notice.words}." for notice in intake.notices))


def _flow(figures: Figures) -> None:
    cases = figures.overview.cases
    _headed("Activities", figures.activities)
    named = any(one.resources is not None for one in figures.activities)
    table(
        ("activity", "steps", "cases", "begins", "ends", "again", "gap median", "p95", *(["done by"] if named else [])),
        [
            (one.name, f"{one.steps:,}", percent(one.cases, cases), _some(one.first), _some(one.last), _some(one.again),
             *_middle(one.gap), *([one.resources] if named else []))
            for one in figures.activities[:_ROWS]
        ],
    )  # fmt: skip
    worked = [one for one in figures.activities if one.work is not None]
    if worked:
        _headed("Waiting and work", worked)
        table(
            ("activity", "waiting median", "p95", "work median", "p95"),
            [(one.name, *_middle(one.waiting), *_middle(one.work)) for one in worked[:_ROWS]],
        )
    _headed("What follows what", figures.edges)
    table(
        ("from", "to", "times", "cases", "median", "p95"),
        [
            (one.source, one.target, f"{one.count:,}", f"{one.cases:,}", duration(one.median_us), duration(one.p95_us))
            for one in figures.edges[:_ROWS]
        ],
    )
    more = figures.overview.variants - min(_ROWS // 2, len(figures.variants))
    say("", "Variants" + (f" ({more:,} more: --html or --json)" if more else ""))
    table(
        ("cases", "share", "median", "activities"),
        [
            (f"{one.cases:,}", percent(one.cases, cases), duration(one.median_us), " -> ".join(one.activities))
            for one in figures.variants[: _ROWS // 2]
        ],
    )


def _rework(figures: Figures) -> None:
    again = figures.rework
    if not again.loops:
        return
    say("", f"Rework: {percent(again.cases, figures.overview.cases)} of cases, {again.steps:,} steps again")
    table(
        ("again", "back from", "times", "cases", "median later"),
        [
            (one.activity, one.back_from if one.back_from != one.activity else "at once", f"{one.count:,}",
             f"{one.cases:,}", duration(one.median_us))
            for one in again.loops[:_ROWS]
        ],
    )  # fmt: skip


def _people(figures: Figures) -> None:
    if figures.handovers is not None and figures.handovers.pairs:
        hands = figures.handovers
        say("", f"Handovers: {hands.changed:,} of {hands.known:,} steps, in {hands.cases:,} cases")
        table(
            ("from", "to", "times", "cases", "gap median"),
            [
                (one.source, one.target, f"{one.count:,}", f"{one.cases:,}", duration(one.median_us))
                for one in hands.pairs[: _ROWS // 2]
            ],
        )
    if figures.resources:
        _headed("Who works", figures.resources)
        table(
            ("who", "steps", "cases", "activities"),
            [(one.name, f"{one.steps:,}", f"{one.cases:,}", one.activities) for one in figures.resources[: _ROWS // 2]],
        )


def _calendar(figures: Figures) -> None:
    seasons = figures.seasons
    say("", f"When work comes in ({seasons.zone})")
    days = zip(_DAYS, seasons.cases_by_weekday, strict=True)
    say("  " + "  ".join(f"{name} {percent(count, figures.overview.cases)}" for name, count in days))
    busiest = max(range(24), key=lambda hour: seasons.cases_by_hour[hour])
    share = percent(seasons.cases_by_hour[busiest], figures.overview.cases)
    say(f"  Most between {busiest}:00 and {busiest + 1}:00: {share}.")


def _changes(figures: Figures) -> None:
    drift = figures.drift
    say("", "Changes over time")
    if drift.insufficient is not None:
        say(f"  Not looked at: {drift.insufficient}.")
        return
    say(
        f"  {drift.cases:,} cases in {drift.blocks:,} blocks. Of processes that do not change, at most "
        f"{percent(drift.error, 1)} show a change."
    )
    table(
        ("from", "of", "p", "what", "before", "after"),
        [
            (day(one.at_us), one.of, f"{one.p_value:.3f}", one.shifts[0].words, f"{one.shifts[0].before:.2f}",
             f"{one.shifts[0].after:.2f}")
            for one in drift.changes
        ],
    )  # fmt: skip


def _headed(title: str, rows: Sequence[object]) -> None:
    say("", title + (f" ({len(rows) - _ROWS:,} more: --html or --json)" if len(rows) > _ROWS else ""))


def _middle(spread: Spread | None) -> tuple[str, str]:
    return (duration(spread.median_us), duration(spread.p95_us)) if spread is not None else ("", "")


def _some(number: int) -> str:
    return f"{number:,}" if number else ""
