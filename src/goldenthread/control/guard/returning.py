"""
Agents that come back: by which number a call is known, tickets for calls that wait, and what a dead process left.

A client that speaks a protocol of requests and answers can't wait inside a call until a person has answered. It gets a
ticket, and asks again.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from goldenthread.control.guard.desk import Desk, Writing
from goldenthread.control.guard.facts import redacted
from goldenthread.control.guard.runs import Run, doubt_effect
from goldenthread.promise.errors import TicketRefused
from goldenthread.promise.values import Json, digest

_TICKET_LENGTH = 16 + 1 + 32
_ANSWERS_LAST = ("asked", "permitted", "consumed", "unknown", "failed", "rejected", "drafted")
"""States in which asking for the same again means the same call: what is done may be wanted twice, what was denied may
be allowed by now."""


@dataclass(frozen=True, kw_only=True)
class Redeemed:
    """What a ticket stands for: call `call` of the run `run` on `case`."""

    case: str
    run: str
    call: int


def call_number(desk: Desk, run: Run, action: str, arguments: Mapping[str, Json]) -> int:
    """
    The ordinal of a call in its run: the earlier one if the same is asked for again while it is not settled, else the
    next.

    Raises:
        CaseErased: The case was erased.
        NotCanonical: JSON can't carry the arguments exactly.
    """
    wanted = _digest(desk, run.case_ref, action, arguments)
    with desk.transaction() as writing:
        rows = writing.rows("select call, name, arguments, state from action where run = %s order by seq", run.id)
    same = [
        row["call"]
        for row in rows
        if (row["name"], row["arguments"]) == (action, wanted) and row["state"] in _ANSWERS_LAST
    ]
    return int(same[-1]) if same else max((int(row["call"]) + 1 for row in rows), default=0)


def issue_ticket(desk: Desk, agent: str, action: str) -> str:
    """
    The ticket of an action that waits, by the action's id: nobody can guess it, and it is good for this agent, run,
    call and these arguments only. The same each time.
    """
    with desk.transaction() as writing:
        return _ticket(desk, agent, writing.rows(_ACTION, action)[0])


def redeem_ticket(desk: Desk, agent: str, ticket: str, action: str, arguments: Mapping[str, Json]) -> Redeemed:
    """
    What a ticket stands for.

    Raises:
        TicketRefused: It was never given, or to another agent, for another action or other arguments; or its run ended.
        CaseErased: The case was erased.
    """
    with desk.transaction() as writing:
        row = _found(writing, ticket)
        if row is None or row["slice"] != desk.slice or not hmac.compare_digest(ticket, _ticket(desk, agent, row)):
            raise TicketRefused(
                f"The ticket {ticket[:_TICKET_LENGTH]!r} was not given to agent '{agent}' in '{desk.slice}'. "
                "Send the ticket that came with the answer, or none."
            )
        if (row["name"], row["arguments"]) != (action, _digest(desk, row["case_ref"], action, arguments)):
            raise TicketRefused(
                f"The ticket was given for a call of '{row['name']}' with other arguments than these of '{action}'. "
                "Call with exactly the same arguments, or without a ticket to ask anew."
            )
        if row["run_state"] not in ("open", "waiting"):
            raise TicketRefused(
                f"The run that the ticket was given in has ended ({row['run_state']}). "
                "Call without a ticket to ask anew."
            )
        case = str(writing.content(row["input"])["case"])
        return Redeemed(case=case, run=row["run"], call=int(row["call"]))


def abandoned_cases(desk: Desk, fingerprint: str) -> list[str]:
    """Cases whose run was neither ended nor paused, oldest first: at work in a process, or left by one that died."""
    with desk.transaction() as writing:
        rows = writing.rows(
            "select case_ref, input from run where slice = %s and fingerprint = %s and state = 'open'"
            " order by started_seq",
            desk.slice,
            fingerprint,
        )
        vault = desk.ledger.vault
        return [str(writing.content(row["input"])["case"]) for row in rows if not vault.is_erased(row["case_ref"])]


def doubt_begun(desk: Desk, run: Run) -> bool:
    """
    Ask a person of every effect that a dead process began in this run and never recorded.

    Returns:
        Whether something of the run waits for a person, or was permitted and not used.
    """
    with desk.transaction() as writing:
        for row in writing.rows("select * from action where run = %s and state = 'consumed'", run.id):
            words = "The process died between permit and record; whether the effect happened is unknown"
            doubt_effect(writing, row, words)
        waiting = "select 1 from action where run = %s and state in ('asked', 'permitted', 'unknown') limit 1"
        return bool(writing.rows(waiting, run.id))


_ACTION = """
select a.id, a.slice, a.run, a.case_ref, a.call, a.name, a.arguments, r.input, r.state as run_state
from action a join run r on r.id = a.run where a.id = %s
"""


def _digest(desk: Desk, case_ref: str, action: str, arguments: Mapping[str, Json]) -> str:
    """The digest under which the guard keeps these arguments."""
    return desk.ledger.vault.digest(case_ref, dict(redacted(desk.contract(), action, arguments)))


def _ticket(desk: Desk, agent: str, row: Mapping[str, Any]) -> str:
    """The action's id, and a keyed digest of all that the ticket is bound to: nothing more has to be kept."""
    bound = [agent, row["slice"], row["run"], row["call"], row["name"], row["arguments"], row["id"]]
    return f"{row['id']}-{desk.ledger.vault.ref('ticket', digest(bound))}"


def _found(writing: Writing, ticket: str) -> dict[str, Any] | None:
    if len(ticket) != _TICKET_LENGTH or not ticket.isascii() or ticket[16] != "-":
        return None
    rows = writing.rows(_ACTION, ticket[:16])
    return rows[0] if rows else None
