"""`goldenthread inbox`: what waits for people, and their answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from goldenthread.promise.errors import CaseErased, InboxItemNotFound
from goldenthread.promise.values import Json
from goldenthread.surfaces.cli.arguments import ASSIGNMENT, call, together, typed
from goldenthread.surfaces.cli.commands.inbox_watching import approvers, checks, clear
from goldenthread.surfaces.cli.terminal import emit, moment, say, table

if TYPE_CHECKING:
    from goldenthread.control.approvals import Inbox, Item
    from goldenthread.record.principals import KeyRing
    from goldenthread.surfaces.cli.place import Place
    from goldenthread.surfaces.views import WaitingItem

_ID = 8  # digits shown of an item's id; any prefix that only it has will do


@click.group()
def inbox() -> None:
    """
    Answer what waits for people: approvals, blind questions, escalations, effects in doubt.

    An item is named by its id or by its first digits.

    \b
    Example:
      goldenthread inbox list
      goldenthread inbox show 3f9a
      goldenthread inbox approve 3f9a --as lee@example.com
    """


inbox.add_command(approvers)
inbox.add_command(checks)
inbox.add_command(clear)

_BY = click.option("--as", "by", required=True, metavar="NAME", help="Who answers; signs with their key.")


@inbox.command("list")
@click.argument("slice_name", metavar="[SLICE]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_items(home: str | None, slice_name: str | None, as_json: bool) -> None:
    """
    List what waits, oldest first, in one slice or in all.

    \b
    Example:
      goldenthread inbox list open-source-intake
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views import waiting

    with opened(home) as place:
        slices = [place.chosen(slice_name)] if slice_name else place.slices()
        items = [item for name in slices for item in waiting(place.desk(name))]
    if as_json:
        emit(items)
    elif not items:
        say("The inbox is empty.")
    else:
        _print_items(items, several=len(slices) > 1)


@inbox.command()
@click.argument("item")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(home: str | None, item: str, as_json: bool) -> None:
    """
    Show an item: what is asked, on which arguments exactly, and how to answer.

    \b
    Example:
      goldenthread inbox show 3f9a
    """
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        found = _opened_item(place, item)
    if as_json:
        emit(found)
    else:
        say(*_lines(found))


@inbox.command()
@click.argument("item")
@_BY
@click.pass_obj
def approve(home: str | None, item: str, by: str) -> None:
    """
    Say yes to exactly the arguments shown. The agent does it when it opens the case again.

    \b
    Example:
      goldenthread inbox approve 3f9a --as lee@example.com
    """
    answered = _answer(home, item, by, lambda box, key: box.approve(key, by=by))
    say(answered.revealed or f"Approved: {_call(answered)}. {_when(answered)}")


@inbox.command()
@click.argument("item")
@click.argument("changes", metavar="NAME=VALUE...", type=ASSIGNMENT, nargs=-1, required=True)
@_BY
@click.pass_obj
def edit(home: str | None, item: str, changes: tuple[tuple[str, Json], ...], by: str) -> None:
    """
    Say yes to other arguments. VALUE is JSON where it can be read so, else text.

    \b
    Example:
      goldenthread inbox edit 3f9a licence=MIT --as lee@example.com
    """
    arguments = together(changes)
    answered = _answer(home, item, by, lambda box, key: box.edit(key, arguments, by=by))
    changed = {**(answered.arguments or {}), **arguments}
    agreed = call(str(answered.action), changed)
    say(answered.revealed or f"Approved with changes: {agreed}. {_when(answered)}")


@inbox.command()
@click.argument("item")
@click.option("--reason", required=True, help="Why not; the agent is told.")
@_BY
@click.pass_obj
def reject(home: str | None, item: str, reason: str, by: str) -> None:
    """
    Say no. The action does not happen.

    \b
    Example:
      goldenthread inbox reject 3f9a --reason "the licence file says GPL" --as lee@example.com
    """
    answered = _answer(home, item, by, lambda box, key: box.reject(key, reason, by=by))
    say(answered.revealed or f"Rejected: {_call(answered)} does not happen.")


@inbox.command()
@click.argument("item")
@_BY
@click.pass_obj
def escalate(home: str | None, item: str, by: str) -> None:
    """
    Hand an item to the next step of the contract's escalation path. It stays open.

    \b
    Example:
      goldenthread inbox escalate 3f9a --as lee@example.com
    """
    answered = _answer(home, item, by, lambda box, key: box.escalate(key, by=by))
    say(f"Item {answered.id[:_ID]} is now with {answered.assigned}.")


@inbox.command()
@click.argument("item")
@click.argument("action")
@click.argument("arguments", metavar="NAME=VALUE...", type=ASSIGNMENT, nargs=-1)
@_BY
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
    answered = _answer(home, item, by, lambda box, key: box.answer(key, decision, by=by))
    say(f"Recorded for case {answered.case}: {call(action, decision.arguments)}.")


