"""What each address shows: a template with its view, and the same view as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from goldenthread.promise.contract import Contract, page
from goldenthread.promise.errors import PageNotFound
from goldenthread.surfaces import views
from goldenthread.surfaces.console.measured import metrics_view, runs_behind
from goldenthread.surfaces.console.shelf import Shelf
from goldenthread.surfaces.views import ContractView, LadderView, NextStep, OutcomeLine, PeopleWork

PAGE = 50
"""Cases a page."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """
    A page: `view` is what its JSON twin holds; `more` are things that only the drawing needs. `trail` is the way
    here, as (words, address).
    """

    template: str
    title: str
    view: object
    trail: tuple[tuple[str, str], ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SliceView:
    """All of a slice on one page."""

    slice: str
    product: str | None
    problem: str | None
    audience: str | None
    owner: str
    contract: ContractView
    outcomes: tuple[OutcomeLine, ...]
    work: PeopleWork | None
    ladder: LadderView
    next: tuple[NextStep, ...]
    cases: int
    waiting: int
    incidents: int  # that are open


Drawer = Callable[[Shelf, Request], Shown]


def products_page(shelf: Shelf, _: Request) -> Shown:
    """Every product."""
    return Shown(template="products.html", title="Products", view=views.products(shelf.ledger, shelf.desk))


def slice_page(shelf: Shelf, request: Request) -> Shown:
    """A slice's contract, its ladder, and what people can do next."""
    name = request.path_params["slice"]
    desk = shelf.desk(name)
    shown = views.contract_view(desk)
    standing = desk.standing()
    contract = standing.versions[shown.version].contract
    outcomes = views.outcome_lines(contract, standing)
    climbed, items = views.ladder(desk), views.waiting(desk)
    view = SliceView(
        slice=name,
        product=contract.product,
        problem=contract.problem,
        audience=contract.audience,
        owner=contract.owner,
        contract=shown,
        outcomes=outcomes,
        work=views.people_work(contract, standing),
        ladder=climbed,
        next=views.next_steps(shown, climbed, items, outcomes),
        cases=sum(views.case_counts(desk).values()),
        waiting=len(items),
        incidents=views.incidents_view(desk, closed=False).open,
    )
    return Shown(template="slice.html", title=name, view=view, trail=_PRODUCTS, more={"sections": _sections(contract)})


def cases_page(shelf: Shelf, request: Request) -> Shown:
    """The cases of a slice, newest first."""
    name = request.path_params["slice"]
    shown = views.case_page(
        shelf.desk(name), limit=PAGE, after=_cursor(request), status=_status(request.query_params.get("status"))
    )
    return Shown(template="cases.html", title=f"Cases of {name}", view=shown, trail=_to_slice(name))


def case_page(shelf: Shelf, request: Request) -> Shown:
    """One case."""
    name = request.path_params["slice"]
    shown = views.case(shelf.desk(name), request.path_params["run"])
    trail = (*_to_slice(name), ("Cases", f"/slices/{name}/cases"))
    return Shown(template="case.html", title=f"Case {shown.case.words}", view=shown, trail=trail)


def inbox_page(shelf: Shelf, request: Request) -> Shown:
    """What waits for people in a slice."""
    name = request.path_params["slice"]
    items = views.waiting(shelf.desk(name))
    return Shown(
        template="inbox.html", title=f"Inbox of {name}", view=items, trail=_to_slice(name), more={"slice": name}
    )


def incidents_page(shelf: Shelf, request: Request) -> Shown:
    """The incidents of a slice, those that are open first."""
    name = request.path_params["slice"]
    shown = views.incidents_view(shelf.desk(name))
    return Shown(template="incidents.html", title=f"Incidents of {name}", view=shown, trail=_to_slice(name))


def incident_page(shelf: Shelf, request: Request) -> Shown:
    """One incident, from its onset to its end."""
    name, place = request.path_params["slice"], request.path_params["place"]
    shown = next((one for one in views.incidents_view(shelf.desk(name)).incidents if one.id == f"{name}#{place}"), None)
    if shown is None:
        raise PageNotFound(f"'{name}' has no incident '{place}'. See the incidents of the slice.")
    trail = (*_to_slice(name), ("Incidents", f"/slices/{name}/incidents"))
    return Shown(template="incident.html", title=f"Incident {shown.id}", view=shown, trail=trail)


def action_page(shelf: Shelf, request: Request) -> Shown:
    """The golden thread of an action."""
    shown = views.thread(shelf.ledger, request.path_params["action"], shelf.desk)
    trail = (
        *_to_slice(shown.slice),
        ("Cases", f"/slices/{shown.slice}/cases"),
        (f"Case {shown.run.case.words}", f"/slices/{shown.slice}/cases/{shown.run.id}"),
    )
    return Shown(template="thread.html", title="Golden thread", view=shown, trail=trail)


def metrics_page(shelf: Shelf, request: Request) -> Shown:
    """The standard metrics of a slice."""
    name = request.path_params["slice"]
    view = metrics_view(shelf, name)
    return Shown(template="metrics.html", title=f"Metrics of {name}", view=view, trail=_to_slice(name))


def runs_behind_page(shelf: Shelf, request: Request) -> Shown:
    """The runs that a number is made of."""
    name, metric = request.path_params["slice"], request.path_params["metric"]
    view = runs_behind(shelf, name, metric)
    trail = (*_to_slice(name), ("Metrics", f"/slices/{name}/metrics"))
    return Shown(template="metric.html", title=f"{view.metric} of {name}", view=view, trail=trail)


PAGES: Mapping[str, Drawer] = {
    "/slices/{slice}/metrics/{metric}": runs_behind_page,
    "/slices/{slice}/metrics": metrics_page,
    "/slices/{slice}/cases/{run}": case_page,
    "/slices/{slice}/cases": cases_page,
    "/slices/{slice}/inbox": inbox_page,
    "/slices/{slice}/incidents/{place}": incident_page,
    "/slices/{slice}/incidents": incidents_page,
    "/slices/{slice}": slice_page,
    "/actions/{action}": action_page,
}
"""Every page but the first, by its address; its JSON twin adds `.json`."""

_PRODUCTS = (("Products", "/"),)
# The ladder, the outcome lines and the signatures are drawn apart, with what is known of them.
_DRAWN_APART = frozenset({"outcome", "level", "gate", "tripwire", "signature"})


def _to_slice(name: str) -> tuple[tuple[str, str], ...]:
    return (*_PRODUCTS, (name, f"/slices/{name}"))


def _sections(contract: Contract) -> list[tuple[str, list[tuple[str, str]]]]:
    """The contract's page without what is drawn apart: sections of (label, text)."""
    found = []
    for section in page(contract).sections:
        rows = [(row.label, row.text) for row in section.rows if row.role not in _DRAWN_APART]
        if rows:
            found.append((section.title, rows))
    return found


def _cursor(request: Request) -> int | None:
    text = request.query_params.get("after")
    if text is None:
        return None
    if not text.isdecimal() or len(text) > 15:
        raise PageNotFound(f"No page of cases begins after '{text}'; a cursor is a number. Begin at the first page.")
    return int(text)


def _status(text: str | None) -> str | None:
    if text is not None and text not in views.STATUSES:
        raise PageNotFound(f"No case has the status '{text}'. Choose one of {', '.join(views.STATUSES)}.")
    return text
