"""An agent asks for an action: the guard's answer, and the signed permit that a tool will take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from goldenthread.control.guard import Decision, Outcome, Request, new_id, redacted
from goldenthread.control.guard.signed import PERMIT_TYPE, Envelope, SignedPermit, arguments_digest, new_salt
from goldenthread.control.serving.access import Caller
from goldenthread.control.serving.house import House, Work, outcome_of
from goldenthread.promise.errors import RequestInvalid, ToolMissing
from goldenthread.promise.values import Json, Verdict, canonical, digest

READ_LIFE = timedelta(minutes=1)
"""How long a permit to read may wait for the tool."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """
    What an agent is told. `verdict` is what holds now; `state` is finer: `permitted` (give `permit` to a tool named in
    `tools`), `consumed` (a tool is at it: ask again), `done` (`result`), `asked` and `unknown` (a person must answer
    `item`), `drafted`, `denied`, `rejected`. `arguments` are those permitted: a person may have edited them.
    """

    verdict: Verdict
    state: str
    action: str
    reason: str
    clause: str
    arguments: Mapping[str, Json]
    permit: Envelope | None = None
    tools: tuple[str, ...] = ()
    item: str | None = None
    result: Json = None


def act(
    house: House,
    caller: Caller,
    run_id: str,
    action: str,
    arguments: Mapping[str, Json],
    *,
    call: int | None,
    cited: Sequence[str] = (),
) -> Answer:
    """
    Answer an agent that wants to act. Asked again with the same call and arguments, the answer is brought up to date.

    Args:
        call: The ordinal of the call in its run, which makes asking again the same question; None for a silent read.

    Raises:
        RequestInvalid: An effect without its ordinal.
        ToolMissing: It may happen, but no tool on record carries it out.
        ScopeRefused, RunUnknown, RunClosed, ManifestMismatch, CaseErased, ContentMissing: As `House.work`.
        NotCanonical: JSON can't carry the arguments exactly.
    """
    caller.require("agent")
    canonical(dict(arguments))
    with house.work(run_id, caller) as work:
        house.land_of(work)
        if work.desk.is_silent_read(action):
            return _read(house, work, action, arguments)
        if call is None:
            raise RequestInvalid(
                f"body.call: '{action}' has an effect, so it needs `call`: count the run's effects from 0."
            )
        in_flight = _in_flight(house, work, action, arguments, call)
        return in_flight or _authorize(house, work, action, arguments, call, cited)


_VERDICTS = {
    "permitted": Verdict.ALLOW,
    "consumed": Verdict.ALLOW,
    "done": Verdict.ALLOW,
    "asked": Verdict.ASK,
    "unknown": Verdict.ASK,
    "drafted": Verdict.DRAFT,
}
"""What an action's state comes to; every other one is a no."""


def _in_flight(house: House, work: Work, action: str, arguments: Mapping[str, Json], call: int) -> Answer | None:
    """The answer while a tool is at this very call: nobody died, so nothing is in doubt."""
    rows = house.rows(
        "select * from action where run = %s and call = %s and name = %s and state = 'consumed'",
        work.run.id,
        call,
        action,
    )
    flying = next((row for row in rows if row["id"] in work.memory.flights), None)
    if flying is None:
        return None
    wanted = redacted(work.desk.contract(), action, arguments)
    asked = house.ledger.vault.digest(work.run.case_ref, dict(wanted))
    if asked not in (flying["arguments"], flying["permitted"]):
        reason = f"Call {call} of this run is under way with other arguments"
        no = Decision(verdict=Verdict.DENY, reason=reason, clause=f"actions.{action}")
        return _decided(no, "denied", "", arguments)
    return _answer(outcome_of(flying, dict(wanted)))


def _authorize(
    house: House, work: Work, action: str, arguments: Mapping[str, Json], call: int, cited: Sequence[str]
) -> Answer:
    request = Request(
        run=work.run,
        call=call,
        action=action,
        arguments=arguments,
        cited=tuple(cited),
        grounded=_grounded(work, cited) if work.run.grounding else None,
        seen=work.memory.seen,
    )
    outcome = house.authorizer(work.desk.slice).authorize(request)
    if outcome.state == "done":
        work.desk.saw(work.memory.seen, action, outcome.result)
    answer = _answer(outcome)
    if outcome.state != "permitted":
        return answer
    row = house.rows("select * from action where id = %s", outcome.id)[0]
    return _signed(house, work, answer, _terms(house, work, row, outcome))


