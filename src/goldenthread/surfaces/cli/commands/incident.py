"""`goldenthread incident` and `goldenthread watch`: what is not as it must be, and what people do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.terminal import emit, moment, say, table

if TYPE_CHECKING:
    from goldenthread.control.incidents import Incident
    from goldenthread.control.response import Looked

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_BY = click.option("--as", "by", required=True, metavar="NAME", help="Who says so; signs with their key.")
_ID = click.argument("id", metavar="INCIDENT")


@click.group()
def incident() -> None:
    """
    See what is not as it must be in a slice, say that you are at it, what you found, and why it came.

    \b
    Example:
      goldenthread incident list
      goldenthread incident take refunds#41 --as maya@example.com
    """


@incident.command("list")
@click.argument("slice_name", metavar="[SLICE]", required=False)
@click.option("--all", "closed", is_flag=True, help="Those that are closed, too.")
@_JSON
@click.pass_obj
def list_(home: str | None, slice_name: str | None, closed: bool, as_json: bool) -> None:
    """
    List the incidents of one slice or of all, and put on record what came due.

    \b
    Example:
      goldenthread incident list refunds --all
    """
    from goldenthread.control.response import tick_incidents
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views import incidents_view

    with opened(home) as place:
        slices = [place.chosen(slice_name)] if slice_name else place.slices()
        desks = [desk for desk in map(place.desk, slices) if desk.standing().latest is not None]
        for desk in desks:
            tick_incidents(desk)
        views = [incidents_view(desk, closed=closed) for desk in desks]
    if as_json:
        emit(views)
        return
    found = [one for view in views for one in view.incidents]
    if not found:
        say("No incident is open." if not closed else "No incident.")
        return
    table(
        ("incident", "state", "cause", "owner", "since", "to detect", "to respond", "to recover"),
        [
            (
                one.id,
                one.state,
                one.cause,
                one.owner,
                moment(one.onset) if one.onset is not None else "unknown",
                one.to_detect,
                one.to_respond,
                one.to_recover,
            )
            for one in found
        ],
    )
    say(*(f"{one.id}: {one.words}." for one in found))


@incident.command()
@_ID
@_JSON
@click.pass_obj
def show(home: str | None, id: str, as_json: bool) -> None:
    """
    Show one incident from its onset to its end, and what can be done next.

    \b
    Example:
      goldenthread incident show refunds#41
    """
    from goldenthread.control.response import load_incidents
    from goldenthread.promise.errors import IncidentUnknown
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views import incident_view

    with opened(home) as place:
        name = place.chosen(_slice_of(id))
        one = load_incidents(place.desk(name)).find(id)
    if one is None:
        raise IncidentUnknown(f"'{id}' is no incident of '{name}'. Run `goldenthread incident list {name} --all`.")
    view = incident_view(one)
    if as_json:
        emit(view)
        return
    say(f"{view.id} is {view.state}, for {view.owner}. {view.cause_words}.", f"  {view.words}.")
    say(f"  Since {moment(view.onset) if view.onset is not None else 'nobody knows when'}.")
    say(f"  Told {moment(view.detected)} (to detect: {view.to_detect}).")
    if view.taken is not None:
        say(f"  {view.taken_by} is at it since {moment(view.taken)} (to respond: {view.to_respond}).")
    if view.recovered is not None:
        say(f"  Over {moment(view.recovered)} (to recover: {view.to_recover}).")
    for said in view.said:
        say(f"  {moment(said.at)}  {said.by}  {said.what}{f': {said.words}' if said.words else ''}")
    say(*view.commands)


@incident.command()
@_ID
@_BY
@click.pass_obj
def take(home: str | None, id: str, by: str) -> None:
    """
    Say that you are at it. The first response ends the time to respond.

    \b
    Example:
      goldenthread incident take refunds#41 --as maya@example.com
    """
    from goldenthread.control.response import take_incident
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        found = take_incident(place.desk(place.chosen(_slice_of(id))), place.keys(by), id, by=by)
    _tell(found, f"{by} is at {id}")


@incident.command()
@_ID
@click.argument("words")
@_BY
@click.pass_obj
def note(home: str | None, id: str, words: str, by: str) -> None:
    """
    Put on record what you found or did. It is kept for good, so write nothing secret or personal.

    \b
    Example:
      goldenthread incident note refunds#41 "the price list of the provider changed" --as maya@example.com
    """
    from goldenthread.control.response import note_incident
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        found = note_incident(place.desk(place.chosen(_slice_of(id))), place.keys(by), id, words, by=by)
    _tell(found, f"Noted of {id}")


@incident.command()
@_ID
@click.argument("words")
@_BY
@click.pass_obj
def recover(home: str | None, id: str, words: str, by: str) -> None:
    """
    Say that it is over, where that is not seen by itself.

    \b
    Example:
      goldenthread incident recover refunds#41 "the old prompt is back" --as maya@example.com
    """
    from goldenthread.control.response import recover_incident
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        found = recover_incident(place.desk(place.chosen(_slice_of(id))), place.keys(by), id, words, by=by)
    _tell(found, f"{id} is over")


@incident.command()
@_ID
@click.argument("cause")
@click.option("--usual", is_flag=True, help="Of an anomaly: what it changed to is usual from its onset on.")
@_BY
@click.pass_obj
def close(home: str | None, id: str, cause: str, usual: bool, by: str) -> None:
    """
    Close an incident that is over, with its cause in words; by an owner or the expert of the slice.

    \b
    Example:
      goldenthread incident close refunds#41 "the provider raised its prices" --usual --as maya@example.com
    """
    from goldenthread.control.response import close_incident
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        desk = place.desk(place.chosen(_slice_of(id)))
        found = close_incident(desk, place.keys(by), id, cause, by=by, usual=usual)
    _tell(found, f"{id} is closed")


@click.command()
@click.argument("slice_name", metavar="[SLICE]", required=False)
@click.option(
    "--false-alarm",
    type=click.FloatRange(2.0),
    default=365.0,
    show_default=True,
    metavar="DAYS",
    help="Average days of a slice to a false alarm, all its series together.",
)
@_JSON
@click.pass_obj
def watch(home: str | None, slice_name: str | None, false_alarm: float, as_json: bool) -> None:
    """
    Look at every day that is over, in one slice or all: what is other than usual opens an incident.

    A standing process does the same by itself, once a day; looking again changes nothing.

    \b
    Example:
      goldenthread watch refunds
    """
    from goldenthread.control.response import look
    from goldenthread.promise.evidence.anomalies import Pace
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        slices = [place.chosen(slice_name)] if slice_name else place.slices()
        desks = [desk for desk in map(place.desk, slices) if desk.standing().latest is not None]
        found = [look(desk, pace=Pace(false_alarm_days=false_alarm)) for desk in desks]
    if as_json:
        emit(found)
        return
    for looked in found:
        say(*_looked_words(looked))
    if not found:
        say("No slice has a contract. Write one with `goldenthread contract new`.")


def _looked_words(looked: Looked) -> list[str]:
    opened = [record for record in looked.records if record.kind == "incident:open"]
    over = [record for record in looked.records if record.kind == "incident:recover"]
    said = [f"{looked.slice}, days up to {looked.until.isoformat()}: {len(opened)} opened, {len(over)} over."]
    said += [f"  {record.chain}#{record.seq}, for {record.data['owner']}: {record.data['words']}." for record in opened]
    said += [f"  {record.data['incident']} is over: {record.data['words']}." for record in over]
    return said


def _tell(found: Incident, what: str) -> None:
    from goldenthread.surfaces.views import incident_view

    view = incident_view(found)
    said = f"detected after {view.to_detect}, " if view.to_detect_s is not None else ""
    say(f"{what}: {said}first response {view.to_respond}, recovery {view.to_recover}.")
    say(*view.commands)


def _slice_of(id: str) -> str | None:
    return id.rpartition("#")[0] or None
