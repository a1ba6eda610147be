"""What an owner believes, margins, segments and claims about days: read, refused, planned."""

from __future__ import annotations

from decimal import Decimal

import pytest

from goldenthread.promise.contract.model import Claim, Quantity
from goldenthread.promise.contract.planning import ClausePlan, parse_belief, parse_segment_share, plan, plan_text
from goldenthread.promise.errors import LineInvalid, ValueProblem
from goldenthread.promise.values import Level
from promise.contract.planned import contract

LANGUAGES = {"language": ("de", "en", "fr")}


def _clause(line: str, *beliefs: str, **autonomy: object) -> ClausePlan:
    planned = contract({Level.DRAFT: [line]}, **autonomy)  # type: ignore[arg-type]
    return plan(planned, beliefs=[parse_belief(belief) for belief in beliefs]).gates[0].clauses[0]


def test_a_belief_is_read_with_its_unit_and_spread() -> None:
    """One line on the command line, as the contract writes its quantities."""
    found = parse_belief("csat vs people=-0.05 spread 1.2")
    assert found.name == "csat vs people"
    assert found.amount == Quantity(amount=Decimal("-0.05"))
    assert found.spread == Quantity(amount=Decimal("1.2"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("agreemnt=97 %", "nobody measures 'agreemnt'; write e.g. 'agreement=97 %'."),
        ("agreement 97 %", "'97 %' is no equals sign; write e.g. 'agreement=97 %'."),
        ("agreement=", "the amount is missing; write e.g. 'agreement=97 %'."),
        ("", "the metric is missing; write e.g. 'agreement=97 %'."),
    ],
)
def test_a_belief_that_cannot_be_read_says_what_to_write(text: str, words: str) -> None:
    """The command line's user has no page at hand."""
    with pytest.raises(LineInvalid) as problem:
        parse_belief(text)
    assert problem.value.message == words


@pytest.mark.parametrize(
    ("line", "belief", "words"),
    [
        ("agreement >= 80 %", "cost=1 EUR/case", "No gate asks for 'cost'; the gates ask for agreement, escal"),
        ("agreement >= 80 %", "agreement=0.9", "0.9 is no quality that 'agreement >= 80 %' could be held against"),
        ("agreement >= 80 %", "agreement=101 %", "101 % is no quality"),
        ("cost <= 0.40 EUR/case cap 5 EUR", "cost=6 EUR/case", "6 EUR/case is no quality"),
        ("cost <= 0.40 EUR/case cap 5 EUR", "cost=2 USD/case", "2 USD/case is no quality"),
    ],
)  # fmt: skip
def test_a_belief_that_the_clause_cannot_have_is_refused(line: str, belief: str, words: str) -> None:
    """Planned with another number, it would be believed."""
    with pytest.raises(ValueProblem, match=words.replace(".", r"\.")):
        _clause(line, belief)


def test_a_belief_replaces_the_three_likely_qualities() -> None:
    """The owner knows the agent; the plan then speaks of that agent alone."""
    likely = _clause("agreement >= 90 %", "agreement=95 %").likely
    assert [each.quality for each in likely] == ["95 %"]
    assert round(likely[0].mean or 0) == 209
    found = plan(contract({Level.DRAFT: ["agreement >= 90 %"]}, line=None), beliefs=[parse_belief("agreement=95 %")])
    assert [ladder.scenario for ladder in found.ladders] == ["as you believe"]


def test_a_mean_with_a_known_spread_is_quicker_than_the_slowest() -> None:
    """'A few take the whole cap' is the worst case; who knows the spread need not plan with it."""
    clause = "cost <= 0.40 EUR/case cap 5 EUR"
    worst = _clause(clause, "cost=0.20 EUR/case").likely[0]
    known = _clause(clause, "cost=0.20 EUR/case spread 0.2 EUR/case").likely[0]
    assert worst.mean is not None
    assert known.mean is not None
    assert known.mean < worst.mean / 2


def test_a_margin_is_planned_from_as_good_as_people() -> None:
    """The clause that asks for no more than people's own quality."""
    clause = _clause("csat not below people by 0.1 cap 5")
    assert [each.quality for each in clause.likely] == [
        "0.04 worse than people",
        "as good as people",
        "0.04 better than people",
    ]
    means = [each.mean for each in clause.likely]
    assert means == sorted((mean for mean in means if mean is not None), reverse=True)
    assert clause.wrongly is not None
    assert clause.wrongly <= 0.05


