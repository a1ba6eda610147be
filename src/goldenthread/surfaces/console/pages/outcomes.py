"""Outcome lines of all slices by data owner, and stating their values."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from goldenthread.control.outcomes import PERIOD_COLUMNS, OutcomeReading, state_values
from goldenthread.promise.errors import FormRefused, KeyMissing, PageNotFound
from goldenthread.surfaces import views
from goldenthread.surfaces.console.asking import Asked, Deed, Done, Page, Shown
from goldenthread.surfaces.console.pages.common import HOME, cursor
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.views.owed import STATES, Owed, owed

_LARGEST = 500_000
_A_PAGE = 100
"""Lines that are shown at once."""


def outcomes_page(asked: Asked) -> Shown:
    """Every outcome line that the visitor may see, by who owes its values."""
    shelf, visitor = asked.shelf, asked.visitor
    known = visitor.slices(Right.SEE, shelf.slices())
    outlines = shelf.outlines.look(known)
    desks = [shelf.desk(name) for name in known if outlines[name].latest is not None]
    views.ahead(desks, "outcome status")
    view = owed(map(views.outcome_status, desks), first=visitor.name)
    return Shown(
        template="outcomes.html",
        title="Outcomes",
        view=view,
        trail=HOME,
        live=known,
        more={
            "states": STATES,
            "stating": frozenset(visitor.slices(Right.OUTCOMES, known)) if visitor.name is not None else frozenset(),
            "columns": PERIOD_COLUMNS,
            "typed": asked.form,
            "about": (about := (asked.path.get("slice"), asked.path.get("metric"))),
            **_shown(asked, view, about),
        },
    )


def _shown(asked: Asked, view: Owed, about: tuple[str | None, str | None]) -> dict[str, Any]:
    """The lines of one page; of a form that was refused, the page on which it stands."""
    lines = [(by, one) for by in view.owners for one in by.lines]
    place = next((place for place, (_, one) in enumerate(lines) if (one.slice, one.line.metric) == about), None)
    asked_from = cursor(asked.query, "from", "lines") or 0
    begin = asked_from if place is None else place // _A_PAGE * _A_PAGE
    here = lines[begin : begin + _A_PAGE]
    if begin and not here:
        raise PageNotFound(f"There are {len(lines):,} lines, and none after {begin:,}. Begin at the first page.")
    owners = [(by, [one for _, one in of]) for by, of in groupby(here, key=lambda pair: pair[0])]
    return {
        "owners": owners,
        "begin": begin,
        "all": len(lines),
        "after": begin + _A_PAGE if begin + _A_PAGE < len(lines) else None,
        "before": max(0, begin - _A_PAGE) if begin else None,
        "here": len(here),
    }


def state(asked: Asked) -> Done:
    """State a value of one period, or a table of them; signed by the line's data owner, and read at once."""
    name, metric = asked.path["slice"], asked.path["metric"]
    table = asked.form.get("table", "").strip()
    if table:
        text = asked.word("table", most=_LARGEST) + "\n"
    else:
        period, value = asked.word("period", most=40), asked.word("value", most=60)
        if any(mark in f"{period}{value}" for mark in ',"\n'):
            raise FormRefused(
                f"'{period}' or '{value}' holds a comma, a quote or a line end. Write a period such as 2026-W47 and a "
                "number such as 12.5."
            )
        text = f"period,value\n{period},{value}\n"
    home = asked.shelf.home
    if home is None:
        raise KeyMissing("This console was not told where keys are, so nobody can sign here. Use the command line.")
    found = state_values(asked.shelf.desk(name), asked.ring(), home.path / "outcomes", metric, text, by=asked.name)
    return Done(to="/outcomes", said=_said(metric, name, found))


def _said(metric: str, name: str, found: OutcomeReading) -> str:
    kept = found.kept
    counts = f"{kept.new:,} new, {kept.corrected:,} corrected, {kept.same:,} as before"
    return f"{metric} of {name}: {counts}. You signed where they are, and what was known before stays known as of then."


OUTCOMES = Page(address="/outcomes", draw=outcomes_page, right=Right.SEE, nav="Outcomes")

PAGES: tuple[Page, ...] = (OUTCOMES,)
DEEDS: tuple[Deed, ...] = (
    Deed(address="/slices/{slice}/outcomes/{metric}/values", do=state, right=Right.OUTCOMES, again=OUTCOMES),
)
