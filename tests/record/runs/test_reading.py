"""What a file of recorded runs becomes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from goldenthread.record.runs import RecordedRun, read_runs
from record.runs.files import POLICY, handing_over, tau2_file, tau2_run, taubench_run, written


def _one(folder: Path, run: dict[str, Any]) -> RecordedRun:
    return read_runs(written(folder, tau2_file(run, tau2_run("other", 1)))).cases["0"][0]


def test_a_conversation_becomes_steps_in_its_order(tmp_path: Path) -> None:
    """What was said, asked of tools and answered is what a person judges a run by, so none of it may be lost."""
    run = read_runs(written(tmp_path, [taubench_run()])).runs[0]
    assert [(step.kind, step.role, step.name, step.error) for step in run.steps] == [
        ("message", "system", None, False),
        ("message", "user", None, False),
        ("tool_call", "assistant", "get_user_details", False),
        ("tool_result", "tool", "get_user_details", False),
        ("message", "assistant", None, False),
        ("tool_call", "assistant", "cancel_reservation", False),
        ("tool_result", "tool", "cancel_reservation", True),
        ("message", "user", None, False),
    ]
    assert run.steps[5].arguments == {"r": 1}
    assert run.steps[0].content == POLICY
    assert run.steps[0].arguments is None
    assert run.steps[1].digest != run.steps[7].digest


def test_only_calls_that_may_change_something_are_actions(tmp_path: Path) -> None:
    """Contracts limit actions; a tool nobody knows must count as one, a known read or a hand-over must not."""
    run = _one(tmp_path, handing_over(tau2_run()))
    assert [step.name for step in run.actions] == ["send_gift"]


def test_tools_of_the_customer_are_no_actions_of_the_agent(tmp_path: Path) -> None:
    """In some tasks the simulated customer has tools of their own; what they do is not the agent's doing."""
    mine = {"role": "user", "content": None, "tool_calls": [{"id": "u", "name": "reboot", "arguments": {}}]}
    answer = {"role": "tool", "id": "u", "content": "ok", "requestor": "user"}
    run = _one(tmp_path, tau2_run(messages=[mine, answer]))
    assert [(step.kind, step.role, step.name) for step in run.steps] == [
        ("tool_call", "user", "reboot"),
        ("tool_result", "tool", "reboot"),
    ]
    assert run.actions == ()


def test_trials_stand_under_their_case_in_order(tmp_path: Path) -> None:
    """Trials of a task are not independent: a case counts once, by its first run, whatever the file's order."""
    runs = [taubench_run(7, 1, 1.0), taubench_run(3, 1, 1.0), taubench_run(3, 0, 0.0), taubench_run(7, 0, 1.0)]
    found = read_runs(written(tmp_path, runs))
    assert [(run.case, run.trial) for run in found.runs] == [("7", 0), ("7", 1), ("3", 0), ("3", 1)]
    assert {case: run.succeeded for case, run in found.counted.items()} == {"7": True, "3": False}
    assert {case: len(of_case) for case, of_case in found.cases.items()} == {"7": 2, "3": 2}


def test_cases_stand_in_order_of_their_start_where_it_is_known(tmp_path: Path) -> None:
    """Evidence is judged in the order in which cases came; the order of a file is only the order of its writing."""
    late = tau2_run("late", 0, start_time="2025-10-06T19:50:00.5", end_time="2025-10-06T19:51:00.7")
    early = tau2_run("early", 0, start_time="2025-10-06T19:10:00.5", end_time="2025-10-06T19:12:00.1")
    assert list(read_runs(written(tmp_path, tau2_file(late, early))).cases) == ["early", "late"]


@pytest.mark.parametrize(("reward", "value"), [(1.0, 1.0), (1 - 1e-9, 1.0), (0.999, 0.0), (0.5, 0.0), (0, 0.0)])
def test_part_of_a_reward_is_no_success(tmp_path: Path, reward: float, value: float) -> None:
    """Half a task done is a passenger with half a booking."""
    run = read_runs(written(tmp_path, [taubench_run(reward=reward)])).runs[0]
    assert [(one.metric, one.value, one.source) for one in run.outcomes] == [("task_success", value, "tau-bench check")]
    assert run.reward == reward


