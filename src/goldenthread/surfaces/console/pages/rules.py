"""The organisation's policies."""

from __future__ import annotations

from goldenthread.surfaces.console.asking import Asked, Deed, Page, Part, Shown
from goldenthread.surfaces.console.pages.common import HOME
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.views.policies import DAYS, policies


def policies_page(asked: Asked) -> Shown:
    """The rules in force, their versions, and what they denied or asked lately."""
    visitor = asked.visitor
    view = policies(asked.shelf.ledger, lambda name: visitor.may(Right.SEE, name))
    return Shown(
        template="policies.html", title="Policies", view=view, trail=HOME, live=("organisation",), more={"days": DAYS}
    )


PAGES: tuple[Page, ...] = (Page(address="/policies", draw=policies_page, right=Right.RULES, nav="Policies"),)
PARTS: tuple[Part, ...] = ()
DEEDS: tuple[Deed, ...] = ()
