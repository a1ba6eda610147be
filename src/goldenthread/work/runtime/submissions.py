"""Cases that were handed to workers: each is one durable run, a chain of turns."""

from __future__ import annotations

import builtins
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from goldenthread.promise.errors import CaseErased, SubmissionEnded, SubmissionUnknown, ValueProblem
from goldenthread.promise.values import Json
from goldenthread.record.ledger import Ledger
from goldenthread.record.ledger.vault import Sealed
from goldenthread.work.runtime import engine as dbos

if TYPE_CHECKING:
    from sqlalchemy import Connection

OPEN = ("delayed", "queued", "working", "waiting")
"""States of a run that goes on; every other says how it ended."""
CHANNEL = "goldenthread_work"
HIGHEST_PRIORITY = 1000
_POOL = 8


@dataclass(frozen=True, kw_only=True)
class Submission:
    """
    A case that was handed to workers.

    `state` is 'delayed', 'queued', 'working' or 'waiting' (for a person), or how it ended: 'done', 'drafted',
    'denied', 'escalated', 'fault' or 'cancelled'. `turn` counts the turns, `tries` the faults since the last turn that
    had none; `problem` is the kind of the last fault. `case` is None once the case was erased.
    """

    id: str
    slice: str
    case: str | None
    case_ref: str
    state: str
    turn: int
    tries: int
    run: str | None
    worker: str | None
    problem: str | None
    submitted_at: datetime
    due_at: datetime
    ended_at: datetime | None

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self.state in OPEN


@dataclass(frozen=True, kw_only=True)
class Handed:
    """What a submission says: the case, what it was given, and what kind of case it is."""

    case: str
    given: Mapping[str, Json] = field(default_factory=dict)
    segment: Mapping[str, str] = field(default_factory=dict)


class Submissions:
    """
    The durable runs of one home, from any process. Close it when done.

    Raises:
        StoreUnavailable: DBOS's tables are missing, and this database user may not make them.
    """

    def __init__(self, ledger: Ledger) -> None:
        dbos.prepare(ledger.store)
        self.ledger = ledger
        self.engine = dbos.engine_of(ledger.store, _POOL)
        self.client = dbos.client_of(self.engine)

    def submit(self, slice_name: str, handed: Handed, *, at: datetime | None = None, priority: int = 0) -> Submission:
        """
        Hand a case to the workers of a slice. The same case again, while its run goes on, is that run.

        Args:
            at: Not before; aware. By the database's clock.
            priority: 0 goes first, then 1, and so on.

        Raises:
            ValueProblem: A time without a zone, or a priority outside 0 to 1000.
            CaseErased, NotCanonical: The case was erased; what it was given is no JSON.
        """
        _require(at, priority)
        with self.transaction() as connection:
            return self.submit_in(connection, slice_name, handed, at=at, priority=priority)

    def submit_in(
        self,
        connection: Connection,
        slice_name: str,
        handed: Handed,
        *,
        at: datetime | None = None,
        priority: int = 0,
    ) -> Submission:
        """As `submit`, in the caller's transaction."""
        case_ref = self.ledger.vault.ref(slice_name, handed.case)
        content: Json = {"case": handed.case, "given": dict(handed.given), "segment": dict(handed.segment)}
        sealed = self.ledger.vault.seal(case_ref, content)
        while True:
            made = self._insert(connection, slice_name, sealed, at, priority)
            if made is not None:
                if made["state"] == "queued":
                    self.enqueue(connection, slice_name, made["id"], 1, priority)
                return self._read(made)
            open_now = _rows(connection, _OPEN_CASE, slice_name, case_ref, list(OPEN))
            if open_now:
                return self._read(open_now[0])

    def enqueue(self, connection: Connection, slice_name: str, submission: str, turn: int, priority: int = 0) -> None:
        """Put a turn on its slice's queue, in the caller's transaction; harmless when it is there."""
        self.client.enqueue_in_transaction(
            connection,
            {
                "workflow_name": dbos.TURN,
                "queue_name": dbos.queue_name(slice_name),
                "workflow_id": dbos.turn_id(submission, turn),
                "app_version": dbos.VERSION,
                "priority": priority + 1,
            },
            submission,
            turn,
        )
        notify(connection, f"queued {slice_name}")

    def find(self, submission: str) -> Submission:
        """
        A durable run by its id, or the first letters of it.

        Raises:
            SubmissionUnknown: None, or several.
        """
        with self.transaction() as connection:
            found = _rows(connection, f"{_SELECT} where starts_with(id, %s) limit 2", submission)
        if len(found) != 1 or not submission:
            what = "Several durable runs begin with" if len(found) > 1 else "There is no durable run"
            raise SubmissionUnknown(f"{what} '{submission}'. See `goldenthread run list`.")
        return self._read(found[0])

    def list(
        self, slice_name: str | None = None, *, states: Sequence[str] | None = OPEN, limit: int = 100
    ) -> builtins.list[Submission]:
        """Durable runs in these states (None: in any), newest first."""
        chosen = list(states) if states is not None else None
        with self.transaction() as connection:
            rows = _rows(connection, _LIST, slice_name, slice_name, chosen, chosen, limit)
        return [self._read(row) for row in rows]

    def is_open(self, slice_name: str, case_ref: str) -> bool:
        """Whether a durable run of that case goes on."""
        with self.transaction() as connection:
            return bool(_rows(connection, _OPEN_CASE, slice_name, case_ref, list(OPEN)))

    def counts(self, slice_name: str | None = None) -> dict[str, int]:
        """How many there are in each state."""
        query = "select state, count(*) as n from submission where %s::text is null or slice = %s group by state"
        with self.transaction() as connection:
            return {row["state"]: row["n"] for row in _rows(connection, query, slice_name, slice_name)}

    def workers(self, slice_name: str | None = None) -> builtins.list[str]:
        """Who works on a slice, or on any, and gave a sign of life lately: `host pid id`."""
        with self.transaction() as connection:
            return [row["name"] for row in _rows(connection, _WORKERS, slice_name, slice_name)]

    def cancel(self, submission: str) -> Submission:
        """
        End a durable run: nothing more of it is begun, and a turn under way can write nothing more.

        Its run in the guard, with what it asked people, is ended by whoever calls this (see `surfaces`).

        Raises:
            SubmissionUnknown: There is none.
            SubmissionEnded: It ended before.
        """
        known = self.find(submission)
        with self.transaction() as connection:
            rows = _rows(connection, _CANCEL, known.id, list(OPEN))
            notify(connection, f"cancelled {known.id}")
        if not rows:
            raise SubmissionEnded(
                f"The durable run {known.id} ended before ({known.state}). See `goldenthread run list --all`."
            )
        self.client.cancel_workflow(dbos.turn_id(known.id, rows[0]["turn"]))
        return self._read(rows[0])

    def handed(self, row: Mapping[str, Any]) -> Handed:
        """
        What a row of the table holds.

        Raises:
            CaseErased: The case was erased.
        """
        sealed = Sealed(digest=row["digest"], case_ref=row["case_ref"], sealed=bytes(row["sealed"]))
        content = json.loads(self.ledger.vault.unseal(sealed))
        return Handed(case=content["case"], given=content["given"], segment=content["segment"])

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that can also enqueue."""
        with self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give the sessions back."""
        self.client.destroy()
        self.engine.dispose()

    def _insert(
        self, connection: Connection, slice_name: str, sealed: Sealed, at: datetime | None, priority: int
    ) -> dict[str, Any] | None:
        rows = _rows(
            connection,
            _INSERT,
            secrets.token_hex(8),
            slice_name,
            sealed.case_ref,
            sealed.digest,
            sealed.sealed,
            at,
            priority,
            at,
        )
        return rows[0] if rows else None

    def _read(self, row: Mapping[str, Any]) -> Submission:
        try:
            case = self.handed(row).case
        except CaseErased:
            case = None
        fields = ("id", "slice", "case_ref", "state", "turn", "tries", "run", "worker", "problem")
        times = ("submitted_at", "due_at", "ended_at")
        return Submission(case=case, **{name: row[name] for name in (*fields, *times)})


