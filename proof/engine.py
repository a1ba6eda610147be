"""
The whole engine under proof: a contract's text, simulated agents, ledger records, and the fold that moves levels live.

Each case becomes a start, an end and its observations, and a level moves by the evidence on record. It is slower by
orders of magnitude than a rule by itself, so there are fewer agents; where the rule alone can be asked about the very
same cases, it must say the very same.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from goldenthread.control.simulation import (
    BEGIN,
    Moment,
    Nature,
    PlayedCase,
    Player,
    Rate,
    SimulatedAgent,
    labelling_of,
)
from goldenthread.promise.contract import parse_contract
from goldenthread.promise.values import Level
from proof.ranges import Share, around_simulated, mean_and_error
from proof.table import Figure

BAR, ALPHA, HORIZON = 0.90, 0.05, 10_000
GATE = {"draft": ["task_success >= 90 %"]}

PAGE = """
apiVersion: goldenthread/v1
kind: AgentImpactContract
slice: proof
version: 1
owner: owner@example.com
expert: expert@example.com
position: whoever reads this
volume: 50 cases per day
problem: Figures are claimed, and somebody must see them come out.
for: people who doubt
horizon: 1
approach: bound
outcome:
  business: cost_to_serve 18 -> 6 EUR/case in 8 weeks, owned by finance
  customer: time_to_answer p50 2 d -> 1 h in 8 weeks, owned by desk
adoption: agent_share 0 % -> 70 % of cases in 8 weeks, owned by desk
workflow:
  done: answered
autonomy:
  start: {start}
  ceiling: {ceiling}
  confidence: 95 %
  false_alarm: once in 10000 cases
  claim: {claim}
  gates: {gates}
  tripwires: {tripwires}
  {looks}
actions: {{look: {{effect: read}}}}
technique:
  model: none
"""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """
    One play up to its first level change.

    Attributes:
        move: That change; None where the cases ended first.
        values: What each case was worth, in case order; less people's worth where both are measured, and None where
            nobody looked.
    """

    move: Moment | None
    values: tuple[float | None, ...]

    @property
    def cases(self) -> int:
        """Cases started by then."""
        return self.move.cases if self.move is not None else len(self.values)

    @property
    def known(self) -> NDArray[np.float64]:
        """The values of the cases at which somebody looked."""
        return np.array([value for value in self.values if value is not None])

    def is_unlike(self, passed: NDArray[np.bool_]) -> bool:
        """
        Whether the rule alone says something else about the very same cases.

        Args:
            passed: By known case, whether the rule would promote there.
        """
        if self.move is None or not passed.any():
            return bool(passed.any()) or self.move is not None
        return int(passed.argmax()) + 1 != len(passed)


class Bench:
    """
    Plays agents of one nature under one contract.

    Args:
        gates: By level, clauses; the agent starts at the level below the lowest, and may climb no higher than that.
        tripwires: By level, clauses; without gates the agent starts at approval.
        claim: As a contract writes it.
        looks: The line that says at which share of cases somebody looks: `audit: 20 % of cases`.
    """

    def __init__(
        self,
        *,
        gates: Mapping[str, Sequence[str]] | None = None,
        tripwires: Mapping[str, Sequence[str]] | None = None,
        claim: str = "over the period",
        looks: str = "",
    ) -> None:
        levels = [level.value for level in Level]
        ceiling = next(iter(gates)) if gates else "approval"
        start = levels[levels.index(ceiling) - 1] if gates else "approval"
        listed = {"gates": json.dumps(gates or {}), "tripwires": json.dumps(tripwires or {})}
        text = PAGE.format(start=start, ceiling=ceiling, claim=claim, looks=looks, **listed)
        self.contract = parse_contract(text)
        self.player = Player(self.contract, begin=BEGIN)

    def agent(self, nature: Nature, cases: int, seed: int, number: int) -> SimulatedAgent:
        """The `number`-th agent of a seed."""
        autonomy = self.contract.autonomy
        assert autonomy is not None
        labelling = labelling_of(autonomy)
        return SimulatedAgent(nature=nature, labelling=labelling, cases=cases, begin=BEGIN, seed=seed, number=number)

    def first_moves(self, nature: Nature, cases: int, agents: int, seed: int) -> Iterator[Seen]:
        """Each agent until its level first moves, or its cases end."""
        for number in range(agents):
            agent, values = self.agent(nature, cases, seed, number), list[float | None]()

            def source(
                level: Level, place: int, agent: SimulatedAgent = agent, values: list[float | None] = values
            ) -> PlayedCase | None:
                case = agent(level, place)
                if case is not None:
                    values.append(_worth(case))
                return case

            move = next(self.player.again().play(source), None)
            yield Seen(move=move, values=tuple(values))

    def count_moves(self, nature: Nature, cases: int, agents: int, seed: int) -> list[int]:
        """How often each agent's level was moved, or its evidence begun afresh."""
        played = (self.player.again().play(self.agent(nature, cases, seed, number)) for number in range(agents))
        return [sum(1 for _ in moments) for moments in played]


def _worth(case: PlayedCase) -> float | None:
    own = [label.value for label in case.labels if label.of == "agent"]
    people = [label.value for label in case.labels if label.of == "people"]
    return None if not own else own[0] - people[0] if people else own[0]


def of_rate(metric: str, share: float, **more: object) -> Nature:
    """An agent of which only one rate matters, 50 cases a day."""
    known = {metric: Rate(share=share), "escalation_rate": Rate(share=0.0)}
    return Nature(agent=known, cases_a_day=50.0, **more)  # type: ignore[arg-type]


def promoted(seen: Sequence[Seen]) -> Share:
    """How many moved."""
    return Share(hits=sum(one.move is not None for one in seen), of=len(seen))


def mean_figure(name: str, stated: int, counts: Sequence[int], seed: int) -> Figure:
    """A stated mean, itself simulated, beside ours."""
    mean, error = mean_and_error(counts)
    within = around_simulated(stated, 1, error, error * math.sqrt(len(counts)))
    return Figure(name=name, stated=f"{stated:,}", ours=mean, error=error, seed=seed, **within)


def unlike_figure(unlike: int, asked: int) -> Figure:
    """How many of the agents asked about the rule alone would have judged otherwise; none may be."""
    return Figure(name=f"agents of {asked:,} judged unlike the rule alone", stated="0", ours=unlike, low=0, high=0)
