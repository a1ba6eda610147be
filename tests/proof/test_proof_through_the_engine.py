"""What is proved through the whole engine is proved of the contract that is written, and compared case for case."""

from __future__ import annotations

import numpy as np
import pytest

from goldenthread.control.simulation import Change, Nature, Rate
from goldenthread.promise.evidence import RateTest, judge_in_order, judge_mean_in_order
from proof.differences import PAIRED
from proof.engine import BAR, GATE, Bench, Seen, of_rate
from proof.engine_looks import AUDITS, BESIDE, BLIND, CLAUSE, capital
from proof.engine_moves import TRIPWIRE, is_unlike, passes, rings_unlike
from proof.engine_time import is_unlike_by_day
from proof.means import DRIFTS

TEST = RateTest(bar=BAR, alpha=0.05)
GOOD = of_rate("task_success", 0.97)
PAIRS = of_rate("task_success", 0.97, people={"task_success": Rate(share=0.93)}, together=0.5)


def plays(bench: Bench, nature: Nature, cases: int = 600, agents: int = 3) -> list[Seen]:
    """A few agents, each until it moves."""
    seen = list(bench.first_moves(nature, cases, agents, 5))
    assert any(one.move is not None for one in seen)
    return seen


def test_the_rule_alone_is_the_judgement_one_by_one() -> None:
    """A comparison with a rule of its own would say nothing about the rule that ships."""
    for seen in plays(Bench(gates=GATE), GOOD):
        found = judge_in_order(TEST, [value == 1.0 for value in seen.known.tolist()])
        assert found.passed_at == int(passes(seen).argmax()) + 1 == seen.cases
        assert not is_unlike(seen)


def test_the_bets_alone_are_the_judgement_one_by_one() -> None:
    """The same of agent and people in pairs."""
    for seen in plays(Bench(gates=BESIDE), PAIRS):
        assert set(seen.known) <= {-1.0, 0.0, 1.0}
        found = judge_mean_in_order(PAIRED, seen.known.tolist())
        assert found.passed_at == int((capital(seen) >= PAIRED.threshold).argmax()) + 1 == seen.cases


def test_an_agent_judged_otherwise_is_seen() -> None:
    """A comparison that cannot fail compares nothing: too early, too late, never, and without a reason."""
    seen = plays(Bench(gates=GATE), GOOD)[0]
    at_last = np.arange(len(seen.values)) == len(seen.values) - 1
    assert not seen.is_unlike(at_last)
    assert seen.is_unlike(np.roll(at_last, -1))
    assert seen.is_unlike(np.zeros(len(seen.values), dtype=bool))
    still = Seen(move=None, values=seen.values)
    assert still.is_unlike(at_last)
    assert not still.is_unlike(np.zeros(len(seen.values), dtype=bool))


def test_alarms_and_days_are_compared_too() -> None:
    """A rollback or a claim about days that came at another case than the rule says must be seen."""
    fallen = list(Bench(tripwires=TRIPWIRE).first_moves(of_rate("rework_rate", 0.2), 400, 4, 5))
    days = list(Bench(gates=GATE, claim="about future days").first_moves(of_rate("task_success", 1.0), 1_200, 2, 5))
    for seen, unlike in [*((one, rings_unlike) for one in fallen), *((one, is_unlike_by_day) for one in days)]:
        assert seen.move is not None
        assert not unlike(seen)
        assert unlike(Seen(move=None, values=seen.values))
        assert unlike(Seen(move=seen.move, values=(*seen.values, 0.0)))


@pytest.mark.parametrize(("level", "looks"), [("expanded", AUDITS), ("approval", BLIND)])
def test_only_cases_that_somebody_looked_at_count(level: str, looks: str) -> None:
    """The stated figures are audits, a fifth of the cases; counting the others would flatter."""
    for seen in plays(Bench(gates={level: [CLAUSE]}, looks=looks), of_rate("agreement", 1.0), cases=2_000):
        assert len(seen.known) == 88  # as few as prove a limit of 5 % where nothing fails
        assert len(seen.known) / seen.cases == pytest.approx(0.2, abs=0.06)


@pytest.mark.parametrize(("low", "high", "block"), DRIFTS)
def test_agents_that_waver_are_never_above_the_bar_on_average(low: float, high: float, block: int) -> None:
    """Were the better half first, a promotion would be right, and nothing would be proved."""
    better = Change(metric="task_success", quality=Rate(share=high), case=block + 1, turns=block)
    nature = of_rate("task_success", low, changes=(better,))
    rates = [
        quality.share for case in range(1, 4_001) if isinstance(quality := nature.quality("task_success", case), Rate)
    ]
    averages = np.cumsum(rates) / np.arange(1, 4_001)
    assert averages.max() <= BAR + 1e-12
    assert averages[2 * block - 1] == pytest.approx(BAR)
