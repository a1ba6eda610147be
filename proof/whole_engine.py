"""
The same figures through the whole engine: simulated agents, ledger records, and the fold that moves levels live.

The sections beside this one measure a rule by itself. Here a contract's text is parsed and signed, each case becomes a
start, an end and its observations, and a level moves by the evidence on record. It is slower by orders of magnitude,
so there are fewer agents; where the rule alone can be asked about the very same cases, it must say the very same.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from goldenthread.control.simulation import (
    BEGIN,
    Change,
    Delay,
    Moment,
    Nature,
    PlayedCase,
    Player,
    Rate,
    SimulatedAgent,
    labelling_of,
)
from goldenthread.promise.contract import parse_contract
from goldenthread.promise.evidence import RateTest
from goldenthread.promise.values import Level
from proof.exact import shipped_boundary
from proof.ranges import Share, around, around_simulated, at_most, mean_and_error
from proof.registry import Run, figures
from proof.table import Figure

BAR, ALPHA, HORIZON = 0.90, 0.05, 10_000
GATE = {"draft": ["task_success >= 90 %"]}
TRIPWIRE = {"approval": ["rework_rate > 3 %"]}

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
actions: {{look: {{effect: read}}}}
technique:
  model: none
"""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One play up to its first level change, and the values that the agent's cases had until then."""

    move: Moment | None
    values: tuple[float, ...]

    @property
    def cases(self) -> int:
        """Cases started by then."""
        return self.move.cases if self.move is not None else len(self.values)


class Bench:
    """Plays agents of one nature under one contract."""

    def __init__(
        self,
        *,
        gates: Mapping[str, Sequence[str]] | None = None,
        tripwires: Mapping[str, Sequence[str]] | None = None,
        claim: str = "over the period",
    ) -> None:
        start, ceiling = ("shadow", "draft") if gates else ("approval", "approval")
        listed = {"gates": json.dumps(gates or {}), "tripwires": json.dumps(tripwires or {})}
        text = PAGE.format(start=start, ceiling=ceiling, claim=claim, **listed)
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
            agent, values = self.agent(nature, cases, seed, number), list[float]()

            def source(
                level: Level, place: int, agent: SimulatedAgent = agent, values: list[float] = values
            ) -> PlayedCase | None:
                case = agent(level, place)
                if case is not None:
                    values.append(case.labels[0].value)
                return case

            move = next(self.player.again().play(source), None)
            yield Seen(move=move, values=tuple(values))

    def count_moves(self, nature: Nature, cases: int, agents: int, seed: int) -> list[int]:
        """How often each agent's level was moved, or its evidence begun afresh."""
        played = (self.player.again().play(self.agent(nature, cases, seed, number)) for number in range(agents))
        return [sum(1 for _ in moments) for moments in played]


def of_rate(metric: str, share: float, **more: object) -> Nature:
    """An agent of which only one rate matters, 50 cases a day."""
    known = {metric: Rate(share=share), "escalation_rate": Rate(share=0.0)}
    return Nature(agent=known, cases_a_day=50.0, **more)  # type: ignore[arg-type]


@figures("engine-promotion")
def promotion(run: Run) -> Iterator[Figure]:
    """Wrong promotions at the bar, and cases to promotion above it; each agent against the rule alone."""
    bench, unlike, asked = Bench(gates=GATE), 0, 0
    seed, agents = 901, run.agents(200, 10)
    seen = list(bench.first_moves(of_rate("task_success", BAR), HORIZON, agents, seed))
    share = Share(hits=sum(one.move is not None for one in seen), of=agents)
    unlike, asked = unlike + sum(map(_is_unlike, seen)), asked + agents
    yield Figure(
        name="at the bar: promoted wrongly",
        stated=".045",
        ours=share.value,
        error=share.error,
        seed=seed,
        **around(0.045, 0.001, share.error),
    )
    for truth, mean, median in ((0.93, 670, 557), (0.95, 209, 168), (0.97, 97, 85)):
        seed += 1
        agents = run.agents(300, 20 if truth < BAR + 0.04 else 60)
        seen = list(bench.first_moves(of_rate("task_success", truth), HORIZON if truth < 0.94 else 3_000, agents, seed))
        unlike, asked = unlike + sum(map(_is_unlike, seen)), asked + agents
        yield from _cases(f"truth {truth}", seen, mean, median, seed)
    yield Figure(name=f"agents of {asked:,} judged unlike the rule alone", stated="0", ours=unlike, low=0, high=0)


def _cases(name: str, seen: Sequence[Seen], mean: int, median: int, seed: int) -> Iterator[Figure]:
    cases = [one.cases for one in seen if one.move is not None]
    ours, error = mean_and_error(cases)
    yield Figure(
        name=f"{name}: mean cases", stated=str(mean), ours=ours, error=error, seed=seed, **around(mean, 1, error)
    )
    # The error of a median, for a law whose spread is about that of the mean: a quarter more.
    slack = 1.25 * error
    yield Figure(
        name=f"{name}: median cases",
        stated=str(median),
        ours=float(np.median(cases)),
        error=slack,
        seed=seed,
        **around(median, 1, slack),
    )


