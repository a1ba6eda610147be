"""`goldenthread backtest`: how a contract would have served on recorded cases."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goldenthread.promise.errors import FileUnusable, ValueProblem
from goldenthread.surfaces.cli.arguments import read_at_most
from goldenthread.surfaces.cli.commands.contract import read_file
from goldenthread.surfaces.cli.commands.evidence import imported_sets
from goldenthread.surfaces.cli.terminal import emit, say

if TYPE_CHECKING:
    from goldenthread.control.simulation import Backtest, Recorded
    from goldenthread.promise.contract import Contract

_LARGEST = 256 * 1024 * 1024


@click.command()
@click.argument("file", metavar="CONTRACT", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--runs", "runs", metavar="FILE.csv|FILE.jsonl", type=click.Path(path_type=Path), help="Recorded cases.")
@click.option("--set", "set_name", metavar="RUNS", help="Runs imported before, as `goldenthread runs list` names them.")
@click.option(
    "--signed",
    metavar="TIME",
    help="When the contract was signed, e.g. 2026-03-01; cases from before are refused. By default none.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def backtest(
    home: str | None, file: Path, runs: Path | None, set_name: str | None, signed: str | None, as_json: bool
) -> None:
    """
    Tell how a contract would have served on recorded cases: which day promoted, which day rolled back, and what a
    naive threshold would have done.

    A label counts from the moment it was known. Nothing is recorded, and no level is earned.

    \b
    Example:
      goldenthread backtest intake.yaml --runs last-quarter.csv
    """
    from goldenthread.control.simulation import backtest as judge
    from goldenthread.control.simulation import backtest_words

    if (runs is None) == (set_name is None):
        raise click.UsageError("Name the recorded cases: either '--runs FILE' or '--set RUNS'.")
    contract = read_file(file)
    recorded = _of_file(runs, contract) if runs else _of_set(home, set_name or "", contract)
    found = judge(contract, recorded, signed=None if signed is None else _moment(signed))
    if as_json:
        emit(_json(found))
    else:
        say(backtest_words(found))


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueProblem(f"'{text}' is no time at which a contract was signed. Write e.g. 2026-03-01.") from None


def _of_file(path: Path, contract: Contract) -> Recorded:
    from goldenthread.control.simulation import read_csv, read_jsonl

    readers = {".csv": read_csv, ".jsonl": read_jsonl, ".ndjson": read_jsonl}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise FileUnusable(f"{path} cannot be read: it is neither .csv nor .jsonl. Name a file of recorded cases.")
    try:
        text = read_at_most(path, _LARGEST).decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise FileUnusable(
            f"{path} cannot be read: byte {problem.start + 1:,} is not UTF-8. Save it as UTF-8."
        ) from problem
    return reader(text, path.name, contract)


def _of_set(home: str | None, name: str, contract: Contract) -> Recorded:
    from goldenthread.control.simulation import Recorded, runs_as_cases

    found = imported_sets(home, contract.slice, (name,))[0]
    cases = tuple(runs_as_cases(found.runs, contract))
    return Recorded(cases=cases, timed=all(run.started_at is not None for run in found.runs))


def _json(found: Backtest) -> dict[str, Any]:
    return {
        "slice": found.contract.slice,
        "version": found.contract.version,
        "cases": found.cases,
        "timed": found.timed,
        "first": found.first if found.timed else None,
        "last": found.last if found.timed else None,
        "moves": [{"at": one.at if found.timed else None, "cases": one.cases, **one.change} for one in found.moves],
        "naive": [
            {
                "at": one.at if found.timed else None,
                "cases": one.cases,
                "from": one.before,
                "to": one.after,
                "clause": one.clause,
            }
            for one in found.naive
        ],
        "end": found.end,
        "naive_end": found.naive_end,
    }
