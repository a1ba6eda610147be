"""The agent that is played is as good as it is said to be, and labelled as the contract says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from control.simulation.pages import page
from goldenthread.control.simulation import (
    BEGIN,
    Amount,
    Nature,
    PlayedCase,
    Rate,
    SimulatedAgent,
    labelling_of,
    nature_of,
    parse_change,
    parse_delay,
    parse_portion,
    parse_quality,
    parse_segment_portion,
)
from goldenthread.control.simulation.quality import amount_with_mean, distance
from goldenthread.promise.contract import parse_clause, parse_contract
from goldenthread.promise.errors import ValueProblem
from goldenthread.promise.values import Level

PLAIN = page({"draft": ["agreement >= 90 %"]})
CASES = 20_000


def worked(text: str, level: Level, cases: int = CASES, seed: int = 7, **stated: Any) -> list[PlayedCase]:
    """The cases of one agent that stays at a level."""
    contract = parse_contract(text)
    assert contract.autonomy is not None
    agent = SimulatedAgent(
        nature=nature_of(contract, **stated),
        labelling=labelling_of(contract.autonomy),
        cases=cases,
        begin=BEGIN,
        seed=seed,
        number=0,
    )
    found = [agent(level, number) for number in range(1, cases + 1)]
    assert agent(level, cases + 1) is None
    return [case for case in found if case is not None]


def values(cases: list[PlayedCase], metric: str) -> list[float]:
    """The values of a metric, in order."""
    return [label.value for case in cases for label in case.labels if label.metric == metric]


def test_without_a_word_half_as_much_goes_wrong_as_the_bound_allows() -> None:
    """The same middle quality as `contract plan` assumes: two commands about one contract must not disagree."""
    assert nature_of(parse_contract(PLAIN)).agent["agreement"] == Rate(share=0.95)
    watched = page({"draft": ["agreement >= 90 %"]}, tripwires={"draft": ["rework_rate > 3 %", "any policy_violation"]})
    agent = nature_of(parse_contract(watched)).agent
    assert distance(parse_clause("rework_rate <= 1.5 %"), agent["rework_rate"]) == pytest.approx(0.0)
    assert agent["policy_violation"] == Rate(share=0.0)


def test_stated_rate_is_the_rate_that_happens() -> None:
    """A simulation of another agent than the one stated answers a question nobody asked."""
    seen = values(worked(PLAIN, Level.SHADOW, stated=[parse_quality("agreement=97%")]), "agreement")
    assert len(seen) == CASES
    assert sum(seen) / CASES == pytest.approx(0.97, abs=4 * (0.97 * 0.03 / CASES) ** 0.5)


def test_capped_mean_is_exact_after_cutting() -> None:
    """Cutting at the cap lowers a mean: an agent stated at the bar would otherwise be better than the bar."""
    cost = amount_with_mean(0.4, variation=1.2, cap=3.0)
    assert cost.mean == pytest.approx(0.4, rel=1e-9)
    text = page({"draft": ["cost mean <= 0.40 EUR/case cap 3 EUR"]})
    seen = values(worked(text, Level.SHADOW, stated=[parse_quality("cost=0.40 EUR/case")]), "cost")
    assert max(seen) <= 3.0
    assert sum(seen) / CASES == pytest.approx(0.4, abs=4 * 0.48 / CASES**0.5)


def test_score_of_which_more_is_better_is_cut_above() -> None:
    """Customers give at most a five: the mean that somebody states must be a mean of such scores."""
    csat = amount_with_mean(4.2, variation=1.2, cap=5.0, mirrored=True)
    assert csat.mean == pytest.approx(4.2, rel=1e-9)
    assert distance(parse_clause("csat mean >= 4.2 cap 5"), csat) == pytest.approx(0.0, abs=1e-9)


def test_time_is_within_its_bound_in_the_stated_share() -> None:
    """A gate on a p90 is about the share within the bound, so that is what the play has to be right about."""
    text = page({"draft": ["agent_time p90 <= 20 min"]})
    seen = values(worked(text, Level.SHADOW, stated=[parse_quality("agent_time=90 %")]), "agent_time")
    within = sum(value <= 1200 for value in seen) / CASES
    assert within == pytest.approx(0.9, abs=4 * (0.09 / CASES) ** 0.5)


def test_change_begins_with_its_case() -> None:
    """A delay that is counted from the wrong case flatters or blames the tripwire."""
    cases = worked(PLAIN, Level.SHADOW, changes=[parse_change("agreement=0% from case 1000")], cases=1200)
    assert sum(values(cases[999:], "agreement")) == 0
    assert sum(values(cases[:999], "agreement")) > 900


def test_days_differ_as_much_as_stated() -> None:
    """Too alike or too different days would make the claim about future days look better or worse than it is."""
    nature = Nature(agent={"agreement": Rate(share=0.9), "escalation_rate": Rate(share=0.0)}, day_effect=0.1)
    contract = parse_contract(PLAIN)
    assert contract.autonomy is not None
    agent = SimulatedAgent(
        nature=nature, labelling=labelling_of(contract.autonomy), cases=100_000, begin=BEGIN, seed=3, number=0
    )
    seen = [agent(Level.SHADOW, number) for number in range(1, 100_001)]
    of_day: dict[int, list[float]] = {}
    for case in seen:
        assert case is not None
        of_day.setdefault((case.at - BEGIN).days, []).append(case.labels[0].value)
    rates = [sum(one) / len(one) for one in of_day.values()]
    between = sum((rate - 0.9) ** 2 for rate in rates) / len(rates) - 0.09 * 0.9 / 50
    assert between == pytest.approx(0.1 * 0.09, rel=0.15)


def test_late_labels_wait_as_long_as_stated_and_bad_ones_longer() -> None:
    """Late failures are what breaks careless evidence; a play must have them where it says so."""
    cases = worked(PLAIN, Level.SHADOW, delay=parse_delay("good 20, bad 100"))
    step = (cases[1].at - cases[0].at).total_seconds()
    waits: dict[float, list[float]] = {0.0: [], 1.0: []}
    for case in cases:
        waits[case.labels[0].value].append((case.labels[0].known_at - case.at).total_seconds() / step)
    for value, mean in ((1.0, 20.0), (0.0, 100.0)):
        found = waits[value]
        assert sum(found) / len(found) == pytest.approx(mean, abs=4 * mean / len(found) ** 0.5)


def test_agreement_is_known_only_where_somebody_decided_blind() -> None:
    """In shadow people decide every case, at draft the contract's share, at approval nobody unseen."""
    text = page({"draft": ["agreement >= 90 %"], "constrained": ["agreement >= 90 %"]}, blind=20)
    shares = {level: len(values(worked(text, level), "agreement")) / CASES for level in Level}
    assert shares[Level.SHADOW] == 1.0
    assert shares[Level.DRAFT] == pytest.approx(0.2, abs=0.012)
    assert shares[Level.APPROVAL] == 0.0
    assert shares[Level.CONSTRAINED] == pytest.approx(0.1, abs=0.009)


