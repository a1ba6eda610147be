"""What agents do beside acting, and how a task comes to them: declare, open a case, hand it over, end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from goldenthread.control.autonomy import Qualification
from goldenthread.control.guard import (
    Declaration,
    Desk,
    Run,
    Step,
    declare_agent,
    end_run,
    escalate,
    open_run,
    pause_run,
)
from goldenthread.control.serving.access import Caller
from goldenthread.control.serving.house import House, Work
from goldenthread.control.serving.memory import begin
from goldenthread.promise.errors import ManifestMismatch, RunBusy
from goldenthread.promise.values import Effect, Json, Level

Status = Literal["done", "drafted", "denied", "fault"]
"""How an agent says that its run ended; a hand-over says it by itself."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """
    A run to work on. `trusted` says that whoever gives tasks opened it: what the case says is a trusted source.
    `reads` are the actions that need no permit of record.
    """

    run: Run
    given: Mapping[str, Json]
    trusted: bool
    reads: tuple[str, ...]


def declare_served(
    house: House, caller: Caller, slice_name: str, manifest: Mapping[str, Json]
) -> tuple[Declaration, Level]:
    """
    Put an agent's fingerprint on record: its manifest, and the tools that the server knows of in the slice.

    The server does not see the agent's code: what the manifest says of it stands in the fingerprint as said.

    Raises:
        ScopeRefused: No agent's token, or not for this slice.
        ManifestMismatch: It names other tools than there are.
        ContractNotFound: The slice has no contract.
        NotCanonical: The manifest is no JSON.
    """
    caller.require("agent")
    caller.require_slice(slice_name)
    desk = house.desk(slice_name)
    tools = house.access.toolbox().seen(slice_name)
    named = manifest.get("tools")
    names = sorted(map(str, named)) if isinstance(named, list | dict) else [str(named)]
    if named is not None and names != sorted(tools):
        raise ManifestMismatch(
            f"Agent '{caller.name}' declares the tools {', '.join(names) or 'none'}, but the tools of '{slice_name}' "
            f"are {', '.join(sorted(tools)) or 'none'}. Declare what there is, or leave `tools` out."
        )
    code = str(manifest.get("code", "not seen"))
    declaration = Declaration(agent=caller.name, manifest=dict(manifest), tools=tools, code=code)
    declare_agent(desk, declaration)
    return declaration, desk.standing().level(declaration.fingerprint)


def open_case(
    house: House,
    caller: Caller,
    slice_name: str,
    case: str,
    *,
    fingerprint: str,
    given: Mapping[str, Json],
    segment: Mapping[str, str],
) -> Opened:
    """
    Open a run on a case as the agent itself, or resume its open one; what the agent says of the case is not trusted.

    Raises:
        ScopeRefused, ContractNotFound: As `declare_served`.
        ManifestMismatch: The fingerprint is not declared by this agent, or its tools have changed.
        RunBusy: The case is open for another agent, or for a process that holds the ledger itself.
        SegmentUnknown, CaseErased: As `open_run`.
    """
    caller.require("agent")
    caller.require_slice(slice_name)
    desk = house.desk(slice_name)
    agent = desk.standing().agents.get(fingerprint)
    if agent is None or agent.agent != caller.name:
        raise ManifestMismatch(
            f"The fingerprint {fingerprint[:23]} is not one that '{caller.name}' declared in '{slice_name}'. "
            "Declare the agent first."
        )
    _require_own(house, desk, case, caller.name)
    return _open(house, desk, agent, case, given, segment, task="")


def give_task(
    house: House,
    caller: Caller,
    slice_name: str,
    case: str,
    *,
    agent: str,
    given: Mapping[str, Json],
    segment: Mapping[str, str],
) -> Opened:
    """
    Open a run for an agent, by whoever gives tasks: what the case says is a trusted source of that run.

    Raises:
        ScopeRefused, ContractNotFound, SegmentUnknown, CaseErased: As `open_case`.
        ManifestMismatch: The agent has not declared itself in the slice, or its tools have changed.
        RunBusy: The agent opened the case first, with words of its own.
    """
    caller.require("task")
    caller.require_slice(slice_name)
    desk = house.desk(slice_name)
    own = (one for one in desk.standing().agents.values() if one.agent == agent)
    latest = max(own, key=lambda one: one.seq, default=None)
    if latest is None:
        raise ManifestMismatch(
            f"Agent '{agent}' has not declared itself in '{slice_name}'. Start it once, then give it the task."
        )
    opened = _open(house, desk, latest, case, given, segment, task=caller.name)
    if not opened.trusted:
        raise RunBusy(
            f"Agent '{agent}' opened case '{case}' of '{slice_name}' before, with words of its own. "
            "Have it end that run, then give the task."
        )
    return opened


def escalate_case(house: House, caller: Caller, run_id: str, reason: str) -> str | None:
    """Hand a case to a person, and end the run; the inbox item, or None where nobody waits for it."""
    caller.require("agent")
    with house.work(run_id, caller) as work:
        _require_landed(house, work)
        item = escalate(work.desk, work.run, reason)
        end_run(work.desk, work.run, "escalated", [], house.monotonic() - work.memory.began)
        house.forget(run_id)
        return item


def pause(house: House, caller: Caller, run_id: str) -> bool:
    """Leave a run open that waits for a person; False, and nothing done, if it waits for nobody."""
    caller.require("agent")
    with house.work(run_id, caller) as work:
        return _pause(house, work)


def end(house: House, caller: Caller, run_id: str, status: Status) -> str:
    """
    End a run; if a person still has something of it to answer, it waits instead.

    Returns:
        What it is now: the status, or 'waiting'.

    Raises:
        RunBusy: A tool is at work for it.
        RunUnknown, RunClosed: As `House.work`.
    """
    caller.require("agent")
    with house.work(run_id, caller) as work:
        _require_landed(house, work)
        if _pause(house, work):
            return "waiting"
        end_run(work.desk, work.run, status, [], house.monotonic() - work.memory.began)
        house.forget(run_id)
        return status


def _open(
    house: House,
    desk: Desk,
    agent: Qualification,
    case: str,
    given: Mapping[str, Json],
    segment: Mapping[str, str],
    *,
    task: str,
) -> Opened:
    data = agent.declaration
    house.require_tools(desk.slice, data["tools"])
    declaration = Declaration(agent=data["agent"], manifest=data["manifest"], tools=data["tools"], code=data["code"])
    # Whose task it is stands in the record with the run itself: a server that dies leaves no run that nobody can open.
    first = Step(kind="opened", content={"task": task, "given": dict(given)})
    run = open_run(desk, declaration, case, given, segment, first=first)
    if not run.resumed:
        house.remember(run.id, begin(given, task, house.monotonic()))
    elif not house.rows("select 1 from step where run = %s and ordinal = 0 and kind = 'opened'", run.id):
        raise RunBusy(
            f"Case '{case}' of '{desk.slice}' has an open run of a process that holds the ledger itself. "
            "End that run there, then open the case here."
        )
    with house.work(run.id) as work:
        if run.resumed:
            work.memory.began = house.monotonic()
        content = house.ledger.open(house.rows("select input from run where id = %s", run.id)[0]["input"])
        assert isinstance(content, dict)
        assert isinstance(content["input"], dict)
        reads = (name for name, one in desk.contract().actions.items() if one.effect is Effect.READ and not one.egress)
        return Opened(run=run, given=content["input"], trusted=bool(work.memory.by), reads=tuple(reads))


def _require_own(house: House, desk: Desk, case: str, agent: str) -> None:
    """An agent that opened another one's case would end that one's run, and what was asked of people in it."""
    rows = house.rows(
        "select fingerprint from run where slice = %s and case_ref = %s and state in ('open', 'waiting')",
        desk.slice,
        house.ledger.vault.ref(desk.slice, case),
    )
    agents = desk.standing().agents
    if rows and agents[rows[0]["fingerprint"]].agent != agent:
        raise RunBusy(
            f"Case '{case}' of '{desk.slice}' is open for another agent. Wait until that run has ended, or have "
            "whoever gives tasks give it to this one."
        )


def _pause(house: House, work: Work) -> bool:
    asked = house.rows(
        "select 1 from inbox where run = %s and state = 'open' and kind in ('approval', 'in-doubt effect') limit 1",
        work.run.id,
    )
    if asked:
        pause_run(work.desk, work.run, [], house.monotonic() - work.memory.began)
    return bool(asked)


def _require_landed(house: House, work: Work) -> None:
    house.land_of(work)
    if work.memory.flights:
        raise RunBusy(
            f"A tool is at work for run {work.run.id}, and has not said yet what came of it. Try again when it has."
        )
