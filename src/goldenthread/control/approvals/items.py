"""Items of the inbox: one question to a person, and how it is found and read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from goldenthread.control.approvals.revealing import revealed
from goldenthread.control.guard import Writing
from goldenthread.promise.contract import Contract, EscalationStep
from goldenthread.promise.errors import InboxItemNotFound
from goldenthread.promise.values import Json

ANSWER_TYPE = "application/vnd.goldenthread.answer+json"
"""Payload type of a signed answer (DSSE)."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """
    One question to a person. `arguments` are the canonical ones that an approval would bind to; None for a
    blind question (the proposal stays hidden), for an escalation, and for an erased case, whose `case` is 'erased'.
    `stopped` says what holds the action still now: a yes to it permits nothing until that is lifted. `revealed` says,
    once it was answered, that it was a check, or asked of two people apart: then nothing comes of it.
    """

    id: str
    slice: str
    kind: str
    state: str
    case: str
    given: Mapping[str, Json]
    reason: str
    run: str
    agent: str
    action: str | None
    action_id: str | None
    arguments: Mapping[str, Json] | None
    clause: str | None
    cited: tuple[str, ...]
    assigned: str | None
    answer: str | None
    answered_by: str | None
    asked_at: datetime
    stopped: str | None = None
    revealed: str | None = None


SELECT = """
select i.*, coalesce(i.run, v.shown_run) as run, coalesce(i.action, v.shown_action) as action,
    coalesce(r.fingerprint, v.fingerprint) as fingerprint, coalesce(r.input, v.input) as input,
    coalesce(a.name, v.name) as action_name, coalesce(a.arguments, v.arguments) as action_arguments,
    coalesce(a.clause, v.clause) as clause, coalesce(a.cited, v.cited) as cited,
    v.purpose, v.first_item, v.secret, v.excluded, f.answer as first_answer, f.answered_by as first_by
from inbox i left join run r on r.id = i.run left join action a on a.id = i.action
    left join vigilance_item v on v.item = i.id left join inbox f on f.id = v.first_item
"""


def find_item(writing: Writing, item: str) -> dict[str, Any]:
    """
    The row of one item, by its id or a prefix that only it has.

    Raises:
        InboxItemNotFound: None, or several.
    """
    rows = writing.rows(f"{SELECT} where i.slice = %s and starts_with(i.id, %s) limit 2", writing.desk.slice, item)
    if len(rows) != 1 or not item:
        what = f"{len(rows)} items begin with" if len(rows) > 1 else "No item"
        raise InboxItemNotFound(f"{what} '{item}' in '{writing.desk.slice}'. See `goldenthread inbox list`.")
    rows[0]["agent"] = writing.standing.agents[rows[0]["fingerprint"]].agent
    return rows[0]


def item_of(writing: Writing, row: dict[str, Any]) -> Item:
    """The item of a row, as people may see it."""
    erased = writing.desk.ledger.vault.is_erased(row["case_ref"])
    given: dict[str, Any] = {"case": "erased", "input": {}} if erased else writing.content(row["input"])
    blind = row["kind"] == "blind question" and row["state"] == "open"
    stop = writing.stopping(row["action_name"]) if row["action_name"] and not blind else None
    shown = row["content"] if row["kind"] == "in-doubt effect" else row["action_arguments"]
    return Item(
        id=row["id"],
        slice=row["slice"],
        kind=row["kind"],
        state=row["state"],
        case=given["case"],
        given=given["input"],
        reason="" if erased else _reason(writing, row),
        run=row["run"],
        agent=writing.standing.agents[row["fingerprint"]].agent,
        action=None if blind else row["action_name"],
        action_id=row["action"],
        arguments=None if blind or erased or shown is None else writing.content(shown),
        clause=row["clause"],
        cited=tuple(row["cited"] or ()) if not blind else (),
        assigned=row["assigned"],
        answer=row["answer"],
        answered_by=row["answered_by"],
        asked_at=row["asked_at"],
        stopped=stop.words if stop is not None else None,
        revealed=revealed(writing, row),
    )


def _reason(writing: Writing, row: Mapping[str, Any]) -> str:
    """The guard's words, or for an escalation the agent's."""
    return str(writing.content(row["content"])["reason"]) if row["kind"] == "escalation" else str(row["reason"])


def path_of(contract: Contract) -> tuple[EscalationStep, ...]:
    """The contract's escalation path."""
    return contract.autonomy.escalate if contract.autonomy else ()
