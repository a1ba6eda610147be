"""`goldenthread outcome baseline`: what a line was before, or the whole workflow by people's own event log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.arguments import ASSIGNMENT, together
from goldenthread.surfaces.cli.terminal import say, table

if TYPE_CHECKING:
    from goldenthread.surfaces.views import PeopleWork


_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("slice_name", metavar="SLICE")
@click.argument("metric", required=False)
@click.option("--from", "begins", type=_DAY, help="The first day, such as 2026-08-01.")
@click.option("--to", "ends", type=_DAY, help="The day after the last one.")
@click.option("--log", type=click.Path(path_type=Path), metavar="FILE", help="Instead: people's event log, XES or CSV.")
@click.option("--zone", metavar="ZONE", default="UTC", show_default=True, help="With --log: of times that name none.")
@click.option(
    "--column",
    "columns",
    type=ASSIGNMENT,
    multiple=True,
    metavar="NAME=COLUMN",
    help="With --log: what a column of a CSV stands for: case, activity, at, resource or lifecycle.",
)
@click.option(
    "--as", "by", required=True, metavar="NAME", help="The data owner; with --log an owner of the slice, too."
)
@click.pass_obj
def baseline(
    home: str | None,
    slice_name: str,
    metric: str | None,
    begins: datetime | None,
    ends: datetime | None,
    log: Path | None,
    zone: str,
    columns: tuple[tuple[str, object], ...],
    by: str,
) -> None:
    """
    Freeze what a line was before, over some days, signed by its data owner; or the workflow, by people's own log.

    \b
    Example:
      goldenthread outcome baseline intake cost_to_serve --from 2026-08-01 --to 2026-10-01 --as finance-ops
      goldenthread outcome baseline intake --log helpdesk.xes.gz --as finance-ops
    """
    from goldenthread.control.outcomes import freeze_baseline
    from goldenthread.surfaces.cli.place import opened

    if log is not None:
        if metric is not None or begins is not None or ends is not None:
            raise click.UsageError("--log speaks of the workflow, over all of the log: no METRIC, --from or --to.")
        named = {name: str(column) for name, column in together([(n, str(c)) for n, c in columns]).items()}
        _freeze_log(home, slice_name, log, zone, named, by)
        return
    if metric is None or begins is None or ends is None:
        raise click.UsageError("Name METRIC, --from and --to; or a log with --log.")
    with opened(home) as place:
        desk, ring = place.desk(slice_name), place.keys(by)
        found = freeze_baseline(desk, ring, metric, begins=begins.date(), ends=ends.date(), by=by)
    unit = found.shift.target.unit
    where = f"record {found.record.chain}#{found.record.seq}"
    say(f"Before, {metric} was {found.value:f} {unit} over {found.cases:,} values; {by} signed it ({where}).")
    if found.warning is not None:
        say(f"They disagree: {found.warning}")


def _freeze_log(home: str | None, slice_name: str, file: Path, zone: str, columns: Mapping[str, str], by: str) -> None:
    """Freeze what a log says, and print it with what each figure means."""
    from goldenthread.control.outcomes import freeze_work
    from goldenthread.record.eventlogs import BAD, DEFINITIONS, open_log
    from goldenthread.surfaces.cli.place import opened

    log = open_log(file, zone=zone, columns=columns)
    with opened(home) as place:
        found = freeze_work(place.desk(slice_name), place.keys(by), log, by=by)
    quo, tally, figures = found.found, log.tally, found.figures
    say(
        f"{file.name}: {tally.cases:,} cases, {tally.events:,} events, {quo.activities:,} activities, "
        f"{quo.resources:,} resources, {quo.variants:,} variants, {quo.begins.date()} to {quo.ends.date()}.",
        f"Cycle time: median {Decimal(figures['cycle_median_d']):.1f} d, 90 % within "
        f"{Decimal(figures['cycle_p90_d']):.1f} d. Rework in {quo.reworked:,} cases, "
        f"{Decimal(figures['rework_percent']):.0f} %.",
    )
    say(*(f"LEFT OUT, {number:,} events: {BAD[word]}." for word, number in sorted(tally.bad.items())))
    if tally.empty:
        say(f"{tally.empty:,} cases have no event that counts, and are left out.")
    if tally.again:
        say(f"{tally.again:,} cases have the id of an earlier one; each counts by itself.")
    if tally.unzoned:
        say(f"{tally.unzoned:,} times name no zone, and were read as {zone}.")
    rows = [(metric, said["line"], _value(said)) for metric, said in found.lines.items()]
    table(("workflow", "promised", "before"), rows)
    say(*(f"  {metric}: {DEFINITIONS[metric]}." for metric in found.lines))
    where = f"record {found.record.chain}#{found.record.seq}"
    if found.new:
        say(f"{by} signed it, with the file's digest {log.digest[:19]}... ({where}).")
    else:
        say(f"{found.record.by} signed just this before ({where}); nothing was added.")


def work_words(work: PeopleWork) -> list[str]:
    """What `outcome status` says of it."""
    lines = [f"Before, by {work.words} ({work.place}):"]
    for line in work.lines:
        promised = "promised" if line.current else "promised then"
        lines.append(f"  {line.metric} was {line.before}; {promised} is {line.promised}.")
    return lines


def _value(said: Mapping[str, object]) -> str:
    return f"{Decimal(str(said['value'])):.2f} {said['unit']}"