@pytest.mark.parametrize("reason", ["infrastructure_error", "unexpected_error", "timeout", "user_error"])
def test_a_fault_around_the_agent_has_no_label(tmp_path: Path, reason: str) -> None:
    """Counted as failures, outages made a comparison of two models change its sign."""
    run = _one(tmp_path, tau2_run(reward=0.0, termination_reason=reason, messages=None, reward_info=None))
    assert (run.status, run.outcomes, run.succeeded, run.reward) == ("fault", (), None, None)


@pytest.mark.parametrize("reason", ["max_steps", "too_many_errors", "agent_error", "context_window_exceeded"])
def test_an_agent_that_gives_out_has_failed(tmp_path: Path, reason: str) -> None:
    """Running out of steps is the agent's own doing: kept out as a fault, it would flatter slow agents."""
    run = _one(tmp_path, tau2_run(reward=1.0, termination_reason=reason))
    assert (run.status, run.succeeded) == ("done", False)
    assert _one(tmp_path, tau2_run(termination_reason=reason, reward_info=None)).succeeded is False


def test_a_run_of_tau_bench_that_broke_off_is_a_fault(tmp_path: Path) -> None:
    """Its program writes reward 0 for an exception, which would count an outage against the agent."""
    broken = taubench_run(0, 0, 0.0, info={"error": "rate limit", "traceback": "..."}, traj=[])
    found = read_runs(written(tmp_path, [broken, taubench_run(0, 1, 1.0)]))
    assert [(run.status, run.succeeded) for run in found.runs] == [("fault", None), ("done", True)]
    assert found.counted["0"].trial == 1


def test_a_check_that_never_ran_means_out_of_steps(tmp_path: Path) -> None:
    """Such runs of tau-bench carry no detail of a reward; they are failures, and readable as what they are."""
    run = read_runs(written(tmp_path, [taubench_run(reward=0.0, info={"source": "x", "reward_info": None})])).runs[0]
    assert (run.status, run.reason, run.succeeded) == ("done", "out_of_steps", False)


def test_a_hand_over_is_an_escalation_and_may_be_right(tmp_path: Path) -> None:
    """Escalations are counted on their own line, and the check says whether handing over was the right thing."""
    run = _one(tmp_path, handing_over(tau2_run(reward=1.0)))
    assert (run.status, run.succeeded) == ("escalated", True)


def test_a_hand_over_that_failed_is_none(tmp_path: Path) -> None:
    """Nobody took the case, so it stayed with the agent."""
    assert _one(tmp_path, handing_over(tau2_run(), "Error: no agents online")).status == "done"


def test_times_and_costs_are_the_files(tmp_path: Path) -> None:
    """A real clock is worth keeping: order, time per case and calendar follow from it."""
    run = _one(tmp_path, tau2_run())
    assert run.started_at == datetime(2025, 10, 6, 19, 0, 17, 399833, tzinfo=UTC)
    assert run.steps[0].at == datetime(2025, 10, 6, 19, 30, 0, 100000, tzinfo=UTC)
    assert run.cost == 0.25


def test_times_of_another_zone_become_utc(tmp_path: Path) -> None:
    """Days and order are counted in one clock."""
    zoned = tau2_run(start_time="2025-10-06T19:00:00.5+02:00", end_time="2025-10-06T19:30:00.7+02:00")
    found = read_runs(written(tmp_path, tau2_file(zoned)))
    assert found.runs[0].started_at == datetime(2025, 10, 6, 17, 0, 0, 500000, tzinfo=UTC)
    assert found.notes == ("Times are the file's.",)


def _placeholder(task: str, **fields: Any) -> dict[str, Any]:
    run = tau2_run(task, start_time="2025-01-01T00:00:00.000000", end_time="2025-01-01T00:01:00.000000", **fields)
    return {**run, "messages": [{**message, "timestamp": None} for message in run["messages"]]}


