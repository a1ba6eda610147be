"""
YAML 1.2 as a plain tree of text with line and column, and everything in it that a contract must not use.

Scalars stay the text that the author wrote: nothing here guesses that `1.0`, `014` or `no` means a number or
a truth value. Anchors, aliases, tags, merge keys, tabs, invisible characters, several documents, an oversized
file and a nesting bomb are problems; the tree is built as far as it can be read, so that all are told at once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from goldenthread.promise.errors import ContractInvalid, Problem

LARGEST_FILE = 64 * 1024
"""Bytes; a page of text has about 4,000."""
DEEPEST = 8
"""Nesting; a contract needs 5."""
ASKED = "? "
"""What a text begins with that is a question of a drafted file, and no answer yet: it must be written in quotes."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A place in the file, line and column from 1."""

    line: int
    column: int


@dataclass(frozen=True, kw_only=True)
class Scalar:
    """Text as written; `exact` where a column inside the text is a column of the file."""

    text: str
    mark: Mark
    plain: bool
    exact: bool


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """A list; `flow` when in brackets."""

    items: tuple[Node, ...]
    mark: Mark
    flow: bool


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """Keys with their values, in the file's order, duplicates included; `flow` when in braces."""

    entries: tuple[tuple[Scalar, Node], ...]
    mark: Mark
    flow: bool


Node: TypeAlias = Scalar | Sequence | Mapping


@dataclass
class Report:
    """Collects every problem of one file."""

    file: str
    problems: dict[Problem, None] = field(default_factory=dict)  # in order, each once

    def add(self, mark: Mark, path: str, words: str, *, offset: int = 0) -> None:
        """Note one problem, `offset` columns behind the mark; the same one twice counts once."""
        problem = Problem(file=self.file, line=mark.line, column=mark.column + offset, path=path, words=words)
        self.problems[problem] = None

    def settle(self) -> None:
        """
        Nothing, if nothing is wrong.

        Raises:
            ContractInvalid: Every problem, in the file's order.
        """
        if self.problems:
            raise ContractInvalid(tuple(sorted(self.problems, key=lambda problem: (problem.line, problem.column))))


_TOP = Mark(line=1, column=1)


def read_tree(text: str, report: Report, *, largest: int = LARGEST_FILE, what: str = "contract") -> Node | None:
    """
    The file's tree, or None where nothing can be built of it; what is wrong stands in the report.

    Args:
        largest: Bytes that such a file may have.
        what: What it holds.
    """
    if not _bounded(text, report, largest, what):
        return None
    _check_characters(text, report)
    return _build(text.removeprefix("\ufeff"), report)


def _bounded(text: str, report: Report, largest: int, what: str) -> bool:
    size = len(text.encode("utf-8", errors="surrogatepass"))
    if size > largest:
        advice = "Clarify the work: one page." if what == "contract" else "Shorten it."
        report.add(_TOP, "", f"The file has {size} bytes; a {what} has at most {largest}. {advice}")
    return size <= largest


