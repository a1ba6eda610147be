"""Effects: a permit is consumed once, then the tool acts, then what came of it is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from goldenthread.control.guard.authorize import Outcome
from goldenthread.control.guard.delegation import cap_of
from goldenthread.control.guard.desk import Desk, Writing
from goldenthread.control.guard.facts import Seen
from goldenthread.control.guard.pieces import Rows
from goldenthread.control.guard.rechecks import decide_again, level_for, still_stands
from goldenthread.control.guard.remembering import seen_along
from goldenthread.control.guard.runs import Run, ask_person
from goldenthread.control.rules import InForce
from goldenthread.promise.errors import AnswerLate, GuardError, PermitRefused, StopInForce
from goldenthread.promise.values import Json, Level


def consume(desk: Desk, run: Run, outcome: Outcome, seen: Seen | None = None, *, until: float | None = None) -> None:
    """
    Consume a permit: atomic, once, and only while level, contract, fingerprint and limits still stand.

    Args:
        seen: What the run has done and read by now; what came since the permit was given counts.
        until: When (`desk.uptime`, seconds) whoever asked has stopped waiting for the answer; None: never.

    Raises:
        AnswerLate: It is later than that; the permit is not used.
        PermitRefused: Consumed before, expired, or the state changed since it was issued.
        StopInForce: It is stopped; the permit stays as it is, for when the stop is lifted.
        StopUnconfirmed: The state of stops could not be confirmed within a second.
    """
    began = desk.uptime()
    _require_in_time(desk, outcome, until)
    cap = cap_of(desk, run.caller, run.case_ref)
    if seen is not None:
        seen_along(desk, run, seen)

    def use(writing: Writing, found: Sequence[Rows]) -> tuple[str, InForce | None]:
        rules = desk.rules
        row = found[0][0]
        refusal = _refusal_of_permit(writing, run, row, outcome)
        stop = writing.stopping(row["name"])
        if refusal is None and stop is not None:
            raise StopInForce(
                f"Permit {outcome.permit} for '{row['name']}' is held: {stop.words}. "
                "Nothing happened; open the case again once that is lifted."
            )
        refusal = refusal or _refusal_of_now(writing, run, row, outcome, cap, seen)
        if refusal is not None:
            raise PermitRefused(
                f"Permit {outcome.permit} for '{row['name']}' is refused: {refusal}. "
                "Nothing happened; open the case again to ask anew."
            )
        consumed = {"permit": row["permit"], "decision": row["id"], "run": run.id, **writing.stops_seen()}
        writing.append("permit:consume", consumed, by=run.agent)
        writing.execute("update action set state = 'consumed' where id = %s", row["id"])
        return str(row["name"]), rules

    name, rules = desk.together(use, (_ACTION, (outcome.id,)), about=run.case_ref)
    try:
        desk.confirm(name, began)  # a process that stood still meanwhile knows nothing of now
        _require_in_time(desk, outcome, until)
        if desk.rules != rules:
            raise PermitRefused(
                f"Permit {outcome.permit} for '{name}' is refused: other rules of the organisation came into "
                "force in this moment. Nothing happened; open the case again to ask anew."
            )
    except GuardError:
        put_back(desk, run, outcome)
        raise


def repeat(desk: Desk, outcome: Outcome, action: str) -> None:
    """
    Leave to act again where an earlier process may have acted, and the tool takes an idempotency key.

    Raises:
        StopInForce, StopUnconfirmed: As `consume`.
    """
    assert outcome.state == "consumed"
    desk.confirm(action, float("-inf"))


def record_effect(desk: Desk, run: Run, outcome: Outcome, result: Json) -> None:
    """The tool returned: the effect happened."""

    def record(writing: Writing, _: Sequence[Rows]) -> None:
        kept = writing.tx.keep(run.case_ref, result)
        writing.append(
            "action:effect",
            {"decision": outcome.id, "permit": outcome.permit, "outcome": "done", "result": kept},
            by=run.agent,
        )
        writing.execute("update action set state = 'done', result = %s where id = %s", kept, outcome.id)

    desk.together(record, about=run.case_ref)


def record_failure(desk: Desk, run: Run, outcome: Outcome, error: BaseException) -> str | None:
    """
    The tool raised. With an idempotency key a later run may try again; without one, whether the effect
    happened is unknown, and the inbox item returned asks a person.
    """
    with desk.transaction() as writing:
        row = _row(writing, outcome.id)
        state = "failed" if row["keyed"] else "unknown"
        kept = writing.tx.keep(run.case_ref, {"error": type(error).__name__, "message": str(error)[:2000]})
        writing.append(
            "action:effect",
            {"decision": outcome.id, "permit": outcome.permit, "outcome": state, "result": kept},
            by=run.agent,
        )
        item = None
        if state == "unknown":
            reason = f"The tool failed ({type(error).__name__}); whether the effect happened is unknown"
            item = ask_person(
                writing,
                run.id,
                run.case_ref,
                "in-doubt effect",
                reason=reason,
                action=outcome.id,
                content=row["permitted"],
            )
        writing.execute(
            "update action set state = %s, item = coalesce(%s, item) where id = %s", state, item, outcome.id
        )
        return item


def _require_in_time(desk: Desk, outcome: Outcome, until: float | None) -> None:
    """Whoever asked may have given up by now, and told the model that nothing happened."""
    if until is None:
        return
    late = desk.uptime() - until
    if late > 0:
        raise AnswerLate(
            f"The guard's leave for action {outcome.id} came {late:.1f} s after the time in which it was wanted, so "
            "nothing happened. Look why the guard or its database is so slow; open the case again."
        )


def _row(writing: Writing, action: str) -> dict[str, Any]:
    return writing.rows(_ACTION, action)[0]


_ACTION = """
select a.*, r.fingerprint, r.state as run_state, exists (
    select 1 from action o
    where o.run = a.run and o.call = a.call and o.id <> a.id and o.state in ('consumed', 'done', 'unknown')
) as done_otherwise, exists (
    select 1 from action o
    where a.verdict = 'allow' and a.repeats is null and o.case_ref = a.case_ref and o.name = a.name and o.id <> a.id
        and o.state in ('consumed', 'done', 'unknown')
        and case when a.keyed then o.key = a.key and o.permitted <> a.permitted
            else o.arguments = a.permitted or o.permitted = a.permitted end
) as done_since
from action a join run r on r.id = a.run where a.id = %s for update of a
"""


def put_back(desk: Desk, run: Run, outcome: Outcome) -> None:
    """The permit was used, and the tool was never called: nothing is in doubt, and the action is decided anew."""
    with desk.transaction() as writing:
        ended = {"decision": outcome.id, "permit": outcome.permit, "outcome": "not begun", "result": None}
        writing.append("action:effect", ended, by=run.agent)
        writing.execute("update action set state = 'expired' where id = %s", outcome.id)


def _refusal_of_permit(writing: Writing, run: Run, row: dict[str, Any], outcome: Outcome) -> str | None:
    """Checked against what the permit was given for."""
    if row["permit"] != outcome.permit or row["permit"] is None:
        return "another permit replaced it"
    if (run.id, run.fingerprint) != (row["run"], row["fingerprint"]):
        return "it was given to another run or fingerprint"
    if row["state"] == "expired":
        return "it was put aside, and the action is decided anew"
    if row["state"] != "permitted":
        return f"it was used before (the action is '{row['state']}')"
    if writing.desk.ledger.vault.digest(row["case_ref"], dict(outcome.arguments)) != row["permitted"]:
        return "it was given for other arguments"
    expires: datetime = row["expires"]
    if writing.desk.ledger.clock() > expires:
        return f"it expired at {expires.isoformat(timespec='seconds')}"
    return None


def _refusal_of_now(
    writing: Writing, run: Run, row: dict[str, Any], outcome: Outcome, cap: Level | None, seen: Seen | None
) -> str | None:
    """Checked against the state of now."""
    standing = writing.standing
    if row["run_state"] not in ("open", "waiting"):  # by a process that took the case over, or an erasure
        return f"its run has ended ({row['run_state']})"
    if row["done_otherwise"]:
        return f"call {row['call']} of its run already took effect with other arguments"
    if row["done_since"]:  # two calls that were permitted side by side, each as the first
        return "the same was done for this case since it was given"
    contract = standing.contract
    if contract is None or contract.version != row["contract_version"]:
        return "another contract version is in force"
    level = level_for(writing.situation(run.fingerprint, replay=run.replay, cap=cap), row)
    if level.value != row["level"]:
        return f"the level is {level} now, and it was issued at {row['level']}"
    decision = decide_again(writing, run, row, outcome.arguments, cap, seen)
    if not still_stands(row, decision):
        why = f": {decision.reason.rstrip('.')}" if decision.clause.startswith(("organisation.", "rules ")) else ""
        return f"the guard now says {decision.verdict}{why}"
    spending, now = writing.spending, writing.desk.ledger.clock()
    over = spending.over_when_used(contract, row["name"], row["permit"], now) if spending is not None else ()
    return f"used today it would go over the budget '{over[0]}'" if over else None
