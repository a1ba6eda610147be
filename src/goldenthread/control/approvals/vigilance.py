"""
Questions that nobody executes: checks, and shared ones that a second person answers apart from the first.

They look like any approval, and lie in the inbox like one. No run and no action stand behind them, so no permit can.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from goldenthread.control.approvals.known_cases import candidate
from goldenthread.control.approvals.voice import ANSWER_TYPE, Voice
from goldenthread.control.guard import (
    GUARD,
    Desk,
    Writing,
    new_id,
)
from goldenthread.control.vigilance import ANSWER, ASK, Known
from goldenthread.promise.contract import Approvers
from goldenthread.promise.errors import AnswerInvalid, GoldenthreadError, kind_of
from goldenthread.promise.values import Json

_LOG = logging.getLogger("goldenthread.vigilance")

LONGEST_DELAY = timedelta(hours=1)
"""
A check, or the second question, comes so long after the approval that it was drawn for, at most; how long is drawn.
At once, whoever has just answered would know it by its time.
"""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What one look at what is due came to: how many questions were asked, and how many could not be."""

    checks: int = 0
    shared: int = 0
    dropped: int = 0


def tick_vigilance(desk: Desk) -> Asked:
    """Ask what is due in a slice now. Idempotent; holds nothing up where nothing is due."""
    waiting = "select 1 from vigilance_due where slice = %s and came_to is null and due_at <= %s limit 1"
    if not desk.read_rows(waiting, desk.slice, desk.ledger.clock()):
        return Asked()
    with desk.transaction() as writing:
        return ask_due(writing)


def try_vigilance(desk: Desk) -> None:
    """As `tick_vigilance`; a fault is logged by its kind, and stops nothing else."""
    try:
        tick_vigilance(desk)
    except Exception as error:  # noqa: BLE001 - people's answers and reminders go on whatever happens here
        _LOG.warning("asking what is due in '%s' failed: %s", desk.slice, kind_of(error))


def note_answered(writing: Writing, item: str) -> None:
    """
    A real approval was answered: draw, by key, whether a check comes of it, and whether a second person is asked.

    A fault here takes back nothing of the answer, in whose transaction it stands.
    """
    try:
        with writing.tx.aside():
            _draw(writing, item)
    except Exception as error:  # noqa: BLE001 - the answer stands whatever happens here
        _LOG.warning("drawing a check in '%s' failed: %s", writing.desk.slice, kind_of(error))


def _draw(writing: Writing, item: str) -> None:
    approvers = _approvers(writing)
    if approvers is None:
        return
    now = writing.desk.ledger.clock()
    for purpose, share in (("shared", approvers.shared), ("check", approvers.checks)):
        if _drawn(writing, f"vigilance:{purpose}", item) < share / 100:
            delay = LONGEST_DELAY * float(_drawn(writing, f"vigilance:{purpose}:delay", item))
            writing.tx.connection.execute(  # at once, so that a fault is one of this block
                "insert into vigilance_due (item, purpose, slice, due_at) values (%s, %s, %s, %s)"
                " on conflict do nothing",
                (item, purpose, writing.desk.slice, now + delay),
            )


def ask_due(writing: Writing) -> Asked:
    """Ask what was drawn and is due; what cannot be asked any more is put aside."""
    if _approvers(writing) is None:
        return Asked()
    due = writing.rows(
        "select * from vigilance_due where slice = %s and came_to is null and due_at <= %s order by due_at, item",
        writing.desk.slice,
        writing.desk.ledger.clock(),
    )
    found = {"check": 0, "shared": 0, "dropped": 0}
    for row in due:
        asked = _ask_check(writing, row["item"]) if row["purpose"] == "check" else _ask_again(writing, row["item"])
        found[row["purpose"] if asked else "dropped"] += 1
        writing.execute(
            "update vigilance_due set came_to = %s where item = %s and purpose = %s",
            asked or "nothing",
            row["item"],
            row["purpose"],
        )
    return Asked(checks=found["check"], shared=found["shared"], dropped=found["dropped"])


def answer_apart(
    writing: Writing,
    row: Mapping[str, Any],
    by: str,
    answer: str,
    voice: Voice,
    *,
    said: Mapping[str, Json] | None = None,
    arguments: Mapping[str, Json] | None = None,
) -> None:
    """
    An answer to a question that nobody executes: signed and on record as one, and what it says of who gave it.

    Args:
        row: The item's.
        answer: 'approve', 'edit' or 'reject'.
        said: What more an answer of this kind signs.
        arguments: For an edit, as changed.

    Raises:
        AnswerInvalid: They answered the first of the two questions themselves.
    """
    check = row["purpose"] == "check"
    outcome = _of_check(writing, row, by, answer, arguments) if check else _of_second(row, by)
    signed = {"slice": row["slice"], "item": row["id"], "action": row["action"], "answer": answer, **(said or {})}
    envelope = dict(voice.sign(by, ANSWER_TYPE, signed))
    writing.desk.principals().require_signed(by, envelope, ANSWER_TYPE, signed)
    record = {**signed, "by": by, "purpose": row["purpose"], "case": row["case_ref"], **outcome, "envelope": envelope}
    writing.append(ANSWER, record, by=by)
    writing.execute(
        "update inbox set state = 'answered', answer = %s, answered_by = %s, answered_at = %s where id = %s",
        answer,
        by,
        writing.desk.ledger.clock(),
        row["id"],
    )
    for name in dict.fromkeys((by, outcome.get("first_by", by))):
        for kind, data in writing.standing.vigilance.due(writing.standing.contract, name):
            writing.append(kind, data, by=GUARD)


