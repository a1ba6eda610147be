"""`goldenthread thread`: from a business number to the runs behind it, and from a run up to the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.commands.cost import parts_words
from goldenthread.surfaces.cli.terminal import emit, say, table

if TYPE_CHECKING:
    from goldenthread.control.costs import CaseCost
    from goldenthread.control.outcomes import Above, Behind, Thread


@click.command()
@click.argument("slice_name", metavar="SLICE")
@click.argument("start", metavar="METRIC|RUN")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="The largest so many values.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def thread(home: str | None, slice_name: str, start: str, limit: int, as_json: bool) -> None:
    """
    Follow the golden thread: from an outcome line or a standard metric to the runs behind its number, or from a run up
    to the outcomes. Behind an outcome each run is shown with what it cost itself: models, tools, people.

    \b
    Example:
      goldenthread thread intake cost_to_serve
      goldenthread thread intake 3f9a
    """
    from goldenthread.control.outcomes import above_run, behind_outcome, case_of, run_of
    from goldenthread.record.metrics import STANDARD
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views.costs import run_cost_views

    with opened(home) as place:
        desk = place.desk(slice_name)
        down = any(shift.metric == start for shift in desk.contract().shifts.values())
        if start in STANDARD and not down:
            _standard(slice_name, start, limit, as_json=as_json)
            return
        found = behind_outcome(desk, start) if down else above_run(desk, start)
        largest = found.values[:limit] if not isinstance(found, tuple) else ()
        shown = [(one, case_of(desk, one.run) if one.run else "") for one in largest]
        runs = [run_of(desk, start)] if isinstance(found, tuple) else [one.run for one in largest if one.run]
        costs = run_cost_views(desk, place.home.path, runs)
    if as_json:
        emit({"found": found, "costs": costs})
    elif isinstance(found, tuple):
        _print_above(slice_name, start, found)
        say(*(f"Run {run} cost {parts_words(cost)}." for run, cost in costs.items()))
    else:
        _print_behind(found, shown, costs)


def _standard(slice_name: str, metric: str, limit: int, *, as_json: bool) -> None:
    """The runs behind a standard metric, as `goldenthread metrics cases` lists them."""
    from goldenthread.surfaces.cli.commands.metrics import cases

    said = {"metric": metric, "slice_name": slice_name, "limit": limit, "as_json": as_json}
    click.get_current_context().invoke(cases, **said)


def _print_behind(found: Thread, shown: list[tuple[Behind, str]], costs: Mapping[str, CaseCost]) -> None:
    line, count = found.line, len(found.values)
    say(f"'{line.shift}' is {line.words}.", f"Behind it are {count:,} values, {_by(found.by)}:")
    columns = ("value", "day", "kind", "by", "case", "run", "record", "its run cost")
    table(columns, [(*_row(found.slice, *one), _cost(costs.get(one[0].run))) for one in shown])
    if count > len(shown):
        say(f"These are the largest {len(shown)} of {count:,}; see more with --limit.")
    say("`goldenthread why CASE` shows what was done in a case, and which clause allowed it.")


def _print_above(slice_name: str, run: str, found: tuple[Above, ...]) -> None:
    if not found:
        say(f"No data owner has given a value of the case of run {run} yet.")
    for one in found:
        unit = one.line.shift.target.unit
        say(f"Run {one.value.run or run} is part of '{one.line.shift}', which is {one.line.words}:")
        say(f"  its case was worth {one.value.value:f} {unit} on {one.value.day} ({slice_name}#{one.value.since}).")


def _cost(cost: CaseCost | None) -> str:
    return parts_words(cost) if cost is not None else ""


def _row(slice_name: str, one: Behind, case: str) -> tuple[str, ...]:
    return f"{one.value:f}", one.day, one.kind, one.arm, case, one.run[:16], f"{slice_name}#{one.since}"


def _by(counts: Mapping[str, int]) -> str:
    return " and ".join(f"{count:,} by {arm if arm == 'people' else 'the agent'}" for arm, count in counts.items())
