"""The types of event about what is asked of people and what they answer."""

from __future__ import annotations

from goldenthread.work.events.event_type import EventType

_ASKED = ("item", "kind", "run?", "case?", "decision?", "action?", "level?")
_ANSWERED = ("item", "answer", "run?", "case?", "decision?")

ASKING: tuple[EventType, ...] = (
    EventType(
        name="approval.asked",
        kind="approval:ask",
        words="Something waits for a person.",
        fields=_ASKED,
    ),
    EventType(
        name="approval.asked",  # a known case mixed in must look like any other
        kind="vigilance:ask",
        words="Something waits for a person.",
        fields=_ASKED,
        called={"action": "name"},
        says={"kind": "approval"},
    ),
    EventType(
        name="approval.claimed",
        kind="approval:claim",
        words="A person is at the item.",
        fields=("item", "run?", "case"),
    ),
    EventType(
        name="approval.released",
        kind="approval:release",
        words="Nobody is at the item any more.",
        fields=("item", "run?", "case"),
    ),
    EventType(
        name="approval.handed-over",
        kind="approval:handover",
        words="The item is with another person now.",
        fields=("item", "run?", "case"),
    ),
    EventType(
        name="approval.questioned",
        kind="approval:question",
        words="A person asked something back before they answer.",
        fields=("item", "run?", "case"),
    ),
    EventType(
        name="approval.replied",
        kind="approval:reply",
        words="Somebody replied to what a person asked back.",
        fields=("item", "run?", "case"),
    ),
    EventType(
        name="approval.reminded",
        kind="approval:remind",
        words="Half of the time to answer is over.",
        fields=("item", "kind?", "run?", "case"),
    ),
    EventType(
        name="approval.overdue",
        kind="approval:overdue",
        words="The time to answer is over; the item went to the next step of the contract's path, if there is one.",
        fields=("item", "kind?", "run?", "case", "due"),
    ),
    EventType(
        name="approval.expired",
        kind="approval:expire",
        words="Nobody answered in time. What was asked for does not happen.",
        fields=("item", "run?", "case", "decision?", "due?"),
    ),
    EventType(
        name="approval.escalated",
        kind="approval:answer",
        where={"answer": "escalate"},
        words="A person handed the item to the next step of the contract's path; it still waits.",
        fields=("item", "run?", "case", "decision?"),
    ),
    EventType(
        name="approval.answered",
        kind="approval:answer",
        words="A person answered the item.",
        fields=_ANSWERED,
    ),
    EventType(
        name="approval.answered",
        kind="vigilance:answer",
        words="A person answered the item.",
        fields=_ANSWERED,
    ),
)
"""The more special one of a kind first."""
