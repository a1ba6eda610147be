from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from goldenthread.control.costs import Review, reviews_of
from goldenthread.record.ledger import Record

NINE = datetime(2026, 11, 10, 9, tzinfo=UTC)


@dataclass
class _Told:
    """One record of a chain, as far as reviews are made of it."""

    kind: str
    minute: float
    by: str = ""
    item: str = "item"
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def at(self) -> datetime:
        return NINE + timedelta(minutes=self.minute)

    @property
    def data(self) -> dict[str, Any]:
        until = {"until": (self.at + timedelta(minutes=15)).isoformat()} if self.kind == "approval:claim" else {}
        run = {"run": "run"} if self.kind.startswith("approval:") else {}
        return {"item": self.item, **run, **until, **self.more}


ASKED = _Told("approval:ask", 0)


def _reviews(*told: _Told) -> list[tuple[str, float | None, bool]]:
    found = reviews_of(cast("Record", one) for one in (ASKED, *told))
    return [(one.by, _minutes(one), one.answered) for one in found if one.run == "run"]


def _minutes(review: Review) -> float | None:
    return review.took / timedelta(minutes=1) if review.took is not None else None


@pytest.mark.parametrize(
    ("words", "told", "reviews"),
    [
        ("taken, then answered", [("claim", 60, "a"), ("answer", 64, "a")], [("a", 4, True)]),
        ("waiting is no review", [("answer", 600, "a")], [("a", None, True)]),
        ("kept for longer", [("claim", 0, "a"), ("claim", 10, "a"), ("answer", 20, "a")], [("a", 20, True)]),
        ("gone to lunch", [("claim", 0, "a"), ("answer", 90, "a")], [("a", 15, True)]),
        ("never came back", [("claim", 0, "a")], [("a", 15, False)]),
        (
            "lapsed, then taken again",
            [("claim", 0, "a"), ("claim", 60, "a"), ("answer", 62, "a")],
            [("a", 17, True)],
        ),
        (
            "given back, another answers",
            [("claim", 0, "a"), ("release", 5, "a"), ("answer", 9, "b")],
            [("a", 5, False), ("b", None, True)],
        ),
        (
            "handed over",
            [("claim", 0, "a"), ("handover", 3, "a"), ("claim", 30, "b"), ("answer", 36, "b")],
            [("a", 3, False), ("b", 6, True)],
        ),
        ("nobody in time", [("claim", 0, "a"), ("expire", 7, "goldenthread")], [("a", 7, False)]),
        ("nobody at all", [("expire", 7, "goldenthread")], []),
    ],
)
def test_a_review_lasts_from_taking_an_item_to_leaving_it(
    words: str, told: list[tuple[str, float, str]], reviews: list[tuple[str, float | None, bool]]
) -> None:
    """Time that a question waited, or that its reader was away, is not paid work on the case."""
    assert _reviews(*(_Told(f"approval:{kind}", minute, by) for kind, minute, by in told)) == reviews, words


def test_a_second_person_who_is_asked_apart_works_on_the_same_case() -> None:
    """Watching whether people look costs their time, and belongs to the case that it was about; a check to none."""
    shared = _Told("vigilance:ask", 5, item="second", more={"first_item": "item", "purpose": "shared"})
    check = _Told("vigilance:ask", 5, item="check", more={"purpose": "check"})
    taken = _Told("approval:claim", 6, "b", item="second", more={"run": None})
    assert _reviews(
        _Told("approval:answer", 4, "a"),
        shared,
        check,
        taken,
        _Told("vigilance:answer", 8, "b", item="second"),
        _Told("vigilance:answer", 8, "c", item="check"),
    ) == [("a", None, True), ("b", 2, True)]


def test_an_item_from_before_the_window_belongs_to_no_run_of_it() -> None:
    """A claim whose question was not read cannot be given to a case."""
    assert _reviews(_Told("approval:claim", 1, "a", item="older"), _Told("approval:answer", 2, "a", item="older")) == []
