"""
People and where they live: two linear classifiers over what stands around a word and what it looks like.

A word itself only ever speaks against being a name (`Monday` is none), never for it, so that they know how names are
written and introduced, not which names there are. docs/detectors.md has the measured figures, and what they miss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from goldenthread.control.content.found import Span
from goldenthread.control.content.linear import Floats, Linear, Slots, load, slot

PERSON, ADDRESS = "person", "address"

WORD = re.compile(r"[^\W_]+(?:['\u2019.-][^\W_]+)*\.?(?=\W|$)|[^\s\w]|_+")
_DATE = re.compile(
    r"(?i)(?:date\s+)?(?:(?:\d{1,2}\s)?[^\W\d_]{3,9}\.?,?\s\d{4}|[^\W\d_]{3,9}\s\d{1,2},?\s\d{4})(?:\s[A-Z]{3})?"
)
# What may stand between two words of one name, and of one address.
_BETWEEN = {
    PERSON: re.compile(r"[\s.'\u2019-]{0,3}(?:(?:de|da|do|del|van|von|der|den|la|le|di)\s)?"),
    ADDRESS: re.compile(r"[\s,.'\u2019#/-]{0,6}(?:[^\W\d_]{1,20}[\s,.]{1,4}){0,2}"),
}


def find_people(text: str) -> Iterator[Span]:
    """Names of people and postal addresses in one text."""
    words = [match.span() for match in WORD.finditer(text)]
    places = candidates(text, words)
    if not places:
        return
    rows = word_features(text, words, places)
    persons, addresses = _margins(load(PERSON), rows), _margins(load(ADDRESS), rows)
    hits = [
        (*words[place], PERSON if person >= address else ADDRESS)
        for place, person, address in zip(places, persons, addresses, strict=True)
        if max(person, address) > 0
    ]
    yield from (span for span in _joined(text, hits) if span.type == PERSON or _is_place(text[span.start : span.end]))


def _is_place(text: str) -> bool:
    """An address has letters and digits and is no date; a year or a capital word by itself is none."""
    return any(map(str.isalpha, text)) and any(map(str.isdigit, text)) and not _DATE.fullmatch(text)


def candidates(text: str, words: Sequence[tuple[int, int]]) -> list[int]:
    """Which words may be part of a name or an address at all: those with a capital first, or with a digit."""
    return [
        place
        for place, (start, end) in enumerate(words)
        if text[start].isupper() or any(char.isdigit() for char in text[start:end])
    ]


def _margins(model: Linear, rows: Slots) -> Floats:
    return scores(model, rows) - model.threshold


def scores(model: Linear, rows: Slots) -> Floats:
    """Log odds, one a row of slots, as `fit` weighs them."""
    return np.asarray(model.weights[rows].sum(axis=1) / np.sqrt(rows.shape[1]) + model.bias, dtype=np.float64)


def word_features(text: str, words: Sequence[tuple[int, int]], places: Sequence[int]) -> Slots:
    """
    What speaks for and against each place.

    Returns:
        Slots, shape (places, features); the first column is the word itself.
    """
    plain = ["<", "<", *(text[start:end] for start, end in words), ">", ">"]
    near = sorted({place + 2 + step for place in places for step in (-2, -1, 0, 1, 2)})
    shapes = {at: _shape(plain[at]) for at in near}
    # A neighbour counts by its letters if it is written small, else by its shape, since it may be a part of the name.
    seen = {at: shapes[at] if shapes[at][:1] == "A" or "0" in shapes[at] else plain[at] for at in near}
    rows = [
        _of_word(plain[place + 2].lower(), place + 2, shapes, seen, _line(text, words[place][0])) for place in places
    ]
    return np.array(rows, dtype=np.int64)


def _line(text: str, start: int) -> str:
    return "^" if start == 0 or text[start - 1] == "\n" else ""


def _of_word(low: str, at: int, shapes: Mapping[int, str], seen: Mapping[int, str], line: str) -> list[int]:
    shape, left, right = shapes[at], shapes[at - 1], shapes[at + 1]
    first, second, third, fourth = seen[at - 2], seen[at - 1], seen[at + 1], seen[at + 2]
    begin = shape[:1]
    return [
        slot(f"w {low}"),
        slot(f"s {shape}"),
        slot(f"e {low[-3:]} {begin}"),
        slot(f"f {low[-2:]} {begin}"),
        slot(f"-1 {second}"),
        slot(f"+1 {third}"),
        slot(f"-2 {first}"),
        slot(f"+2 {fourth}"),
        slot(f"-21 {first} {second}"),
        slot(f"+12 {third} {fourth}"),
        slot(f"-s {left} {shape}"),
        slot(f"+s {shape} {right}"),
        slot(f"ss {left} {shape} {right} {line}"),
        slot(f"^ {line} {shape}"),
        slot(f"l {min(len(low), 12)} {begin}"),
    ]


def _shape(word: str) -> str:
    """`Maria` Aa, `McKay` AaA, `864` 0, `14b` 0a: runs of a kind count once, but digits up to five."""
    shape = ""
    for char in word[:24]:
        kind = "A" if char.isupper() else "a" if char.isalpha() else "0" if char.isdigit() else char
        if kind == "0" or not shape.endswith(kind):
            shape += kind
    return re.sub(r"0{6,}", "000000", shape)


def _joined(text: str, hits: Sequence[tuple[int, int, str]]) -> Iterator[Span]:
    """Neighbouring words of one type as one place."""
    held: Span | None = None
    for start, end, type in hits:
        if held and held.type == type and _BETWEEN[type].fullmatch(text, held.end, start):
            held = Span(held.start, end, type)
            continue
        if held:
            yield held
        held = Span(start, end, type)
    if held:
        yield held
