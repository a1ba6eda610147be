"""The stage of a slice between a written contract and an agent that acts alone, derived from what is on record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from goldenthread.control.autonomy import Outline
from goldenthread.promise.values import Level

STAGES: Mapping[str, str] = {
    "written": "Written, not in force",
    "signed": "Signed, no agent yet",
    "proving": "Proving itself",
    "asking": "Acts after a yes",
    "alone": "Acts alone",
    "held": "Held back",
    "stopped": "Stopped",
}
"""Every stage in the order of a slice's life, with its words; the last two can befall any that has an agent."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where a slice stands. `name` is of `STAGES`; `why` says from what it follows."""

    name: str
    why: str

    @property
    def words(self) -> str:
        """For people."""
        return STAGES[self.name]


def stage_of(outline: Outline, *, stopped: str | None) -> Stage:
    """
    The stage of a slice.

    Args:
        outline: The slice's.
        stopped: What stops all of it, in words; None where nothing does.
    """
    if stopped is not None:
        return Stage(name="stopped", why=stopped)
    if outline.in_force is None:
        latest = outline.latest
        if latest is not None and latest.contract.is_prototype:
            return Stage(name="written", why=f"the contract lacks {', '.join(latest.contract.missing_parts)}")
        missing = ", ".join(latest.missing) if latest is not None else ""
        return Stage(name="written", why=f"{missing or 'somebody'} must still sign the contract")
    if outline.current is None:
        return Stage(name="signed", why="the contract is in force, and no agent has connected yet")
    held = _held(outline, outline.current.fingerprint)
    if held is not None:
        return Stage(name="held", why=held)
    level = outline.level(outline.current.fingerprint)
    return Stage(name=_by_level(level), why=f"the agent is at level {level}")


def _held(outline: Outline, fingerprint: str) -> str | None:
    """Why the agent may use less than it has earned."""
    unsigned = outline.held(fingerprint)
    if unsigned is not None:
        return unsigned
    fallback = outline.fallback(fingerprint)
    if fallback is None or fallback[1] >= outline.level(fingerprint):
        return None
    alone, level = fallback
    return f"people have left it alone since {alone.since:%Y-%m-%d %H:%M} UTC, so it goes no higher than {level}"


def _by_level(level: Level) -> str:
    if level >= Level.CONSTRAINED:
        return "alone"
    return "asking" if level is Level.APPROVAL else "proving"
