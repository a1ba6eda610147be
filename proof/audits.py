"""
Random audits: how many of them it takes to prove an error below its limit, drawn evenly or by risk.

Setup: limit .05, alpha .05, a fifth of the cases audited, a judge that flags .8 of the failures and .03 of the rest.
What evidence.md leaves out, found: even audits are a rate test on the audited cases alone. By risk, flagged cases are
audited with probability .6 and the others with what keeps the whole at a fifth (.181 at an error of .02); the floor is
that probability; twelve bets, geometric from .04 to .95 of the largest. With the judge, f is the chance of failure
given its flag; without, 0. The bets that ship are evenly spaced and need fewer audits than either.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from goldenthread.promise.evidence import AuditedCase, AuditTest, harm_test
from goldenthread.promise.evidence.audits import EVEN_FRACTIONS
from goldenthread.promise.evidence.bets import geometric
from proof.exact import law, shipped_boundary
from proof.ranges import Range, Share, around_simulated, mean_and_error, surely_at_most
from proof.registry import Run, figures
from proof.table import Figure

LIMIT, ALPHA, AUDITED = 0.05, 0.05, 0.2
SENSITIVITY, SPECIFICITY, FLAGGED = 0.8, 0.97, 0.6
STATED_GRID = geometric(0.04, 0.95, 12)
LONG_ENOUGH = 20_000

Floats: TypeAlias = NDArray[np.float64]
# The rate of failures of the n-th case, n from 0.
RateAt: TypeAlias = Callable[[int], float]


@dataclass(frozen=True, kw_only=True)
class Draw:
    """
    How cases are drawn for audit, and what is expected of them.

    Attributes:
        flagged: Probability of an audit where the judge flags.
        others: The same where it does not.
        expected_flagged: What counts as expected where it flags.
        expected_others: The same where it does not.
    """

    flagged: float
    others: float
    expected_flagged: float = 0.0
    expected_others: float = 0.0

    def test(self, grid: tuple[float, ...]) -> AuditTest:
        """The test whose floor is the least probability."""
        return AuditTest(limit=LIMIT, alpha=ALPHA, floor=min(self.flagged, self.others), grid=grid)

    def case(self, *, flagged: bool, audited: bool, failed: bool) -> AuditedCase:
        """One case as it is logged."""
        return AuditedCase(
            audited=audited,
            failed=failed if audited else None,
            propensity=self.flagged if flagged else self.others,
            expected=self.expected_flagged if flagged else self.expected_others,
        )


@dataclass(frozen=True, kw_only=True)
class Found:
    """The cases and the audits that each promoted agent took, and how many agents there were."""

    cases: Floats
    audits: Floats
    agents: int

    @property
    def share(self) -> Share:
        """How many were promoted."""
        return Share(hits=len(self.cases), of=self.agents)


@figures("audits")
def audits(run: Run) -> Iterator[Figure]:
    """Audits to promotion, then agents that are no better than the limit."""
    for error, stated in ((0.02, (286, 256, 251)), (0.01, (147, 159, None))):
        yield _even(error, stated[0])
        yield from _by_risk(run, error, stated[1], stated[2])
    yield from _at_the_limit(run)


def by_risk(error: float, *, judge: bool) -> Draw:
    """Flagged cases with probability .6, the others so that a fifth is audited; with what the judge's flag says."""
    flags = SENSITIVITY * error + (1.0 - SPECIFICITY) * (1.0 - error)
    others = (AUDITED - FLAGGED * flags) / (1.0 - flags)
    if not judge:
        return Draw(flagged=FLAGGED, others=others)
    missed = (1.0 - SENSITIVITY) * error / (1.0 - flags)
    return Draw(flagged=FLAGGED, others=others, expected_flagged=SENSITIVITY * error / flags, expected_others=missed)


def _even(error: float, stated: int) -> Figure:
    found = law(shipped_boundary(harm_test(LIMIT, ALPHA)), 1.0 - error)
    spread = found.mean  # about as wide as it is long, as waiting times are
    name = f"error {error:g}, drawn evenly: mean audits"
    return Figure(name=name, stated=str(stated), ours=found.mean, **around_simulated(stated, 1, 0.0, spread))