def test_faults_have_no_label_and_are_tried_again() -> None:
    """A fault is no failure: it must neither count against the agent nor lose the case."""
    cases = worked(PLAIN, Level.SHADOW, faults=0.2)
    faults = [place for place, case in enumerate(cases[:-1]) if case.status == "fault"]
    assert len(faults) / CASES == pytest.approx(0.2, abs=0.012)
    assert all(not cases[place].labels and cases[place + 1].case == cases[place].case for place in faults)


def test_segments_have_their_share_and_their_quality() -> None:
    """A small bad segment is what a gate in every segment exists for."""
    text = page({"draft": ["agreement >= 80 % in every language"]}, segments={"language": ["de", "en"]})
    cases = worked(
        text,
        Level.SHADOW,
        stated=[parse_quality("agreement in language.en=60%")],
        shares=dict([parse_segment_portion("language.de=75%")]),
    )
    english = [case for case in cases if case.segment["language"] == "en"]
    assert len(english) / CASES == pytest.approx(0.25, abs=0.013)
    assert sum(values(english, "agreement")) / len(english) == pytest.approx(0.6, abs=0.03)


def test_people_are_measured_where_a_margin_compares() -> None:
    """A clause beside people needs both on the same case."""
    text = page({"draft": ["csat not below people by 0.1 cap 5"]})
    case = worked(text, Level.SHADOW, cases=1)[0]
    assert {(label.metric, label.of) for label in case.labels} == {("csat", "agent"), ("csat", "people")}