@inbox.command()
@click.argument("item")
@click.option("--happened/--did-not-happen", "happened", required=True, default=None, help="What you found.")
@_BY
@click.pass_obj
def settle(home: str | None, item: str, happened: bool, by: str) -> None:
    """
    Say whether an effect in doubt happened, after looking. If not, the agent may ask again.

    \b
    Example:
      goldenthread inbox settle 3f9a --did-not-happen --as lee@example.com
    """
    answered = _answer(home, item, by, lambda box, key: box.settle(key, happened=happened, by=by))
    outcome = "happened and will not be repeated" if happened else "did not happen; the agent may ask again"
    say(f"Settled: {_call(answered)} {outcome}.")


def _when(answered: Item) -> str:
    when = f"It happens once, when the agent opens case {answered.case} again"
    if answered.stopped is None:
        return f"{when}."
    return f"Until that is lifted it permits nothing: {answered.stopped}. {when} after that."


def _answer(home: str | None, item: str, by: str, act: Callable[[Inbox, str], Item]) -> Item:
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        found = _found(place, item)
        return act(_inbox(place, found.slice, place.keys(by)), found.id)


def _inbox(place: Place, slice_name: str, keys: KeyRing | None = None) -> Inbox:
    from goldenthread.control.approvals import Inbox

    return Inbox(place.desk(slice_name), keys.sign if keys is not None else _sign_nothing)


def _sign_nothing(_name: str, _payload_type: str, _payload: Json) -> dict[str, Any]:
    raise AssertionError("an inbox that is only read signs nothing")


@dataclass(frozen=True, kw_only=True)
class _Found:
    """Where an item is, and what has become of it."""

    id: str
    slice: str
    state: str


def _found(place: Place, item: str) -> _Found:
    """
    The item of an id's first digits that only it has in this home; its content is not opened.

    Raises:
        InboxItemNotFound: None, or several.
    """
    from goldenthread.surfaces.views.rows import select

    rows = select(place.ledger, "select id, slice, state from inbox where starts_with(id, %s) limit 2", item)
    if len(rows) == 1:
        return _Found(**rows[0])
    if rows:
        raise InboxItemNotFound(
            f"Several items begin with '{item}'. Give more digits, as in `goldenthread inbox list`."
        )
    raise InboxItemNotFound(f"No item '{item}' in this home. See `goldenthread inbox list`.")


def _opened_item(place: Place, item: str) -> Item:
    """
    Raises:
        CaseErased: Nobody can read any more what was asked.
    """
    found = _found(place, item)
    if found.state == "erased":
        raise CaseErased(f"Item {found.id} asked about a case that was erased on request; what it said is gone.")
    return _inbox(place, found.slice).item(found.id)


def _print_items(items: list[WaitingItem], *, several: bool) -> None:
    columns = ["item", "kind", "case", "asks for", "agent", "asked"]
    rows = [
        [item.id[:_ID], item.kind, item.case.words, _asked(item), item.agent, moment(item.asked_at)] for item in items
    ]
    if several:
        columns.append("slice")
        rows = [[*row, item.slice] for row, item in zip(rows, items, strict=True)]
    table(columns, rows)


def _asked(item: WaitingItem) -> str:
    if item.action is None or item.arguments is None:
        return "a decision of your own"
    value = item.arguments.value
    return call(item.action, value) if isinstance(value, dict) else f"{item.action}: {item.arguments.words}"


def _lines(item: Item) -> list[str]:
    """The item on a page: the question, what it rests on, and the commands that answer it."""
    from goldenthread.surfaces.views.inbox import commands

    lines = [f"{item.kind} {item.id} in {item.slice}, {_state(item)}", "", f"Case       {item.case}"]
    lines += [f"           {name}: {typed(value)}" for name, value in item.given.items()]
    lines += [f"Agent      {item.agent}", f"Asked      {moment(item.asked_at)}: {item.reason}"]
    if item.action is not None:
        lines += [f"Action     {item.action}"]
        lines += [f"           {name} = {typed(value)}" for name, value in (item.arguments or {}).items()]
    if item.clause:
        lines += [f"Clause     {item.clause}"]
    if item.cited:
        lines += [f"Cites      {', '.join(item.cited)}"]
    if item.assigned:
        lines += [f"With       {item.assigned}"]
    if item.revealed:
        lines += ["", item.revealed]
    if item.state == "open":
        lines += ["", "Answer it with", *(f"  {command}" for command in commands(item.kind, item.id))]
    return lines


def _state(item: Item) -> str:
    return f"{item.answer} by {item.answered_by}" if item.answer else item.state


def _call(item: Item) -> str:
    return "a decision of your own" if item.action is None else call(item.action, item.arguments or {})