def _is_unlike(seen: Seen) -> bool:
    """Whether the rule alone, asked about the same values in case order, says something else."""
    failures = np.cumsum(np.asarray(seen.values) == 0.0)
    passed = failures <= shipped_boundary(RateTest(bar=BAR, alpha=ALPHA), HORIZON)[1 : len(failures) + 1]
    if seen.move is None:
        return bool(passed.any())
    return not passed.any() or int(passed.argmax()) + 1 != seen.move.cases


@figures("engine-rollback")
def rollback(run: Run) -> Iterator[Figure]:
    """The tripwire against its limit alone: how soon it notices .03 turning into .10, and how often it is wrong."""
    bench, seed = Bench(tripwires=TRIPWIRE), 911
    seen = list(bench.first_moves(of_rate("rework_rate", 0.10), 5_000, run.agents(500, 100), seed))
    yield _delay("from case 0", 122, [one.cases for one in seen], seed)
    seed = 912
    change = Change(metric="rework_rate", quality=Rate(share=0.10), case=1_001)
    later = of_rate("rework_rate", 0.03, changes=(change,))
    seen = list(bench.first_moves(later, 6_000, run.agents(250, 16), seed))
    yield _delay("after case 1,000", 103, [one.cases - 1_000 for one in seen if one.cases > 1_000], seed)
    seed = 913
    counts = bench.count_moves(of_rate("rework_rate", 0.03), HORIZON, run.agents(100, 5), seed)
    mean, error = mean_and_error(counts)
    error = max(error, math.sqrt(0.58 / len(counts)))
    yield Figure(
        name="false alarms in 10,000 cases",
        stated="0.58",
        ours=mean,
        error=error,
        seed=seed,
        **around_simulated(0.58, 0.01, error, math.sqrt(0.58)),
    )


def _delay(name: str, stated: int, cases: Sequence[int], seed: int) -> Figure:
    mean, error = mean_and_error(cases)
    within = around_simulated(stated, 1, error, error * math.sqrt(len(cases)))
    return Figure(name=f"{name}, cases", stated=str(stated), ours=mean, error=error, seed=seed, **within)


@figures("engine-late-labels")
def late_labels(run: Run) -> Iterator[Figure]:
    """Agents at the bar whose failures are known later: promoted no oftener than if all were known at once."""
    bench, unlike, asked = Bench(gates=GATE), 0, 0
    cases = 3_000 if not run.quick else 1_000
    for seed, (good, bad) in enumerate(((0, 50), (20, 100), (0, 200)), start=921):
        agents = run.agents(40, 3)
        nature = of_rate("task_success", BAR, delay=Delay(good=good, bad=bad))
        seen = list(bench.first_moves(nature, cases, agents, seed))
        share = Share(hits=sum(one.move is not None for one in seen), of=agents)
        unlike, asked = unlike + sum(map(_is_judged_unlike, seen)), asked + agents
        yield Figure(
            name=f"delays {good}/{bad}: promoted wrongly",
            stated="at most 0.05",
            ours=share.value,
            error=share.error,
            seed=seed,
            **at_most(ALPHA, error=share.error),
        )
    yield Figure(name=f"agents of {asked:,} judged unlike the rule alone", stated="0", ours=unlike, low=0, high=0)


def _is_judged_unlike(seen: Seen) -> bool:
    """Whether the play promoted although no prefix is good enough, all labels known; or did not although one is."""
    failures = np.cumsum(np.asarray(seen.values) == 0.0)
    passed = failures <= shipped_boundary(RateTest(bar=BAR, alpha=ALPHA), HORIZON)[1 : len(failures) + 1]
    return bool(passed.any()) != (seen.move is not None)


@figures("engine-days")
def days(run: Run) -> Iterator[Figure]:
    """Days that differ, 50 cases each, 200 of them: wrong about days to come by case, and by the claim about them."""
    seed = 930
    for correlation, stated in ((0.02, 0.21), (0.05, 0.42)):
        seed += 1
        share = _wrong_about_days("over the period", correlation, run.agents(80, 6), seed)
        yield Figure(
            name=f"over the period, correlation {correlation}: promoted wrongly",
            stated=f"{stated:.0%}",
            ours=share.value,
            error=share.error,
            seed=seed,
            **around_simulated(stated, 0.01, share.error, share.spread),
        )
    for correlation in (0.05, 0.10):
        seed += 1
        share = _wrong_about_days("about future days", correlation, run.agents(40, 3), seed)
        yield Figure(
            name=f"about future days, correlation {correlation}: promoted wrongly",
            stated="at most 0.05",
            ours=share.value,
            error=share.error,
            seed=seed,
            **at_most(ALPHA, error=share.error),
        )


def _wrong_about_days(claim: str, correlation: float, agents: int, seed: int) -> Share:
    nature = of_rate("task_success", BAR, day_effect=correlation)
    seen = Bench(gates=GATE, claim=claim).first_moves(nature, HORIZON, agents, seed)
    return Share(hits=sum(one.move is not None for one in seen), of=agents)
