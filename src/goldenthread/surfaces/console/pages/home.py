"""The first page: the factory floor, and the views of it that people keep."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from goldenthread.promise.errors import FormRefused, RightMissing
from goldenthread.promise.values import LADDER
from goldenthread.record.viewpoints import SHARED, Viewpoint, forget, keep, viewpoints
from goldenthread.surfaces import views
from goldenthread.surfaces.console.asking import Asked, Deed, Done, Page, Shown
from goldenthread.surfaces.console.rights import Right, Visitor
from goldenthread.surfaces.views.choosing import FORMS, ONLY, SORTS, Chosen, SavedView, chosen_of
from goldenthread.surfaces.views.floor import Eyes, FloorView, floor_view
from goldenthread.surfaces.views.products import ProductView
from goldenthread.surfaces.views.stages import STAGES

MOST_CARDS = 24
"""Cards on one page, however many are asked for: the rest stand on lines."""

_CHOOSES = frozenset({"q", "stage", "level", "product", "only", "sort", "form", "all"})


def home_page(asked: Asked) -> Shown:
    """Every slice that the visitor may see, as they chose it, or as their own first view or the shared one says."""
    kept = viewpoints(asked.shelf.ledger.store, asked.visitor.name)
    first = None if _CHOOSES & asked.query.keys() else next((one for one in kept if one.first), None)
    chosen = chosen_of(asked.query if first is None else dict(parse_qsl(first.query)))
    view = floor_view(
        _seen(asked),
        eyes_of(asked),
        chosen,
        asked.shelf.ledger.clock(),
        saved=[_saved(one) for one in kept],
        view=first.name if first is not None else _named(kept, chosen),
    )
    return Shown(
        template="floor.html",
        title="Factory floor",
        view=view,
        live=tuple(one.slice for one in view.products),
        more={
            "stages": STAGES,
            "only": _only_of(view),
            "sorts": SORTS,
            "forms": FORMS,
            "levels": LADDER,
            "shares": _shares(asked.visitor),
            "most_cards": MOST_CARDS,
        },
    )


def eyes_of(asked: Asked) -> Eyes:
    """What may wait for a visitor: of an agent's questions those that they may answer, as the inbox judges it."""
    visitor, principals = asked.visitor, asked.shelf.principals()

    def answers(slice_name: str, agent: str | None) -> bool:
        if visitor.name is None or agent is None or not visitor.may(Right.ANSWER, slice_name):
            return False
        path = asked.shelf.desk(slice_name).held_to().path
        return principals.may_approve(slice_name, visitor.name, agent, path=path)

    return Eyes(
        name=visitor.name,
        answers=answers,
        lifts=lambda slice_name: visitor.may(Right.STOP, slice_name),
    )


def keep_view(asked: Asked) -> Done:
    """Keep what the page shows under a name, for oneself or for everybody."""
    name, chosen = " ".join(asked.word("name", most=60).split()), _chosen_in(asked.form)
    owner = _owner(asked)
    viewpoint = Viewpoint(owner=owner, name=name, query=chosen.query, first=asked.form.get("first") == "yes")
    keep(asked.shelf.ledger.store, viewpoint, by=asked.name)
    who = "everybody" if owner == SHARED else "you"
    return Done(to=chosen.address, said=f"The view '{name}' is kept for {who}.")


def forget_view(asked: Asked) -> Done:
    """Forget a view."""
    name = asked.word("name", most=60)
    if not forget(asked.shelf.ledger.store, _owner(asked), name):
        raise FormRefused(f"No view '{name}' is kept there. Reload the page: somebody may have forgotten it meanwhile.")
    return Done(to="/?all=1", said=f"The view '{name}' is forgotten.")


def _seen(asked: Asked) -> list[ProductView]:
    shelf = asked.shelf
    return views.products(shelf.ledger, shelf.desk, asked.visitor.slices(Right.SEE, shelf.slices()))


def _owner(asked: Asked) -> str:
    """Whose view it is: the visitor's, or everybody's."""
    name = asked.name
    if asked.form.get("shared") != "yes":
        return name
    if not _shares(asked.visitor):
        raise RightMissing(
            f"'{name}' may not change what everybody sees first: it takes the role administrator or owner, "
            "everywhere. Keep the view for yourself."
        )
    return SHARED


def _shares(visitor: Visitor) -> bool:
    """Whether they may keep a view for everybody."""
    return visitor.name is not None and (visitor.everywhere(Right.GRANT) or visitor.everywhere(Right.SIGN))


def _chosen_in(form: Mapping[str, str]) -> Chosen:
    text = form.get("query", "")
    if len(text) > 500:
        raise FormRefused("What the view shows is longer than 500 characters. Search for less.")
    return chosen_of(dict(parse_qsl(text)))


def _saved(one: Viewpoint) -> SavedView:
    return SavedView(name=one.name, query=one.query, own=one.owner != SHARED, first=one.first)


def _named(kept: tuple[Viewpoint, ...], chosen: Chosen) -> str:
    """The name under which the visitor keeps just this; '' where they don't."""
    return next((one.name for one in kept if one.query == chosen.query and chosen.query), "")


def _only_of(view: FloorView) -> Mapping[str, str]:
    """Nothing waits for nobody."""
    return {name: words for name, words in ONLY.items() if name != "mine" or view.visitor is not None}


PAGES: tuple[Page, ...] = (Page(address="/", draw=home_page, right=Right.SEE, nav="Factory floor"),)
DEEDS: tuple[Deed, ...] = (
    Deed(address="/views/keep", do=keep_view, right=Right.SEE),
    Deed(address="/views/forget", do=forget_view, right=Right.SEE),
)
