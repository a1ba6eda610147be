"""The questions of `contract new`, and the file that the answers make."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenthread.promise.contract import (
    QUESTIONS,
    Question,
    answer_problem,
    check,
    contract_text,
    next_question,
    parse_contract,
)
from goldenthread.promise.errors import ContractInvalid, ContractRefused, ValueProblem
from goldenthread.promise.values import Level

NEEDED = {question.key: question.example for question in QUESTIONS if question.default is None}
BY_KEY = {question.key: question for question in QUESTIONS}


def _asked(ceiling: str) -> dict[str, str]:
    answers: dict[str, str] = {}
    while (question := next_question(answers)) is not None:
        answer = ceiling if question.key == "autonomy.ceiling" else question.default or question.example
        assert answer_problem(answers, question, answer) is None
        answers[question.key] = answer
    return answers


@pytest.mark.parametrize("ceiling", [level.value for level in Level])
def test_answering_the_examples_gives_a_sound_contract(ceiling: str) -> None:
    """Somebody who follows the examples must not be refused at the end."""
    contract = parse_contract(contract_text(_asked(ceiling)))
    assert check(contract).state == "sound"
    assert contract.autonomy is not None
    assert contract.autonomy.ceiling.value == ceiling


def test_defaults_stand_where_nobody_answers() -> None:
    """A script gives what only its author can know, and no more."""
    contract = parse_contract(contract_text(NEEDED))
    assert contract.approach == "bound"
    assert contract.autonomy is not None
    assert contract.autonomy.ceiling is Level.APPROVAL


def test_questions_about_levels_out_of_reach_are_not_asked() -> None:
    """A slice that stays in shadow needs no gates and no approvers."""
    assert not any(key.startswith("autonomy.gates") for key in _asked("shadow"))
    assert "autonomy.gates.expanded" in _asked("expanded")


@pytest.mark.parametrize(
    ("key", "answer", "words"),
    [
        (
            "slice",
            "My Slice",
            "'My Slice' is no slice's name; write small letters and hyphens, e.g. 'open-source-intake'.",
        ),
        ("owner", "TBD", "'TBD' is nobody and nothing; write who or what it is."),
        ("owner", "", "This needs an answer; write e.g. 'maya@example.com'."),
        ("volume", "lots", "'lots' is no volume; write e.g. '120 cases per week'."),
        ("problem", "todo", "'todo' is no answer; answer: which problem does it solve?"),
        (
            "outcome.business",
            "latency p95 3 s -> 1 s in 8 weeks, owned by x",
            "latency says how the agent runs, not what the work is worth; write what the business or the "
            "customer gets, e.g. 'cost_to_serve 18 -> 6 EUR/case'.",
        ),
        ("workflow.backlog", "40", "the comparison is missing before '40'; write '<= 40' or '>= 40'."),
        ("autonomy.ceiling", "aproval", "'aproval' is no level; write 'approval'."),
        ("autonomy.gates.draft", "agreement", "'agreement' has no number; write e.g. 'agreement >= 80 %'."),
        (
            "actions",
            "burn it",
            "'burn it' is no action; write e.g. 'admit_package reversible undo withdraw_package key request'.",
        ),
        (
            "actions",
            "admit reversible",
            "nothing undoes it, so it is not reversible; write e.g. 'undo: withdraw_package', "
            "or 'effect: irreversible'.",
        ),
        (
            "actions",
            "send_answer reversible undo recall; send_answer read",
            "'send_answer' stands here twice; write each action once, with one effect.",
        ),
        ("volume", "40 complaints a day", "'40 complaints a day' is no volume; write '40 cases per day'."),
        ("volume", "40 per day", "'40 per day' is no volume; write '40 cases per day'."),
        ("volume", "1200 new requests/week", "'1200 new requests/week' is no volume; write '1200 cases per week'."),
        ("workflow.automation_rate", ">= 40", "automation_rate is a share of cases; write e.g. '>= 40 %'."),
        ("workflow.automation_rate", ">= 0.4", "automation_rate is a share of cases; write e.g. '>= 40 %'."),
        ("workflow.automation_rate", "<= 50 cases", "automation_rate is a share of cases; write e.g. '>= 60 %'."),
        ("workflow.escalation_rate", "<= 40 cases", "escalation_rate is a share of cases; write e.g. '<= 35 %'."),
        ("horizon", "7", "7 lies outside 1 to 3; write e.g. 'horizon: 1'."),
    ],
)
def test_a_bad_answer_is_told_at_once(key: str, answer: str, words: str) -> None:
    """The question is still on the screen; at the end nobody remembers which answer it was."""
    assert answer_problem({}, BY_KEY[key], answer) == words


@pytest.mark.parametrize(("key", "answer"), [("volume", "40 complaints a day"), ("workflow.automation_rate", "0.4")])
def test_what_a_hint_says_to_write_is_taken(key: str, answer: str) -> None:
    """Advice that is refused in its turn sends people in circles."""
    words = answer_problem({}, BY_KEY[key], answer if key == "volume" else f">= {answer}")
    assert words is not None
    meant = words.split("'")[-2]
    assert answer_problem({}, BY_KEY[key], meant) is None


@pytest.mark.parametrize("answer", ["120 cases per week", "120 cases  per week", "1 case per day", "40 cases/day"])
def test_a_volume_that_the_file_takes_is_taken(answer: str) -> None:
    """Plain hints must not refuse what reads."""
    assert answer_problem({}, BY_KEY["volume"], answer) is None


def test_an_action_twice_is_refused_in_a_script_too() -> None:
    """The last one would stand in silence, and a consequence would pass for a read."""
    with pytest.raises(ValueProblem) as caught:
        contract_text({**NEEDED, "actions": "send reversible undo recall; send read"})
    assert str(caught.value) == "value-problem: 'send' stands here twice; write each action once, with one effect."


def test_the_expert_must_be_somebody_else() -> None:
    """Two roles in one hand sign nothing; the earlier answers count."""
    answers = {"owner": "maya@example.com"}
    words = "maya@example.com is the owner already; nobody signs in two roles. Name another person."
    assert answer_problem(answers, BY_KEY["expert"], "maya@example.com") == words


def test_missing_answers_are_named_together() -> None:
    """A script learns in one go what it lacks."""
    answers = {key: text for key, text in NEEDED.items() if key not in ("owner", "volume")}
    with pytest.raises(ValueProblem) as caught:
        contract_text(answers)
    assert str(caught.value) == (
        "value-problem: Questions without an answer:\n"
        "  owner: Who answers for the business result? E.g. maya@example.com\n"
        "  volume: How many cases come? E.g. 120 cases per week\n"
        "Answer them all."
    )


def test_an_unknown_key_is_named() -> None:
    """A typo in a script must not leave a default standing in silence."""
    with pytest.raises(ValueProblem) as caught:
        contract_text({**NEEDED, "onwer": "x"})
    assert str(caught.value).startswith("value-problem: No question has the key 'onwer'; the keys are ")


def test_answers_that_break_a_rule_or_do_not_read_are_refused() -> None:
    """What the interview writes always passes the check."""
    with pytest.raises(ContractRefused) as refused:
        contract_text({**NEEDED, "expert": NEEDED["owner"]})
    assert str(refused.value) == (
        "contract-refused: answers:6:9 expert: maya@example.com is the owner already; nobody signs in two roles. "
        "Name another person. (C7)"
    )
    with pytest.raises(ContractInvalid):
        contract_text({**NEEDED, "volume": "many"})


@given(st.text(max_size=60))
def test_whatever_people_type_stays_text(text: str) -> None:
    """An answer with a colon, a quote or a bracket must neither break the file nor write other keys into it."""
    question: Question = BY_KEY["workflow.fails_like"]
    answer = f"it fails {text}"
    if answer_problem({}, question, answer) is None:
        contract = parse_contract(contract_text({**NEEDED, question.key: answer}))
        assert contract.workflow is not None
        assert contract.workflow.fails_like == " ".join(answer.split())
