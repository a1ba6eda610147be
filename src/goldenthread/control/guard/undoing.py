"""
Undo: taking an effect back. Ordered and signed by a person, carried out once, by the side that owns the tool.

An order is leave for exactly this: the tool that the contract names as the action's `undo`, with the arguments with
which the effect was permitted. A stop of the slice does not hold it, for that is when effects are taken back; a stop
of the undoing tool itself does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from goldenthread.control.guard.desk import FRESH_S, Desk, Writing
from goldenthread.control.guard.labels import Sign
from goldenthread.control.guard.runs import ask_person, new_id
from goldenthread.promise.contract import Action
from goldenthread.promise.errors import (
    CaseErased,
    ContentMissing,
    GuardError,
    StopInForce,
    UndoRefused,
    ValueProblem,
)
from goldenthread.promise.values import Json
from goldenthread.record.metrics import Observation

UNDO_TYPE = "application/vnd.goldenthread.undo+json"
"""Payload type of a signed order (DSSE)."""

UNDO_LIFE = timedelta(days=7)
"""How long an order may wait to be carried out."""

IN_DOUBT = "in-doubt undo"
"""Kind of the inbox item that asks whether an effect was taken back."""

MAY_UNDO = ("owner", "expert", "approver")
"""Whose word it takes, in the slice."""


@dataclass(frozen=True, kw_only=True)
class Undo:
    """
    One order. `action` is the id of the effect that it takes back and `effect` its action's name; `tool` is what does
    it, with `arguments`; `result` is what the effect's tool gave back then. `state`: `ordered`, `begun`, `done`,
    `failed`, `unknown` (a person must look: inbox item `item`), `expired`.
    """

    id: str
    slice: str
    case: str
    case_ref: str
    run: str
    action: str
    effect: str
    tool: str
    arguments: Mapping[str, Json]
    result: Json
    state: str
    keyed: bool
    by: str
    ordered_at: datetime
    expires: datetime
    item: str | None = None
    key: str | None = None


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Something that happened and may be taken back. `problem` says why not, in words; None: it may."""

    action: str
    name: str
    case: str
    run: str
    fingerprint: str
    at: datetime
    undo: str | None
    problem: str | None


def effects_of(
    desk: Desk,
    *,
    cases: Sequence[str] = (),
    fingerprint: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Effect]:
    """
    Effects of a slice that stand, newest first, of these cases (none: all), this fingerprint (or its beginning), and
    permitted in this time; those of erased cases and reads left out.
    """
    refs = [desk.ledger.vault.ref(desk.slice, case) for case in cases]
    with desk.transaction() as writing:
        rows = writing.rows(_EFFECTS, desk.slice, refs, refs, fingerprint or "", since, since, until, until)
        erased = desk.ledger.vault.is_erased
        found = [_effect(writing, row) for row in rows if not erased(row["case_ref"])]
    return [effect for effect in found if effect is not None]


def order_undo(desk: Desk, action: str, reason: str, *, by: str, sign: Sign) -> Undo:
    """
    Order that an effect is taken back, by the id of its action or a prefix that only it has; signed by `by`.

    Raises:
        NotPermitted, PrincipalUnknown: `by` is neither owner, expert nor approver of the slice.
        UndoRefused: There is no such effect, it cannot be undone, or it was ordered before.
        ValueProblem: No reason.
        CaseErased: What it did is not known any more.
        KeyMissing, KeyLocked, SignatureInvalid: `by` cannot sign here.
    """
    if not reason.strip():
        raise ValueProblem("An effect is taken back for a reason, and none was given. Say why; it stays on record.")
    principals = desk.principals()
    principals.require_role(by, MAY_UNDO, desk.slice)
    with desk.transaction() as writing:
        row, tool = _undoable(writing, action)
        desk.ledger.vault.refuse_erased(row["case_ref"])
        order = new_id()
        expires = desk.ledger.clock() + UNDO_LIFE
        said: dict[str, Json] = {
            "slice": desk.slice,
            "undo": order,
            "action": row["id"],
            "tool": tool,
            "arguments": row["permitted"],
            "keyed": row["keyed"],
            "reason": writing.tx.keep(row["case_ref"], {"reason": reason}),
            "expires": expires.isoformat(),
        }
        envelope = dict(sign(by, UNDO_TYPE, said))
        principals.require_signed(by, envelope, UNDO_TYPE, said)
        kept = {**said, "run": row["run"], "case": row["case_ref"], "envelope": envelope}
        writing.append("undo:order", kept, by=by)
        writing.execute(
            "insert into undo (id, slice, case_ref, run, action, tool, arguments, state, keyed, by, ordered_at,"
            " expires) values (%s, %s, %s, %s, %s, %s, %s, 'ordered', %s, %s, %s, %s)",
            order,
            desk.slice,
            row["case_ref"],
            row["run"],
            row["id"],
            tool,
            row["permitted"],
            row["keyed"],
            by,
            desk.ledger.clock(),
            expires,
        )
        return _undo(writing, _row(writing, order))


