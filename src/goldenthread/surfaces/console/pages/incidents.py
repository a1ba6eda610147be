"""Incidents: of all slices, of one, and one from its onset to its end, with what people say of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from goldenthread.control.guard import require_may_say
from goldenthread.control.incidents import CLOSE, NOTE, RECOVER, TAKE, Incident, is_anomaly
from goldenthread.control.response import close_incident, note_incident, recover_incident, take_incident
from goldenthread.promise.errors import GoldenthreadError, PageNotFound
from goldenthread.surfaces import views
from goldenthread.surfaces.console.asking import Asked, Deed, Done, Page, Shown
from goldenthread.surfaces.console.pages.common import HOME, to_slice
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.views import IncidentsView, IncidentView

CLOSED = 50
"""Closed incidents that the page of all slices shows, the newest."""


@dataclass(frozen=True, kw_only=True)
class AllIncidents:
    """Of every slice that the visitor may see: those that are open, the oldest first, then the newest closed."""

    open: int
    words: str
    incidents: tuple[IncidentView, ...]


def incidents_page(asked: Asked) -> Shown:
    """The incidents of all slices."""
    known = asked.visitor.slices(Right.SEE, asked.shelf.slices())
    found = [one for view in asked.shelf.remembered("incidents", known, views.incidents_view) for one in view.incidents]
    waiting = sorted((one for one in found if one.closed is None), key=lambda one: (one.detected, one.id))
    over = sorted((one for one in found if one.closed is not None), key=lambda one: one.detected, reverse=True)
    view = AllIncidents(open=len(waiting), words=views.open_words(len(waiting)), incidents=(*waiting, *over[:CLOSED]))
    return Shown(template="incidents.html", title="Incidents", view=view, trail=HOME, live=known, more={"slice": None})


def slice_incidents_page(asked: Asked) -> Shown:
    """The incidents of a slice, those that are open first."""
    name = asked.path["slice"]
    return Shown(
        template="incidents.html",
        title=f"Incidents of {name}",
        view=_of(asked, name),
        trail=to_slice(name),
        live=(name,),
        more={"slice": name},
    )


def incident_page(asked: Asked) -> Shown:
    """One incident, from its onset to its end."""
    name, place = asked.path["slice"], asked.path["place"]
    shown = next((one for one in _of(asked, name).incidents if one.id == f"{name}#{place}"), None)
    if shown is None:
        raise PageNotFound(f"'{name}' has no incident '{place[:80]}'. See the incidents of the slice.")
    why_not = {kind: _why_not(asked, kind, name) for kind in (TAKE, NOTE, RECOVER, CLOSE)}
    mine = any(said.what == "take" and said.by == asked.visitor.name for said in shown.said)
    return Shown(
        template="incident.html",
        title=f"Incident {shown.id}",
        view=shown,
        trail=(*to_slice(name), ("Incidents", f"/slices/{name}/incidents")),
        live=(name,),
        more={
            "why_not": {kind.partition(":")[2]: words for kind, words in why_not.items()},
            "mine": mine,
            "anomaly": is_anomaly(shown.ground),
            "typed": asked.form,
        },
    )


def take(asked: Asked) -> Done:
    """Say that one is at it."""
    return _said(asked, take_incident, "You are at it. That ends the time to respond.")


def note(asked: Asked) -> Done:
    """Put on record what one found or did."""
    return _said(asked, note_incident, "It stands on record.", asked.word("words"))


def recover(asked: Asked) -> Done:
    """Say that it is over."""
    return _said(asked, recover_incident, "It is over. An owner or the expert closes it.", asked.word("words"))


def close(asked: Asked) -> Done:
    """Close it with its cause; of an anomaly, perhaps as what is usual from now on."""
    usual = asked.form.get("usual") == "yes"
    said = "It is closed, and what it changed to is usual from now on." if usual else "It is closed."
    return _said(asked, close_incident, said, asked.word("words"), usual=usual)


def _said(asked: Asked, say: Callable[..., Incident], said: str, *words: str, **more: Any) -> Done:
    name, place = asked.path["slice"], asked.path["place"]
    say(asked.shelf.desk(name), asked.ring(), f"{name}#{place}", *words, by=asked.name, **more)
    return Done(to=f"/slices/{name}/incidents/{place}", said=said)


def _of(asked: Asked, name: str) -> IncidentsView:
    return asked.shelf.remembered("incidents", (name,), views.incidents_view)[0]


def _why_not(asked: Asked, kind: str, slice_name: str) -> str:
    if asked.visitor.name is None:
        return "You act as nobody. Choose at the top of the page whom you act as."
    try:
        require_may_say(asked.shelf.principals(), kind, asked.visitor.name, slice_name)
    except GoldenthreadError as problem:
        return problem.message
    return ""


INCIDENT = Page(address="/slices/{slice}/incidents/{place}", draw=incident_page, right=Right.SEE)

PAGES: tuple[Page, ...] = (
    Page(address="/incidents", draw=incidents_page, right=Right.SEE, nav="Incidents"),
    Page(address="/slices/{slice}/incidents", draw=slice_incidents_page, right=Right.SEE, tab="Incidents"),
    INCIDENT,
)
DEEDS: tuple[Deed, ...] = tuple(
    Deed(address=f"{INCIDENT.address}/{name}", do=do, right=Right.RESPOND, again=INCIDENT)
    for name, do in (("take", take), ("note", note), ("recover", recover), ("close", close))
)
