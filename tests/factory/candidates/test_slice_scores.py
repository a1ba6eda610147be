"""Scores of slices: each from one number, unknown is a range, and who is below the line is told why."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from factory.candidates.slices import a_slice
from goldenthread.factory.candidates import (
    CRITERIA,
    Adjustment,
    number_words,
    rank_candidates,
    ranking_text,
    score_candidate,
)
from goldenthread.promise.errors import ValueProblem


def scores(**changed: Any) -> dict[str, tuple[float, float]]:
    return {one.criterion.name: (one.low, one.high) for one in score_candidate(a_slice(**changed)).scores}


@pytest.mark.parametrize(
    ("name", "changed", "score"),
    [
        ("volume", {"cases": 200, "weeks": Decimal(200)}, 0.0),
        ("volume", {"cases": 2000, "weeks": Decimal(200)}, 0.5),
        ("volume", {"cases": 90000, "weeks": Decimal(200)}, 1.0),
        ("done", {"done_share": Decimal("0.75")}, 0.5),
        ("done", {"done_share": Decimal("0.3")}, 0.0),
        ("deadline", {"deadline_share": Decimal("0.4")}, 0.4),
        ("input", {"filled_share": Decimal("0.45")}, 0.5),
        ("variants", {"five_variants_share": Decimal("0.45")}, 0.5),
        ("reversible", {"reversible_share": Decimal("0.2")}, 0.2),
        ("blast", {"wrong_case_cost": Decimal(10000)}, 0.0),
        ("blast", {"wrong_case_cost": Decimal(100)}, 2 / 3),
        ("blast", {"wrong_case_cost": Decimal(0)}, 1.0),
    ],
)
def test_a_score_follows_from_its_number(name: str, changed: dict[str, Any], score: float) -> None:
    """Whoever doubts a score can take the number and the scale, and come to the same."""
    low, high = scores(**changed)[name]
    assert low == high == pytest.approx(score)


@pytest.mark.parametrize(
    ("name", "unknown"),
    [("volume", "weeks"), ("done", "done_share"), ("deadline", "deadline_share"), ("blast", "wrong_case_cost")],
)
def test_what_nobody_knows_is_a_range(name: str, unknown: str) -> None:
    """No data is neither good nor bad."""
    nothing: dict[str, Any] = {unknown: None}
    assert scores(**nothing)[name] == (0.0, 1.0)
    found = score_candidate(a_slice(**nothing))
    assert found.high - found.low == pytest.approx(1 / len(CRITERIA))
    assert "unknown" in next(one.words for one in found.scores if one.criterion.name == name)


def test_what_is_unknown_lifts_nobody() -> None:
    """Whoever leaves out the worst number must not come first."""
    known = score_candidate(a_slice("known", wrong_case_cost=Decimal(1000)))
    silent = score_candidate(a_slice("silent", wrong_case_cost=None))
    assert [one.facts.slice for one in rank_candidates([silent, known])] == ["known", "silent"]


def test_below_the_line_it_is_said_what_holds_it_there_and_what_would_lift_it() -> None:
    """'Not this one' without a reason is asked again next month."""
    poor = a_slice("poor", cases=400, five_variants_share=Decimal("0.1"), reversible_share=None, wrong_case_cost=None)
    (found,) = rank_candidates([score_candidate(poor)], line=0.37)
    assert not found.above
    assert found.why[0].startswith("deadline gives 0.00: 0 % of the cases have a deadline")
    assert "reversible is unknown; at its best it alone would lift the slice to 0.37" in " ".join(found.why)
    assert [words.split()[0] for words in found.why][:4] == ["deadline", "variants", "reversible", "blast"]
    (never,) = rank_candidates([score_candidate(a_slice(cases=1, filled_share=Decimal(0)))], line=0.95)
    assert never.why[0].startswith("even with everything unknown at its best it comes to 0.")
    (above,) = rank_candidates([score_candidate(poor)], line=0.1)
    assert (above.above, above.why) == (True, ())


def test_a_score_can_be_set_by_a_person_and_says_so() -> None:
    """People know what no log knows."""
    plain = score_candidate(a_slice(reversible_share=None))
    found = score_candidate(
        a_slice(reversible_share=None), adjusted={"reversible": Adjustment(score=1, because="undo is there")}
    )
    assert found.low == found.high == plain.high
    assert "set by hand: undo is there" in ranking_text(rank_candidates([found]))


def test_weights_and_scales_are_the_callers() -> None:
    """A bank and a shop fear different things."""
    volume = [replace(one, weight=0) if one.name != "volume" else replace(one, best=10_000.0) for one in CRITERIA]
    found = score_candidate(a_slice(cases=2000, reversible_share=None), volume)
    assert found.low == found.high == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("adjusted", "words"),
    [
        ({"colour": Adjustment(score=1, because="x")}, "There is no score 'colour' to adjust; there are volume"),
        ({"done": Adjustment(score=2, because="x")}, "'done' cannot be set to 2"),
        ({"done": Adjustment(score=1, because=" ")}, "write a number from 0 to 1, and the reason"),
    ],
)
def test_an_adjustment_has_a_place_a_number_and_a_reason(adjusted: dict[str, Adjustment], words: str) -> None:
    """A score that was set without a reason is a wish."""
    with pytest.raises(ValueProblem, match=words):
        score_candidate(a_slice(), adjusted=adjusted)


def test_weights_that_come_to_nothing_are_refused() -> None:
    """Nothing is ranked by nothing."""
    with pytest.raises(ValueProblem, match="The scale of 'volume' ends where it begins"):
        score_candidate(a_slice(), [replace(one, best=one.worst) for one in CRITERIA])
    with pytest.raises(ValueProblem, match="The weights of the scores come to nothing"):
        score_candidate(a_slice(), [replace(one, weight=0) for one in CRITERIA])


def test_what_is_below_the_line_never_reads_as_if_it_were_on_it() -> None:
    """0.4987 is no 0.50, and seven halves that come to 0.4999999999 are."""
    (just,) = rank_candidates([replace(score_candidate(a_slice()), low=0.4987, high=0.499)])
    assert ", 0.49 (" in ranking_text([just])
    assert "it comes to 0.49, below 0.50" in just.why[0]
    (on_it,) = rank_candidates([replace(score_candidate(a_slice()), low=0.5 - 1e-12)])
    assert (on_it.above, on_it.why) == (True, ())


def test_many_cases_and_all_of_them_read_as_people_write_them() -> None:
    """1.23e+03 cases a week, and 1e+02 % of them late, are no numbers for an owner."""
    scored = score_candidate(a_slice(cases=246_912, done_share=Decimal("0.9996")))
    words = {one.criterion.name: one.words for one in scored.scores}
    assert words["volume"] == "1,230 cases a week"
    assert words["done"] == "100 % of the cases end with Closed"
    assert [number_words(one, 2) for one in (100, 99.6, 24.4, 0.05, 0)] == ["100", "100", "24", "0.05", "0"]


def test_a_cost_in_another_currency_is_not_read_as_euros() -> None:
    """A thousand yen are six euros; without a rate nobody knows, and a person may say."""
    score = next(
        one for one in score_candidate(a_slice(currency="JPY", wrong_case_cost=Decimal(1000))).scores
        if one.criterion.name == "blast"
    )  # fmt: skip
    assert (score.low, score.high) == (0.0, 1.0)
    assert "1,000 JPY, and the scale is in EUR" in score.words


def test_the_ranking_draws_its_line_between_those_above_and_below() -> None:
    """Who reads the list must see where it ends."""
    good, poor = score_candidate(a_slice("good")), score_candidate(a_slice("poor", cases=1, done_share=None))
    text = ranking_text(rank_candidates([poor, good], line=0.6), line=0.6)
    assert text.index("1. good") < text.index("--- below the line of 0.60 ---") < text.index("2. poor")
    assert "   volume      0.68    22.9 cases a week\n" in text
    assert ranking_text([]) == "No slice of work.\n"