def undos(desk: Desk, *, states: Sequence[str] = ("ordered", "begun")) -> list[Undo]:
    """Orders of the slice in these states, oldest first; those of erased cases left out."""
    with desk.transaction() as writing:
        rows = writing.rows(f"{_UNDO} where u.slice = %s and u.state = any(%s) order by u.ordered_at, u.id",
                            desk.slice, list(states))  # fmt: skip
        found = []
        for row in rows:
            with suppress(CaseErased, ContentMissing):  # nobody can carry out what nobody can read; the others may
                found.append(_undo(writing, row))
        return found


def begin_undo(desk: Desk, order: str, agent: str, *, takes_key: bool = True) -> Undo | None:
    """
    Take up an order: atomic, and once. The caller holds the lease of the case, so that an order which is `begun`
    already was left behind by a process that died: its tool is called again where it takes an idempotency key, else
    whether it happened is unknown and a person is asked.

    Args:
        takes_key: Whether the tool gets the effect's key; one that does not might do it twice.

    Returns:
        The order to carry out; None where there is nothing (more) to do.

    Raises:
        StopInForce: The tool is stopped; the order stays, for when that is lifted.
        StopUnconfirmed: Whether it is could not be confirmed within a second; the order stays.
    """
    began = desk.uptime()
    with desk.transaction() as writing:
        row = _row(writing, order)
        if row["state"] == "begun" and not (row["keyed"] and takes_key):
            _doubt(writing, row, "The process died while it undid an effect; whether it is undone is unknown")
            return None
        if row["state"] not in ("ordered", "begun"):
            return None
        if desk.ledger.clock() > row["expires"]:
            if row["state"] == "begun":
                _doubt(writing, row, "The process died while it undid an effect, and the order's time is over since")
                return None
            writing.append("undo:end", {"undo": order, "outcome": "expired", "result": None})
            writing.execute("update undo set state = 'expired' where id = %s", order)
            return None
        stop = writing.stopping(row["tool"], whole=False)
        if stop is not None:
            raise StopInForce(f"'{row['tool']}' does not begin: {stop.words}. It is done once that is lifted.")
        writing.append("undo:begin", {"undo": order, **writing.stops_seen()}, by=agent)
        writing.execute("update undo set state = 'begun' where id = %s", order)
        begun = _undo(writing, {**row, "state": "begun"})
    if desk.uptime() - began > FRESH_S and not _is_begun(desk, order):
        return None  # another process took it up while this one stood still
    try:
        desk.confirm(begun.tool, began, whole=False)  # a process that stood still meanwhile knows nothing of now
    except GuardError:
        if row["state"] == "ordered":  # else an earlier process may have called the tool
            _put_back(desk, order, agent)
        raise
    return begun


