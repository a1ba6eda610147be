"""A run as its agent may look at it: the guard's words, no content of anybody else."""

from __future__ import annotations

from goldenthread.control.serving.access import Caller
from goldenthread.control.serving.house import House
from goldenthread.promise.values import Json


def show_run(house: House, caller: Caller, run_id: str) -> dict[str, Json]:
    """
    State, level and actions of a run.

    Raises:
        ScopeRefused, RunUnknown, CaseErased: As `House.work`.
    """
    caller.require("agent")
    with house.work(run_id, caller, open_only=False) as work:
        actions = house.rows(
            "select id, call, name, state, verdict, reason, clause, item from action where run = %s order by call, seq",
            run_id,
        )
        return {
            "run": run_id,
            "slice": work.run.slice,
            "case": work.run.case,
            "fingerprint": work.run.fingerprint,
            "state": work.state,
            "level": work.run.level.value,
            "trusted": bool(work.memory.by),
            "actions": [dict(row) for row in actions],
        }
