"""What waits for people, for reading: the list, and one item with all that somebody answers it by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from goldenthread.control.approvals import (
    SELECT,
    Before,
    Consequence,
    Doubt,
    Inbox,
    Item,
    Message,
    Precedent,
    Said,
    Source,
    Waits,
    claim_of,
    deputies_of,
    how_it_waits,
    moot_words,
    seen_of,
)
from goldenthread.control.autonomy import Outline
from goldenthread.control.guard import IN_DOUBT, Desk
from goldenthread.control.rules import load_rules
from goldenthread.promise.values import Json
from goldenthread.record.ledger import Ledger
from goldenthread.record.principals import Principals
from goldenthread.surfaces.views.clauses import clause_part, rule_part
from goldenthread.surfaces.views.content import BLIND, Content, blind_among, hidden, open_contents
from goldenthread.surfaces.views.rows import select
from goldenthread.surfaces.views.thread_parts import ClausePart


@dataclass(frozen=True, kw_only=True)
class WaitingItem:
    """
    One question to a person and the exact commands that answer it. `arguments` are those that an approval would
    bind to; hidden for a blind question, None where there is no proposal.

    Attributes:
        assigned: Whose turn it is, a step of the path or a person; `deputies` stand in for them.
        due: When their time is over. `overdue`: it is, and nobody comes after them.
        expires: From when on no yes counts; None for what doesn't expire.
        claimed_by: Who is at it now, until `claimed_until`.
        messages: How many questions and replies stand under it.
        seen: Digest of what is shown; a batch answers exactly this.
        moot: Why nothing, or nothing for sure, comes of a yes.
    """

    id: str
    slice: str
    kind: str
    question: str
    case: Content
    given: Content
    run: str
    agent: str
    action: str | None
    action_id: str | None
    arguments: Content | None
    clause: str | None
    reason: str
    cited: tuple[str, ...]
    assigned: str | None
    deputies: tuple[str, ...]
    asked_at: datetime
    half: datetime | None
    due: datetime | None
    overdue: bool
    expires: datetime | None
    claimed_by: str | None
    claimed_until: datetime | None
    messages: int
    seen: str
    moot: str | None
    commands: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ItemPage:
    """
    One item with all that somebody answers it by. `clause` is what asked, and where that stands; None for a blind
    question, an escalation, and an erased case. The other parts are those of `Dossier`.
    """

    question: str
    item: Item
    clause: ClausePart | None
    sources: tuple[Source, ...]
    doubts: tuple[Doubt, ...]
    before: tuple[Before, ...]
    would: Consequence | None
    precedents: tuple[Precedent, ...]
    messages: tuple[Message, ...]
    said: Said | None
    commands: tuple[str, ...]


def waiting(desk: Desk) -> list[WaitingItem]:
    """Everything in the inbox of a slice that can be answered, oldest first."""
    rows = select(desk.ledger, _OPEN, desk.slice)
    if not rows or desk.outline().latest is None:
        return []
    contract, now = desk.held_to(), desk.ledger.clock()
    waits = {row["id"]: how_it_waits(contract, row, now) for row in rows}
    return waiting_items(
        desk.ledger,
        [(row, waits[row["id"]]) for row in rows if not waits[row["id"]].expired],
        lambda _name: desk,
        desk.principals(),
    )


def waiting_items(
    ledger: Ledger,
    found: Sequence[tuple[Mapping[str, Any], Waits]],
    desk_of: Callable[[str], Desk],
    principals: Principals,
) -> list[WaitingItem]:
    """Rows of open items, of any slices, as people may see them; in as many queries for one as for all."""
    rows = [row for row, _ in found]
    wanted = {row["input"]: row["case_ref"] for row in rows}
    wanted.update({digest: row["case_ref"] for row in rows for digest in (*_shown(row), *_said(row))})
    opened = open_contents(ledger, wanted)
    blind = blind_among(ledger, [row["case_ref"] for row in rows])
    beside = {name: _beside(desk_of(name)) for name in {row["slice"] for row in rows}}
    now = ledger.clock()
    return [
        _item({**row, **_shown_beside(*beside[row["slice"]], row), "now": now}, waits, opened, blind, principals)
        for row, waits in found
    ]


def _beside(desk: Desk) -> tuple[Outline, int]:
    """The outline that items of a slice are shown by, and the version that it is held to."""
    outline = desk.outline()
    return outline, desk.held_to().version if outline.latest is not None else 0


def item_page(desk: Desk, name: str) -> ItemPage:
    """
    One item, open or closed, by its id or a prefix.

    Raises:
        InboxItemNotFound: None, or several.
    """
    found = Inbox(desk, _signs_nothing).dossier(name)
    item = found.item
    return ItemPage(
        question=_QUESTIONS.get(item.kind, ""),
        item=item,
        clause=_clause(desk, item),
        sources=found.sources,
        doubts=found.doubts,
        before=found.before,
        would=found.would,
        precedents=found.precedents,
        messages=found.messages,
        said=found.said,
        commands=commands(item.kind, item.id) if item.state == "open" else (),
    )


_OPEN = f"{SELECT} where i.slice = %s and i.state = 'open' order by i.asked_at, i.id"
_QUESTIONS = {
    "approval": "May this be done, exactly so?",
    "blind question": "How would you decide this case? The agent's proposal stays hidden until you have.",
    "escalation": "The agent handed this case over. How do you decide it?",
    "in-doubt effect": "Did this happen? Look, then say so.",
    IN_DOUBT: "Was this taken back? Look, then say so.",
}


def _signs_nothing(_name: str, _payload_type: str, _payload: Json) -> dict[str, Any]:
    raise AssertionError("an inbox that is only read signs nothing")


def _clause(desk: Desk, item: Item) -> ClausePart | None:
    """The clause that asked, as it stood in the contract's or the organisation's version of that moment."""
    if item.clause is None or item.action is None:
        return None
    rows = select(desk.ledger, _ASKED_BY, item.action_id, item.action_id)
    decided = desk.ledger.record(desk.slice, rows[0]["seq"])
    data: Mapping[str, Any] = decided.data if decided is not None else {}
    if data.get("rules") is not None and item.clause.startswith("organisation."):
        return rule_part(load_rules(desk.ledger), data["rules"]["version"], item.clause)
    version = data.get("contract_version", rows[0]["contract_version"])
    return clause_part(desk.outline().versions[version].contract, item.clause, item.action)


_ASKED_BY = """
select seq, contract_version from action where id = %s
union all select seq, contract_version from vigilance_item where shown_action = %s
"""


def _shown(row: Mapping[str, Any]) -> list[str]:
    """The digest of the arguments that the item shows: of the permit where its effect is in doubt."""
    digest = row["permitted"] if row["kind"] in ("in-doubt effect", IN_DOUBT) else row["action_arguments"]
    return [digest] if digest else []


def _shown_beside(outline: Outline, version: int, row: Mapping[str, Any]) -> dict[str, Any]:
    agent = outline.agents[row["fingerprint"]].agent
    return {"agent": agent, "moot": moot_words(outline, row), "version": version}


def _said(row: Mapping[str, Any]) -> list[str]:
    """The digest of what the agent wrote when it handed the case over."""
    return [row["content"]] if row["kind"] == "escalation" and row["content"] else []


def _reason(row: Mapping[str, Any], opened: Mapping[str, Content]) -> str:
    said = next((opened[digest].part("reason").words for digest in _said(row)), row["reason"])
    return "erased" if opened[row["input"]].state == "erased" else str(said)


def _item(
    row: Mapping[str, Any],
    waits: Waits,
    opened: Mapping[str, Content],
    blind_cases: frozenset[str],
    principals: Principals,
) -> WaitingItem:
    given = opened[row["input"]]
    blind = row["kind"] == "blind question" or row["case_ref"] in blind_cases
    arguments = next((opened[digest] for digest in _shown(row)), None)
    turn, holder = waits.turn, claim_of(row, row["now"])
    return WaitingItem(
        id=row["id"],
        slice=row["slice"],
        kind=row["kind"],
        question=_QUESTIONS.get(row["kind"], ""),
        case=given.part("case"),
        given=given.part("input"),
        run=row["run"],
        agent=row["agent"],
        action=None if blind else row["action_name"],
        action_id=row["action"],
        arguments=(hidden(BLIND) if arguments else None) if blind else arguments,
        clause=None if blind else row["clause"],
        reason=_reason(row, opened),
        cited=() if blind else tuple(row["cited"] or ()),
        assigned=waits.assigned,
        deputies=deputies_of(principals, waits.assigned, row["agent"], row["now"]),
        asked_at=row["asked_at"],
        half=turn.half if turn is not None else None,
        due=turn.due if turn is not None else None,
        overdue=waits.overdue,
        expires=waits.expires,
        claimed_by=holder,
        claimed_until=row["claimed_until"] if holder is not None else None,
        messages=row["messages"],
        seen=seen_of(row, row["version"]),
        moot=row["moot"],
        commands=commands(row["kind"], row["id"]),
    )


def commands(kind: str, item: str) -> tuple[str, ...]:
    """The commands that answer an item of that kind."""
    start = "goldenthread inbox"
    if kind == "approval":
        return (
            f"{start} approve {item} --as NAME",
            f"{start} edit {item} NAME=VALUE --as NAME",
            f'{start} reject {item} --reason "..." --as NAME',
            f'{start} ask-back {item} "..." --as NAME',
        )
    if kind in ("in-doubt effect", IN_DOUBT):
        return (f"{start} settle {item} --happened --as NAME", f"{start} settle {item} --did-not-happen --as NAME")
    return (f"{start} answer {item} ACTION NAME=VALUE --as NAME",)
