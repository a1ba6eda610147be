"""A tool as an MCP server describes it, and what of it is pinned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from goldenthread.promise.errors import ToolArgumentsInvalid, ToolChanged
from goldenthread.promise.values import Json, canonical, digest_bytes

LARGEST_TOOL = 64 * 1024
"""Bytes that the description of one tool may have, as canonical JSON."""

LARGEST_ARGUMENTS = 256 * 1024
"""Bytes that the arguments of one call may have, as canonical JSON."""

TICKET = "_ticket"
"""The argument in which a client may send back a ticket."""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """
    A tool, by the words that a client and its model are given. All of them are pinned: a description steers a model as
    surely as a schema does.
    """

    name: str
    input_schema: Mapping[str, Any]
    title: str | None = None
    description: str | None = None
    output_schema: Mapping[str, Any] | None = None
    annotations: Mapping[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """`sha256:...` over everything that a client is given of the tool."""
        return digest_bytes(canonical(self.record()))

    def record(self) -> dict[str, Json]:
        """As it stands on record and is compared."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": dict(self.input_schema),
            "outputSchema": dict(self.output_schema) if self.output_schema is not None else None,
            "annotations": dict(self.annotations),
        }

    @classmethod
    def of_record(cls, data: Mapping[str, Any]) -> Tool:
        """The tool that `record` wrote, or that a server sent; what else stands there is left out."""
        return cls(
            name=data["name"],
            title=data.get("title"),
            description=data.get("description"),
            input_schema=data["inputSchema"],
            output_schema=data.get("outputSchema"),
            annotations=data.get("annotations") or {},
        )


def require_sound(tool: Tool) -> None:
    """
    Refuse a tool whose description cannot be pinned, or whose schema cannot be held against arguments.

    Raises:
        ToolChanged: Why not.
    """
    from jsonschema.exceptions import SchemaError

    problem = None
    try:
        if len(canonical(tool.record())) > LARGEST_TOOL:
            problem = f"its description has more than {LARGEST_TOOL // 1024} KiB"
        else:
            _validator(tool.input_schema).check_schema(dict(tool.input_schema))
    except SchemaError as error:
        problem = f"its schema is none ({_short(error.message)})"
    except (ValueError, RecursionError) as error:
        problem = f"its description cannot be pinned ({_short(str(error))})"
    if problem is not None:
        raise ToolChanged(f"The tool '{tool.name}' cannot be used: {problem}. Have its server mended.")


def require_fitting(tool: Tool, arguments: Mapping[str, Json]) -> None:
    """
    Refuse arguments that the tool would refuse, before anything is asked or permitted.

    Raises:
        ToolArgumentsInvalid: They do not fit its schema, or are too large.
        NotCanonical: JSON can't carry them exactly.
    """
    size = len(canonical(dict(arguments)))
    if size > LARGEST_ARGUMENTS:
        raise ToolArgumentsInvalid(
            f"The arguments of '{tool.name}' have {size} bytes; at most {LARGEST_ARGUMENTS} can be shown to a person "
            "and kept. Hand large content over by reference."
        )
    words = _misfit(tool, arguments)
    if words is not None:
        raise ToolArgumentsInvalid(
            f"'{tool.name}' does not take these arguments: {_short(words)}. Nothing was called; call it by its schema."
        )


def _misfit(tool: Tool, arguments: Mapping[str, Json]) -> str | None:
    from jsonschema.exceptions import best_match
    from referencing.exceptions import Unresolvable

    try:
        error = best_match(_validator(tool.input_schema).iter_errors(dict(arguments)))
    except (Unresolvable, RecursionError, ValueError, TypeError) as problem:
        return f"its schema cannot be read ({type(problem).__name__})"
    if error is None:
        return None
    where = ".".join(map(str, error.absolute_path))
    return f"{where}: {error.message}" if where else str(error.message)


def _validator(schema: Mapping[str, Any]) -> Any:
    """A validator that fetches nothing: a reference must stand in the schema itself."""
    from jsonschema.validators import Draft202012Validator, validator_for
    from referencing import Registry

    kind = validator_for(dict(schema), default=Draft202012Validator)
    return kind(dict(schema), registry=Registry())


def _short(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:300]}..."
