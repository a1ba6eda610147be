"""What the side that owns a tool does: consume a permit, say what came of it, report what was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from goldenthread.control.guard import consume, put_back, record_effect, record_failure
from goldenthread.control.guard.signed import Envelope, SignedPermit, is_proof, open_permit, read_permit, refused
from goldenthread.control.serving.access import Caller
from goldenthread.control.serving.house import House, Work, outcome_of
from goldenthread.control.serving.memory import SOME_TOOL, Flight, keep_step
from goldenthread.promise.errors import PermitRefused, ScopeRefused
from goldenthread.promise.values import Json, Verdict, canonical


def consume_permit(
    house: House, caller: Caller, permit_id: str, envelope: Envelope, proof: str, arguments: Mapping[str, Json]
) -> str:
    """
    Consume a permit for a tool, at once before it acts: atomic, once, and only while everything still stands.

    Args:
        envelope: The permit as signed here.
        proof: Made by the agent that it was given to.
        arguments: Those that the tool will act with.

    Returns:
        The id of the action, which is what `report_effect` is about.

    Raises:
        ScopeRefused: No tool's token, or the tool does not own the action.
        PermitRefused: Forged, altered, stolen, expired, used before, for other arguments, or the state has changed.
        StopInForce, StopUnconfirmed: It is stopped, or nobody can say that it isn't; the permit stays good.
        RunUnknown, RunClosed, ManifestMismatch: As `House.work`.
    """
    permit = _presented(house, caller, envelope, proof, arguments, kind="effect")
    if permit.id != permit_id:
        raise refused(permit_id, permit.action, "what was presented is another one")
    with house.work(permit.run) as work:
        row = _row(house, permit_id)
        _require_same(work, permit, row)
        consume(work.desk, work.run, outcome_of(row, dict(arguments)), work.memory.seen)
        work.memory.flights[row["id"]] = Flight(tool=caller.name, until=house.monotonic() + house.flight_s)
        work.memory.seen.before.add(permit.action)  # it may happen from here on
        return str(row["id"])


def report_effect(
    house: House,
    caller: Caller,
    permit_id: str,
    *,
    outcome: str,
    result: Json = None,
    failure: tuple[str, str] = ("", ""),
) -> str:
    """
    Take down what came of a consumed permit; saying the same again changes nothing.

    Args:
        outcome: 'done' with `result`; 'failed' with `failure`, the error's name and words; 'not begun'.

    Returns:
        What the action is now: 'done', 'failed', 'unknown' (a person was asked) or 'expired' (may be asked for anew).

    Raises:
        ScopeRefused: No tool's token, or it does not own the action.
        PermitRefused: The permit was not consumed, or something else is on record of it.
    """
    caller.require("tool")
    row = _row(house, permit_id)
    _require_owner(caller, row["slice"], row["name"])
    canonical(result)
    with house.work(row["run"], open_only=False) as work:
        row = _row(house, permit_id)
        if row["state"] == "done" and outcome == "done":
            _require_told_before(house, row, result)
            return "done"
        if row["state"] != "consumed":
            raise refused(permit_id, row["name"], f"nothing is to be reported of it (the action is '{row['state']}')")
        flight = work.memory.flights.get(row["id"])
        if flight is not None and flight.tool not in (caller.name, SOME_TOOL):
            raise refused(permit_id, row["name"], f"'{flight.tool}' consumed it, and says itself what came of it")
        _report(work, row, outcome, result, failure)
        work.memory.flights.pop(row["id"], None)
        return str(_row(house, permit_id)["state"])


def report_read(
    house: House,
    caller: Caller,
    run_id: str,
    envelope: Envelope,
    proof: str,
    arguments: Mapping[str, Json],
    result: Json,
) -> None:
    """
    Take down what a tool read for a run, before the agent gets it: later values may come from it.

    Decides again: what was stopped in the meantime is not handed out. A permit to read counts once, in the server
    process that gave it.

    Raises:
        ScopeRefused, PermitRefused, RunUnknown, RunClosed, ManifestMismatch: As `consume_permit`.
    """
    permit = _presented(house, caller, envelope, proof, arguments, kind="read")
    canonical(result)
    if permit.run != run_id:
        raise refused(permit.id, permit.action, "it was given to another run")
    with house.work(run_id) as work:
        if work.memory.reads.pop(permit.id, None) is None:
            raise refused(permit.id, permit.action, "it was used before, or the server began anew since")
        run, desk = work.run, work.desk
        facts = desk.facts(work.memory.seen, permit.action, arguments)
        decision = desk.decide(run.fingerprint, permit.action, arguments, replay=run.replay, facts=facts)
        if decision.verdict is not Verdict.ALLOW or not desk.is_silent_read(permit.action):
            raise refused(permit.id, permit.action, f"{decision.reason} (clause {decision.clause})")
        keep_step(desk, run.id, run.case_ref, "read", {"action": permit.action, "result": result})
        desk.saw(work.memory.seen, permit.action, result)


def _presented(
    house: House, caller: Caller, envelope: Envelope, proof: str, arguments: Mapping[str, Json], *, kind: str
) -> SignedPermit:
    caller.require("tool")
    keys = [house.public_key]
    action = read_permit(envelope, keys).action
    now = house.ledger.clock()
    permit = open_permit(envelope, keys, now=now, tool=caller.name, action=action, arguments=arguments)
    _require_owner(caller, permit.slice, permit.action)
    if permit.kind != kind or permit.organisation != house.organisation:
        raise refused(permit.id, permit.action, f"it is no permit for {'an effect' if kind == 'effect' else 'a read'}")
    if not any(is_proof(key, envelope, proof) for key in house.access.holders(permit.agent)):
        raise refused(permit.id, permit.action, f"whoever presents it does not prove to be agent '{permit.agent}'")
    return permit


def _require_owner(caller: Caller, slice_name: str, action: str) -> None:
    if not caller.token.owns(slice_name, action):
        raise ScopeRefused(
            f"The token of '{caller.name}' does not own '{action}' in '{slice_name}'. "
            "Nothing happened; have an administrator make one that does."
        )
    caller.require_slice(slice_name)


def _row(house: House, permit_id: str) -> dict[str, Any]:
    rows = house.rows("select * from action where permit = %s", permit_id)
    if not rows:
        raise PermitRefused(
            f"Permit {permit_id} is not on record. Nothing happened; have the agent ask the server for one."
        )
    return rows[0]


def _require_same(work: Work, permit: SignedPermit, row: Mapping[str, Any]) -> None:
    """What was signed must be what is on record; only the server's own key could make it differ."""
    signed = (permit.run, permit.call, permit.action, permit.level, permit.contract_version, permit.fingerprint)
    kept = (row["run"], row["call"], row["name"], row["level"], row["contract_version"], work.run.fingerprint)
    if signed != kept:
        raise refused(permit.id, permit.action, "what was signed is not what is on record")


def _require_told_before(house: House, row: Mapping[str, Any], result: Json) -> None:
    kept = house.ledger.open(row["result"]) if row["result"] else None
    if canonical(kept) != canonical(result):
        raise refused(row["permit"], row["name"], "another result of it is on record")


def _report(work: Work, row: dict[str, Any], outcome: str, result: Json, failure: tuple[str, str]) -> None:
    action = outcome_of(row)
    if outcome == "done":
        record_effect(work.desk, work.run, action, result)
        work.desk.saw(work.memory.seen, row["name"], result)
    elif outcome == "failed":
        kind = type(failure[0], (Exception,), {})
        record_failure(work.desk, work.run, action, kind(failure[1]))
    else:
        put_back(work.desk, work.run, action)
