"""Items of the inbox: one question to a person, and how it is found and read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from goldenthread.control.approvals.deputies import deputies_of
from goldenthread.control.approvals.moot import moot_words
from goldenthread.control.approvals.revealing import revealed
from goldenthread.control.approvals.turns import Waits, how_it_waits
from goldenthread.control.guard import IN_DOUBT, Writing
from goldenthread.promise.errors import InboxItemNotFound
from goldenthread.promise.values import Json, digest
from goldenthread.record.principals import Principals


@dataclass(frozen=True, kw_only=True)
class Item:
    """
    One question to a person. `arguments` are the canonical ones that an approval would bind to; None for a
    blind question (the proposal stays hidden), for an escalation, and for an erased case, whose `case` is 'erased'.
    `stopped` says what holds the action still now: a yes to it permits nothing until that is lifted.

    Attributes:
        state: 'open', 'answered', 'expired', 'superseded' or 'erased'. An open item whose time is over reads
            'expired' before anything put that on record.
        assigned: Whose turn it is: a step of the contract's path, or a person by name.
        deputies: Who stands in for them while they are away, by name.
        step: Its place on the path, from 0; None where the contract has no path, or the item is closed.
        half: When half of their time is over, and they are reminded.
        due: When their time is over, and the next step has it.
        overdue: Their time is over, and nobody comes after them.
        expires: From when on no yes counts; None for what doesn't expire.
        claimed_by: Who is at it now, until `claimed_until`: nobody else may answer.
        messages: How many questions and replies stand under it.
        moot: Why nothing, or nothing for sure, comes of a yes: the run that asked ended, or the agent was changed.
        revealed: Once it was answered, that it was a check, or asked of two people apart: then nothing comes of it.
        seen: Digest of what is shown here, without who is at it and since when: a batch answers exactly this.
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
    level: str | None = None
    answered_at: datetime | None = None
    deputies: tuple[str, ...] = ()
    step: int | None = None
    half: datetime | None = None
    due: datetime | None = None
    overdue: bool = False
    expires: datetime | None = None
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    messages: int = 0
    seen: str = ""
    revealed: str | None = None
    moot: str | None = None


SELECT = """
select i.*, coalesce(i.run, v.shown_run) as run, coalesce(i.action, v.shown_action) as action,
    coalesce(r.fingerprint, v.fingerprint) as fingerprint, coalesce(r.input, v.input) as input,
    coalesce(a.name, v.name) as action_name, coalesce(a.arguments, v.arguments) as action_arguments, a.permitted,
    coalesce(a.clause, v.clause) as clause, coalesce(a.cited, v.cited) as cited,
    coalesce(a.level, v.level) as action_level, coalesce(a.contract_version, v.contract_version) as action_contract,
    case when v.item is null then a.state else 'asked' end as action_state,
    (select count(*) from inbox_message m where m.item = i.id) as messages,
    r.state as run_state, v.purpose, v.first_item, v.secret, v.excluded,
    f.answer as first_answer, f.answered_by as first_by
from inbox i left join run r on r.id = i.run left join action a on a.id = i.action
    left join vigilance_item v on v.item = i.id left join inbox f on f.id = v.first_item
"""


def find_item(writing: Writing, item: str) -> dict[str, Any]:
    """
    The row of one item, by its id or a prefix that only it has.

    Raises:
        InboxItemNotFound: None, or several.
    """
    # Of hex digits, whatever begins with some is between these and these with a letter past 'f': an index finds it.
    begins = "i.id >= %s and i.id < %s || 'g' and starts_with(i.id, %s)"
    rows = writing.rows(f"{SELECT} where i.slice = %s and {begins} limit 2", writing.desk.slice, item, item, item)
    if len(rows) != 1 or not item:
        what = f"{len(rows)} items begin with" if len(rows) > 1 else "No item"
        raise InboxItemNotFound(f"{what} '{item}' in '{writing.desk.slice}'. See `goldenthread inbox list`.")
    rows[0]["agent"] = writing.standing.agents[rows[0]["fingerprint"]].agent
    return rows[0]


def item_of(writing: Writing, row: dict[str, Any], principals: Principals | None = None) -> Item:
    """The item of a row, as people may see it; `principals` are those of now, if at hand."""
    erased = writing.desk.ledger.vault.is_erased(row["case_ref"])
    given: dict[str, Any] = {"case": "erased", "input": {}} if erased else writing.content(row["input"])
    blind = row["kind"] == "blind question" and row["state"] == "open"
    stop = writing.stopping(row["action_name"]) if row["action_name"] and not blind else None
    shown = row["content"] if row["kind"] in ("in-doubt effect", IN_DOUBT) else row["action_arguments"]
    waits = how_it_waits(writing.contract(), row, writing.desk.ledger.clock()) if row["state"] == "open" else None
    return Item(
        id=row["id"],
        slice=row["slice"],
        kind=row["kind"],
        case=given["case"],
        given=given["input"],
        reason="" if erased else _reason(writing, row),
        run=row["run"],
        agent=writing.standing.agents[row["fingerprint"]].agent,
        action=None if blind else row["action_name"],
        action_id=row["action"],
        arguments=None if blind or erased or shown is None else writing.content(shown),
        clause=None if blind else row["clause"],
        cited=tuple(row["cited"] or ()) if not blind else (),
        answer=row["answer"],
        answered_by=row["answered_by"],
        asked_at=row["asked_at"],
        stopped=stop.words if stop is not None else None,
        revealed=revealed(writing, row),
        moot=moot_words(writing.standing, row),
        level=None if blind else row["action_level"],
        answered_at=row["answered_at"],
        messages=row["messages"],
        seen=seen_of(row, writing.contract().version),
        **_claim(writing, row),
        **_waiting(writing, row, waits, principals),
    )


def seen_of(row: Mapping[str, Any], version: int) -> str:
    """Digest of what somebody who looks at an item answers to, under that contract version: any change of it shows."""
    return digest([*(row[name] for name in _SEEN), version])


_SEEN = ("id", "kind", "state", "action", "action_name", "action_arguments", "permitted", "action_level", "messages")


def claim_of(row: Mapping[str, Any], now: datetime) -> str | None:
    """Who is at an item now."""
    until = row["claimed_until"]
    return row["claimed_by"] if until is not None and until > now else None


def _claim(writing: Writing, row: Mapping[str, Any]) -> dict[str, Any]:
    by = claim_of(row, writing.desk.ledger.clock()) if row["state"] == "open" else None
    return {"claimed_by": by, "claimed_until": row["claimed_until"] if by is not None else None}


def _waiting(
    writing: Writing, row: Mapping[str, Any], waits: Waits | None, principals: Principals | None
) -> dict[str, Any]:
    if waits is None:
        return {"state": row["state"], "assigned": row["assigned"]}
    turn, agent = waits.turn, writing.standing.agents[row["fingerprint"]].agent
    now = writing.desk.ledger.clock()
    return {
        "state": "expired" if waits.expired else "open",
        "assigned": waits.assigned,
        "deputies": deputies_of(principals or writing.desk.principals(), waits.assigned, agent, now),
        "step": turn.step if turn is not None else None,
        "half": turn.half if turn is not None else None,
        "due": turn.due if turn is not None else None,
        "overdue": waits.overdue,
        "expires": waits.expires,
    }


def _reason(writing: Writing, row: Mapping[str, Any]) -> str:
    """The guard's words, or for an escalation the agent's."""
    return str(writing.content(row["content"])["reason"]) if row["kind"] == "escalation" else str(row["reason"])
