"""
Untrusted content, searched only to say where a value came from: as it is, and as it reads when decoded.

Nothing here makes a value trusted, so what is missed costs a word in an explanation.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

from goldenthread.control.provenance.figures import number, numbers_in
from goldenthread.control.provenance.folding import folded, tidy

MOST_TEXT = 500_000
"""Characters of untrusted content that are kept for explanations."""

_LONGEST = 100_000
_CODED = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")


class Contents:
    """What untrusted sources gave."""

    def __init__(self) -> None:
        self._texts: list[tuple[str, str]] = []
        self._room = MOST_TEXT

    def add(self, source: str, leaf: str | float | bool) -> None:
        """Keep a value; beyond `MOST_TEXT` none is."""
        text = leaf[:_LONGEST] if isinstance(leaf, str) else str(number(leaf) or "")
        if text and self._room >= len(text):
            self._room -= len(text)
            self._texts.append((source, text))

    def source_of(self, leaf: object) -> str | None:
        """The first source in which a value stands, plainly or encoded; None if it stands in none."""
        if not isinstance(leaf, str | int | float):
            return None
        worth = number(leaf)
        wanted = folded(leaf) if isinstance(leaf, str) else None
        if worth is None and not wanted:
            return None
        for source, text in self._texts:
            if wanted and wanted in folded(text):
                return source
            if worth is not None and any(worth == found for found, _ in numbers_in(tidy(text))):
                return source
        if wanted:
            return next((f"{source}, encoded" for source, text in self._texts if _holds_decoded(text, wanted)), None)
        return None


def _holds_decoded(text: str, wanted: str) -> bool:
    return any(wanted in folded(view) for view in _views(text))


def _views(text: str) -> Iterator[str]:
    """A text as it reads without character references, percent signs, base64, or the blanks between split pieces."""
    yield html.unescape(text)
    yield unquote_plus(text)
    yield re.sub(r"[\s\"'+]+", "", text)
    for match in _CODED.finditer(text[:20_000]):
        coded = match[0].rstrip("=").replace("-", "+").replace("_", "/")
        try:
            yield base64.b64decode(coded + "=" * (-len(coded) % 4), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
