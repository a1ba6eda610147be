"""Runs: one attempt of an agent at a case. Opening a case again resumes its open run."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from goldenthread.control.guard.delegation import Caller, cap_of, report_call, settle_call, take_call
from goldenthread.control.guard.desk import Desk, Writing
from goldenthread.control.guard.drift import keeping_refusal, require_tools
from goldenthread.control.guard.facts import Seen
from goldenthread.control.guard.fingerprint import Declaration
from goldenthread.control.guard.pieces import Rows
from goldenthread.control.guard.releases import ask_for_releases
from goldenthread.promise.contract import Contract
from goldenthread.promise.errors import DelegationRefused, SegmentUnknown
from goldenthread.promise.values import Json, Level, TrustMode
from goldenthread.record.metrics import Proposal, RunFacts, observe_run


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a process knows of the run it works on; `level` is the one that counts for this case now."""

    id: str
    slice: str
    case: str
    case_ref: str
    fingerprint: str
    agent: str
    level: Level
    source: str  # 'live' or 'replay'
    resumed: bool
    steps_before: int
    grounding: bool  # the contract asks for citations
    caller: Caller | None = None  # the run that called this one

    @property
    def replay(self) -> bool:
        """True for a case that people decided before."""
        return self.source == "replay"


@dataclass(frozen=True, kw_only=True)
class Step:
    """A decision or call inside a run."""

    kind: str  # 'retrieve', 'cite', 'propose', 'read', 'effect', 'decision', 'refuse', 'escalate', 'error'
    content: Json


def declare_agent(desk: Desk, declaration: Declaration) -> None:
    """
    Put the agent's fingerprint on record, and the mode it works in, if they are not the current ones already.

    Raises:
        ToolsDrifted: Its tools and the contract can't both be right; that is on record, and nothing starts.
    """
    with keeping_refusal(desk, declaration):
        require_tools(desk, desk.contract(), declaration)
    current = desk.standing().current
    if current is not None and (current.fingerprint, current.mode) == (declaration.fingerprint, desk.mode):
        return
    mode = {"mode": desk.mode.value} if desk.mode is TrustMode.ENFORCING else {}
    with desk.transaction() as writing:
        writing.contract()
        writing.append(
            "agent:fingerprint:declare",
            {"fingerprint": declaration.fingerprint, **declaration.record(), **mode},
            by=declaration.agent,
        )
        ask_for_releases(writing)


def open_run(
    desk: Desk,
    declaration: Declaration,
    case: str,
    given: Mapping[str, Json],
    segment: Mapping[str, str] | None = None,
    called_by: str | None = None,
    first: Step | None = None,
) -> Run:
    """
    Open a run on a case, or resume the one that is open.

    A run that another fingerprint left open ends as `superseded`: evidence and approvals do not pass from
    one fingerprint to another. `segment` says what kind of case it is, by the contract's `segments`; it counts
    from the run that is started. `called_by` is what `delegate` gave to the agent that called this one. `first` is a
    step that a started run has from the start, whatever dies then.

    Raises:
        SegmentUnknown: The contract names no such attribute or value.
        DelegationRefused: The agent was not called to do this, or another agent's call is open on the case.
        ToolsDrifted: A contract came into force that the agent's tools disagree with.
    """
    case_ref = desk.ledger.vault.ref(desk.slice, case)

    def opened(writing: Writing, found: Sequence[Rows]) -> Run:
        contract = writing.contract()
        require_tools(desk, contract, declaration)
        kind = _require_segment(contract, segment or {})
        recorded, open_now = found
        source = "replay" if recorded else "live"
        row = _resumed(writing, open_now, declaration.fingerprint)
        if row is None:
            caller = take_call(writing, called_by, declaration.agent) if called_by is not None else None
            row = _start(writing, case, case_ref, declaration, source, given, kind, caller)
            resumed = False
        else:
            resumed = True
            source = row["source"]
            caller = _caller_of(row, called_by)
        run = Run(
            id=row["id"],
            slice=desk.slice,
            case=case,
            case_ref=case_ref,
            fingerprint=declaration.fingerprint,
            agent=declaration.agent,
            level=writing.situation(declaration.fingerprint, replay=source == "replay").effective_level,
            source=source,
            resumed=resumed,
            steps_before=row["steps"],
            grounding=_asks_for_citations(contract),
            caller=caller,
        )
        if first is None or resumed:
            return run
        _keep_steps(writing, run, [], [first])
        return replace(run, steps_before=1)

    with keeping_refusal(desk, declaration):
        run = desk.together(
            opened, (_RECORDED, (desk.slice, case_ref)), (_OPEN, (desk.slice, case_ref)), about=case_ref
        )
    desk.allotted = desk.allotted or bool(run.caller is not None and run.caller.allotted)
    cap = cap_of(desk, run.caller, case_ref)
    return run if cap is None else replace(run, level=min(run.level, cap))


