"""A block of keys on its way to a record: what a key may hold, and what to say where it holds something else."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from goldenthread.promise.contract.tree import Mapping as Block
from goldenthread.promise.contract.tree import Mark, Node, Report, Scalar, Sequence, is_broken
from goldenthread.promise.errors import LineInvalid

_T = TypeVar("_T")


_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


_BOOLEANS = frozenset({"true", "True", "TRUE", "false", "False", "FALSE"})


_NUMBER_LIKE = re.compile(
    r"[-+]?(?:0[xob])?[0-9][0-9_,]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:[0-9]+|inf|nan)", re.IGNORECASE
)


# --- one block of keys ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Part:
    """A block of keys on its way to a record; every complaint carries its path and place."""

    path: str
    mark: Mark
    entries: Mapping[str, tuple[Scalar, Node]]
    report: Report
    reported: set[str] = field(default_factory=set)  # keys whose value was complained about

    def at(self, key: str) -> str:
        """The path of a key."""
        return f"{self.path}.{key}" if self.path else key

    def node(self, key: str) -> Node | None:
        """The value of a key; None if it is missing or its problem stands in the report."""
        if key not in self.entries or key in self.reported:
            return None
        node = self.entries[key][1]
        return None if is_broken(node) else node

    def complain(self, key: str, words: str, node: Node | None = None, offset: int = 0) -> None:
        """Note a problem of a key; nobody complains about it again."""
        mark = (node or self.entries[key][1]).mark if key in self.entries or node else self.mark
        self.report.add(mark, self.at(key), words, offset=offset)
        self.reported.add(key)

    def require(self, key: str, example: str) -> None:
        """Note that a key is missing, with an example of it."""
        if key not in self.entries:
            self.report.add(self.mark, self.at(key), f"is missing; write e.g. '{key}: {example}'.")
            self.reported.add(key)

    def text(self, key: str) -> str | None:
        """The one line of text under a key."""
        node = self.node(key)
        return None if node is None else text_of(node, self.at(key), self.report)

    def line(self, key: str, parse: Callable[[str], _T]) -> _T | None:
        """The one-line form under a key."""
        node = self.node(key)
        return None if node is None else parsed(node, self.at(key), self.report, parse)

    def lines(self, key: str, parse: Callable[[str], _T]) -> tuple[_T, ...]:
        """One line, or a list of lines."""
        node = self.node(key)
        if node is None:
            return ()
        return parsed_all(node, self.at(key), self.report, parse)

    def part(self, key: str, keys: Iterable[str] | None, example: str) -> Part | None:
        """The block under a key; `keys` None where the author chooses the names."""
        node = self.node(key)
        if node is None:
            return None
        if not isinstance(node, Block):
            self.complain(key, f"is no block of keys; write e.g. '{example}'.")
            return None
        return read_part(node, self.at(key), self.report, keys)


def read_part(block: Block, path: str, report: Report, keys: Iterable[str] | None) -> Part:
    """A block with its keys checked: unknown, double and empty ones stand in the report."""
    known = tuple(keys) if keys is not None else None
    entries: dict[str, tuple[Scalar, Node]] = {}
    part = Part(path=path, mark=block.mark, entries=entries, report=report)
    for key, value in block.entries:
        if _accepts_key(part, key, value, known, block):
            entries[key.text] = (key, value)
            _check_null(part, key, value)
    return part


def _accepts_key(part: Part, key: Scalar, value: Node, known: tuple[str, ...] | None, block: Block) -> bool:
    path = part.at(key.text)
    if key.plain and key.text == "<<":
        part.report.add(key.mark, part.path, "'<<' is a merge key; write the values themselves.")
        return False
    if key.text in part.entries:
        first = part.entries[key.text][0].mark
        words = f"'{key.text}' stands here a second time, first in line {first.line}; keep one."
        part.report.add(key.mark, path, words)
        return False
    if known is not None and key.text not in known:
        part.report.add(key.mark, path, _unknown_words(key.text, value, known, block, guess=_is_worth_a_guess(part)))
        return False
    return True


_GUESSES = 50  # problems after which nobody reads what was meant; looking for it is slow in a hostile file


def _is_worth_a_guess(part: Part) -> bool:
    return len(part.report.problems) < _GUESSES


def _unknown_words(key: str, value: Node, known: tuple[str, ...], block: Block, *, guess: bool) -> str:
    if block.flow and _is_null(value):
        return f"'{key}' is what YAML cut off at a comma; put the line in quotes or on a line of its own."
    nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.6) if guess else []
    if nearest:
        return f"'{key}' is no key; did you mean '{nearest[0]}'?"
    return f"'{key}' is no key here; write one of {', '.join(known)}."


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.plain and node.text in _NULLS and not is_broken(node)


def _check_null(part: Part, key: Scalar, value: Node) -> None:
    if _is_null(value):
        part.report.add(key.mark, part.at(key.text), f"'{key.text}' has no value; write one or remove the line.")
        part.reported.add(key.text)


# --- scalars --------------------------------------------------------------------------------------


def text_of(node: Node, path: str, report: Report) -> str | None:
    """One line of text; folded lines become one."""
    if is_broken(node):
        return None
    if not isinstance(node, Scalar):
        kind = "a list" if isinstance(node, Sequence) else "a block of keys"
        report.add(node.mark, path, f"is {kind}; write one line of text.")
        return None
    trap = _scalar_trap(node)
    if trap:
        report.add(node.mark, path, trap)
        return None
    return " ".join(node.text.split())


def _scalar_trap(node: Scalar) -> str | None:
    if not node.text.strip():
        return "is empty; write a value or remove the line."
    if not node.plain:
        return None
    if node.text in _NULLS:
        return "has no value; write one or remove the line."
    if node.text in _BOOLEANS:
        return f"'{node.text}' is a truth value in YAML and no text; put it in quotes if it is meant as text."
    if _NUMBER_LIKE.fullmatch(node.text):
        return f"'{node.text}' is a number in YAML and no text; put it in quotes if it is meant as text."
    return None


def parsed(node: Node, path: str, report: Report, parse: Callable[[str], _T]) -> _T | None:
    """A one-line form; its problem points at the column in the line."""
    if is_broken(node):
        return None
    if not isinstance(node, Scalar):
        text_of(node, path, report)
        return None
    if not node.text.strip():
        report.add(node.mark, path, "is empty; write a value or remove the line.")
        return None
    text = node.text if node.exact else " ".join(node.text.split())
    try:
        return parse(text)
    except LineInvalid as error:
        report.add(node.mark, path, error.message, offset=error.offset if node.exact else 0)
        return None


def parsed_all(node: Node, path: str, report: Report, parse: Callable[[str], _T]) -> tuple[_T, ...]:
    """One line, or a list of lines, each in its form."""
    if not isinstance(node, Sequence):
        one = parsed(node, path, report, parse)
        return () if one is None else (one,)
    if not node.items:
        report.add(node.mark, path, "is an empty list; write a line or remove the key.")
    if _cut_by_yaml(node, path, report, parse):
        return ()
    found = [parsed(item, f"{path}[{number}]", report, parse) for number, item in enumerate(node.items, start=1)]
    return tuple(one for one in found if one is not None)


def _cut_by_yaml(node: Sequence, path: str, report: Report, parse: Callable[[str], _T]) -> bool:
    """In brackets YAML splits at every comma; true if two neighbours make sense only as one line."""
    for left, right in zip(node.items, node.items[1:], strict=False):
        if node.flow and isinstance(left, Scalar) and isinstance(right, Scalar) and _belong(left, right, parse):
            words = (
                f"YAML cut this line at its comma, before '{right.text}'; "
                "put the line in quotes or in a block list ('- ' on a line of its own)."
            )
            report.add(left.mark, path, words)
            return True
    return False


def _belong(left: Scalar, right: Scalar, parse: Callable[[str], _T]) -> bool:
    if not right.plain or _reads(right.text, parse):
        return False
    whole = _reads(f"{left.text}, {right.text}", parse)
    return whole or right.text.startswith("owned by") or _grouped(left.text, right.text)


def _reads(text: str, parse: Callable[[str], _T]) -> bool:
    try:
        parse(text)
    except LineInvalid:
        return False
    return True


def _grouped(left: str, right: str) -> bool:
    return bool(re.search(r"\d$", left) and re.match(r"\d", right))


def named(node: Node, path: str, report: Report, pattern: re.Pattern[str], what: str, example: str) -> str | None:
    """A name of a certain pattern."""
    name = text_of(node, path, report)
    if name is None or pattern.fullmatch(name):
        return name
    report.add(node.mark, path, f"'{name}' is no {what}; write e.g. '{example}'.")
    return None


def whole_number(part: Part, key: str, example: str, *, least: int, most: int) -> int | None:
    """A plain whole number; YAML has many others."""
    node = part.node(key)
    if node is None:
        return None
    if not isinstance(node, Scalar):
        part.complain(key, f"is no number; write e.g. '{key}: {example}'.")
        return None
    if not node.plain:
        part.complain(key, f"'{node.text}' stands in quotes; write the number without them, e.g. '{key}: {example}'.")
        return None
    if not re.fullmatch(r"0|[1-9][0-9]{0,8}", node.text):
        part.complain(key, _number_words(node.text, key, example))
        return None
    number = int(node.text)
    if not least <= number <= most:
        part.complain(key, f"{number} lies outside {least} to {most}; write e.g. '{key}: {example}'.")
        return None
    return number


def _number_words(text: str, key: str, example: str) -> str:
    if re.fullmatch(r"[0-9]+(?:[_,][0-9]+)+", text):
        return f"'{text}' groups digits; write {re.sub('[_,]', '', text)}."
    if re.fullmatch(r"0[0-9]+", text):
        return f"'{text}' begins with a zero, which some programs read as octal; write {text.lstrip('0') or '0'}."
    return f"'{text}' is no whole number; write e.g. '{key}: {example}'."


def truth(part: Part, key: str) -> bool | None:
    """A plain `true` or `false`, and not `yes`."""
    node = part.node(key)
    if node is None:
        return None
    if isinstance(node, Scalar) and node.plain and node.text in ("true", "false"):
        return node.text == "true"
    shown = f"'{node.text}'" if isinstance(node, Scalar) else "A list or block"
    part.complain(key, f"{shown} is neither true nor false; write '{key}: true' or '{key}: false'.")
    return None


def choice(part: Part, key: str, options: Iterable[str], what: str | None = None) -> str | None:
    """One of a few words; `what` they are called in complaints, if not like the key."""
    text = part.text(key)
    known = tuple(options)
    if text is None or text in known:
        return text
    nearest = difflib.get_close_matches(text.lower(), known, n=1, cutoff=0.6)
    hint = f"write '{nearest[0]}'." if nearest else f"write one of {', '.join(known)}."
    part.complain(key, f"'{text}' is no {what or key}; {hint}")
    return None
