"""What a run did before this process: which call is which when it goes on, and what it has seen."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from goldenthread.control.guard.desk import Desk
from goldenthread.control.guard.facts import Seen, redacted
from goldenthread.control.guard.remembering import recall_seen
from goldenthread.control.guard.runs import Run
from goldenthread.promise.values import Json, Verdict

_WAITED = ("asked", "permitted")
_OPEN = ("permitted", "asked", "rejected", "failed", "unknown", "consumed")


@dataclass(kw_only=True)
class Known:
    """
    A call that is on record; `taken` says that this process has asked for it (again), `waited` that a person was asked
    about it and nothing was done yet.
    """

    call: int
    action: str
    arguments: str  # digest
    pending: bool  # not done yet: a person may have answered meanwhile
    waited: bool = False
    taken: bool = False


@dataclass(kw_only=True)
class Calls:
    """
    The ordinals of a run's calls in one process.

    A run that is resumed may begin again from its first call, or where it stopped: a framework that keeps the
    conversation calls only the tool that waited. So a call that was asked for before, with the same arguments, keeps
    its ordinal; any other is the next after the last. An agent that was changed since may do something else before what
    a person was asked about: that keeps its ordinal, too, and so the answer its worth. Thread-safe.
    """

    desk: Desk
    run: Run
    known: list[Known] = field(default_factory=list)
    last: int = -1
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, action: str, arguments: Mapping[str, Json]) -> int:
        """The ordinal of a call."""
        with self._lock:
            found = self._find(action, arguments)
            if found is None:
                self.last += 1
                while self._is_anothers(self.last, action):
                    self.last += 1
                return self.last
            found.taken = True
            self.last = max(self.last, found.call)
            return found.call

    def give_back(self, call: int, action: str, arguments: Mapping[str, Json]) -> None:
        """A call that only waits, or was only proposed: asked for again in this process, it is the same call."""
        with self._lock:
            known = next((one for one in self.known if one.call == call and one.action == action), None)
            if known is None:
                known = Known(call=call, action=action, arguments=self._digest(action, arguments), pending=True)
                self.known.append(known)
            known.taken = False

    def _find(self, action: str, arguments: Mapping[str, Json]) -> Known | None:
        free = [one for one in self.known if not one.taken and one.action == action]
        if not free:
            return None
        wanted = self._digest(action, arguments)
        for one in free:
            # What was done before the place where the run goes on is not called again; the same once more is new.
            if one.arguments == wanted and (one.pending or one.call > self.last):
                return one
        return None

    def _is_anothers(self, call: int, action: str) -> bool:
        """Whether a person was asked about another action under that ordinal, and that is still to come."""
        return any(one.call == call and one.waited and not one.taken and one.action != action for one in self.known)

    def _digest(self, action: str, arguments: Mapping[str, Json]) -> str:
        kept = redacted(self.desk.contract(), action, arguments)
        return self.desk.ledger.vault.digest(self.run.case_ref, dict(kept))


def recall(desk: Desk, run: Run, seen: Seen) -> Calls:
    """
    The calls of a run, and into `seen` what it read and did before, as far as that is on record.

    What a read gave back is not on record: until it is read again, values out of it stand in no trusted source.
    """
    calls = Calls(desk=desk, run=run)
    if not run.resumed:
        return calls
    recall_seen(desk, run, seen)
    with desk.transaction() as writing:
        rows = writing.rows(
            "select call, name, arguments, state, verdict, result from action where run = %s and state <> 'expired'"
            " order by call, seq",
            run.id,
        )
        done = [row for row in rows if row["state"] == "done"]
        # Of an effect that a person said had happened there is no result.
        results = [(row["name"], writing.tx.open(row["result"]) if row["result"] else None) for row in done]
    calls.known = [
        Known(
            call=row["call"],
            action=row["name"],
            arguments=row["arguments"],
            pending=row["state"] in _OPEN,
            waited=row["verdict"] == Verdict.ASK.value and row["state"] in _WAITED,
        )
        for row in rows
    ]
    for name, result in results:
        desk.saw(seen, name, result)
    return calls
