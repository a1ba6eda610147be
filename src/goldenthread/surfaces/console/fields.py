"""Arguments as they are typed into a form, and back to values: strictly, since what comes of them has effect."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from goldenthread.promise.errors import AnswerInvalid
from goldenthread.promise.values import Json
from goldenthread.surfaces.views import Part

PREFIX = "arg:"
"""What stands before an argument's name in a form."""

_WHOLE = re.compile(r"[+-]?\d{1,30}")
_SHOULD = {
    "number": "a number, such as 12.5",
    "whole number": "a whole number, such as 12",
    "yes or no": "'true' or 'false'",
    "list": 'a list, such as ["a", "b"]',
    "object": 'an object, such as {"a": 1}',
    "JSON": 'JSON: text in quotes, a number, true, false, null, [..] or {".."}',
}
_ALLOWED: Mapping[str, tuple[type, ...]] = {
    "number": (int, float),
    "list": (list,),
    "object": (dict,),
    "JSON": (str, int, float, bool, list, dict, type(None)),
}


def changes(parts: Sequence[Part], form: Mapping[str, str]) -> dict[str, Json]:
    """
    What was typed other than it was shown; a browser's line ends make no change.

    Raises:
        AnswerInvalid: An argument that is not one of these, or a value of another type.
    """
    _require_known(parts, form)
    found = {}
    for part in parts:
        typed = form.get(PREFIX + part.name)
        if typed is not None and _plain(typed) != _plain(part.shown):
            found[part.name] = value_of(part, _plain(typed))
    return found


def arguments(parts: Sequence[Part], form: Mapping[str, str]) -> dict[str, Json]:
    """
    Every argument that was typed; what is optional and left empty is left out.

    Raises:
        AnswerInvalid: One is missing, is not one of these, or of another type.
    """
    _require_known(parts, form)
    found = {}
    for part in parts:
        typed = _plain(form.get(PREFIX + part.name, ""))
        if typed.strip():
            found[part.name] = value_of(part, typed)
        elif not part.optional:
            raise AnswerInvalid(f"The argument '{part.name}' is empty. Fill it in.")
    return found


def value_of(part: Part, typed: str) -> Json:
    """
    The value that a text stands for.

    Raises:
        AnswerInvalid: It is none of the argument's type.
    """
    if part.type == "text":
        return typed
    text = typed.strip()
    if part.type == "yes or no" and text in ("true", "false"):
        return text == "true"
    if part.type == "whole number" and _WHOLE.fullmatch(text):
        return int(text)
    if part.type in _ALLOWED:
        value = _json(text)
        if isinstance(value, _ALLOWED[part.type]) and not (part.type == "number" and isinstance(value, bool)):
            return value  # type: ignore[return-value]
    shown = text if len(text) <= 80 else f"{text[:80]}..."
    raise AnswerInvalid(f"'{shown}' is no value for '{part.name}'. Write {_SHOULD.get(part.type, 'JSON')}.")


_NONE = object()


def _json(text: str) -> object:
    def refuse(name: str) -> object:
        raise ValueError(name)

    try:
        found: object = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        return _NONE
    return found


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _require_known(parts: Sequence[Part], form: Mapping[str, str]) -> None:
    known = [part.name for part in parts]
    unknown = next((name for name in form if name.startswith(PREFIX) and name[len(PREFIX) :] not in known), None)
    if unknown is not None:
        raise AnswerInvalid(
            f"There is no argument '{unknown[len(PREFIX) :][:80]}' here; there is {', '.join(known) or 'none'}. "
            "Use the page's own form."
        )
