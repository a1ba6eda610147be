"""
Durable runs: a case that was handed in is worked on until it ends, whatever dies in between.

Knows: turns and their queues (on DBOS), who works, what is due, what a run's steps gave. Refuses to know: what an agent
does, what it may do, what people are asked. Invariants: a run that waits costs no thread; whoever lost a turn writes
nothing more; what is due is found by any worker, so that a lost word only costs seconds; DBOS holds ids, never content.
"""

from goldenthread.work.runtime.engine import prepare
from goldenthread.work.runtime.executing import Limits, Running
from goldenthread.work.runtime.housekeeping import EVERY_S, Housekeeping, Loop, Tick, attempt
from goldenthread.work.runtime.memo import Memo
from goldenthread.work.runtime.schedules import Clockwork, Schedule
from goldenthread.work.runtime.schema import RUNTIME_SCHEMA
from goldenthread.work.runtime.submissions import OPEN, Handed, Submission, Submissions
from goldenthread.work.runtime.turns import Ending, Hold, Turn, pause_s
from goldenthread.work.runtime.worker import Worker

__all__ = [
    "EVERY_S",
    "OPEN",
    "RUNTIME_SCHEMA",
    "Clockwork",
    "Ending",
    "Handed",
    "Hold",
    "Housekeeping",
    "Limits",
    "Loop",
    "Memo",
    "Running",
    "Schedule",
    "Submission",
    "Submissions",
    "Tick",
    "Turn",
    "Worker",
    "attempt",
    "pause_s",
    "prepare",
]
