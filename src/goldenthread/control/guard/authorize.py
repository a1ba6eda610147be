"""
`authorize`: decide, and make the permit durable, for everyone who waits, in one transaction.

Idempotent on (run, call, arguments): asking again returns what was said before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from goldenthread.control.guard.desk import Desk, Writing
from goldenthread.control.guard.policy import Call, Decision, decide, decide_repeat
from goldenthread.control.guard.runs import Run, ask_person, doubt_effect, new_id
from goldenthread.promise.contract import Contract
from goldenthread.promise.values import Json, Level, Verdict, digest
from goldenthread.record.ledger import GroupCommit, Transaction
from goldenthread.record.metrics import Observation

PERMIT_LIFE = timedelta(minutes=15)
"""How long a permit that the guard gave alone may wait to be consumed."""

APPROVAL_LIFE = timedelta(days=7)
"""How long a permit that a person gave may wait for the agent to come back."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """An action that an agent wants to do: call `call` (an ordinal) of its run."""

    run: Run
    call: int
    action: str
    arguments: Mapping[str, Json]
    cited: Sequence[str] = ()
    grounded: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """
    What the guard answers. `state`: `permitted` (consume the permit, then act), `consumed` (an earlier process
    may have acted; the tool takes an idempotency key, so act again), `done` (acted; `result`), `asked`,
    `drafted`, `denied`, `rejected`, `unknown` (in doubt: a person must look), `failed`.
    """

    state: str
    id: str
    verdict: Verdict
    reason: str
    clause: str
    arguments: Mapping[str, Json]
    permit: str | None = None
    item: str | None = None
    result: Json = None


def authorize(desk: Desk, request: Request) -> Outcome:
    """One request, one transaction. Many callers: `authorize_batch` under the ledger's group commit."""
    with desk.transaction() as writing:
        return authorize_batch(writing, [request])[0]


def authorize_batch(writing: Writing, requests: Sequence[Request]) -> list[Outcome]:
    """
    Answer requests in order, inside one transaction that holds the slice's chain.

    A permit exists when the transaction has committed, not before.
    """
    digests = [writing.tx.keep(request.run.case_ref, dict(request.arguments)) for request in requests]
    known = _known_actions(writing, requests, digests)
    new = _NewActions(writing)
    outcomes = []
    for request, arguments in zip(requests, digests, strict=True):
        row = _answered_before(writing, request, arguments, known)
        if row is None:
            row = _settle(writing, request, arguments, known, new)
            known.setdefault(request.run.case_ref, []).append(row)
        outcomes.append(_outcome(writing, request, row))
    new.flush()
    return outcomes


class Authorizer:
    """`authorize` for the many threads of one process: whoever comes while a commit runs shares the next one."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._commits: GroupCommit[Request, Outcome] = GroupCommit(_Held(desk), desk.slice, self._handle)

    def authorize(self, request: Request) -> Outcome:
        """The guard's answer, durable."""
        return self._commits.submit(request)

    def _handle(self, tx: Transaction, requests: Sequence[Request]) -> list[Outcome]:
        return authorize_batch(self._desk.writing(tx), requests)


@dataclass(frozen=True)
class _Held:
    """A desk as the ledger that group commit writes to: its standing is held until the commit is through."""

    desk: Desk

    def transaction(self, *_chains: str) -> AbstractContextManager[Transaction]:
        return self.desk.holding()


_COLUMNS = (
    "id", "slice", "run", "case_ref", "call", "name", "arguments", "permitted", "state", "verdict", "reason", "clause",
    "level", "cited", "grounded", "keyed", "key", "repeats", "item", "permit", "contract_version", "expires", "result",
    "seq", "at",
)  # fmt: skip
_INSERT = """
insert into action (id, slice, run, case_ref, call, name, arguments, permitted, state, verdict, reason, clause, level,
    cited, grounded, keyed, key, repeats, item, permit, contract_version, expires, result, seq, at)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


class _NewActions:
    """Rows of new actions, sent together; before a row that refers to one of them, and at the end."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._rows: list[dict[str, Any]] = []

    def add(self, row: dict[str, Any]) -> None:
        self._rows.append(row)

    def flush(self) -> None:
        if self._rows:
            self._writing.execute_many(_INSERT, [tuple(row[column] for column in _COLUMNS) for row in self._rows])
            self._rows = []


