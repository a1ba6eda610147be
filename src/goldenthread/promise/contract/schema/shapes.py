"""What a value of a contract may be, as pieces of a JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from goldenthread.promise.values import Json

Schema: TypeAlias = dict[str, Json]


def text(description: str, *examples: str) -> Schema:
    """One line of text."""
    return {"type": "string", "description": description, "pattern": r"\S", **_examples(examples)}


def form(description: str, pattern: str, *examples: str, said: str | None = None) -> Schema:
    """
    A line in a form of its own.

    Args:
        description: What it says.
        pattern: What it looks like.
        examples: The first one is what an editor tells whose line does not fit.
        said: What the form is called there, if not after its example.
    """
    words = f"Write e.g. '{examples[0]}'." if said is None else said
    return {
        "type": "string",
        "description": description,
        "pattern": pattern,
        **_examples(examples),
        "patternErrorMessage": words,
    }


def choice(description: str, options: Iterable[str]) -> Schema:
    """One of a few words."""
    return {"description": description, "enum": list(options)}


def whole(description: str, least: int, most: int, example: int) -> Schema:
    """A whole number from `least` to `most`."""
    return {"type": "integer", "description": description, "minimum": least, "maximum": most, "examples": [example]}


def one_or_many(item: Schema, *, unique: bool = False) -> Schema:
    """One line, or a list of at least one; `unique` where none may stand in it twice."""
    items: Schema = {"type": "array", "minItems": 1, "items": dict(item), **({"uniqueItems": True} if unique else {})}
    described = {key: value for key, value in item.items() if key == "description"}
    return {**described, "anyOf": [item, items]}


def block(description: str, keys: Iterable[str], values: Mapping[str, Schema], **more: Json) -> Schema:
    """
    A block of keys.

    Args:
        description: What it says.
        keys: Those that the reader knows, in its order.
        values: What each may hold; exactly one for each key.
        more: Whatever else holds of it.
    """
    wanted = tuple(keys)
    assert set(wanted) == set(values), f"the reader knows {sorted(wanted)}, and the schema {sorted(values)}"
    properties: dict[str, Json] = {key: values[key] for key in wanted}
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "additionalProperties": False,
        **more,
    }


def named(description: str, pattern: str, value: Schema, **more: Json) -> Schema:
    """A block whose keys the author chooses, each of a pattern."""
    return {
        "type": "object",
        "description": description,
        "propertyNames": {"pattern": f"^(?:{pattern})$"},
        "additionalProperties": value,
        **more,
    }


def ref(name: str) -> Schema:
    """A form that stands under `$defs`."""
    return {"$ref": f"#/$defs/{name}"}


def _examples(examples: tuple[str, ...]) -> Schema:
    found: list[Json] = list(examples)
    return {"examples": found} if found else {}
