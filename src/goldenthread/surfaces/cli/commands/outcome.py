"""`goldenthread outcome`: what was promised, where its values are, what it was before and is now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.arguments import ASSIGNMENT, read_at_most, together
from goldenthread.surfaces.cli.commands.outcome_baseline import baseline, work_words
from goldenthread.surfaces.cli.terminal import emit, moment, say, table

if TYPE_CHECKING:
    from goldenthread.control.outcomes import OutcomeReading

_DAY = click.DateTime(["%Y-%m-%d"])
_LARGEST_QUERY = 64 * 1024


@click.group()
def outcome() -> None:
    """
    See what the work was worth: where its owner's values are, what they were before, what is due, and why they moved.

    \b
    Example:
      goldenthread outcome status open-source-intake
    """


outcome.add_command(baseline)


@outcome.command()
@click.argument("slice_name", metavar="SLICE")
@click.argument("metric")
@click.option("--file", type=click.Path(path_type=Path), help="A .csv or .parquet file.")
@click.option("--env", metavar="VARIABLE", help="Instead: the environment variable that holds a database's address.")
@click.option("--query", type=click.Path(path_type=Path), metavar="FILE", help="With --env: a file with one SELECT.")
@click.option(
    "--column",
    "columns",
    type=ASSIGNMENT,
    multiple=True,
    metavar="NAME=COLUMN",
    help="What a column stands for: case, period, at, value, numerator, denominator, segment, arm, automated, "
    "reworked or units. Give it once for each.",
)
@click.option("--as", "by", required=True, metavar="NAME", help="The data owner whom the line names.")
@click.pass_obj
def source(
    home: str | None,
    slice_name: str,
    metric: str,
    file: Path | None,
    env: str | None,
    query: Path | None,
    columns: tuple[tuple[str, object], ...],
    by: str,
) -> None:
    """
    State where the values of an outcome line are, signed by its data owner.

    \b
    Example:
      goldenthread outcome source intake cost --file costs.csv --column period=week --column value=eur --as finance-ops
    """
    from goldenthread.control.outcomes import state_source
    from goldenthread.record.outcomes import make_source
    from goldenthread.surfaces.cli.place import opened

    text = read_at_most(query, _LARGEST_QUERY).decode(errors="replace") if query is not None else None
    path = str(file.absolute()) if file is not None else None
    named = {name: str(column) for name, column in together([(name, str(value)) for name, value in columns]).items()}
    made = make_source(metric, file=path, env=env, query=text, columns=named)
    with opened(home) as place:
        record = state_source(place.desk(slice_name), place.keys(by), made, by=by)
    say(f"{by} states where the values of {metric} are: {made.place} (record {record.chain}#{record.seq}).")
    say(f"Read them with `goldenthread outcome read {slice_name}`.")


@outcome.command()
@click.argument("slice_name", metavar="SLICE")
@click.argument("metric", required=False, metavar="[METRIC]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def read(home: str | None, slice_name: str, metric: str | None, as_json: bool) -> None:
    """
    Read the values of one outcome line, or of all that have a source. What was known before stays known as of then.

    \b
    Example:
      goldenthread outcome read intake cost_to_serve
    """
    from goldenthread.control.outcomes import read_outcome
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        desk = place.desk(slice_name)
        metrics = [metric] if metric is not None else sorted(desk.standing().windows.sources)
        found = [read_outcome(desk, one) for one in metrics]
    if as_json:
        emit(found)
        return
    if not found:
        say(f"No data owner of '{slice_name}' has stated a source. Run `goldenthread outcome source`.")
    for one in found:
        say(*_read_words(one))


@outcome.command()
@click.argument("slice_name", metavar="SLICE")
@click.argument("share", type=float, metavar="PERCENT")
@click.option("--as", "by", required=True, metavar="NAME", help="An owner of the slice.")
@click.pass_obj
def holdout(home: str | None, slice_name: str, share: float, by: str) -> None:
    """
    Leave a share of cases with people, drawn by key, so that the difference the agent makes can be told; 0 ends it.

    \b
    Example:
      goldenthread outcome holdout intake 10 --as maya@example.com
    """
    from goldenthread.control.outcomes import hold_out
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        record = hold_out(place.desk(slice_name), place.keys(by), Decimal(str(share)), by=by)
    where = f"record {record.chain}#{record.seq}"
    if Decimal(record.data["share"]):
        say(f"From now on {record.data['share']} % of cases stay with people ({where}); their runs are in shadow.")
    else:
        say(f"From now on no case is held out ({where}).")


@outcome.command()
@click.argument("slice_name", metavar="[SLICE]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(home: str | None, slice_name: str | None, as_json: bool) -> None:
    """
    Show every outcome line: what was promised, what is measured, when it is due, and what it holds back.

    \b
    Example:
      goldenthread outcome status open-source-intake
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views import outcome_status

    with opened(home) as place:
        slices = [place.chosen(slice_name)] if slice_name else place.slices()
        views = [outcome_status(place.desk(name)) for name in slices]
    if as_json:
        emit(views)
        return
    for number, view in enumerate(views):
        say(*([""] if number else []), f"{view.slice}: {view.words}")
        rows = [
            (one.metric, one.before_after, one.before, one.now, one.state, one.due, one.owner) for one in view.lines
        ]
        table(("outcome", "promised", "before", "now", "state", "due", "owner"), rows)
        say(*(f"  {one.metric} is {one.words}." for one in view.lines))
        say(*(work_words(view.work) if view.work is not None else ()))
        say(*(f"RED FLAG since {moment(one.onset)}, for {one.owner}: {one.words}." for one in view.flags))


