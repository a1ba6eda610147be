"""Answers to one item or to several alike ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from goldenthread.promise.values import Json
from goldenthread.surfaces.cli.arguments import ASSIGNMENT, call, together
from goldenthread.surfaces.cli.commands.inbox_found import BY, ID, answered, find_in_one_slice, inbox_of
from goldenthread.surfaces.cli.commands.inbox_page import call_words
from goldenthread.surfaces.cli.terminal import emit, say

if TYPE_CHECKING:
    from goldenthread.control.approvals import Answered, Inbox, Item, Shown

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON: what became of each item.")


@click.command()
@click.argument("items", metavar="ITEM[:SEEN]...", nargs=-1, required=True)
@BY
@_AS_JSON
@click.pass_obj
def approve(home: str | None, items: tuple[str, ...], by: str, as_json: bool) -> None:
    """
    Say yes to exactly the arguments shown. The agent does it when it opens the case again.

    Several alike items need what you were shown of each: SEEN, as `list` prints it. Each is signed by itself; one that
    changed since is refused, and keeps none of the others back.

    \b
    Example:
      goldenthread inbox approve 3f9a --as lee@example.com
      goldenthread inbox approve 3f9a:5b1c22d9 77b0:02e4a8f1 --as lee@example.com
    """
    if len(items) == 1 and not as_json:
        item, _, seen = items[0].partition(":")
        item_now = answered(home, item, by, lambda box, key: box.approve(key, by=by, seen=seen or None))
        say(item_now.revealed or f"Approved: {call_words(item_now)}. {_when(item_now)}")
        return
    _each(home, items, by, "Approved", as_json, lambda box, shown: box.approve_each(shown, by=by))


@click.command()
@click.argument("item")
@click.argument("changes", metavar="NAME=VALUE...", type=ASSIGNMENT, nargs=-1, required=True)
@BY
@click.pass_obj
def edit(home: str | None, item: str, changes: tuple[tuple[str, Json], ...], by: str) -> None:
    """
    Say yes to other arguments. VALUE is JSON where it can be read so, else text.

    \b
    Example:
      goldenthread inbox edit 3f9a licence=MIT --as lee@example.com
    """
    arguments = together(changes)
    item_now = answered(home, item, by, lambda box, key: box.edit(key, arguments, by=by))
    changed = {**(item_now.arguments or {}), **arguments}
    agreed = call(str(item_now.action), changed)
    say(item_now.revealed or f"Approved with changes: {agreed}. {_when(item_now)}")


@click.command()
@click.argument("items", metavar="ITEM[:SEEN]...", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why not; the agent is told.")
@BY
@_AS_JSON
@click.pass_obj
def reject(home: str | None, items: tuple[str, ...], reason: str, by: str, as_json: bool) -> None:
    """
    Say no. The action does not happen. Several alike items as with `approve`.

    \b
    Example:
      goldenthread inbox reject 3f9a --reason "the licence file says GPL" --as lee@example.com
    """
    if len(items) == 1 and ":" not in items[0] and not as_json:
        item_now = answered(home, items[0], by, lambda box, key: box.reject(key, reason, by=by))
        say(item_now.revealed or f"Rejected: {call_words(item_now)} does not happen.")
        return
    _each(home, items, by, "Rejected", as_json, lambda box, shown: box.reject_each(shown, reason, by=by))


@click.command()
@click.argument("item")
@BY
@click.pass_obj
def escalate(home: str | None, item: str, by: str) -> None:
    """
    Hand an item to the next step of the contract's escalation path. It stays open.

    \b
    Example:
      goldenthread inbox escalate 3f9a --as lee@example.com
    """
    item_now = answered(home, item, by, lambda box, key: box.escalate(key, by=by))
    say(f"Item {item_now.id[:ID]} is now with {item_now.assigned}.")


@click.command()
@click.argument("item")
@click.argument("action")
@click.argument("arguments", metavar="NAME=VALUE...", type=ASSIGNMENT, nargs=-1)
@BY
@click.pass_obj
def answer(home: str | None, item: str, action: str, arguments: tuple[tuple[str, Json], ...], by: str) -> None:
    """
    Decide a blind question or an escalation yourself: which action, with which arguments.

    \b
    Example:
      goldenthread inbox answer 3f9a admit_package package=click licence=BSD-3-Clause --as lee@example.com
    """
    from goldenthread.record.metrics import Proposal

    decision = Proposal(action=action, arguments=together(arguments))
    item_now = answered(home, item, by, lambda box, key: box.answer(key, decision, by=by))
    say(f"Recorded for case {item_now.case}: {call(action, decision.arguments)}.")


@click.command()
@click.argument("item")
@click.option("--happened/--did-not-happen", "happened", required=True, default=None, help="What you found.")
@BY
@click.pass_obj
def settle(home: str | None, item: str, happened: bool, by: str) -> None:
    """
    Say whether an effect in doubt happened, after looking. If not, the agent may ask again.

    \b
    Example:
      goldenthread inbox settle 3f9a --did-not-happen --as lee@example.com
    """
    item_now = answered(home, item, by, lambda box, key: box.settle(key, happened=happened, by=by))
    outcome = "happened and will not be repeated" if happened else "did not happen; the agent may ask again"
    say(f"Settled: {call_words(item_now)} {outcome}.")


def _each(
    home: str | None,
    items: Sequence[str],
    by: str,
    done: str,
    as_json: bool,
    act: Callable[[Inbox, Sequence[Shown]], Sequence[Answered]],
) -> None:
    """Answer several items as they were shown, and say of each what became of it."""
    from goldenthread.control.approvals import Shown
    from goldenthread.surfaces.cli.place import opened

    unseen = next((item for item in items if not item.partition(":")[2]), None)
    if unseen is not None:
        raise click.UsageError(
            f"several items are answered as they were shown: write {unseen}:SEEN, with what `goldenthread inbox list` "
            "prints under 'seen'."
        )
    named = [item.partition(":") for item in items]
    with opened(home) as place:
        slice_name, ids = find_in_one_slice(place, [name for name, _, _ in named])
        shown = [Shown(item=item, seen=seen) for item, (_, _, seen) in zip(ids, named, strict=True)]
        results = act(inbox_of(place, slice_name, place.keys(by)), shown)
    if as_json:
        emit([_result(one) for one in results])
    else:
        say(*(_result_words(one, done) for one in results))
    refused = [one for one in results if one.refused is not None]
    if refused:
        click.get_current_context().exit(1)


def _result(one: Answered) -> dict[str, object]:
    refused = {"code": one.refused.code, "message": one.refused.message} if one.refused is not None else None
    return {"item": one.id, "answered": one.item is not None, "refused": refused}


def _result_words(one: Answered, done: str) -> str:
    if one.item is None:
        return f"Refused: {one.refused}"
    said = f"{done}: {one.id[:ID]} {call_words(one.item)}"
    return f"{said}. {one.item.revealed}" if one.item.revealed else said


def _when(item_now: Item) -> str:
    if item_now.moot is not None:
        return f"It may come to nothing: {item_now.moot}."
    when = f"It happens once, when the agent opens case {item_now.case} again"
    if item_now.stopped is None:
        return f"{when}."
    return f"Until that is lifted it permits nothing: {item_now.stopped}. {when} after that."