def _grounded(work: Work, cited: Sequence[str]) -> bool | None:
    """
    Whether citations hold, as far as a server can tell: False without any, and for one that no tool of this run gave;
    else unknown, since what bears a claim is for the agent's own field to judge.
    """
    known = work.memory.seen.origins
    exists = cited and all("no source" not in (known.problem(one) or "") for one in cited)
    return None if exists else False


def _read(house: House, work: Work, action: str, arguments: Mapping[str, Json]) -> Answer:
    run, desk = work.run, work.desk
    facts = desk.facts(work.memory.seen, action, arguments)
    decision = desk.decide(run.fingerprint, action, arguments, replay=run.replay, facts=facts)
    if decision.verdict is not Verdict.ALLOW:
        return _decided(replace(decision, verdict=Verdict.DENY), "denied", "", arguments)
    expires = house.ledger.clock() + READ_LIFE
    row = {"permit": new_id(), "level": run.level.value, "expires": expires, "contract": desk.contract().version}
    permit = _permit(house, work, action, arguments, None, row, kind="read", terms="")
    signed = _signed(house, work, _decided(decision, "permitted", "", arguments), permit)
    work.memory.may_read(permit.id, house.monotonic() + READ_LIFE.total_seconds())
    return signed


def _terms(house: House, work: Work, row: Mapping[str, Any], outcome: Outcome) -> SignedPermit:
    """A permit on record, to be signed: `digest` comes out as it stands there."""
    terms: dict[str, Json] = {
        "slice": row["slice"],
        "contract_version": row["contract_version"],
        "fingerprint": work.run.fingerprint,
        "case": row["case_ref"],
        "run": row["run"],
        "call": row["call"],
        "action": row["name"],
        "arguments": row["permitted"],
        "level": row["level"],
        "expires": row["expires"].isoformat(),
    }
    known = {**row, "contract": row["contract_version"]}
    return _permit(house, work, row["name"], outcome.arguments, row["call"], known, kind="effect", terms=digest(terms))


def _permit(
    house: House,
    work: Work,
    action: str,
    arguments: Mapping[str, Json],
    call: int | None,
    row: Mapping[str, Any],
    *,
    kind: str,
    terms: str,
) -> SignedPermit:
    run = work.run
    salt = new_salt()
    expires: datetime = row["expires"]
    return SignedPermit(
        id=row["permit"],
        kind="read" if kind == "read" else "effect",
        digest=terms,
        organisation=house.organisation,
        slice=run.slice,
        contract_version=row["contract"],
        fingerprint=run.fingerprint,
        agent=run.agent,
        case=run.case_ref,
        run=run.id,
        call=call,
        action=action,
        salt=salt,
        arguments=arguments_digest(salt, arguments),
        level=row["level"],
        expires=expires,
        audience=house.access.tokens().owners(run.slice, action, house.ledger.clock()),
    )


def _signed(house: House, work: Work, answer: Answer, permit: SignedPermit) -> Answer:
    if not permit.audience:
        raise ToolMissing(
            f"'{permit.action}' may happen, and no tool of '{work.desk.slice}' carries it out. Have an administrator "
            f"run `goldenthread token create --tool NAME --action {permit.action}`, then ask again."
        )
    return replace(answer, permit=house.sign(PERMIT_TYPE, permit.payload()), tools=permit.audience)


def _answer(outcome: Outcome) -> Answer:
    return Answer(
        verdict=_VERDICTS.get(outcome.state, Verdict.DENY),
        state=outcome.state,
        action=outcome.id,
        reason=outcome.reason,
        clause=outcome.clause,
        arguments=outcome.arguments,
        item=outcome.item,
        result=outcome.result if outcome.state == "done" else None,
    )


def _decided(decision: Decision, state: str, action: str, arguments: Mapping[str, Json]) -> Answer:
    return Answer(
        verdict=decision.verdict,
        state=state,
        action=action,
        reason=decision.reason,
        clause=decision.clause,
        arguments=arguments,
    )
