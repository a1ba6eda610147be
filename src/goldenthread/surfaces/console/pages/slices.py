"""A slice: its contract, its ladder, its metrics."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from goldenthread.promise.contract import Contract, page
from goldenthread.surfaces import views
from goldenthread.surfaces.console.asking import Asked, Deed, Page, Shown
from goldenthread.surfaces.console.measured import metrics_view, runs_behind
from goldenthread.surfaces.console.pages.common import HOME, tallies, to_slice
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.views import ContractView, LadderView, NextStep, OutcomeLine, PeopleWork, ProductView

_MOST_POINTS = 400
"""Of the charts of a page that has all their figures beside them; with more, a link opens a chart's."""


@dataclass(frozen=True, kw_only=True)
class SliceView:
    """All of a slice on one page."""

    slice: str
    product: str | None
    problem: str | None
    audience: str | None
    owner: str
    product_view: ProductView
    pace: str  # how long the next level takes, where the contract states a volume
    contract: ContractView
    outcomes: tuple[OutcomeLine, ...]
    work: PeopleWork | None
    ladder: LadderView
    next: tuple[NextStep, ...]
    cases: int
    waiting: int
    incidents: int  # that are open


def slice_page(asked: Asked) -> Shown:
    """A slice's contract, its ladder, and what people can do next."""
    name = asked.path["slice"]
    desk = asked.shelf.desk(name)
    shown = views.contract_view(desk)
    contract = desk.outline().versions[shown.version].contract
    outcomes = views.outcomes_of(desk)[shown.version]
    climbed, items = views.ladder(desk), views.waiting(desk)
    cases = sum(views.case_counts(desk).values())
    view = SliceView(
        slice=name,
        product=contract.product,
        problem=contract.problem,
        audience=contract.audience,
        owner=contract.owner,
        product_view=views.product_of(desk),
        pace=_pace(contract, climbed),
        contract=shown,
        outcomes=outcomes,
        work=views.work_of(desk),
        ladder=climbed,
        next=views.next_steps(shown, climbed, items, outcomes),
        cases=cases,
        waiting=len(items),
        incidents=views.incidents_view(desk, closed=False).open,
    )
    return Shown(
        template="slice.html",
        title=name,
        view=view,
        trail=HOME,
        tallies=tallies(waiting=len(items)),
        live=(name,),
        more={"sections": _sections(contract), "at": asked.shelf.ledger.clock()},
    )


def _pace(contract: Contract, climbed: LadderView) -> str:
    """The forecast of the slowest clause in time, at the contract's own volume."""
    coming = next((rung for rung in climbed.rungs if rung.state == "next"), None)
    more = [one.more for one in coming.clauses if one.more is not None and one.more.likely] if coming else []
    volume = contract.volume
    if not more or volume is None or not volume.amount:
        return ""
    slowest = max(more, key=lambda one: one.likely or 0)
    a_week = float(volume.amount) * (7 if volume.unit.endswith("day") else 1)
    return f"At {volume}, that is {slowest.weeks(a_week)}."


def metrics_page(asked: Asked) -> Shown:
    """The standard metrics of a slice."""
    name = asked.path["slice"]
    view = metrics_view(asked.shelf, name)
    few = sum(len(one.points) for one in view.charts) <= _MOST_POINTS
    return Shown(
        template="metrics.html",
        title=f"Metrics of {name}",
        view=view,
        trail=to_slice(name),
        scripts=("charts",) if view.charts else (),
        more={
            "draws": find_spec("matplotlib") is not None,
            "figures": "all" if few else asked.query.get("figures", ""),
        },
    )


def runs_behind_page(asked: Asked) -> Shown:
    """The runs that a number is made of."""
    name = asked.path["slice"]
    view = runs_behind(asked.shelf, name, asked.path["metric"])
    trail = (*to_slice(name), ("Metrics", f"/slices/{name}/metrics"))
    return Shown(template="metric.html", title=f"{view.metric} of {name}", view=view, trail=trail)


# The ladder, the outcome lines and the signatures are drawn apart, with what is known of them.
_DRAWN_APART = frozenset({"outcome", "level", "gate", "tripwire", "signature"})


def _sections(contract: Contract) -> list[tuple[str, list[tuple[str, str]]]]:
    """The contract's page without what is drawn apart: sections of (label, text)."""
    found = []
    for section in page(contract).sections:
        rows = [(row.label, row.text) for row in section.rows if row.role not in _DRAWN_APART]
        if rows:
            found.append((section.title, rows))
    return found


PAGES: tuple[Page, ...] = (
    Page(address="/slices/{slice}", draw=slice_page, right=Right.SEE, tab="Contract"),
    Page(address="/slices/{slice}/metrics", draw=metrics_page, right=Right.SEE, tab="Metrics"),
    Page(address="/slices/{slice}/metrics/{metric}", draw=runs_behind_page, right=Right.CONTENT),
)
DEEDS: tuple[Deed, ...] = ()
