"""Shapes of bodies: the JSON Schema that the OpenAPI document shows is the one that requests are held to."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from goldenthread.promise.errors import RequestInvalid
from goldenthread.promise.values import Json

Shape = Mapping[str, Any]
"""A JSON Schema of the words that `check` knows."""

DEEPEST = 32
"""How deep a body may be nested."""

LARGEST_BYTES = 1024 * 1024

_PLAIN = r"^[^\u0000-\u001f\u007f]+$"

NAME: Shape = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": _PLAIN}
ID: Shape = {"type": "string", "pattern": "^[0-9a-f]{16}$"}
PROOF: Shape = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
TEXT: Shape = {"type": "string", "minLength": 1, "maxLength": 4000}
ANY: Shape = {}
OBJECT: Shape = {"type": "object", "maxProperties": 1000}


def names(most: int) -> Shape:
    """A list of names."""
    return {"type": "array", "items": NAME, "maxItems": most}


def record(required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """An object of exactly these fields."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


ENVELOPE: Shape = record(
    {
        "payload": {"type": "string", "maxLength": 100_000},
        "payloadType": NAME,
        "signatures": {
            "type": "array",
            "maxItems": 1,
            "items": record({"sig": {"type": "string", "maxLength": 1000}}, {"keyid": NAME}),
        },
    }
)


def parse(body: bytes) -> Json:
    """
    The JSON of a body; of several readings there must be one only.

    Raises:
        RequestInvalid: It is no JSON, has a key twice, a number that is none, or is nested too deep.
    """
    try:
        value: Json = json.loads(body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse)
    except (ValueError, RecursionError) as problem:
        words = "it is nested too deep" if isinstance(problem, RecursionError) else type(problem).__name__
        if isinstance(problem, _Twice):
            words = str(problem)
        raise RequestInvalid(
            f"The body is no JSON in UTF-8 that has one meaning only: {words}. Send an object."
        ) from None
    _require_shallow(value, DEEPEST)
    return value


def check(shape: Shape, value: Json, path: str = "body") -> None:
    """
    Hold a value to a shape.

    Raises:
        RequestInvalid: Where it differs, and what is expected; never what it holds, which may be a secret.
    """
    problem = _problem(shape, value)
    if problem is not None:
        raise RequestInvalid(f"{path}: {problem}. See /openapi.json for what this address takes.")
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in shape.get("properties", {}):
                check(shape["properties"][name], inner, f"{path}.{name}")
            elif isinstance(shape.get("additionalProperties"), Mapping):
                check(shape["additionalProperties"], inner, f"{path}.{_shown(name)}")
    elif isinstance(value, list) and "items" in shape:
        for number, inner in enumerate(value):
            check(shape["items"], inner, f"{path}[{number}]")


_KINDS: Mapping[str, Any] = {"string": str, "object": dict, "array": list, "boolean": bool, "null": type(None)}


def _problem(shape: Shape, value: Json) -> str | None:
    kinds = shape.get("type")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds is not None and not any(_is(kind, value) for kind in kinds):
        return f"{' or '.join(kinds)} is expected"
    if "enum" in shape and value not in shape["enum"]:
        return f"one of {', '.join(map(str, shape['enum']))} is expected"
    if isinstance(value, str):
        return _text_problem(shape, value)
    if isinstance(value, int | float) and not isinstance(value, bool) and "minimum" in shape:
        low, high = shape["minimum"], shape["maximum"]
        return None if low <= value <= high else f"a number from {low} to {high} is expected"
    if isinstance(value, list) and len(value) > shape.get("maxItems", len(value)):
        return f"at most {shape['maxItems']} are expected"
    return _object_problem(shape, value) if isinstance(value, dict) else None


def _text_problem(shape: Shape, value: str) -> str | None:
    try:
        value.encode()
    except UnicodeEncodeError:
        return "half of a character stands in it"
    longest = shape.get("maxLength")
    if longest is not None and not shape.get("minLength", 0) <= len(value) <= longest:
        return f"text of {shape.get('minLength', 0)} to {longest} characters is expected"
    if "pattern" in shape and not re.fullmatch(shape["pattern"], value):
        return f"text of the form {shape['pattern']} is expected"
    return None


def _object_problem(shape: Shape, value: dict[str, Json]) -> str | None:
    missing = [name for name in shape.get("required", ()) if name not in value]
    if missing:
        return f"'{missing[0]}' is missing"
    if shape.get("additionalProperties") is False:
        unknown = [name for name in value if name not in shape["properties"]]
        if unknown:
            return f"'{_shown(unknown[0])}' is not known here; known are {', '.join(shape['properties'])}"
    if len(value) > shape.get("maxProperties", len(value)):
        return f"at most {shape['maxProperties']} fields are expected"
    return None


def _is(kind: str, value: Json) -> bool:
    if kind == "integer":
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return whole and not isinstance(value, bool)
    return isinstance(value, _KINDS[kind])


class _Twice(ValueError):
    """A key appears twice in one object."""


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice("a key appears twice in one object")
    return found


def _refuse(constant: str) -> Json:
    raise ValueError(constant)


def _require_shallow(value: Json, deepest: int) -> None:
    if deepest < 0:
        raise RequestInvalid(f"The body is nested deeper than {DEEPEST} levels. Send a flatter one.")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        _require_shallow(one, deepest - 1)


def _shown(name: str) -> str:
    """A key of somebody else's, short and harmless."""
    return name.encode("ascii", "backslashreplace").decode()[:40]
