"""An item on a page, and a list of them: the question, what it rests on, and the commands that answer it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from goldenthread.promise.values import Json
from goldenthread.surfaces.cli.arguments import call, typed
from goldenthread.surfaces.cli.commands.inbox_found import ID
from goldenthread.surfaces.cli.terminal import moment, say, table

if TYPE_CHECKING:
    from goldenthread.control.approvals import Consequence, Item, Precedent, Said
    from goldenthread.surfaces.views import ItemPage, SignOffView, WaitingItem


def print_items(items: Sequence[WaitingItem], *, several: bool) -> None:
    """The list: enough to decide what to look at first. `several` slices name theirs."""
    columns = ["item", "kind", "case", "asks for", "agent", "asked", "with", "due", "seen"]
    rows = [
        [
            item.id[:ID],
            item.kind,
            item.case.words,
            _asked(item),
            item.agent,
            moment(item.asked_at),
            _with(item.claimed_by, item.assigned, item.deputies),
            f"{moment(item.due)}{', overdue' if item.overdue else ''}",
            item.seen.removeprefix("sha256:")[:ID],
        ]
        for item in items
    ]
    if several:
        columns.append("slice")
        rows = [[*row, item.slice] for row, item in zip(rows, items, strict=True)]
    table(columns, rows)


def print_signatures(signatures: Sequence[SignOffView]) -> None:
    """The signatures that people are asked for, and under them how each is given."""
    rows = [
        [
            f"{one.slice} {one.of}",
            one.name,
            one.role,
            f"{one.state}{', and they are away' if one.away else ''}",
            moment(one.asked_at),
            moment(one.due),
        ]
        for one in signatures
    ]
    say("")
    table(["to sign", "who", "as", "state", "asked", "due"], rows)
    say("", "Sign with", *(f"  {one.command}" for one in signatures))


def page_lines(page: ItemPage) -> list[str]:
    """An item with all that somebody answers it by."""
    item = page.item
    lines = [f"{item.kind} {item.id} in {item.slice}, {state_words(item)}", "", *_row("Case", item.case)]
    lines += _more(f"{name}: {typed(value)}" for name, value in item.given.items())
    lines += [*_row("Agent", item.agent), *_row("Asked", f"{moment(item.asked_at)}: {item.reason}")]
    if item.action is not None:
        lines += [*_row("Action", item.action), *_more(_assigned(item.arguments or {}))]
    lines += [*_said(page.said), *_clause(page), *_waits(item), *_stopped(item)]
    lines += [*_would(page.would), *_grounds(page), *_past(page.precedents), *_thread(page)]
    if item.revealed:
        lines += ["", item.revealed]
    if page.commands:
        lines += ["", "Answer it with", *(f"  {command}" for command in page.commands)]
    return lines


def state_words(item: Item) -> str:
    """What has become of it."""
    return f"{item.answer} by {item.answered_by}" if item.answer else item.state


def call_words(item: Item) -> str:
    """What it asks for."""
    return "a decision of your own" if item.action is None else call(item.action, item.arguments or {})


def _asked(item: WaitingItem) -> str:
    if item.action is None or item.arguments is None:
        return "a decision of your own"
    value = item.arguments.value
    return call(item.action, value) if isinstance(value, dict) else f"{item.action}: {item.arguments.words}"


def _with(claimed_by: str | None, assigned: str | None, deputies: Sequence[str]) -> str:
    if claimed_by is not None:
        return f"{claimed_by}, at it now"
    away = f" (away; {' or '.join(deputies)} stands in)" if deputies else ""
    return f"{assigned or ''}{away}"


def _row(name: str, words: str) -> tuple[str, ...]:
    return (f"{name:<11}{words}",)


def _more(lines: Iterator[str]) -> list[str]:
    return [f"{'':<11}{line}" for line in lines]


def _assigned(arguments: dict[str, Json] | object) -> Iterator[str]:
    if isinstance(arguments, dict):
        yield from (f"{name} = {typed(value)}" for name, value in arguments.items())


def _said(said: Said | None) -> Iterator[str]:
    if said is None:
        return
    if said.reason is not None:
        yield from _row("Why not", said.reason)
    elif said.action is not None:
        yield from _row("Decided", said.action)
        yield from _more(_assigned(said.arguments))
    elif said.arguments is not None:
        yield from _row("Changed to", "")
        yield from _more(_assigned({name: said.arguments[name] for name in said.changed}))


def _clause(page: ItemPage) -> Iterator[str]:
    item, clause = page.item, page.clause
    if item.clause:
        yield from _row("Clause", item.clause)
        if clause is not None and clause.line is not None:
            yield from _more(iter([f"line {clause.line} of {clause.file}: {clause.text}"]))


def _waits(item: Item) -> Iterator[str]:
    if item.assigned:
        due = f", until {moment(item.due)}{'; overdue, and nobody comes after them' if item.overdue else ''}"
        yield from _row("With", f"{_with(None, item.assigned, item.deputies)}{due if item.due is not None else ''}")
    if item.claimed_by:
        yield from _row("At it", f"{item.claimed_by}, until {moment(item.claimed_until)}")
    if item.expires is not None:
        yield from _row("Expires", f"{moment(item.expires)}; then it does not happen")


def _stopped(item: Item) -> Iterator[str]:
    if item.stopped is not None and item.state == "open":
        yield from _row("Stopped", f"{item.stopped}; until that is lifted a yes permits nothing")
    if item.moot is not None and item.state == "open":
        yield from _row("Note", f"a yes may come to nothing: {item.moot}")


def _would(would: Consequence | None) -> Iterator[str]:
    if would is None:
        return
    undone = f", undone by {would.undo}" if would.undo else ""
    out = ", sends data out" if would.egress else ""
    yield from _row("A yes", f"at {would.level}: {would.effect}{undone}{out}, once")
    for limit in would.limits:
        yield from _more(iter([f"{'within' if limit.kept else 'OUTSIDE'} the limit '{limit.words}'"]))
    for spend in would.spends:
        words = f"uses {spend.amount:f} of the budget '{spend.budget}', of which {spend.left:f} is left"
        yield from _more(iter([words]))


def _grounds(page: ItemPage) -> Iterator[str]:
    for doubt in page.doubts:
        yield from _row("Doubt", doubt.words)
    for source in page.sources:
        where = f" ({source.source}, score {source.score:g})" if source.source and source.score is not None else ""
        never = "" if source.retrieved else " (never retrieved in this run)"
        yield from _row("Cites", f"{source.id}{where}{never}")
        if isinstance(source.says, dict):
            yield from _more(f"{name}: {typed(value)}" for name, value in source.says.items())
    for one in page.before:
        done = one.arguments if isinstance(one.arguments, dict) else {}
        yield from _row("Before", f"{call(one.action, done)}: {one.state}")


def _past(precedents: Sequence[Precedent]) -> Iterator[str]:
    for one in precedents:
        why = f": {one.reason}" if one.reason else ""
        edit = f" to {', '.join(_assigned(dict(one.edited)))}" if one.edited else ""
        yield from _row("Past case", f"{one.case}, {one.likeness:.0%} alike, {one.answer}{edit} by {one.by}{why}")
        yield from _more(iter([f"{', '.join(_assigned(dict(one.arguments)))}; {moment(one.at)}"]))


def _thread(page: ItemPage) -> Iterator[str]:
    for one in page.messages:
        yield from _row("Asked back" if one.kind == "question" else "Reply", f"{one.by}, {moment(one.at)}: {one.text}")
