"""
`authorize`: decide, and make the permit durable, for everyone who waits, in one transaction.

Idempotent on (run, call, arguments): asking again returns what was said before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from goldenthread.control.guard.actions import Known, Looked, NewActions, known_actions
from goldenthread.control.guard.desk import Desk, Writing
from goldenthread.control.guard.drafts import Draft, Ready, Request, allotted_of, draft_answer, keyed_effect, prepare
from goldenthread.control.guard.earlier import unused_yes
from goldenthread.control.guard.facts import redacted
from goldenthread.control.guard.rechecks import decide_again, level_for, still_stands
from goldenthread.control.guard.runs import Run, ask_person, doubt_effect
from goldenthread.control.guard.situation import Decision, Situation
from goldenthread.control.guard.waiting import expire_item, expired_words, has_expired
from goldenthread.promise.contract import Contract
from goldenthread.promise.values import Json, Level, Verdict
from goldenthread.record.metrics import Observation


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
    ready = prepare(desk, request)
    with desk.transaction() as writing:
        return authorize_batch(writing, [ready])[0]


def authorize_batch(writing: Writing, batch: Sequence[Ready], looked: Looked | None = None) -> list[Outcome]:
    """
    Answer requests in order, inside one transaction that holds the slice's chain.

    A permit exists when the transaction has committed, not before. `looked` is what was asked of these requests in the
    trip that took the chain.
    """
    contract = writing.contract()
    batch = [_without_what_leaves(writing, ready, contract) for ready in batch]
    digests = [writing.tx.put(ready.sealed) for ready in batch]
    keys = [_key(writing, ready, contract) for ready in batch]
    known = known_actions(writing, [ready.request for ready in batch], digests, keys, looked)
    new = NewActions(writing)
    outcomes = []
    for ready, arguments, key in zip(batch, digests, keys, strict=True):
        request = ready.request
        row = _answered_before(writing, ready, arguments, known)
        if row is None:
            row = _settle(writing, ready, key, known, new)
            known.setdefault(request.run.case_ref, []).append(row)
        outcomes.append(_outcome(writing, request, row))
    new.flush()
    return outcomes


def _without_what_leaves(writing: Writing, ready: Ready, contract: Contract) -> Ready:
    """What was made ready under an earlier contract may hold what the one in force takes out."""
    if ready.draft is not None and ready.draft.contract is contract:
        return ready
    request = ready.request
    kept = redacted(contract, request.action, request.arguments)
    if dict(kept) == dict(request.arguments):
        return ready
    sealed, _ = writing.desk.ledger.vault.seal_beside(request.run.case_ref, dict(kept))
    return replace(ready, request=replace(request, arguments=kept), sealed=sealed, key=None, draft=None)


def _key(writing: Writing, ready: Ready, contract: Contract) -> str | None:
    """What the tool takes for one and the same effect, as a digest; None where it takes no idempotency key."""
    if ready.draft is not None and ready.draft.contract is contract:
        return ready.key
    effect = keyed_effect(ready.request, contract)
    return writing.desk.ledger.vault.digest(ready.request.run.case_ref, effect) if effect is not None else None


def _answered_before(writing: Writing, ready: Ready, arguments: str, known: Known) -> dict[str, Any] | None:
    """The action that this very request made before, brought up to date; None if it must be decided (anew)."""
    row = _same_call(known, ready.request, arguments)
    if row is None:
        return None
    if row["state"] == "asked" and has_expired(writing.contract(), "approval", row["at"], writing.desk.ledger.clock()):
        _let_expire(writing, row)
        return row
    if _is_stale(writing, ready, row) or _took_effect_otherwise(known, row) or _took_effect_since(known, row):
        _expire(writing, row)
        return None
    again = row["keyed"] and writing.stopping(row["name"]) is None and not _is_forbidden_now(writing, ready, row)
    if row["state"] == "consumed" and not again:
        doubt_effect(writing, row, "The process died between permit and record; whether the effect happened is unknown")
    return row


def _is_forbidden_now(writing: Writing, ready: Ready, row: Mapping[str, Any]) -> bool:
    """Whether a rule of the organisation forbids what an earlier process may have begun."""
    if row["state"] != "consumed" or writing.desk.rules is None:
        return False
    decision = _again(writing, ready, row)
    return decision.verdict is Verdict.DENY and decision.clause.startswith("organisation.")


def _again(writing: Writing, ready: Ready, row: Mapping[str, Any]) -> Decision:
    """What the guard says now to what was permitted, by what the run has done and read since."""
    request = ready.request
    edited = row["permitted"] != row["arguments"]
    permitted = writing.content(row["permitted"]) if edited else request.arguments
    return decide_again(writing, request.run, row, permitted, ready.cap, request.seen)


def _same_call(known: Known, request: Request, arguments: str) -> dict[str, Any] | None:
    for row in known.get(request.run.case_ref, ()):
        same_call = row["run"] == request.run.id and row["call"] == request.call and row["name"] == request.action
        if same_call and row["arguments"] == arguments and row["state"] != "expired":
            return row
    return None


def _is_stale(writing: Writing, ready: Ready, row: Mapping[str, Any]) -> bool:
    """
    A permit that nobody used and that no longer fits the state, or an effect that failed and whose key makes
    another try safe: the action is decided anew.
    """
    if row["state"] not in ("permitted", "asked"):
        return bool(row["state"] == "failed")
    contract, run = writing.contract(), ready.request.run
    level = level_for(writing.situation(run.fingerprint, replay=run.replay, cap=ready.cap), row)
    moved = level.value != row["level"] or contract.version != row["contract_version"]
    expired = row["expires"] is not None and writing.desk.ledger.clock() > row["expires"]
    if moved or expired or row["state"] == "asked" or writing.stopping(row["name"]) is not None:
        return moved or expired  # what is only stopped is kept for when that is lifted
    return not still_stands(row, _again(writing, ready, row))


def _took_effect_otherwise(known: Known, row: Mapping[str, Any]) -> bool:
    """Whether the call, asked for in other words since, took effect in those: the permit for these is void."""
    return row["state"] in ("permitted", "asked") and any(
        (other["run"], other["call"]) == (row["run"], row["call"]) and other["state"] in _MAY_HAVE_HAPPENED
        for other in known.get(row["case_ref"], ())
    )


def _took_effect_since(known: Known, row: Mapping[str, Any]) -> bool:
    """Whether another call did the same since this one was permitted as the first: a person is asked, as about any."""
    if row["state"] != "permitted" or row["verdict"] != Verdict.ALLOW.value or row["repeats"] is not None:
        return False
    others = (
        other
        for other in known.get(row["case_ref"], ())
        if other["id"] != row["id"] and other["name"] == row["name"] and other["state"] in _MAY_HAVE_HAPPENED
    )
    if row["keyed"]:
        return any(other["key"] == row["key"] and other["permitted"] != row["permitted"] for other in others)
    return any(row["permitted"] in (other["arguments"], other["permitted"]) for other in others)


def _expire(writing: Writing, row: dict[str, Any]) -> None:
    """Put a stale action aside, and its question with it."""
    row["state"] = "expired"
    writing.execute("update action set state = 'expired' where id = %s", row["id"])
    writing.execute(
        "update inbox set state = 'superseded', answered_at = %s where id = %s and state = 'open'",
        writing.desk.ledger.clock(),
        row["item"],
    )


def _let_expire(writing: Writing, row: dict[str, Any]) -> None:
    """Nobody said yes in time: the agent is told so when it comes back, whether or not anybody looked meanwhile."""
    expire_item(writing, row["item"])
    row["state"], row["reason"] = "rejected", expired_words(writing.contract(), row["at"])


def _settle(writing: Writing, ready: Ready, key: str | None, known: Known, new: NewActions) -> dict[str, Any]:
    """Decide a request that was not seen before, and write it down."""
    request, arguments = ready.request, ready.sealed.digest
    contract = writing.contract()
    situation = writing.situation(request.run.fingerprint, replay=request.run.replay, cap=ready.cap)
    earlier = _earlier_effect(known, request, arguments, key)
    draft = ready.draft
    if draft is None or earlier is not None or not _rests_on(draft, contract, situation):
        draft = draft_answer(writing.desk, request, arguments, key, contract, situation, earlier)
    over = _over(writing, contract, request, draft)
    if over:
        draft = draft_answer(writing.desk, request, arguments, key, contract, situation, earlier, over)
    row = dict(draft.row)  # The draft may be needed again, if this transaction fails and each request is tried alone.
    written = writing.append("action:decide", draft.record, by=request.run.agent, canonical_data=draft.canonical)
    row["seq"], row["at"] = written.seq, written.at
    new.add(row)
    if draft.decision.violation and situation.effective_level > Level.SHADOW:
        # At once, not when the run ends: it counts however the run ends, and whichever run of the case it is.
        violation = Observation(metric="policy_violation", value=1.0, source="guard")
        writing.observe(request.run.id, request.run.case_ref, request.run.fingerprint, [violation])
    _ask(writing, request, draft, row, new)
    return row


def _rests_on(draft: Draft, contract: Contract, situation: Situation) -> bool:
    return draft.contract is contract and (draft.situation is situation or draft.situation == situation)


def _over(writing: Writing, contract: Contract, request: Request, draft: Draft) -> tuple[str, ...]:
    """Budgets that an action would go over which otherwise may happen, alone or after a person's yes."""
    if writing.spending is None or draft.row["state"] not in ("permitted", "asked"):
        return ()
    allotted, now = allotted_of(request.run), writing.desk.ledger.clock()
    return writing.spending.over(contract, request.action, draft.amounts, request.run.id, now, allotted)


