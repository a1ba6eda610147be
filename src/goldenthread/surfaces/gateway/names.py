"""What a tool is called: by its server, by the client, and by the contract."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from goldenthread.promise.errors import ToolUnknown

_FOREIGN = re.compile(r"[^A-Za-z0-9_]")


def action_of(tool: str, prefix: str = "") -> str:
    """The action's name in a contract: letters, digits and underscores; anything else becomes `_`."""
    plain = _FOREIGN.sub("_", f"{prefix}_{tool}" if prefix else tool)
    return plain if plain[:1].isalpha() or plain[:1] == "_" else f"_{plain}"


@dataclass(frozen=True, kw_only=True)
class Names:
    """
    How the tools of one server are called. A client knows them by their own names, so that nothing changes for it; with
    a `prefix`, which tells servers apart, by their actions' names.
    """

    server: str
    prefix: str = ""

    def told(self, tool: str) -> str:
        """What a client calls it."""
        return action_of(tool, self.prefix) if self.prefix else tool

    def action(self, tool: str) -> str:
        """What the contract calls it."""
        return action_of(tool, self.prefix)

    def tool(self, told: str, known: Iterable[str]) -> str:
        """
        The tool that a client means.

        Raises:
            ToolUnknown: None is called so; or two tools are one action, and a contract can't tell them apart.
        """
        tools = set(known)
        meant = next((tool for tool in sorted(tools) if self.told(tool) == told), None)
        if meant is None:
            raise ToolUnknown(
                f"'{self.server}' has no tool {told[:80]!r}. Ask for the list of tools, and use one of them."
            )
        same = sorted(tool for tool in tools if self.action(tool) == self.action(meant))
        if len(same) > 1:
            raise ToolUnknown(
                f"The tools {' and '.join(map(repr, same))} of '{self.server}' are one action, '{self.action(meant)}', "
                "to a contract, so neither is used. Have one of them renamed."
            )
        return meant