def end_undo(
    desk: Desk,
    undo: Undo,
    agent: str,
    *,
    result: Json = None,
    error: BaseException | None = None,
    takes_key: bool = True,
) -> str:
    """
    Record what came of carrying it out. Undone, the case counts as rework, observed by who ordered it.

    Args:
        takes_key: As for `begin_undo`.

    Returns:
        The state: 'done'; with an error 'failed' where the tool takes a key, so that another order is safe, else
        'unknown', and a person is asked.
    """
    with desk.transaction() as writing:
        row = _row(writing, undo.id)
        if row["state"] != "begun":
            return str(row["state"])
        if error is None:
            kept = writing.tx.keep(row["case_ref"], result)
            return _done(writing, row, agent, kept)
        kept = writing.tx.keep(row["case_ref"], {"error": type(error).__name__, "message": str(error)[:2000]})
        if not (row["keyed"] and takes_key):
            words = f"The tool failed ({type(error).__name__}); whether the effect is undone is unknown"
            _doubt(writing, row, words, kept)
            return "unknown"
        writing.append("undo:end", {"undo": undo.id, "outcome": "failed", "result": kept}, by=agent)
        writing.execute("update undo set state = 'failed' where id = %s", undo.id)
        return "failed"


def refuse_undo(desk: Desk, undo: Undo, agent: str, words: str) -> None:
    """The tool cannot be called so, and was not: the order failed, and nothing is in doubt."""
    with desk.transaction() as writing:
        row = _row(writing, undo.id)
        if row["state"] == "ordered":
            kept = writing.tx.keep(row["case_ref"], {"error": "ValueProblem", "message": words})
            writing.append("undo:end", {"undo": undo.id, "outcome": "failed", "result": kept}, by=agent)
            writing.execute("update undo set state = 'failed' where id = %s", undo.id)


def settle_undo(writing: Writing, action: str, *, undone: bool, by: str) -> None:
    """A person looked at an undo in doubt of that action: it happened, or it did not and may be ordered again."""
    rows = writing.rows(f"{_UNDO} where u.action = %s and u.state = 'unknown' for update of u", action)
    for row in rows:
        if undone:
            _done(writing, row, by, None)
        else:
            writing.append("undo:end", {"undo": row["id"], "outcome": "failed", "result": None}, by=by)
            writing.execute("update undo set state = 'failed' where id = %s", row["id"])


def _is_begun(desk: Desk, order: str) -> bool:
    return bool(desk.read_rows("select 1 from undo where id = %s and state = 'begun'", order))


def _put_back(desk: Desk, order: str, agent: str) -> None:
    """It was begun, and the tool was never called: nothing is in doubt, and the order waits as before."""
    with desk.transaction() as writing:
        if _row(writing, order)["state"] == "begun":
            writing.append("undo:end", {"undo": order, "outcome": "not begun", "result": None}, by=agent)
            writing.execute("update undo set state = 'ordered' where id = %s", order)


def _done(writing: Writing, row: Mapping[str, Any], by: str, kept: str | None) -> str:
    writing.append("undo:end", {"undo": row["id"], "outcome": "done", "result": kept}, by=by)
    writing.execute("update undo set state = 'done' where id = %s", row["id"])
    writing.execute(_UNDONE, row["action"])
    rework = Observation(metric="rework_rate", value=1.0, source=row["by"])
    writing.observe(row["run"], row["case_ref"], row["fingerprint"], [rework])
    return "done"


def _doubt(writing: Writing, row: Mapping[str, Any], reason: str, kept: str | None = None) -> None:
    item = ask_person(
        writing, row["run"], row["case_ref"], IN_DOUBT, reason=reason, action=row["action"], content=row["arguments"]
    )
    writing.append("undo:end", {"undo": row["id"], "outcome": "unknown", "result": kept, "item": item})
    writing.execute("update undo set state = 'unknown', item = %s where id = %s", item, row["id"])


def _undoable(writing: Writing, action: str) -> tuple[dict[str, Any], str]:
    """The one effect of that id, and the tool that takes it back."""
    rows = writing.rows(
        "select a.*, r.fingerprint from action a join run r on r.id = a.run"
        " where a.slice = %s and starts_with(a.id, %s) limit 2 for update of a",
        writing.desk.slice,
        action,
    )
    if len(rows) != 1 or not action:
        found = f"{len(rows)} actions begin with" if len(rows) > 1 else "No action"
        raise UndoRefused(
            f"{found} '{action}' in '{writing.desk.slice}', so nothing is undone. "
            f"See `goldenthread undo list {writing.desk.slice}` for the ids of effects."
        )
    problem = _problem(writing, rows[0])
    if problem is not None:
        raise UndoRefused(f"Action {rows[0]['id']} ('{rows[0]['name']}') is not undone: {problem}")
    declared = _declared(writing, rows[0])
    assert declared is not None
    assert declared.undo is not None
    return rows[0], declared.undo


