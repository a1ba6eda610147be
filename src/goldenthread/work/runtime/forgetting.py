"""Turns that ended long ago are forgotten: DBOS keeps a row of each for good, and nobody asks for it any more."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from goldenthread.promise.errors import WorkerInvalid
from goldenthread.work.runtime import engine as dbos
from goldenthread.work.runtime.submissions import OPEN, Submissions, rows_of

if TYPE_CHECKING:
    from dbos import WorkflowStatus

KEPT_DAYS = 7
MOST_AT_ONCE = 500
"""Turns that are forgotten in one go; the next tick goes on."""

_LOOK_EVERY_S = 3600.0
_LONGEST_DAYS = 3650
_ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]


def kept_for() -> timedelta:
    """
    How long turns are kept after they ended, by the environment.

    Raises:
        WorkerInvalid: It says no whole number of days from 1 to 3650.
    """
    said = os.environ.get("GOLDENTHREAD_KEEP_TURNS_DAYS", "").strip() or str(KEPT_DAYS)
    if not (said.isascii() and said.isdigit() and 1 <= int(said) <= _LONGEST_DAYS):
        raise WorkerInvalid(
            f"GOLDENTHREAD_KEEP_TURNS_DAYS says '{said}', and turns are kept for 1 to {_LONGEST_DAYS} whole days. "
            f"Write such a number, or unset it for {KEPT_DAYS}."
        )
    return timedelta(days=int(said))


class Forgetting:
    """
    Deletes turns that ended long ago, of runs that ended too; called by housekeeping.

    Args:
        submissions: The durable runs.
        kept: How long a turn is kept after it ended.
        monotonic: Seconds.
    """

    def __init__(
        self, submissions: Submissions, kept: timedelta, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._submissions = submissions
        self._kept = kept
        self._monotonic = monotonic
        self._next = float("-inf")

    def tick(self) -> int:
        """Forget some, once an hour, or at once again while there are more; how many."""
        if self._monotonic() < self._next:
            return 0
        forgotten = forget(self._submissions, datetime.now(UTC) - self._kept)
        if forgotten < MOST_AT_ONCE:
            self._next = self._monotonic() + _LOOK_EVERY_S
        return forgotten


def forget(submissions: Submissions, before: datetime, most: int = MOST_AT_ONCE) -> int:
    """
    Delete turns that ended before a moment, the oldest first; nothing of a run that goes on.

    Args:
        most: How many at once.

    Returns:
        How many.
    """
    found: list[str] = []
    looked = 0
    while len(found) < most:
        ended = submissions.client.list_workflows(
            name=dbos.TURN,
            status=_ENDED,
            completed_before=before.isoformat(),
            limit=most,
            offset=looked,
            load_input=False,
            load_output=False,
        )
        looked += len(ended)
        found += _of_ended_runs(submissions, ended)
        if len(ended) < most:
            break
    if found:
        submissions.client.delete_workflows(found[:most])
    return len(found[:most])


def _of_ended_runs(submissions: Submissions, turns: list[WorkflowStatus]) -> list[str]:
    names = sorted({turn.workflow_id.partition(":")[0] for turn in turns})
    query = "select id from submission where id = any(%s) and state = any(%s)"
    with submissions.transaction() as connection:
        going_on = {row["id"] for row in rows_of(connection, query, names, list(OPEN))}
    return [turn.workflow_id for turn in turns if turn.workflow_id.partition(":")[0] not in going_on]
