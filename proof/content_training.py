"""
Make the weights of the content detectors again: `python -m proof.content_training [--write]`.

Here is what the classifier of orders is built on; `content_names` has the same for names and addresses, and
`content_fit` how weights are found.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from goldenthread.control.content import injection
from goldenthread.control.content.linear import Floats, Linear, Slots, packed
from proof.content_data import Document, attacked, carriers, prompts, queries, sentences, unavailable
from proof.content_fit import ABOUT, FALSE_ALARMS, FOLDS, Example, fit, threshold_at
from proof.content_names import MARKS, train_names

FOLDER = Path(injection.__file__).parent
NAMES = ("injection", *MARKS)


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
    threshold = threshold_at(
        FALSE_ALARMS,
        [document.source for document in documents],
        np.array([not document.injected for document in documents]),
        held_out_scores(documents),
    )
    return Linear(weights=found.weights, bias=found.bias, threshold=threshold, about=ABOUT)


def held_out_scores(documents: Sequence[Document]) -> Floats:
    """The score of each document by a classifier that saw neither its group nor, of an order, its family."""
    groups = sorted({document.group for document in documents})
    fold_of = {group: place % FOLDS for place, group in enumerate(groups)}
    folds: NDArray[np.int64] = np.array([fold_of[document.group] for document in documents])
    scores = np.full(len(documents), -np.inf)
    for fold in range(FOLDS):
        model = fit(order_examples(one for one, where in zip(documents, folds, strict=True) if where != fold))
        for place in np.flatnonzero(folds == fold).tolist():
            slots, starts = injection.word_slots(documents[place].text)
            if len(starts):
                windows = injection.windows(starts, len(slots))
                scores[place] = injection.window_scores(model, slots, windows).max()
    return scores


def trained(name: str) -> bytes:
    """The file of a classifier: 'injection', 'person' or 'address'."""
    return packed(train_names(name) if name in MARKS else train_orders(order_documents()))


def main(arguments: Sequence[str]) -> int:
    """Train, say how large the file is and whether it is the one that stands there; `--write` puts it there."""
    if missing := unavailable():
        print(f"The weights cannot be made: {missing}.", file=sys.stderr)
        return 1
    for name in NAMES:
        made = trained(name)
        file = FOLDER / f"{name}.weights"
        same = file.exists() and file.read_bytes() == made
        print(f"{file.name}: {len(made):,} bytes, {'the same as' if same else 'not'} what stands there")
        if "--write" in arguments:
            file.write_bytes(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
