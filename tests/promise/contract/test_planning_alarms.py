"""How soon a tripwire rings: against the published figures, and against the shipped detector case by case."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from goldenthread.promise.contract.planning import AlarmPlan, parse_belief, plan, plan_text
from goldenthread.promise.contract.planning.alarms import run_to_alarm
from goldenthread.promise.errors import ValueProblem
from goldenthread.promise.evidence import DetectorPair, detector_pair
from goldenthread.promise.values import Level
from promise.contract.planned import TRIPWIRES, contract


def _alarm(line: str, *fears: str, level: Level = Level.APPROVAL) -> AlarmPlan:
    planned = contract(tripwires={level: [line]})
    return plan(planned, fears=[parse_belief(fear) for fear in fears]).alarms[0]


@pytest.mark.parametrize(("good", "stated"), [(None, 122), (0.03, 103)])
def test_delays_are_those_that_evidence_states(good: float | None, stated: int) -> None:
    """.97 to .90 at one false alarm in 10,000: 122 cases from a fresh start, 103 after 1,000 cases at the limit."""
    runs = run_to_alarm(detector_pair(limit=0.03, false_alarm=10_000), 0.1, good)
    error = runs.std() / len(runs) ** 0.5
    assert abs(runs.mean() - stated) < 3 * error + 1.0


def test_jumping_from_failure_to_failure_is_the_detector_case_by_case() -> None:
    """The closed form between failures must be the shipped recursion, or the plan speaks of another alarm."""
    pair = detector_pair(limit=0.02, false_alarm=2_000)
    random = np.random.default_rng(3)
    stepped = np.array([_stepped(pair, 0.08, random) for _ in range(400)])
    jumped = run_to_alarm(pair, 0.08)
    error = (stepped.var() / len(stepped) + jumped.var() / len(jumped)) ** 0.5
    assert abs(stepped.mean() - jumped.mean()) < 3 * error


def _stepped(pair: DetectorPair, rate: float, random: np.random.Generator) -> int:
    state = pair.start
    for case in range(1, 100_000):
        state = pair.update(state, bool(random.random() < rate))
        if pair.alarm(state):
            return case
    return 100_000


def test_worse_rings_sooner_and_the_false_alarms_are_those_of_the_contract() -> None:
    """What an owner compares: twice the limit, four times, and how often in vain."""
    alarm = _alarm("rework_rate > 3 %")
    twice, four_times = alarm.notices
    assert twice.fresh is not None
    assert four_times.fresh is not None
    assert twice.fresh > four_times.fresh > 1
    assert alarm.false_alarms_a_year == pytest.approx(52 * 120 / 10_000)
    assert (alarm.at, alarm.share) == (Level.CONSTRAINED, 1.0)


def test_a_fear_of_the_owner_is_planned_too() -> None:
    """'What if it reworks one in ten?' is the question that is asked in the meeting."""
    fear = _alarm("rework_rate > 3 %", "rework_rate=10 %").notices[-1]
    assert (fear.rate, fear.words) == (0.1, "rework_rate at 10 %")
    assert fear.fresh is not None
    assert fear.fresh == pytest.approx(122, abs=5)


def test_a_rate_that_should_be_high_fails_below() -> None:
    """Agreement of 60 % is a failure in 40 % of cases."""
    alarm = _alarm("agreement < 80 %", "agreement=60 %", level=Level.SHADOW)
    assert alarm.notices[0].words == "twice the limit (agreement at 60 %)"
    assert alarm.notices[-1].rate == pytest.approx(0.4)
    assert alarm.at is Level.DRAFT
    assert alarm.share == pytest.approx(0.2 * 0.825)  # decided blind, and not handed to a person


def test_a_fear_within_the_limit_is_not_said_to_ring() -> None:
    """An alarm that rings below its limit would be a false one."""
    fear = _alarm("rework_rate > 3 %", "rework_rate=2 %").notices[-1]
    assert (fear.fresh, fear.seasoned) == (None, None)


def test_a_single_event_takes_as_long_as_the_first_takes_to_come() -> None:
    """`any X` has no limit to double; its delay is the wait for the first."""
    alarm = _alarm("any policy_violation", "policy_violation=1 %", level=Level.DRAFT)
    assert alarm.limit is None
    assert [notice.fresh for notice in alarm.notices] == [100.0]
    assert alarm.notices[0].fresh_range == (11, 230)


def test_an_alarm_that_sees_no_case_says_so() -> None:
    """A tripwire on agreement is blind at approval, where people see every proposal."""
    found = plan(contract(tripwires={Level.DRAFT: ["agreement < 80 %"]}, ceiling=Level.APPROVAL))
    assert found.alarms[0].share == 0.0
    assert "no case at approval bears on it, so it would not ring there" in plan_text(found)


def test_a_tripwire_that_cannot_be_watched_says_why() -> None:
    """A plan that passes over it would let everybody trust in it."""
    alarm = _alarm("happiness < 3 %")
    assert alarm.insufficient is not None
    assert "nobody measures 'happiness'" in alarm.insufficient


@pytest.mark.parametrize(
    ("fear", "words"),
    [
        ("agreement=10 %", "No tripwire watches 'agreement'; they watch policy_violation, rework_rate."),
        ("rework_rate=5 min", "5 min is no rate that 'rework_rate' could fall to;"),
    ],
)
def test_a_fear_that_no_tripwire_has_is_refused(fear: str, words: str) -> None:
    """A typing error must not look like an answer."""
    with pytest.raises(ValueProblem, match=words.replace("(", r"\(")):
        plan(contract(tripwires=TRIPWIRES), fears=[parse_belief(fear)])


def test_without_volume_an_alarm_is_told_in_cases() -> None:
    """Unknown time is not told as time."""
    found = plan(contract(tripwires=TRIPWIRES, volume=None))
    assert all(alarm.false_alarms_a_year is None for alarm in found.alarms)
    line = next(line for line in plan_text(found).splitlines() if "four times the limit" in line)
    assert not {"day", "days", "week", "weeks"} & set(line.replace(",", " ").split())


def test_the_same_alarm_has_the_same_figures() -> None:
    """Simulated with a fixed seed, so that two readers see one number."""
    assert _alarm("rework_rate > 3 %") == _alarm("rework_rate > 3 %")
    assert replace(_alarm("rework_rate > 3 %"), notices=()) != _alarm("rework_rate > 4 %")


def test_a_calibrated_alarm_is_sooner_and_says_what_that_rests_on() -> None:
    """It gives up the guarantee for cases that depend on each other, and the plan must not hide that."""
    alarms = {
        calibrated: plan(contract(tripwires={Level.APPROVAL: ["rework_rate > 3 %"]}, calibrated=calibrated))
        for calibrated in (False, True)
    }
    sooner, later = (alarms[calibrated].alarms[0].notices[0].fresh for calibrated in (True, False))
    assert sooner is not None
    assert later is not None
    assert sooner <= later
    assert "rings once in 10,000 cases on average, 0.6 times a year at this volume, if cases are" in plan_text(
        alarms[True]
    )