def waiting_cases(desk: Desk, fingerprint: str) -> list[str]:
    """Cases whose run under the fingerprint was left open, oldest first; those erased are left out."""
    with desk.transaction() as writing:
        rows = writing.rows(
            "select case_ref, input from run where slice = %s and fingerprint = %s and state in ('open', 'waiting')"
            " order by started_seq",
            desk.slice,
            fingerprint,
        )
        vault = desk.ledger.vault
        return [str(writing.content(row["input"])["case"]) for row in rows if not vault.is_erased(row["case_ref"])]


def pause_run(desk: Desk, run: Run, steps: Sequence[Step], agent_time_s: float, seen: Seen | None = None) -> None:
    """Leave a run open that waits for a person; `seen` is what it did and read, for the run that called it."""
    report_call(desk, run.caller, seen)

    def pause(writing: Writing, found: Sequence[Rows]) -> None:
        _keep_steps(writing, run, found[0], steps)
        writing.execute(
            "update run set state = 'waiting', agent_time_s = agent_time_s + %s where id = %s", agent_time_s, run.id
        )

    desk.together(pause, (_STEPS, (run.id,)), about=run.case_ref)


def end_run(
    desk: Desk, run: Run, status: str, steps: Sequence[Step], agent_time_s: float, seen: Seen | None = None
) -> None:
    """
    End a run: its steps, what it shows of the case, and the level changes that follow, in one transaction.

    Args:
        status: 'done', 'drafted', 'denied', 'escalated' or 'fault'; a fault is no observation of quality.
        agent_time_s: Seconds that the agent itself took since the run was opened or resumed.
        seen: What it did and read, for the run that called it.
    """
    report_call(desk, run.caller, seen)

    def end(writing: Writing, found: Sequence[Rows]) -> Mapping[str, Decimal] | None:
        before, ended, actions = found
        used: Mapping[str, Decimal] = {}
        if run.caller is not None and writing.spending is not None:
            used = writing.spending.used_by(run.id)
        if not ended:
            return None
        took_s = ended[0]["agent_time_s"] + agent_time_s
        now = desk.ledger.clock()
        kept = _keep_steps(writing, run, before, steps)
        writing.execute(_END, status, took_s, now, run.id)
        _doubt_begun(writing, [action for action in actions if action["state"] == "consumed"])
        writing.append(
            "run:end",
            {"run": run.id, "case": run.case_ref, "fingerprint": run.fingerprint, "status": status, "steps": kept},
            by=run.agent,
        )
        if status != "fault":
            facts = _facts(writing, run, status, {**ended[0], "agent_time_s": took_s}, actions)
            writing.observe(run.id, run.case_ref, run.fingerprint, observe_run(facts))
        return used

    reads = ((_STEPS, (run.id,)), (_TO_END, (run.id,)), (_ACTIONS, (run.id,)))
    used = desk.together(end, *reads, about=run.case_ref)
    if used is not None:
        settle_call(desk, run.caller, used)


def end_left_run(desk: Desk, case_ref: str, status: str) -> bool:
    """
    End the open run of a case, which nobody works on any more: 'superseded' with all that it asked, or 'fault'.

    Returns:
        Whether it was open.
    """
    with desk.transaction() as writing:
        open_now = "select * from run where slice = %s and case_ref = %s and state in ('open', 'waiting')"
        rows = writing.rows(open_now, desk.slice, case_ref)
        for row in rows:
            _end_left(writing, row, status)
    return bool(rows)


def escalate(desk: Desk, run: Run, reason: str) -> str | None:
    """
    Hand the case to a person. Returns the inbox item, or None where nobody waits for it (shadow, replay); the one
    that is open already, if the run handed the case over before.
    """
    with desk.transaction() as writing:
        earlier = writing.rows("select id from inbox where run = %s and kind = 'escalation' and state = 'open'", run.id)
        if earlier:
            return str(earlier[0]["id"])
        item = None
        visible = not run.replay and run.level >= Level.DRAFT
        content = writing.tx.keep(run.case_ref, {"reason": reason})
        if visible:
            item = ask_person(writing, run.id, run.case_ref, "escalation", content=content)
        writing.append(
            "run:escalate", {"run": run.id, "case": run.case_ref, "reason": content, "item": item}, by=run.agent
        )
        return item


