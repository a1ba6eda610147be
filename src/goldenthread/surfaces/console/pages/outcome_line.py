"""One outcome line in full."""

from __future__ import annotations

from goldenthread.surfaces.console.asking import Asked, Page, Shown
from goldenthread.surfaces.console.pages.common import to_slice
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.views.outcome_line import outcome_page


def outcome_line_page(asked: Asked) -> Shown:
    """What a line promised, what it is, whether that was the agent, and why it moved."""
    name, metric = asked.path["slice"], asked.path["metric"]
    view = outcome_page(asked.shelf.desk(name), metric)
    return Shown(
        template="outcome.html",
        title=f"{metric} of {name}",
        view=view,
        trail=to_slice(name),
        live=(name,),
        more={"runs": asked.visitor.may(Right.CONTENT, name)},
    )


PAGES: tuple[Page, ...] = (Page(address="/slices/{slice}/outcomes/{metric}", draw=outcome_line_page, right=Right.SEE),)
