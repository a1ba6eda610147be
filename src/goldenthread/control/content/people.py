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
from goldenthread.control.content.linear import Floats, Linear, Slots, load, slot

PERSON, ADDRESS = "person", "address"

WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*\.?(?=\W|$)|[^\s\w]|_+")
_BETWEEN = re.compile(r"[\s,.'’#/-]{0,4}(?:(?:de|da|do|del|van|von|der|den|la|le|di|of|and|u|str|apt|suite)[\s.]+)?")


def find_people(text: str) -> Iterator[Span]:
    """Names of people and postal addresses in one text."""
    words = [match.span() for match in WORD.finditer(text)]
    places = candidates(text, words)
    if not places:
        return
    rows = word_features(text, words, places)
    scores = {name: _margins(load(name), rows) for name in (PERSON, ADDRESS)}
    best = [max(scores, key=lambda name, at=at: scores[name][at]) for at in range(len(places))]
    hits = [(*words[place], best[at]) for at, place in enumerate(places) if scores[best[at]][at] > 0]
    yield from _joined(text, hits)


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
    return np.array([_of_word(plain, place + 2, text, words[place][0]) for place in places], dtype=np.int64)


def _of_word(plain: Sequence[str], at: int, text: str, start: int) -> list[int]:
    word, before, after = plain[at], plain[at - 1], plain[at + 1]
    low = [one.lower() for one in plain[at - 2 : at + 3]]
    shape, left, right = _shape(word), _shape(before), _shape(after)
    line = "^" if start == 0 or text[start - 1] == "\n" else ""
    return [
        slot(f"w {low[2]}"),
        slot(f"s {shape}"),
        slot(f"e {low[2][-3:]} {shape[:1]}"),
        slot(f"f {low[2][-2:]} {shape[:1]}"),
        slot(f"-1 {_word_or_shape(before)}"),
        slot(f"+1 {_word_or_shape(after)}"),
        slot(f"-2 {_word_or_shape(plain[at - 2])}"),
        slot(f"+2 {_word_or_shape(plain[at + 2])}"),
        slot(f"-21 {_word_or_shape(plain[at - 2])} {_word_or_shape(before)}"),
        slot(f"+12 {_word_or_shape(after)} {_word_or_shape(plain[at + 2])}"),
        slot(f"-s {left} {shape}"),
        slot(f"+s {shape} {right}"),
        slot(f"ss {left} {shape} {right} {line}"),
        slot(f"^ {line} {shape}"),
        slot(f"l {min(len(word), 12)} {shape[:1]}"),
    ]


def _word_or_shape(word: str) -> str:
    """A neighbour by its letters if it is written small, else by its shape, since it may be a part of the name."""
    return _shape(word) if word[:1].isupper() or any(char.isdigit() for char in word) else word


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
        if held and held.type == type and _BETWEEN.fullmatch(text, held.end, start):
            held = Span(held.start, end, type)
            continue
        if held:
            yield held
        held = Span(start, end, type)
    if held:
        yield held
