"""What rules look at: one action in its situation, made ready for the engine once for all rules that cover it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from goldenthread.control.rules.engine import engine
from goldenthread.promise.values import Json

NAMES = ("slice", "action", "effect", "level", "replay", "mode", "arguments", "before", "untrusted", "content")
"""Every name that a rule may look at."""

MOST_VALUES = 10_000
MOST_CHARACTERS = 1_000_000
DEEPEST = 50
"""How much an action's arguments may hold in values, characters and nesting before rules give up on them and hit."""


class Unclear(Exception):
    """It cannot be told whether a rule hits, so it does. The words are our own: an engine's change with its version."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class Context(dict[str, Json]):
    """What rules look at, by name (`NAMES`), with what the engine made of it for the rules that follow."""

    __slots__ = ("_given", "_made", "_size")

    def __init__(self, values: Mapping[str, Json]) -> None:
        super().__init__(values)
        self._made: Any = None
        self._given: set[str] = set()
        self._size: tuple[int, int] | None = None

    def size(self) -> tuple[int, int]:
        """
        Values and characters in the arguments.

        Raises:
            Unclear: There are more than any rule is judged on.
        """
        if self._size is None:
            self._size = _measured(self.get("arguments"))
        return self._size

    def for_engine(self, names: Iterable[str]) -> Any:
        """
        The engine's own context, with at least these names in it.

        Raises:
            Unclear: A value that the engine cannot take.
        """
        self.size()
        if self._made is None:
            self._made = engine().Context()
        for name in names:
            if name not in self._given:
                try:
                    self._made.add_variable(name, self[name])
                except (ValueError, TypeError, OverflowError, KeyError) as problem:
                    raise Unclear(f"'{name}' holds a value that no rule can be judged on") from problem
                self._given.add(name)
        return self._made


def _measured(value: Json) -> tuple[int, int]:
    values = characters = 0
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        if not level:
            return values, characters
        values += len(level)
        below: list[Any] = []
        for one in level:
            if isinstance(one, str):
                characters += len(one)
            elif isinstance(one, Mapping):
                characters += sum(len(key) for key in one if isinstance(key, str))
                below.extend(one.values())
            elif isinstance(one, list | tuple):
                below.extend(one)
        if values + len(below) > MOST_VALUES:
            raise Unclear(f"its arguments hold more than {MOST_VALUES} values")
        if characters > MOST_CHARACTERS:
            raise Unclear(f"its arguments hold more than {MOST_CHARACTERS} characters")
        level = below
    raise Unclear(f"its arguments are nested more than {DEEPEST} deep")
