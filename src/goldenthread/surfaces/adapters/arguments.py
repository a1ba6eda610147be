"""A tool's arguments: as JSON that people can be shown and the guard decides, and as part of the fingerprint."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import inspect
import json
import uuid
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any, cast

from goldenthread.promise.errors import NoRun, NotCanonical, ValueProblem
from goldenthread.promise.values import Json, canonical
from goldenthread.surfaces.sdk import Thread


def declare(thread: Thread, name: str, schema: Mapping[str, Any], made_of: Callable[..., Any] | None = None) -> None:
    """
    Make a tool known to the thread: its schema, and its module's source, are part of the agent's fingerprint.

    Args:
        schema: JSON Schema of the arguments as the model gets it: an object with `properties`.
        made_of: The function behind the tool, if it is one of this process.

    Raises:
        ValueProblem: An argument's name that no person could edit by name, or declared too late or twice.
    """
    required = set(schema.get("required", ()))
    shared = {key: schema[key] for key in ("$defs", "definitions") if key in schema}
    parameters = []
    for argument, kind in dict(schema.get("properties", {})).items():
        if not argument.isidentifier():
            raise ValueProblem(
                f"Tool '{name}' has an argument '{argument}', which cannot be passed by name. Rename it, for example "
                f"to '{_identifier(argument)}', in the function that you give to the framework."
            )
        default = inspect.Parameter.empty if argument in required else None
        words = text({**kind, **shared} if isinstance(kind, dict) and "$ref" in text(kind) else kind)
        parameters.append(
            inspect.Parameter(argument, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=words)
        )

    def tool(**_arguments: Any) -> None:
        raise NoRun(f"Tool '{name}' is called by its framework only.")

    tool.__name__ = name
    tool.__module__ = "builtins" if made_of is None else made_of.__module__
    tool.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    if made_of is not None:
        tool.__wrapped__ = made_of  # type: ignore[attr-defined]
    thread.action(name)(tool)


def as_json(name: str, arguments: Mapping[str, Any]) -> dict[str, Json]:
    """
    The arguments as a framework passes them, as the JSON that people are shown and the guard decides.

    Raises:
        NotCanonical: JSON can't carry one of them; the tool must not run.
    """
    found = {key: jsonable(value) for key, value in arguments.items()}
    for key, value in found.items():
        try:
            canonical(value)
        except (NotCanonical, TypeError) as error:
            raise NotCanonical(
                f"Tool '{name}' was called with '{key}' of type {type(arguments[key]).__name__}, which JSON cannot "
                "carry, so nobody could approve it. Let the tool take text, numbers, lists or objects."
            ) from error
    return cast(dict[str, Json], found)


def jsonable(value: Any) -> Any:
    """What JSON says of a value: pydantic models, dataclasses, dates and the like in their usual form."""
    if value is None or (isinstance(value, bool | int | float | str) and not isinstance(value, enum.Enum)):
        return value
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        listed = [jsonable(item) for item in value]
        return sorted(listed, key=text) if isinstance(value, set | frozenset) else listed
    if hasattr(value, "model_dump"):
        return jsonable(value.model_dump(mode="json"))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: jsonable(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return jsonable(value.value)
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal | uuid.UUID | PurePath):
        return str(value)
    return value


def text(value: Any) -> str:
    """A value as JSON in one line, the same each time."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _identifier(name: str) -> str:
    plain = "".join(letter if letter.isalnum() else "_" for letter in name)
    return plain if plain[:1].isalpha() else f"argument_{plain}"
