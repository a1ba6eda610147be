"""
The words of a CEL expression with their places, and what they say of it before it ever runs.

The engine parses, and tells which names and functions an expression has; this only finds where they stand, which
arguments are read by name, and how deep loops go. What it cannot see, the engine still judges.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

_WORD = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*)
  | (?P<string>[rRbB]{0,2}(?:\"\"\"(?s:.*?)(?<!\\)\"\"\"|'''(?s:.*?)(?<!\\)'''
        |"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<number>0[xX][0-9a-fA-F]+[uU]?|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?[uU]?)
  | (?P<sign>&&|\|\||[<>=!]=|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_WORDS_OF_CEL = frozenset({"true", "false", "null", "in"})
LOOPS = frozenset({"all", "exists", "exists_one", "existsOne", "map", "filter"})

Path = tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """A name, number, text or sign; `at` counts the characters before it."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """
    What an expression reads. `names` and `calls` with the place where each first stands; `paths` of arguments read by
    name, without those that it asks for with `has` or `in` first; `patterns`: what `matches` is given, None where that
    is no text of its own; `depth`: loops within loops.
    """

    names: dict[str, int]
    calls: dict[str, int]
    bound: dict[str, int]
    paths: tuple[Path, ...]
    patterns: tuple[tuple[str | None, int], ...]
    depth: int
    words: int
    sums: int


def reading_of(expression: str) -> Reading:
    """What an expression reads, from its words; the engine has said that it is an expression."""
    return _Reader(words_of(expression)).read()


def words_of(expression: str) -> tuple[Word, ...]:
    """The words of an expression, without spaces and comments."""
    return tuple(
        Word(kind=found.lastgroup or "sign", text=found.group(), at=found.start())
        for found in _WORD.finditer(expression)
        if found.lastgroup != "space"
    )


class _Reader:
    def __init__(self, words: Sequence[Word]) -> None:
        self.words = words
        self.names: dict[str, int] = {}
        self.calls: dict[str, int] = {}
        self.bound: dict[str, int] = {}
        self.paths: dict[Path, None] = {}
        self.asked: set[Path] = set()
        self.patterns: list[tuple[str | None, int]] = []
        self.brackets: list[str | None] = []  # for each open one, the name that a loop binds in it, or None
        self.depth = 0

    def read(self) -> Reading:
        for index, word in enumerate(self.words):
            if word.kind == "name":
                self._name(index, word)
            elif word.text in ("(", "[", "{"):
                self._open(index)
            elif word.text in (")", "]", "}") and self.brackets:
                self.brackets.pop()
            elif word.kind == "string" and self._text(index + 1) == "in" and self._text(index + 2) == "arguments":
                self.asked.add((literal(word.text) or "",))
        return Reading(
            names=self.names,
            calls=self.calls,
            bound=self.bound,
            paths=tuple(path for path in self.paths if not self._is_asked(path)),
            patterns=tuple(self.patterns),
            depth=self.depth,
            words=len(self.words),
            sums=sum(word.text == "+" for word in self.words),
        )

    def _name(self, index: int, word: Word) -> None:
        member, called = self._text(index - 1) == ".", self._text(index + 1) == "("
        if called and word.text not in _WORDS_OF_CEL:
            self.calls.setdefault(word.text, word.at)
            if word.text == "matches":
                self._pattern(index)
        elif not member and word.text not in _WORDS_OF_CEL and word.text not in self.brackets:
            self.names.setdefault(word.text, word.at)
            if word.text == "arguments":
                self._path(index)

    def _open(self, index: int) -> None:
        binder = self.words[index + 1] if index + 2 < len(self.words) else None
        loops = (
            self.words[index].text == "("
            and self._text(index - 1) in LOOPS
            and self._text(index - 2) == "."
            and binder is not None
            and binder.kind == "name"
            and self._text(index + 2) == ","
        )
        if loops and binder is not None:
            self.bound.setdefault(binder.text, binder.at)
        self.brackets.append(binder.text if loops and binder is not None else None)
        self.depth = max(self.depth, sum(name is not None for name in self.brackets))

    def _path(self, index: int) -> None:
        """`arguments.order.amount` and `arguments['order']`, as far as it is read by name."""
        path, at = [], index + 1
        while True:
            step = self._step(at)
            if step is None:
                break
            path.append(step[0])
            at = step[1]
        if not path:
            return
        if self._text(index - 1) == "(" and self._text(index - 2) == "has":
            self.asked.add(tuple(path))
        else:
            self.paths.setdefault(tuple(path))

    def _step(self, at: int) -> tuple[str, int] | None:
        if self._text(at) == "." and self._kind(at + 1) == "name" and self._text(at + 2) != "(":
            return self._text(at + 1), at + 2
        if self._text(at) == "[" and self._kind(at + 1) == "string" and self._text(at + 2) == "]":
            name = literal(self._text(at + 1))
            return (name, at + 3) if name is not None else None
        return None

    def _pattern(self, index: int) -> None:
        alone = self._kind(index + 2) == "string" and self._text(index + 3) == ")"
        text = self._text(index + 2) if alone else None
        self.patterns.append((text, self.words[min(index + 2, len(self.words) - 1)].at))

    def _is_asked(self, path: Path) -> bool:
        return any(path[: len(asked)] == asked for asked in self.asked)

    def _text(self, index: int) -> str:
        return self.words[index].text if 0 <= index < len(self.words) else ""

    def _kind(self, index: int) -> str:
        return self.words[index].kind if 0 <= index < len(self.words) else ""


def literal(text: str) -> str | None:
    """The text that a quoted text stands for; None where that cannot be told here."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None
    return value if isinstance(value, str) else None