def _check_characters(text: str, report: Report) -> None:
    """People sign what they see, so nothing that cannot be seen may stand in the file."""
    for number, line in enumerate(_lines(text), start=1):
        indent = line[: len(line) - len(line.lstrip())]
        if "\t" in indent:
            report.add(Mark(line=number, column=1 + indent.index("\t")), "", "A tab indents this line; write spaces.")
        for column, character in enumerate(line, start=1):
            if character != "\t" and _is_unseen(character):
                words = f"An invisible character stands here (U+{ord(character):04X}); remove it."
                report.add(Mark(line=number, column=column), "", words)


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def _lines(text: str) -> list[str]:
    return [line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n")]


def _build(text: str, report: Report) -> Node | None:
    try:
        return _Builder(report=report, lines=_lines(text)).document(_events(text))
    except _TooDeep as deep:
        report.add(deep.mark, "", f"Nested more than {DEEPEST} deep; a contract needs 5.")
    except Exception as error:  # noqa: BLE001  the scanner meets hostile text here, and whatever it raises, the file is unreadable
        _add_yaml_error(error, text, report)
    return None


def _events(text: str) -> Iterator[Any]:
    from ruamel.yaml import YAML  # imported here: reading contracts is rare, importing goldenthread is not

    return iter(YAML(typ="safe", pure=True).parse(text))


class _TooDeep(Exception):
    def __init__(self, mark: Mark) -> None:
        self.mark = mark


@dataclass
class _Builder:
    report: Report
    lines: list[str]
    depth: int = 0

    def document(self, events: Iterator[Any]) -> Node | None:
        root: Node | None = None
        documents = 0
        for event in events:
            name = type(event).__name__
            if name == "DocumentStartEvent":
                documents += 1
                self._check_document(event, documents)
            elif name not in ("StreamStartEvent", "StreamEndEvent", "DocumentEndEvent"):
                node = self._node(event, events)
                root = root if documents > 1 else node
        return root

    def _check_document(self, event: Any, documents: int) -> None:
        if documents == 2:
            self.report.add(_mark(event), "", "A second document begins here; write one contract a file.")
        if event.version and tuple(event.version) != (1, 2):
            self.report.add(
                _mark(event), "", "%YAML asks for another version; contracts are YAML 1.2. Remove the line."
            )
        if event.tags:
            self.report.add(_mark(event), "", "%TAG gives text another meaning than people see. Remove the line.")

    def _node(self, event: Any, events: Iterator[Any]) -> Node:
        self._check_properties(event)
        match type(event).__name__:
            case "AliasEvent":
                words = f"'*{event.anchor}' is an alias; write the value itself, so that the page says what is signed."
                self.report.add(_mark(event), "", words)
                return _BrokenScalar(text="", mark=_mark(event), plain=False, exact=False)
            case "SequenceStartEvent":
                return self._sequence(event, events)
            case "MappingStartEvent":
                return self._mapping(event, events)
        self._check_glued_comment(event)
        self._check_escapes(event)
        return self._open_question(event) or _scalar(event)

    def _open_question(self, event: Any) -> Scalar | None:
        """Nobody signs a question, whatever it would read as without its mark."""
        if event.style not in ("'", '"') or not event.value.startswith(ASKED):
            return None
        found = _scalar(event)
        words = (
            f"This is still a question: {' '.join(event.value[len(ASKED) :].split())} Write the answer in its place."
        )
        self.report.add(found.mark, "", words)
        return _BrokenScalar(text="", mark=found.mark, plain=False, exact=False)

    def _check_escapes(self, event: Any) -> None:
        """In double quotes an escape can stand for what cannot be seen: the file shows it, and the page does not."""
        unseen = next((one for one in event.value if one not in "\n\t" and _is_unseen(one)), None)
        if unseen is not None and event.style == '"':
            words = f"An escape stands for an invisible character here (U+{ord(unseen):04X}); remove it."
            self.report.add(_mark(event), "", words)

    def _check_glued_comment(self, event: Any) -> None:
        """`problem: ticket #5 waits` is `ticket` to YAML; a comment that is meant has a space behind its sign."""
        behind = self.lines[event.end_mark.line][event.end_mark.column :]
        found = re.match(r"\s+(#[^\s#]\S*)", behind)
        if found and event.style in (None, ""):
            mark = Mark(line=event.end_mark.line + 1, column=event.end_mark.column + 1 + found.start(1))
            words = (
                f"'{found.group(1)[:40]}' begins a comment, so YAML drops the rest of the line; put the text in quotes."
            )
            self.report.add(mark, "", words)

    def _check_properties(self, event: Any) -> None:
        kind = type(event).__name__
        if kind != "AliasEvent" and event.anchor:
            words = f"'&{event.anchor}' is an anchor; write each value where it stands."
            self.report.add(_mark(event), "", words)
        if kind != "AliasEvent" and event.tag not in (None, "!"):
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            self.report.add(_mark(event), "", f"'{tag}' is a tag; write the plain value.")

    def _sequence(self, event: Any, events: Iterator[Any]) -> Sequence:
        self._descend(event)
        items = []
        for inner in events:
            if type(inner).__name__ == "SequenceEndEvent":
                break
            items.append(self._node(inner, events))
        self.depth -= 1
        return Sequence(items=tuple(items), mark=_mark(event), flow=bool(event.flow_style))

    def _mapping(self, event: Any, events: Iterator[Any]) -> Mapping:
        self._descend(event)
        entries = []
        for inner in events:
            if type(inner).__name__ == "MappingEndEvent":
                break
            key = self._node(inner, events)
            value = self._node(next(events), events)
            if isinstance(key, Scalar):
                entries.append((key, value))
            else:
                self.report.add(key.mark, "", "A list or mapping stands where a key belongs; write a name.")
        self.depth -= 1
        return Mapping(entries=tuple(entries), mark=_mark(event), flow=bool(event.flow_style))

    def _descend(self, event: Any) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise _TooDeep(_mark(event))


class _BrokenScalar(Scalar):
    """Stands for a value that was reported already."""


def is_broken(node: Node) -> bool:
    """True for a value whose problem stands in the report, so that nobody complains twice."""
    return isinstance(node, _BrokenScalar)


def _scalar(event: Any) -> Scalar:
    start, end = event.start_mark, event.end_mark
    quoted = event.style in ("'", '"')
    one_line = start.line == end.line
    width = end.column - start.column - (2 if quoted else 0)
    plain = event.style in (None, "")
    return Scalar(
        text=event.value,
        mark=Mark(line=start.line + 1, column=start.column + 1 + (1 if quoted else 0)),
        plain=plain,
        exact=one_line and width == len(event.value),
    )


def _mark(event: Any) -> Mark:
    return Mark(line=event.start_mark.line + 1, column=event.start_mark.column + 1)


def _add_yaml_error(error: Exception, text: str, report: Report) -> None:
    place = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    mark = Mark(line=place.line + 1, column=place.column + 1) if place else _TOP
    if any(problem.line == mark.line and not problem.path for problem in report.problems):
        return  # the cause was told in better words: a tab, an invisible character
    lines = _lines(text)
    line = lines[mark.line - 1] if mark.line <= len(lines) else ""
    report.add(mark, "", _yaml_words(error, line, mark))


def _yaml_words(error: Exception, line: str, mark: Mark) -> str:
    problem = str(getattr(error, "problem", None) or type(error).__name__)
    if re.search(r":\s+>[=\s]*\S", line[: mark.column + 1] + "x"):
        return "'>' begins a block of text in YAML; put the line in quotes, e.g. \">= 60 %\"."
    if "mapping values are not allowed" in problem:
        return "A second colon with a space behind it; put the text in quotes."
    if "expected ',' or" in problem:
        return "A bracket is open before this place; close it, or put the text in quotes."
    if "cannot start any token" in problem:
        return f"'{line[mark.column - 1 : mark.column]}' cannot begin a value in YAML; put the text in quotes."
    return f"This is no YAML ({' '.join(problem.split())}); compare the line with the example of the documentation."
