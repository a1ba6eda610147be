"""
Whether a text reads like orders to the agent: the worst few sentences of it, by a linear classifier over words.

It knows how orders are worded, not what they are about: a plain question in the middle of a mail is missed more often
than an order to forget all others. docs/detectors.md has the measured figures.
"""

from __future__ import annotations

import re

import numpy as np

from goldenthread.control.content.linear import Floats, Linear, Slots, codes, load, slots_of
from goldenthread.control.content.views import views
from goldenthread.control.content.walk import texts
from goldenthread.promise.values import Json

_WORD = re.compile(r"\w+|[^\w\s]")
_SENTENCE = re.compile(r"(?<=[.!?:;])\s+|\n+|\|")
_START = "<"
_TOGETHER = 3  # sentences that are read as one
_WHOLE = 120  # words up to which a text is read as one, too


def looks_injected(value: Json) -> bool:
    """
    Whether a value that an agent read looks like orders to it. Never raises; what cannot be read looks like them.

    Args:
        value: JSON: what a tool gave back.
    """
    try:
        return injection_score(value) > load("injection").threshold
    except Exception:  # noqa: BLE001 - what cannot be looked at is not trusted
        return True


def injection_score(value: Json) -> float:
    """
    How much the worst sentences of a value read like orders: log odds; -inf where there are none.

    Raises:
        BeyondBounds: It is longer, wider or deeper than is looked at, or no JSON.
    """
    found = [one.text for one in texts(value) if any(char.isalpha() for char in one.text)]
    model = load("injection")
    return max((_score(model, view.text) for view in views("\n".join(found))), default=-np.inf)


def _score(model: Linear, text: str) -> float:
    slots, starts = word_slots(text)
    if not len(starts):
        return -np.inf
    return float(window_scores(model, slots, windows(starts, len(slots))).max())


def word_slots(text: str) -> tuple[Slots, Slots]:
    """
    The features of a text, and where its sentences begin.

    Returns:
        Shape (words, 4): at each word its slot, that of it with the next one, with the next two, and of its first
        five letters. Shape (sentences,): places of their first words.
    """
    words: list[str] = []
    starts: list[int] = []
    for sentence in _SENTENCE.split(text.lower()):
        found = _WORD.findall(sentence)
        if found:
            starts.append(len(words))
            words += [_START, *found]
    whole, begin = codes([*words, _START, _START]), codes(word[:5] for word in words)
    one, two, three = whole[:-2], whole[1:-1], whole[2:]
    columns = (slots_of(1, one), slots_of(2, one, two), slots_of(3, one, two, three), slots_of(4, begin))
    return np.stack(columns, axis=1), np.array(starts, dtype=np.int64)


def windows(starts: Slots, length: int) -> Slots:
    """What is read as one, shape (windows, 2): each sentence, every three in a row, and a short text whole."""
    ends = np.append(starts[1:], length)
    found = [np.stack([starts, ends], axis=1)]
    if len(starts) > _TOGETHER:
        found.append(np.stack([starts[: 1 - _TOGETHER], ends[_TOGETHER - 1 :]], axis=1))
    if length <= _WHOLE or len(starts) <= _TOGETHER:
        found.append(np.array([[0, length]]))
    return np.concatenate(found)


def window_scores(model: Linear, slots: Slots, places: Slots) -> Floats:
    """The score of each window: the sum of its features' weights over the root of their number, and the bias."""
    sums = np.zeros((len(slots) + 1, slots.shape[1]))
    np.cumsum(model.weights[slots], axis=0, out=sums[1:])
    begin, end = places[:, 0], places[:, 1]
    # A pair or three of words belongs to a window that holds all of it.
    lasts = np.maximum(end[:, None] - np.array([0, 1, 2, 0]), begin[:, None])
    total = (np.take_along_axis(sums, lasts, axis=0) - sums[begin]).sum(axis=1)
    return np.asarray(total / np.sqrt(4 * (end - begin)) + model.bias, dtype=np.float64)
