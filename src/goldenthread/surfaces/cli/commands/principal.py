"""`goldenthread principal`: grant, revoke, leave, return, list."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.arguments import read_public_key
from goldenthread.surfaces.cli.instants import INSTANT, LAST_DAY
from goldenthread.surfaces.cli.terminal import emit, moment, say, table

if TYPE_CHECKING:
    from goldenthread.record.principals import KeyRing, Principal, Principals, Role

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


@principal.command()
@click.argument("name")
@click.option("--from", "begins", type=INSTANT, help="The first day away, or the instant; without it, now.")
@click.option("--until", "ends", type=LAST_DAY, help="The last day away, or the instant; without it, until `return`.")
@click.option(
    "--deputy", metavar="NAME", help="Who gets what would go to NAME meanwhile; they answer by their own rights."
)
@click.option("--as", "by", metavar="WHO", help="Who says so: NAME, an owner or an administrator; without it, NAME.")
@click.pass_obj
def leave(
    home: str | None, name: str, begins: datetime | None, ends: datetime | None, deputy: str | None, by: str | None
) -> None:
    """
    Say that NAME is away: nobody counts on them meanwhile. Days begin and end where this machine is. Why they are
    away is not asked.

    \b
    Example:
      goldenthread principal leave lee@example.com --from 2026-12-21 --until 2027-01-03 --deputy kim@example.com
    """
    from goldenthread.record.principals import record_leave
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        made = record_leave(
            place.ledger,
            place.keys(by or name),
            by=by or name,
            name=name,
            begins=begins or place.ledger.clock(),
            ends=ends,
            deputy=deputy,
        )
    until = f"until {moment(made.ends)}" if made.ends is not None else "until they return"
    meanwhile = f"; {deputy} gets what would go to them" if deputy is not None else ""
    say(f"{name} is away from {moment(made.begins)} {until}{meanwhile}.")


@principal.command("return")
@click.argument("name")
@click.option("--as", "by", metavar="WHO", help="Who says so: NAME, an owner or an administrator; without it, NAME.")
@click.pass_obj
def come_back(home: str | None, name: str, by: str | None) -> None:
    """
    Say that NAME is back now. If they are not away yet, their next absence is called off.

    \b
    Example:
      goldenthread principal return lee@example.com
    """
    from goldenthread.record.principals import end_leave
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        ended = end_leave(place.ledger, place.keys(by or name), by=by or name, name=name)
    never = all(one.until is not None and one.until <= one.begins for one in ended)
    say(f"{name} is not going away from {moment(ended[0].begins)} any more." if never else f"{name} is back.")


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
        principals, now = load_principals(place.ledger), place.ledger.clock()
    if as_json:
        emit([{**_record(one), "leaves": _leaves(principals, one.name, now)} for one in principals.all()])
        return
    rows = [
        (one.name, one.kind, _roles_words(one), one.responsible or "", f"{one.public_key[:16]}...")
        for one in principals.all()
    ]
    table(("name", "kind", "roles", "answered for by", "key"), rows)
    for one in principals.all():
        away = principals.on_leave(one.name, now)
        if away is not None:
            until = f"until {moment(away.until)}" if away.until is not None else "until they return"
            instead = " or ".join(principals.deputies(one.name, now)) or "nobody"
            say(f"{one.name} is away {until}; {instead} gets their work.")
    if principals.notice:
        say("", principals.notice)
    for refused in principals.problems:
        say(f"Record organisation#{refused.seq} ({refused.kind} by {refused.by}) does not count: {refused.words}")


def _leaves(principals: Principals, name: str, now: datetime) -> list[dict[str, object]]:
    """Absences of somebody that are under way or still to come."""
    return [one.record() for one in principals.leaves(name) if one.until is None or one.until > max(now, one.begins)]


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
