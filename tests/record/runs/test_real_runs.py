"""The five files of recorded runs in the shared data: nobody here wrote them (see their README for the licences)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from goldenthread.promise.contract import check, parse_contract
from goldenthread.promise.values import Effect
from goldenthread.record.runs import RunsSummary, read_runs, summarise
from goldenthread.record.runs.tools import changes_something

pytestmark = pytest.mark.shared_data

EXAMPLES = Path(__file__).parents[3] / "examples" / "agent-runs"
FILES = {
    "taubench-gpt4o-airline": ("taubench", "airline-service", 200, 50),
    "tau2-toolorchestra-retail": ("tau2", "retail-service", 114, 114),
    "tau2-toolorchestra-airline": ("tau2", "airline-service", 50, 50),
    "tau2-grok3mini-airline": ("tau2", "airline-service", 4, 1),
    "tau2-grok4fast-airline": ("tau2", "airline-service", 4, 1),
}


def _summary(folder: Path, name: str) -> RunsSummary:
    return summarise(read_runs(folder / f"{name}.json"))


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_read_whole(agent_runs: Path, name: str) -> None:
    """A reader that only knows its own small files knows nothing."""
    format, slice_name, runs, cases = FILES[name]
    found = read_runs(agent_runs / f"{name}.json", format)
    assert (found.format, found.slice, len(found.runs), len(found.cases)) == (format, slice_name, runs, cases)
    assert all(len(run.outcomes) == 1 and run.steps for run in found.runs)
    trials = [[run.trial for run in of_case] for of_case in found.cases.values()]
    assert all(of_case == sorted(of_case) for of_case in trials)


def test_tau_bench_counts_fifty_tasks_and_not_two_hundred_runs(agent_runs: Path) -> None:
    """Four trials of a task are not four customers."""
    found = _summary(agent_runs, "taubench-gpt4o-airline")
    assert (found.cases_labelled, found.cases_succeeded, found.cases_always) == (50, 21, 10)
    assert (found.runs_labelled, found.runs_succeeded) == (200, 84)
    assert (found.handed_over, found.faults, found.cost_usd) == (48, 0, None)


def test_tau2_counts_as_published(agent_runs: Path) -> None:
    """Every bound in the pages rests on these counts."""
    retail, airline = (_summary(agent_runs, f"tau2-toolorchestra-{domain}") for domain in ("retail", "airline"))
    assert (retail.cases_succeeded, retail.cases_labelled, retail.handed_over) == (96, 114, 12)
    assert (airline.cases_succeeded, airline.cases_labelled, airline.handed_over) == (28, 50, 17)
    assert retail.notes == (
        "In 111 of 114 runs what was checked is not what the task of that number asks in this file, so the tasks' "
        "descriptions were not used; each run keeps its own number.",
        "Times in the file are placeholders, since each of the 114 runs took exactly the same time (60.0 s); they were "
        "left out.",
    )


def test_the_files_with_a_real_clock_keep_times_and_costs(agent_runs: Path) -> None:
    """Where something was measured it must not be thrown away with the placeholders."""
    mini, fast = (read_runs(agent_runs / f"tau2-grok{which}-airline.json") for which in ("3mini", "4fast"))
    assert [run.succeeded for run in mini.runs] == [False] * 4
    assert [run.succeeded for run in fast.runs] == [False, True, True, True]
    assert [run.cost for run in fast.runs] == [0.0144574, 0.017768700000000002, 0.0180226, 0.0197707]
    assert all(run.started_at and run.ended_at and run.started_at < run.ended_at for run in (*mini.runs, *fast.runs))
    assert mini.agent.fingerprint != fast.agent.fingerprint


@pytest.mark.parametrize("domain", ["retail", "airline"])
def test_the_example_contracts_declare_every_tool_of_the_runs(agent_runs: Path, domain: str) -> None:
    """An action that a contract does not declare is denied at every level; a read that changes things is a hole."""
    contract = parse_contract((EXAMPLES / f"{domain}.yaml").read_text(encoding="utf-8"))
    assert check(contract).state == "sound"
    assert contract.slice == f"{domain}-service"
    used: Counter[str] = Counter()
    for name, (_, slice_name, _, _) in FILES.items():
        if slice_name == contract.slice:
            for run in read_runs(agent_runs / f"{name}.json").runs:
                used.update(step.name for step in run.steps if step.kind == "tool_call" and step.name)
    assert set(used) == set(contract.actions)
    acting = {name for name, action in contract.actions.items() if action.effect is not Effect.READ}
    assert acting - {"transfer_to_human_agents"} == {name for name in used if changes_something(name)}
