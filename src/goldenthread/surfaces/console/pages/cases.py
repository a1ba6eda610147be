"""Cases, runs, and the golden thread of an action."""

from __future__ import annotations

from dataclasses import dataclass, fields

from goldenthread.promise.errors import PageNotFound
from goldenthread.surfaces import views
from goldenthread.surfaces.console.asking import Asked, Deed, Page, Shown
from goldenthread.surfaces.console.pages.common import cursor, to_slice
from goldenthread.surfaces.console.pages.runs import timeline_of
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.views.timeline_parts import SHOWS, Timeline

PAGE = 50
"""Cases a page."""


@dataclass(frozen=True, kw_only=True)
class RunPage(views.CaseView):
    """A case by one of its runs, with the run's timeline; before it were `earlier` on it, `beside` on another case."""

    timeline: Timeline
    earlier: str | None
    beside: str | None


def cases_page(asked: Asked) -> Shown:
    """The cases of a slice, newest first."""
    name = asked.path["slice"]
    shown = views.case_page(
        asked.shelf.desk(name),
        limit=PAGE,
        after=cursor(asked.query, "after", "cases"),
        status=_status(asked.query.get("status")),
    )
    return Shown(
        template="cases.html",
        title=f"Cases of {name}",
        view=shown,
        trail=to_slice(name),
        live=(name,),
        more={"chosen": asked.query.get("with", "")[:40]},
    )


def case_page(asked: Asked) -> Shown:
    """One case."""
    name = asked.path["slice"]
    desk = asked.shelf.desk(name)
    found = views.case(desk, asked.path["run"])
    known = {one.name: getattr(found, one.name) for one in fields(found)}
    timeline = timeline_of(asked, afresh=True)
    earlier, beside = views.runs_before(desk, found.run)
    shown = RunPage(**known, timeline=timeline, earlier=earlier, beside=beside)
    trail = (*to_slice(name), ("Cases", f"/slices/{name}/cases"))
    return Shown(
        template="case.html",
        title=f"Case {shown.case.words}",
        view=shown,
        trail=trail,
        live=(name,),
        scripts=("timeline",),
        more={"shows": SHOWS, "timeline": timeline},
    )


def action_page(asked: Asked) -> Shown:
    """The golden thread of an action."""
    shown = views.thread(asked.shelf.ledger, asked.path["action"], asked.shelf.desk)
    asked.visitor.require(Right.CONTENT, shown.slice)
    trail = (
        *to_slice(shown.slice),
        ("Cases", f"/slices/{shown.slice}/cases"),
        (f"Case {shown.run.case.words}", f"/slices/{shown.slice}/cases/{shown.run.id}"),
    )
    return Shown(template="thread.html", title="Golden thread", view=shown, trail=trail)


def _status(text: str | None) -> str | None:
    if text is not None and text not in views.STATUSES:
        raise PageNotFound(f"No case has the status '{text}'. Choose one of {', '.join(views.STATUSES)}.")
    return text


PAGES: tuple[Page, ...] = (
    Page(address="/slices/{slice}/cases", draw=cases_page, right=Right.CONTENT, tab="Cases"),
    Page(address="/slices/{slice}/cases/{run}", draw=case_page, right=Right.CONTENT),
    Page(address="/actions/{action}", draw=action_page, right=Right.CONTENT),
)
DEEDS: tuple[Deed, ...] = ()
