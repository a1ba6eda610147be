"""
The readings of a text: as it stands, without its tricks, and with its encoded parts decoded.

Zero-width characters, full-width and foreign digits, percent signs, HTML and backslash escapes, base64 and hex would
hide what anybody can bring back. Every character of a reading knows its place in the text, so that what is found can
be taken out.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

_ESCAPED = re.compile(
    r"(?:%[0-9A-Fa-f]{2})+|&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}"
)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{16,}={0,2}(?![A-Za-z0-9+/_=-])")
_HEX = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}){8,}(?![0-9A-Fa-f])")
_DASHES = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-")
_SPACES = {ord(char): " " for char in "\r\n\t"}
_DEEPEST = 2  # base64 within base64, and no further


@dataclass(frozen=True, slots=True)
class View:
    """
    One reading.

    Attributes:
        text: What it reads.
        starts: For each character its place in the original text; None where they are the same.
        ends: For each character one past its place.
        decoded: It comes out of base64 or hex, and is a part of the original only.
    """

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None
    decoded: bool = False

    def place(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original text of what was found here."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def views(text: str) -> Iterator[View]:
    """Every reading of a text; the first is the text itself, its characters folded."""
    folded = _fold(text)
    yield folded
    unescaped = _unescape(folded)
    if unescaped is not None:
        yield unescaped
    yield from _decoded(folded, _DEEPEST)


def _fold(text: str) -> View:
    if text.isascii():
        return View(text)
    changed = {char: _folded(char) for char in set(text) if _folded(char) != char}
    if all(len(part) == 1 for part in changed.values()):
        return View(text.translate({ord(char): part for char, part in changed.items()}) if changed else text)
    parts, starts = [], []
    for place, char in enumerate(text):
        part = char if char.isascii() else _folded(char)
        parts.append(part)
        starts += [place] * len(part)
    return View("".join(parts), starts, [place + 1 for place in starts])


@lru_cache(maxsize=4096)
def _folded(char: str) -> str:
    """What a character stands for: nothing if it has no width, a digit for any script's digit, compatible forms."""
    if char.isascii():
        return char
    if unicodedata.category(char) == "Cf" or "\ufe00" <= char <= "\ufe0f" or char in "\u034f\u115f\u1160\u3164\uffa0":
        return ""
    digit = unicodedata.decimal(char, None)
    return str(digit) if digit is not None else _DASHES.get(char) or unicodedata.normalize("NFKC", char)


def _unescape(view: View) -> View | None:
    """The reading with its escapes undone; None where it has none."""
    text = view.text
    if not any(mark in text for mark in "%&\\"):
        return None
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for match in _ESCAPED.finditer(text):
        plain = _plain(match[0])
        for begin, end, piece in ((at, match.start(), None), (match.start(), match.end(), plain)):
            if piece is None:
                parts.append(text[begin:end])
                places = [view.place(place, place + 1) for place in range(begin, end)]
            else:
                parts.append(piece)
                places = [view.place(begin, end)] * len(piece)
            starts += [start for start, _ in places]
            ends += [end for _, end in places]
        at = match.end()
    if not at:
        return None
    parts.append(text[at:])
    rest = [view.place(place, place + 1) for place in range(at, len(text))]
    return View("".join(parts), starts + [start for start, _ in rest], ends + [end for _, end in rest])


def _plain(escaped: str) -> str:
    if escaped[0] == "%":
        return bytes.fromhex(escaped.replace("%", "")).decode("utf-8", "replace")
    if escaped[0] == "&":
        return html.unescape(escaped)
    return chr(int(f"0x{escaped[2:]}", 16))


def _decoded(view: View, deeper: int) -> Iterator[View]:
    """Readings of those parts that are base64 or hex of a text."""
    if not deeper:
        return
    for pattern, decode in ((_BASE64, _from_base64), (_HEX, bytes.fromhex)):
        for match in pattern.finditer(view.text):
            plain = _text(decode, match[0])
            if plain is None:
                continue
            start, end = view.place(match.start(), match.end())
            inner = View(plain, [start] * len(plain), [end] * len(plain), decoded=True)
            yield inner
            yield from _decoded(inner, deeper - 1)


def _from_base64(text: str) -> bytes:
    core = text.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(core + "=" * (-len(core) % 4), validate=True)


def _text(decode: Callable[[str], bytes], encoded: str) -> str | None:
    """The text that was encoded; None where what comes out is no text."""
    try:
        text = str(decode(encoded), "utf-8")
    except (binascii.Error, ValueError):
        return None
    return text if text.translate(_SPACES).isprintable() else None
