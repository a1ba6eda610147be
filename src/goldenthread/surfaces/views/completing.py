"""What an editor of contracts can complete: every key with its meaning, choices and lines, metrics, people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from goldenthread.promise.contract import METRICS
from goldenthread.promise.contract.schema import contract_schema
from goldenthread.promise.values import Json

_MOST_PEOPLE = 500


def completions(people: Iterable[str]) -> dict[str, Json]:
    """
    The tree of keys, and names.

    Returns:
        `keys`: name -> {about, lines, choices, list, keys, each}: what it says, lines to begin from, the only words
        that it takes, whether it may hold a list, the keys below it, and what stands under keys that the author names.
        `metrics`: name -> what it counts. `people`: names on record.
    """
    names: list[Json] = [*sorted(people)[:_MOST_PEOPLE]]
    return {"keys": _tree()["keys"], "metrics": _metrics(), "people": names}


@cache
def _tree() -> dict[str, Json]:
    schema = contract_schema()
    found = _node(schema, _object(schema["$defs"]))
    assert found is not None
    return found


def _metrics() -> dict[str, Json]:
    return {name: f"{metric.numerator}, over {metric.denominator}" for name, metric in METRICS.items()}


def _node(schema: Mapping[str, Json], defs: Mapping[str, Json]) -> dict[str, Json]:
    """One place of the file."""
    shapes = list(_shapes(schema, defs))
    lines: list[Json] = [one for shape in shapes for one in _list(shape.get("examples"))]
    choices: list[Json] = [one for shape in shapes for one in _choices(shape)]
    about = next((shape["description"] for shape in shapes if shape.get("description")), "")
    found: dict[str, Json] = {"about": about}
    if lines:
        found["lines"] = list(dict.fromkeys(map(str, lines)))
    if choices:
        found["choices"] = list(dict.fromkeys(map(str, choices)))
    if any(shape.get("type") == "array" for shape in shapes):
        found["list"] = True
    for shape in shapes:
        if "properties" in shape:
            properties = _object(shape["properties"])
            found["keys"] = {name: _node(_object(one), defs) for name, one in properties.items()}
        elif isinstance(shape.get("additionalProperties"), dict):
            found["each"] = _node(_object(shape["additionalProperties"]), defs)
    return found


def _shapes(schema: Mapping[str, Json], defs: Mapping[str, Json]) -> Iterable[Mapping[str, Json]]:
    """The schema itself, what it refers to, its alternatives, and what its list holds."""
    yield schema
    if "$ref" in schema:
        yield from _shapes(_object(defs[str(schema["$ref"]).rpartition("/")[2]]), defs)
    for one in _list(schema.get("anyOf")):
        yield from _shapes(_object(one), defs)
    if isinstance(schema.get("items"), dict):
        yield from _shapes(_object(schema["items"]), defs)


def _choices(shape: Mapping[str, Json]) -> list[Json]:
    if "const" in shape:
        return [shape["const"]]
    if shape.get("type") == "boolean":
        return ["true"]
    return _list(shape.get("enum"))


def _object(value: Json) -> Mapping[str, Json]:
    assert isinstance(value, dict)
    return value


def _list(value: Json | None) -> list[Json]:
    return list(value) if isinstance(value, list) else []
