"""`goldenthread runs`: import, list, show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goldenthread.promise.errors import CaseUnknown, NotPermitted, RunsNotFound
from goldenthread.surfaces.cli.arguments import typed
from goldenthread.surfaces.cli.commands import runs_words as words
from goldenthread.surfaces.cli.terminal import emit, say, table

if TYPE_CHECKING:
    from goldenthread.record.runs import RecordedRun, RunSet
    from goldenthread.surfaces.cli.place import Place

FORMATS = ("taubench", "tau2")
"""As in `record.runs`, which help does not load."""

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_FEWEST_DIGITS = 4


@click.group()
def runs() -> None:
    """
    Import recorded runs of an agent, and look at them. They earn no level.

    \b
    Example:
      goldenthread runs import taubench-gpt4o-airline.json --format taubench --agent gpt-4o
      goldenthread runs list
    """


@runs.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "format", type=click.Choice(FORMATS), help="By default told from the file.")
@click.option(
    "--slice", "slice_name", metavar="SLICE", help="By default that of the domain the file names, e.g. airline-service."
)
@click.option("--agent", metavar="NAME", help="Who did the runs. By default the model that the file names.")
@click.option(
    "--by", metavar="NAME", help="Who vouches for the labels, and signs. By default the only one here who may."
)
@_JSON
@click.pass_obj
def import_file(
    home: str | None,
    file: Path,
    format: str | None,
    slice_name: str | None,
    agent: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    """
    Import a file of recorded runs, whole or not at all. The same file again changes nothing.

    What was said in a run is encrypted under the key of its case, and goes when the case is erased.

    \b
    Example:
      goldenthread runs import tau2-airline.json --format tau2 --by maya@example.com
    """
    from goldenthread.record.runs import import_runs, open_import, read_runs, summarise
    from goldenthread.surfaces.cli.place import opened

    read = read_runs(file, format, slice=slice_name, agent=agent)
    with opened(home) as place:
        signer = by or _only_one(place, read.slice)
        done = import_runs(place.ledger, place.home, read, by=signer, sign=place.keys(signer).sign)
        found = summarise(open_import(place.ledger, place.home, done.record))
    if as_json:
        emit({"new": done.new, "record": f"{done.record.chain}#{done.record.seq}", **words.summary_json(found)})
    else:
        say(*words.import_words(file, done, found))


@runs.command("list")
@click.argument("slice_name", metavar="[SLICE]", required=False)
@_JSON
@click.pass_obj
def list_runs(home: str | None, slice_name: str | None, as_json: bool) -> None:
    """
    List imported runs: whose they are, and how many cases succeeded.

    A case counts once, by its first run that did not end in a fault.

    \b
    Example:
      goldenthread runs list airline-service
    """
    from goldenthread.record.runs import imported_runs, summarise
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        chosen = place.slices() if slice_name is None else [place.chosen(slice_name)]
        found = [summarise(one) for name in chosen for one in imported_runs(place.ledger, place.home, name)]
    if as_json:
        emit([words.summary_json(one) for one in found])
    elif not found:
        say("No run was imported yet.")
    else:
        columns = ("name", "slice", "agent", "cases", "runs", "success by case", "success by run", "faults")
        table(columns, [words.summary_row(one) for one in found])


@runs.command()
@click.argument("name", metavar="RUNS")
@click.option("--slice", "slice_name", metavar="SLICE", help="Where, if the same file went to several slices.")
@click.option("--case", "case", metavar="CASE", help="Only this case, with all that was said and done.")
@click.option("--trial", type=click.IntRange(min=0), help="With --case: only this trial.")
@_JSON
@click.pass_obj
def show(
    home: str | None, name: str, slice_name: str | None, case: str | None, trial: int | None, as_json: bool
) -> None:
    """
    Show imported runs case by case; with --case, a case's whole conversations.

    RUNS is as `goldenthread runs list` shows it, its first letters, or the name of the file.

    \b
    Example:
      goldenthread runs show e9e6c0297660
      goldenthread runs show e9e6 --case 12 --trial 0
    """
    if trial is not None and case is None:
        raise click.UsageError("'--trial' is of a case; add --case.")
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        found = _found(place, name, slice_name)
    if case is None:
        _show_all(found, as_json)
    else:
        _show_case(found, _of_case(found, case, trial), as_json)


def _only_one(place: Place, slice_name: str) -> str:
    """The one principal who may vouch for runs and whose key is in this home."""
    from goldenthread.record.principals import KeyRing, load_principals
    from goldenthread.record.runs import MAY_IMPORT

    ring = KeyRing(place.home)
    able = [
        one.name
        for one in load_principals(place.ledger).all()
        if ring.has(one.name) and any(one.has(role, slice_name) for role in MAY_IMPORT)
    ]
    if len(able) == 1:
        return able[0]
    who = f"{len(able)} who may vouch for these runs ({', '.join(able)})" if able else "nobody who may vouch for them"
    raise NotPermitted(f"This home has keys of {who}. Say who does with `--by NAME`: {', '.join(MAY_IMPORT)}.")


def _found(place: Place, name: str, slice_name: str | None) -> RunSet:
    from goldenthread.record.runs import IMPORT, open_import

    records = [
        record
        for chain in (place.slices() if slice_name is None else [place.chosen(slice_name)])
        for record in place.ledger.read(chain, kinds=[IMPORT])
        if _is_called(record.data, name)
    ]
    if len(records) == 1:
        return open_import(place.ledger, place.home, records[0])
    if not records:
        raise RunsNotFound(f"No imported runs are called '{name}'. See `goldenthread runs list`.")
    where = ", ".join(f"{_id(record.data)} in {record.chain}" for record in records)
    raise RunsNotFound(f"{len(records)} imports are called '{name}': {where}. Give more letters, or name the --slice.")


def _is_called(said: Any, name: str) -> bool:
    return said["label"] == name or (len(name) >= _FEWEST_DIGITS and _id(said).startswith(name))


def _id(said: Any) -> str:
    return str(said["source"]).removeprefix("sha256:")[:12]


def _of_case(found: RunSet, case: str, trial: int | None) -> list[RecordedRun]:
    of_case = found.cases.get(case, ())
    chosen = [run for run in of_case if trial is None or run.trial == trial]
    if not chosen:
        trials = ", ".join(str(run.trial) for run in of_case)
        what = f"has no trial {trial}; it has {trials}" if of_case else "is in none of these runs"
        raise CaseUnknown(f"Case '{case}' {what}. See `goldenthread runs show {found.id}`.")
    return chosen


def _show_all(found: RunSet, as_json: bool) -> None:
    from goldenthread.record.runs import summarise

    summary = summarise(found)
    if as_json:
        cases = {case: [words.run_json(run) for run in of_case] for case, of_case in found.cases.items()}
        whose = {"manifest": dict(found.agent.manifest), "digest": found.digest}
        emit({**words.summary_json(summary), **whose, "cases": cases})
        return
    say(f"{found.label} ({found.format}) in {found.slice}, by {found.agent.name}", f"file {found.digest}")
    say(*(f"{key} {typed(value)}" for key, value in found.agent.manifest.items()))
    say(*words.success_words(summary), *found.notes, "")
    columns = ("case", "runs", "counts as", "each run", "handed over", "steps", "actions")
    table(columns, [words.case_row(case, of_case) for case, of_case in found.cases.items()])


def _show_case(found: RunSet, chosen: list[RecordedRun], as_json: bool) -> None:
    if as_json:
        emit([{**words.run_json(run), "steps": [words.step_json(step) for step in run.steps]} for run in chosen])
        return
    for place, run in enumerate(chosen):
        say(*([""] if place else []), f"Case {run.case}, trial {run.trial} of {found.label}: {words.ending(run)}")
        if run.erased:
            say("The case was erased: what was said in it is gone for good.")
        for number, step in enumerate(run.steps, 1):
            say(f"{number:3}  {words.speaker(step)}: {words.step_words(step)}")
