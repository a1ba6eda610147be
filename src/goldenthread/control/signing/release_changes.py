"""What is other in a release than in the one before, in words for whoever signs it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from goldenthread.control.autonomy import Qualification, Standing
from goldenthread.control.guard import plain
from goldenthread.promise.values import Json

_LONGEST = 60
"""Characters of a value that are shown; of what is longer only that it changed, and by how much."""

_DIGEST = "sha256:"
_NAME = re.compile(r"[A-Za-z0-9_-]+")


def signed_before(standing: Standing, agent: Qualification) -> Qualification | None:
    """The release of the same agent that has every signature and was signed last; None where there is none."""
    others = (
        one
        for one in standing.agents.values()
        if one is not agent and one.agent == agent.agent and one.signatures and not standing.unsigned(one.fingerprint)
    )
    return max(others, key=lambda one: one.signed_seq, default=None)


def release_changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> tuple[str, ...]:
    """
    What changed from one declaration to another, a line each; with none before, all that the release is made of.

    Names and values are the agent's own words, so what would steer a terminal or reorder a line is written out.
    """
    old = before if before is not None else {"manifest": {}, "tools": {}, "code": None}
    lines = [*_manifest(old["manifest"], after["manifest"]), *_tools(old["tools"], after["tools"])]
    if old["code"] != after["code"]:
        lines.append("code changed" if before is not None else f"code {_value(after['code'])}")
    return tuple(plain(line) for line in lines)


def _manifest(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[str]:
    before, after = dict(_leaves((), dict(old))), dict(_leaves((), dict(new)))
    for path in sorted({*before, *after}):
        name = ".".join(map(_name, path))
        if path not in before:
            yield f"{name} added: {_value(after[path])}"
        elif path not in after:
            yield f"{name} removed; it was {_value(before[path])}"
        elif _json(before[path]) != _json(after[path]):
            yield f"{name} {_from_to(before[path], after[path])}"


def _leaves(path: tuple[str, ...], value: Json) -> Iterator[tuple[tuple[str, ...], Json]]:
    """Every value under the names that lead to it; a list is one value, and so is an empty object."""
    if isinstance(value, Mapping) and (value or not path):
        for name, one in value.items():
            yield from _leaves((*path, name), one)
    elif path:
        yield path, value


def _from_to(old: Json, new: Json) -> str:
    before, after = _value(old), _value(new)
    if before == after or any(_is_long(one) for one in (old, new)):
        sizes = f", from {len(_text(old)):,} to {len(_text(new)):,} characters"
        return f"changed{sizes if not _is_digest(old) or not _is_digest(new) else ''}"
    return f"changed from {before} to {after}"


def _tools(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*old, *new}):
        if name not in old:
            yield f"tool {_name(name)}({_arguments(new[name])}) added"
        elif name not in new:
            yield f"tool {_name(name)} removed"
        elif old[name] != new[name]:
            yield f"tool {_name(name)} takes ({_arguments(new[name])}) instead of ({_arguments(old[name])})"


def _arguments(schema: Json) -> str:
    """`order: str, amount: int?`; a schema of another form as its text."""
    try:
        return ", ".join(f"{one['name']}: {one['type']}{'' if one['required'] else '?'}" for one in schema)  # type: ignore[union-attr, index, call-overload]
    except (TypeError, KeyError):
        return _value(schema)


def _value(value: Json) -> str:
    text = _text(value)
    return f"{text[: _LONGEST - 3]}... ({len(text):,} characters)" if _is_long(value) else text


def _is_long(value: Json) -> bool:
    return len(_text(value)) > _LONGEST


def _is_digest(value: Json) -> bool:
    return isinstance(value, str) and value.startswith(_DIGEST)


def _name(name: str) -> str:
    """A name that reads as one: what is no plain word stands in quotes."""
    return name if _NAME.fullmatch(name) else json.dumps(name)


def _text(value: Json) -> str:
    return value if isinstance(value, str) and value else _json(value)


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
