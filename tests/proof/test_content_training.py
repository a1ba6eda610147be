"""The weights that are shipped are those that the training parts give."""

from __future__ import annotations

import os

import numpy as np
import pytest

from goldenthread.control.content.linear import BITS, load, packed, unpacked
from proof.content_count import share
from proof.content_data import prompts, sentences, unavailable
from proof.content_fit import Example, fit, threshold_at
from proof.content_training import NAMES, trained


@pytest.fixture
def data() -> None:
    """The data sets; skipped, and said so, where they are absent, but required where CI is set."""
    missing = unavailable()
    if missing and os.environ.get("CI"):
        pytest.fail(f"The weights cannot be made: {missing}.")
    if missing:
        pytest.skip(f"The weights cannot be made: {missing}.")


@pytest.mark.shared_data
def test_weights_come_out_again(data: None) -> None:
    """Weights that nobody can make again are nobody's to vouch for. `make proof` makes all, here the quickest."""
    name = "person"
    assert name in NAMES
    made, shipped = unpacked(trained(name)), load(name)
    # Another processor may add up in another order; a step either way of the 127 is the most that may come of it.
    step = float(np.abs(shipped.weights).max()) / 127.0
    assert made.about == shipped.about
    assert made.bias == pytest.approx(shipped.bias, abs=1e-3)
    assert made.threshold == pytest.approx(shipped.threshold, abs=1e-2)
    assert np.abs(made.weights - shipped.weights).max() <= 1.5 * step


@pytest.mark.shared_data
def test_no_template_is_built_on_and_reported_on(data: None) -> None:
    """A figure on what was learnt by heart says nothing."""
    assert not {one.template for one in sentences("train")} & {one.template for one in sentences("test")}
    assert not {one.text for one in prompts("train")} & {one.text for one in prompts("test")}


def test_a_fit_tells_apart_what_can_be_told_apart() -> None:
    """The training is a few lines of our own; it must do what it says."""
    slots = {True: np.array([3, 7]), False: np.array([7, 9])}
    model = fit([Example(slots=slots[yes], positive=yes, weight=1.0) for yes in (True, False) * 20])
    assert model.weights[3] > 1.0
    assert model.weights[9] < -1.0
    assert np.count_nonzero(model.weights) <= 3


def test_a_feature_that_may_only_speak_against_never_speaks_for() -> None:
    """A name list learnt by heart would be measured as skill."""
    examples = [Example(slots=np.array([3, place]), positive=True, weight=1.0) for place in range(10, 20)]
    model = fit([*examples, Example(slots=np.array([5]), positive=False, weight=5.0)], against_only=np.arange(10, 20))
    assert (model.weights[10:20] <= 0.0).all()
    assert model.weights[3] > 0.0


def test_a_file_holds_the_classifier_to_a_step() -> None:
    """What is shipped is what was trained."""
    rng = np.random.default_rng(4)
    model = fit([Example(slots=rng.integers(0, 1 << BITS, 9), positive=bool(k % 2), weight=1.0) for k in range(40)])
    again = unpacked(packed(model))
    assert np.abs(again.weights - model.weights).max() <= np.abs(model.weights).max() / 250.0
    assert again.bias == pytest.approx(model.bias, abs=1e-6)


def test_every_source_weighs_the_same_at_the_threshold() -> None:
    """Three thousand queries must not outvote fifty mails."""
    sources = ["mail"] * 10 + ["queries"] * 1000
    scores = np.array([5.0] + [0.0] * 9 + [1.0] * 10 + [0.0] * 990)
    benign = np.ones(1010, dtype=np.bool_)
    assert threshold_at(0.01, sources, benign, scores) == 5.0
    assert threshold_at(0.06, sources, benign, scores) == 0.0


def test_likeness_within_groups_widens_the_interval() -> None:
    """Thirty sentences of one template are one observation told thirty times."""
    apart = share((str(place), place % 2 == 0) for place in range(60))
    alike = share((str(place // 30), place < 30) for place in range(60))
    assert apart.value == alike.value == 0.5
    assert alike.interval[1] - alike.interval[0] > 2 * (apart.interval[1] - apart.interval[0])
    assert share(("one", True) for _ in range(9)).interval[0] < 0.5
    assert str(share(iter(()))) == "none there"
