"""Which tools a client is shown, and whether a tool takes what its contract says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from goldenthread.control.stops import Stop
from goldenthread.promise.contract import Action, Contract
from goldenthread.promise.errors import ToolMismatch
from goldenthread.promise.values import Effect, Level
from goldenthread.surfaces.gateway.tools import TICKET, Tool


@dataclass(frozen=True, kw_only=True)
class View:
    """What decides on a list: the contract, whether it is in force, the agent's level in it, and what is stopped."""

    contract: Contract
    signed: bool
    level: Level
    stops: Iterable[Stop] = field(default_factory=tuple)

    def shows(self, action: str) -> bool:
        """
        Whether a call of it could lead to anything: declared, not stopped, and a read, or an effect that the level lets
        have one or that counts as a proposal.

        At shadow an effect is shown only where a contract in force has a gate above, since there its proposals are the
        evidence that the agent climbs by; without one they would be noise.
        """
        declared = self.contract.actions.get(action)
        if declared is None or any(stop.covers(action) for stop in self.stops):
            return False
        return is_silent(declared) or self._may_come_to_something()

    def _may_come_to_something(self) -> bool:
        if not self.signed:
            return False
        autonomy = self.contract.autonomy
        return self.level > Level.SHADOW or (autonomy is not None and autonomy.ceiling > Level.SHADOW)


def is_silent(action: Action) -> bool:
    """A read that sends nothing out: it needs no permit, and never waits for a person."""
    return action.effect is Effect.READ and not action.egress


def listed(tool: Tool, name: str, action: Action) -> dict[str, Any]:
    """
    A tool as a client is told of it, under the name that the contract knows.

    An effect can be answered by a ticket in place of a result: it takes one, and promises no form of its output.
    """
    told = {**tool.record(), "name": name}
    if not is_silent(action):
        told["outputSchema"] = None
        told["inputSchema"] = _with_ticket(tool.input_schema)
    return {part: value for part, value in told.items() if value is not None}


def takes_ticket(tool: Tool) -> bool:
    """Whether `_ticket` is the gateway's own argument here, and not one of the tool's."""
    return TICKET not in (tool.input_schema.get("properties") or {})


def require_match(tool: Tool, action: Action) -> None:
    """
    Hold what the contract says that the action takes against the tool's own schema.

    Raises:
        ToolMismatch: An argument that the other does not know, or of another type; a need that the contract leaves out.
    """
    words = _mismatch(tool, action)
    if words is not None:
        raise ToolMismatch(
            f"The tool '{tool.name}' does not take what the contract says of '{action.name}': {words}. "
            "Correct `takes` in the contract, or pin the tool that it was written for."
        )


_TYPES: Mapping[str, frozenset[str]] = {
    "text": frozenset({"string"}),
    "number": frozenset({"number", "integer"}),
    "whole number": frozenset({"integer"}),
    "yes or no": frozenset({"boolean"}),
    "list": frozenset({"array"}),
    "object": frozenset({"object"}),
}


def _mismatch(tool: Tool, action: Action) -> str | None:
    if action.takes is None:
        return None
    properties = tool.input_schema.get("properties") or {}
    needed = set(tool.input_schema.get("required") or ())
    for name, stated in action.takes.items():
        if name not in properties:
            return f"it knows no argument '{name}'"
        if name in needed and stated.optional:
            return f"it needs '{name}', which the contract calls optional"
        types = schema_types(properties[name])
        if types and not types & _TYPES.get(stated.type, types):
            return f"'{name}' is {' or '.join(sorted(types))}, and the contract says {stated.type}"
    left_out = sorted(needed - set(action.takes))
    return f"it needs '{left_out[0]}', which the contract leaves out" if left_out else None


def schema_types(schema: Any) -> frozenset[str]:
    """The JSON types that a schema names, null left out; empty where it names none."""
    if not isinstance(schema, dict):
        return frozenset()
    stated = schema.get("type")
    found = {stated} if isinstance(stated, str) else set(stated) if isinstance(stated, list) else set()
    for choice in (*(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())):
        found |= schema_types(choice)
    return frozenset(found - {"null"})


def _with_ticket(schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties") or {}
    if TICKET in properties:
        return dict(schema)
    words = "Only for calling again: the ticket that came with an answer 'not done yet'."
    return {**schema, "properties": {**properties, TICKET: {"type": "string", "description": words}}}
