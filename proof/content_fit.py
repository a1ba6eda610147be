"""
How the weights of the content detectors are found: logistic regression by full-batch gradient steps, in numpy.

From zero, without chance: the same data give the same weights. Training parts only; a threshold is the one that a
cross-validation over the same parts calls false 1 % of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from goldenthread.control.content.linear import BITS, Floats, Linear, Slots
from goldenthread.promise.values import Json

FALSE_ALARMS = 0.01
"""Of benign texts, at the threshold of the classifier of orders; that of names and addresses has twice as many."""
FOLDS = 5
STEPS, RATE, RIDGE = 200, 0.05, 1e-5
ABOUT: dict[str, Json] = {
    "trained_on": "deepset/prompt-injections train (Apache-2.0), BIPIA mail, table and text-attack train (MIT), "
    "banking77 train (CC-BY-4.0), presidio-research templates with even numbers (MIT)",
    "licence": "Apache-2.0",
}


@dataclass(frozen=True, kw_only=True)
class Example:
    """Features of one text, what it is, and how much it weighs."""

    slots: Slots
    positive: bool
    weight: float


def fit(examples: Sequence[Example], against_only: Slots | None = None) -> Linear:
    """
    Weights and bias of least logistic loss, a little ridge on the weights; Adam with a rate that falls to zero.

    Args:
        examples: What to learn from.
        against_only: Slots whose weight may not speak for a hit.
    """
    lengths = np.array([len(example.slots) for example in examples])
    slots, rows = np.concatenate([example.slots for example in examples]), np.repeat(np.arange(len(examples)), lengths)
    values = np.repeat(1.0 / np.sqrt(lengths), lengths)
    truth = np.array([float(example.positive) for example in examples])
    shares = np.array([example.weight for example in examples])
    shares /= shares.sum()
    at = np.zeros((1 << BITS) + 1)  # the last one is the bias
    first, second = np.zeros_like(at), np.zeros_like(at)
    for step in range(1, STEPS + 1):
        scores = np.bincount(rows, at[slots] * values, len(examples)) + at[-1]
        wrong = (1.0 / (1.0 + np.exp(-scores)) - truth) * shares
        gradient = np.append(np.bincount(slots, wrong[rows] * values, 1 << BITS) + RIDGE * at[:-1], wrong.sum())
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        move = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        at -= RATE * (1 - step / STEPS) * move
        if against_only is not None:
            at[against_only] = np.minimum(at[against_only], 0.0)
    return Linear(weights=at[:-1], bias=float(at[-1]), threshold=0.0, about={})


def threshold_at(share: float, sources: Sequence[str], benign: NDArray[np.bool_], scores: Floats) -> float:
    """
    The lowest threshold that calls at most this share of benign texts false, every source weighing the same.

    Args:
        share: In (0, 1).
        sources: Of each text, where it is from.
        benign: Whether nothing is to be found in it; shape (texts,).
        scores: Its score; shape (texts,).
    """
    among = np.array(sources)[benign]
    counts = {source: int((among == source).sum()) for source in set(among)}
    weights = np.array([1.0 / (len(counts) * counts[source]) for source in among])
    order = np.argsort(-scores[benign], kind="stable")
    above = np.cumsum(weights[order])
    return float(scores[benign][order][int(np.searchsorted(above, share, side="right"))])
