"""A contract drafted from what a server says of its tools: every effect is a question to the owner, none an answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from goldenthread.surfaces.gateway.listing import schema_types
from goldenthread.surfaces.gateway.names import action_of
from goldenthread.surfaces.gateway.tools import Tool

_ARGUMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DECIDING = re.compile(
    r"(recipient|to|cc|bcc|account|iban|address|url|uri|host|amount|path|file|files|repo|repository|repo_path|branch|"
    r"branch_name|channel|user|email|payee|target|destination|database|table)",
    re.IGNORECASE,
)
_TYPES = {"string": "text", "number": "number", "integer": "whole number", "boolean": "yes or no", "array": "list"}


def draft_contract(slice_name: str, tools: Mapping[str, Tool], *, prefix: str = "") -> str:
    """
    A skeleton for a person to go through: `# ?` marks what only they know.

    What a server says of a tool (`readOnlyHint` and the like) fills in a first guess beside the question, and nothing
    where it says nothing: an effect that nobody has judged is irreversible. The file is a prototype: whatever it says,
    nothing it declares has an effect before it is completed, made a contract and signed.

    Args:
        slice_name: Its slice.
        tools: By name.
        prefix: Of the actions, as in `gateway run --name`.
    """
    lines = [
        *_HEAD.format(slice=slice_name).splitlines(),
        "actions:",
        *(line for _, tool in sorted(tools.items()) for line in _action(tool, prefix)),
    ]
    return "\n".join(lines) + "\n"


_HEAD = """\
# Drafted from what an MCP server says of its own tools. That is a hint and never a permission: answer every line
# marked '# ?', take out the tools that the agent does not need, then complete it: `goldenthread contract check`.
apiVersion: goldenthread/v1
kind: AgentImpactContract
slice: {slice}
version: 1
# ? Who answers for the business result? Who knows the work, labels its first cases, and signs beside the owner?
owner: nobody-yet
# ? What does the agent do, for whom, and when is a piece of work done?
workflow:
  done: not said yet
technique:
  # ? Which model works here?
  model: not said yet"""


def _action(tool: Tool, prefix: str) -> list[str]:
    effect, hint = _effect(tool.annotations)
    lines = [
        f"  {action_of(tool.name, prefix)}:",
        f"    # {_said(tool)}",
        f"    # ? What does it do to the world: read, reversible (then `undo: ACTION`) or irreversible? {hint}",
        f"    effect: {effect}",
    ]
    if tool.annotations.get("openWorldHint") is not False and effect == "read":
        lines += ["    # ? Does what it is given leave the house? The server does not say no.", "    egress: true"]
    return lines + _arguments(tool, effect)


def _effect(annotations: Mapping[str, Any]) -> tuple[str, str]:
    """A first guess; only a server that says 'read only' outright gets one that is milder than the worst."""
    if annotations.get("readOnlyHint") is True:
        return "read", "The server says that it only reads."
    if annotations.get("destructiveHint") is False:
        return "irreversible", "The server says that it only adds; whether that can be undone, it does not."
    return "irreversible", "Nobody has judged it yet."


def _arguments(tool: Tool, effect: str) -> list[str]:
    properties = tool.input_schema.get("properties") or {}
    if not isinstance(properties, dict) or not all(_ARGUMENT.fullmatch(name) for name in properties):
        return ["    # Its arguments have names that no contract can carry: `takes` stays unstated."]
    needed = set(tool.input_schema.get("required") or ())
    takes = {name: _field(schema, name in needed) for name, schema in properties.items()}
    lines = [f"    takes: {{{', '.join(f'{name}: {kind}' for name, kind in takes.items())}}}"] if takes else []
    deciding = [name for name in properties if _DECIDING.fullmatch(name)]
    if effect != "read":
        guess = f"Guessed from their names: {', '.join(deciding)}." if deciding else "None is plain from its name."
        lines.append(f"    # ? Which arguments decide where the effect goes? {guess}")
        lines += [f"    decides: [{', '.join(deciding)}]"] if deciding else []
        lines.append("    # ? Within which limit may it ever act alone?  limit: ...")
    return lines


def _field(schema: Any, needed: bool) -> str:
    types = schema_types(schema)
    kind = _TYPES.get(next(iter(types)), "object") if len(types) == 1 else "number" if types == _NUMBERS else "text"
    return kind if needed else f"{kind}?"


_NUMBERS = frozenset({"number", "integer"})


def _said(tool: Tool) -> str:
    """Its own description, in one harmless line."""
    words = " ".join((tool.description or tool.title or "The server says nothing of it.").split())
    plain = "".join(character if character.isprintable() else "?" for character in words)
    return f"The server: {plain[:160]}{'...' if len(plain) > 160 else ''}"