_SELECT = "select * from submission"
_LIST = """
select * from submission where (%s::text is null or slice = %s) and (%s::text[] is null or state = any(%s))
order by submitted_at desc, id limit %s
"""
_WORKERS = """
select host || ' ' || pid || ' ' || id as name from worker
where (%s::text is null or %s = any(slices)) and beat_at > now() - interval '10 seconds' order by 1
"""
_OPEN_CASE = "select * from submission where slice = %s and case_ref = %s and state = any(%s)"
_INSERT = """
insert into submission (id, slice, case_ref, digest, sealed, state, priority, due_at)
values (%s, %s, %s, %s, %s, case when %s::timestamptz > now() then 'delayed' else 'queued' end, %s,
    coalesce(%s::timestamptz, now()))
on conflict (slice, case_ref) where state in ('delayed', 'queued', 'working', 'waiting') do nothing
returning *
"""
_CANCEL = """
update submission set state = 'cancelled', token = token + 1, worker = null, changed_at = now(), ended_at = now()
where id = %s and state = any(%s) returning *
"""


def notify(connection: Connection, word: str) -> None:
    """Tell every worker, once the transaction stands."""
    connection.exec_driver_sql("select pg_notify(%s, %s)", (CHANNEL, word))


def rows_of(connection: Connection, sql: str, *parameters: object) -> list[dict[str, Any]]:
    """Rows of a query, as dictionaries."""
    return _rows(connection, sql, *parameters)


def _rows(connection: Connection, sql: str, *parameters: object) -> list[dict[str, Any]]:
    found = connection.exec_driver_sql(sql, cast(Any, tuple(parameters)))
    return [dict(row) for row in found.mappings().all()] if found.returns_rows else []


def _require(at: datetime | None, priority: int) -> None:
    if at is not None and at.tzinfo is None:
        raise ValueProblem(f"The time {at.isoformat()} has no zone. Pass one that has, such as UTC.")
    if not 0 <= priority <= HIGHEST_PRIORITY:
        raise ValueProblem(f"The priority {priority} is none; 0 goes first and {HIGHEST_PRIORITY} last. Pass such one.")
