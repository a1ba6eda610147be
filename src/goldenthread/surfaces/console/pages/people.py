"""Who holds which role, and what an administrator does about it. Each grant is signed, and stands on record."""

from __future__ import annotations

from urllib.parse import quote

from goldenthread.promise.errors import ContractNotFound, FormRefused
from goldenthread.record.accounts import end_sessions, invite, remove
from goldenthread.record.principals import EVERYWHERE, Role, grant, revoke
from goldenthread.surfaces.console.asking import Asked, Deed, Done, Page, Part, Shown
from goldenthread.surfaces.console.pages.common import HOME
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.views.staff import person_view, staff_view

_PEOPLE = (*HOME, ("People and roles", "/people"))
_SLICE, _PRODUCT = "slice:", "product:"


def people_page(asked: Asked) -> Shown:
    """Everybody on record."""
    view = staff_view(
        asked.shelf.ledger, asked.shelf.principals(), accounts=asked.visitor.may(Right.GRANT) or _alone(asked)
    )
    return Shown(
        template="people.html", title="People and roles", view=view, trail=HOME, more={"scopes": _scopes(asked)}
    )


def person_page(asked: Asked) -> Shown:
    """One principal."""
    accounts = asked.visitor.may(Right.GRANT) or _alone(asked)
    view = person_view(asked.shelf.ledger, asked.shelf.principals(), asked.path["name"], accounts=accounts)
    more = {"scopes": _scopes(asked), "accounts": accounts}
    return Shown(template="person.html", title=view.line.name, view=view, trail=_PEOPLE, more=more)


def add_person(asked: Asked) -> Done:
    """Somebody new, with a role; their key is made in this home."""
    name, kind = asked.word("name", most=200), asked.word("kind", most=20)
    roles = _roles(asked)
    if kind not in ("person", "data-owner"):
        raise FormRefused(f"'{kind}' has no page of their own. Choose a person or a data owner.")
    grant(asked.shelf.ledger, asked.ring(), by=asked.name, name=name, kind=kind, roles=roles)
    return Done(to=_to(name), said=f"{name} is on record. Invite them, so that they can sign in.")


def grant_role(asked: Asked) -> Done:
    """One role more."""
    name, roles = asked.word("name", most=200), _roles(asked)
    kind = asked.shelf.principals().active(name).kind
    grant(asked.shelf.ledger, asked.ring(), by=asked.name, name=name, kind=kind, roles=roles)
    return Done(to=_to(name), said=f"{name} is {', '.join(map(str, roles))} from now on.")


def revoke_role(asked: Asked) -> Done:
    """One role less."""
    name, role = asked.word("name", most=200), Role.parse(asked.word("role", most=300))
    reason = asked.word("reason", least=0, most=500)
    revoke(asked.shelf.ledger, asked.ring(), by=asked.name, name=name, roles=[role], reason=reason)
    return Done(to=_to(name), said=f"{name} is not {role} any more.")


def revoke_all(asked: Asked) -> Done:
    """Everything somebody holds, their key included; their sessions end."""
    name, reason = asked.word("name", most=200), asked.word("reason", most=500)
    revoke(asked.shelf.ledger, asked.ring(), by=asked.name, name=name, reason=reason)
    end_sessions(asked.shelf.ledger, name, by=asked.name)
    return Done(to=_to(name), said=f"{name} holds nothing any more, and every session of theirs has ended.")


def invite_person(asked: Asked) -> Done:
    """A link with which somebody chooses how they come in; also for whoever is locked out."""
    name = asked.word("name", most=200)
    made, secret = invite(asked.shelf.ledger, asked.ring(), by=asked.name, name=name)
    until = made.expires.strftime("%d %b %Y, %H:%M UTC")
    link = f"{asked.url}/invitations/{secret}"
    return Done(to=_to(name), said=f"Give this link to {name} alone. It is good once, until {until}: {link}")


def end_all(asked: Asked) -> Done:
    """Every session of somebody."""
    name = asked.word("name", most=200)
    ended = end_sessions(asked.shelf.ledger, name, by=asked.name)
    return Done(to=_to(name), said=f"{ended} {'session' if ended == 1 else 'sessions'} of {name} ended.")


def remove_account(asked: Asked) -> Done:
    """The ways in, not the principal."""
    name, reason = asked.word("name", most=200), asked.word("reason", least=0, most=500)
    remove(asked.shelf.ledger, asked.ring(), by=asked.name, name=name, reason=reason)
    return Done(to=_to(name), said=f"{name} cannot sign in any more. Their roles stand until you take them.")


def _roles(asked: Asked) -> list[Role]:
    """The role that a form names, once for each slice of a product if it names one."""
    role, scope = asked.word("role", most=40), asked.form.get("scope", EVERYWHERE)
    if scope.startswith(_PRODUCT):
        product = scope.removeprefix(_PRODUCT)
        names = [name for name, of in _slices(asked) if of == product]
        if not names:
            raise FormRefused(f"No slice of a product '{product[:80]}' in this home. Choose one of the list.")
    elif scope.startswith(_SLICE):
        names = [scope.removeprefix(_SLICE)]
        if names[0] not in asked.shelf.slices():
            raise FormRefused(f"No slice '{names[0][:80]}' in this home. Choose one of the list.")
    elif scope == EVERYWHERE:
        names = [EVERYWHERE]
    else:
        raise FormRefused(f"'{scope[:80]}' is nowhere that a role could count. Choose one of the list.")
    return [Role.parse(role if name == EVERYWHERE else f"{role}@{name}") for name in names]


def _scopes(asked: Asked) -> list[tuple[str, str]]:
    """Where a role may count, as (value, words): everywhere, a product's slices, one slice."""
    if not asked.visitor.may(Right.GRANT):
        return []
    known = _slices(asked)
    products = sorted({of for _, of in known if of is not None})
    return [
        (EVERYWHERE, "everywhere"),
        *((f"{_PRODUCT}{of}", f"all of {of}") for of in products),
        *((f"{_SLICE}{name}", name) for name, _ in known),
    ]


def _slices(asked: Asked) -> list[tuple[str, str | None]]:
    """Every slice with its product, by what is quick to know of each."""
    return [(name, _product(asked, name)) for name in asked.shelf.slices()]


def _product(asked: Asked, slice_name: str) -> str | None:
    try:
        return asked.shelf.desk(slice_name).held_to().product
    except ContractNotFound:
        return None


def _alone(asked: Asked) -> bool:
    """Whoever sits at this machine as nobody looks at everything."""
    return asked.visitor.local and asked.visitor.name is None


def _to(name: str) -> str:
    return f"/people/{quote(name, safe='@')}"


PAGES: tuple[Page, ...] = (
    Page(address="/people", draw=people_page, right=Right.PEOPLE, nav="People"),
    Page(address="/people/{name}", draw=person_page, right=Right.PEOPLE),
)
PARTS: tuple[Part, ...] = ()
DEEDS: tuple[Deed, ...] = (
    Deed(address="/people/add", do=add_person, right=Right.GRANT),
    Deed(address="/people/grant", do=grant_role, right=Right.GRANT),
    Deed(address="/people/revoke-role", do=revoke_role, right=Right.GRANT),
    Deed(address="/people/revoke", do=revoke_all, right=Right.GRANT),
    Deed(address="/people/invite", do=invite_person, right=Right.GRANT),
    Deed(address="/people/end-sessions", do=end_all, right=Right.GRANT),
    Deed(address="/people/remove-account", do=remove_account, right=Right.GRANT),
)
