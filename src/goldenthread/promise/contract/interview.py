"""
The questions of `contract new`, and the file that the answers make: pure, so that a terminal, a form or a
mapping can ask.

    answers = {}
    while question := next_question(answers):
        text = ...                                  # show question.ask, question.example, question.default
        if not answer_problem(answers, question, text):
            answers[question.key] = text
    file = contract_text(answers)

A question's key is the path of its answer in the file. An answer is judged by the same reader and rules as a
file, so what the interview writes passes both.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from goldenthread.promise.contract.interview_hints import repeated_action, share_problem, volume_problem
from goldenthread.promise.contract.questions import QUESTIONS, Answers, Question
from goldenthread.promise.contract.reader import API_VERSION, KIND, parse_contract
from goldenthread.promise.contract.refusals import refusals
from goldenthread.promise.contract.scalars import scalar
from goldenthread.promise.errors import ContractInvalid, ContractRefused, ValueProblem

_Tree: TypeAlias = "str | list[str] | dict[str, _Tree]"


def next_question(answers: Answers) -> Question | None:
    """The first question that applies and has no answer yet; None when all are answered."""
    return next((question for question in QUESTIONS if question.applies(answers) and question.key not in answers), None)


def answer_problem(answers: Answers, question: Question, text: str) -> str | None:
    """
    What is wrong with an answer, in words that say what to write instead; None when it can be taken.

    Args:
        answers: Those given so far.
        question: What was asked.
        text: The answer; an empty one stands for the default, if there is one.
    """
    if not text.strip():
        return None if question.default is not None else f"This needs an answer; write e.g. '{question.example}'."
    if problem := _own_problem(question, text):
        return problem
    trial = {**_STAND_INS, **answers, question.key: text}
    return next((words for path, words in _complaints(_render(trial)) if _concerns(path, question.key)), None)


def _own_problem(question: Question, text: str) -> str | None:
    """What the interview itself knows to say; the reader and the rules judge the rest."""
    if question.key == "actions":
        return _actions_problem(text)
    return volume_problem(text) if question.key == "volume" else share_problem(question, text)


_STAND_INS = {
    "slice": "a-slice",
    "owner": "its-owner",
    "workflow.done": "when it is done",
    "technique.model": "the model",
}
"""What every file must say, so that the rules can judge an answer before these are given."""


def contract_text(answers: Answers) -> str:
    """
    The file that the answers make; it reads without problems and no rule refuses it.

    Args:
        answers: Text by question key; where one is missing the question's default stands.

    Raises:
        ValueProblem: A key that is no question, or questions without answer and default; all are named.
        ContractInvalid: Answers that do not read; positions are those of the file that would result.
        ContractRefused: Answers that break a rule, one a line.
    """
    text = _render(_completed(answers))
    broken = refusals(parse_contract(text, "answers"))
    if broken:
        raise ContractRefused("\n".join(f"answers:{refusal}" for refusal in broken))
    return text


def _completed(answers: Answers) -> dict[str, str]:
    _require_known(answers)
    given = {key: text for key, text in answers.items() if text.strip()}
    unanswered = []
    for question in QUESTIONS:
        if question.key in given or not question.applies(given):
            continue
        if question.default is None:
            unanswered.append(question)
        else:
            given[question.key] = question.default
    if unanswered:
        listed = "\n".join(f"  {question.key}: {question.ask} E.g. {question.example}" for question in unanswered)
        raise ValueProblem(f"Questions without an answer:\n{listed}\nAnswer them all.")
    return {key: text for key, text in given.items() if _question(key).applies(given)}


def _require_known(answers: Answers) -> None:
    known = {question.key for question in QUESTIONS}
    unknown = sorted(set(answers) - known)
    if unknown:
        listed = ", ".join(f"'{key}'" for key in unknown)
        raise ValueProblem(f"No question has the key {listed}; the keys are {', '.join(sorted(known))}. Correct it.")


def _question(key: str) -> Question:
    return next(question for question in QUESTIONS if question.key == key)


def _complaints(text: str) -> list[tuple[str, str]]:
    try:
        contract = parse_contract(text)
    except ContractInvalid as invalid:
        return [(problem.path, problem.words) for problem in invalid.problems]
    return [(refusal.path, refusal.words) for refusal in refusals(contract)]


def _concerns(path: str, key: str) -> bool:
    return path in ("", key) or path.startswith((f"{key}.", f"{key}["))


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


# --- actions --------------------------------------------------------------------------------------


_ACTION = re.compile(r"(\S+) +(read|reversible|irreversible)(?: +undo +(\S+))?(?: +key +(\S+))?")


def _actions_problem(text: str) -> str | None:
    lines = _split(text)
    problem = next((words for line in lines if (words := _action_problem(line))), None)
    return problem or repeated_action([line.split()[0] for line in lines])


def _action_problem(line: str) -> str | None:
    if _ACTION.fullmatch(line):
        return None
    return f"'{line}' is no action; write e.g. 'admit_package reversible undo withdraw_package key request'."


def _actions(text: str) -> dict[str, _Tree]:
    problem = _actions_problem(text)
    if problem:
        raise ValueProblem(problem)
    found: dict[str, _Tree] = {}
    for line in _split(text):
        parts = _ACTION.fullmatch(line)
        assert parts is not None
        name, effect, undo, key = parts.groups()
        fields = {"effect": effect, "undo": undo, "key": key}
        found[name] = {field: value for field, value in fields.items() if value is not None}
    return found


# --- YAML -----------------------------------------------------------------------------------------


def _render(answers: Answers) -> str:
    tree: dict[str, _Tree] = {}
    for question in QUESTIONS:
        if answers.get(question.key, "").strip():
            _put(tree, question.key.split("."), _value(question, answers[question.key]))
    header = [f"apiVersion: {API_VERSION}", f"kind: {KIND}"]
    return "\n".join([*header, *_emit(_ordered(tree), 0)]) + "\n"


def _ordered(tree: dict[str, _Tree]) -> dict[str, _Tree]:
    """The file's order: version behind slice, start before ceiling."""
    ordered: dict[str, _Tree] = {}
    for key, value in tree.items():
        ordered[key] = {"start": "shadow", **value} if key == "autonomy" and isinstance(value, dict) else value
        if key == "slice":
            ordered["version"] = "1"
    return ordered if "version" in ordered else {"version": "1", **ordered}


def _put(tree: dict[str, _Tree], path: list[str], value: _Tree) -> None:
    inner = tree
    for key in path[:-1]:
        below = inner.setdefault(key, {})
        assert isinstance(below, dict)
        inner = below
    inner[path[-1]] = value


def _value(question: Question, text: str) -> _Tree:
    plain = " ".join(text.split())
    if question.key == "actions":
        return _actions(plain)
    if not question.many:
        return plain
    lines = _split(plain)
    return lines[0] if len(lines) == 1 and question.key.startswith("outcome.") else lines


def _emit(tree: dict[str, _Tree], depth: int) -> list[str]:
    lines = []
    indent = "  " * depth
    for key, value in tree.items():
        if isinstance(value, dict):
            lines += [f"{indent}{scalar(key)}:", *_emit(value, depth + 1)]
        elif isinstance(value, list):
            lines += [f"{indent}{key}:", *(f"{indent}  - {scalar(line)}" for line in value)]
        else:
            bare = key in ("version", "horizon") and value.isdigit()
            lines.append(f"{indent}{scalar(key)}: {value if bare else scalar(value)}")
    return lines