_MAY_HAVE_HAPPENED = ("consumed", "done", "unknown")


def _earlier_effect(known: Known, request: Request, arguments: str, key: str | None) -> dict[str, Any] | None:
    """An effect of this case that may have happened and that this request would repeat or contradict."""
    for row in known.get(request.run.case_ref, ()):
        same_call = row["run"] == request.run.id and row["call"] == request.call
        same_effect = row["name"] == request.action and (
            arguments in (row["arguments"], row["permitted"]) or (key is not None and row["key"] == key)
        )
        if row["state"] in _MAY_HAVE_HAPPENED and (same_call or same_effect):
            return row
    return None


def _ask(writing: Writing, request: Request, draft: Draft, row: dict[str, Any], new: NewActions) -> None:
    """The questions to people that a decision brings: the approval itself, or a blind one."""
    if draft.decision.verdict is Verdict.ASK:
        new.flush()
        row["item"] = ask_person(
            writing,
            request.run.id,
            request.run.case_ref,
            "approval",
            reason=draft.decision.reason + unused_yes(writing, request.run.case_ref, request.action),
            action=row["id"],
            content=row["arguments"],
        )
        writing.execute("update action set item = %s where id = %s", row["item"], row["id"])
        # Pending until the last of the run's questions is answered: slow noes must not stay out of the evidence.
        asked = Observation(metric="approved_unedited", value=None, source="person")
        writing.observe(request.run.id, request.run.case_ref, request.run.fingerprint, [asked])
    elif draft.blind and not _is_asked_blind(writing, request.run):
        new.flush()
        ask_person(writing, request.run.id, request.run.case_ref, "blind question", action=row["id"])


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