def _approvers(writing: Writing) -> Approvers | None:
    contract = writing.standing.contract
    return contract.autonomy.approvers if contract is not None and contract.autonomy is not None else None


def _drawn(writing: Writing, what: str, item: str) -> Decimal:
    """A number in [0, 1), by key: nobody foresees it, and it is the same on every look."""
    return Decimal(int(writing.desk.ledger.vault.ref(what, item), 16)) / Decimal(16**32)


def _of_check(
    writing: Writing, row: Mapping[str, Any], by: str, answer: str, arguments: Mapping[str, Json] | None
) -> dict[str, Any]:
    known = Known.of_record(writing.content(row["secret"]))
    return {
        "right": known.right,
        "caught": known.caught(answer, arguments),
        "counts": by not in row["excluded"],
    }


def _of_second(row: Mapping[str, Any], by: str) -> dict[str, Any]:
    if by == row["first_by"]:
        raise AnswerInvalid(
            f"Item {row['id']} asks a second person what '{by}' answered already. Leave it to a colleague."
        )
    return {
        "first": row["first_item"],
        "first_by": row["first_by"],
        "first_answer": row["first_answer"],
        "counts": True,
    }


_SHOWN = ("fingerprint", "input", "name", "arguments", "clause", "level", "cited", "contract_version")
_FIRST = """
select i.*, r.fingerprint, r.input, a.name, a.arguments, a.clause, a.level, a.cited, a.contract_version
from inbox i join run r on r.id = i.run join action a on a.id = i.action where i.id = %s
"""


def _ask_check(writing: Writing, drawn_for: str) -> str | None:
    first = writing.rows(_FIRST, drawn_for)[0]
    found = candidate(writing, first["fingerprint"], drawn_for)
    if found is None:
        return None
    keep, known = writing.tx.keep, found.known
    shown = {
        "fingerprint": first["fingerprint"],
        "input": keep(found.case_ref, {"case": known.case, "input": dict(known.given)}),
        "name": known.action,
        "arguments": keep(found.case_ref, dict(known.arguments)),
        "clause": found.decision.clause,
        "level": writing.situation(first["fingerprint"], replay=False).effective_level.value,
        "contract_version": writing.contract().version,
        "cited": [],
        "reason": found.decision.reason,
    }
    secret = keep(found.case_ref, known.record())
    more = {"known": found.key, "secret": secret, "excluded": list(found.excluded)}
    return _ask(writing, "check", found.case_ref, shown, more)


def _ask_again(writing: Writing, first_item: str) -> str | None:
    first = writing.rows(_FIRST, first_item)[0]
    if writing.desk.ledger.vault.is_erased(first["case_ref"]) or not _anybody_else(writing, first):
        return None
    shown = {
        name: first[name]
        for name in (
            "fingerprint",
            "input",
            "name",
            "arguments",
            "clause",
            "level",
            "cited",
            "contract_version",
            "reason",
        )
    }
    more = {"first_item": first_item, "excluded": [first["answered_by"]]}
    return _ask(writing, "shared", first["case_ref"], shown, more)


def _ask(writing: Writing, purpose: str, case_ref: str, shown: dict[str, Any], more: dict[str, Any]) -> str:
    """The item, on the chain and in the inbox, looking like any approval."""
    item, reason = new_id(), shown.pop("reason")
    rules = writing.desk.rules
    seen = {"rules": rules.record()} if rules is not None else {}
    on_record = {"item": item, "purpose": purpose, "case": case_ref, **shown, **more, **seen}
    record = writing.append(ASK, on_record)
    writing.execute(
        "insert into inbox (id, slice, kind, case_ref, run, action, reason, state, content, asked_at)"
        " values (%s, %s, 'approval', %s, null, null, %s, 'open', %s, %s)",
        item,
        writing.desk.slice,
        case_ref,
        reason,
        shown["arguments"],
        writing.desk.ledger.clock(),
    )
    writing.execute(
        "insert into vigilance_item (item, slice, purpose, first_item, known, fingerprint, input, name, arguments,"
        " clause, level, cited, contract_version, secret, excluded, shown_run, shown_action, seq)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        item,
        writing.desk.slice,
        purpose,
        more.get("first_item"),
        more.get("known"),
        *(
            shown[name]
            for name in ("fingerprint", "input", "name", "arguments", "clause", "level", "cited", "contract_version")
        ),
        more.get("secret"),
        more["excluded"],
        new_id(),
        new_id(),
        record.seq,
    )
    return item


def _anybody_else(writing: Writing, first: Mapping[str, Any]) -> bool:
    """Whether there is a second person who may answer for this agent."""
    principals = writing.desk.principals()
    agent = writing.standing.agents[first["fingerprint"]].agent
    for principal in principals.holders("approver", writing.desk.slice):
        if principal.name == first["answered_by"]:
            continue
        try:
            principals.require_approver(writing.desk.slice, principal.name, agent)
        except GoldenthreadError:
            continue
        return True
    return False