def test_same_seed_gives_the_same_cases_and_another_number_others() -> None:
    """Whoever doubts a figure must be able to see it again."""
    contract = parse_contract(PLAIN)
    assert contract.autonomy is not None
    first = SimulatedAgent(
        nature=nature_of(contract),
        labelling=labelling_of(contract.autonomy),
        cases=200,
        begin=BEGIN,
        seed=5,
        number=1,
    )
    plays = [[one(Level.SHADOW, n) for n in range(1, 201)] for one in (first, replace(first), replace(first, number=2))]
    assert plays[0] == plays[1]
    assert plays[0] != plays[2]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: parse_quality("agreement"),
            "'agreement' states no quality; write METRIC=QUANTITY, e.g. agreement=95%.",
        ),
        (lambda: parse_quality("agreement=much"), "'agreement=much' states no quality: "),
        (lambda: parse_quality("agrement=95%"), "Nobody measures 'agrement' of a case; there is agent_time"),
        (lambda: parse_quality("throughput=9"), "Nobody measures 'throughput' of a case"),
        (lambda: parse_quality("cost=0.2 EUR/case spread 0"), "'0' in 'cost=0.2 EUR/case spread 0' is no number"),
        (lambda: parse_change("agreement=95%"), "'agreement=95%' states no change; write e.g."),
        (lambda: parse_change("agreement=95% from case 0"), "states no change"),
        (lambda: parse_delay("20"), "'20' states no delay of labels in cases; write e.g. 'good 20, bad 100'."),
        (lambda: parse_delay("good x, bad 1"), "'x' in 'good x, bad 1' is no number of at least 0."),
        (lambda: parse_delay("good nan, bad 1"), "'nan' in 'good nan, bad 1' is no number of at least 0."),
        (lambda: parse_portion("1.2", "faults"), "'1.2' is no share for faults; expected 0 to below 1."),
        (lambda: parse_portion("nan", "faults"), "'nan' is no share for faults"),
        (lambda: parse_portion("1.2.3", "faults"), "'1.2.3' is no share for faults"),
        (lambda: parse_segment_portion("language=3%"), "'language=3%' states no share of a segment"),
    ],
)
def test_what_cannot_be_read_is_said(call: Callable[[], object], words: str) -> None:
    """Somebody mistyped; the words must say what to type."""
    with pytest.raises(ValueProblem) as caught:
        call()
    assert caught.value.message.startswith(words) or words in caught.value.message


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ({"stated": ["cost=1 EUR/case"]}, "The contract asks nothing about 'cost'; it asks about agreement."),
        ({"stated": ["agreement=101%"]}, "agreement cannot be 101 %"),
        ({"stated": ["agreement=4 min"]}, "agreement cannot be 4 min"),
        ({"stated": ["agreement of people=90%"]}, "No clause compares agreement with people's"),
        ({"stated": ["agreement in language.de=90%"]}, "The contract has no segment 'language.de'; it has none."),
        ({"changes": ["agreement of people=90% from case 3"]}, "A change is of the agent in every segment."),
        ({"shares": {("language", "de"): 0.5}}, "The contract has no segment 'language.de'"),
        ({"day_effect": 1.0}, "A day effect of 1.0 is impossible"),
        ({"faults": float("nan")}, "A faults of nan is impossible"),
    ],
)
def test_what_the_contract_does_not_ask_is_refused(stated: dict[str, Any], words: str) -> None:
    """A quality that nothing looks at would be a play of something else than was meant."""
    wanted = {**stated}
    if "stated" in wanted:
        wanted["stated"] = [parse_quality(text) for text in stated["stated"]]
    if "changes" in wanted:
        wanted["changes"] = [parse_change(text) for text in stated["changes"]]
    with pytest.raises(ValueProblem, match=r".*") as caught:
        nature_of(parse_contract(PLAIN), **wanted)
    assert words in caught.value.message


def test_log_normal_without_a_cap_has_its_share_within() -> None:
    """The share within a bound comes from the same curve as the draws."""
    assert Amount(centre=10.0, sigma=1.0).share_within(10.0) == pytest.approx(0.5)
    assert Amount(centre=10.0, sigma=1.0).share_within(0.0) == 0.0


# --- what comes and goes, and luck shared with people ---------------------------------------------

BESIDE = page({"draft": ["task_success not below people by 3 %"]})
SCORED = page({"draft": ["csat not below people by 0.1 cap 5"]})


def pairs(text: str, metric: str, cases: int = CASES, **stated: Any) -> tuple[list[float], list[float]]:
    """What the agent and what people made of the same cases."""
    sides: dict[str, list[float]] = {"agent": [], "people": []}
    for case in worked(text, Level.SHADOW, cases, **stated):
        for label in case.labels:
            if label.metric == metric:
                sides[label.of].append(label.value)
    return sides["agent"], sides["people"]


def correlation(one: list[float], other: list[float]) -> float:
    """Pearson's."""
    import numpy as np

    return float(np.corrcoef(one, other)[0, 1])


