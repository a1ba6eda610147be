"""A run step by step, one step by itself, and two runs side by side."""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

from goldenthread.control.guard import Desk
from goldenthread.promise.errors import CaseUnknown, PageNotFound
from goldenthread.surfaces.console.asking import Asked, Deed, Page, Part, Raw, Shown
from goldenthread.surfaces.console.pages.common import to_slice
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.console.shelf import Shelf
from goldenthread.surfaces.views.compare import compare, slice_of
from goldenthread.surfaces.views.timeline import WINDOW, Timelines
from goldenthread.surfaces.views.timeline_parts import SHOWS, StepDetail, Timeline

_TIMELINES: WeakKeyDictionary[Shelf, Timelines] = WeakKeyDictionary()


def timelines(shelf: Shelf) -> Timelines:
    """The timelines that a console keeps between requests."""
    if shelf not in _TIMELINES:
        _TIMELINES[shelf] = Timelines(shelf.home.path if shelf.home is not None else None)
    return _TIMELINES[shelf]


def timeline_of(asked: Asked, *, count: int = WINDOW, afresh: bool = False) -> Timeline:
    """The window of a run's timeline that an address asks for: `from`, `show`, `find`, `closed`."""
    query = asked.query
    return timelines(asked.shelf).window(
        asked.shelf.desk(asked.path["slice"]),
        asked.path["run"],
        begin=_number(query, "from", 1),
        count=_number(query, "count", count),
        show=query.get("show", "all"),
        find=query.get("find", "").strip()[:200],
        closed=[key for key in query.get("closed", "").split(",")[:500] if key],
        afresh=afresh,
    )


def window_part(asked: Asked) -> Raw:
    """Rows of a timeline, for the module that keeps only what is visible in the page."""
    return _drawn("timeline_window.html", timeline=timeline_of(asked))


def step_part(asked: Asked) -> Raw:
    """One step, for the same."""
    return _drawn("step_shown.html", view=_step(asked))


def step_page(asked: Asked) -> Shown:
    """One step by itself."""
    view = _step(asked)
    trail = (
        *to_slice(view.slice),
        ("Cases", f"/slices/{view.slice}/cases"),
        (f"Run {view.run}", f"/slices/{view.slice}/cases/{view.run}"),
    )
    return Shown(template="step.html", title=f"{view.row.kind_words} in run {view.run}", view=view, trail=trail)


def compare_page(asked: Asked) -> Shown:
    """Two runs side by side."""
    one, two = _two(asked.query)
    view = compare(timelines(asked.shelf), (_desk(asked, one), one), (_desk(asked, two), two))
    trail = (*to_slice(view.left.slice), ("Cases", f"/slices/{view.left.slice}/cases"))
    return Shown(template="compare.html", title="Two runs", view=view, trail=trail)


def _two(query: Mapping[str, str]) -> tuple[str, str]:
    """The two runs that an address names, or that were ticked in a list: the lower one there began before the other."""
    ticked = [name.removeprefix("pick.") for name in query if name.startswith("pick.")]
    named = [query[name] for name in ("left", "right") if query.get(name)]
    chosen = named or ticked[::-1]
    if len(chosen) != 2:
        raise PageNotFound(f"Two runs are compared, and {len(chosen)} were chosen. Tick two in a list of cases.")
    return chosen[0], chosen[1]


def _step(asked: Asked) -> StepDetail:
    desk = asked.shelf.desk(asked.path["slice"])
    return timelines(asked.shelf).step(desk, asked.path["run"], asked.path["step"])


def _desk(asked: Asked, run: str) -> Desk:
    """The desk of a run's slice, for whoever may look at what its cases hold; to all others there is no such run."""
    name = slice_of(asked.shelf.ledger, run)
    if not asked.visitor.may(Right.SEE, name):
        raise CaseUnknown(f"No run '{run[:60]}' in this home. Choose two of the list of cases.")
    asked.visitor.require(Right.CONTENT, name)
    return asked.shelf.desk(name)


def _number(query: Mapping[str, str], name: str, usual: int) -> int:
    text = query.get(name)
    if text is None:
        return usual
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise PageNotFound(f"'{name}={text[:40]}' is no number of a row. Begin at 1.")
    return int(text)


def _drawn(template: str, **given: object) -> Raw:
    from goldenthread.surfaces.console.drawing import templates

    html = templates().get_template(template).render(shows=SHOWS, **given)
    return Raw(content=html.encode(), kind="text/html; charset=utf-8")


PAGES: tuple[Page, ...] = (
    Page(address="/slices/{slice}/cases/{run}/steps/{step}", draw=step_page, right=Right.CONTENT),
    Page(address="/compare", draw=compare_page, right=Right.CONTENT),
)
PARTS: tuple[Part, ...] = (
    Part(address="/slices/{slice}/cases/{run}/window", give=window_part, right=Right.CONTENT),
    Part(address="/slices/{slice}/cases/{run}/step/{step}", give=step_part, right=Right.CONTENT),
)
DEEDS: tuple[Deed, ...] = ()
