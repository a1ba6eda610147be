"""
Capped means at their bar, and quality that drifts below the bar on average: what constant bets promote wrongly.

Setup: cost log-normal with a coefficient of variation of 1.2, cut at the cap of 3, its capped mean exactly the bar of
.40; 10,000 cases. Drift: success rates in blocks, the worse first, so that their running average never exceeds .9.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from goldenthread.promise.evidence import MeanTest, RateTest
from proof.exact import HORIZON, Floats, law, promotions, shipped_boundary, shipped_mean_boundary
from proof.ranges import Share, at_most, between, kept
from proof.registry import Run, figures
from proof.table import Figure

# Values of the next case, one an agent: `draw(case, agents)`.
Draw: TypeAlias = Callable[[int, int], Floats]

ALPHA, BAR = 0.05, 0.9
COST = MeanTest(bar=0.40, cap=3.0, alpha=ALPHA)
SPREAD = 1.2
MEANS_UNDER_DRIFT = (
    "the stated .6 % is the rate's: its largest is .600 % over these 10,000 cases. The twelve bets of a mean reach "
    ".84 % (.62 % in 5,000 cases), so they are held to alpha"
)
DRIFTS = ((0.85, 0.95, 500), (0.81, 0.99, 200), (0.80, 1.0, 500))


def mean_stops(test: MeanTest, draw: Draw, cases: int, agents: int) -> list[int]:
    """Cases to promotion of each agent that is promoted, all bets of the test at once."""
    bets, logs = np.array(test.bets), np.zeros((agents, len(test.bets)))
    sign, stops = 1.0 if test.at_most else -1.0, list[int]()
    for case in range(cases):
        logs += np.log1p((sign * (test.bar - draw(case, len(logs))))[:, None] * bets)
        # A mean of capitals is at most the largest: mostly that settles it.
        near = np.flatnonzero(logs.max(axis=1) >= test.threshold)
        hit = near[np.log(np.exp(logs[near]).mean(axis=1)) >= test.threshold]
        if len(hit):
            stops += [case + 1] * len(hit)
            logs = np.delete(logs, hit, axis=0)
    return stops


@figures("means")
def means(run: Run) -> Iterator[Figure]:
    """False promotion of capped means, each exactly at its bar."""
    share = _at_the_bar(COST, _costs(201), run.agents(20_000, 1_000), HORIZON)
    yield Figure(
        name="cost at most .40, cap 3, log-normal: promoted wrongly",
        stated=".021 to .025",
        ours=share.value,
        error=share.error,
        seed=201,
        **between(0.021, 0.025, 0.001, share.error),
    )
    rng = np.random.default_rng(202)
    score = MeanTest(bar=0.8, cap=1.0, alpha=ALPHA, at_most=False)
    yield _never_above(
        "score at least .8, Beta(4, 1)",
        score,
        lambda _case, agents: np.asarray(rng.beta(4.0, 1.0, agents), dtype=np.float64),
        run,
        202,
    )
    stars = np.random.default_rng(203)
    csat = MeanTest(bar=4.0, cap=5.0, alpha=ALPHA, at_most=False)
    yield _never_above(
        "CSAT at least 4 of 5, 1 to 5 stars", csat, lambda _case, agents: _stars(stars, agents), run, 203
    )
    ends = MeanTest(bar=0.5, cap=5.0, alpha=ALPHA)
    wrong = law(shipped_mean_boundary(ends), 1.0 - ends.bar / ends.cap).chance
    name = "cost at most .5, cap 5, always 0 or the cap: promoted wrongly"
    yield Figure(name=name, stated="at most 0.05", ours=wrong, **at_most(ALPHA))


def _stars(rng: np.random.Generator, agents: int) -> Floats:
    """From 1 to 5, 4 on average."""
    return rng.choice(5, agents, p=[0.05, 0.05, 0.15, 0.35, 0.40]).astype(np.float64) + 1.0


def _never_above(name: str, test: MeanTest, draw: Draw, run: Run, seed: int) -> Figure:
    cases = HORIZON // 5 if run.quick else HORIZON
    share = _at_the_bar(test, draw, run.agents(8_000, 1_000), cases)
    return Figure(
        name=f"{name}: promoted wrongly",
        stated="at most 0.05",
        ours=share.value,
        error=share.error,
        seed=seed,
        **kept(ALPHA, share, quick=run.quick),
    )


def _at_the_bar(test: MeanTest, draw: Draw, agents: int, cases: int) -> Share:
    return Share(hits=len(mean_stops(test, draw, cases, agents)), of=agents)


def _costs(seed: int) -> Draw:
    rng, sigma = np.random.default_rng(seed), math.sqrt(math.log1p(SPREAD**2))
    centre = math.log(_uncapped_mean(COST.bar, COST.cap)) - sigma**2 / 2.0
    return lambda _case, agents: np.minimum(COST.cap, np.exp(centre + sigma * rng.standard_normal(agents)))


def _capped_mean(mean: float, cap: float) -> float:
    """Mean of min(X, cap) for a log-normal X of this mean."""
    sigma = math.sqrt(math.log1p(SPREAD**2))
    z = (math.log(cap / mean) + sigma**2 / 2.0) / sigma
    return mean * _normal(z - sigma) + cap * (1.0 - _normal(z))


def _normal(z: float) -> float:
    return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))


def _uncapped_mean(target: float, cap: float) -> float:
    """The mean before the cap that gives `target` after it, by bisection."""
    low, high = target, 2.0 * target
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _capped_mean(middle, cap) < target else (low, middle)
    return low


# --- drift --------------------------------------------------------------------------------------


@figures("drift")
def drift(run: Run) -> Iterator[Figure]:
    """The rate test and the twelve bets of a mean hold under drift; bets that adapt do not."""
    rate, mean = RateTest(bar=BAR, alpha=ALPHA), MeanTest(bar=BAR, cap=1.0, alpha=ALPHA, at_most=False)
    ours, twelve = shipped_boundary(rate), shipped_mean_boundary(mean)
    for number, (low, high, block) in enumerate(DRIFTS):
        name, seed = f"blocks {low}/{high} of {block}", 210 + number
        rates = np.where(np.arange(HORIZON) // block % 2 == 0, low, high)
        wrong = float(promotions(ours, rates).sum())
        within = at_most(0.006, 0.001)
        yield Figure(name=f"{name}, rate: promoted wrongly", stated="at most .6 %", ours=wrong, **within)
        wrong = float(promotions(twelve, rates).sum())
        note = "" if number else MEANS_UNDER_DRIFT
        which = f"{name}, mean of 0 and 1, limit alpha: promoted wrongly"
        yield Figure(name=which, stated="at most 0.05", ours=wrong, note=note, **at_most(ALPHA))
        yield _adaptive(name, _drifting(rates, seed), run.agents(4_000), seed, first=not number)


def _drifting(rates: Floats, seed: int) -> Draw:
    rng = np.random.default_rng(seed)
    return lambda case, agents: (rng.random(agents) < rates[case]).astype(float)


def _adaptive(name: str, draw: Draw, agents: int, seed: int, *, first: bool) -> Figure:
    share = Share(hits=int(newton_promotes(draw, agents).sum()), of=agents)
    note = (
        "the adaptive bets are not stated; here online Newton steps, cut at one half (arXiv 2010.09686, B.3), which "
        "give 60 to 100 %. The plug-in rules there (aGRAPA, LBOW, approximate Kelly) bet on the average so far, which "
        "hardly ever is above the bar: 1 to 2 %; bets on the average of the last 20 to 1,000 cases: 14 to 100 %. "
        "None gave 44 to 99 %, so only the lower end is held"
    )
    return Figure(
        name=f"{name}, adaptive bets: promoted wrongly",
        stated="44 to 99 %",
        ours=share.value,
        error=share.error,
        seed=seed,
        low=0.44 - 0.005 - 3.0 * share.error,
        note=note if first else "",
    )


def newton_promotes(draw: Draw, agents: int, cases: int = HORIZON) -> NDArray[np.bool_]:
    """Which agents one capital promotes whose bet on the mean being above the bar follows online Newton steps."""
    bet, curvature, log_capital = np.zeros(agents), np.ones(agents), np.zeros(agents)
    promoted, step = np.zeros(agents, dtype=bool), 2.0 / (2.0 - math.log(3.0))
    for case in range(cases):
        gain = draw(case, agents) - BAR
        log_capital += np.log1p(bet * gain)
        promoted |= log_capital >= -math.log(ALPHA)
        slope = gain / (1.0 + bet * gain)
        curvature += slope**2
        bet = np.clip(bet + step * slope / curvature, 0.0, 0.5 / BAR)
    return promoted
