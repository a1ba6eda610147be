"""
What is said in spans, cleaned before it is stored: content that may not be kept goes, secrets and personal data too.

Detectors are handed in. A value of one word is looked at only where a sieve says that it may hold something: the same
model name stands in thousands of spans. What reads as text, or is called `password`, is always looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from goldenthread.record.telemetry.attributes import LIST, TEXT, WHOLE, Attributes
from goldenthread.record.telemetry.dialects import is_content
from goldenthread.record.telemetry.limits import Limits
from goldenthread.record.telemetry.wire import Flags

_TEXT = r"\S\s+\S"
_LONG = 256
_MOST_KNOWN = 50_000


@dataclass(frozen=True, kw_only=True)
class Detectors:
    """
    What finds secrets and personal data.

    Attributes:
        redact: A text without them, given what it is called ('' for nothing).
        sieve: RE2; matches every word in which `redact` may find something. None: every value is looked at.
        speaks: Whether what a value is called says by itself what it is, as `password` does.
    """

    redact: Callable[[str, str], str]
    sieve: str | None
    speaks: Callable[[str], bool]


class Cleaning:
    """Cleans what is handed to it; remembers what it has seen, so one thread uses it."""

    def __init__(self, detectors: Detectors, limits: Limits) -> None:
        self._detectors = detectors
        self._limits = limits
        self._known: dict[str, str] = {}
        self._keys: dict[str, tuple[str, bool, bool]] = {}

    def attributes(self, found: Attributes, keeps: Flags, left_out: Counter[str]) -> tuple[Attributes, Any]:
        """
        Attributes as they may be stored, and the bytes of content that each owner sent.

        Args:
            found: As they came.
            keeps: By owner: whether content may be kept.
            left_out: Where what is left out is counted.
        """
        keys = [self._key(name) for name in found.names]
        said = np.array([content for _, content, _ in keys], np.bool_)[found.key]
        speaks = np.array([speaks for _, _, speaks in keys], np.bool_)[found.key]
        content_bytes = np.bincount(found.owner[said], weights=found.size[said], minlength=len(keeps)).astype(np.int64)
        off = said & ~keeps[found.owner]
        long = ~said & (found.size > self._limits.value_bytes)
        left_out["content-off"] += int(off.sum())
        left_out["value-too-long"] += int(long.sum())
        kept = np.flatnonzero(~off & ~long)
        if len(kept) < len(said):
            found, said, speaks = found.only(kept), said[kept], speaks[kept]
        found = replace(found, names=tuple(name for name, _, _ in keys))
        texts = (found.kind == TEXT) | (found.kind >= LIST)
        text = self._cleaned(found.text, texts & said, left_out)
        changed = {
            row: self._of_row(found, text, row, bool(speaks[row]))
            for row in np.flatnonzero(speaks | _like_cards(found)).tolist()
        }
        return _with(replace(found, text=text), changed, left_out), content_bytes

    def texts(self, text: Any, left_out: Counter[str]) -> Any:
        """An Arrow array of text as it may be stored."""
        return self._cleaned(text, np.zeros(len(text), np.bool_), left_out)

    def text(self, text: str, name: str = "") -> str:
        """One text as it may be stored."""
        if name:
            return self._detectors.redact(text, name)
        if text not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[text] = self._detectors.redact(text, "")
        return self._known[text]

    def speaks(self, name: str) -> bool:
        """Whether what a value is called says by itself what it is."""
        return self._detectors.speaks(name)

    def _cleaned(self, text: Any, always: Flags, left_out: Counter[str]) -> Any:
        """Looks once at each value; at those that always must be, even where they are one word."""
        if not len(text):
            return text
        coded = text.dictionary_encode()
        values, codes = coded.dictionary, coded.indices
        look = self._suspicious(values)
        if always.any():
            look[np.asarray(codes)[always]] = True
        changed: dict[int, str] = {}
        for place in np.flatnonzero(look).tolist():
            before = values[place].as_py()
            after = self.text(before) if len(before) <= _LONG else self._detectors.redact(before, "")
            if after != before:
                changed[place] = after
        if not changed:
            return text
        plain = values.to_pylist()
        for place, after in changed.items():
            plain[place] = after
        left_out["redacted"] += int(np.isin(np.asarray(codes), list(changed)).sum())
        return pa.array(plain, pa.string()).take(codes)

    def _suspicious(self, values: Any) -> Flags:
        if self._detectors.sieve is None:
            return np.ones(len(values), np.bool_)
        found = pc.or_(
            pc.match_substring_regex(values, f"{_TEXT}|{self._detectors.sieve}"),
            pc.greater(pc.binary_length(values), _LONG),
        )
        flags: Flags = np.array(found)
        return flags

    def _of_row(self, found: Attributes, text: Any, row: int, speaks: bool) -> str | None:
        """What stands there instead of a value that its name speaks for, or of a number; None: it stays."""
        name = found.names[found.key[row]]
        kind = int(found.kind[row])
        before = text[row].as_py() if kind == TEXT or kind >= LIST else _digits(kind, found.bits[row])
        plain = name.rsplit(".", 1)[-1]
        after = self.text(before, (plain if self.speaks(plain) else name) if speaks else "")
        return None if after == before else after

    def _key(self, name: str) -> tuple[str, bool, bool]:
        """A key as it may be stored, whether it holds content, and whether it speaks for itself."""
        if name not in self._keys:
            if len(self._keys) >= _MOST_KNOWN:
                self._keys.clear()
            plain = name.rsplit(".", 1)[-1]
            speaks = self._detectors.speaks(plain) or self._detectors.speaks(name)
            self._keys[name] = (self._detectors.redact(name, ""), is_content(name), speaks)
        return self._keys[name]


def _like_cards(found: Attributes) -> Flags:
    """Whole numbers as long as those of cards, that begin as those do; times begin otherwise."""
    number = found.bits.view(np.int64)
    long = (found.kind == WHOLE) & (number >= 10**11)
    rows = np.flatnonzero(long)
    if len(rows):
        first = [str(one)[0] in "23456" for one in number[rows].tolist()]
        long[rows] = first
    like: Flags = long
    return like


def _digits(kind: int, bits: Any) -> str:
    return str(int(bits.view(np.int64))) if kind == WHOLE else repr(float(bits.view(np.float64)))


def _with(found: Attributes, changed: dict[int, str | None], left_out: Counter[str]) -> Attributes:
    """The attributes with these rows saying something else, as text."""
    rows = [row for row, text in changed.items() if text is not None]
    if not rows:
        return found
    left_out["redacted"] += len(rows)
    kind, places = found.kind.copy(), np.arange(len(found.kind))
    kind[rows] = TEXT
    places[rows] = len(places) + np.arange(len(rows))
    text = pa.concat_arrays([found.text, pa.array([changed[row] for row in rows], pa.string())])
    return replace(found, kind=kind, text=text.take(pa.array(places)))
