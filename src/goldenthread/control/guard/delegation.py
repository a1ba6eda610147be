"""
Agents that call agents: who may call whom, how deep, and with how much of what the caller has.

A run that was called carries its chain: it never has a higher level than the run that called it has now, spends only
what was allotted to it, and what either of them did or read counts for the other's rules.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from goldenthread.control.guard.desk import Desk, Writing
from goldenthread.control.guard.facts import Seen
from goldenthread.control.guard.remembering import remember_seen, seen_along
from goldenthread.control.spending import of_record, to_record
from goldenthread.promise.errors import BudgetSpent, DelegationRefused
from goldenthread.promise.values import Level
from goldenthread.record.ledger import ORGANISATION

if TYPE_CHECKING:
    from goldenthread.control.guard.runs import Run

DELEGATION_LIFE = timedelta(days=7)
"""How long a call of another agent may go unanswered before what was allotted to it is the caller's again."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """
    How a run came to be called: `chain` are the runs above it, the first caller first, as `slice/run`.

    `depth` is how many calls deep it may go on; `allotted` is what it may use up in all, of what was limited above;
    from `expires` on that is the caller's again, and the called run has no effect any more.
    """

    delegation: str
    slice: str
    run: str
    depth: int
    chain: tuple[str, ...]
    allotted: Mapping[str, Decimal]
    before: tuple[str, ...]
    injected: tuple[str, ...]
    expires: datetime | None = None

    def record(self) -> dict[str, Any]:
        """As a ledger record and the table of runs hold it."""
        return {
            "delegation": self.delegation,
            "slice": self.slice,
            "run": self.run,
            "depth": self.depth,
            "chain": list(self.chain),
            "allotted": to_record(self.allotted),
            "before": list(self.before),
            "injected": list(self.injected),
            **({"expires": self.expires.isoformat()} if self.expires is not None else {}),
        }

    def is_over(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires is not None and now >= self.expires

    @classmethod
    def of_record(cls, data: Mapping[str, Any]) -> Caller:
        """The caller that `record` wrote."""
        return cls(
            delegation=data["delegation"],
            slice=data["slice"],
            run=data["run"],
            depth=data["depth"],
            chain=tuple(data["chain"]),
            allotted=of_record(data["allotted"]),
            before=tuple(data["before"]),
            injected=tuple(data["injected"]),
            expires=datetime.fromisoformat(data["expires"]) if data.get("expires") else None,
        )


def delegate(
    desk: Desk, run: Run, seen: Seen, agent: str, slice_name: str, allot: Mapping[str, Decimal] | None = None
) -> str:
    """
    Call another agent: leave for one run of it in one slice, under this one.

    Args:
        desk: The calling run's.
        run: The run that calls.
        seen: What it did and read so far.
        agent: Who is called, as the contract's `technique.calls.agents` names it.
        slice_name: The slice it works in.
        allot: What it may use up, of what a budget of this run limits (`calls`, `tokens`, `EUR`); None: all that is
            left. It is held until the called run has ended.

    Returns:
        The id to open the called run with; whoever has it can open that one run, as that agent, in that slice.

    Raises:
        DelegationRefused: The contract doesn't name that agent, nobody committed a contract for that slice, or the
            chain is as deep as it may be.
        BudgetSpent: More is to be allotted than is left.
    """
    from goldenthread.control.guard.runs import new_id

    _require_slice(desk, agent, slice_name)
    seen_along(desk, run, seen)
    with desk.transaction() as writing:
        contract = writing.contract()
        allowed = contract.technique.calls_agents if contract.technique else ()
        depth = contract.technique.calls_depth if contract.technique else 0
        if run.caller is not None:
            depth = min(depth, run.caller.depth)
        _require_callable(contract.slice, agent, allowed, depth)
        delegation = new_id() + new_id()
        expires = desk.ledger.clock() + DELEGATION_LIFE
        allotted = _allot(writing, run, delegation, allot, expires)
        caller = Caller(
            delegation=delegation,
            slice=run.slice,
            run=run.id,
            depth=depth - 1,
            chain=(*(run.caller.chain if run.caller else ()), f"{run.slice}/{run.id}"),
            allotted=allotted,
            before=tuple(sorted(seen.before)),
            injected=tuple(sorted(seen.injected)),
            expires=expires,
        )
        record = {**caller.record(), "to": {"agent": agent, "slice": slice_name}, "case": run.case_ref}
        writing.append("run:call", record, by=run.agent)
        writing.execute(
            "insert into delegation (id, slice, run, to_agent, to_slice, caller) values (%s, %s, %s, %s, %s, %s)",
            delegation,
            run.slice,
            run.id,
            agent,
            slice_name,
            json.dumps(caller.record()),
        )
        seen.calls.add(delegation)
    remember_seen(desk, run, seen)  # what is called may ask for what this run does from here on
    return delegation


def take_call(writing: Writing, delegation: str, agent: str) -> Caller:
    """
    Leave that was given, taken by the run that it was given for; once.

    Raises:
        DelegationRefused: Nobody gave it, it was given to another agent or slice, it was used, or the caller ended.
    """
    rows = writing.rows(
        "select d.*, r.state as run_state from delegation d join run r on r.id = d.run where d.id = %s for update of d",
        delegation,
    )
    slice_name = writing.desk.slice
    if not rows or (rows[0]["to_agent"], rows[0]["to_slice"]) != (agent, slice_name):
        raise DelegationRefused(
            f"Agent '{agent}' was not called to work in '{slice_name}' by what it shows. "
            "Open the run with the id that the caller's `run.call(...)` gave for this agent and slice."
        )
    if rows[0]["called"] is not None:
        raise DelegationRefused(
            f"What agent '{agent}' shows was used by run {rows[0]['called']} already. Have the caller call again."
        )
    if rows[0]["run_state"] not in ("open", "waiting"):
        raise DelegationRefused(
            f"The run that called agent '{agent}' has ended ({rows[0]['run_state']}), and its leave with it. "
            "Have the caller call again in a run that is open."
        )
    caller = Caller.of_record(json.loads(rows[0]["caller"]))
    if caller.is_over(writing.desk.ledger.clock()):
        raise DelegationRefused(
            f"What agent '{agent}' shows was given too long ago, and what was allotted with it is the caller's again. "
            "Have the caller call again."
        )
    return caller


def cap_of(desk: Desk, caller: Caller | None, case_ref: str) -> Level | None:
    """
    The highest level that a run may have now: the least of the runs above it; None if nothing caps it.

    A case that is held out stays with people, so that its runs have shadow.

    A caller that has ended or is stopped leaves it shadow, and so does time that is over.
    """
    if desk.held_out(case_ref):
        return Level.SHADOW
    if caller is None:
        return None
    if caller.is_over(desk.ledger.clock()):
        return Level.SHADOW
    above = desk.beside(caller.slice)
    rows = above.read_rows("select fingerprint, source, state, caller, case_ref from run where id = %s", caller.run)
    if not rows or rows[0]["state"] not in ("open", "waiting"):
        return Level.SHADOW
    row, standing, everywhere = rows[0], above.standing(), above.everywhere()
    if any(stop.tool is None for stop in standing.reached_by(everywhere.in_force)):
        return Level.SHADOW
    higher = cap_of(above, Caller.of_record(json.loads(row["caller"])) if row["caller"] else None, row["case_ref"])
    return above.situation(row["fingerprint"], replay=row["source"] == "replay", cap=higher).effective_level


def report_call(desk: Desk, caller: Caller | None, seen: Seen | None) -> None:
    """Leave with the caller what a called run did so far, so that the caller's rules know of it."""
    if caller is None or seen is None:
        return
    done = {"before": sorted(seen.before), "injected": sorted(seen.injected)}
    with desk.beside(caller.slice).transaction() as writing:
        writing.execute("update delegation set before = %s where id = %s", json.dumps(done), caller.delegation)