def issue_permit(
    writing: Writing, fingerprint: str, row: Mapping[str, Any], arguments: str, life: timedelta = PERMIT_LIFE
) -> dict[str, Json]:
    """
    A permit for exactly this, once (DESIGN.md, idea 4), as it goes into a record; expiry in UTC.

    `digest` covers slice, contract version, fingerprint, case, run, call, action, arguments, level and expiry.
    """
    terms: dict[str, Json] = {
        "slice": row["slice"],
        "contract_version": row["contract_version"],
        "fingerprint": fingerprint,
        "case": row["case_ref"],
        "run": row["run"],
        "call": row["call"],
        "action": row["name"],
        "arguments": arguments,
        "level": row["level"],
        "expires": (writing.desk.ledger.clock() + life).isoformat(),
    }
    return {"id": new_id(), "digest": digest(terms), **terms}


_Known = dict[str, list[dict[str, Any]]]
"""Actions on record, by case."""


def _known_actions(writing: Writing, requests: Sequence[Request], digests: Sequence[str]) -> _Known:
    """What is on record of these calls, and of effects of these cases that a request would repeat."""
    known: _Known = {}
    contract = writing.contract()
    keys = [key for key in (_key(writing, request, contract) for request in requests) if key is not None]
    for row in writing.rows(_KNOWN, *_keys(requests), list(digests), list(digests), keys):
        known.setdefault(row["case_ref"], []).append(row)
    return known


_KNOWN = """
select * from action
where (run = any(%s) and call = any(%s))
   or (case_ref = any(%s) and (arguments = any(%s) or permitted = any(%s) or key = any(%s))
       and state in ('consumed', 'done', 'unknown'))
order by seq
"""


def _keys(requests: Sequence[Request]) -> tuple[list[str], list[int], list[str]]:
    return (
        list({request.run.id for request in requests}),
        list({request.call for request in requests}),
        list({request.run.case_ref for request in requests}),
    )


def _key(writing: Writing, request: Request, contract: Contract) -> str | None:
    """What the tool takes for one and the same effect, as a digest; None where it takes no idempotency key."""
    declared = contract.actions.get(request.action)
    if declared is None or declared.key is None or declared.key not in request.arguments:
        return None
    value = {"action": request.action, "key": request.arguments[declared.key]}
    return writing.desk.ledger.vault.digest(request.run.case_ref, value)


def _answered_before(writing: Writing, request: Request, arguments: str, known: _Known) -> dict[str, Any] | None:
    """The action that this very request made before, brought up to date; None if it must be decided (anew)."""
    row = _same_call(known, request, arguments)
    if row is None:
        return None
    if _is_stale(writing, request.run, row) or _took_effect_otherwise(known, row):
        _expire(writing, row)
        return None
    if row["state"] == "consumed" and (not row["keyed"] or writing.stopping(row["name"]) is not None):
        doubt_effect(writing, row, "The process died between permit and record; whether the effect happened is unknown")
    return row


def _same_call(known: _Known, request: Request, arguments: str) -> dict[str, Any] | None:
    for row in known.get(request.run.case_ref, ()):
        same_call = row["run"] == request.run.id and row["call"] == request.call and row["name"] == request.action
        if same_call and row["arguments"] == arguments and row["state"] != "expired":
            return row
    return None


def _is_stale(writing: Writing, run: Run, row: Mapping[str, Any]) -> bool:
    """
    A permit that nobody used and that no longer fits the state, or an effect that failed and whose key makes
    another try safe: the action is decided anew.
    """
    if row["state"] not in ("permitted", "asked"):
        return bool(row["state"] == "failed")
    contract = writing.contract()
    moved = writing.standing.level(run.fingerprint).value != row["level"] or contract.version != row["contract_version"]
    expired = row["expires"] is not None and writing.desk.ledger.clock() > row["expires"]
    return moved or expired