def _problem(writing: Writing, row: Mapping[str, Any]) -> str | None:
    """Why an effect cannot be taken back, with what to do instead."""
    if row["state"] == "undone":
        return "it was undone before. There is nothing left to do."
    if row["state"] == "unknown":
        return f"whether it happened is unknown. Settle inbox item {row['item']} first."
    if row["state"] != "done":
        return f"it had no effect (it is '{row['state']}'). There is nothing to take back."
    declared = _declared(writing, row)
    if declared is None or declared.undo is None:
        return "its contract names no `undo` for it. Have a person make good what it did."
    under_way = writing.rows(
        "select id, by from undo where action = %s and state in ('ordered', 'begun', 'unknown')", row["id"]
    )
    if under_way:
        return f"{under_way[0]['by']} ordered that already ({under_way[0]['id']}). Wait until it is carried out."
    return None


def _declared(writing: Writing, row: Mapping[str, Any]) -> Action | None:
    """The action as the contract under which it was done declares it."""
    version = writing.standing.versions.get(row["contract_version"])
    return version.contract.actions.get(row["name"]) if version is not None else None


def _effect(writing: Writing, row: Mapping[str, Any]) -> Effect | None:
    declared = _declared(writing, row)
    if declared is not None and declared.effect.value == "read":
        return None
    return Effect(
        action=row["id"],
        name=row["name"],
        case=str(writing.content(row["input"])["case"]),
        run=row["run"],
        fingerprint=row["fingerprint"],
        at=row["at"],
        undo=declared.undo if declared is not None else None,
        problem=_problem(writing, row),
    )


def _row(writing: Writing, order: str) -> dict[str, Any]:
    rows = writing.rows(f"{_UNDO} where u.id = %s for update of u", order)
    if not rows:
        raise UndoRefused(f"No order to undo has the id '{order}'. See `goldenthread undo orders SLICE`.")
    return rows[0]


def _undo(writing: Writing, row: Mapping[str, Any]) -> Undo:
    declared = _declared(writing, {"name": row["effect"], "contract_version": row["contract_version"]})
    return Undo(
        id=row["id"],
        slice=row["slice"],
        case=str(writing.content(row["input"])["case"]),
        case_ref=row["case_ref"],
        run=row["run"],
        action=row["action"],
        effect=row["effect"],
        tool=row["tool"],
        arguments=writing.content(row["arguments"]),
        result=writing.tx.open(row["result"]) if row["result"] else None,
        state=row["state"],
        keyed=row["keyed"],
        by=row["by"],
        ordered_at=row["ordered_at"],
        expires=row["expires"],
        item=row["item"],
        key=declared.key if declared is not None else None,
    )


_UNDO = """
select u.*, r.fingerprint, r.input, a.name as effect, a.result, a.contract_version
from undo u join run r on r.id = u.run join action a on a.id = u.action
"""

_EFFECTS = """
select a.*, r.fingerprint, r.input from action a join run r on r.id = a.run
where a.slice = %s and a.state in ('done', 'unknown') and a.permit is not null
    and (cardinality(%s::text[]) = 0 or a.case_ref = any(%s::text[])) and starts_with(r.fingerprint, %s)
    and (%s::timestamptz is null or a.at >= %s::timestamptz) and (%s::timestamptz is null or a.at < %s::timestamptz)
order by a.at desc, a.seq desc
"""

# Also what has no effect of its own and was only given this one's result: it stands as done by nothing now.
_UNDONE = """
with recursive gone as (
    select id, case_ref from action where id = %s
    union
    select a.id, a.case_ref from gone join action a on a.case_ref = gone.case_ref and a.repeats = gone.id
    where a.state = 'done' and a.permit is null
)
update action set state = 'undone' where id in (select id from gone)
"""
