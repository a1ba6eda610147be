"""A set of runs in a few numbers: by case, since a task's trials are not independent, and beside it by run."""

from __future__ import annotations

from dataclasses import dataclass

from goldenthread.record.runs.model import Format, RunSet


@dataclass(frozen=True, kw_only=True, slots=True)
class RunsSummary:
    """
    Counts of one set.

    A case counts by its first run that did not end in a fault: `cases_labelled` are those with such a run,
    `cases_succeeded` those where it succeeded, `cases_always` those where every run with a label did. `cost_usd` is
    the sum over `runs_costed` runs, None where no run's cost is known.
    """

    id: str
    slice: str
    label: str
    format: Format
    agent: str
    cases: int
    cases_labelled: int
    cases_succeeded: int
    cases_always: int
    runs: int
    runs_labelled: int
    runs_succeeded: int
    handed_over: int
    faults: int
    steps: int
    actions: int
    cost_usd: float | None
    runs_costed: int
    notes: tuple[str, ...]


def summarise(run_set: RunSet) -> RunsSummary:
    """Count a set's cases, runs, labels and costs."""
    runs, cases, counted = run_set.runs, run_set.cases, run_set.counted.values()
    labels = [run.succeeded for run in runs if run.succeeded is not None]
    costs = [run.cost for run in runs if run.cost is not None]
    by_case = [[run.succeeded for run in of_case if run.succeeded is not None] for of_case in cases.values()]
    return RunsSummary(
        id=run_set.id,
        slice=run_set.slice,
        label=run_set.label,
        format=run_set.format,
        agent=run_set.agent.name,
        cases=len(cases),
        cases_labelled=sum(run.succeeded is not None for run in counted),
        cases_succeeded=sum(run.succeeded is True for run in counted),
        cases_always=sum(bool(of_case) and all(of_case) for of_case in by_case),
        runs=len(runs),
        runs_labelled=len(labels),
        runs_succeeded=sum(labels),
        handed_over=sum(run.status == "escalated" for run in runs),
        faults=sum(run.status == "fault" for run in runs),
        steps=sum(len(run.steps) for run in runs),
        actions=sum(len(run.actions) for run in runs),
        cost_usd=sum(costs) if costs else None,
        runs_costed=len(costs),
        notes=run_set.notes,
    )