def _took_effect_otherwise(known: _Known, row: Mapping[str, Any]) -> bool:
    """Whether the call, asked for in other words since, took effect in those: the permit for these is void."""
    return row["state"] in ("permitted", "asked") and any(
        (other["run"], other["call"]) == (row["run"], row["call"]) and other["state"] in _MAY_HAVE_HAPPENED
        for other in known.get(row["case_ref"], ())
    )


def _expire(writing: Writing, row: dict[str, Any]) -> None:
    """Put a stale action aside, and its question with it."""
    row["state"] = "expired"
    writing.execute("update action set state = 'expired' where id = %s", row["id"])
    writing.execute(
        "update inbox set state = 'superseded', answered_at = %s where id = %s and state = 'open'",
        writing.desk.ledger.clock(),
        row["item"],
    )


def _settle(writing: Writing, request: Request, arguments: str, known: _Known, new: _NewActions) -> dict[str, Any]:
    """Decide a request that was not seen before, and write it down."""
    contract = writing.contract()
    situation = writing.situation(request.run.fingerprint, replay=request.run.replay)
    decision = decide(writing.desk.policy(contract), situation, request.action, request.arguments)
    declared = contract.actions.get(request.action)
    keyed = declared is not None and declared.key is not None
    key = _key(writing, request, contract)
    earlier = _earlier_effect(known, request, arguments, key)
    if earlier is not None:
        this = Call(run=request.run.id, ordinal=request.call, arguments=frozenset({arguments}))
        before = _call(earlier)
        decision = decide_repeat(decision, request.action, this, before, keyed=keyed)
    row: dict[str, Any] = {
        "id": new_id(),
        "slice": request.run.slice,
        "run": request.run.id,
        "case_ref": request.run.case_ref,
        "call": request.call,
        "name": request.action,
        "arguments": arguments,
        "permitted": None,
        "state": _STATES[decision.verdict],
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        "clause": decision.clause,
        "level": situation.effective_level.value,
        "stops": situation.stops_seen,
        "cited": list(request.cited),
        "grounded": request.grounded,
        "keyed": keyed,
        "key": key,
        "repeats": earlier["id"] if earlier is not None else None,
        "item": None,
        "permit": None,
        "contract_version": contract.version,
        "expires": None,
        "result": None,
        "at": writing.desk.ledger.clock(),
    }
    if earlier is not None and keyed and earlier["state"] == "done" and decision.verdict is Verdict.ALLOW:
        row["state"], row["result"] = "done", earlier["result"]
    permit = None
    if row["state"] == "permitted":
        permit = issue_permit(writing, request.run.fingerprint, row, arguments)
        row.update(permit=permit["id"], permitted=arguments, expires=permit["expires"])
    record = writing.append("action:decide", _decide_record(row, request, writing, permit), by=request.run.agent)
    row["seq"] = record.seq
    new.add(row)
    if decision.violation and situation.effective_level > Level.SHADOW:
        # At once, not when the run ends: it counts however the run ends, and whichever run of the case it is.
        violation = Observation(metric="policy_violation", value=1.0, source="guard")
        writing.observe(request.run.id, request.run.case_ref, request.run.fingerprint, [violation])
    _ask(writing, request, decision, contract, row, new)
    return row


_MAY_HAVE_HAPPENED = ("consumed", "done", "unknown")

_STATES = {
    Verdict.ALLOW: "permitted",
    Verdict.ASK: "asked",
    Verdict.DRAFT: "drafted",
    Verdict.DENY: "denied",
}


def _call(row: Mapping[str, Any]) -> Call:
    digests = frozenset(digest for digest in (row["arguments"], row["permitted"]) if digest)
    return Call(run=row["run"], ordinal=row["call"], arguments=digests, done=row["state"] == "done")