@outcome.command()
@click.argument("slice_name", metavar="SLICE")
@click.argument("metric")
@click.option("--as-of", type=_DAY, metavar="DAY", help="By what was known at the end of this day.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def delta(home: str | None, slice_name: str, metric: str, as_of: datetime | None, as_json: bool) -> None:
    """
    Tell what difference a line made, with its range, and how strong the claim is.

    \b
    Example:
      goldenthread outcome delta intake cost_to_serve
    """
    from goldenthread.control.outcomes import DESIGNS, outcome_delta
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views.outcome_line import SIDES

    with opened(home) as place:
        found = outcome_delta(place.desk(slice_name), metric, as_of=_end_of(as_of))
    if as_json:
        emit(found)
        return
    unit = "% of cases reach the target" if found.share else found.line.shift.target.unit
    say(f"{metric} of {slice_name}, {found.span}: {found.claim}.")
    now, before = SIDES[found.design]
    say(f"  {now} {found.agent:.2f} {unit} over {found.agent_cases:,} cases,")
    say(f"  {before} {found.other:.2f} {unit} over {found.other_cases:,} cases.")
    say(f"  Compared ({found.design}): {DESIGNS[found.design]}.")
    if found.kinds > 1 or found.left_out:
        say(f"  {found.kinds} kinds of case in the same mix; {found.left_out:,} cases of other kinds are left out.")
    if found.low is not None:
        say(f"  The range holds at every look at once, at {found.confidence * 100:.0f} % confidence.")


@outcome.command()
@click.argument("slice_name", metavar="SLICE")
@click.argument("metric")
@click.option("--as-of", type=_DAY, metavar="DAY", help="By what was known at the end of this day.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def explain(home: str | None, slice_name: str, metric: str, as_of: datetime | None, as_json: bool) -> None:
    """
    Tell why a number moved since its baseline: mix, automation, rework, unit price and rest, adding up exactly.

    \b
    Example:
      goldenthread outcome explain intake cost_to_serve
    """
    from goldenthread.control.outcomes import explain_outcome
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        found = explain_outcome(place.desk(slice_name), metric, as_of=_end_of(as_of))
    if as_json:
        emit(found)
        return
    unit, cents = found.line.shift.target.unit, found.explanation.in_places(2)
    say(f"{metric} of {slice_name}, from its baseline to {found.span}:")
    rows = [("before", _cents(cents.before), f"{found.before_cases:,} values")]
    rows += [(name, _cents(amount, sign="+"), "") for name, amount in cents.drivers.items()]
    rows.append(("after", _cents(cents.after), f"{found.after_cases:,} values"))
    table(("", unit, ""), rows)
    if not found.kinds:
        say("The values name no kinds of case, so mix cannot be told and stays in the rest.")
    if not found.explanation.priced:
        say("The values name no units, so no price can be told and stays in the rest.")


@outcome.command()
@click.argument("slice_name", metavar="[SLICE]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def flags(home: str | None, slice_name: str | None, as_json: bool) -> None:
    """
    List the red flags of one slice or of all, and put on record what came due.

    \b
    Example:
      goldenthread outcome flags
    """
    from goldenthread.control.outcomes import tick_outcomes
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views import outcome_status

    with opened(home) as place:
        slices = [place.chosen(slice_name)] if slice_name else place.slices()
        desks = [desk for desk in map(place.desk, slices) if desk.standing().latest is not None]
        for desk in desks:
            tick_outcomes(desk)
        found = [(desk.slice, flag) for desk in desks for flag in outcome_status(desk).flags]
    if as_json:
        emit([{"slice": name, "flag": flag} for name, flag in found])
        return
    if not found:
        say("No red flag.")
    for name, flag in found:
        say(f"{name}: {flag.name} since {moment(flag.onset)}, for {flag.owner}.", f"  {flag.words}.")


def _end_of(day: datetime | None) -> datetime | None:
    """The last instant of a day, UTC."""
    return day.replace(tzinfo=UTC) + timedelta(days=1, microseconds=-1) if day is not None else None


def _cents(amount: int, sign: str = "") -> str:
    shown = Decimal(amount).scaleb(-2)
    return f"{shown:{sign}.2f}" if sign else f"{shown:.2f}"


def _read_words(one: OutcomeReading) -> list[str]:
    kept, where = one.kept, f"record {one.record.chain}#{one.record.seq}"
    counts = f"{kept.new:,} new, {kept.corrected:,} corrected, {kept.same:,} as before"
    said = [f"{one.metric}: {counts} ({where})."]
    if kept.erased:
        said.append(f"  {kept.erased:,} are of cases that were erased, and were not kept.")
    if one.refused:
        said.append(f"  {one.refused:,} rows could not be taken, so this reading settles no window:")
        said += [f"    {problem}" for problem in one.problems]
    return said
