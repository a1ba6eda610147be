"""
Agent against people: how many cases it takes, in pairs and apart, and how often a worse agent comes through.

Setup: people .93, margin .03, alpha .05, looked at after every case, at most 10,000 cases. What evidence.md leaves out:
cases to promotion are means of an agent as good as people (.93). Two rates of .93 and a correlation settle how often
a pair differs, (1 - correlation) * .93 * .07 each way, so that there is no second way to draw pairs. Unpaired: arms by
a fair coin; the centre is the mean of all values seen before, of both arms, begun with one imagined case at .5; the
cases of both arms count. Exact means would be near 565, 1,214 and 2,440 (2,420 if the centre knew the truth): as the
pairs leave nothing to be drawn otherwise, the 2 to 3 % between these and 552 and 2,381 are the error of the simulation
that gave the stated ones, and within three standard errors of one of 2,000 agents.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from goldenthread.promise.evidence import DifferenceTest, UnpairedTest
from goldenthread.promise.evidence.bets import ConstantBets
from proof.ranges import Share, around_simulated, mean_and_error, surely_at_most
from proof.registry import Run, figures
from proof.table import Figure

ALPHA, MARGIN, PEOPLE, HORIZON = 0.05, 0.03, 0.93, 10_000
PAIRED = DifferenceTest(margin=MARGIN, scale=1.0, alpha=ALPHA)
UNPAIRED = UnpairedTest(margin=MARGIN, scale=1.0, alpha=ALPHA)
VARYING = UnpairedTest(margin=MARGIN, scale=1.0, alpha=ALPHA, least_propensity=0.2)
CSAT = DifferenceTest(margin=0.1, scale=5.0, alpha=ALPHA)
DRIFTS = ((0.85, 0.95, 500), (0.81, 0.99, 200), (0.80, 1.0, 500))

Floats: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.int64]
# The differences that a case (counted from 0) shows, of these agents.
Draw: TypeAlias = Callable[[int, Indices], Floats]


@figures("differences")
def differences(run: Run) -> Iterator[Figure]:
    """Mean cases to promotion; then an agent that is worse by exactly the margin, and one that is so on average."""
    yield from _cases(run)
    yield from _false_promotions(run)
    yield from _drifting(run)


def _cases(run: Run) -> Iterator[Figure]:
    for correlation, stated, seed in ((0.6, 552, 211), (0.0, 1_219, 212)):
        rng, agents = np.random.default_rng(seed), run.agents(20_000, 1_000)
        stops = stopping_cases(PAIRED, pairs(rng, PEOPLE, PEOPLE, correlation), agents, HORIZON)
        yield _mean_cases(f"paired, correlation {correlation:g}", stops, stated, seed)
    seed = 213
    rng, agents = np.random.default_rng(seed), run.agents(10_000, 400)
    stops = stopping_cases(UNPAIRED, Arms(rng, agents, PEOPLE, PEOPLE), agents, HORIZON)
    yield _mean_cases("unpaired, centred", stops, 2_381, seed)


def _false_promotions(run: Run) -> Iterator[Figure]:
    agents, horizon = run.agents(8_000, 1_500), 1_500 if run.quick else 5_000
    worse = PEOPLE - MARGIN
    made: tuple[tuple[str, ConstantBets, Callable[[np.random.Generator], Draw]], ...] = (
        ("paired, correlation .6", PAIRED, lambda rng: pairs(rng, worse, PEOPLE, 0.6)),
        ("paired, no correlation", PAIRED, lambda rng: pairs(rng, worse, PEOPLE, 0.0)),
        ("paired scores of 0 to 5", CSAT, score_pairs),
        ("unpaired, centred", UNPAIRED, lambda rng: Arms(rng, agents, worse, PEOPLE)),
        ("unpaired, chances of .2 to .8", VARYING, lambda rng: Arms(rng, agents, worse, PEOPLE, least=0.2)),
    )
    for seed, (name, test, draw) in enumerate(made, start=221):
        hits = len(stopping_cases(test, draw(np.random.default_rng(seed)), agents, horizon))
        share = Share(hits=hits, of=agents)
        yield Figure(
            name=f"{name}, worse by the margin: promoted wrongly",
            stated=f"at most {ALPHA}",
            ours=share.value,
            error=share.error,
            seed=seed,
            **surely_at_most(ALPHA, share),
        )


def _drifting(run: Run) -> Iterator[Figure]:
    """People at .93 throughout; the agent wavers, and its average so far is never above .90."""
    agents, horizon = run.agents(4_000, 500), 2_000 if run.quick else 4_000
    for seed, (low, high, block) in enumerate(DRIFTS, start=226):
        rates = np.where(np.arange(horizon) // block % 2 == 0, low, high)
        draw = pairs_at(np.random.default_rng(seed), rates, PEOPLE)
        share = Share(hits=len(stopping_cases(PAIRED, draw, agents, horizon)), of=agents)
        yield Figure(
            name=f"paired, drift {low:g}/{high:g} of {block}: promoted wrongly",
            stated=f"at most {ALPHA}",
            ours=share.value,
            error=share.error,
            seed=seed,
            **surely_at_most(ALPHA, share),
        )


def _mean_cases(name: str, stops: Indices, stated: int, seed: int) -> Figure:
    mean, error = mean_and_error(stops)
    return Figure(
        name=f"{name}: mean cases",
        stated=f"{stated:,}",
        ours=mean,
        error=error,
        seed=seed,
        **around_simulated(stated, 1, error, error * math.sqrt(len(stops))),
    )


def stopping_cases(test: ConstantBets, draw: Draw, agents: int, horizon: int) -> Indices:
    """
    The number of cases at promotion of each agent that is promoted within the horizon: the test's rule, in bulk.

    Args:
        test: Its bets, its bar (at least) and its threshold are used.
        draw: The values of one case.
        agents: How many are simulated.
        horizon: Cases looked at, at most.
    """
    bets, alive = np.array(test.bets), np.arange(agents)
    logs, stopped = np.zeros((agents, len(bets))), [np.zeros(0, dtype=np.int64)]
    for case in range(horizon):
        logs += np.log1p(np.multiply.outer(draw(case, alive) - test.bar, bets))
        near = np.flatnonzero(logs.max(axis=1) >= test.threshold)
        if not len(near):
            continue
        through = near[np.logaddexp.reduce(logs[near], axis=1) - math.log(len(bets)) >= test.threshold]
        if len(through):
            stopped.append(np.full(len(through), case + 1))
            alive, logs = np.delete(alive, through), np.delete(logs, through, axis=0)
        if not len(alive):
            break
    return np.concatenate(stopped)


def pairs(rng: np.random.Generator, agent: float, people: float, correlation: float) -> Draw:
    """Differences of yes-or-no pairs, of two rates and their correlation."""
    both = agent * people + correlation * math.sqrt(agent * (1 - agent) * people * (1 - people))

    def draw(_case: int, alive: Indices) -> Floats:
        chance = rng.random(len(alive))
        return np.where(chance < agent - both, 1.0, np.where(chance < agent + people - 2 * both, -1.0, 0.0))

    return draw


def pairs_at(rng: np.random.Generator, rates: Floats, people: float) -> Draw:
    """The same without correlation, of an agent whose rate differs from case to case."""
    return lambda case, alive: pairs(rng, float(rates[case]), people, 0.0)(case, alive)


def score_pairs(rng: np.random.Generator) -> Draw:
    """Scores of 0 to 5: people 4 on average, the agent 3.9, in six of ten cases the same as people."""

    def draw(_case: int, alive: Indices) -> Floats:
        people, other = rng.binomial(5, 0.8, len(alive)), rng.binomial(5, 0.75, len(alive))
        return np.where(rng.random(len(alive)) < 0.6, 0.0, other - people).astype(np.float64)

    return draw


class Arms:
    """Each case goes to one side by chance, yes or no; centred by what was seen before, as `RunningCentre` does."""

    def __init__(
        self, rng: np.random.Generator, agents: int, agent: float, people: float, *, least: float = 0.5
    ) -> None:
        self._rng, self._agent, self._people, self._least = rng, agent, people, least
        self._seen = np.full(agents, 0.5)

    def __call__(self, case: int, alive: Indices) -> Floats:
        """The differences of one case."""
        propensity = self._rng.uniform(self._least, 1.0 - self._least, len(alive))
        by_agent = self._rng.random(len(alive)) < propensity
        value = (self._rng.random(len(alive)) < np.where(by_agent, self._agent, self._people)).astype(np.float64)
        away = value - self._seen[alive] / (case + 1)
        self._seen[alive] += value
        return np.where(by_agent, away / propensity, -away / (1.0 - propensity))
