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
ANOTHERS_PAUSE_S = 1.0


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
    """What a worker does to turns; `fingerprint` is its agent's."""

    submissions: Submissions
    worker: str
    fingerprint: str = ""

    def take(self, submission: str, number: int) -> Turn | None:
        """
        Take a turn; from now on whoever had it before writes nothing.

        Returns:
            None if that turn is over, or was left to a worker with the version of the agent that began the run.

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
        turn = Turn(
            submission=submission,
            number=number,
            slice=row["slice"],
            handed=self.submissions.handed(row),
            tries=row["tries"],
            hold=Hold(submission=submission, token=row["token"]),
        )
        if row["run"] is not None and self._is_anothers(row["run"], turn.slice):
            self.end(turn, Ending(state="again", pause_s=ANOTHERS_PAUSE_S))
            return None
        return turn

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

    def _is_anothers(self, run: str, slice_name: str) -> bool:
        """Whether another version of the agent began the run, and lives: here people would be asked anew."""
        with self.submissions.ledger.store.session() as connection:
            given = (run, self.fingerprint, slice_name)
            return connection.execute(_ANOTHERS, given, prepare=True).fetchone() is not None

    def _wait(self, turn: Turn, ending: Ending) -> str:
        with self.submissions.transaction() as connection:
            run, held = ending.run, (turn.submission, turn.hold.token)
            rows = rows_of(connection, _WAIT, run, run, turn.submission, run, *held)
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
returning slice, case_ref, digest, sealed, tries, token, run
"""
_ANOTHERS = """
select 1 from run r join worker w on w.fingerprint = r.fingerprint
where r.id = %s and r.state in ('open', 'waiting') and r.fingerprint <> %s and %s = any(w.slices)
    and w.beat_at > now() - interval '10 seconds' limit 1
"""
_END = """
update submission set state = %s, problem = %s, worker = null, changed_at = now(), ended_at = now(),
    token = token + 1
"""
_END_HELD = """
update submission set token = token + 1, state = %s, problem = %s, run = coalesce(%s, run),
    worker = null, changed_at = now(), ended_at = now() where id = %s and token = %s and state = 'working'
"""
# An answer that came while the turn was under way is no news to it: then the next one follows at once. Of a run that it
# began, in place of one of another version, it knew none.
_WAIT = """
with closed as (select count(*) filter (where state <> 'open') as n from inbox where run = %s),
    known as (select case when run = %s then answers else 0 end as n from submission where id = %s)
update submission set token = token + 1, run = %s, worker = null, changed_at = now(), tries = 0, problem = null,
    answers = known.n, state = case when closed.n > known.n then 'queued' else 'waiting' end,
    turn = turn + case when closed.n > known.n then 1 else 0 end
from closed, known where id = %s and token = %s and state = 'working'
returning id, slice, turn, state, priority
"""
_AGAIN = """
update submission set token = token + 1, state = %s, run = coalesce(%s, run), problem = %s, tries = %s, worker = null,
    turn = turn + 1, due_at = now() + make_interval(secs => %s), changed_at = now()
where id = %s and token = %s and state = 'working'
returning id, slice, turn, state, priority
"""
