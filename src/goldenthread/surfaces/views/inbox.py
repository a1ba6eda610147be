"""What waits for people, for reading: the answer is given on the command line, where the keys are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from goldenthread.control.autonomy import Standing
from goldenthread.control.guard import Desk
from goldenthread.surfaces.views.content import BLIND, Concealment, Content, concealment, hidden, open_contents
from goldenthread.surfaces.views.rows import select


@dataclass(frozen=True, kw_only=True)
class WaitingItem:
    """
    One question to a person and the exact commands that answer it. `arguments` are those that an approval would
    bind to; hidden for a blind question, None where there is no proposal.
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
    asked_at: datetime
    commands: tuple[str, ...]


def waiting(desk: Desk) -> list[WaitingItem]:
    """Everything open in the inbox of a slice, oldest first."""
    rows = select(desk.ledger, _OPEN, desk.slice)
    wanted = {row["input"]: row["case_ref"] for row in rows}
    wanted.update({digest: row["case_ref"] for row in rows for digest in (*_shown(row), *_said(row))})
    opened = open_contents(desk.ledger, wanted)
    secret = concealment(desk.ledger, desk.slice, [row["case_ref"] for row in rows])
    standing = desk.standing()
    return [_item(row, standing, opened, secret) for row in rows]


_OPEN = """
select i.*, coalesce(i.run, v.shown_run) as run, coalesce(i.action, v.shown_action) as action,
    coalesce(r.fingerprint, v.fingerprint) as fingerprint, coalesce(r.input, v.input) as input,
    coalesce(a.name, v.name) as name, coalesce(a.arguments, v.arguments) as arguments, a.permitted,
    coalesce(a.clause, v.clause) as clause, coalesce(a.cited, v.cited) as cited
from inbox i left join run r on r.id = i.run left join action a on a.id = i.action
    left join vigilance_item v on v.item = i.id
where i.slice = %s and i.state = 'open' order by i.asked_at, i.id
"""
_QUESTIONS = {
    "approval": "May this be done, exactly so?",
    "blind question": "How would you decide this case? The agent's proposal stays hidden until you have.",
    "escalation": "The agent handed this case over. How do you decide it?",
    "in-doubt effect": "Did this happen? Look, then say so.",
}


def _shown(row: Mapping[str, Any]) -> list[str]:
    """The digest of the arguments that the item shows: of the permit where its effect is in doubt."""
    digest = row["permitted"] if row["kind"] == "in-doubt effect" else row["arguments"]
    return [digest] if digest else []


def _said(row: Mapping[str, Any]) -> list[str]:
    """The digest of what the agent wrote when it handed the case over."""
    return [row["content"]] if row["kind"] == "escalation" and row["content"] else []


def _reason(row: Mapping[str, Any], opened: Mapping[str, Content]) -> str:
    said = next((opened[digest].part("reason").words for digest in _said(row)), row["reason"])
    return "erased" if opened[row["input"]].state == "erased" else str(said)


def _item(
    row: Mapping[str, Any], standing: Standing, opened: Mapping[str, Content], secret: Concealment
) -> WaitingItem:
    given = opened[row["input"]]
    blind = row["kind"] == "blind question" or row["case_ref"] in secret.blind
    arguments = next((opened[digest] for digest in _shown(row)), None)
    return WaitingItem(
        id=row["id"],
        slice=row["slice"],
        kind=row["kind"],
        question=_QUESTIONS.get(row["kind"], ""),
        case=given.part("case"),
        given=given.part("input"),
        run=row["run"],
        agent=standing.agents[row["fingerprint"]].agent,
        action=None if blind else row["name"],
        action_id=row["action"],
        arguments=(hidden(BLIND) if arguments else None) if blind else arguments,
        clause=None if blind else row["clause"],
        reason=_reason(row, opened),
        cited=() if blind else tuple(row["cited"] or ()),
        assigned=row["assigned"],
        asked_at=row["asked_at"],
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
        )
    if kind == "in-doubt effect":
        return (f"{start} settle {item} --happened --as NAME", f"{start} settle {item} --did-not-happen --as NAME")
    return (f"{start} answer {item} ACTION NAME=VALUE --as NAME",)
