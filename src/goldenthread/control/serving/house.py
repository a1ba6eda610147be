"""The house: what a server of the guard keeps in one process, and the runs it works for others."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from goldenthread.control.guard import Authorizer, Desk, Outcome, Run, record_failure
from goldenthread.control.guard import Caller as GuardCaller
from goldenthread.control.guard.delegation import cap_of
from goldenthread.control.guard.signed import SignPermit
from goldenthread.control.serving.access import Access, Caller, Hold
from goldenthread.control.serving.memory import Memory, recall
from goldenthread.promise.contract import Contract
from goldenthread.promise.errors import LedgerError, ManifestMismatch, RunClosed, RunUnknown
from goldenthread.promise.values import Json, TrustMode, Verdict
from goldenthread.record.ledger import Ledger
from goldenthread.record.principals import load_principals

FLIGHT_S = 120.0
"""How long, in seconds, a tool may take between consuming a permit and saying what came of it."""

_MOST_MEMORIES = 10_000


@dataclass(frozen=True, kw_only=True)
class Work:
    """A run that somebody may work on now, with its desk and what is remembered of it; the memory's lock is held."""

    run: Run
    state: str
    desk: Desk
    memory: Memory


class House:
    """
    Everything that one server process keeps.

    Args:
        ledger: Whose guard this is.
        sign: Signs permits, with the server's own key.
        public_key: What verifies them, 64 hex digits.
        flight_s: Seconds after which an effect that was begun and not reported is in doubt.
        monotonic: Seconds.

    Raises:
        ServerRunning: Another server holds this home.
    """

    def __init__(
        self,
        ledger: Ledger,
        sign: SignPermit,
        public_key: str,
        *,
        flight_s: float = FLIGHT_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ledger = ledger
        self.sign = sign
        self.public_key = public_key
        self.flight_s = flight_s
        self.monotonic = monotonic
        self.access = Access(ledger, monotonic)
        self.hold = Hold(ledger, monotonic)
        self.hold.confirm()
        self.organisation = load_principals(ledger).organisation
        self._lock = threading.Lock()
        self._desks: dict[str, tuple[Desk, Authorizer]] = {}
        self._memories: dict[str, Memory] = {}
        self._adopted = False

    def desk(self, slice_name: str) -> Desk:
        """
        The desk of a slice that has a contract.

        Raises:
            ContractNotFound: It has none; no chain is begun for a name that somebody made up.
        """
        return self._at(slice_name)[0]

    def authorizer(self, slice_name: str) -> Authorizer:
        """What makes permits durable there, for many at once."""
        return self._at(slice_name)[1]

    @contextmanager
    def work(self, run_id: str, caller: Caller | None = None, *, open_only: bool = True) -> Iterator[Work]:
        """
        Work on a run, alone.

        Args:
            caller: The agent whose run it must be; None for a tool, whose permit says so.
            open_only: Refuse a run that has ended or waits, or whose agent's tools are others by now. What came of an
                effect is taken in of any run.

        Raises:
            RunUnknown: There is none, or it is another agent's: that is not told apart.
            RunClosed: It has ended, or waits to be opened again.
            ScopeRefused: The agent's token no longer reaches the slice.
            ManifestMismatch: Its tools are others than those that the agent was declared with.
            CaseErased, ContentMissing: What it has seen is gone, so nothing can be judged any more.
        """
        row = self._row(run_id)
        desk = self.desk(row["slice"])
        run = self._run(desk, row, caller, going_on=open_only)
        memory = self._memory(desk, run)
        with memory.lock:
            state = self._row(run_id)["state"]
            if open_only and state != "open":
                raise RunClosed(
                    f"Run {run_id} is {state}. Open the case again to go on, if it waits; else that begins another run."
                )
            yield Work(run=run, state=state, desk=desk, memory=memory)

    def forget(self, run_id: str) -> None:
        """A run has ended: nothing more is asked of it."""
        with self._lock:
            self._memories.pop(run_id, None)

    def remember(self, run_id: str, memory: Memory) -> None:
        """Keep what is remembered of a run; the oldest at rest makes place, and is recalled when it is asked for."""
        with self._lock:
            self._memories[run_id] = memory
            if len(self._memories) > _MOST_MEMORIES:
                rest = (id for id, one in self._memories.items() if not one.flights and id != run_id)
                oldest = next(rest, None)
                if oldest is not None:
                    del self._memories[oldest]

    def land(self) -> int:
        """
        Settle what was begun and never reported; how many. Called now and then, and for a run before it goes on.

        What an earlier server process let begin has the same time from when this one first looked.
        """
        if not self._adopted:
            self._adopt()
            self._adopted = True
        with self._lock:
            overdue = [id for id, one in self._memories.items() if one.overdue(self.monotonic())]
        landed = 0
        for run_id in overdue:
            try:
                with self.work(run_id, open_only=False) as work:
                    landed += self.land_of(work)
            except LedgerError:  # the case was erased: nothing can be added to it, and nobody can be asked about it
                self.forget(run_id)
        return landed

    def land_of(self, work: Work) -> int:
        """The same for one run, which the caller holds."""
        overdue = work.memory.overdue(self.monotonic())
        for action in overdue:
            flight = work.memory.flights[action]
            rows = self.rows("select * from action where id = %s and state = 'consumed'", action)
            if rows:
                late = TimeoutError(f"'{flight.tool}' has not said within {self.flight_s:g} s what came of it")
                record_failure(work.desk, work.run, outcome_of(rows[0]), late)
            work.memory.flights.pop(action)  # only now: while the database is away, it stays to be settled
        return len(overdue)

    def require_tools(self, slice_name: str, declared: Json) -> None:
        """
        Raises:
            ManifestMismatch: The tools of the slice are not those that a fingerprint was declared with.
        """
        seen = self.access.toolbox().seen(slice_name)
        if declared != seen:
            raise ManifestMismatch(
                f"The tools of '{slice_name}' have changed since this agent was declared with them; they are "
                f"{', '.join(seen) or 'none'} now, or take other arguments. Declare the agent again: it is another one."
            )

    def rows(self, sql: str, *parameters: object) -> list[dict[str, Any]]:
        """Rows of a query, outside any transaction."""
        with self.ledger.store.session() as connection:
            cursor = connection.execute(sql.encode(), parameters)
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def close(self) -> None:
        """Let another server have the home."""
        self.hold.release()

    def _at(self, slice_name: str) -> tuple[Desk, Authorizer]:
        with self._lock:
            known = self._desks.get(slice_name)
        if known is None:
            desk = Desk(self.ledger, slice_name, TrustMode.ENFORCING)
            desk.contract()
            with self._lock:
                known = self._desks.setdefault(slice_name, (desk, Authorizer(desk)))
        return known

    def _row(self, run_id: str) -> dict[str, Any]:
        rows = self.rows(
            "select r.* from run r where r.id = %s and exists"
            " (select 1 from step s where s.run = r.id and s.ordinal = 0 and s.kind = 'opened')",
            run_id,
        )
        if not rows:
            raise _no_run(run_id)
        return rows[0]

    def _run(self, desk: Desk, row: dict[str, Any], caller: Caller | None, *, going_on: bool) -> Run:
        standing = desk.standing()
        agent = standing.agents[row["fingerprint"]]
        version = standing.in_force or standing.latest
        assert version is not None  # there is no run without a contract
        if caller is not None:
            if agent.agent != caller.name:
                raise _no_run(row["id"])
            caller.require_slice(desk.slice)
        if going_on:
            self.require_tools(desk.slice, agent.declaration["tools"])
        content = self.ledger.open(row["input"])
        assert isinstance(content, dict)
        replay = row["source"] == "replay"
        called = GuardCaller.of_record(json.loads(row["caller"])) if row["caller"] else None
        situation = desk.situation(row["fingerprint"], replay=replay, cap=cap_of(desk, called, row["case_ref"]))
        return Run(
            id=row["id"],
            slice=desk.slice,
            case=str(content["case"]),
            case_ref=row["case_ref"],
            fingerprint=row["fingerprint"],
            agent=agent.agent,
            level=situation.effective_level,
            source=row["source"],
            resumed=True,
            steps_before=row["steps"],
            grounding=cites(version.contract),
            caller=called,
        )

    def _memory(self, desk: Desk, run: Run) -> Memory:
        with self._lock:
            known = self._memories.get(run.id)
        if known is None:
            memory = recall(self, desk, run)
            with self._lock:
                known = self._memories.setdefault(run.id, memory)
        return known

    def _adopt(self) -> None:
        """What an earlier process of this server let begin, and did not hear of."""
        begun = self.rows(
            "select a.id, a.run from action a join step s on s.run = a.run and s.ordinal = 0 and s.kind = 'opened'"
            " where a.state = 'consumed'"
        )
        for row in begun:
            with suppress(LedgerError), self.work(row["run"], open_only=False):
                pass  # recalled, with what is in flight


def outcome_of(row: dict[str, Any], arguments: dict[str, Json] | None = None) -> Outcome:
    """An action on record as the guard's answer."""
    return Outcome(
        state=row["state"],
        id=row["id"],
        verdict=Verdict(row["verdict"]),
        reason=row["reason"],
        clause=row["clause"],
        arguments=arguments or {},
        permit=row["permit"],
        item=row["item"],
    )


def cites(contract: Contract) -> bool:
    """Whether the contract asks for citations."""
    technique = contract.technique
    return technique is not None and technique.grounding is not None and "citations required" in technique.grounding


def _no_run(run_id: str) -> RunUnknown:
    return RunUnknown(f"No run '{run_id}' that this token may work on. Open the case to begin or resume one.")