def test_a_clock_that_nobody_read_is_not_believed(tmp_path: Path) -> None:
    """Sixty seconds for every run is a filled field; a time per case made of it would be invented."""
    found = read_runs(written(tmp_path, tau2_file(_placeholder("0"), _placeholder("1"))))
    assert [(run.started_at, run.ended_at) for run in found.runs] == [(None, None)] * 2
    assert found.notes == (
        "Times in the file are placeholders, since each of the 2 runs took exactly the same time (60.0 s); they were "
        "left out.",
    )
    alone = read_runs(written(tmp_path, tau2_file(_placeholder("0"))))
    assert alone.runs[0].started_at is None
    assert alone.notes == ("Times in the file are placeholders, since the run fills full seconds; they were left out.",)


@pytest.mark.parametrize(("cost", "usage", "known"), [(0.0, False, None), (0.0, True, 0.0), (None, True, None)])
def test_a_cost_that_nobody_counted_is_unknown(
    tmp_path: Path, cost: float | None, usage: bool, known: float | None
) -> None:
    """Nought for want of counting would pass every limit on cost."""
    run = tau2_run(agent_cost=cost)
    messages = [{**one, "usage": one.get("usage") if usage else None} for one in run["messages"]]
    assert _one(tmp_path, {**run, "messages": messages}).cost == known


def test_the_agent_is_what_the_file_says(tmp_path: Path) -> None:
    """Evidence belongs to a fingerprint: another model, setting or instruction is another agent."""
    found = read_runs(written(tmp_path, tau2_file(tau2_run(), llm="gpt-x")))
    assert (found.agent.name, found.agent.stated) == ("gpt-x", True)
    assert set(found.agent.manifest) == {"implementation", "model", "settings", "code", "policy"}
    other = read_runs(written(tmp_path, tau2_file(tau2_run(), llm="gpt-y")))
    assert other.agent.fingerprint != found.agent.fingerprint
    assert all(run.agent == found.agent for run in found.runs)


def test_unnamed_agents_of_two_files_are_two(tmp_path: Path) -> None:
    """Counted together, two agents that nobody named could pass a bar that neither reaches."""
    one = read_runs(written(tmp_path, [taubench_run(0)]))
    two = read_runs(written(tmp_path, [taubench_run(1)]))
    assert not one.agent.stated
    assert one.agent.fingerprint != two.agent.fingerprint
    assert "name it with `--agent`" in one.notes[0]
    named = read_runs(written(tmp_path, [taubench_run(1)]), agent="gpt-4o")
    assert (named.agent.name, named.agent.stated, named.notes) == ("gpt-4o", True, ("The file states no times.",))


def test_the_slice_follows_from_the_domain_unless_named(tmp_path: Path) -> None:
    """A domain and its variants are one piece of work, judged by one contract."""
    assert read_runs(written(tmp_path, tau2_file(tau2_run(), domain="airline-relaxed"))).slice == "airline-service"
    assert read_runs(written(tmp_path, [taubench_run()])).slice == "airline-service"
    assert read_runs(written(tmp_path, [taubench_run()]), slice="desk").slice == "desk"
    silent = [{**taubench_run(), "traj": taubench_run()["traj"][1:]}]
    assert read_runs(written(tmp_path, silent)).slice == ""


def test_runs_of_other_tasks_than_the_files_are_told(tmp_path: Path) -> None:
    """In files that were put together, a description of another task would explain a run wrongly."""
    file = tau2_file(tau2_run("0", 0, reward_info={"reward": 1, "action_checks": [{"action": {"name": "book"}}]}))
    file["tasks"] = [{"id": "0", "evaluation_criteria": {"actions": [{"name": "cancel"}]}}]
    assert read_runs(written(tmp_path, file)).notes[0] == (
        "In 1 of 1 runs what was checked is not what the task of that number asks in this file, so the tasks' "
        "descriptions were not used; each run keeps its own number."
    )
    file["tasks"][0]["evaluation_criteria"]["actions"] = [{"name": "book"}]
    assert len(read_runs(written(tmp_path, file)).notes) == 1
