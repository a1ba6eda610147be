"""`goldenthread contract new`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from goldenthread.promise.contract import QUESTIONS, next_question
from surfaces.cli.typed import Terminal, steady


def examples() -> dict[str, str]:
    """The example of every question that applies."""
    answers: dict[str, str] = {}
    while (question := next_question(answers)) is not None:
        answers[question.key] = question.example
    return answers


@pytest.fixture
def answered(tmp_path: Path) -> dict[str, str]:
    """The examples in a file, `answers.json`."""
    (tmp_path / "answers.json").write_text(json.dumps(examples()))
    return examples()


def test_answers_from_a_file_make_a_sound_contract(
    terminal: Terminal, answered: dict[str, str], tmp_path: Path
) -> None:
    """A form elsewhere may ask the questions as well."""
    said = terminal.done("contract new intake.yaml --answers answers.json")
    assert steady(said) == (
        "Wrote intake.yaml.\n"
        "intake.yaml is sound: 'open-source-intake', version 1, sha256:<digest>.\n"
        "To sign: maya@example.com as owner, open-source-lead@example.com as expert, finance-ops as data-owner, "
        "developer-experience as data-owner, open-source-office as data-owner.\n"
        "Next: goldenthread contract plan intake.yaml\n"
    )
    assert "\nslice: open-source-intake\n" in (tmp_path / "intake.yaml").read_text()


def test_the_file_is_named_for_its_slice(terminal: Terminal, answered: dict[str, str]) -> None:
    """Where nobody names a file, its name says what it is about."""
    said = terminal.done("contract new --answers answers.json")
    assert said.startswith("Wrote open-source-intake.yaml.\n")


def test_a_file_is_never_overwritten(terminal: Terminal, answered: dict[str, str], tmp_path: Path) -> None:
    """A contract that somebody wrote by hand is gone only once."""
    (tmp_path / "intake.yaml").write_text("mine")
    assert terminal.refused("contract new intake.yaml --answers answers.json") == (
        "value-problem: intake.yaml is there already and is never overwritten. "
        "Run `goldenthread contract new OTHER.yaml`."
    )
    assert (tmp_path / "intake.yaml").read_text() == "mine"
    (tmp_path / "open-source-intake.yaml").write_text("mine")
    assert terminal.refused("contract new --answers answers.json") == (
        "value-problem: open-source-intake.yaml is there already and is never overwritten. "
        "Run `goldenthread contract new OTHER.yaml --answers answers-2.json`."
    )
    assert json.loads((tmp_path / "answers-2.json").read_text()) == answered


def test_the_questions_are_asked_and_a_wrong_answer_is_asked_again(terminal: Terminal, tmp_path: Path) -> None:
    """A product owner without YAML writes a contract that may be signed."""
    lines = list(examples().values())
    lines.insert(0, "Not A Slice")
    ran = terminal("contract new intake.yaml", given="\n".join(lines) + "\n")
    assert (ran.code, ran.err) == (0, "")
    first = QUESTIONS[0]
    assert ran.out.startswith(f"\n{first.ask}\n  e.g. {first.example}\n> ")
    assert "  'Not A Slice'" in ran.out
    assert (tmp_path / "intake.yaml").is_file()


def test_an_interrupted_interview_keeps_its_answers(terminal: Terminal, tmp_path: Path) -> None:
    """Forty questions answered twice are not answered a third time."""
    ran = terminal("contract new", given="open-source-intake\nmaya@example.com\n")
    assert ran.code == 1
    assert ran.err == (
        "\nYour answers are kept. Go on with: goldenthread contract new --answers answers.json\nAborted!\n"
    )
    kept = json.loads((tmp_path / "answers.json").read_text())
    assert kept == {"slice": "open-source-intake", "owner": "maya@example.com"}


def test_going_on_names_the_file_again(terminal: Terminal) -> None:
    """Whoever pastes the command gets the file they wanted."""
    ran = terminal("contract new 'my intake.yaml'", given="open-source-intake\n")
    assert ran.err == (
        "\nYour answers are kept. Go on with: goldenthread contract new 'my intake.yaml' --answers answers.json\n"
        "Aborted!\n"
    )


def test_a_question_shows_what_enter_takes(terminal: Terminal) -> None:
    """The example is often another answer, and a ceiling is no detail."""
    ran = terminal("contract new intake.yaml", given="\n".join(examples().values()) + "\n")
    assert "  e.g. constrained\n[Enter: approval] > constrained\n" in ran.out
    for question in [one for one in QUESTIONS if one.key in examples()]:
        shown = f"  e.g. {question.example}\n" + ("" if question.default is None else f"[Enter: {question.default}] ")
        assert f"{shown}> " in ran.out


def test_a_file_in_no_folder_is_refused_before_the_first_question(terminal: Terminal) -> None:
    """Forty answers later is too late."""
    assert terminal.refused("contract new nowhere/intake.yaml") == (
        "file-unusable: nowhere/intake.yaml cannot be written: there is no folder nowhere. "
        "Make it, or name another place."
    )


def test_missing_answers_are_all_named(terminal: Terminal, tmp_path: Path) -> None:
    """Without a terminal nobody can be asked."""
    answers = examples()
    del answers["problem"]
    (tmp_path / "answers.json").write_text(json.dumps(answers))
    problem = next(question for question in QUESTIONS if question.key == "problem")
    assert terminal.refused("contract new --answers answers.json") == (
        "value-problem: Questions without an answer:\n"
        f"  problem: {problem.ask} E.g. {problem.example}\n"
        "Answer them all."
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "is no JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1))."),
        ('["a"]', "holds something else than texts by question."),
        ('{"slice": 1}', "holds something else than texts by question."),
    ],
)
def test_answers_must_be_texts_by_question(terminal: Terminal, tmp_path: Path, content: str, problem: str) -> None:
    """A file of another shape is told so before anything is written."""
    (tmp_path / "answers.json").write_text(content)
    assert terminal.refused("contract new --answers answers.json") == (
        f'value-problem: answers.json {problem} Write e.g. {{"slice": "intake", "owner": "maya@example.com"}}.'
    )
