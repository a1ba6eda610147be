"""The report of an event log as a page of its own, and as JSON."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from goldenthread.factory.discovery import LEFT_OUT, Report, day, duration, percent

if TYPE_CHECKING:
    from jinja2 import Template

    from goldenthread.factory.slicing import Shortlist, SliceDraft

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MOST_ROWS = 100


def plain(report: Report, slices: Shortlist | None = None, drafted: SliceDraft | None = None) -> dict[str, Any]:
    """
    The report as JSON has it: times in microseconds, shares as counts; maps by what they keep.

    Args:
        report: Of a log.
        slices: Of the work, by rank, if they were looked for.
        drafted: A contract for one of them.
    """
    whole = asdict(replace(report, drawn={}))
    del whole["drawn"]
    if slices is None:
        return whole
    from goldenthread.surfaces.reports.slices import plain_slices

    return {**whole, "slices": plain_slices(slices, drafted)}


def page(
    report: Report, slices: Shortlist | None = None, drafted: SliceDraft | None = None, file: str | None = None
) -> str:
    """
    The report as one file that fetches nothing: no script, readable on paper, maps chosen by keyboard or mouse.

    Args:
        report: Of a log.
        slices: Of the work, by rank, if they were looked for.
        drafted: A contract for one of them.
        file: Name of the file that the draft is in.
    """
    shares = [min(100, -(-100 * level.cases // level.of_cases)) for level in report.levels]
    maps = [
        {
            "share": level.share,
            "label": percent(level.cases, level.of_cases),
            "svg": report.picture(level.share),
        }
        for level in report.levels
    ]
    chosen = next((number for number, share in enumerate(shares) if share >= 90), len(maps) - 1)
    return template().render(
        report=report,
        intake=report.intake,
        figures=report.figures,
        maps=maps,
        chosen=chosen,
        left_out=LEFT_OUT,
        percent=percent,
        weekdays=list(
            zip(_DAYS, report.figures.seasons.cases_by_weekday, report.figures.seasons.steps_by_weekday, strict=True)
        ),
        most=_MOST_ROWS,
        file=file,
        **_sliced(slices, drafted),
    )


@cache
def template() -> Template:
    """The page without a report. It takes a moment to compile, and may be asked for before there is one."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("goldenthread.surfaces.reports"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(duration=duration, day=day, thousands=lambda number: f"{number:,}")
    return environment.get_template("discovery.html")


def _sliced(slices: Shortlist | None, drafted: SliceDraft | None) -> dict[str, Any]:
    """What the page needs of slices; without them nothing that knows them is loaded."""
    if slices is None:
        return {"slices": None, "rows": [], "value_map": None, "draft": None}
    from goldenthread.surfaces.reports.slices import draft_rows, slice_rows, value_map

    return {
        "slices": slices,
        "rows": slice_rows(slices),
        "value_map": value_map(slices),
        "draft": None if drafted is None else draft_rows(drafted, slices.why_begin_with(drafted.taken)),
    }
