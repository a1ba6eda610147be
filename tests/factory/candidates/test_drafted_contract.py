"""A drafted contract: measured where it can be, marked where only an owner can say, and passable within its window."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from factory.candidates.slices import DAY, WORK, a_slice
from goldenthread.factory.candidates import Draft, draft_contract
from goldenthread.factory.candidates.lengths import length_words
from goldenthread.factory.fit import our_table, recommend
from goldenthread.factory.value import UNITS, parse_span
from goldenthread.promise.contract import check, likely_ladders, likely_reaches, parse_contract, plan
from goldenthread.promise.errors import ContractInvalid, ContractRefused, ValueProblem
from goldenthread.promise.values import Level

TABLE = our_table()


@pytest.fixture(scope="module")
def draft() -> Draft:
    """Of the help desk."""
    facts = a_slice()
    return draft_contract(facts, recommend(facts.work, TABLE))


def examples(draft: Draft) -> dict[str, str]:
    return {one.key: one.example for one in draft.questions}


def test_the_draft_fails_its_check_by_its_marked_questions_alone(draft: Draft) -> None:
    """The owner gets a list of questions, and nothing else to mend."""
    with pytest.raises(ContractInvalid) as found:
        parse_contract(draft.text, "draft.yaml")
    assert len(found.value.problems) == len(draft.questions) == 17
    for problem, question in zip(found.value.problems, draft.questions, strict=True):
        assert problem.words == f"This is still a question: {question.asks} Write the answer in its place."
        line = draft.text.splitlines()[problem.line - 1]
        assert line.split(":")[0].strip() == question.key.split(".")[-1]
        assert line[problem.column - 1 :].startswith("? ")


def test_with_its_questions_answered_it_is_sound(draft: Draft) -> None:
    """What was drafted needs no second author."""
    answered = parse_contract(draft.answered(examples(draft) | {"owner": "maya@example.com"}))
    assert check(answered).state == "sound"
    assert (answered.owner, answered.slice, answered.version) == ("maya@example.com", "help-desk-tickets", 1)


def test_a_question_that_is_answered_in_the_file_is_no_question(draft: Draft) -> None:
    """People write into the file, and not into our records."""
    text = draft.text
    for one in draft.questions:
        if one.key == "actions":
            text = re.sub(r"(?m)^actions: .*$", "actions: {do_it: {effect: reversible, undo: take_back}}", text)
        else:
            text = text.replace(f'"? {one.asks}"', f'"{one.example}"')
    assert check(parse_contract(text)).state == "sound"


def test_baselines_are_those_that_were_measured(draft: Draft) -> None:
    """A target against a made-up today is no target."""
    found = parse_contract(draft.answered(examples(draft)))
    assert str(found.volume) == "23 cases per week"
    assert found.workflow is not None
    assert str(found.workflow.cycle_time) == "cycle_time p90 <= 60 d"
    assert str(found.workflow.throughput) == "throughput >= 20 cases per week"
    assert found.workflow.done == "ends with Closed"
    assert "cycle_time p50 39.9 d -> TARGET in 26 weeks" in draft.text
    assert "In 27 % of its cases something is done again today." in draft.text
    assert str(found.workflow.backlog) == "backlog <= 197 cases"  # 22.9 a week x 60 d


def test_gates_pass_within_the_window_and_the_next_stricter_ones_would_not(draft: Draft) -> None:
    """A gate that nobody can pass in time is a promise of a prototype for ever."""
    found = parse_contract(draft.answered(examples(draft)))
    reaches = likely_reaches(found, horizon=600)
    assert found.autonomy is not None
    assert reaches[-1].level is found.autonomy.ceiling is Level.APPROVAL
    assert reaches[-1].median is not None
    assert reaches[-1].median <= 22.9 * 26
    stricter = parse_contract(draft.answered(examples(draft)).replace("agreement >= 80 %", "agreement >= 85 %"))
    late = likely_reaches(stricter, horizon=600)[-1].median
    assert late is None or late > 22.9 * 26
    assert "The table would leave constrained; what that takes does not fit the window." in draft.text


def test_the_quick_reach_is_that_of_the_whole_plan() -> None:
    """Gates are chosen by the same numbers that people then read."""
    contract = parse_contract(DRAFTED)
    whole = plan(contract, horizon=300).ladders[1].reaches
    assert [(one.level, one.median) for one in likely_reaches(contract, horizon=300)] == [
        (one.level, one.median) for one in whole
    ]
    assert likely_reaches(replace(contract, autonomy=None)) == ()
    ladders = plan(contract, horizon=300).ladders
    assert [
        [(one.low, one.median, one.high) for one in ladder] for ladder in likely_ladders(contract, horizon=300)
    ] == [[(one.low, one.median, one.high) for one in ladder.reaches] for ladder in ladders]
    assert likely_ladders(replace(contract, autonomy=None)) == ()


DRAFTED = """\
apiVersion: goldenthread/v1
kind: AgentImpactContract
slice: quick
version: 1
owner: maya@example.com
volume: 100 cases per week
autonomy: {start: shadow, ceiling: draft, gates: {draft: [agreement >= 70 %]}}
"""


def test_work_that_comes_too_rarely_stays_in_shadow_and_says_so() -> None:
    """One case a week proves nothing in half a year."""
    facts = a_slice(cases=200)
    draft = draft_contract(facts, recommend(replace(facts.work, volume_a_week=Decimal(1)), TABLE), weeks=8)
    assert draft.gates.ceiling is Level.SHADOW
    assert "Too few cases come for any gate to be passed within 8 weeks" in draft.text
    assert check(parse_contract(draft.answered(examples(draft)))).state == "sound"


@pytest.mark.parametrize("name", ["password-reset", "screening-applicants", "agentdojo-bank"])
def test_whatever_the_table_recommends_can_be_drafted(name: str) -> None:
    """Rules need no model, what only reads needs no undo, and a ceiling is one that the table leaves."""
    facts = replace(
        a_slice(name, WORK[name], cases=40000), owner="maya@example.com", position="back office, first look"
    )
    found = recommend(facts.work, TABLE)
    draft = draft_contract(facts, found, problem="It takes too long today.", sufferer="whoever waits", weeks=12)
    contract = parse_contract(draft.answered(examples(draft)))
    assert check(contract).state == "sound"
    assert contract.autonomy is not None
    assert found.ceiling is not None
    assert contract.autonomy.ceiling <= found.ceiling
    assert not {"owner", "position", "problem", "for"} & {one.key for one in draft.questions}
    assert (contract.approach == "bound") is (found.approach is not None and found.approach.bound)


def test_minutes_and_rate_give_the_cost_of_today() -> None:
    """Twelve minutes at 60 EUR an hour are 12 EUR."""
    value = {"minutes": "10 to 14 min (log, x)", "rate": "60 EUR/h (owner, y)"}
    spans = {name: parse_span(text, *UNITS[name]) for name, text in value.items()}
    facts = replace(a_slice(cases=20), value=spans)
    draft = draft_contract(facts, recommend(facts.work, TABLE), weeks=4)
    assert "cost_to_serve 12.00 EUR/case -> TARGET in 4 weeks" in draft.text


@pytest.mark.parametrize("minutes", ["0 min (log, x)", "0.01 min (log, x)"])
def test_what_costs_nothing_today_is_asked_for(minutes: str) -> None:
    """From nothing nothing can get cheaper, and a draft that its own rules refuse helps nobody."""
    spans = {"minutes": parse_span(minutes, "min"), "rate": parse_span("20 USD/h (owner, y)", "CUR/h")}
    facts = replace(a_slice(cycle_p50=Decimal("0.01")), value=spans)
    draft = draft_contract(facts, recommend(facts.work, TABLE))
    assert "cost_to_serve TODAY -> TARGET" in draft.text
    assert check(parse_contract(draft.answered(examples(draft)))).state == "sound"


@pytest.mark.parametrize(
    ("cases", "volume", "throughput"),
    [(4580, "23", "20"), (1000, "5.0", "4.5"), (100, "0.50", "0.45"), (10, "0.05", "0.04")],
)
def test_what_comes_rarely_is_not_promised_more_often(cases: int, volume: str, throughput: str) -> None:
    """A throughput above what comes would be missed from the first week on."""
    facts = a_slice(cases=cases)
    answers = draft_contract(facts, recommend(facts.work, TABLE)).answers
    assert answers["volume"] == f"{volume} cases per week"
    assert answers["workflow.throughput"] == f">= {throughput} cases per week"


@pytest.mark.parametrize(
    ("p50", "p90", "most"),
    [(Decimal(240), 3 * DAY, 10), (None, 3 * DAY, 10), (2 * DAY, None, 10), (None, None, 92)],
)
def test_a_backlog_is_one_that_today_has(p50: Decimal | None, p90: Decimal | None, most: int) -> None:
    """22.9 cases a week of which a tenth takes three days or more: one case at once would be passed every day."""
    facts = a_slice(cycle_p50=p50, cycle_p90=p90)
    answers = draft_contract(facts, recommend(facts.work, TABLE)).answers
    assert answers["workflow.backlog"] == f"<= {most} cases"


def test_what_cannot_be_drafted_says_why(draft: Draft) -> None:
    """Nobody gets a page with holes that nobody sees."""
    facts = a_slice(weeks=None)
    with pytest.raises(ValueProblem, match="nobody knows how many cases come in a week"):
        draft_contract(facts, recommend(facts.work, TABLE))
    with pytest.raises(ValueProblem, match="no case came in 200 weeks"):
        draft_contract(a_slice(cases=0), recommend(facts.work, TABLE))
    banned = a_slice("scores", WORK["social-scoring"])
    with pytest.raises(ValueProblem, match="by the table nothing may be built for it"):
        draft_contract(banned, recommend(banned.work, TABLE))
    with pytest.raises(ValueProblem, match="A window of 60 weeks cannot be taken"):
        draft_contract(a_slice(), recommend(a_slice().work, TABLE), weeks=60)
    with pytest.raises(ValueProblem, match="Questions of 'help-desk-tickets' without an answer: owner, "):
        draft.answered({})
    with pytest.raises(ContractRefused):
        draft.answered(examples(draft) | {"workflow.fails_like": "TBD"})


@pytest.mark.parametrize(
    ("seconds", "up", "words"),
    [
        (Decimal("39.9") * DAY, False, "39.9 d"),
        (3 * DAY, False, "3 d"),
        (DAY, False, "24 h"),
        (Decimal("2.01") * DAY, True, "2.1 d"),
        (Decimal(150), False, "2.5 min"),
        (Decimal("0.04"), False, "0.1 s"),
        (Decimal(90), True, "90 s"),
    ],
)
def test_a_measured_length_is_written_as_people_write_it(seconds: Decimal, up: bool, words: str) -> None:
    """3,447,360 s is nobody's cycle time."""
    assert length_words(seconds, up=up) == words
