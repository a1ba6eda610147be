"""How the classifiers of names and addresses are trained, on the templates to build on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from goldenthread.control.content import people
from goldenthread.control.content.linear import Floats, Linear, Slots
from proof.content_data import Marked, carriers, prompts, queries, sentences
from proof.content_fit import ABOUT, FALSE_ALARMS, FOLDS, Example, fit, threshold_at

MARKS = {people.PERSON: frozenset({"PERSON"}), people.ADDRESS: frozenset({"STREET_ADDRESS", "ADDRESS"})}


@dataclass(frozen=True, kw_only=True)
class Words:
    """
    The words of one text that may be part of a name.

    Attributes:
        rows: Slots, shape (words, features).
        truth: Whether each is; shape (words,).
        source: Where the text is from.
        group: Texts with the same one are not independent.
        benign: None of its words is.
    """

    rows: Slots
    truth: NDArray[np.bool_]
    source: str
    group: str

    @property
    def benign(self) -> bool:
        """None of its words is part of one."""
        return not self.truth.any()


def texts_of(mark: str) -> list[Words]:
    """Everything that the classifier of `mark` is built on: marked sentences, and prose in which nothing is marked."""
    tables = carriers("train", "tables")
    prose = [
        Marked(text=one.text, spans=(), template=f"{one.source} {one.group}")
        for one in (*queries("train")[::5], *(prompt for prompt in prompts("train") if not prompt.injected))
    ]
    if mark == people.ADDRESS:  # tables name people, but nobody's street
        prose += [Marked(text=one.text[:2000], spans=(), template=f"tables {one.group}") for one in tables[::6]]
    marked = [("sentences", one) for one in sentences("train")]
    plain = [(one.template.split(" ")[0], one) for one in prose]
    found = [_words(one, mark, source) for source, one in (*marked, *plain)]
    return [one for one in found if len(one.rows)]


def _words(sentence: Marked, mark: str, source: str) -> Words:
    words = [match.span() for match in people.WORD.finditer(sentence.text)]
    places = people.candidates(sentence.text, words)
    spans = [(start, end) for type, start, end in sentence.spans if type in MARKS[mark]]
    truth = [any(words[place][0] < end and start < words[place][1] for start, end in spans) for place in places]
    rows = people.word_features(sentence.text, words, places) if places else np.zeros((0, 0), dtype=np.int64)
    return Words(
        rows=rows,
        truth=np.array(truth, dtype=np.bool_),
        source=source,
        group=sentence.template,
    )


def train_names(mark: str) -> Linear:
    """The classifier of `mark`, its threshold where cross-validation calls 2 % of texts without one false."""
    texts = texts_of(mark)
    found = _fitted(texts)
    worst = np.array(held_out_worst(texts))
    threshold = threshold_at(
        2 * FALSE_ALARMS, [one.source for one in texts], np.array([one.benign for one in texts]), worst
    )
    return Linear(weights=found.weights, bias=found.bias, threshold=threshold, about=ABOUT)


def _fitted(texts: Sequence[Words]) -> Linear:
    by_group: dict[str, int] = {}
    for one in texts:
        by_group[one.group] = by_group.get(one.group, 0) + 1
    examples = [
        # A template counts by the root of its sentences, so that a common one does not drown the others.
        Example(slots=row, positive=bool(is_one), weight=float(by_group[one.group] ** -0.5))
        for one in texts
        for row, is_one in zip(one.rows, one.truth, strict=True)
    ]
    own_words = np.unique(np.concatenate([one.rows[:, 0] for one in texts]))
    return fit(examples, against_only=own_words)


def held_out_worst(texts: Sequence[Words]) -> Floats:
    """The highest score in each text, by a classifier that did not see its template."""
    groups = sorted({one.group for one in texts})
    fold_of = {group: place % FOLDS for place, group in enumerate(groups)}
    worst = np.zeros(len(texts))
    for fold in range(FOLDS):
        model = _fitted([one for one in texts if fold_of[one.group] != fold])
        for place, one in enumerate(texts):
            if fold_of[one.group] == fold:
                worst[place] = people.scores(model, one.rows).max()
    return worst
