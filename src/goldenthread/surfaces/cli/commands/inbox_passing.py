"""Taking an item, asking back, and handing it on."""

from __future__ import annotations

import click

from goldenthread.surfaces.cli.commands.inbox_found import BY, ID, answered
from goldenthread.surfaces.cli.terminal import moment, say


@click.command()
@click.argument("item")
@click.option("--minutes", type=click.IntRange(1, 480), default=15, show_default=True, help="How long.")
@BY
@click.pass_obj
def claim(home: str | None, item: str, minutes: int, by: str) -> None:
    """
    Take an item, so that nobody else works on it; claim it again to keep it for longer.

    \b
    Example:
      goldenthread inbox claim 3f9a --minutes 30 --as lee@example.com
    """
    now = answered(home, item, by, lambda box, key: box.claim(key, by=by, minutes=minutes))
    say(f"Item {now.id[:ID]} is yours until {moment(now.claimed_until)}.")


@click.command()
@click.argument("item")
@BY
@click.pass_obj
def release(home: str | None, item: str, by: str) -> None:
    """
    Give a claim back. An owner of the slice may break anybody's.

    \b
    Example:
      goldenthread inbox release 3f9a --as lee@example.com
    """
    now = answered(home, item, by, lambda box, key: box.release(key, by=by))
    say(f"Nobody is at item {now.id[:ID]} now.")


@click.command("hand-over")
@click.argument("item")
@click.argument("to", metavar="NAME")
@BY
@click.pass_obj
def hand_over(home: str | None, item: str, to: str, by: str) -> None:
    """
    Hand an item to a person who may answer it. It stays open, and its clock keeps running.

    \b
    Example:
      goldenthread inbox hand-over 3f9a sam@example.com --as lee@example.com
    """
    now = answered(home, item, by, lambda box, key: box.hand_over(key, to, by=by))
    due = f", until {moment(now.due)}" if now.due is not None else ""
    say(f"Item {now.id[:ID]} is now with {now.assigned}{due}.")


@click.command("ask-back")
@click.argument("item")
@click.argument("question")
@BY
@click.pass_obj
def ask_back(home: str | None, item: str, question: str, by: str) -> None:
    """
    Ask the agent, or who answers for it, before you answer. The clock keeps running.

    \b
    Example:
      goldenthread inbox ask-back 3f9a "Which of the two invoices?" --as lee@example.com
    """
    now = answered(home, item, by, lambda box, key: box.ask_back(key, question, by=by))
    say(f"Asked about item {now.id[:ID]}. The reply will stand under it: `goldenthread inbox show {now.id[:ID]}`.")


@click.command()
@click.argument("item")
@click.argument("text")
@BY
@click.pass_obj
def reply(home: str | None, item: str, text: str, by: str) -> None:
    """
    Reply to what was asked about an item.

    \b
    Example:
      goldenthread inbox reply 3f9a "The one of March." --as sam@example.com
    """
    now = answered(home, item, by, lambda box, key: box.reply(key, text, by=by))
    say(f"Kept under item {now.id[:ID]}.")
