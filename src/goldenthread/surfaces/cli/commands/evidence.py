"""`goldenthread evidence`: judge a contract on recorded runs of agents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goldenthread.surfaces.cli.commands.contract import read_file
from goldenthread.surfaces.cli.commands.runs import FORMATS
from goldenthread.surfaces.cli.terminal import emit, say

if TYPE_CHECKING:
    from goldenthread.control.autonomy import ClauseReading
    from goldenthread.control.simulation import AgentJudged, Judged
    from goldenthread.record.runs import RunSet

_FEWEST_DIGITS = 4


@click.command()
@click.option(
    "--contract",
    "file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The contract to judge by; it need not be signed.",
)
@click.option(
    "--runs",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A file of recorded runs; several may be named.",
)
@click.option("--format", "format", type=click.Choice(FORMATS), help="By default told from each file.")
@click.option(
    "--set", "sets", multiple=True, metavar="RUNS", help="Runs imported before, as `goldenthread runs list` names them."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def evidence(
    home: str | None, file: Path, files: tuple[Path, ...], format: str | None, sets: tuple[str, ...], as_json: bool
) -> None:
    """
    Judge a contract on recorded runs of agents: what each clause would have been worth, and which level was earned.

    A task counts once, by its first run that did not end in a fault. Nothing is recorded, and no level is earned.

    \b
    Example:
      goldenthread evidence --contract examples/agent-runs/retail.yaml --runs tau2-toolorchestra-retail.json
    """
    from goldenthread.control.simulation import judge_runs, judged_words
    from goldenthread.record.runs import read_runs

    contract = read_file(file)
    found = judge_runs(
        contract, [*(read_runs(one, format) for one in files), *imported_sets(home, contract.slice, sets)]
    )
    if as_json:
        emit(_json(found))
    else:
        say(judged_words(found))


def imported_sets(home: str | None, slice_name: str, names: tuple[str, ...]) -> list[RunSet]:
    """
    Imported runs of a slice by their names, as `goldenthread runs list` shows them.

    Raises:
        RunsNotFound: None is called so, or several are.
    """
    if not names:
        return []
    from goldenthread.promise.errors import RunsNotFound
    from goldenthread.record.runs import imported_runs
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        known = list(imported_runs(place.ledger, place.home, slice_name))
    chosen = []
    for name in names:
        fits = [one for one in known if one.label == name or (len(name) >= _FEWEST_DIGITS and one.id.startswith(name))]
        if len(fits) != 1:
            listed = ", ".join(one.id for one in fits or known) or "none"
            raise RunsNotFound(
                f"{len(fits) or 'No'} imported runs of '{slice_name}' are called '{name}'; there is {listed}. "
                "See `goldenthread runs list`."
            )
        chosen += fits
    return chosen


def _json(found: Judged) -> dict[str, Any]:
    names = {agent.fingerprint: agent.name for agent in found.agents}
    chosen = found.chosen
    return {
        "slice": found.contract.slice,
        "version": found.contract.version,
        "agents": [_agent_json(agent) for agent in found.agents],
        "clears_when_compared": None
        if chosen is None
        else {level: sorted(names[one] for one in which) for level, which in chosen.items()},
    }


def _agent_json(agent: AgentJudged) -> dict[str, Any]:
    return {
        "agent": agent.name,
        "fingerprint": agent.fingerprint,
        "files": agent.files,
        "tasks": agent.cases,
        "counted": agent.counted,
        "runs": agent.runs,
        "faults": agent.faults,
        "notes": agent.notes,
        "earned": agent.earned,
        "changes": [{"cases": moment.cases, **moment.change} for moment in agent.changes],
        "gates": {
            level: {"proved": agent.clears(level), "clauses": [_reading_json(one) for one in readings]}
            for level, readings in agent.readings.items()
        },
    }


def _reading_json(reading: ClauseReading) -> dict[str, Any]:
    from goldenthread.promise.contract import clause_sentences

    found = reading.evidence
    words = str(clause_sentences(found, segment=reading.segment)) if found else reading.error or reading.missing
    return {**reading.record(), "words": words}
