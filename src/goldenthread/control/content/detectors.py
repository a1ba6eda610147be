"""Detectors of what should not leave and of what should not be obeyed."""

from __future__ import annotations

from collections.abc import Iterable

from goldenthread.promise.values import Json

SECRETS, PERSONAL_DATA = "secrets", "personal_data"


def find(value: Json) -> frozenset[str]:
    """What kinds stand in a value: of 'secrets' and 'personal_data'. Until there are detectors: all of them."""
    return frozenset({SECRETS, PERSONAL_DATA}) if value else frozenset()


def looks_injected(text: Json) -> bool:
    """Whether a text reads like orders to the agent. Until there is a detector: any text."""
    return bool(text)


def redact(value: Json, kinds: Iterable[str]) -> Json:
    """The value with everything of these kinds taken out. Until there are detectors: all of it."""
    return "[redacted]" if set(kinds) else value
