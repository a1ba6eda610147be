"""What `goldenthread runs` prints: sentences, rows and objects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from goldenthread.surfaces.cli.arguments import call
from goldenthread.surfaces.cli.terminal import moment

if TYPE_CHECKING:
    from goldenthread.record.runs import Imported, RecordedRun, RecordedStep, RunsSummary


def import_words(file: Path, done: Imported, found: RunsSummary) -> list[str]:
    """What became of an import, and what is in it."""
    from goldenthread.surfaces.views.figures import count

    where = f"record {done.record.chain}#{done.record.seq}"
    if not done.new:
        return [f"{file.name} was imported before ({where}); nothing was recorded."]
    what = f"{count(found.runs, 'run')} of {count(found.cases, 'case')} by {found.agent}"
    return [
        f"{file.name}: {what} imported into {found.slice} as {found.id} ({where}).",
        *success_words(found),
        *found.notes,
        f"Next: goldenthread runs show {found.id}",
    ]


def success_words(found: RunsSummary) -> list[str]:
    """How often the task succeeded, by case first; hand-overs, faults and cost where there are any."""
    from goldenthread.surfaces.views.figures import count

    words = [f"Success by case, each by its first run: {_share(found.cases_succeeded, found.cases_labelled)}."]
    if found.runs > found.cases:
        always = f"{count(found.cases_always, 'case')} succeeded in every run"
        words.append(f"Of all runs: {_share(found.runs_succeeded, found.runs_labelled)}; {always}.")
    if found.handed_over:
        words.append(f"Handed over to people: {count(found.handed_over, 'run')}.")
    if found.faults:
        words.append(f"Broken off by a fault, and not counted: {count(found.faults, 'run')}.")
    if found.cost_usd is not None:
        words.append(f"Cost of {count(found.runs_costed, 'run')}: {found.cost_usd:.4g} USD.")
    return words


def summary_row(one: RunsSummary) -> list[object]:
    """A row of `runs list`."""
    by_case, by_run = _share(one.cases_succeeded, one.cases_labelled), _share(one.runs_succeeded, one.runs_labelled)
    return [one.id, one.slice, one.agent, one.cases, one.runs, by_case, by_run, one.faults]


def case_row(case: str, of_case: tuple[RecordedRun, ...]) -> list[object]:
    """A row of `runs show`."""
    first = next((run for run in of_case if run.status != "fault"), None)
    return [
        case if not of_case[0].erased else f"{case} (erased)",
        len(of_case),
        _verdict(first.succeeded if first else None),
        " ".join(_verdict(run.succeeded) for run in of_case),
        sum(run.status == "escalated" for run in of_case) or "",
        sum(len(run.steps) for run in of_case),
        sum(len(run.actions) for run in of_case),
    ]


def _verdict(succeeded: bool | None) -> str:
    return {True: "success", False: "failure", None: "fault"}[succeeded]


def ending(run: RecordedRun) -> str:
    """How a run ended: `failure (user_stop), handed over to a person`."""
    handed = ", handed over to a person" if run.status == "escalated" else ""
    cost = f", {run.cost:.4g} USD" if run.cost is not None else ""
    when = f", {moment(run.started_at)}" if run.started_at is not None else ""
    return f"{_verdict(run.succeeded)} ({run.reason}){handed}{cost}{when}"


def speaker(step: RecordedStep) -> str:
    """Who made a step."""
    if step.kind == "tool_result":
        return f"{step.name} answered{' an error' if step.error else ''}"
    return {"assistant": "agent", "user": "customer", "system": "instructions"}.get(step.role, step.role)


def step_words(step: RecordedStep) -> str:
    """What was said, called or answered."""
    if step.content is None:
        return "(erased)" if step.kind == "message" else f"{step.name} (erased)"
    if step.kind != "tool_call":
        return step.content
    arguments = step.arguments
    words = call(step.name or "", arguments) if arguments is not None else f"{step.name}({step.content})"
    return f"{words}{'  [action]' if step.is_action else ''}"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.1%})".replace("%", " %") if whole else "none of 0"


def summary_json(summary: RunsSummary) -> dict[str, Any]:
    """A set, without its runs."""
    from goldenthread.surfaces.views import as_json

    found: dict[str, Any] = as_json(summary)
    return found


def run_json(run: RecordedRun) -> dict[str, Any]:
    """A run, without its steps."""
    return {
        "case": run.case,
        "trial": run.trial,
        "id": run.id,
        "status": run.status,
        "reason": run.reason,
        "succeeded": run.succeeded,
        "reward": run.reward,
        "cost_usd": run.cost,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "erased": run.erased,
        "steps": len(run.steps),
        "actions": [step.name for step in run.actions],
    }


def step_json(step: RecordedStep) -> dict[str, Any]:
    """A step."""
    return {
        "kind": step.kind,
        "role": step.role,
        "name": step.name,
        "content": step.content,
        "arguments": step.arguments,
        "at": step.at,
        "error": step.error,
        "action": step.is_action,
    }
