"""The whole climb: against plain simulation, against convolution, and in the corners."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest

from goldenthread.promise.contract.planning import Reach, plan
from goldenthread.promise.contract.planning.draws import DRAWS, Need
from goldenthread.promise.contract.planning.ladder import climb
from goldenthread.promise.evidence import RateTest
from goldenthread.promise.evidence.odds import rate_odds
from goldenthread.promise.values import LADDER, Level
from promise.contract.planned import contract

EVERY = dict.fromkeys(LADDER, 1.0)


def _need(bar: float, rate: float, draw: str, shares: dict[Level, float] = EVERY) -> Need:
    return Need(clause=f"{draw} {bar}", draw=draw, odds=rate_odds(RateTest(bar=bar, alpha=0.05), rate), shares=shares)


def _reaches(found: tuple[Reach, ...]) -> dict[Level, Reach]:
    return {reach.level: reach for reach in found}


def test_the_climb_is_that_of_plain_simulation_case_by_case() -> None:
    """Drawing from exact distributions must give what case after case gives, blind shares and shared cases included."""
    ladder = plan(contract({Level.DRAFT: ["agreement >= 80 %"], Level.APPROVAL: ["agreement >= 85 %"]})).likely
    assert ladder is not None
    reaches = _reaches(ladder.reaches)
    played = [_played(np.random.default_rng([7, seed])) for seed in range(1000)]
    for level, cases in ((Level.DRAFT, [d for d, _ in played]), (Level.APPROVAL, [a for _, a in played])):
        assert reaches[level].median == pytest.approx(float(np.median(cases)), rel=0.12)
        for weeks in (4, 12):
            share = float(np.mean(np.array(cases) <= 120 * weeks))
            assert reaches[level].within[weeks] == pytest.approx(share, abs=0.06)


def _played(random: np.random.Generator) -> tuple[int, int]:
    """One agent, case by case: agreement 92.5 %, escalation 17.5 %, a fifth decided blind at draft."""
    tests = [RateTest(bar=0.8, alpha=0.05), RateTest(bar=0.85, alpha=0.05), RateTest(bar=0.65, alpha=0.05)]
    good, bad, calm, handed = 0, 0, 0, 0
    passed, draft = [False, False, False], 0
    for case in range(1, 20_000):
        handed_over = random.random() < 0.175  # and makes no proposal to agree with
        if not handed_over and (not draft or random.random() < 0.2):
            agrees = random.random() < 0.925
            good, bad = good + agrees, bad + (not agrees)
        calm, handed = calm + (not handed_over), handed + handed_over
        counts = ((good, bad), (good, bad), (calm, handed))
        passed = [was or test.promotes(*seen) for was, test, seen in zip(passed, tests, counts, strict=True)]
        draft = draft or (case if passed[0] and passed[2] else 0)
        if draft and all(passed):
            return draft, case
    return draft, 20_000


def test_gates_on_other_cases_add_up_as_a_convolution() -> None:
    """Where nothing is carried over, the time of two gates is the sum of independent times."""
    first = _need(0.8, 0.9, "one")
    second = _need(0.9, 0.96, "two", {**EVERY, Level.SHADOW: 0.0})
    reached = climb({Level.DRAFT: [first], Level.APPROVAL: [second]}, Level.SHADOW, Level.APPROVAL, 120.0)
    one, other = (np.diff(need.odds, prepend=0.0)[:3000] for need in (first, second))
    summed = np.cumsum(np.convolve(one, other))
    for weeks, chance in _reaches(reached)[Level.APPROVAL].within.items():
        assert chance == pytest.approx(summed[min(120 * weeks, len(summed) - 1)], abs=0.01)


def test_each_clause_by_itself_is_exact() -> None:
    """The draws hit the distribution of a clause evenly, so that chance plays no part in it."""
    need = _need(0.9, 0.95, "one")
    reach = climb({Level.DRAFT: [need]}, Level.SHADOW, Level.DRAFT, 120.0)[0]
    for weeks, chance in reach.within.items():
        assert chance == pytest.approx(need.odds[120 * weeks], abs=1.0 / DRAWS)


def test_what_was_proved_below_is_not_proved_again() -> None:
    """A clause that two gates share passes once: the escalation line must not cost its time at every level."""
    needs = [_need(0.65, 0.825, "line")]
    reached = _reaches(climb(dict.fromkeys(LADDER[1:4], needs), Level.SHADOW, Level.CONSTRAINED, 120.0))
    assert reached[Level.DRAFT].median == reached[Level.APPROVAL].median == reached[Level.CONSTRAINED].median


def test_only_the_blind_share_bears_on_agreement_at_draft() -> None:
    """The axis stretches fivefold for what shadow has not shown."""
    slow = {**EVERY, Level.DRAFT: 0.2}
    gates = {Level.DRAFT: [_need(0.5, 0.99, "other")], Level.APPROVAL: [_need(0.9, 1.0, "agreement", slow)]}
    reach = _reaches(climb(gates, Level.SHADOW, Level.APPROVAL, None))[Level.APPROVAL]
    assert reach.median is not None
    at_draft = _reaches(climb(gates, Level.SHADOW, Level.APPROVAL, None))[Level.DRAFT].median
    assert at_draft is not None
    assert reach.median == pytest.approx(at_draft + (43 - at_draft) / 0.2, abs=5)


def test_without_a_case_that_counts_nobody_gets_there() -> None:
    """A blind share of nothing proves nothing, however long one waits."""
    none = {**EVERY, Level.SHADOW: 0.0}
    reach = climb({Level.DRAFT: [_need(0.8, 0.9, "one", none)]}, Level.SHADOW, Level.DRAFT, 120.0)[0]
    assert (reach.chance, reach.median, reach.earliest) == (0.0, None, None)


def test_a_level_without_a_gate_ends_the_climb() -> None:
    """No gate is not an open gate."""
    reached = _reaches(climb({Level.DRAFT: [_need(0.8, 0.9, "one")]}, Level.SHADOW, Level.APPROVAL, 120.0))
    assert reached[Level.DRAFT].chance > 0.99
    assert reached[Level.APPROVAL].chance == 0.0


def test_the_climb_begins_at_the_start_and_ends_at_the_ceiling() -> None:
    """A contract that starts at draft earns the gate to approval only."""
    ladder = plan(contract(start=Level.DRAFT, ceiling=Level.APPROVAL)).likely
    assert ladder is not None
    assert [reach.level for reach in ladder.reaches] == [Level.APPROVAL]


def test_better_agents_climb_sooner() -> None:
    """A plan in which a better agent waits longer would be read once and never again."""
    found = plan(contract())
    medians = [[reach.median or 10**9 for reach in ladder.reaches] for ladder in found.ladders]
    assert all(worse > better for one, other in pairwise(medians) for worse, better in zip(one, other, strict=True))


def test_no_record_is_sooner_than_the_earliest() -> None:
    """'Cannot be passed before' is a promise."""
    found = plan(contract(), beliefs=())
    assert found.likely is not None
    for reach in found.likely.reaches:
        first = next(cases for cases in reach.percentiles if cases is not None)
        assert reach.earliest is not None
        assert reach.earliest <= first


def test_the_same_contract_has_the_same_plan() -> None:
    """Two readers of one page must see one figure."""
    assert plan(contract()) == plan(contract())


def test_a_gate_by_itself_lies_within_its_bounds() -> None:
    """Independence is an assumption, so the plan says how far it could be off."""
    for gate in plan(contract()).gates:
        for afresh in gate.afresh:
            few, many = afresh.median_bounds
            assert few is not None
            assert afresh.median is not None
            assert few <= afresh.median <= (many or 10**9)
            assert afresh.chance_bounds[0] <= afresh.chance <= afresh.chance_bounds[1]


def test_a_stricter_clause_on_the_same_cases_decides_alone() -> None:
    """Two bars on one rate are one question, not two chances to fail."""
    one, both = (
        plan(contract({Level.DRAFT: lines}, line=None, blind={Level.DRAFT: Decimal(20)})).gates[0].afresh[1]
        for lines in (["agreement >= 90 %"], ["agreement >= 80 %", "agreement >= 90 %"])
    )
    assert (one.low, one.median, one.high) == (both.low, both.median, both.high)


def test_a_bar_that_takes_millions_of_cases_takes_no_memory() -> None:
    """Somebody will write 99.999999 %; the plan says how long that is, and does not count it out."""
    found = plan(contract({Level.DRAFT: ["agreement >= 99.99999999 %"]}, ceiling=Level.DRAFT)).likely
    assert found is not None
    assert found.reaches[0].earliest is not None
    assert found.reaches[0].earliest > 10**9
