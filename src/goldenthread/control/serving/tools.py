"""What tools say of themselves: the parameters of the actions that they carry out, part of every fingerprint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from goldenthread.promise.errors import ScopeRefused
from goldenthread.promise.values import Json
from goldenthread.record.ledger import ORGANISATION, Ledger
from goldenthread.record.principals import EVERYWHERE

if TYPE_CHECKING:
    from goldenthread.control.serving.access import Access, Caller

TOOL_DECLARE = "tool:declare"


@dataclass(frozen=True, kw_only=True)
class Toolbox:
    """The parameters of actions by slice, as tools declared them last; `by_tool` is each tool's whole word."""

    by_slice: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    by_tool: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)

    def seen(self, slice_name: str) -> dict[str, Json]:
        """What an agent of a slice can call, by action: this stands in its fingerprint."""
        return {**self.by_slice.get(EVERYWHERE, {}), **self.by_slice.get(slice_name, {})}


def load_toolbox(ledger: Ledger) -> Toolbox:
    """What tools have declared, in the order of the chain: the last word counts."""
    by_slice: dict[str, dict[str, Json]] = {}
    by_tool: dict[str, Mapping[str, Json]] = {}
    for record in ledger.read(ORGANISATION, kinds=[TOOL_DECLARE]):
        by_tool[record.by] = record.data
        for slice_name in record.data["slices"]:
            by_slice.setdefault(slice_name, {}).update(record.data["actions"])
    return Toolbox(by_slice=by_slice, by_tool=by_tool)


def declare_tool(ledger: Ledger, access: Access, caller: Caller, actions: Mapping[str, Json]) -> None:
    """
    Put on record what parameters a tool's actions take; nothing if that is what it said last.

    Raises:
        ScopeRefused: No tool's token, or an action that it does not own.
    """
    caller.require("tool")
    foreign = [action for action in actions if action not in caller.token.actions]
    if foreign:
        raise ScopeRefused(
            f"The token of '{caller.name}' does not own '{foreign[0]}'; it owns {', '.join(caller.token.actions)}. "
            "Declare these, or have an administrator make another token."
        )
    said: dict[str, Json] = {"tool": caller.name, "slices": list(caller.token.slices), "actions": dict(actions)}
    if access.toolbox().by_tool.get(caller.name) == said:
        return
    ledger.append(ORGANISATION, TOOL_DECLARE, caller.name, said)
    access.forget()
