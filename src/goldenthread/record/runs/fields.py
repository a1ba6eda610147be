"""Reading JSON that others wrote: each value by its name, with the place said where it is not what was expected."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from goldenthread.promise.errors import NotCanonical, RunsInvalid
from goldenthread.promise.values import Json, canonical

NOTHING_IMPORTED = "Mend the file or export it again; nothing was imported."
_LONGEST_SHOWN = 60
_CONSTANTS = {None: "null", True: "true", False: "false"}


def refuse(place: str, words: str) -> NoReturn:
    """
    Raises:
        RunsInvalid: Always: `place: words`, and what to do.
    """
    raise RunsInvalid(f"{place}: {words} {NOTHING_IMPORTED}")


class Fields:
    """
    One JSON object of a file.

    Args:
        value: What stands there.
        place: Where: `runs.json: run 3 (task 8, trial 2)`.

    Raises:
        RunsInvalid: It is no object. Every method raises it where a value is missing or is not what it should be.
    """

    def __init__(self, value: object, place: str) -> None:
        if not isinstance(value, dict):
            refuse(place, f"{shown(value)} is no object.")
        self.value: Mapping[str, Any] = value
        self.place = place

    def at(self, name: str) -> str:
        """The place of a field."""
        return f"{self.place}, {name}"

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.value.get(name) is not None

    def refuse(self, name: str, words: str) -> NoReturn:
        """Say what is wrong with a field."""
        refuse(self.at(name), words)

    def text(self, name: str, *, empty: bool = True) -> str:
        """A string that can be written in UTF-8."""
        found = self._present(name)
        if not isinstance(found, str) or (not empty and not found.strip()):
            self.refuse(name, f"{shown(found)} is no text; expected a string{'' if empty else ' that is not empty'}.")
        if not _is_sound(found):
            self.refuse(name, "the text holds half of a surrogate pair, which is no character.")
        return found

    def text_or_empty(self, name: str) -> str:
        """A string, '' where it is missing or null."""
        return self.text(name) if self.has(name) else ""

    def whole(self, name: str) -> int:
        """A whole number of at least 0."""
        found = self._present(name)
        if type(found) is not int or not 0 <= found < 2**53:
            self.refuse(name, f"{shown(found)} is no whole number of at least 0.")
        return found

    def number(self, name: str, *, most: float = math.inf) -> float:
        """A finite number from 0 to `most`."""
        found = self._present(name)
        if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= most or found == math.inf:
            bound = "at least 0" if most == math.inf else f"from 0 to {most:g}"
            self.refuse(name, f"{shown(found)} is impossible; expected a number {bound}.")
        return float(found)

    def truth(self, name: str) -> bool:
        """True or false; false where it is missing or null."""
        found = self.value.get(name)
        if found is not None and not isinstance(found, bool):
            self.refuse(name, f"{shown(found)} is neither true nor false.")
        return bool(found)

    def instant(self, name: str) -> datetime:
        """A time in ISO 8601, as UTC where it names no zone."""
        found = self.text(name)
        try:
            at = datetime.fromisoformat(found)
            return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, OverflowError):
            self.refuse(name, f"{shown(found)} is no time; expected e.g. '2025-10-06T19:24:17'.")

    def part(self, name: str) -> Fields:
        """The object below a name."""
        return Fields(self._present(name), self.at(name))

    def parts(self, name: str, word: str, *, least: int = 0) -> Iterator[Fields]:
        """The objects of a list; none where it is null. Each is called `word` and its number, from 1."""
        found = self._present(name) if least else self.value.get(name)
        if found is not None and (not isinstance(found, list) or len(found) < least):
            self.refuse(name, f"{shown(found)} is no list of {word}s.")
        for number, one in enumerate(found or (), 1):
            yield Fields(one, f"{self.place}, {word} {number}")

    def json(self, name: str) -> Json:
        """Any value that JSON carries exactly; None where it is missing."""
        found: Json = self.value.get(name)
        try:
            canonical(found)
        except NotCanonical as problem:
            raise RunsInvalid(f"{self.at(name)}: {problem.message} Nothing was imported.") from problem
        return found

    def _present(self, name: str) -> Any:
        if not self.has(name):
            self.refuse(name, "it is null." if name in self.value else "it is missing.")
        return self.value[name]


def shown(value: object) -> str:
    """A value as it stands in an error, cut short."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    text = _CONSTANTS[value] if value is None or isinstance(value, bool) else ascii(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _is_sound(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
