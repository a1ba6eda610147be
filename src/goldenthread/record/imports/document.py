"""
A large JSON file, one element of its lists at a time: what is held is one element, never the file.

Each element is read by the standard library's own reader. Where it cannot be, a scan of quotes and brackets finds its
end, so that one broken element costs no other.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import IO, Any

from goldenthread.promise.errors import ImportInvalid
from goldenthread.record.imports.octets import LONGEST

_CHUNK = 1024 * 1024
_SPACE = re.compile(r"[ \t\n\r]*")
_TOKENS = re.compile(r'["\[\]{}]')
_STRING = re.compile(r'[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_OF_NUMBER = re.compile(r"[-+.eE0-9]*")
_LONE = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Element:
    """
    A value of the file. `key` names the list or field that it stands in, '' at the top; `number` counts from 1 there,
    and is 0 for a field that is no list.

    `refused` is a word of REASONS where it could not be read, and `words` say what is wrong; `value` is then None.
    `size` is how many characters it has.
    """

    key: str
    number: int
    line: int
    value: Any = None
    size: int = 0
    refused: str = ""
    words: str = ""


class Document:
    """
    A JSON document as it reads.

    Args:
        stream: UTF-8; what is none costs the element that it stands in.
        name: The file's, for errors.
        longest: Characters of one element.
    """

    def __init__(self, stream: IO[bytes], name: str, *, longest: int = LONGEST) -> None:
        self._stream, self._name, self._longest = stream, name, longest
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._reader = json.JSONDecoder()
        self._text, self._at, self._ended = "", 0, False
        self._line, self._counted = 1, 0  # the line of the place up to which ends of lines were counted
        self._skip = 0
        self._fill()
        if self._text.startswith("\ufeff"):
            self._at = 1

    def elements(self, lists: Collection[str], *, skip: int = 0) -> Iterator[Element]:
        """
        Every element of the list at the top, or of the lists of these names in the object at the top; its other
        fields are elements by themselves. Several documents one behind the other are read as one.

        Args:
            lists: Names of lists that are taken apart.
            skip: Elements of lists that are passed over without being read.

        Raises:
            ImportInvalid: It is no JSON on the outside, or ends in the middle.
        """
        self._skip = skip
        while self._peek():
            if self._peek() == "[":
                yield from self._list("")
            elif self._peek() == "{":
                yield from self._object(lists)
            else:
                raise self._wrong("a list or an object was expected")

    def _object(self, lists: Collection[str]) -> Iterator[Element]:
        self._at += 1
        while self._peek() != "}":
            key = self._key()
            if self._peek() == "[" and key in lists:
                yield from self._list(key)
            else:
                yield self._element(key, 0)
            if self._peek() == ",":
                self._at += 1
            elif self._peek() != "}":
                raise self._wrong("',' or '}' was expected")
        self._at += 1

    def _list(self, key: str) -> Iterator[Element]:
        self._at += 1
        number = 0
        while self._peek() != "]":
            number += 1
            if self._skip > 0:
                self._skip -= 1
                self._pass()
            else:
                yield self._element(key, number)
            if self._peek() == ",":
                self._at += 1
            elif self._peek() != "]":
                raise self._wrong("',' or ']' was expected")
        self._at += 1

    def _key(self) -> str:
        if self._peek() != '"':
            raise self._wrong("a name in quotes was expected")
        found = self._element("", 1)
        if not isinstance(found.value, str) or self._peek() != ":":
            raise self._wrong("a name and ':' were expected")
        self._at += 1
        return found.value

    def _element(self, key: str, number: int) -> Element:
        self._peek()
        line = self._count()
        while True:
            try:
                value, end = self._reader.raw_decode(self._text, self._at)
                more = not self._ended and len(self._text) - self._at <= self._longest
                if more and _OF_NUMBER.fullmatch(self._text, end):  # what was read may be half a number
                    self._fill()
                    continue
            except RecursionError:
                self._pass()
                return Element(key=key, number=number, line=line, refused="deep", words="it is nested too deep")
            except ValueError as problem:
                if not self._ended and len(self._text) - self._at <= self._longest and self._may_go_on(problem):
                    self._fill()
                    continue
                long = len(self._text) - self._at > self._longest
                self._pass()
                words = f"it has more than {self._longest:,} characters" if long else _words(problem)
                return Element(key=key, number=number, line=line, refused="long" if long else "broken", words=words)
            if end - self._at > self._longest:
                self._at = end
                words = f"it has more than {self._longest:,} characters"
                return Element(key=key, number=number, line=line, refused="long", words=words)
            if _LONE.search(self._text, self._at, end):
                self._at = end
                return Element(key=key, number=number, line=line, refused="encoding", words="it is no UTF-8")
            size, self._at = end - self._at, end
            return Element(key=key, number=number, line=line, value=value, size=size)

    def _pass(self) -> None:
        """Over a value without reading it; what was passed is let go of at once."""
        depth = 0
        if self._peek() not in '"[{':
            while self._peek() and self._peek() not in ",]}":
                self._at += 1
            return
        while True:
            token = self._token()
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token, 0)
            if depth <= 0:
                return

    def _token(self) -> str:
        """The next quote or bracket; a string is passed to its end."""
        while (found := _TOKENS.search(self._text, self._at)) is None:
            self._at = len(self._text)
            if not self._fill():
                raise self._wrong("it ends in the middle")
        self._at = found.end()
        if found.group() == '"':
            self._string()
        return found.group()

    def _string(self) -> None:
        while (found := _STRING.match(self._text, self._at)) is None:
            tail = len(self._text) - len(self._text.rstrip("\\"))
            self._at = len(self._text) - tail % 2  # half an escape waits for its other half
            if not self._fill():
                raise self._wrong("it ends in the middle")
        self._at = found.end()

    def _peek(self) -> str:
        """The next character that is no space; '' at the end."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill():
                return ""

    def _fill(self) -> bool:
        """Read more, and let go of what was read; False at the end."""
        if self._ended:
            return False
        wanted = max(_CHUNK, len(self._text) - self._at)  # so that what is tried again is tried a few times only
        octets = self._stream.read(wanted)
        self._ended = not octets
        self._count()
        self._text = self._text[self._at :] + self._decoder.decode(octets, final=self._ended)
        self._at = self._counted = 0
        return not self._ended

    def _may_go_on(self, problem: ValueError) -> bool:
        """Whether what was read may only be cut, and not wrong: the reader stumbled at its end, or within a string."""
        if not isinstance(problem, json.JSONDecodeError):
            return False
        return problem.msg.startswith("Unterminated") or problem.pos >= len(self._text) - 16

    def _count(self) -> int:
        """The line of the place that was read up to."""
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _wrong(self, expected: str) -> ImportInvalid:
        self._peek()
        found = "it ends in the middle" if self._ended and self._at >= len(self._text) else expected
        return ImportInvalid(
            f"{self._name}: line {self._count()} is no JSON: {found}. "
            "What stood before it stays; get the file whole and import that: what comes twice counts once."
        )


def _words(problem: ValueError) -> str:
    return f"it is no JSON ({problem.msg if isinstance(problem, json.JSONDecodeError) else problem})"[:200]
