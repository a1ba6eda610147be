"""`goldenthread simulate`: play a contract against agents of a stated quality."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.commands.contract import read_file
from goldenthread.surfaces.cli.terminal import emit, say

if TYPE_CHECKING:
    from goldenthread.control.simulation import Nature
    from goldenthread.promise.contract import Contract

_WORTH_A_PROCESS = 60_000  # cases; below, starting another process takes longer than it saves


@click.command()
@click.argument("file", metavar="CONTRACT", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--quality",
    "qualities",
    multiple=True,
    metavar="METRIC=QUANTITY",
    help="How good the agent really is, e.g. agreement=95% or cost=0.20 EUR/case. By default half as much goes wrong "
    "as the strictest clause allows.",
)
@click.option(
    "--change",
    "changes",
    multiple=True,
    metavar="METRIC=QUANTITY from case N",
    help="What it is from a case on, e.g. 'rework_rate=10% from case 1000'; with 'in turns of 500' it comes and goes.",
)
@click.option(
    "--together",
    default="0",
    show_default=True,
    metavar="SHARE",
    help="Share of the cases that are as hard for people as for the agent, e.g. 0.6.",
)
@click.option(
    "--day-effect", default="0", show_default=True, metavar="SHARE", help="How alike the cases of a day are, e.g. 0.05."
)
@click.option(
    "--label-delay",
    "delay",
    metavar="'good N, bad N'",
    help="How many cases a label waits on average. By default none.",
)
@click.option(
    "--faults", default="0", show_default=True, metavar="SHARE", help="Share of runs that end in a fault, e.g. 1%."
)
@click.option(
    "--share",
    "shares",
    multiple=True,
    metavar="SEGMENT.VALUE=SHARE",
    help="Share of a segment's cases, e.g. language.de=70%. By default evenly.",
)
@click.option("--agents", default=100, show_default=True, help="How many agents are played.")
@click.option("--cases", default=3000, show_default=True, help="Cases of each agent.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same plays.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes at a time. By default one for each core.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def simulate(
    file: Path,
    qualities: tuple[str, ...],
    changes: tuple[str, ...],
    together: str,
    day_effect: str,
    delay: str | None,
    faults: str,
    shares: tuple[str, ...],
    agents: int,
    cases: int,
    seed: int,
    jobs: int | None,
    as_json: bool,
) -> None:
    """
    Play a contract against agents of a quality that you state, with the engine that moves levels live.

    Nothing is recorded. Labels come as the contract has them: in shadow people decide every case, at draft the blind
    share, at constrained and above the audited one.

    \b
    Example:
      goldenthread simulate intake.yaml --quality agreement=95%
      goldenthread simulate intake.yaml --change 'rework_rate=10% from case 1000' --label-delay 'good 20, bad 100'
    """
    from goldenthread.control.simulation import Setup, play_all, simulation_words, summarise_plays

    contract = read_file(file)
    nature = _nature(contract, qualities, changes, together, day_effect, delay, faults, shares)
    setup = Setup(contract=contract.text, nature=nature, cases=cases, seed=seed)
    plays = play_all(setup, agents, jobs=jobs or _jobs(agents * cases))
    found = summarise_plays(contract, nature, plays, cases=cases, seed=seed)
    if as_json:
        emit(found)
    else:
        say(simulation_words(contract, nature, found))


def _nature(
    contract: Contract,
    qualities: tuple[str, ...],
    changes: tuple[str, ...],
    together: str,
    day_effect: str,
    delay: str | None,
    faults: str,
    shares: tuple[str, ...],
) -> Nature:
    from goldenthread.control import simulation as room

    return room.nature_of(
        contract,
        stated=[room.parse_quality(text) for text in qualities],
        changes=[room.parse_change(text) for text in changes],
        together=room.parse_portion(together, "cases as hard for people"),
        day_effect=room.parse_portion(day_effect, "a day effect"),
        delay=None if delay is None else room.parse_delay(delay),
        faults=room.parse_portion(faults, "faults"),
        shares=dict(room.parse_segment_portion(text) for text in shares),
    )


def _jobs(cases: int) -> int:
    return (os.cpu_count() or 1) if cases >= _WORTH_A_PROCESS else 1