def _earlier_effect(known: _Known, request: Request, arguments: str, key: str | None) -> dict[str, Any] | None:
    """An effect of this case that may have happened and that this request would repeat or contradict."""
    for row in known.get(request.run.case_ref, ()):
        same_call = row["run"] == request.run.id and row["call"] == request.call
        same_effect = row["name"] == request.action and (
            arguments in (row["arguments"], row["permitted"]) or (key is not None and row["key"] == key)
        )
        if row["state"] in _MAY_HAVE_HAPPENED and (same_call or same_effect):
            return row
    return None


def _decide_record(
    row: Mapping[str, Any], request: Request, writing: Writing, permit: dict[str, Json] | None
) -> dict[str, Any]:
    version = writing.standing.in_force or writing.standing.latest
    assert version is not None
    record: dict[str, Any] = {
        "decision": row["id"],
        "run": row["run"],
        "case": row["case_ref"],
        "call": row["call"],
        "action": row["name"],
        "arguments": row["arguments"],
        "level": row["level"],
        "contract_version": version.contract.version,
        "fingerprint": request.run.fingerprint,
        "replay": request.run.replay,
        "mode": writing.desk.mode.value,
        "verdict": row["verdict"],
        "reason": row["reason"],
        "clause": row["clause"],
        "cited": list(request.cited),
        "grounded": request.grounded,
        "repeats": row["repeats"],
        **({"stops": row["stops"]} if row["stops"] else {}),
    }
    if permit is not None:
        record["permit"] = permit
    return record


def _ask(
    writing: Writing,
    request: Request,
    decision: Decision,
    contract: Contract,
    row: dict[str, Any],
    new: _NewActions,
) -> None:
    """The questions to people that a decision brings: the approval itself, or a blind one."""
    if decision.verdict is Verdict.ASK:
        new.flush()
        row["item"] = ask_person(
            writing,
            request.run.id,
            request.run.case_ref,
            "approval",
            reason=decision.reason,
            action=row["id"],
            content=row["arguments"],
        )
        writing.execute("update action set item = %s where id = %s", row["item"], row["id"])
        # Pending until the last of the run's questions is answered: slow noes must not stay out of the evidence.
        asked = Observation(metric="approved_unedited", value=None, source="person")
        writing.observe(request.run.id, request.run.case_ref, request.run.fingerprint, [asked])
    elif _is_blind(writing, request.run, decision, contract) and not _is_asked_blind(writing, request.run):
        new.flush()
        ask_person(writing, request.run.id, request.run.case_ref, "blind question", action=row["id"])


def _is_blind(writing: Writing, run: Run, decision: Decision, contract: Contract) -> bool:
    """Whether a person decides this case before seeing the proposal: drawn by key, the same on every look."""
    if contract.autonomy is None or run.replay:
        return False
    level = writing.standing.level(run.fingerprint)
    if decision.verdict is Verdict.DRAFT:
        share = contract.autonomy.blind.get(Level.DRAFT, 0)
    elif decision.verdict is Verdict.ALLOW and level >= Level.CONSTRAINED:
        share = contract.autonomy.audit.get(level, 0)
    else:
        return False
    draw = int(writing.desk.ledger.vault.ref("blind", run.case_ref), 16) / 16**32
    return draw < float(share) / 100


def _is_asked_blind(writing: Writing, run: Run) -> bool:
    """Whether a person was asked before: they decide a case once, whatever the agent asks for in it."""
    return bool(writing.rows("select 1 from inbox where run = %s and kind = 'blind question' limit 1", run.id))


def _outcome(writing: Writing, request: Request, row: Mapping[str, Any]) -> Outcome:
    edited = row["permitted"] is not None and row["permitted"] != row["arguments"]
    result = writing.tx.open(row["result"]) if row["result"] else None
    said = f": {result['reason']}" if row["state"] == "rejected" and isinstance(result, dict) else ""
    return Outcome(
        state=row["state"],
        id=row["id"],
        verdict=Verdict(row["verdict"]),
        reason=f"{row['reason']}{said}",
        clause=row["clause"],
        arguments=writing.content(row["permitted"]) if edited else request.arguments,
        permit=row["permit"],
        item=row["item"],
        result=result,
    )
