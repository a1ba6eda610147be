"""`goldenthread metrics`: show, cases, catalogue, refresh, rebuild."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.terminal import emit, say, table

if TYPE_CHECKING:
    from goldenthread.record.metrics.facts import Days, Refreshed
    from goldenthread.surfaces.cli.place import Place
    from goldenthread.surfaces.views.standard import SliceMetrics

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_DAYS = click.option(
    "--days", "count", type=click.IntRange(1, 3660), default=28, show_default=True, help="How many days."
)
_UNTIL = click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="The last of them; by default today, UTC."
)
_COSTS = click.option(
    "--cost-days",
    type=click.IntRange(0, 3660),
    default=28,
    show_default=True,
    help="Take in what cases of so many days cost, too; 0 leaves costs out.",
)
_SHOWN = 20


@click.group()
def metrics() -> None:
    """
    See the standard metrics of a slice, and the runs behind each. They are made from the ledger and earn no level.

    \b
    Example:
      goldenthread metrics show open-source-intake
      goldenthread metrics cases rework_rate --slice open-source-intake
    """


@metrics.command()
@click.argument("slice_name", metavar="[SLICE]", required=False)
@_DAYS
@_UNTIL
@click.option("--by", type=click.Choice(["day", "level", "fingerprint", "source"]), help="Also each part alone.")
@click.option("--metric", "only", multiple=True, metavar="METRIC", help="Only these; give it once for each.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="By what was known at the end of that day, from the ledger alone.",
)
@_JSON
@click.pass_obj
def show(
    home: str | None,
    slice_name: str | None,
    count: int,
    until: datetime | None,
    by: str | None,
    only: tuple[str, ...],
    as_of: datetime | None,
    as_json: bool,
) -> None:
    """
    Show every standard metric of a slice over some days, the contract's lines beside them, and the error budget.

    A case belongs to the day on which its run began. Pending is what the figure may yet be made of.

    \b
    Example:
      goldenthread metrics show intake --days 28
      goldenthread metrics show intake --by level --metric automation_rate
      goldenthread metrics show intake --as-of 2026-11-01
    """
    from goldenthread.record.metrics.facts import standard
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views.standard import instant_after, slice_metrics

    wanted = [standard(name).name for name in only]
    with opened(home) as place:
        desk = place.desk(slice_name)
        known = instant_after(as_of.date()) if as_of is not None else None
        days = _days(place, count, until or as_of)
        found = slice_metrics(place.home, desk, days=days, by=by, as_of=known)
    if as_json:
        emit(found.record())
        return
    _print(found, by, wanted)


@metrics.command()
@click.argument("metric", metavar="METRIC")
@click.option("--slice", "slice_name", metavar="SLICE", help="Whose; may be left out where there is only one.")
@_DAYS
@_UNTIL
@click.option("--value", type=click.Choice(["yes", "no", "pending"]), help="Only runs with that.")
@click.option("--limit", type=click.IntRange(1), default=_SHOWN, show_default=True, help="How many to print at most.")
@_JSON
@click.pass_obj
def cases(
    home: str | None,
    metric: str,
    slice_name: str | None,
    count: int,
    until: datetime | None,
    value: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """
    List the runs that a number is made of: exactly those, the latest first. Cases stand by their pseudonyms.

    \b
    Example:
      goldenthread metrics cases rework_rate --slice intake --value yes
    """
    from goldenthread.record.metrics import folder_of
    from goldenthread.record.metrics.facts import open_facts, refresh, standard
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views.standard import worth

    standard(metric)
    with opened(home) as place:
        chosen = place.chosen(slice_name)
        folder = folder_of(place.home.path)
        refresh(folder, place.ledger)
        with open_facts(folder) as facts:
            found = facts.behind(metric, _days(place, count, until), slice_name=chosen)
    wanted = {"yes": 1, "no": 0, "pending": None}
    if value is not None:
        found = [one for one in found if one.value == wanted[value]]
    if as_json:
        emit(found)
        return
    say(f"{len(found):,} runs are behind {metric} of {chosen}.")
    table(
        ("day", "run", "case", "agent", "level", "source", "value"),
        [
            (one.day, one.run, one.case, one.agent, one.level, one.source, worth(standard(metric), one.value))
            for one in found[:limit]
        ],
    )
    if len(found) > limit:
        say(f"{len(found) - limit:,} more; `--limit {len(found)}` lists them all.")
    if found:
        say("", f"Follow one with `goldenthread thread {chosen} {found[0].run}`.")


@metrics.command()
@_JSON
def catalogue(as_json: bool) -> None:
    """
    List the standard metrics: what each counts over what, who says so, and when it is known.

    \b
    Example:
      goldenthread metrics catalogue
    """
    from goldenthread.record.metrics import STANDARD

    if as_json:
        emit(list(STANDARD.values()))
        return
    columns = ("metric", "unit", "better", "of", "what")
    table(columns, [(one.name, one.unit, one.direction, one.of, one.words) for one in STANDARD.values()])
    say("", "In full: docs/reference/metrics.md, or --json.")


@metrics.command()
@_COSTS
@_JSON
@click.pass_obj
def refresh(home: str | None, cost_days: int, as_json: bool) -> None:
    """
    Take in what came on record since the last time. Every question does so by itself; done every night they stay quick.

    \b
    Example:
      goldenthread metrics refresh
    """
    from goldenthread.record.metrics import folder_of
    from goldenthread.record.metrics.facts import refresh as bring_up_to_date
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        done = bring_up_to_date(folder_of(place.home.path), place.ledger)
        costs = _take_in_costs(place, cost_days)
    _say_done(done, costs, as_json=as_json)


@metrics.command()
@_COSTS
@_JSON
@click.pass_obj
def rebuild(home: str | None, cost_days: int, as_json: bool) -> None:
    """
    Make everything anew from the ledger; the numbers are the same as before, or the ledger is another one.

    \b
    Example:
      goldenthread metrics rebuild
    """
    from goldenthread.record.metrics import folder_of
    from goldenthread.record.metrics.facts import rebuild as make_anew
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        done = make_anew(folder_of(place.home.path), place.ledger)
        costs = _take_in_costs(place, cost_days)
    _say_done(done, costs, as_json=as_json)


def _take_in_costs(place: Place, cost_days: int) -> int:
    """Of every slice with a contract."""
    from goldenthread.surfaces.views.standard import take_in_costs

    if not cost_days:
        return 0
    desks = [desk for desk in map(place.desk, place.slices()) if desk.standing().latest is not None]
    return sum(take_in_costs(place.home, desk, _days(place, cost_days, None)) for desk in desks)


def _say_done(done: Refreshed, costs: int, *, as_json: bool) -> None:
    if as_json:
        emit({**vars(done), "costs": costs})
        return
    say(f"{done.records:,} records read, {done.changed:,} runs changed; {done.rows:,} runs are known.")
    if costs:
        say(f"Costs of {costs:,} cases are other than before.")
    if done.refused:
        say(f"{done.refused:,} records could not be read and count for nothing. See `goldenthread ledger verify`.")


def _print(found: SliceMetrics, by: str | None, only: list[str]) -> None:
    from goldenthread.surfaces.views.standard import budget_words, line_words, part_words, value_words

    said = "" if found.as_of is None else f", by what was known on {found.as_of.date().isoformat()}"
    say(f"{found.slice}, {found.days.first.isoformat()} to {found.days.last.isoformat()} UTC{said}.")
    rows = [one for one in found.whole if not only or one.metric.name in only]
    table(
        ("metric", "value", "known", "pending", "contract"),
        [
            (one.metric.name, value_words(one), f"{one.known:,}", _pending(one.pending), line_words(line))
            for one in rows
            for line in [found.line(one.metric.name)]
        ],
    )
    if by is not None:
        say("", f"By {by}; where something is pending, the figure can still change:")
        table(
            (by, "metric", "value", "known", "pending"),
            [
                (part_words(one), one.metric.name, value_words(one), f"{one.known:,}", _pending(one.pending))
                for one in found.parts
                if (one.known or one.pending) and (not only or one.metric.name in only)
            ],
        )
    if found.budget is not None:
        say("", budget_words(found.budget))
    if found.refused:
        say(f"{found.refused:,} records of this slice could not be read and count for nothing.")


def _pending(number: int) -> str:
    return f"{number:,}" if number else ""


def _days(place: Place, count: int, until: datetime | None) -> Days:
    from goldenthread.record.metrics.facts import Days

    last: date = until.date() if until is not None else place.ledger.clock().astimezone(UTC).date()
    return Days.until(last, count)
