"""Recorded runs before a contract: a task counts once, an agent by itself, and many agents more carefully than one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from control.simulation.pages import page
from goldenthread.control.simulation import Judged, judge_runs, judged_words
from goldenthread.promise.contract import parse_contract
from goldenthread.promise.errors import RunsInvalid, ValueProblem
from goldenthread.promise.values import Level
from goldenthread.record.runs import RecordedAgent, RecordedOutcome, RecordedRun, RunSet

GATED = page({"draft": ["task_success >= 70 %"]})


def run(agent: RecordedAgent, case: int, trial: int, outcome: str) -> RecordedRun:
    """One run: 'y' succeeded, 'n' failed, 'f' a fault, 'h' handed over and right."""
    value = None if outcome == "f" else float(outcome in "yh")
    label = RecordedOutcome(metric="task_success", value=value or 0.0, source="check")
    return RecordedRun(
        id=f"{agent.name}-{case}-{trial}",
        case=f"task-{case}",
        trial=trial,
        agent=agent,
        started_at=None,
        ended_at=None,
        status={"f": "fault", "h": "escalated"}.get(outcome, "done"),  # type: ignore[arg-type]
        reason="user_stop",
        steps=(),
        cost=None,
        outcomes=() if value is None else (label,),
        reward=value,
    )


def runs_of(name: str, cases: Sequence[str], *, slice: str = "payments", label: str | None = None) -> RunSet:
    """A set: one text a case, one letter a trial."""
    agent = RecordedAgent(name=name, manifest={"model": name})
    runs = [
        run(agent, case, trial, outcome) for case, trials in enumerate(cases) for trial, outcome in enumerate(trials)
    ]
    return RunSet(
        format="tau2",
        label=label or name,
        slice=slice,
        agent=agent,
        digest=f"sha256:{label or name}",
        runs=tuple(runs),
    )


def judged(*sets: RunSet, text: str = GATED) -> Judged:
    """Judged by a contract."""
    return judge_runs(parse_contract(text), sets)


def test_task_counts_once_by_its_first_run_without_a_fault() -> None:
    """Else an agent climbs by trying again, and an outage counts against it."""
    agent = judged(runs_of("a", ["nyyy", "fyn", "ff", "y"])).agents[0]
    reading = agent.readings[Level.DRAFT][0]
    assert reading.evidence is not None
    assert (reading.evidence.n, reading.evidence.failures) == (3, 1)
    assert (agent.cases, agent.counted, agent.runs, agent.faults) == (4, 3, 10, 3)


def test_repetitions_prove_nothing() -> None:
    """Two hundred runs of fifty tasks are fifty cases: the same verdict as from the first runs alone."""
    tasks = ["yyyy"] * 12
    once = judged(runs_of("a", [trials[0] for trials in tasks])).agents[0]
    often = judged(runs_of("a", tasks)).agents[0]
    assert once.readings == often.readings
    assert not often.clears(Level.DRAFT)
    assert often.earned is Level.SHADOW


def test_what_would_have_moved_is_told_by_case_number() -> None:
    """The engine that moves levels live says when it would have done so."""
    agent = judged(runs_of("a", ["y"] * 30)).agents[0]
    assert [(moment.cases, moment.after) for moment in agent.changes] == [(13, Level.DRAFT)]
    assert agent.earned is Level.DRAFT
    assert agent.clears(Level.DRAFT)


def test_evidence_is_of_all_cases_whatever_a_tripwire_did() -> None:
    """A fall starts the count afresh, but a judge of records must not forget half of them."""
    text = page({"draft": ["task_success >= 70 %"]}, tripwires={"draft": ["task_success < 70 %"]})
    agent = judged(runs_of("a", ["n"] * 30 + ["y"] * 10), text=text).agents[0]
    assert agent.changes[0].fell
    evidence = agent.readings[Level.DRAFT][0].evidence
    assert evidence is not None
    assert (evidence.n, evidence.failures) == (40, 30)


def test_agents_are_judged_apart_and_sets_of_one_agent_together() -> None:
    """Evidence belongs to a fingerprint: another model's success is nobody else's."""
    found = judged(runs_of("a", ["y"] * 8), runs_of("b", ["y"] * 8), runs_of("a", ["y"] * 12, label="more"))
    assert [(agent.name, agent.files, agent.counted) for agent in found.agents] == [
        ("a", ("a", "more"), 12),
        ("b", ("b",), 8),
    ]


def test_many_agents_need_more_than_one_alone() -> None:
    """Of twenty lucky agents one would clear any bar; compared, it takes more to be named."""
    barely, clearly = ["y"] * 14, ["y"] * 40
    alone = judged(runs_of("lucky", barely))
    assert alone.chosen is None
    assert alone.agents[0].clears(Level.DRAFT)
    crowd = [runs_of(f"poor-{number}", ["n"] * 5) for number in range(8)]
    found = judged(runs_of("lucky", barely), runs_of("good", clearly), *crowd)
    assert found.chosen is not None
    names = {agent.fingerprint: agent.name for agent in found.agents}
    assert {names[one] for one in found.chosen[Level.DRAFT]} == {"good"}


def test_hand_overs_meet_the_line_of_the_workflow() -> None:
    """A gate is not climbed by answering only the easy cases."""
    text = page({"draft": ["task_success >= 70 %"]}, escalation="<= 20 %")
    agent = judged(runs_of("a", ["y", "h"] * 40), text=text).agents[0]
    success, handed = agent.readings[Level.DRAFT]
    assert (success.passed, handed.passed, handed.from_workflow) == (True, False, True)
    assert agent.earned is Level.SHADOW


def test_words_tell_verdict_count_and_guarantee() -> None:
    """Who reads this decides about an agent, and must see what it rests on."""
    words = judged_words(judged(runs_of("a", ["yn"] * 30)))
    assert "30 tasks, not 60 runs: a task counts once, by its first run that did not end in a fault." in words
    assert "Would have earned: draft (shadow to draft at case 13)." in words
    assert "task_success >= 70 %: passed, evidence 100 %" in words
    assert "the chance that we would ever promote is at most 5 %" in words


def test_runs_of_another_slice_are_refused_and_the_same_file_twice() -> None:
    """Evidence from elsewhere, or counted twice, is evidence that is not there."""
    with pytest.raises(RunsInvalid, match="its runs are of 'refunds', and the contract is of 'payments'"):
        judged(runs_of("a", ["y"], slice="refunds"))
    with pytest.raises(RunsInvalid, match="the same runs are named twice"):
        judged(runs_of("a", ["y"]), runs_of("a", ["y"]))


def test_nothing_to_judge_is_said() -> None:
    """No data is never a pass, and no gate no judge."""
    with pytest.raises(ValueProblem, match="There are no runs to judge"):
        judged()