def test_a_margin_on_a_harm_counts_less_harm_as_better() -> None:
    """Else an agent that is worse than people would be planned as the better one."""
    better, worse = (
        _clause("rework_rate not above people by 5 %", f"rework_rate vs people={by} %") for by in ("2", "-2")
    )
    assert better.likely[0].quality == "2 % better than people"
    assert worse.likely[0].quality == "2 % worse than people"
    assert (better.likely[0].mean or 0) < (worse.likely[0].mean or 0)


def test_each_segment_needs_evidence_of_its_own() -> None:
    """A third of the cases each: the clause takes more than three times as long."""
    whole, parts = _clause("agreement >= 85 %"), _clause("agreement >= 85 % in every language", segments=LANGUAGES)
    assert parts.segments == pytest.approx({"de": 1 / 3, "en": 1 / 3, "fr": 1 / 3})
    assert parts.days == pytest.approx(3 * (whole.days or 0))
    one, three = (
        plan(contract({Level.DRAFT: [line]}, segments=LANGUAGES)).gates[0].afresh[1].median or 0
        for line in ("agreement >= 85 %", "agreement >= 85 % in every language")
    )
    assert three > 3 * one


def test_a_stated_share_leaves_the_rest_to_the_others() -> None:
    """A small segment is the one that everybody waits for."""
    planned = contract({Level.DRAFT: ["agreement >= 85 % in every language"]}, segments=LANGUAGES)
    split = dict([parse_segment_share("language.de=80 %", planned.autonomy)])
    found = plan(planned, split=split).gates[0].clauses[0]
    assert found.segments == pytest.approx({"de": 0.8, "en": 0.1, "fr": 0.1})
    assert "the cases are taken to split so: de 80 %, en 10 %, fr 10 %." in plan_text(plan(planned, split=split))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("language.es=10 %", "'language.es=10 %' names no segment of the contract; write e.g. 'language.de=50 %'."),
        ("language.de=0 %", "leaves no case for some segment"),
    ],
)
def test_a_share_that_cannot_be_is_refused(text: str, words: str) -> None:
    """A segment without cases would make every gate look closed."""
    with pytest.raises(LineInvalid, match=words.replace(".", r"\.")):
        parse_segment_share(text, contract(segments=LANGUAGES).autonomy)


def test_shares_beyond_the_whole_are_refused() -> None:
    """Two segments of 80 % are one too many."""
    planned = contract({Level.DRAFT: ["agreement >= 85 % in every language"]}, segments=LANGUAGES)
    with pytest.raises(ValueProblem, match="The shares of 'language' come to 160%"):
        plan(planned, split={("language", "de"): 0.8, ("language", "en"): 0.8})


def test_a_claim_about_future_days_takes_at_least_twenty() -> None:
    """However good the agent and however large the volume."""
    clause = _clause("agreement >= 80 %", "agreement=99 %", claim=Claim.FUTURE_DAYS)
    assert [(needed.likeness, needed.median) for needed in clause.future_days] == [(0.0, 20), (0.02, 20), (0.05, 20)]
    found = plan(contract({Level.DRAFT: ["agreement >= 80 %"]}, claim=Claim.FUTURE_DAYS))
    assert found.likely is not None
    assert found.likely.reaches[0].earliest == 343  # 20 days at 120 a week
    assert "It speaks about future days, so it takes at least 20." in plan_text(found)


def test_the_more_alike_the_cases_of_a_day_the_longer() -> None:
    """Nobody knows beforehand, so the plan shows what it would mean."""
    medians = [needed.median for needed in _clause("ungrounded_rate <= 5 %", claim=Claim.FUTURE_DAYS).future_days]
    known = [median for median in medians if median is not None]
    assert len(known) == 3
    assert known == sorted(known)
    assert known[0] < known[-1]


@pytest.mark.parametrize(
    ("level", "line", "why"),
    [
        (Level.DRAFT, "approved_unedited >= 95 %", "none counts at shadow"),
        (Level.DRAFT, "policy_violation <= 1 %", "none counts in shadow"),
        (Level.APPROVAL, "automation_rate >= 60 %", "none counts at draft"),
        (Level.CONSTRAINED, "agreement >= 90 %", "none counts at approval"),
    ],
)
def test_a_clause_on_which_no_case_bears_is_told(level: Level, line: str, why: str) -> None:
    """A gate that waits for what never comes is the commonest mistake in a first contract."""
    clause = next(gate for gate in plan(contract({level: [line]})).gates if gate.level is level).clauses[0]
    assert (clause.share, clause.days) == (0.0, None)
    assert why in clause.share_words
