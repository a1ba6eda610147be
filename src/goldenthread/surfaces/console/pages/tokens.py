"""API tokens: whose they are, what for, and until when; made and taken back by an administrator, signed."""

from __future__ import annotations

from datetime import timedelta

from goldenthread.promise.errors import FormRefused
from goldenthread.record.principals import EVERYWHERE, create_token, revoke_token
from goldenthread.surfaces.console.asking import Asked, Deed, Done, Page, Part, Shown
from goldenthread.surfaces.console.pages.common import HOME
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.views.staff import tokens_view

_HERE = "/tokens"


def tokens_page(asked: Asked) -> Shown:
    """Every token on record."""
    view = tokens_view(asked.shelf.ledger)
    slices = asked.shelf.slices()
    return Shown(template="tokens.html", title="API tokens", view=view, trail=HOME, more={"slices": slices})


def make_token(asked: Asked) -> Done:
    """A token, shown once."""
    scope, colon, name = asked.word("holder", most=300).partition(":")
    slices = [one for one in asked.many.get("slice", ()) if one] or [EVERYWHERE]
    unknown = sorted(set(slices) - {EVERYWHERE, *asked.shelf.slices()})
    days = asked.word("days", most=3)
    if not colon or unknown or not days.isdecimal():
        raise FormRefused(
            f"No token for '{scope[:80]}' in {', '.join(unknown)[:80] or 'these slices'} for {days} days can be made. "
            "Choose from the lists."
        )
    actions = asked.word("actions", least=0).replace(",", " ").split()
    made, text = create_token(
        asked.shelf.ledger,
        asked.ring(),
        by=asked.name,
        scope=scope,
        name=name,
        slices=slices,
        actions=actions,
        life=timedelta(days=int(days)),
    )
    return Done(to=_HERE, said=f"Token {made.id} of {made.name}. It is shown once, so copy it now: {text}")


def take_token(asked: Asked) -> Done:
    """A token that opens nothing any more."""
    id, reason = asked.word("token", most=40), asked.word("reason", most=500)
    taken = revoke_token(asked.shelf.ledger, asked.ring(), id, by=asked.name, reason=reason)
    return Done(to=_HERE, said=f"Token {taken.id} of {taken.name} opens nothing any more.")


PAGES: tuple[Page, ...] = (Page(address=_HERE, draw=tokens_page, right=Right.GRANT, nav="API tokens"),)
PARTS: tuple[Part, ...] = ()
DEEDS: tuple[Deed, ...] = (
    Deed(address="/tokens/create", do=make_token, right=Right.GRANT),
    Deed(address="/tokens/revoke", do=take_token, right=Right.GRANT),
)