def ask_person(
    writing: Writing,
    run: str,
    case_ref: str,
    kind: str,
    *,
    reason: str = "",
    action: str | None = None,
    content: str | None = None,
) -> str:
    """
    Put an item into the inbox: 'approval', 'blind question', 'escalation' or 'in-doubt effect'.

    `reason` is in the guard's words and stands in the clear; what an agent or a person wrote goes into `content`.
    """
    item = new_id()
    asked = writing.append(
        "approval:ask",
        {"item": item, "kind": kind, "run": run, "case": case_ref, "action": action, "content": content},
    )
    writing.execute(
        "insert into inbox (id, slice, kind, case_ref, run, action, reason, state, content, asked_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, 'open', %s, %s)",
        item,
        writing.desk.slice,
        kind,
        case_ref,
        run,
        action,
        reason,
        content,
        asked.at,
    )
    return item


def doubt_effect(writing: Writing, row: dict[str, Any], reason: str) -> None:
    """Whether an action's effect happened is unknown: say so, and ask a person to look."""
    row["item"] = ask_person(
        writing,
        row["run"],
        row["case_ref"],
        "in-doubt effect",
        reason=reason,
        action=row["id"],
        content=row["permitted"],
    )
    row["state"] = "unknown"
    writing.execute("update action set state = 'unknown', item = %s where id = %s", row["item"], row["id"])
    writing.append(
        "action:effect", {"decision": row["id"], "permit": row["permit"], "outcome": "unknown", "result": None}
    )


def new_id() -> str:
    """An unguessable id of 16 hex digits."""
    while True:
        try:
            return _IDS.pop()
        except IndexError:
            drawn = os.urandom(256 * 8).hex()  # many at once: each call of the system costs as much as a permit's terms
            _IDS.extend(drawn[start : start + 16] for start in range(0, len(drawn), 16))


_IDS: list[str] = []
os.register_at_fork(after_in_child=_IDS.clear)  # else two processes would give out the same


def _require_segment(contract: Contract, segment: Mapping[str, str]) -> Mapping[str, str]:
    """What kind of case it is, as the contract names kinds; others are refused, so that none goes uncounted."""
    declared = contract.autonomy.segments if contract.autonomy else {}
    for attribute, value in segment.items():
        if attribute not in declared:
            named = ", ".join(declared) or "no segments"
            raise SegmentUnknown(
                f"The contract '{contract.slice}' has no segment '{attribute}'; it names {named}. "
                "Leave it out, or commit a contract that declares it under `segments`."
            )
        if value not in declared[attribute]:
            raise SegmentUnknown(
                f"The contract '{contract.slice}' has no {attribute} '{value}'; "
                f"it names {', '.join(declared[attribute])}. Write one of these, or commit a contract that names it."
            )
    for attribute in declared:
        if attribute not in segment:
            raise SegmentUnknown(
                f"The case has no {attribute}, and the contract '{contract.slice}' judges each {attribute} apart. "
                f"Open the run with `segment={{'{attribute}': '{declared[attribute][0]}'}}`."
            )
    return segment


def _resumed(writing: Writing, rows: Rows, fingerprint: str) -> dict[str, Any] | None:
    if not rows:
        return None
    if rows[0]["fingerprint"] == fingerprint:
        writing.execute("update run set state = 'open' where id = %s", rows[0]["id"])
        return rows[0]
    _supersede(writing, rows[0])
    return None


def _caller_of(row: Mapping[str, Any], called_by: str | None) -> Caller | None:
    """Who called an open run; it can't be taken over by another call, nor by nobody's."""
    caller = Caller.of_record(json.loads(row["caller"])) if row["caller"] else None
    if called_by is not None and (caller is None or caller.delegation != called_by):
        raise DelegationRefused(
            f"The case is open in run {row['id']}, which this call did not open. "
            "End that run first, or call for another case."
        )
    return caller


def _doubt_unfinished(writing: Writing, run: str) -> None:
    """An effect that was begun in a run that ends without its outcome on record."""
    _doubt_begun(writing, writing.rows("select * from action where run = %s and state = 'consumed'", run))


