"""`goldenthread account`: invite, bind, remove, list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.terminal import emit, moment, say, table

if TYPE_CHECKING:
    from goldenthread.record.accounts import Account


@click.group()
def account() -> None:
    """
    Say how people come into the console: invite them, bind them to an identity provider, shut them out.

    \b
    Example:
      goldenthread account invite lee@example.com --by maya@example.com
    """


@account.command()
@click.argument("name")
@click.option("--by", required=True, metavar="NAME", help="The administrator who invites; signs with their key.")
@click.option("--url", default="", help="Where people open the console; by default `url` of the home's console.toml.")
@click.pass_obj
def invite(home: str | None, name: str, by: str, url: str) -> None:
    """
    Make a link with which NAME, a person or data owner on record, chooses a password or a passkey. It is good once,
    for three days. Who has an account already begins it afresh with it: for whoever is locked out.

    \b
    Example:
      goldenthread account invite lee@example.com --by maya@example.com --url https://console.example.com
    """
    from goldenthread.record.accounts import invite as make
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.console.signin_settings import check_url, read_settings

    with opened(home) as place:
        found = check_url(url, "--url", here=True) or read_settings(place.home.path).url
        made, secret = make(place.ledger, place.keys(by), by=by, name=name)
    where = found or "the console's address, followed by "
    say(f"Give this to {name} alone; it is good once, until {moment(made.expires)}:", f"{where}/invitations/{secret}")


@account.command()
@click.argument("name")
@click.option("--issuer", required=True, metavar="URL", help="The provider's address, as its tokens name it.")
@click.option("--subject", required=True, metavar="TEXT", help="What the provider calls NAME; the claim `sub`.")
@click.option("--by", required=True, metavar="NAME", help="The administrator who says so; signs with their key.")
@click.pass_obj
def bind(home: str | None, name: str, issuer: str, subject: str, by: str) -> None:
    """
    Say who NAME is at an identity provider, where their name is not the e-mail address that it vouches for.

    \b
    Example:
      goldenthread account bind lee --issuer https://id.example.com --subject 248289761001 --by maya@example.com
    """
    from goldenthread.record.accounts import bind as make
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        make(place.ledger, place.keys(by), by=by, name=name, issuer=issuer, subject=subject)
    say(f"Whoever {issuer} calls '{subject}' is {name} from now on.")


@account.command()
@click.argument("name")
@click.option("--by", required=True, metavar="NAME", help="The administrator who removes it; signs with their key.")
@click.option("--reason", default="", help="Why; it stands on record.")
@click.pass_obj
def remove(home: str | None, name: str, by: str, reason: str) -> None:
    """
    End NAME's account: password, passkeys, identities, invitations and sessions. Their roles stay; `principal revoke`
    takes those.

    \b
    Example:
      goldenthread account remove lee@example.com --by maya@example.com --reason "long leave"
    """
    from goldenthread.record.accounts import remove as end
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        end(place.ledger, place.keys(by), by=by, name=name, reason=reason)
    say(f"{name} cannot sign in any more.")


@account.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_accounts(home: str | None, as_json: bool) -> None:
    """
    List who has an account, by what they come in, and when they last did; never a secret.

    \b
    Example:
      goldenthread account list
    """
    from goldenthread.record.accounts import load_accounts
    from goldenthread.record.principals import load_principals
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        found = load_accounts(place.ledger, load_principals(place.ledger))
    if as_json:
        emit([*found.values()])
        return
    if not found:
        say("Nobody has an account. Invite somebody with `goldenthread account invite`.")
        return
    rows = [(one.name, _ways(one), one.sessions, moment(one.signed_in_at), _state(one)) for one in found.values()]
    table(("name", "comes in by", "sessions", "last sign-in", "state"), rows)


def _ways(one: Account) -> str:
    return ", ".join(one.ways) or "nothing yet"


def _state(one: Account) -> str:
    if one.problem is not None:
        return one.problem
    return f"invited until {moment(one.invited_until)}" if one.invited_until is not None else "good"
