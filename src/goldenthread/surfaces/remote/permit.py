"""A permit as an agent hands it to a tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Permit:
    """
    Leave to do exactly this, once: what the server signed, and the proof that this agent presents it.

    Send `as_json()` to the tool with the arguments; one of `tools` takes it.
    """

    envelope: Mapping[str, Any]
    proof: str
    action: str
    tools: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """What goes over the line to the tool."""
        return {"envelope": dict(self.envelope), "proof": self.proof}
