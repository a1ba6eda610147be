"""What becomes due: answered runs go on, pauses end, and what a lost process left half done is put right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from goldenthread.work.runtime import engine as dbos
from goldenthread.work.runtime.submissions import Submissions, rows_of

_MOST = 500
_GOING = ("ENQUEUED", "DELAYED", "PENDING")


class Waking:
    """
    Idempotent, and harmless when every worker does it: a turn is put on the queue by whoever raises its number.

    Args:
        submissions: Of the home.
        stopped: slice -> whether a stop reaches it now; asked only for runs that wait for nobody's answer.
    """

    def __init__(self, submissions: Submissions, stopped: Callable[[str], bool]) -> None:
        self._submissions = submissions
        self._stopped = stopped

    def answered(self, run: str | None = None) -> int:
        """Runs that wait and were answered; of one run, or of all. How many go on."""
        return self._advance(_ANSWERED, run, run, _MOST)

    def due(self) -> int:
        """Runs whose pause is over, by the database's clock. How many go on."""
        return self._advance(_DUE, _MOST)

    def let_go(self) -> int:
        """Runs that wait, though no question of theirs is open: what stopped them was lifted. How many go on."""
        with self._submissions.transaction() as connection:
            rows = rows_of(connection, _ASK_NOBODY, _MOST)
        free = [row["id"] for row in rows if not self._stopped(row["slice"])]
        return self._advance(_LET_GO, free) if free else 0

    def stuck(self) -> int:
        """Runs whose turn stands on no queue, since a process died between two steps of ours. How many go on."""
        with self._submissions.transaction() as connection:
            rows = rows_of(connection, _QUIET, _MOST)
        if not rows:
            return 0
        ids = {dbos.turn_id(row["id"], row["turn"]): row for row in rows}
        found = self._submissions.client.list_workflows(workflow_ids=list(ids), load_input=False, load_output=False)
        for workflow in found:
            if workflow.status in _GOING:
                ids.pop(workflow.workflow_id, None)
        return sum(self._advance(_NEXT, row["id"], row["turn"]) for row in ids.values())

    def _advance(self, sql: str, *parameters: object) -> int:
        with self._submissions.transaction() as connection:
            rows = rows_of(connection, sql, *parameters)
            for row in rows:
                self._enqueue(connection, row)
        return len(rows)

    def _enqueue(self, connection: Any, row: dict[str, Any]) -> None:
        self._submissions.enqueue(connection, row["slice"], row["id"], row["turn"], row["priority"])


_ANSWERED = """
update submission set state = 'queued', turn = turn + 1, worker = null, changed_at = now() where id in (
    select id from submission s where s.state = 'waiting' and (%s::text is null or s.run = %s)
        and (select count(*) filter (where i.state <> 'open') from inbox i where i.run = s.run) > s.answers
    order by changed_at limit %s
) and state = 'waiting' returning id, slice, turn, priority
"""
_DUE = """
update submission set state = 'queued', worker = null, changed_at = now() where id in (
    select id from submission where state = 'delayed' and due_at <= now() order by due_at limit %s
) and state = 'delayed' returning id, slice, turn, priority
"""
# A look at each run's own items: as `not exists`, a database without fresh statistics compares all runs with all items.
_ASK_NOBODY = """
select id, slice from submission s where state = 'waiting' and changed_at < now() - interval '3 seconds'
    and (select count(*) filter (where i.state = 'open') from inbox i where i.run = s.run) = 0
order by changed_at limit %s
"""
_LET_GO = """
update submission set state = 'queued', turn = turn + 1, worker = null, changed_at = now()
where id = any(%s) and state = 'waiting' returning id, slice, turn, priority
"""
_QUIET = """
select id, slice, turn from submission where state in ('queued', 'working')
    and changed_at < now() - interval '5 seconds' order by changed_at limit %s
"""
_NEXT = """
update submission set state = 'queued', turn = turn + 1, worker = null, changed_at = now()
where id = %s and turn = %s and state in ('queued', 'working') returning id, slice, turn, priority
"""
