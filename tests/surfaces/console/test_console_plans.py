"""Plans beside the console: kept by content, one at a time, each within its time, and never in the way of a page."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from goldenthread.surfaces.console.planning import Plans, planned
from goldenthread.surfaces.views.plans import PlanView
from worlds import contract_text


@pytest.fixture(scope="module")
def plans() -> Iterator[Plans]:
    """Plans whose process ends soon after the last."""
    made = Plans(idle_s=0.3)
    yield made
    made.close()


def test_asking_never_waits_and_the_same_text_is_planned_once(plans: Plans) -> None:
    """A page asks at every look; only a new text costs anything."""
    text = contract_text("one")
    started = time.monotonic()
    assert plans.of(text).state == "working"
    assert time.monotonic() - started < 0.5
    ready = plans.wait(text, 60)
    assert ready.state == "ready"
    assert ready.words == "A good agent can climb to the contract's ceiling."
    assert [one.level for one in ready.reaches] == ["draft", "approval", "constrained"]
    assert plans.of(text) is ready


def test_what_takes_too_long_is_ended_and_said(plans: Plans) -> None:
    """A hostile contract must not hold a core for ever, nor keep others' plans waiting behind it."""
    hasty = Plans(time_s=0.01, idle_s=0.1)
    found = hasty.wait(contract_text("slow"), 60)
    hasty.close()
    assert (found.state, found.words) == (
        "failed",
        "The plan took longer than 0.01 s and was given up. Try again, or run `goldenthread contract plan`, which "
        "takes all the time it needs.",
    )


def test_only_so_many_wait() -> None:
    """Whoever asks in a loop fills no memory: the rest are told that theirs waits to begin."""
    few = Plans(most_waiting=1, idle_s=0.1)
    few.of(contract_text("first"))
    assert few.of(contract_text("second")).words == "Many plans are being worked out. This one waits to begin."
    few.close()


def test_a_text_that_cannot_be_planned_says_why() -> None:
    """The same words as everywhere, and no process that ends."""
    assert planned("a: b").state == "failed"
    assert "apiVersion: is missing" in planned("a: b").words
    nothing = planned(contract_text("still", level="constrained"))
    assert isinstance(nothing, PlanView)
    assert nothing.words == "Nothing can be climbed: the contract states no gate, so the agent stays where it starts."
