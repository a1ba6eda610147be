"""Many plays of one contract, in this process or in several: the same agents whatever the number of processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from goldenthread.control.simulation.agents import SimulatedAgent
from goldenthread.control.simulation.labelling import labelling_of
from goldenthread.control.simulation.play import Player
from goldenthread.control.simulation.quality import Nature
from goldenthread.promise.contract import Contract, parse_contract
from goldenthread.promise.errors import ValueProblem
from goldenthread.promise.values import Level, TrustMode

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday; what is played never was."""

MOST_CASES, MOST_AGENTS = 1_000_000, 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """
    One level change of one play.

    Attributes:
        cases: Cases started by then.
        days: Since the first case started.
        fell: True for a rollback; `tripwire` is then what set it off.
    """

    cases: int
    days: float
    before: Level
    after: Level
    fell: bool
    tripwire: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Played:
    """One play: its level changes in order, and the level at its end."""

    number: int
    turns: tuple[Turn, ...]
    end: Level


@dataclass(frozen=True, kw_only=True)
class Setup:
    """
    What is played; text, so that another process can take it.

    Attributes:
        contract: The file's text.
        nature: Of each agent.
        cases: Of each agent.
        seed: At least 0.
        enforcing: Trust mode; in cooperative mode irreversible effects end below constrained.
    """

    contract: str
    nature: Nature
    cases: int
    seed: int
    enforcing: bool = True


def play_all(setup: Setup, agents: int, *, jobs: int = 1) -> list[Played]:
    """
    Play `agents` agents, in the order of their numbers.

    Raises:
        ValueProblem: Numbers out of range.
    """
    _require_range("cases", setup.cases, MOST_CASES)
    _require_range("agents", agents, MOST_AGENTS)
    if setup.seed < 0:
        raise ValueProblem(f"A seed of {setup.seed} is impossible; expected a whole number of at least 0.")
    if jobs <= 1:
        return list(play_some(setup, range(agents)))
    return _play_apart(setup, agents, jobs)


def play_some(setup: Setup, numbers: Sequence[int]) -> Iterator[Played]:
    """Play the agents of these numbers, one after the other."""
    contract = parse_contract(setup.contract)
    mode = TrustMode.ENFORCING if setup.enforcing else TrustMode.COOPERATIVE
    first = Player(contract, begin=BEGIN, mode=mode)
    for number in numbers:
        yield _play_one(first.again(), setup, contract, number)


def _play_one(player: Player, setup: Setup, contract: Contract, number: int) -> Played:
    assert contract.autonomy is not None
    agent = SimulatedAgent(
        nature=setup.nature,
        labelling=labelling_of(contract.autonomy),
        cases=setup.cases,
        begin=BEGIN,
        seed=setup.seed,
        number=number,
    )
    turns = tuple(
        Turn(
            cases=moment.cases,
            days=(moment.at - BEGIN).total_seconds() / 86400.0,
            before=moment.before,
            after=moment.after,
            fell=moment.fell,
            tripwire=moment.change["tripwire"],
        )
        for moment in player.play(agent)
    )
    return Played(number=number, turns=turns, end=player.level)


def _play_apart(setup: Setup, agents: int, jobs: int) -> list[Played]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from functools import partial

    share = max(1, -(-agents // (jobs * 8)))
    pieces = [range(start, min(start + share, agents)) for start in range(0, agents, share)]
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as workers:
        return [one for found in workers.map(partial(_play_piece, setup), pieces) for one in found]


def _play_piece(setup: Setup, numbers: Sequence[int]) -> list[Played]:
    return list(play_some(setup, numbers))


def _require_range(what: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        raise ValueProblem(f"{value:,} {what} cannot be played; expected 1 to {most:,}. Choose another number.")
