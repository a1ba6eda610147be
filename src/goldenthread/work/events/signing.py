"""The types of event about signatures that are asked for: on versions of a contract, and on releases of an agent."""

from __future__ import annotations

from goldenthread.work.events.event_type import EventType

_VERSION = ("version", "digest?")
_RELEASE = ("fingerprint", "agent?", "version")

SIGNING: tuple[EventType, ...] = (
    EventType(
        name="contract.committed",
        kind="contract:version:commit",
        words="A version of a contract is on record.",
        fields=("version", "digest"),
    ),
    EventType(
        name="contract.signed",
        kind="contract:version:sign",
        words="Somebody signed a version.",
        fields=("version", "digest", "role"),
    ),
    EventType(
        name="contract.asked",
        kind="contract:version:ask",
        words="Somebody was asked, perhaps again, to sign a version.",
        fields=_VERSION,
    ),
    EventType(
        name="contract.reminded",
        kind="contract:version:remind",
        words="A signature on a version is still missing: half of its time is over, or all of it.",
        fields=(*_VERSION, "role", "due"),
    ),
    EventType(
        name="contract.refused",
        kind="contract:version:refuse",
        words="Somebody refused to sign a version.",
        fields=_VERSION,
    ),
    EventType(
        name="release.asked",
        kind="release:ask",
        words="A release of an agent waits for signatures; until it has them it goes no higher than draft.",
        fields=_RELEASE,
    ),
    EventType(
        name="release.signed",
        kind="release:sign",
        words="Somebody signed a release.",
        fields=("fingerprint", "version", "role"),
    ),
    EventType(
        name="release.reminded",
        kind="release:remind",
        words="A signature on a release is still missing: half of its time is over, or all of it.",
        fields=(*_RELEASE, "role", "due"),
    ),
    EventType(
        name="release.refused",
        kind="release:refuse",
        words="Somebody refused to sign a release, or took their signature back: it goes no higher than draft.",
        fields=(*_RELEASE, "role"),
    ),
)
"""What waits for a signature, and what became of that."""
