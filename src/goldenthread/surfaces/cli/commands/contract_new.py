"""`goldenthread contract new`."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from goldenthread.promise.errors import ValueProblem
from goldenthread.surfaces.cli.arguments import require_folder_of
from goldenthread.surfaces.cli.terminal import say

if TYPE_CHECKING:
    from goldenthread.promise.contract import Question


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--answers",
    "given",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Answers as JSON, by the path in the file: they are not asked for.",
)
@click.pass_context
def new(ctx: click.Context, file: Path | None, given: Path | None) -> None:
    """
    Write a contract by answering questions in plain words, then check it.

    FILE is SLICE.yaml unless you name one; it is never overwritten. An interrupted interview keeps its answers.

    \b
    Example:
      goldenthread contract new intake.yaml
      goldenthread contract new intake.yaml --answers answers.json
    """
    from goldenthread.promise.contract import contract_text
    from goldenthread.surfaces.cli.commands.contract_check import print_check

    if file is not None and file.exists():
        raise _there(file)
    if file is not None:
        require_folder_of(file)
    answers = _read_answers(given) if given is not None else {}
    if given is None or sys.stdin.isatty():
        try:
            _ask_all(answers)
        except (click.Abort, KeyboardInterrupt):
            _keep_and_stop(answers, file)
    text = contract_text(answers)
    written = file or Path(f"{answers['slice']}.yaml")
    _write(written, text, answers)
    say(f"Wrote {written}.")
    ctx.exit(print_check(ctx.obj, written))


def _ask_all(answers: dict[str, str]) -> None:
    """Ask every question that applies and has no answer yet; wrong answers are asked for again."""
    from goldenthread.promise.contract import next_question

    while (question := next_question(answers)) is not None:
        say("", question.ask, f"  e.g. {question.example}")
        answers[question.key] = _ask(answers, question)


def _ask(answers: dict[str, str], question: Question) -> str:
    from goldenthread.promise.contract import answer_problem

    taken = f"[Enter: {question.default}] " if question.default is not None else ""
    while True:
        text: str = click.prompt("", prompt_suffix=f"{taken}> ", default=question.default or "", show_default=False)
        problem = answer_problem(answers, question, text)
        if problem is None:
            return text
        say(f"  {problem}")


def _read_answers(file: Path) -> dict[str, str]:
    """
    Raises:
        ValueProblem: Not an object of texts.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise ValueProblem(f"{file} is no JSON ({problem}). {_SHAPE}") from problem
    if not isinstance(found, dict) or not all(isinstance(answer, str) for answer in found.values()):
        raise ValueProblem(f"{file} holds something else than texts by question. {_SHAPE}")
    return found


_SHAPE = 'Write e.g. {"slice": "intake", "owner": "maya@example.com"}.'


def _write(file: Path, text: str, answers: dict[str, str]) -> None:
    try:
        with file.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError:
        kept = _keep(answers)
        raise _there(file, f" --answers {kept}") from None


def _there(file: Path, more: str = "") -> ValueProblem:
    return ValueProblem(
        f"{file} is there already and is never overwritten. Run `goldenthread contract new OTHER.yaml{more}`."
    )


def _keep_and_stop(answers: dict[str, str], file: Path | None) -> NoReturn:
    if answers:
        words = ["goldenthread", "contract", "new", *([] if file is None else [str(file)]), "--answers"]
        again = shlex.join([*words, str(_keep(answers))])
        click.echo(f"\nYour answers are kept. Go on with: {again}", err=True)
    raise click.Abort


def _keep(answers: dict[str, str]) -> Path:
    """The answers so far in a file of their own: `answers.json`, `answers-2.json`, ..."""
    number = 1
    while True:
        file = Path("answers.json" if number == 1 else f"answers-{number}.json")
        try:
            with file.open("x", encoding="utf-8") as stream:
                json.dump(answers, stream, indent=2, ensure_ascii=False)
        except FileExistsError:
            number += 1
        else:
            return file
