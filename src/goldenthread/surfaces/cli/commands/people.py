"""`goldenthread people`: who answers for a slice, when, and what their queue will look like."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.terminal import emit, moment, say, table

if TYPE_CHECKING:
    from goldenthread.control.coverage import DayAhead, Forecast, Range
    from goldenthread.surfaces.views import PeopleView

_GAPS = 5


@click.command()
@click.argument("slice_name", metavar="[SLICE]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def people(home: str | None, slice_name: str | None, as_json: bool) -> None:
    """
    Tell who may answer for a slice in the next two weeks, when nobody is there, and what their queue will look like.

    \b
    Example:
      goldenthread people open-source-intake
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views import people_view

    with opened(home) as place:
        slices = [place.chosen(slice_name)] if slice_name else place.slices()
        views = [people_view(place.desk(name)) for name in slices]
    if as_json:
        emit(views)
        return
    if not views:
        say("This home has no slice yet. Run `goldenthread contract new`.")
    for number, view in enumerate(views):
        say(*([""] if number else []), f"{view.slice}: {_covered(view)}")
        _print(view)


def _print(view: PeopleView) -> None:
    say(*_states(view), "")
    if view.people:
        table(
            ("who", "as", "there", "hours ahead", "answers in 4 weeks", "last"),
            [
                (one.name, one.role, _there(one.there, one.away_until, one.next_leave), f"{one.hours:.0f}",
                 one.answers, moment(one.last_answer))
                for one in view.people
            ],
        )  # fmt: skip
    else:
        say("Nobody may answer for it. Grant somebody the role approver.")
    if view.responsible is not None:
        say(f"{view.responsible} answers for {view.agent} and so approves nothing of it.")
    say("", *_queue(view), "")
    _print_ahead(view)


def _covered(view: PeopleView) -> str:
    when = f"of {view.calendar}" if view.calendar is not None else "round the clock"
    return f"{view.covered:.0f} of {view.hours:.0f} working hours covered in the next two weeks ({when})"


def _states(view: PeopleView) -> Iterator[str]:
    if view.fallback is None:
        yield "The contract does not say what happens when people leave."
    elif not view.alone:
        yield f"If people leave: {view.fallback}. Somebody is there."
    for one in view.alone:
        yield f"{one.agent} has fallen back to {one.level}: {one.words}. An answer or a return ends it."
    for gap in view.gaps[:_GAPS]:
        hours = gap.working.total_seconds() / 3600
        yield f"Nobody is there from {moment(gap.begins)} to {moment(gap.ends)}: {hours:.1f} working hours."
    if len(view.gaps) > _GAPS:
        yield f"And {len(view.gaps) - _GAPS} more gaps; --json has them all."


def _there(there: bool, away_until: datetime | None, next_leave: datetime | None) -> str:
    if not there:
        return f"away until {moment(away_until)}" if away_until is not None else "away until they return"
    return f"yes, away from {moment(next_leave)}" if next_leave is not None else "yes"


def _queue(view: PeopleView) -> Iterator[str]:
    queue = view.queue
    yield (
        f"{queue.asked} items were asked in {queue.working_days} working days since {moment(queue.since)}, "
        f"{queue.per_working_day:.1f} a day; {queue.open} wait now"
        f"{_oldest(queue.oldest_minutes)}."
    )
    if queue.median_minutes is not None and queue.median_wait_minutes is not None:
        yield (
            f"Half of {queue.answers} answers took a person at most {_minutes(queue.median_minutes)} and came "
            f"within {_minutes(queue.median_wait_minutes)} of working time."
        )


def _oldest(minutes: float | None) -> str:
    return f", the oldest for {_minutes(minutes)} of working time" if minutes is not None else ""


def _print_ahead(view: PeopleView) -> None:
    found = view.forecast
    if found.lacks is not None:
        say(f"Nothing can be said yet of the days ahead: {found.lacks}.")
        return
    busy = [one for one in found.days if one.comes.high or one.waiting.high]
    rows = [(f"{one.day:%a %Y-%m-%d}", _span(one.comes), _span(one.waiting), _wait(one)) for one in busy]
    table(("day", "comes", "waits at most", "half answered within"), rows)
    say(f"Middle (and tenth to nine tenths) of {found.plays} plays of what comes against who is there.")
    say(*_breaks(view, found), f"Assumed: {'; '.join(view.assumptions)}.")


def _breaks(view: PeopleView, found: Forecast) -> Iterator[str]:
    lines = []
    if view.backlog is not None:
        counts = [one.over_backlog for one in found.days]
        lines.append((f"The line '{view.backlog}'", found.backlog_breaks, counts))
    if view.first_step is not None:
        counts = [one.over_time for one in found.days]
        lines.append((f"The first step, '{view.first_step}',", found.time_breaks, counts))
    for line, day, counts in lines:
        if day is not None:
            index = [one.day for one in found.days].index(day)
            yield f"{line} is likely broken on {day:%a %Y-%m-%d}: in {counts[index]} of {found.plays} plays."
        else:
            yield f"{line} likely holds: broken in at most {max(counts, default=0)} of {found.plays} plays on any day."


def _span(found: Range) -> str:
    return f"{found.middle:.0f} ({found.low:.0f} to {found.high:.0f})"


def _wait(one: DayAhead) -> str:
    return f"{_minutes(one.wait_s.middle / 60)} ({_minutes(one.wait_s.low / 60)} to {_minutes(one.wait_s.high / 60)})"


def _minutes(minutes: float) -> str:
    if math.isinf(minutes):
        return "never"
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"
