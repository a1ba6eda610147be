"""The kill switch: what stands still, and how it goes on."""

from __future__ import annotations

from dataclasses import dataclass

from goldenthread.control.autonomy import Outline
from goldenthread.control.signing import Lifted, lift, stop
from goldenthread.control.stops import product_key
from goldenthread.promise.errors import FormRefused, PageNotFound
from goldenthread.record.ledger import ORGANISATION, Record
from goldenthread.surfaces.console.asking import Asked, Deed, Done, Page, Shown
from goldenthread.surfaces.console.pages.common import HOME
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.views.stops import StopRow, stop_rows

REASON = "It looks wrong; somebody looks."
"""What stands in the field: whoever is in a hurry stops with two clicks, and says more afterwards."""


@dataclass(frozen=True, kw_only=True)
class StopsView:
    """What is stopped, and what this visitor may stop."""

    stops: tuple[StopRow, ...]
    everywhere: bool  # whether they may stop more than slices
    slices: tuple[str, ...]
    products: tuple[str, ...]
    tools: tuple[str, ...]


def stops_page(asked: Asked) -> Shown:
    """What is stopped in the slices that the visitor may see, and the switches that they may use."""
    shelf, visitor = asked.shelf, asked.visitor
    known = visitor.slices(Right.SEE, shelf.slices())
    outlines = shelf.outlines.look(known)
    found = [shelf.outlines.everywhere(), *(one.stops for one in outlines.values() if one.stops.in_force)]
    rows = stop_rows(found, shelf.principals(), name=visitor.name, now=shelf.ledger.clock())
    may = visitor.slices(Right.STOP, known)
    declared = [_declared(outlines[name]) for name in may]
    view = StopsView(
        stops=tuple(rows),
        everywhere=visitor.everywhere(Right.STOP),
        slices=may,
        products=tuple(sorted({product for product, _ in declared if product is not None})),
        tools=tuple(sorted({tool for _, tools in declared for tool in tools})),
    )
    chosen = asked.query.get("slice", "")
    return Shown(
        template="stops.html",
        title="What is stopped",
        view=view,
        trail=HOME,
        live=(ORGANISATION, *known),
        more={"chosen": chosen if chosen in may else "", "typed": asked.form, "reason": REASON},
    )


def set_stop(asked: Asked) -> Done:
    """Stop everything, a product, a slice or a tool, at once and by one person."""
    what, reason = asked.word("what"), asked.word("reason")
    if what == "everything":
        record = _stop(asked, ORGANISATION, reason)
        return Done(to="/stops", said=_stopped(record, "Everything is stopped"))
    if what == "product":
        name = asked.word("product", most=200)
        record = _stop(asked, ORGANISATION, reason, product=name)
        return Done(to="/stops", said=f"{_stopped(record, f'The product {name} is stopped')} {_reach(asked, name)}")
    if what == "slice":
        name = asked.word("slice", most=200)
        record = _stop(asked, name, reason)
        return Done(to="/stops", said=_stopped(record, f"{name} is stopped"))
    if what == "tool":
        tool, name = asked.word("tool", most=200), asked.form.get("slice", "")
        record = _stop(asked, name or ORGANISATION, reason, tool=tool)
        where = f"in {name}" if name else "in every slice"
        said = _stopped(record, f"The tool {tool} is stopped {where}")
        return Done(to="/stops", said=f"{said}{_unknown(asked, tool, name)}")
    raise FormRefused(f"'{what[:80]}' cannot be stopped. Stop everything, a product, a slice or a tool.")


def ask_lift(asked: Asked) -> Done:
    """Say that a stop may be lifted: the first person asks, a second one lifts it."""
    place, reason = asked.word("stop", most=300), asked.word("reason")
    said = lift(asked.shelf.ledger, asked.ring(), place, by=asked.name, reason=reason)
    return Done(to="/stops", said=_lifted(said))


def _stop(asked: Asked, chain: str, reason: str, **what: str) -> Record | None:
    if chain != ORGANISATION:
        if chain not in asked.shelf.slices() or not asked.visitor.may(Right.SEE, chain):
            raise PageNotFound(f"No slice '{chain[:80]}' that you may see, so none was stopped. Choose one that is.")
        asked.visitor.require(Right.STOP, chain)
    return stop(asked.shelf.ledger, asked.ring(), chain=chain, by=asked.name, reason=reason, **what)


def _stopped(record: Record | None, done: str) -> str:
    if record is None:
        return f"{done} by you already; nothing was recorded."
    return f"{done}: nothing of it has effect from now on. Two people lift it."


def _reach(asked: Asked, product: str) -> str:
    found = asked.shelf.outlines.look()
    reached = [name for name, outline in found.items() if product_key(product) in outline.products]
    if reached:
        return f"It reaches {', '.join(reached)}."
    return "No contract names that product, so nothing stands still by it yet. Stop its slices, or everything."


def _unknown(asked: Asked, tool: str, slice_name: str) -> str:
    """What to say of a tool that no contract there declares: it may be mistyped, and the one that was meant goes on."""
    found = asked.shelf.outlines.look()
    seen = [name for name in found if slice_name in ("", name) and asked.visitor.may(Right.SEE, name)]
    known = sorted({action for name in seen for action in _declared(found[name])[1]})
    if tool in known:
        return ""
    return f" But no contract that you may see there declares '{tool}'; declared are {', '.join(known) or 'none'}."


def _lifted(said: Lifted) -> str:
    if said.lifted:
        return f"Lifted. {said.stop.subject.removesuffix(' is stopped')} goes on; open the agents' cases again."
    others = " or ".join(said.wanted) or "nobody, until an administrator grants somebody the role"
    again = "You had asked already" if said.record is None else "You asked"
    return f"{again}; it still holds. It takes one more within a day: {others}."


def _declared(outline: Outline) -> tuple[str | None, tuple[str, ...]]:
    """The product of a slice, and the actions of its contract."""
    version = outline.in_force or outline.latest
    if version is None:
        return None, ()
    return version.contract.product, tuple(version.contract.actions)


STOPS = Page(address="/stops", draw=stops_page, right=Right.SEE)

PAGES: tuple[Page, ...] = (STOPS,)
DEEDS: tuple[Deed, ...] = (
    Deed(address="/stops", do=set_stop, right=Right.STOP, again=STOPS),
    Deed(address="/stops/lift", do=ask_lift, right=Right.STOP, again=STOPS),
)
