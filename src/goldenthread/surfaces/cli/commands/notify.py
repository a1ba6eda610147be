"""`goldenthread notify`: what waits and what changed, told to people."""

from __future__ import annotations

import click

from goldenthread.surfaces.cli.terminal import emit, moment, say, table

_AS = click.option("--as", "by", metavar="NAME", help="Who says so, if not the person: an administrator.")


@click.group()
def notify() -> None:
    """
    Tell people what waits for them and what changed. Needs `pip install 'goldenthread[notify]'`.

    Addresses are Apprise's: mailtos://, slack://, msteams://, json:// and others. `goldenthread events deliver` sends.

    \b
    Example:
      goldenthread notify add lee@example.com "mailtos://user:password@example.com?to=lee@example.com"
    """


@notify.command()
@click.argument("person")
@click.argument("url")
@click.option("--on", "patterns", metavar="TYPES", help="e.g. approval.asked,level.*; by default what usually matters.")
@click.option("--slice", "slices", multiple=True, metavar="SLICE", help="Only of it; without it, of every slice.")
@click.option("--product", "products", multiple=True, metavar="PRODUCT", help="Only of slices of that product.")
@click.option(
    "--every",
    type=click.Choice(["now", "hourly", "daily"]),
    default="now",
    show_default=True,
    help="At most one message in that time; now is a minute.",
)
@_AS
@click.pass_obj
def add(
    home: str | None,
    person: str,
    url: str,
    patterns: str | None,
    slices: tuple[str, ...],
    products: tuple[str, ...],
    every: str,
    by: str | None,
) -> None:
    """
    Tell a person, from now on, of slices in which they hold a role.

    The address is kept in the home alone. Give '-' to type it where no history keeps it.

    \b
    Example:
      goldenthread notify add lee@example.com - --on approval.asked,approval.overdue --slice refunds
      goldenthread notify add lee@example.com "slack://TokenA/TokenB/TokenC/#refunds" --every hourly
    """
    from goldenthread.record.principals import EVERYWHERE
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.work.events import Custody
    from goldenthread.work.notices import FOLDER, add_rule

    address = click.prompt("Address", hide_input=True, err=True) if url == "-" else url
    who = by or person
    with opened(home) as place:
        rule = add_rule(
            place.ledger,
            place.keys(who),
            Custody(place.home, FOLDER),
            person,
            address,
            by=who,
            types=[one for one in (patterns or "").split(",") if one.strip()],
            slices=slices or (EVERYWHERE,),
            products=products,
            every=every,
        )
    say(f"Rule {rule.id}: {person} is told by {rule.service}, {every}.")
    say(f"Try it with `goldenthread notify test {rule.id}`.")


@notify.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_rules(home: str | None, as_json: bool) -> None:
    """
    List who is told of what, and how it fares; never an address.

    \b
    Example:
      goldenthread notify list
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.work.notices import rules_standing

    with opened(home) as place:
        found = rules_standing(place.ledger, place.home)
    if as_json:
        emit(found)
        return
    if not found:
        say("Nobody is told anything.")
        return
    rows = [
        (
            one.id,
            one.person,
            one.service,
            _reach(one.slices, one.products),
            ", ".join(one.types),
            one.every,
            one.sent,
            moment(one.sent_at),
            one.state,
        )
        for one in found
    ]
    table(("rule", "person", "by", "of", "on", "every", "sent", "last", "state"), rows)


def _reach(slices: tuple[str, ...], products: tuple[str, ...]) -> str:
    """Of what a rule tells, in words."""
    words = "every slice" if "*" in slices else ", ".join(slices)
    return f"{words} of {' or '.join(products)}" if products else words


@notify.command()
@click.argument("rule")
@click.option("--as", "by", required=True, metavar="NAME", help="The person it is for, or an administrator.")
@click.pass_obj
def remove(home: str | None, rule: str, by: str) -> None:
    """
    End a rule, by its id or its first digits.

    \b
    Example:
      goldenthread notify remove 3f9a --as lee@example.com
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.work.events import Custody
    from goldenthread.work.notices import FOLDER, remove_rule

    with opened(home) as place:
        found = remove_rule(place.ledger, place.keys(by), Custody(place.home, FOLDER), rule, by=by)
    say(f"Rule {found.id} is removed: {found.person} is told nothing more by {found.service}.")


@notify.command()
@click.argument("rule")
@click.pass_context
def test(ctx: click.Context, rule: str) -> None:
    """
    Send one message that says it is a test. Ends with 1 if it wasn't taken.

    \b
    Example:
      goldenthread notify test 3f9a
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.work.notices import send_test

    with opened(ctx.obj) as place:
        problem = send_test(place.ledger, place.home, rule)
    if problem is None:
        say("It was taken.")
        return
    say(f"It was not taken: {problem}.")
    ctx.exit(1)