def _by_risk(run: Run, error: float, without: int, within: int | None) -> Iterator[Figure]:
    agents, seed = run.agents(6_000, 500), round(400 + 1_000 * error)
    for judge, stated in ((False, without), (True, within)):
        draw, name = by_risk(error, judge=judge), f"error {error:g}, {'with judge' if judge else 'by risk'}"
        was = simulate(draw.test(STATED_GRID), draw, lambda _case: error, agents, seed, LONG_ENOUGH)
        now = simulate(draw.test(EVEN_FRACTIONS), draw, lambda _case: error, agents, seed, LONG_ENOUGH)
        if stated is not None:
            yield _mean_audits(f"{name}: mean audits", was, stated, seed)
        mean, spread = mean_and_error(now.audits)
        most = math.inf if stated is None else float(stated)
        yield Figure(name=f"{name}, bets as they ship: mean audits", ours=mean, error=spread, seed=seed, high=most)


def _mean_audits(name: str, found: Found, stated: int, seed: int) -> Figure:
    mean, error = mean_and_error(found.audits)
    allowed: Range = around_simulated(stated, 1, error, error * math.sqrt(len(found.audits)))
    return Figure(name=name, stated=str(stated), ours=mean, error=error, seed=seed, **allowed)


def _at_the_limit(run: Run) -> Iterator[Figure]:
    """Errors at the limit: always, or on average so far; a judge that is right, and one that is wrong."""
    even = law(shipped_boundary(harm_test(LIMIT, ALPHA)), 1.0 - LIMIT).chance
    yield Figure(name="at the limit, drawn evenly: promoted wrongly", stated=f"at most {ALPHA}", ours=even, high=ALPHA)
    agents, horizon = run.agents(4_000, 1_000), 2_000 if run.quick else 5_000
    known, blind = by_risk(LIMIT, judge=True), by_risk(LIMIT, judge=False)
    fooled = Draw(flagged=0.1, others=0.5, expected_flagged=0.0, expected_others=0.9)
    setups: tuple[tuple[str, Draw, RateAt], ...] = (
        ("by risk", blind, lambda _case: LIMIT),
        ("with judge", known, lambda _case: LIMIT),
        ("judge wrong, failures seldom drawn", fooled, lambda _case: LIMIT),
        ("by risk, errors .09 and .01 in turns of 200", blind, lambda case: 0.01 if case // 200 % 2 else 0.09),
    )
    for seed, (name, draw, rate) in enumerate(setups, start=431):
        found = simulate(draw.test(EVEN_FRACTIONS), draw, rate, agents, seed, horizon).share
        yield Figure(
            name=f"at the limit, {name}: promoted wrongly",
            stated=f"at most {ALPHA}",
            ours=found.value,
            error=found.error,
            seed=seed,
            **surely_at_most(ALPHA, found),
        )


def simulate(test: AuditTest, draw: Draw, rate: RateAt, agents: int, seed: int, horizon: int) -> Found:
    """Agents until promotion or the horizon; what each kind of case counts as is the shipped test's own."""
    rng, steps = np.random.default_rng(seed), _steps(test, draw)
    logs, drawn = np.zeros((agents, len(test.bets))), np.zeros(agents, dtype=np.int64)
    cases, audits = [np.zeros(0)], [np.zeros(0)]
    for case in range(horizon):
        failed = rng.random(len(logs)) < rate(case)
        flagged = rng.random(len(logs)) < np.where(failed, SENSITIVITY, 1.0 - SPECIFICITY)
        audited = rng.random(len(logs)) < np.where(flagged, draw.flagged, draw.others)
        logs, drawn = logs + steps[4 * flagged + 2 * audited + failed], drawn + audited
        through = logs.max(axis=1) >= test.threshold
        through[through] = np.exp(logs[through]).mean(axis=1) >= math.exp(test.threshold)
        if through.any():
            audits.append(drawn[through].astype(np.float64))
            cases.append(np.full(len(audits[-1]), case + 1.0))
            logs, drawn = logs[~through], drawn[~through]
        if not len(logs):
            break
    return Found(cases=np.concatenate(cases), audits=np.concatenate(audits), agents=agents)


def _steps(test: AuditTest, draw: Draw) -> Floats:
    """What each of the eight kinds of case does to the log of each bet's capital."""
    kinds = [
        (flagged, audited, failed) for flagged in (False, True) for audited in (False, True) for failed in (False, True)
    ]
    cases = [draw.case(flagged=flagged, audited=audited, failed=failed) for flagged, audited, failed in kinds]
    gains = np.array([test.gain(test.counted(case) or 0.0) for case in cases])
    return np.asarray(np.log1p(np.multiply.outer(gains, np.array(test.bets))), dtype=np.float64)
