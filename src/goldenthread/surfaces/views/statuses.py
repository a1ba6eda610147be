"""What has become of a run or of an action, in words for people."""

from __future__ import annotations

from goldenthread.promise.values import Level

STATUSES = ("open", "waiting", "done", "drafted", "shadow", "denied", "escalated", "fault", "superseded", "erased")
"""A run's status as people read it: a denial at shadow is 'shadow', for there nothing was ever meant to happen."""


def status_of(state: str, level: Level) -> str:
    """A run's status, one of STATUSES."""
    return "shadow" if state == "denied" and level is Level.SHADOW else state


def state_words(state: str, level: Level) -> str:
    """What has become of an action."""
    if state == "denied" and level is Level.SHADOW:
        return "recorded in shadow, without effect"
    return _STATE_WORDS.get(state, state)


_STATE_WORDS = {
    "asked": "waits for a person's yes",
    "permitted": "permitted, not done yet",
    "consumed": "under way",
    "done": "done",
    "drafted": "a draft for people",
    "denied": "denied; it did not happen",
    "rejected": "nobody said yes; it did not happen",
    "failed": "failed; it may be tried again",
    "unknown": "in doubt: whether it happened is unknown",
    "expired": "expired; it was decided anew",
}


STATUS_WORDS = {
    "open": "being worked on",
    "waiting": "waits for a person's yes",
    "done": "done",
    "drafted": "drafted for people",
    "shadow": "worked in shadow, without effect",
    "denied": "refused; nothing happened",
    "escalated": "handed to a person by the agent",
    "fault": "ended in a fault; it does not count",
    "erased": "erased on request",
    "superseded": "left by an earlier version of the agent",
}
"""What a run's status means to a person."""
