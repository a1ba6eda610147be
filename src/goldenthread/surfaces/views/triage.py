"""What waits for people in several slices, by when it is due, and for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from goldenthread.control.approvals import SELECT, Waits, claim_of, deputies_of, how_it_waits
from goldenthread.control.autonomy import Outline
from goldenthread.control.guard import Desk
from goldenthread.promise.contract import Contract
from goldenthread.promise.values import Effect
from goldenthread.record.ledger import Ledger
from goldenthread.record.principals import Principal, Principals
from goldenthread.surfaces.views.inbox import WaitingItem, waiting_items
from goldenthread.surfaces.views.incidents import lasted
from goldenthread.surfaces.views.releases import SignOffView, asked_for
from goldenthread.surfaces.views.rows import select

MOST = 500
"""Open items that are sorted, those that wait longest."""

SHOWS: Mapping[str, str] = {"mine": "My turn", "handed": "Handed to me", "all": "Everyone's"}
"""Whose items a list shows."""

KINDS: Mapping[str, str] = {
    "approval": "approvals",
    "blind question": "blind questions",
    "escalation": "escalations",
    "in-doubt effect": "effects in doubt",
    "in-doubt undo": "undos in doubt",
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """
    What a list shows: whose items, of which slice, of which kind, for which action; '' for any. Without a word whose,
    it is what is the visitor's turn, and everyone's where nothing is.
    """

    show: str = ""
    slice: str = ""
    kind: str = ""
    action: str = ""


@dataclass(frozen=True, kw_only=True)
class TriageItem:
    """
    One item in the order of a day's work. `urgency`: 'overdue', 'soon' (half of its time is over), 'later', or 'open'
    where nothing says when; `due_words` says it in words. `mine`: its turn is the visitor's; `handed`: theirs by name.
    `effect` is that of the action where it may be seen.
    """

    item: WaitingItem
    urgency: str
    due_words: str
    effect: Effect | None
    mine: bool
    handed: bool

    @property
    def final(self) -> bool:
        """Whether a yes cannot be taken back."""
        return self.effect is Effect.IRREVERSIBLE


@dataclass(frozen=True, kw_only=True)
class Triage:
    """
    The list. `counts` are of all that waits in these slices, by `SHOWS`; `slices`, `kinds` and `actions` of what
    `show` leaves; `found` is how many items of these are wanted, of which `items` are shown; `older` says that more
    wait than are sorted here.
    """

    at: datetime
    wanted: Wanted
    counts: Mapping[str, int]
    slices: Mapping[str, int]
    kinds: Mapping[str, int]
    actions: Mapping[str, int]
    found: int
    older: bool
    items: tuple[TriageItem, ...]
    signatures: tuple[SignOffView, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Queued:
    """An open item before its content is opened."""

    row: Mapping[str, Any]
    waits: Waits
    contract: Contract
    mine: bool
    handed: bool

    @property
    def order(self) -> tuple[bool, bool, datetime, datetime, str]:
        """Overdue first, then by when it is due, then what has no due time; the older before the newer."""
        asked: datetime = self.row["asked_at"]
        due = self.waits.turn.due if self.waits.turn is not None else None
        return (not self.waits.overdue, due is None, due or asked, asked, self.row["id"])


def triage(
    ledger: Ledger,
    slices: Sequence[str],
    desk_of: Callable[[str], Desk],
    principals: Principals,
    *,
    name: str | None,
    wanted: Wanted,
    most: int,
) -> Triage:
    """
    What waits in some slices, as somebody sees it.

    Args:
        ledger: Whose.
        slices: Those whose items they may see.
        desk_of: Gives the desk of a slice.
        principals: As of now.
        name: Who looks; None: nobody in particular, whose turn nothing is.
        wanted: Which of them are shown.
        most: How many are shown, at most.
    """
    queue, older = _queue(ledger, slices, desk_of, principals, name)
    counts = {"mine": sum(one.mine for one in queue), "handed": sum(one.handed for one in queue), "all": len(queue)}
    wanted = _settled(wanted, queue)
    shown = [one for one in queue if _of(one, wanted.show)]
    left = [one for one in shown if _is_wanted(one.row, wanted)]
    now = ledger.clock()
    page = left[:most]
    items = waiting_items(ledger, [(one.row, one.waits) for one in page], desk_of, principals)
    return Triage(
        at=now,
        wanted=wanted,
        counts=counts,
        slices=_tally(one.row["slice"] for one in shown),
        kinds=_tally(one.row["kind"] for one in shown),
        actions=_tally(name for one in shown if (name := _open_action(one.row)) is not None),
        found=len(left),
        older=older,
        items=tuple(_item(item, one, now) for item, one in zip(items, page, strict=True)),
    )


def order_of(
    ledger: Ledger,
    slices: Sequence[str],
    desk_of: Callable[[str], Desk],
    principals: Principals,
    *,
    name: str | None,
    wanted: Wanted,
) -> tuple[str, ...]:
    """The ids of what `triage` would list, in its order, without opening anything."""
    queue, _older = _queue(ledger, slices, desk_of, principals, name)
    wanted = _settled(wanted, queue)
    return tuple(one.row["id"] for one in queue if _of(one, wanted.show) and _is_wanted(one.row, wanted))


def signatures_of(slices: Sequence[str], desk_of: Callable[[str], Desk], name: str) -> tuple[SignOffView, ...]:
    """Every signature that one person is asked for in some slices, the earliest due first."""
    desks = [desk_of(slice_name) for slice_name in slices]
    look_together(desks)
    found = [one for desk in desks for one in asked_for(desk) if one.name == name]
    return tuple(sorted(found, key=lambda one: (one.due, one.id)))


def look_together(desks: Sequence[Desk]) -> Mapping[str, Outline]:
    """The outlines of several slices, by name: what is new of all of them is read at once."""
    return desks[0].outlines.look([desk.slice for desk in desks]) if desks else {}


def urgency_of(waits: Waits, now: datetime) -> tuple[str, str]:
    """How soon an item is due, as one word and in words."""
    turn = waits.turn
    if turn is None:
        return "open", "no due time"
    if waits.overdue:
        return "overdue", f"overdue by {lasted(now - turn.due, '')}"
    left = lasted(turn.due - now, "")
    return ("soon" if now >= turn.half else "later"), f"due in {left}"


def _queue(
    ledger: Ledger, slices: Sequence[str], desk_of: Callable[[str], Desk], principals: Principals, name: str | None
) -> tuple[list[_Queued], bool]:
    rows = select(ledger, _OPEN, list(slices), MOST + 1)
    now, found = ledger.clock(), []
    desks = {slice_name: desk_of(slice_name) for slice_name in {row["slice"] for row in rows[:MOST]}}
    outlines = look_together(list(desks.values()))
    turns = _Turns(principals, name, now)
    for row in rows[:MOST]:
        outline = outlines[row["slice"]]
        version = outline.in_force or outline.latest
        if version is None:
            continue
        waits = how_it_waits(version.contract, row, now)
        if not waits.expired:
            mine, handed = turns.of(row, waits, outline.agents[row["fingerprint"]].agent)
            found.append(_Queued(row=row, waits=waits, contract=version.contract, mine=mine, handed=handed))
    return sorted(found, key=lambda one: one.order), len(rows) > MOST


_OLDEST = "select id from inbox where slice = any(%s) and state = 'open' order by asked_at, id limit %s"
_OPEN = f"{SELECT} where i.id in ({_OLDEST}) order by i.asked_at, i.id"


class _Turns:
    """Whether it is somebody's turn, and whether it is theirs by name."""

    def __init__(self, principals: Principals, name: str | None, now: datetime) -> None:
        me = principals.find(name) if name is not None else None
        self._principals = principals
        self._me = me if me is not None and not me.revoked else None
        self._now = now
        self._known: dict[tuple[str, str | None, str], tuple[bool, bool]] = {}

    def of(self, row: Mapping[str, Any], waits: Waits, agent: str) -> tuple[bool, bool]:
        """(their turn, theirs by name)."""
        if self._me is None:
            return False, False
        key = (row["slice"], waits.assigned, agent)
        if key not in self._known:
            self._known[key] = self._turn(self._me, *key)
        mine, handed = self._known[key]
        return (True, True) if mine and claim_of(row, self._now) == self._me.name else (mine, handed)

    def _turn(self, me: Principal, slice_name: str, step: str | None, agent: str) -> tuple[bool, bool]:
        if self._principals.is_own_agent(me.name, agent):
            return False, False
        if step == me.name or me.name in deputies_of(self._principals, step, agent, self._now):
            return True, True
        if step is None:
            return True, False
        there = [one for one in self._principals.all() if not one.revoked]
        named = [one.name for one in there if step in (one.name, one.name.partition("@")[0])]
        if named:
            return me.name in named, False
        held = any(role.name == step for one in there for role in one.roles)
        return not held or me.has(step, slice_name), False


def _settled(wanted: Wanted, queue: Sequence[_Queued]) -> Wanted:
    return wanted if wanted.show else replace(wanted, show="mine" if any(one.mine for one in queue) else "all")


def _of(one: _Queued, show: str) -> bool:
    return one.mine if show == "mine" else one.handed if show == "handed" else True


def _is_wanted(row: Mapping[str, Any], wanted: Wanted) -> bool:
    return (
        wanted.slice in ("", row["slice"])
        and wanted.kind in ("", row["kind"])
        and wanted.action in ("", _open_action(row))
    )


def _open_action(row: Mapping[str, Any]) -> str | None:
    """What an approval asks for; what a blind question is about is told to nobody."""
    return str(row["action_name"]) if row["kind"] == "approval" else None


def _tally(names: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items()))


def _item(item: WaitingItem, one: _Queued, now: datetime) -> TriageItem:
    urgency, words = urgency_of(one.waits, now)
    declared = one.contract.actions.get(item.action) if item.action is not None else None
    return TriageItem(
        item=item,
        urgency=urgency,
        due_words=words,
        effect=declared.effect if declared is not None else None,
        mine=one.mine,
        handed=one.handed,
    )
