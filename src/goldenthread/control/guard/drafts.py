"""
A permit drafted: the answer to a request, worked out by the thread that asks, before the chain is held.

A draft holds nothing and allows nothing; `authorize` records it if what it rests on still stands by then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from goldenthread.control.guard.delegation import cap_of
from goldenthread.control.guard.desk import Desk
from goldenthread.control.guard.facts import Seen, find_facts, redacted
from goldenthread.control.guard.hold import Hold
from goldenthread.control.guard.policy import decide
from goldenthread.control.guard.remembering import seen_along
from goldenthread.control.guard.repeats import Call, decide_repeat
from goldenthread.control.guard.runs import Run, new_id
from goldenthread.control.guard.situation import NO_FACTS, Decision, Facts, Situation
from goldenthread.control.spending import Amounts, action_amounts, to_record, unsummable
from goldenthread.promise.contract import Contract
from goldenthread.promise.values import Json, Level, Verdict, canonical, digest
from goldenthread.record.ledger import Sealed

PERMIT_LIFE = timedelta(minutes=15)
"""How long a permit that the guard gave alone may wait to be consumed."""

APPROVAL_LIFE = timedelta(days=7)
"""How long a permit that a person gave may wait for the agent to come back."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """An action that an agent wants to do: call `call` (an ordinal) of its run, in which it has `seen` this much."""

    run: Run
    call: int
    action: str
    arguments: Mapping[str, Json]
    cited: Sequence[str] = ()
    grounded: bool | None = None
    seen: Seen = field(default_factory=Seen)


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """
    A decision with its permit, written out for a record but not recorded: it holds nothing and allows nothing.

    `canonical` are the bytes of `record`; `amounts` is what the action would use up, if it may happen; `blind` says
    that a person is to decide the case unseen. It is right only while `contract` and `situation` are those in force,
    and for an action without an earlier effect.
    """

    contract: Contract
    situation: Situation
    decision: Decision
    row: dict[str, Any]
    record: dict[str, Any]
    canonical: bytes
    amounts: Amounts
    blind: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """
    A request with all that can be worked out before the chain is held, by the thread that asks.

    `sealed` are its arguments under the case's key; `key` is the digest of what the tool would take for one and the
    same effect. `draft` is what the answer will be if nothing has changed by then. `cap` is the level of whoever
    called the run, `hold` what the context that asks must still hold, where somebody else writes for it.
    """

    request: Request
    sealed: Sealed
    key: str | None
    draft: Draft | None
    cap: Level | None = None
    hold: Hold | None = None


def prepare(desk: Desk, request: Request) -> Ready:
    """
    What `authorize_batch` takes: seals the arguments, and drafts the answer from what this process knows.

    Raises:
        CaseErased: The case was erased.
        NotCanonical: JSON can't carry the arguments exactly.
    """
    cap = cap_of(desk, request.run.caller, request.run.case_ref)
    seen_along(desk, request.run, request.seen)
    hint = desk.hint(request.run.fingerprint, replay=request.run.replay, cap=cap)
    kept = redacted(hint[0] if hint is not None else desk.contract(), request.action, request.arguments)
    if kept is not request.arguments:
        request = replace(request, arguments=kept)
    effect = keyed_effect(request, hint[0]) if hint is not None else None
    others = [effect] if effect is not None else []
    sealed, digests = desk.ledger.vault.seal_beside(request.run.case_ref, dict(request.arguments), *others)
    key = digests[0] if digests else None
    draft = draft_answer(desk, request, sealed.digest, key, *hint) if hint is not None else None
    return Ready(request=request, sealed=sealed, key=key, draft=draft, cap=cap)


def draft_answer(
    desk: Desk,
    request: Request,
    arguments: str,
    key: str | None,
    contract: Contract,
    situation: Situation,
    earlier: dict[str, Any] | None = None,
    over: tuple[str, ...] = (),
) -> Draft:
    """What the guard says in this situation, and the row, the permit and the record that say so."""
    policy = desk.policy(contract, situation)
    facts = find_facts(policy, contract, request.seen, request.action, request.arguments)
    over = (*unsummable(contract, request.action, request.arguments), *over)
    if over:
        facts = replace(facts, over=over)
    decision = decide(policy, situation, request.action, request.arguments, facts)
    declared = contract.actions.get(request.action)
    keyed = declared is not None and declared.key is not None
    if earlier is not None:
        this = Call(run=request.run.id, ordinal=request.call, arguments=frozenset({arguments}))
        decision = decide_repeat(decision, request.action, this, _call(earlier), keyed=keyed)
    row = _row(request, arguments, key, contract, situation, decision, facts)
    row.update(keyed=keyed, repeats=earlier["id"] if earlier is not None else None)
    if earlier is not None and keyed and earlier["state"] == "done" and decision.verdict is Verdict.ALLOW:
        row.update(state="done", result=earlier["result"], permitted=earlier["permitted"])  # as a person edited it
    permit = _permit(desk, request, row, arguments) if row["state"] == "permitted" else None
    record = _decide_record(desk, row, request, permit, facts, situation)
    if contract.autonomy is not None and contract.autonomy.when_people_leave is not None:
        record["people"] = situation.alone is None  # looked for: replay may hold it to who was there
    amounts: Amounts = {}
    if row["state"] in ("permitted", "asked"):
        amounts = action_amounts(contract, request.action, request.arguments, also=allotted_of(request.run))
    if permit is not None:
        record.update({"spends": to_record(amounts)} if amounts else {})
    return Draft(
        contract=contract,
        situation=situation,
        decision=decision,
        row=row,
        record=record,
        canonical=canonical(record),
        amounts=amounts,
        blind=_is_blind(desk, request.run, decision, contract, situation.effective_level),
    )


def allotted_of(run: Run) -> Mapping[str, Decimal]:
    """What a called run may use up in all; nothing is limited that way for one that nobody called."""
    return run.caller.allotted if run.caller is not None else {}


def keyed_effect(request: Request, contract: Contract) -> dict[str, Json] | None:
    """What the tool takes for one and the same effect; None where it takes no idempotency key."""
    declared = contract.actions.get(request.action)
    if declared is None or declared.key is None or declared.key not in request.arguments:
        return None
    return {"action": request.action, "key": request.arguments[declared.key]}


def issue_permit(
    desk: Desk, fingerprint: str, row: Mapping[str, Any], arguments: str, life: timedelta = PERMIT_LIFE
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
        "expires": (desk.ledger.clock() + life).isoformat(),
    }
    return {"id": new_id(), "digest": digest(terms), **terms}


_STATES = {
    Verdict.ALLOW: "permitted",
    Verdict.ASK: "asked",
    Verdict.DRAFT: "drafted",
    Verdict.DENY: "denied",
}


def _row(
    request: Request,
    arguments: str,
    key: str | None,
    contract: Contract,
    situation: Situation,
    decision: Decision,
    facts: Facts,
) -> dict[str, Any]:
    """The decision's row in `actions`, as far as it does not rest on an earlier effect, and without a permit."""
    return {
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
        "keyed": False,
        "key": key,
        "repeats": None,
        "item": None,
        "permit": None,
        "contract_version": contract.version,
        "expires": None,
        "result": None,
        "facts": json.dumps(facts.record()) if facts is not NO_FACTS else None,
    }


