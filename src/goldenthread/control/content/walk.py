"""Every text of a JSON value, keys and numbers too, within bounds; and the same value with its texts replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from goldenthread.promise.values import Json

MOST_CHARACTERS = 400_000
MOST_TEXTS = 20_000
DEEPEST = 64


class BeyondBounds(Exception):
    """The value is longer, wider or deeper than a detector looks, or holds what is no JSON."""


@dataclass(frozen=True, slots=True)
class Text:
    """
    One text of a value.

    Attributes:
        text: What it says; of a number its digits.
        name: The nearest key above it; '' where there is none.
        path: Where it is.
    """

    text: str
    name: str
    path: str


def texts(value: Json, name: str = "", safe: Callable[[str], bool] = lambda _: True) -> Iterator[Text]:
    """
    Every text of a value.

    Args:
        value: JSON.
        name: What the value itself is called.
        safe: Whether a key may stand in a path.

    Raises:
        BeyondBounds: There is more than a detector looks at.
    """
    left = [MOST_CHARACTERS, MOST_TEXTS]
    for text in _texts(value, name, "$", safe, DEEPEST):
        left[0] -= len(text.text)
        left[1] -= 1
        if min(left) < 0:
            raise BeyondBounds
        yield text


def _texts(value: object, name: str, path: str, safe: Callable[[str], bool], deeper: int) -> Iterator[Text]:
    if not deeper:
        raise BeyondBounds
    if isinstance(value, str):
        yield Text(value, name, path)
    elif isinstance(value, dict):
        for place, (key, inner) in enumerate(value.items()):
            if not isinstance(key, str):
                raise BeyondBounds
            yield Text(key, "", f"{path}.[key {place}]")
            below = key if safe(key) else f"[key {place}]"
            yield from _texts(inner, key, f"{path}.{below}", safe, deeper - 1)
    elif isinstance(value, list | tuple):
        for place, inner in enumerate(value):
            yield from _texts(inner, name, f"{path}[{place}]", safe, deeper - 1)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int | float):
        yield Text(digits(value), name, path)
    else:
        raise BeyondBounds


def digits(number: float) -> str:
    """A number as a person would write it: 4716424521511864.0 without its point."""
    return str(int(number)) if abs(number) < 1e17 and number == int(number) else str(number)


def rewritten(value: Json, name: str, change: Callable[[str, str], str]) -> Json:
    """
    The same structure with every text changed; a number stays one unless its digits change.

    Args:
        value: JSON, within bounds.
        name: What the value itself is called.
        change: From text and name to what stands there afterwards.
    """
    if isinstance(value, str):
        return change(value, name)
    if isinstance(value, dict):
        new: dict[str, Json] = {}
        for key, inner in value.items():
            changed = change(key, "")
            # Two keys that read the same once redacted are still two.
            new[_free(changed, new)] = rewritten(inner, key, change)
        return new
    if isinstance(value, list | tuple):
        return [rewritten(inner, name, change) for inner in value]
    if isinstance(value, bool) or value is None:
        return value
    written = digits(value)
    changed = change(written, name)
    return value if changed == written else changed


def _free(key: str, taken: dict[str, Json]) -> str:
    if key not in taken:
        return key
    return next(name for number in range(2, len(taken) + 3) if (name := f"{key} ({number})") not in taken)
