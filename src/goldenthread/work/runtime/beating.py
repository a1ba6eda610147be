"""
Who works is on record, by the database's clock; what a dead worker had under way, any living one adopts.

A worker is dead when its last beat is old, and is the same one still at a second look: a database that was away, or a
clock that jumped, makes every beat old at once, and the living beat again before that look.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from goldenthread.record.store import Store
from goldenthread.work.runtime import engine as dbos

if TYPE_CHECKING:
    from dbos import DBOSClient, WorkflowStatus

BEAT_S = 1.0
OLD_S = 5.0
SECOND_LOOK_S = 2.5


class Beating:
    """
    One worker's beats, and its look at those of others.

    Args:
        store: The home's.
        worker: This one's id.
        slices: What it works on.
        lease_backend: The database process that holds its leases, asked at each beat.
        fingerprint: Of the agent that works here.
    """

    def __init__(
        self, store: Store, worker: str, slices: Sequence[str], lease_backend: Callable[[], int], fingerprint: str
    ) -> None:
        self._store = store
        self._worker = worker
        self._slices = list(slices)
        self._lease_backend = lease_backend
        self._fingerprint = fingerprint
        self._suspects: dict[str, tuple[Any, float]] = {}
        self._idle: dict[str, float] = {}

    def beat(self) -> None:
        """Say that this worker lives."""
        with self._store.session() as connection:
            whoami = (self._worker, socket.gethostname(), os.getpid(), self._slices, self._fingerprint)
            connection.execute(_BEAT, (*whoami, self._lease_backend()))

    def gone(self) -> None:
        """This worker ends in order: nobody needs to look for it."""
        with self._store.session() as connection:
            connection.execute("delete from worker where id = %s", (self._worker,))

    def dead(self) -> list[str]:
        """Workers that were found old twice, without a beat in between."""
        with self._store.session() as connection:
            rows = connection.execute(_OLD, (self._worker, OLD_S, OLD_S)).fetchall()
        now = time.monotonic()
        known = self._suspects
        self._suspects = {
            worker: known[worker] if worker in known and known[worker][0] == beat else (beat, now)
            for worker, beat in rows
        }
        return [worker for worker, (_, since) in self._suspects.items() if now - since >= SECOND_LOOK_S]

    def missed(self, pending: Sequence[WorkflowStatus]) -> int:
        """
        Give a place in the list to whoever has turns under way and is not in it; how many there were.

        A worker that ended with a turn in its hands, or died just after it was adopted, would be looked for by nobody.
        One that lives beats at once; of any other the place is old from the start.

        Args:
            pending: Turns that are under way somewhere, see `under_way`.
        """
        owners = sorted({turn.executor_id for turn in pending if turn.executor_id})
        if not owners:
            return 0
        with self._store.session() as connection:
            return connection.execute(_MISSED, (owners,)).rowcount

    def never_begun(self, pending: Sequence[WorkflowStatus], begun: Collection[str]) -> list[WorkflowStatus]:
        """
        Turns that stand as this worker's and are not, at two looks: nobody else would ever look for them.

        The database gave them to it, and the answer was lost with the connection.

        Args:
            pending: As for `missed`.
            begun: Ids of the turns that this process is at.
        """
        now = time.monotonic()
        idle = [turn for turn in pending if turn.executor_id == self._worker and turn.workflow_id not in begun]
        self._idle = {turn.workflow_id: self._idle.get(turn.workflow_id, now) for turn in idle}
        return [turn for turn in idle if now - self._idle[turn.workflow_id] >= SECOND_LOOK_S]

    def adopt(self, client: DBOSClient, worker: str) -> int:
        """
        Put what a dead worker had under way on the queue again, and end its leases; how many turns.

        One at a time does it: the dead one's row is locked until all of it is done.
        """
        with self._store.transaction() as connection:
            locked = "select lease_backend from worker where id = %s for update skip locked"
            row = connection.execute(locked, (worker,)).fetchone()
            if row is None:
                return 0
            self._end_session(row[0])
            turns = under_way(client, worker)
            put_back(client, turns)
            connection.execute("delete from worker where id = %s", (worker,))
            for slice_queue in {turn.queue_name for turn in turns if turn.queue_name}:
                word = f"queued {slice_queue.removeprefix(dbos.queue_name(''))}"
                connection.execute("select pg_notify('goldenthread_work', %s)", (word,))
        return len(turns)

    def _end_session(self, backend: int | None) -> None:
        """A worker that only stands still holds its leases until its session ends."""
        if backend is None:
            return
        with self._store.connect_as_owner() as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where pid = %s"
                " and datname = current_database() and usename = current_user and pid <> pg_backend_pid()",
                (backend,),
            )


def under_way(client: DBOSClient, worker: str | None = None) -> list[WorkflowStatus]:
    """Turns that a worker took off the queue and that have not ended; of one worker, or of all."""
    return client.list_workflows(executor_id=worker, status="PENDING", load_input=False, load_output=False)


def put_back(client: DBOSClient, turns: Sequence[WorkflowStatus]) -> None:
    """Put turns on their queues again, for whoever is free."""
    for turn in turns:
        client.resume_workflow(turn.workflow_id, queue_name=turn.queue_name)


_BEAT = """
insert into worker (id, host, pid, slices, fingerprint, lease_backend) values (%s, %s, %s, %s, %s, %s)
on conflict (id) do update set beat_at = clock_timestamp(), lease_backend = excluded.lease_backend
"""
_MISSED = """
insert into worker (id, host, pid, slices, beat_at)
select owner, '', 0, '{}', now() - interval '1 hour' from unnest(%s::text[]) as owner on conflict do nothing
"""
_OLD = """
select id, beat_at from worker where id <> %s
    and (beat_at < now() - make_interval(secs => %s) or beat_at > now() + make_interval(secs => %s))
"""