def _permit(desk: Desk, request: Request, row: dict[str, Any], arguments: str) -> dict[str, Json]:
    """The permit for a row, which holds it from now on."""
    permit = issue_permit(desk, request.run.fingerprint, row, arguments)
    row.update(permit=permit["id"], permitted=arguments, expires=datetime.fromisoformat(str(permit["expires"])))
    return permit


def _call(row: Mapping[str, Any]) -> Call:
    # A call that was only given back what an earlier one did was permitted nothing of its own.
    digests = frozenset({row["arguments"], *([row["permitted"]] if row["permit"] else [])})
    return Call(run=row["run"], ordinal=row["call"], arguments=digests, done=row["state"] == "done")


def _decide_record(
    desk: Desk,
    row: Mapping[str, Any],
    request: Request,
    permit: dict[str, Json] | None,
    facts: Facts,
    situation: Situation,
) -> dict[str, Any]:
    record: dict[str, Any] = {
        "decision": row["id"],
        "run": row["run"],
        "case": row["case_ref"],
        "call": row["call"],
        "action": row["name"],
        "arguments": row["arguments"],
        "level": row["level"],
        "contract_version": row["contract_version"],
        "fingerprint": request.run.fingerprint,
        "replay": request.run.replay,
        "mode": desk.mode.value,
        "verdict": row["verdict"],
        "reason": row["reason"],
        "clause": row["clause"],
        "cited": list(request.cited),
        "grounded": request.grounded,
        "repeats": row["repeats"],
        **({"stops": row["stops"]} if row["stops"] else {}),
        **({"rules": situation.rules.record()} if situation.rules is not None else {}),
        **({"facts": facts.record()} if facts is not NO_FACTS and facts.record() else {}),
    }
    if permit is not None:
        record["permit"] = permit
    if situation.cap is not None:
        record["cap"] = situation.cap.value
    return record


def _is_blind(desk: Desk, run: Run, decision: Decision, contract: Contract, level: Level) -> bool:
    """Whether a person decides this case before seeing the proposal: drawn by key, the same on every look."""
    if contract.autonomy is None or run.replay:
        return False
    if decision.verdict is Verdict.DRAFT:
        share = contract.autonomy.blind.get(Level.DRAFT, 0)
    elif decision.verdict is Verdict.ALLOW and level >= Level.CONSTRAINED:
        share = contract.autonomy.audit.get(level, 0)
    else:
        return False
    return desk.drawn(run.case_ref) < float(share) / 100
