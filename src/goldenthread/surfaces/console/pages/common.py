"""What pages of several areas begin with."""

from __future__ import annotations

from collections.abc import Mapping

HOME = (("Factory floor", "/"),)
"""The way to the first page."""


def to_slice(name: str) -> tuple[tuple[str, str], ...]:
    """The way to a slice."""
    return (*HOME, (name, f"/slices/{name}"))


def tallies(*, waiting: int = 0) -> Mapping[str, str]:
    """Numbers beside a slice's tabs."""
    return {"Inbox": f"{waiting} waiting"} if waiting else {}
