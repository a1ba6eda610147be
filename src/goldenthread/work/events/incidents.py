"""Events about incidents."""

from __future__ import annotations

from goldenthread.work.events.event_type import EventType

INCIDENTS: tuple[EventType, ...] = (
    EventType(
        name="incident.opened",
        kind="incident:open",
        words="Something in a slice is not as it must be, and somebody answers for it.",
        fields=("cause", "ground", "onset?", "contract_version"),
    ),
    EventType(
        name="incident.added",
        kind="incident:add",
        words="The ground of an open incident showed itself again.",
        fields=("incident", "ground", "onset?"),
    ),
    EventType(
        name="incident.taken",
        kind="incident:take",
        words="Somebody is at an incident.",
        fields=("incident",),
    ),
    EventType(
        name="incident.noted",
        kind="incident:note",
        words="Somebody put on record what they found.",
        fields=("incident",),
    ),
    EventType(
        name="incident.recovered",
        kind="incident:recover",
        words="An incident is over, and a person is to close it.",
        fields=("incident",),
    ),
    EventType(
        name="incident.closed",
        kind="incident:close",
        words="A person closed an incident, and said why it came.",
        fields=("incident", "usual"),
    ),
)
"""What becomes of an incident, in order. Its id is the place of the record that opened it."""
