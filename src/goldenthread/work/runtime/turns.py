"""A turn: one execution of the agent's function. Whoever took it last holds it; nobody else writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from goldenthread.promise.errors import TurnLost
from goldenthread.work.runtime.submissions import Handed, Submissions, rows_of

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 300.0


@dataclass(frozen=True, kw_only=True)
class Hold:
    """The right to write for a turn: it is held while nobody took the turn after."""

    submission: str
    token: int

    @property
    def question(self) -> tuple[str, tuple[object, ...]]:
        """A query that finds a row while the turn is held, and locks that until the transaction ends."""
        held = "select 1 as held from submission where id = %s and token = %s for share"
        return held, (self.submission, self.token)

    def require(self, connection: Connection) -> None:
        """
        Make sure that the turn is held until the transaction ends.

        Raises:
            TurnLost: Another worker took it, its time was over, or it was cancelled.
        """
        held, given = self.question
        if connection.execute(held.encode(), given, prepare=True).fetchone() is None:
            raise self.lost()

    def lost(self) -> TurnLost:
        """The error of somebody who no longer holds it."""
        return TurnLost(
            f"The durable run {self.submission} goes on elsewhere, or was cancelled, so this turn writes nothing more. "
            "End the function; nothing is lost."
        )


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A turn that this worker holds. `tries` counts the faults before it."""

    submission: str
    number: int
    slice: str
    handed: Handed
    tries: int
    hold: Hold


@dataclass(frozen=True, kw_only=True)
class Ending:
    """
    How a turn ended.

    `state` is 'done', 'drafted', 'denied', 'escalated' or 'fault' for the run's end; 'waiting' for a person; 'again'
    for another turn after `pause_s`.
    """

    state: str
    run: str | None = None
    problem: str | None = None
    pause_s: float = 0.0
    fault: bool = False  # 'again' after a fault of the agent: it counts as a try


@dataclass(kw_only=True)
class Turns:
    """What a worker does to turns."""

    submissions: Submissions
    worker: str

    def take(self, submission: str, number: int) -> Turn | None:
        """
        Take a turn; from now on whoever had it before writes nothing.

        Returns:
            None if that turn is over.

        Raises:
            CaseErased: The case was erased.
        """
        with self.submissions.ledger.store.session() as connection:
            cursor = connection.execute(_TAKE, (self.worker, submission, number), prepare=True)
            found = cursor.fetchone()
            names = [column.name for column in cursor.description or ()]
        if found is None:
            return None
        row = dict(zip(names, found, strict=True))
        return Turn(
            submission=submission,
            number=number,
            slice=row["slice"],
            handed=self.submissions.handed(row),
            tries=row["tries"],
            hold=Hold(submission=submission, token=row["token"]),
        )

    def erased(self, submission: str) -> None:
        """The case was erased: there is nothing to work on."""
        with self.submissions.transaction() as connection:
            rows_of(connection, f"{_END} where id = %s", "cancelled", "case-erased", submission)

    def end(self, turn: Turn, ending: Ending) -> str:
        """
        Put on record how a turn ended; what comes next is on the queue in the same transaction.

        Returns:
            The submission's state now; 'lost' where somebody else holds it, and nothing changed.
        """
        if ending.state == "waiting":
            return self._wait(turn, ending)
        if ending.state == "again":
            return self._again(turn, ending)
        with self.submissions.ledger.store.session() as connection:
            done = connection.execute(
                _END_HELD,
                (ending.state, ending.problem, ending.run, turn.submission, turn.hold.token),
                prepare=True,
            )
        return ending.state if done.rowcount else "lost"

    def close(self, turn: Turn, ending: Ending) -> None:
        """End what was put aside after this turn, unless somebody took it since."""
        with self.submissions.transaction() as connection:
            aside = "where id = %s and turn = %s and state = 'delayed'"
            rows_of(connection, f"{_END} {aside}", ending.state, ending.problem, turn.submission, turn.number + 1)

    def _wait(self, turn: Turn, ending: Ending) -> str:
        with self.submissions.transaction() as connection:
            rows = rows_of(connection, _WAIT, ending.run, ending.run, turn.submission, turn.hold.token)
            if rows and rows[0]["state"] == "queued":
                self._enqueue(connection, rows[0])
        return str(rows[0]["state"]) if rows else "lost"

    def _again(self, turn: Turn, ending: Ending) -> str:
        with self.submissions.transaction() as connection:
            tries = turn.tries + 1 if ending.fault else turn.tries
            rows = rows_of(
                connection,
                _AGAIN,
                "delayed" if ending.pause_s > 0 else "queued",
                ending.run,
                ending.problem,
                tries,
                ending.pause_s,
                turn.submission,
                turn.hold.token,
            )
            if rows and rows[0]["state"] == "queued":
                self._enqueue(connection, rows[0])
        return str(rows[0]["state"]) if rows else "lost"

    def _enqueue(self, connection: Any, row: Mapping[str, Any]) -> None:
        self.submissions.enqueue(connection, row["slice"], row["id"], row["turn"], row["priority"])


def pause_s(tries: int) -> float:
    """Seconds before the next turn after `tries` faults: doubled each time, up to a limit."""
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(tries - 1, 30))


_TAKE = """
update submission set token = token + 1, state = 'working', worker = %s, changed_at = now(),
    answers = (select count(*) filter (where i.state <> 'open') from inbox i where i.run = submission.run)
where id = %s and turn = %s and state in ('queued', 'working')
returning slice, case_ref, digest, sealed, tries, token
"""
_END = """
update submission set state = %s, problem = %s, worker = null, changed_at = now(), ended_at = now(),
    token = token + 1
"""
_END_HELD = """
update submission set token = token + 1, state = %s, problem = %s, run = coalesce(%s, run),
    worker = null, changed_at = now(), ended_at = now() where id = %s and token = %s and state = 'working'
"""
# An answer that came while the turn was under way is no news to it: then the next one follows at once.
_WAIT = """
with closed as (select count(*) filter (where state <> 'open') as n from inbox where run = %s)
update submission set token = token + 1, run = %s, worker = null, changed_at = now(), tries = 0, problem = null,
    state = case when closed.n > answers then 'queued' else 'waiting' end,
    turn = turn + case when closed.n > answers then 1 else 0 end
from closed where id = %s and token = %s and state = 'working'
returning id, slice, turn, state, priority
"""
_AGAIN = """
update submission set token = token + 1, state = %s, run = coalesce(%s, run), problem = %s, tries = %s, worker = null,
    turn = turn + 1, due_at = now() + make_interval(secs => %s), changed_at = now()
where id = %s and token = %s and state = 'working'
returning id, slice, turn, state, priority
"""
