"""Our run states in the words of the Agent2Agent protocol (A2A 1.0, `TaskState`), for agents that call agents by it."""

from __future__ import annotations

from collections.abc import Mapping

from goldenthread.promise.errors import ValueProblem

TASK_STATES: Mapping[str, str] = {
    "new": "submitted",
    "open": "working",
    "waiting": "input-required",
    "done": "completed",
    "drafted": "completed",
    "denied": "rejected",
    "escalated": "input-required",
    "fault": "failed",
    "superseded": "canceled",
}
"""A run's status -> the state that its A2A task has."""


def task_state(status: str) -> str:
    """
    The A2A task state of a run's status.

    Raises:
        ValueProblem: No run has that status.
    """
    if status not in TASK_STATES:
        raise ValueProblem(f"'{status}' is no status of a run; there are {', '.join(TASK_STATES)}. Pass `run.status`.")
    return TASK_STATES[status]
