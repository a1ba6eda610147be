"""
People and where they live: two linear classifiers over what stands around a word and what it looks like.

A word itself only ever speaks against being a name (`Monday` is none), never for it, so that they know how names are
written and introduced, not which names there are. docs/detectors.md has the measured figures, and what they miss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from goldenthread.control.content.found import Span
from goldenthread.control.content.linear import Codes, Floats, Linear, Slots, codes, load, slots_of

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
        if text[start].isupper() or (not (word := text[start:end]).isalpha() and any(map(str.isdigit, word)))
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
    where = {at: row for row, at in enumerate(near)}
    shapes = [_shape(plain[at]) for at in near]
    # A neighbour counts by its letters if it is written small, else by its shape, since it may be a part of the name.
    beside = [shape if shape[:1] == "A" or "0" in shape else plain[at] for at, shape in zip(near, shapes, strict=True)]
    rows = np.array([where[place + 2] for place in places], dtype=np.int64)
    # The words two before, one before and so on stand in the list of those near, since it holds all of them.
    around = np.array([[where[place + 2 + step] for place in places] for step in (-2, -1, 1, 2)], dtype=np.int64)
    return _columns(
        words=[plain[place + 2].lower() for place in places],
        begins=[shapes[row][:1] for row in rows],
        lines=[_line(text, words[place][0]) for place in places],
        shape=codes(shapes)[rows],
        sides=codes(shapes)[around],
        beside=codes(beside)[around],
    )


def _columns(
    *, words: list[str], begins: list[str], lines: list[str], shape: Codes, sides: Codes, beside: Codes
) -> Slots:
    line, begin = codes(lines), codes(begins)
    left, right = sides[1], sides[2]
    features: tuple[tuple[Codes, ...], ...] = (
        (codes(words),),
        (shape,),
        (codes(word[-3:] for word in words), begin),
        (codes(word[-2:] for word in words), begin),
        (beside[1],),
        (beside[2],),
        (beside[0],),
        (beside[3],),
        (beside[0], beside[1]),
        (beside[2], beside[3]),
        (left, shape),
        (shape, right),
        (left, shape, right, line),
        (line, shape),
        (codes(str(min(len(word), 12)) for word in words), begin),
    )
    return np.stack([slots_of(number, *parts) for number, parts in enumerate(features)], axis=1)


def _line(text: str, start: int) -> str:
    return "^" if start == 0 or text[start - 1] == "\n" else ""


def _shape(word: str) -> str:
    """`Maria` Aa, `McKay` AaA, `864` 0, `14b` 0a: runs of a kind count once, but digits up to five."""
    if word.isascii() and word.isalnum():  # nearly all of them, and quickly told
        if word.islower() and word.isalpha():
            return "a"
        if word.isdigit():
            return "0" * min(len(word), 6)
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
