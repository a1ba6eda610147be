"""`goldenthread principal`: grant, revoke, list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.arguments import read_public_key
from goldenthread.surfaces.cli.terminal import emit, say, table

if TYPE_CHECKING:
    from goldenthread.record.principals import KeyRing, Principal, Role

KINDS = ("person", "agent", "data-owner", "service")


@click.group()
def principal() -> None:
    """
    Say who may do what: people, agents, data owners and services, with their keys and roles.

    \b
    Example:
      goldenthread principal grant lee@example.com --kind person --role approver@intake --by maya@example.com
    """


@principal.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(KINDS), required=True, help="What NAME is.")
@click.option(
    "--role", "roles", multiple=True, metavar="ROLE[@SLICE]", help="What NAME may do; without a slice, in all of them."
)
@click.option("--responsible", metavar="NAME", help="For an agent: the person who answers for it.")
@click.option("--by", required=True, metavar="NAME", help="The administrator who grants; signs with their key.")
@click.option(
    "--public-key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The principal's own key, PEM or 64 hex digits; without it, one is made in this home.",
)
@click.option("--new-key", is_flag=True, help="Replace the key of NAME by a new one made in this home.")
@click.pass_obj
def grant(
    home: str | None,
    name: str,
    kind: str,
    roles: tuple[str, ...],
    responsible: str | None,
    by: str,
    public_key: Path | None,
    new_key: bool,
) -> None:
    """
    Grant roles to NAME, on record and signed.

    An agent needs no role beside being one; it needs a person who answers for it.

    \b
    Example:
      goldenthread principal grant maya@example.com --kind person --role owner@intake --by maya@example.com
      goldenthread principal grant intake-agent --kind agent --responsible maya@example.com --by maya@example.com
    """
    from goldenthread.record.principals import grant as grant_roles
    from goldenthread.surfaces.cli.place import opened

    own_key = None if public_key is None else read_public_key(public_key)
    parsed = _roles(roles, kind)
    with opened(home) as place:
        makes = own_key is None and (new_key or not _is_known(place.ledger, name))
        ring = place.keys(by, new=name if makes else None, unattended=kind == "agent")
        granted = grant_roles(
            place.ledger,
            ring,
            by=by,
            name=name,
            kind=kind,
            roles=parsed,
            public_key=own_key,
            responsible=responsible,
            new_key=new_key,
        )
        say(f"{granted.name} is now {_words(granted)}. {_key_words(ring, granted, made=makes)}")


@principal.command()
@click.argument("name")
@click.option("--role", "roles", multiple=True, metavar="ROLE[@SLICE]", help="Only this role; without it, everything.")
@click.option("--reason", default="", help="Why; it stands on record.")
@click.option("--by", required=True, metavar="NAME", help="The administrator who revokes; signs with their key.")
@click.pass_obj
def revoke(home: str | None, name: str, roles: tuple[str, ...], reason: str, by: str) -> None:
    """
    Take roles from NAME, or everything. What NAME signed before stays valid.

    \b
    Example:
      goldenthread principal revoke lee@example.com --by maya@example.com --reason "left the team"
    """
    from goldenthread.record.principals import Role
    from goldenthread.record.principals import revoke as revoke_roles
    from goldenthread.surfaces.cli.place import opened

    taken = [Role.parse(role) for role in roles] or None
    with opened(home) as place:
        changed = revoke_roles(place.ledger, place.keys(by), by=by, name=name, roles=taken, reason=reason)
    say(f"{name} holds nothing any more." if changed.revoked else f"{name} is now {_words(changed)}.")


@principal.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_principals(home: str | None, as_json: bool) -> None:
    """
    List everybody on record, with roles and keys.

    \b
    Example:
      goldenthread principal list --json
    """
    from goldenthread.record.principals import load_principals
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        principals = load_principals(place.ledger)
    if as_json:
        emit([_record(one) for one in principals.all()])
        return
    rows = [
        (one.name, one.kind, _roles_words(one), one.responsible or "", f"{one.public_key[:16]}...")
        for one in principals.all()
    ]
    table(("name", "kind", "roles", "answered for by", "key"), rows)
    if principals.notice:
        say("", principals.notice)
    for refused in principals.problems:
        say(f"Record organisation#{refused.seq} ({refused.kind} by {refused.by}) does not count: {refused.words}")


def _roles(texts: tuple[str, ...], kind: str) -> list[Role]:
    from goldenthread.record.principals import Role

    given = texts or (("agent",) if kind == "agent" else ())
    if not given:
        raise click.UsageError("Missing option '--role': say what the principal may do, e.g. --role approver@intake.")
    return [Role.parse(text) for text in given]


def _is_known(ledger: object, name: str) -> bool:
    from goldenthread.record.ledger import Ledger
    from goldenthread.record.principals import load_principals

    assert isinstance(ledger, Ledger)
    found = load_principals(ledger).find(name)
    return found is not None and not found.revoked


def _key_words(ring: KeyRing, granted: Principal, *, made: bool) -> str:
    from goldenthread.record.principals import Custody

    shown = f"Key {granted.public_key[:16]}..."
    if not made:
        return f"{shown}."
    protected = "with" if ring.custody(granted.name) is Custody.PASSPHRASE else "without"
    return f"{shown}, made in this home {protected} a passphrase."


def _words(granted: Principal) -> str:
    article = "an" if granted.kind[0] in "aeiou" else "a"
    held = f" with {_roles_words(granted)}" if granted.kind != "agent" else f", answered for by {granted.responsible}"
    return f"{article} {granted.kind}{held}"


def _roles_words(one: Principal) -> str:
    return "revoked" if one.revoked else ", ".join(str(role) for role in sorted(one.roles)) or "no role"


def _record(one: Principal) -> dict[str, object]:
    return {
        "name": one.name,
        "kind": one.kind,
        "roles": [str(role) for role in sorted(one.roles)],
        "responsible": one.responsible,
        "public_key": one.public_key,
        "revoked": one.revoked,
        "record": one.seq,
    }
