"""
The result files of tau-bench: a list of `{task_id, trial, reward, info, traj}`.

They name neither the agent nor any time. A run that broke off with an exception has `info.error` and no conversation.

Source:
    https://github.com/sierra-research/tau-bench, run.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from goldenthread.promise.values import Json, digest
from goldenthread.record.runs.fields import Fields, refuse
from goldenthread.record.runs.model import RecordedAgent, RecordedOutcome, RecordedRun, RecordedStep, Status
from goldenthread.record.runs.parsed import (
    Parsed,
    case_of,
    domain_of_policy,
    labelled,
    looks_like_an_error,
    was_handed_over,
)

SOURCE = "tau-bench check"
_ROLES = ("system", "user", "assistant", "tool")


def read_taubench(value: Any, name: str) -> Parsed:
    """
    The runs of a tau-bench file.

    Args:
        value: The file's JSON.
        name: The file's name, for errors.

    Raises:
        RunsInvalid: Something is missing, impossible, or of two agents.
    """
    if not isinstance(value, list):
        refuse(name, "it is no list of runs.")
    nobody = RecordedAgent(name="", manifest={}, stated=False)
    runs = tuple(taubench_run(Fields(one, f"{name}: run {number}"), nobody) for number, one in enumerate(value, 1))
    policy = _policy(runs, name)
    manifest: dict[str, Json] = {"policy": digest(policy)} if policy else {}
    agent = RecordedAgent(name="", manifest=manifest, stated=False)
    return Parsed(format="taubench", domain=domain_of_policy(policy), agent=agent, runs=runs, notes=())


def taubench_run(fields: Fields, agent: RecordedAgent) -> RecordedRun:
    """
    One run of a tau-bench file.

    Raises:
        RunsInvalid: Something is missing or impossible.
    """
    case, trial = case_of(fields), fields.whole("trial")
    fields = Fields(fields.value, f"{fields.place} (task {case}, trial {trial})")
    info = fields.part("info")
    fault = info.has("error")
    reward = fields.number("reward", most=1.0)
    _require_agreement(fields, info, reward)
    steps = tuple(_steps(fields, least=0 if fault else 1))
    outcomes: tuple[RecordedOutcome, ...] = () if fault else labelled(reward, SOURCE)
    status: Status = "fault" if fault else "escalated" if was_handed_over(steps) else "done"
    return RecordedRun(
        id=f"{case}/{trial}",
        case=case,
        trial=trial,
        agent=agent,
        started_at=None,
        ended_at=None,
        status=status,
        reason="error" if fault else _reason(steps, info),
        steps=steps,
        cost=None,
        outcomes=outcomes,
        reward=None if fault else reward,
    )


def _require_agreement(fields: Fields, info: Fields, reward: float) -> None:
    """The reward stands in two places; a file that contradicts itself is not believed in either."""
    if info.has("reward_info"):
        detail = info.part("reward_info")
        if detail.number("reward", most=1.0) != reward:
            words = f"it is {reward:g}, and {detail.value['reward']:g} in info.reward_info; they must agree."
            fields.refuse("reward", words)


def _reason(steps: tuple[RecordedStep, ...], info: Fields) -> str:
    """How the run ended: the file has no word for it, but a check that never ran means that steps ran out."""
    if not info.has("reward_info"):
        return "out_of_steps"
    return "handed_over" if was_handed_over(steps) else "finished"


def _steps(fields: Fields, least: int) -> Iterator[RecordedStep]:
    asked: dict[str, str] = {}
    for message in fields.parts("traj", "message", least=least):
        role = message.text("role")
        if role not in _ROLES:
            message.refuse("role", f"'{role}' is no role; expected {', '.join(_ROLES)}.")
        content = message.text_or_empty("content")
        if role == "tool":
            if message.text("tool_call_id") not in asked:
                message.refuse("tool_call_id", "it answers no call that came before.")
            tool, error = asked[message.text("tool_call_id")], looks_like_an_error(content)
            yield RecordedStep(kind="tool_result", role=role, name=tool, content=content, error=error)
            continue
        if content or not message.has("tool_calls"):
            yield RecordedStep(kind="message", role=role, name=None, content=content)
        for call in message.parts("tool_calls", "tool call"):
            function = call.part("function")
            asked[call.text("id", empty=False)] = tool = function.text("name", empty=False)
            yield RecordedStep(kind="tool_call", role=role, name=tool, content=function.text("arguments"))


def _policy(runs: tuple[RecordedRun, ...], name: str) -> str:
    """The agent's instructions, the same in every run that has some; '' for none."""
    first = ""
    for number, run in enumerate(runs, 1):
        step = run.steps[0] if run.steps and run.steps[0].role == "system" else None
        if step is not None and step.content:
            first = first or step.content
            if step.content != first:
                place = f"{name}: run {number} (task {run.case}, trial {run.trial}), message 1"
                refuse(place, "its instructions differ from those of earlier runs: one file holds one agent's runs.")
    return first