def test_a_change_in_turns_comes_and_goes() -> None:
    """Quality that wavers around the bar is the sharpest test of evidence; turns must begin where they are said to."""
    stated = [parse_quality("agreement=0%")]
    seen = values(
        worked(
            PLAIN,
            Level.SHADOW,
            1200,
            stated=stated,
            changes=[parse_change("agreement=100% from case 301 in turns of 200")],
        ),
        "agreement",
    )
    turns = [seen[:300], seen[300:500], seen[500:700], seen[700:900], seen[900:1100], seen[1100:]]
    assert [set(turn) for turn in turns] == [{0.0}, {1.0}, {0.0}, {1.0}, {0.0}, {1.0}]


def test_what_is_true_at_a_case_is_what_was_drawn_for_it() -> None:
    """A play counts what is wrong by the truth at each case: it must speak of the same agent as the draws do."""
    changes = [parse_change("agreement=100% from case 8 in turns of 3"), parse_change("agreement=0% from case 18")]
    nature = nature_of(parse_contract(PLAIN), stated=[parse_quality("agreement=0%")], changes=changes)
    seen = values(worked(PLAIN, Level.SHADOW, 25, stated=[parse_quality("agreement=0%")], changes=changes), "agreement")
    assert [nature.quality("agreement", case) for case in range(1, 26)] == [Rate(share=value) for value in seen]
    cuts = nature.cuts(1, 26)
    assert cuts == [8, 11, 14, 17, 18, 20, 23]
    assert [nature.since(case) for case in (7, 8, 10, 11, 19, 25)] == [1, 8, 8, 11, 18, 23]


@pytest.mark.parametrize("together", [0.0, 0.6, 0.9])
def test_share_of_cases_as_hard_for_people_is_the_correlation_of_yes_and_no(together: float) -> None:
    """Pairs save cases only as far as luck is shared; a play must share as much as was said, and keep both rates."""
    stated = [parse_quality("task_success=93%"), parse_quality("task_success of people=93%")]
    agent, people = pairs(BESIDE, "task_success", stated=stated, together=together)
    assert correlation(agent, people) == pytest.approx(together, abs=0.05)
    for seen in (agent, people):
        assert sum(seen) / CASES == pytest.approx(0.93, abs=4 * (0.93 * 0.07 / CASES) ** 0.5)


def test_people_keep_their_rate_where_the_agent_wavers() -> None:
    """What is hard for the agent is hard for people; that must not make them as bad as the agent."""
    stated = [parse_quality("task_success=99%"), parse_quality("task_success of people=93%")]
    changes = [parse_change("task_success=70% from case 101 in turns of 100")]
    agent, people = pairs(BESIDE, "task_success", stated=stated, changes=changes, together=0.8)
    assert sum(agent) / CASES == pytest.approx(0.845, abs=0.012)
    assert sum(people) / CASES == pytest.approx(0.93, abs=0.008)
    assert correlation(agent, people) > 0.2


def test_scores_share_luck_and_keep_their_means() -> None:
    """The same holds for what is no yes or no, also where many cases have the best score of all."""
    stated = [parse_quality("csat=4.0"), parse_quality("csat of people=4.3")]
    agent, people = pairs(SCORED, "csat", stated=stated, together=0.7)
    alone, others = pairs(SCORED, "csat", stated=stated)
    assert correlation(agent, people) > 0.5
    assert correlation(alone, others) == pytest.approx(0.0, abs=0.04)
    assert agent == alone
    for seen, mean in ((agent, 4.0), (people, 4.3), (others, 4.3)):
        assert sum(seen) / CASES == pytest.approx(mean, abs=0.05)


def test_amounts_cut_at_their_cap_share_luck() -> None:
    """Nobody can tell how far beyond the cap a case was; people's cost must keep its mean all the same."""
    text = page({"draft": ["cost not above people by 0.1 EUR/case cap 1 EUR"]})
    stated = [parse_quality("cost=0.6 EUR/case"), parse_quality("cost of people=0.4 EUR/case")]
    agent, people = pairs(text, "cost", stated=stated, together=0.9)
    assert max(agent) == 1.0
    assert sum(people) / CASES == pytest.approx(0.4, abs=0.01)
    assert correlation(agent, people) > 0.6


def test_luck_is_shared_only_where_people_are_compared_with() -> None:
    """Whoever states something that nothing looks at meant another contract."""
    with pytest.raises(ValueProblem, match="No clause compares with people"):
        nature_of(parse_contract(PLAIN), together=0.5)
    with pytest.raises(ValueProblem, match=r"A share of cases as hard for people of 1\.0 is impossible"):
        nature_of(parse_contract(BESIDE), together=1.0)
    with pytest.raises(ValueProblem, match="states no change"):
        parse_change("agreement=95% from case 3 in turns of 0")
