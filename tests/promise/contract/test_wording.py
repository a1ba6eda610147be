"""The verdict of a clause in whole sentences, compared whole."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from goldenthread.promise.contract import (
    Claim,
    ClauseEvidence,
    ClauseSentences,
    ClauseTest,
    clause_sentences,
    clause_test,
    clause_words,
    parse_clause,
)
from goldenthread.promise.evidence import RateTest

PROVED = (
    "It is proved, and counts while later cases do not speak against it; a fall of the level, a changed agent or a "
    "gate that asks for less starts the count afresh."
)


def _judge(line: str, values: Sequence[float | None]) -> ClauseEvidence:
    found = clause_test(parse_clause(line), 0.05)
    assert isinstance(found, ClauseTest), found
    return found.judge(values)


def test_a_rate_on_its_way() -> None:
    """What was measured, on how many cases, against what, how sure, and what would change it."""
    said = clause_sentences(_judge("agreement >= 92 %", [0.0] + [1.0] * 61))
    assert said == ClauseSentences(
        measured=(
            "Measured: blind decisions equal to the proposal, out of cases with a proposal and a blind decision. "
            "Source: people who decide before they see the proposal; known when the person has decided."
        ),
        cases="62 cases count so far.",
        against=(
            "The contract asks for at least 92 %. So far it was 98.4 %, and 1 of 62 cases went against it. "
            "It is 95 % certain that it is at least 89.5 %, however often anyone looked."
        ),
        guarantee=(
            "If the true rate were 92 % or lower, the chance that we would ever promote is at most 5 %, "
            "however often anyone looks."
        ),
        change=(
            "It is not proved. At least 21 more cases without a failure would be needed. Every failure puts it off."
        ),
    )
    assert str(said).startswith("Measured: blind decisions")
    assert str(said).endswith("Every failure puts it off.")


def test_the_cases_still_needed_are_just_enough() -> None:
    """One case fewer must not prove it: a promise of 21 that takes 22 would be broken in front of people."""
    test = RateTest(bar=0.92, alpha=0.05)
    assert test.promotes(61 + 21, 1)
    assert not test.promotes(61 + 20, 1)


def test_a_proved_segment() -> None:
    """A verdict of one segment names it, in the guarantee too."""
    said = clause_sentences(_judge("agreement >= 85 % in every language", [1.0] * 61 + [None] * 3), segment="de")
    assert said.cases == (
        "61 cases count so far with the language 'de'; 3 more are open and taken for a failure until known."
    )
    assert said.guarantee == (
        "If the true rate were 85 % or lower with the language 'de', the chance that we would ever promote is at most "
        "5 %, however often anyone looks."
    )
    assert said.change == PROVED


def test_a_claim_about_future_days_is_called_a_rule_of_thumb() -> None:
    """It is a heuristic, and whoever signs must not take it for exact."""
    evidence = _judge("agreement >= 85 % in every language", [])
    said = clause_sentences(evidence, claim=Claim.FUTURE_DAYS)
    assert said.guarantee == (
        "If the true rate were 85 % or lower in any language, the chance that we would ever promote is about 5 %. "
        "This is about days to come, not only about the days seen: cases of one day count for less the more they are "
        "alike. It is a rule of thumb, tested by simulation; where a few days are very bad it is wrong more often."
    )
    assert (said.cases, said.against) == (
        "No case counts so far.",
        "The contract asks for at least 85 %. Nothing is known yet.",
    )
    assert said.change == (
        "It is not proved. At least 28 more cases without a failure would be needed, and 20 days in all. "
        "Every failure puts it off."
    )
    assert clause_words(evidence, claim=Claim.FUTURE_DAYS) == (
        "Evidence 0 %. If the true rate were 85 % or lower in any language, "
        "the chance that we would ever promote is about 5 %."
    )


def test_an_agent_beside_people() -> None:
    """A difference is told as where the agent lies, not as a signed number."""
    said = clause_sentences(_judge("rework_rate not above people by 3 %", [-1.0] + [0.0] * 39))
    assert said.measured == (
        "Measured: cases reopened, edited after the fact or undone; the agent's and people's on the same case, one "
        "beside the other. Source: people and downstream systems; known when the window for reopening has closed."
    )
    assert said.against.startswith(
        "The contract allows the agent's to lie above people's by less than 3 % of cases on average. "
        "So far it lies 2.5 % of cases below people's. It is 95 % certain that it lies no worse than "
    )
    assert said.against.endswith(" % of cases above people's.")
    assert said.guarantee == (
        "If the agent's true rework_rate were above people's by 3 % of cases or more, the chance that we would ever "
        "promote is at most 5 %, however often anyone looks."
    )
    even = clause_sentences(_judge("csat not below people by 0.1 cap 5", [0.0] * 3))
    assert "So far it lies where people's does." in even.against


def test_quantiles_and_means_are_told_in_the_units_of_their_author() -> None:
    """600 seconds are 10 min on the page that was signed."""
    slow = clause_sentences(_judge("agent_time p90 <= 10 min", [30.0] * 20 + [700.0]))
    assert slow.against == (
        "The contract asks for at most 10 min in more than 90 % of cases. So far it was at most 0.5 min in 90 % of "
        "cases, and 1 of 21 cases went against it. Nothing is certain yet."
    )
    dear = clause_sentences(_judge("cost <= 0.40 EUR/case cap 5 EUR", [0.1] * 400 + [None]))
    assert dear.cases == "400 cases count so far; 1 more is open and taken for the worst there can be until known."
    assert dear.against.startswith(
        "The contract asks for at most 0.40 EUR/case on average; no case can come to more than 5 EUR. "
        "So far it was 0.1 EUR/case on average. It is 95 % certain that it is at most 0."
    )
    assert dear.change == PROVED


def test_what_is_open_may_still_prove_a_clause() -> None:
    """A number of cases beside open ones would be a guess, since an earlier look may pass once they are known."""
    one = clause_sentences(_judge("agreement >= 92 %", [1.0] * 20 + [None]))
    assert one.change == "It is not proved. The open case may still prove it. Every failure puts it off."
    two = clause_sentences(_judge("csat not below people by 0.1 cap 5", [None, None]))
    assert two.change == "It is not proved. The 2 open cases may still prove it."


def test_a_hopeless_record_says_so() -> None:
    """Beyond a million clean cases nobody waits, and nothing may loop for ever."""
    said = clause_sentences(_judge("agreement >= 99.9 %", [0.0] * 2000))
    assert said.change == (
        "It is not proved. More than 1,000,000 further cases without a failure would be needed. "
        "Every failure puts it off."
    )


@pytest.mark.parametrize(
    "line",
    [
        "agreement > 80 %",
        "rework_rate < 5 %",
        "agent_time p90 <= 10 min",
        "csat p10 >= 3",
        "csat >= 4 cap 5",
        "cost <= 0.40 EUR/case cap 5 EUR",
        "task_success not below people by 2 % in every region",
        "cycle_time not above people by 1 h cap 2 d",
    ],
)
@pytest.mark.parametrize("values", [[], [None], [0.0], [1.0, None], [0.0, 1.0, 1.0, 1.0] * 50])
@pytest.mark.parametrize("claim", Claim)
def test_every_verdict_is_whole_sentences_without_a_formula(
    line: str, values: list[float | None], claim: Claim
) -> None:
    """A product owner reads it; no Greek, no brackets left over, no double spaces."""
    said = clause_sentences(_judge(line, values), claim=claim)
    for sentence in (said.measured, said.cases, said.against, said.guarantee, said.change):
        assert re.fullmatch(r"[A-Z0-9][\x20-\x7e]*\.", sentence), sentence
        assert not re.search(r"  | \.|None|nan|\.\.|[{}_]\b", sentence.replace("_", "")), sentence
