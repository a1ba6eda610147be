"""
Make the weights of the content detectors again: `python -m proof.content_training [--write]`.

Training parts only. Logistic regression by full-batch gradient steps, in numpy, from zero: the same data give the
same weights. The threshold is the one that a cross-validation over the same parts calls false 1 % of the time.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from goldenthread.control.content import injection
from goldenthread.control.content.linear import BITS, Floats, Linear, Slots, packed
from proof.content_data import Document, attacked, carriers, prompts, queries, sentences, unavailable

FOLDER = Path(injection.__file__).parent
FALSE_ALARMS = 0.01
FOLDS = 5
STEPS, RATE, RIDGE = 200, 0.05, 1e-5
_ABOUT = {
    "trained_on": "deepset/prompt-injections train (Apache-2.0), BIPIA mail, table and text-attack train (MIT), "
    "banking77 train (CC-BY-4.0), presidio-research templates with even numbers (MIT)",
    "licence": "Apache-2.0",
    "false_alarms": FALSE_ALARMS,
}


@dataclass(frozen=True, kw_only=True)
class Example:
    """Features of one text, what it is, and how much it weighs."""

    slots: Slots
    positive: bool
    weight: float


def fit(examples: Sequence[Example], steps: int = STEPS) -> Linear:
    """Weights and bias of least logistic loss, a little ridge on the weights; Adam with a rate that falls to zero."""
    lengths = np.array([len(example.slots) for example in examples])
    slots, rows = np.concatenate([example.slots for example in examples]), np.repeat(np.arange(len(examples)), lengths)
    values = np.repeat(1.0 / np.sqrt(lengths), lengths)
    truth = np.array([float(example.positive) for example in examples])
    shares = np.array([example.weight for example in examples])
    shares /= shares.sum()
    at = np.zeros((1 << BITS) + 1)  # the last one is the bias
    first, second = np.zeros_like(at), np.zeros_like(at)
    for step in range(1, steps + 1):
        scores = np.bincount(rows, at[slots] * values, len(examples)) + at[-1]
        wrong = (1.0 / (1.0 + np.exp(-scores)) - truth) * shares
        gradient = np.append(np.bincount(slots, wrong[rows] * values, 1 << BITS) + RIDGE * at[:-1], wrong.sum())
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        move = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        at -= RATE * (1 - step / steps) * move
    return Linear(weights=at[:-1], bias=float(at[-1]), threshold=0.0, about={})


# --- orders -----------------------------------------------------------------------------------


def order_documents() -> list[Document]:
    """Everything that the classifier of orders is built on."""
    made_up = [Document(text=one.text, source="sentences", group=one.template) for one in sentences("train")[::3]]
    return [
        *prompts("train"),
        *carriers("train", "mail"),
        *carriers("train", "tables")[::3],
        *queries("train")[::10],
        *made_up,
        *attacked("train", "mail"),
        *attacked("train", "tables"),
    ]


def order_examples(documents: Iterable[Document]) -> list[Example]:
    """Windows of what is benign; prompts and orders as they are."""
    found, seen = [], set()
    for document in documents:
        if document.order:
            if document.order not in seen:
                seen.add(document.order)
                found.append(_example(document.order, positive=True, weight=3.0))
        elif document.injected:
            found.append(_example(document.text, positive=True, weight=1.0))
        else:
            found += _benign(document)
    return found


def _benign(document: Document) -> list[Example]:
    slots, starts = injection.word_slots(document.text)
    if not len(starts):
        return []
    places = injection.windows(starts, len(slots))[:40]
    weight = {"tables": 0.5, "sentences": 0.5}.get(document.source, 1.0) / np.sqrt(len(places))
    return [Example(slots=_features(slots[begin:end]), positive=False, weight=weight) for begin, end in places]


def _example(text: str, *, positive: bool, weight: float) -> Example:
    slots, _starts = injection.word_slots(text)
    return Example(slots=_features(slots), positive=positive, weight=weight)


def _features(slots: Slots) -> Slots:
    """As a window has them: no pair or three of words that reaches beyond its end."""
    parts = (slots[:, 0], slots[:-1, 1], slots[:-2, 2], slots[:, 3])
    return np.concatenate(parts)


def train_orders(documents: Sequence[Document]) -> Linear:
    """The classifier of orders, its threshold where cross-validation calls 1 % of each benign source false."""
    found = fit(order_examples(documents))
    threshold = threshold_at(FALSE_ALARMS, documents, held_out_scores(documents))
    return Linear(weights=found.weights, bias=found.bias, threshold=threshold, about=_ABOUT)


def held_out_scores(documents: Sequence[Document]) -> Floats:
    """The score of each document by a classifier that saw neither its group nor, of an order, its family."""
    groups = sorted({document.group for document in documents})
    fold_of = {group: place % FOLDS for place, group in enumerate(groups)}
    folds: NDArray[np.int64] = np.array([fold_of[document.group] for document in documents])
    scores = np.full(len(documents), -np.inf)
    for fold in range(FOLDS):
        model = fit(order_examples(one for one, where in zip(documents, folds, strict=True) if where != fold))
        for place in np.flatnonzero(folds == fold):
            slots, starts = injection.word_slots(documents[place].text)
            if len(starts):
                windows = injection.windows(starts, len(slots))
                scores[place] = injection.window_scores(model, slots, windows).max()
    return scores


def threshold_at(share: float, documents: Sequence[Document], scores: Floats) -> float:
    """The lowest threshold that calls at most this share of benign documents false, every source weighing the same."""
    sources = np.array([document.source for document in documents])
    benign = np.array([not document.injected for document in documents])
    counts = {source: int(((sources == source) & benign).sum()) for source in set(sources[benign])}
    weights = np.array([1.0 / (len(counts) * counts[source]) for source in sources[benign]])
    order = np.argsort(-scores[benign])
    above = np.cumsum(weights[order])
    return float(scores[benign][order][int(np.searchsorted(above, share, side="right"))])


def main(arguments: Sequence[str]) -> int:
    """Train, say how large the file is and whether it is the one that stands there; `--write` puts it there."""
    if missing := unavailable():
        print(f"The weights cannot be made: {missing}.", file=sys.stderr)
        return 1
    for name, made in (("injection", packed(train_orders(order_documents()))),):
        file = FOLDER / f"{name}.weights"
        same = file.exists() and file.read_bytes() == made
        print(f"{file.name}: {len(made):,} bytes, {'the same as' if same else 'not'} what stands there")
        if "--write" in arguments:
            file.write_bytes(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
