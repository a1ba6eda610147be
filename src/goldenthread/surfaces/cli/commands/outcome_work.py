"""`goldenthread outcome baseline --log`: the status quo of a workflow, by people's own event log."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from goldenthread.surfaces.cli.terminal import say, table

if TYPE_CHECKING:
    from goldenthread.surfaces.views import PeopleWork


def freeze_log(home: str | None, slice_name: str, file: Path, zone: str, columns: Mapping[str, str], by: str) -> None:
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
