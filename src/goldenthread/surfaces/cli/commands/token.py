"""`goldenthread token`: create, list, revoke."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.terminal import emit, moment, say, table

if TYPE_CHECKING:
    from datetime import datetime

    from goldenthread.record.principals import Token, Tokens


@click.group()
def token() -> None:
    """
    Make and revoke tokens: agents, tools and task givers come with them to `goldenthread serve`, senders of
    telemetry to `goldenthread telemetry serve`.

    \b
    Example:
      goldenthread token create --agent refund-agent --slice refunds --by maya@example.com
    """


@token.command()
@click.option("--agent", metavar="NAME", help="For the agent of that name.")
@click.option("--tool", metavar="NAME", help="For the service of that name, which carries out --action.")
@click.option("--task", metavar="NAME", help="For the service of that name, which gives agents their tasks.")
@click.option("--telemetry", metavar="NAME", help="For who sends OpenTelemetry spans, and can do nothing else.")
@click.option("--action", "actions", multiple=True, metavar="ACTION", help="An action that the tool carries out.")
@click.option("--slice", "slices", multiple=True, metavar="SLICE", help="Where it counts; without it, in all slices.")
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="How long it lives.")
@click.option("--by", required=True, metavar="NAME", help="The administrator who makes it; signs with their key.")
@click.pass_obj
def create(
    home: str | None,
    agent: str | None,
    tool: str | None,
    task: str | None,
    telemetry: str | None,
    actions: tuple[str, ...],
    slices: tuple[str, ...],
    days: int,
    by: str,
) -> None:
    """
    Make a token, and show it once: the record keeps its hash only.

    \b
    Example:
      goldenthread token create --agent refund-agent --slice refunds --by maya@example.com
      goldenthread token create --tool payments --action send_money --slice refunds --by maya@example.com
      goldenthread token create --task ticket-desk --by maya@example.com
      goldenthread token create --telemetry otel-collector --by maya@example.com
    """
    from goldenthread.record.principals import EVERYWHERE, create_token
    from goldenthread.surfaces.cli.place import opened

    scopes = (("agent", agent), ("tool", tool), ("task", task), ("telemetry", telemetry))
    named = [(scope, name) for scope, name in scopes if name]
    if len(named) != 1:
        raise click.UsageError("Say whose it is with one of --agent, --tool, --task and --telemetry.")
    scope, name = named[0]
    with opened(home) as place:
        made, text = create_token(
            place.ledger,
            place.keys(by),
            by=by,
            scope=scope,
            name=name,
            slices=slices or (EVERYWHERE,),
            actions=actions,
            life=timedelta(days=days),
        )
    say(f"Token {made.id} of {scope} {name}, for {_reach(made)}, until {moment(made.expires)}. It is shown once:", text)


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_tokens(home: str | None, as_json: bool) -> None:
    """
    List every token ever made, and what it opens now; never the token itself.

    \b
    Example:
      goldenthread token list
    """
    from goldenthread.record.principals import load_tokens
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        tokens, now = load_tokens(place.ledger), place.ledger.clock()
    if as_json:
        emit([_record(one, tokens, now) for one in tokens.by_id.values()])
        return
    rows = [
        (one.id, one.scope, one.name, _reach(one), moment(one.expires), one.problem(tokens.principals, now) or "good")
        for one in tokens.by_id.values()
    ]
    table(("token", "scope", "of", "for", "until", "state"), rows)


@token.command()
@click.argument("token_id", metavar="TOKEN")
@click.option("--by", required=True, metavar="NAME", help="The administrator who revokes it; signs with their key.")
@click.option("--reason", required=True, help="Why; it stands on record.")
@click.pass_obj
def revoke(home: str | None, token_id: str, by: str, reason: str) -> None:
    """
    Take a token back, by its id as `token list` shows it; a server that runs refuses it within a second.

    \b
    Example:
      goldenthread token revoke 3f9a01c27d5e --by maya@example.com --reason "it stood in a log"
    """
    from goldenthread.record.principals import revoke_token
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        taken = revoke_token(place.ledger, place.keys(by), token_id, by=by, reason=reason)
    say(f"Token {taken.id} of {taken.scope} {taken.name} opens nothing any more.")


def _reach(one: Token) -> str:
    where = "every slice" if "*" in one.slices else ", ".join(one.slices)
    return f"{', '.join(one.actions)} in {where}" if one.actions else where


def _record(one: Token, tokens: Tokens, now: datetime) -> dict[str, object]:
    return {
        "id": one.id,
        "scope": one.scope,
        "name": one.name,
        "slices": list(one.slices),
        "actions": list(one.actions),
        "expires": one.expires.isoformat(),
        "by": one.by,
        "record": one.seq,
        "problem": one.problem(tokens.principals, now),
    }