def _doubt_begun(writing: Writing, rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        doubt_effect(writing, row, "The run ended between permit and record; whether the effect happened is unknown")


def _supersede(writing: Writing, row: dict[str, Any]) -> None:
    _end_left(writing, row, "superseded")


def _end_left(writing: Writing, row: dict[str, Any], status: str) -> None:
    now: datetime = writing.desk.ledger.clock()
    _doubt_unfinished(writing, row["id"])
    writing.execute("update run set state = %s, ended_at = %s where id = %s", status, now, row["id"])
    if status == "superseded":
        writing.execute(
            "update inbox set state = 'superseded', answered_at = %s where run = %s and state = 'open'"
            " and kind <> 'in-doubt effect'",
            now,
            row["id"],
        )
    writing.append(
        "run:end",
        {"run": row["id"], "case": row["case_ref"], "fingerprint": row["fingerprint"], "status": status, "steps": []},
    )


def _start(
    writing: Writing,
    case: str,
    case_ref: str,
    declaration: Declaration,
    source: str,
    given: Mapping[str, Json],
    segment: Mapping[str, str],
    caller: Caller | None,
) -> dict[str, Any]:
    version = writing.standing.in_force or writing.standing.latest
    assert version is not None
    run = new_id()
    content = writing.tx.keep(case_ref, {"case": case, "input": dict(given)})
    level = writing.situation(declaration.fingerprint, replay=source == "replay").effective_level
    record = writing.append(
        "run:start",
        {
            "run": run,
            "case": case_ref,
            "fingerprint": declaration.fingerprint,
            "contract_version": version.contract.version,
            "level": level.value,
            "source": source,
            "input": content,
            **({"segment": dict(segment)} if segment else {}),
            **({"caller": caller.record()} if caller is not None else {}),
        },
        by=declaration.agent,
    )
    writing.execute(
        _START,
        writing.desk.slice,
        case_ref,
        run,
        writing.desk.slice,
        case_ref,
        declaration.fingerprint,
        version.contract.version,
        level.value,
        source,
        content,
        record.seq,
        writing.desk.ledger.clock(),
        json.dumps(caller.record()) if caller is not None else None,
    )
    if caller is not None:
        writing.execute("update delegation set called = %s where id = %s", run, caller.delegation)
    return {"id": run, "source": source, "steps": 0}


def _keep_steps(writing: Writing, run: Run, before: Rows, steps: Sequence[Step]) -> Json:
    """Store the steps and return the digests of all of them, those of earlier processes included."""
    kept = [writing.tx.keep(run.case_ref, {"kind": step.kind, "content": step.content}) for step in steps]
    if steps:
        ordinals = list(range(run.steps_before, run.steps_before + len(steps)))
        now = writing.desk.ledger.clock()
        writing.execute(_KEEP_STEPS, run.id, now, ordinals, [step.kind for step in steps], kept)
        writing.execute("update run set steps = %s where id = %s", run.steps_before + len(steps), run.id)
    return [*(row["content"] for row in before), *kept]


def _facts(
    writing: Writing, run: Run, status: str, ended: Mapping[str, Any], actions: Sequence[dict[str, Any]]
) -> RunFacts:
    proposal = None
    grounded: bool | None = None
    if actions and status != "escalated":
        first = actions[0]
        # What it was to be done with is compared with what people decided before, and with nothing else.
        arguments = writing.content(first["arguments"]) if run.replay else {}
        proposal = Proposal(action=first["name"], arguments=arguments)
        grounded = first["grounded"]
    return RunFacts(
        proposal=proposal,
        recorded=_recorded(writing, run) if run.replay else None,
        blind_asked=ended["blind"],
        escalated=status == "escalated",
        grounded=grounded,
        agent_time_s=ended["agent_time_s"],
        violation=any(action["clause"] == "actions" and action["verdict"] == "deny" for action in actions),
        live=not run.replay and run.level > Level.SHADOW,
    )


_START = """
with before as (
    select id, nth from run where slice = %s and case_ref = %s order by nth desc limit 1
), told as (
    update run set followed = true from before where run.id = before.id
)
insert into run (
    id, slice, case_ref, fingerprint, contract_version, level, source, state, input, started_seq, started_at, caller,
    nth
)
select %s, %s, %s, %s, %s, %s, %s, 'open', %s, %s, %s, %s, 1 + coalesce((select nth from before), 0)
"""
_KEEP_STEPS = """
insert into step (run, ordinal, kind, content, at)
select %s, new.ordinal, new.kind, new.content, %s
from unnest(%s::integer[], %s::text[], %s::text[]) as new (ordinal, kind, content)
"""
_RECORDED = "select 1 as one from recorded_decision where slice = %s and case_ref = %s"
_OPEN = "select * from run where slice = %s and case_ref = %s and state in ('open', 'waiting')"
_STEPS = "select content from step where run = %s order by ordinal"
_ACTIONS = "select * from action where run = %s order by call, seq"
# An answer that is there already is on record as an observation; only an open question is still to come.
_TO_END = """
select agent_time_s, exists (
    select 1 from inbox i where i.run = run.id and i.kind = 'blind question' and i.state = 'open'
) as blind
from run where id = %s and state in ('open', 'waiting')
"""
_END = "update run set state = %s, agent_time_s = %s, ended_at = %s where id = %s"


def _recorded(writing: Writing, run: Run) -> Proposal:
    """What people decided on a replayed case before; of a live run none is blind, whatever came on record since."""
    rows = writing.rows(
        "select decision from recorded_decision where slice = %s and case_ref = %s", run.slice, run.case_ref
    )
    value = writing.content(rows[0]["decision"])
    return Proposal(action=value["action"], arguments=value["arguments"])


def _asks_for_citations(contract: Contract) -> bool:
    grounding = contract.technique.grounding if contract.technique else None
    return grounding is not None and "citations required" in grounding