def settle_call(desk: Desk, caller: Caller | None, used: Mapping[str, Decimal]) -> None:
    """A called run has ended: what it didn't use of what was allotted to it is the caller's again."""
    if caller is None or not caller.allotted:
        return
    above = desk.beside(caller.slice)
    with above.transaction() as writing:
        if writing.spending is not None and writing.spending.holds(caller.delegation) is not None:
            amounts = {name: used.get(name, Decimal(0)) for name in caller.allotted}
            record = {"reservation": caller.delegation, "run": caller.run, "amounts": to_record(amounts)}
            writing.append("budget:settle", record)


def _require_slice(desk: Desk, agent: str, slice_name: str) -> None:
    """The called run is opened in this home, so a slice that it doesn't have could never use what is allotted."""
    known = slice_name != ORGANISATION and slice_name in desk.ledger.chains()
    if not known or desk.beside(slice_name).standing().latest is None:
        raise DelegationRefused(
            f"Agent '{agent}' cannot be called to work in '{slice_name}': this home has no contract of that name. "
            "Name a slice of `goldenthread contract list`, or sign a contract for it."
        )


def _require_callable(slice_name: str, agent: str, allowed: tuple[str, ...], depth: int) -> None:
    if agent not in allowed:
        raise DelegationRefused(
            f"The contract '{slice_name}' lets its agent call {', '.join(allowed) or 'nobody'}, and not '{agent}'. "
            "Name the agent under `technique.calls.agents`, and sign that version."
        )
    if depth < 1:
        raise DelegationRefused(
            f"The chain of calls is as deep as it may be, and '{agent}' would go deeper. "
            "Do the work in this run, or raise `technique.calls.depth` of every contract along the chain."
        )


def _allot(
    writing: Writing, run: Run, delegation: str, allot: Mapping[str, Decimal] | None, expires: datetime
) -> Mapping[str, Decimal]:
    """Hold back what the called run may use up."""
    if writing.spending is None:
        return dict(allot or {})
    now = writing.desk.ledger.clock()
    left = writing.spending.left(writing.contract(), run.id, now, run.caller.allotted if run.caller else {})
    allotted = {**left, **allot} if allot is not None else left
    more = [name for name, amount in allotted.items() if name in left and amount > left[name]]
    if more:
        raise BudgetSpent(
            f"{allotted[more[0]]:f} {more[0]} were to be allotted, and {left[more[0]]:f} are left to this run. "
            "Allot at most that."
        )
    if allotted:
        record = {
            "reservation": delegation,
            "run": run.id,
            "amounts": to_record(allotted),
            "expires": expires.isoformat(),
        }
        writing.append("budget:reserve", record, by=run.agent)
    return allotted
