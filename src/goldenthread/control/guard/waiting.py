"""What waits for a person's yes: how it ends when nobody gives one, and what answers show of the case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from goldenthread.control.guard.desk import Writing
from goldenthread.promise.contract import Contract, expires_at
from goldenthread.record.metrics import Observation

SILENCE = "silence"
"""Source of an observation that nobody made: a question that expired."""


def has_expired(contract: Contract, kind: str, asked_at: datetime, now: datetime) -> bool:
    """
    Whether a question can no longer be answered with yes. Only approvals expire: what a person is to decide, or to look
    after, waits until somebody does.
    """
    return kind == "approval" and now >= expires_at(contract, asked_at)


def expired_words(contract: Contract, asked_at: datetime) -> str:
    """Why nothing happened, for the agent."""
    return f"Nobody said yes until {_moment(expires_at(contract, asked_at))}, and silence is never a yes"


def expire_item(writing: Writing, item: str) -> None:
    """
    Close an open approval whose time is over: on record, its action rejected, the case's label no. The caller has found
    out, under the chain's lock, that it is due.
    """
    contract, now = writing.contract(), writing.desk.ledger.clock()
    apart = writing.rows("select case_ref from inbox where id = %s and run is null", item)
    if apart:  # a check, or a second question: nobody executes it, and that nobody answered says nothing
        writing.append("vigilance:expire", {"item": item, "case": apart[0]["case_ref"]})
        writing.execute("update inbox set state = 'expired', answered_at = %s where id = %s", now, item)
        return
    row = writing.rows(_ITEM, item)[0]
    writing.append(
        "approval:expire",
        {
            "item": row["id"],
            "run": row["run"],
            "case": row["case_ref"],
            "action": row["action"],
            "asked": row["asked_at"].astimezone(UTC).isoformat(),
            "due": expires_at(contract, row["asked_at"]).isoformat(),
        },
    )
    writing.execute("update inbox set state = 'expired', answered_at = %s where id = %s", now, row["id"])
    words = expired_words(contract, row["asked_at"])
    writing.execute(
        "update action set state = 'rejected', reason = %s where id = %s and state = 'asked'", words, row["action"]
    )
    observe_approvals(writing, row)


def observe_approvals(writing: Writing, row: Mapping[str, Any], by: str | None = None) -> None:
    """
    The case's `approved_unedited` after an item of its run was closed: no if any answer changed or refused an action,
    or an item expired; open while one waits.

    Args:
        writing: The transaction.
        row: `run`, `case_ref` and `fingerprint` of the item.
        by: Whose answer closed it: what it is worth as a label depends on whether they still look.
    """
    items = writing.rows(
        "select state, answer from inbox where run = %s and kind = 'approval'"
        " and state in ('open', 'answered', 'expired')",
        row["run"],
    )
    refused = any(item["answer"] in ("edit", "reject") for item in items)
    lapsed = any(item["state"] == "expired" for item in items)
    value: float | None = None if any(item["state"] == "open" for item in items) else 1.0
    value = 0.0 if refused or lapsed else value
    source = SILENCE if lapsed and not refused else "person"
    seen = Observation(metric="approved_unedited", value=value, source=source)
    writing.observe(row["run"], row["case_ref"], row["fingerprint"], [seen], approver=by)


_ITEM = "select i.*, r.fingerprint from inbox i join run r on r.id = i.run where i.id = %s"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
