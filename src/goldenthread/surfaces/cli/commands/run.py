"""`goldenthread run`: submit, list, show, cancel."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goldenthread.promise.errors import FileUnusable, ValueProblem
from goldenthread.surfaces.cli.terminal import emit, moment, say, table

if TYPE_CHECKING:
    from goldenthread.promise.values import Json
    from goldenthread.work.runtime import Submission, Submissions

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_LARGEST_INPUT = 4 << 20


@click.group()
def run() -> None:
    """
    Hand cases to workers; list and cancel their durable runs.

    \b
    Example:
      goldenthread run submit refunds case-17 --input case-17.json
      goldenthread run list
    """


@run.command()
@click.argument("slice_name", metavar="SLICE")
@click.argument("case")
@click.option("--input", "source", metavar="FILE", help="What the case says, a JSON object; '-' reads it from stdin.")
@click.option("--segment", multiple=True, metavar="NAME=VALUE", help="What kind of case it is, by the contract.")
@click.option("--at", metavar="TIME", help="Not before: 2026-12-01T06:00+01:00.")
@click.option("--priority", type=int, default=0, show_default=True, help="0 goes first, then 1, and so on.")
@_JSON
@click.pass_obj
def submit(
    home: str | None,
    slice_name: str,
    case: str,
    source: str | None,
    segment: tuple[str, ...],
    at: str | None,
    priority: int,
    as_json: bool,
) -> None:
    """
    Hand a case to the workers of a slice. The same case again, while it is open, is the same durable run.

    \b
    Example:
      goldenthread run submit refunds case-17 --input case-17.json
      echo '{"amount": 12}' | goldenthread run submit refunds case-18 --input -
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.work.runtime import Handed

    given, when = _input(source), _moment(at)
    kinds = dict(_pair(one) for one in segment)
    with opened(home) as place, _submissions(place.ledger) as submissions:
        place.desk(slice_name).contract()
        handed = Handed(case=case, given=given, segment=kinds)
        found = submissions.submit(slice_name, handed, at=when, priority=priority)
        working = submissions.workers(slice_name)
    if as_json:
        emit(_as_record(found))
        return
    say(f"Durable run {found.id} of case {case} is {found.state}.")
    if not working:
        say(f"No worker of '{slice_name}' is at work now. Start one: `goldenthread work MODULE:WORKER`.")


@run.command("list")
@click.argument("slice_name", metavar="[SLICE]", required=False)
@click.option("--all", "ended_too", is_flag=True, help="Also those that ended.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="The newest so many.")
@_JSON
@click.pass_obj
def list_runs(home: str | None, slice_name: str | None, ended_too: bool, limit: int, as_json: bool) -> None:
    """
    List durable runs, newest first, and who is at work.

    \b
    Example:
      goldenthread run list refunds --all
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.work.runtime import OPEN

    with opened(home) as place, _submissions(place.ledger) as submissions:
        chosen = place.chosen(slice_name) if slice_name is not None else None
        found = submissions.list(chosen, states=None if ended_too else OPEN, limit=limit)
        working = submissions.workers(chosen)
    if as_json:
        emit({"runs": [_as_record(one) for one in found], "workers": working})
        return
    if not found:
        say("No durable run is open." if not ended_too else "No case was handed in yet.")
    else:
        columns = ("id", "slice", "case", "state", "turn", "faults", "problem", "handed in")
        table(columns, [_row(one) for one in found])
    say(f"{len(working)} workers are at work." if len(working) != 1 else "1 worker is at work.")


@run.command()
@click.argument("name", metavar="ID")
@_JSON
@click.pass_obj
def show(home: str | None, name: str, as_json: bool) -> None:
    """
    Show one durable run. ID is as listed, or its first letters.

    \b
    Example:
      goldenthread run show 3f9a
    """
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place, _submissions(place.ledger) as submissions:
        found = submissions.find(name)
    if as_json:
        emit(_as_record(found))
        return
    for key, value in _as_record(found).items():
        if value is not None:
            say(f"{key.replace('_', ' '):13} {moment(value) if isinstance(value, datetime) else value}")


@run.command()
@click.argument("name", metavar="ID")
@click.pass_obj
def cancel(home: str | None, name: str) -> None:
    """
    End a durable run: nothing more of it is begun, and what it asked people is withdrawn.

    What it did stays done. The case may be handed in again.

    \b
    Example:
      goldenthread run cancel 3f9a
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.withdrawing import cancel_submission

    with opened(home) as place, _submissions(place.ledger) as submissions:
        found = cancel_submission(submissions, name)
    say(f"Durable run {found.id} is cancelled.")


class _submissions:  # noqa: N801 - used as a function
    """The durable runs of an opened home, for a block."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger
        self._open: Submissions | None = None

    def __enter__(self) -> Submissions:
        from goldenthread.work.runtime import Submissions

        self._open = Submissions(self._ledger)
        return self._open

    def __exit__(self, *_: object) -> None:
        if self._open is not None:
            self._open.close()


def _input(source: str | None) -> dict[str, Json]:
    if source is None:
        return {}
    where = "stdin" if source == "-" else source
    text = sys.stdin.read(_LARGEST_INPUT + 1) if source == "-" else _read(Path(source))
    if len(text) > _LARGEST_INPUT:
        raise FileUnusable(f"{where} holds more than {_LARGEST_INPUT >> 20} MiB. Hand in less, and name where it lies.")
    try:
        value = json.loads(text)
    except ValueError as problem:
        raise FileUnusable(f"{where} holds no JSON: {problem}. Write an object, such as {{}}.") from problem
    if not isinstance(value, dict):
        raise FileUnusable(f"{where} holds a JSON {type(value).__name__}; an object is wanted. Write {{...}}.")
    return value


def _read(file: Path) -> str:
    with file.open(encoding="utf-8") as opened_file:
        return opened_file.read(_LARGEST_INPUT + 1)


def _moment(at: str | None) -> datetime | None:
    if at is None:
        return None
    try:
        return datetime.fromisoformat(at)
    except ValueError as problem:
        raise ValueProblem(f"'{at}' is no time. Write e.g. 2026-12-01T06:00+01:00.") from problem


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.UsageError(f"'{text}' is no NAME=VALUE; write e.g. language=de.")
    return name, value


def _as_record(found: Submission) -> dict[str, Any]:
    names = ("id", "slice", "case", "state", "turn", "tries", "problem", "run", "worker")
    times = ("submitted_at", "due_at", "ended_at")
    return {name: getattr(found, name) for name in (*names, *times)}


def _row(one: Submission) -> tuple[object, ...]:
    case = one.case if one.case is not None else "erased"
    return (one.id, one.slice, case, one.state, one.turn, one.tries or "", one.problem, moment(one.submitted_at))
