"""
The result files of tau2-bench: `{timestamp, info, tasks, simulations}`, one agent a file.

How a run ended: the customer or the agent said that it was over (`user_stop`, `agent_stop`). An agent that used up its
steps, its errors or its context, or sent what nobody could read, has failed the task, whatever was checked then. What
broke off around it (`infrastructure_error`, `unexpected_error`, `timeout`, `user_error`: the simulated customer) is a
fault and no failure.

Source:
    https://github.com/sierra-research/tau2-bench, src/tau2/data_model/simulation.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from goldenthread.promise.errors import RunsInvalid
from goldenthread.promise.values import Json, digest
from goldenthread.record.runs.fields import NOTHING_IMPORTED, Fields
from goldenthread.record.runs.model import RecordedAgent, RecordedOutcome, RecordedRun, RecordedStep, Status
from goldenthread.record.runs.parsed import (
    Parsed,
    case_of,
    domain_of,
    domain_of_policy,
    labelled,
    looks_like_an_error,
    was_handed_over,
)

SOURCE = "tau2-bench check"
FINISHED = frozenset({"user_stop", "agent_stop"})
FAILED = frozenset({"max_steps", "too_many_errors", "agent_error", "context_window_exceeded"})
FAULTS = frozenset({"infrastructure_error", "unexpected_error", "timeout", "user_error"})
_ROLES = ("system", "user", "assistant", "tool")


def read_tau2(value: Any, name: str) -> Parsed:
    """
    The runs of a tau2-bench file.

    Args:
        value: The file's JSON.
        name: The file's name, for errors.

    Raises:
        RunsInvalid: Something is missing, impossible, or of two agents.
    """
    top = Fields(value, name)
    info = top.part("info")
    environment = info.part("environment_info") if info.has("environment_info") else None
    policy = environment.text_or_empty("policy") if environment else ""
    agent = tau2_agent(info, policy)
    rows = list(top.parts("simulations", "run"))
    runs = tuple(tau2_run(Fields(one.value, f"{name}: run {number}"), agent) for number, one in enumerate(rows, 1))
    _require_one_model(rows)
    domain = domain_of(environment.text_or_empty("domain_name")) if environment else ""
    return Parsed(
        format="tau2",
        domain=domain or domain_of_policy(policy),
        agent=agent,
        runs=runs,
        notes=tuple(_notes(top, rows)),
        zoned=any(datetime.fromisoformat(one.text("start_time")).tzinfo is not None for one in rows),
    )


def tau2_agent(info: Fields, policy: str = "") -> RecordedAgent:
    """
    Who did the runs of a tau2-bench file, by its `info`.

    Raises:
        RunsInvalid: It does not say.
    """
    said = info.part("agent_info")
    manifest: dict[str, Json] = {"implementation": said.text("implementation")}
    if said.has("llm"):
        manifest["model"] = said.text("llm", empty=False)
    if said.has("llm_args"):
        manifest["settings"] = said.json("llm_args")
    if info.has("git_commit"):
        manifest["code"] = info.text("git_commit")
    if policy:
        manifest["policy"] = digest(policy)
    name = str(manifest.get("model", ""))
    return RecordedAgent(name=name, manifest=manifest, stated=bool(name))


def tau2_run(fields: Fields, agent: RecordedAgent) -> RecordedRun:
    """
    One run of a tau2-bench file.

    Raises:
        RunsInvalid: Something is missing or impossible.
    """
    case, trial = case_of(fields), fields.whole("trial")
    fields = Fields(fields.value, f"{fields.place} (task {case}, trial {trial})")
    reason = fields.text("termination_reason")
    started, ended = fields.instant("start_time"), fields.instant("end_time")
    if ended < started:
        fields.refuse("end_time", f"{ended.isoformat()} is before the start at {started.isoformat()}.")
    steps = tuple(_steps(fields, least=0 if reason in FAULTS else 1))
    reward, outcomes = _judged(fields, reason)
    return RecordedRun(
        id=fields.text("id", empty=False),
        case=case,
        trial=trial,
        agent=agent,
        started_at=started,
        ended_at=ended,
        status=_status(fields, reason, steps),
        reason=reason,
        steps=steps,
        cost=_cost(fields),
        outcomes=outcomes,
        reward=reward,
    )


def _status(fields: Fields, reason: str, steps: tuple[RecordedStep, ...]) -> Status:
    if reason in FAULTS:
        return "fault"
    if reason not in FINISHED | FAILED:
        known = ", ".join(sorted(FINISHED | FAILED | FAULTS))
        fields.refuse("termination_reason", f"'{reason}' is no way to end that is known here; known are {known}.")
    return "escalated" if reason in FINISHED and was_handed_over(steps) else "done"


def _judged(fields: Fields, reason: str) -> tuple[float | None, tuple[RecordedOutcome, ...]]:
    """The file's reward, and the labels: none after a fault, a failure where the agent gave out."""
    said = fields.part("reward_info").number("reward", most=1.0) if fields.has("reward_info") else None
    if reason in FAULTS:
        return said, ()
    if reason in FAILED:
        return said, labelled(0.0, SOURCE)
    if said is None:
        fields.refuse("reward_info", "it is missing, so nobody knows whether the run succeeded.")
    return said, labelled(said, SOURCE)


def _cost(fields: Fields) -> float | None:
    """The agent's cost in US dollars; 0 without any count of tokens means that nobody counted."""
    cost = fields.number("agent_cost") if fields.has("agent_cost") else None
    if cost == 0.0:
        mine = [one for one in fields.parts("messages", "message") if one.value.get("role") == "assistant"]
        return cost if any(one.has("usage") for one in mine) else None
    return cost


def _steps(fields: Fields, least: int) -> Iterator[RecordedStep]:
    asked: dict[str, str] = {}
    for message in fields.parts("messages", "message", least=least):
        role = message.text("role")
        if role not in _ROLES:
            message.refuse("role", f"'{role}' is no role; expected {', '.join(_ROLES)}.")
        at = message.instant("timestamp") if message.has("timestamp") else None
        content = message.text_or_empty("content")
        if role == "tool":
            if message.text("id") not in asked:
                message.refuse("id", "it answers no call that came before.")
            tool = asked[message.text("id")]
            error = message.truth("error") if message.has("error") else looks_like_an_error(content)
            yield RecordedStep(kind="tool_result", role=role, name=tool, content=content, at=at, error=error)
            continue
        if content or not message.has("tool_calls"):
            yield RecordedStep(kind="message", role=role, name=None, content=content, at=at)
        for call in message.parts("tool_calls", "tool call"):
            asked[call.text("id")] = tool = call.text("name", empty=False)
            yield RecordedStep(kind="tool_call", role=role, name=tool, content=_arguments(call), at=at)


def _arguments(call: Fields) -> str:
    found = call.part("arguments").value
    try:
        text = json.dumps(found, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError:
        call.refuse("arguments", "they hold a number that is not finite, or half of a character: no JSON has these.")
    return text


def _require_one_model(rows: list[Fields]) -> None:
    """Replies that name another model than earlier ones: two agents in one file."""
    first: str | None = None
    for run in rows:
        for message in run.parts("messages", "message"):
            raw = message.value.get("raw_data")
            model = raw.get("model") if isinstance(raw, dict) and message.value.get("role") == "assistant" else None
            if isinstance(model, str):
                first = first or model
                if model != first:
                    words = f"the model is '{model}', and '{first}' before: one file holds one agent's runs."
                    raise RunsInvalid(f"{message.at('raw_data')}: {words} {NOTHING_IMPORTED}")


def _notes(top: Fields, rows: list[Fields]) -> Iterator[str]:
    strangers = _with_other_checks(top, rows)
    if strangers:
        yield (
            f"In {strangers} of {len(rows)} runs what was checked is not what the task of that number asks in this "
            "file, so the tasks' descriptions were not used; each run keeps its own number."
        )


def _with_other_checks(top: Fields, rows: list[Fields]) -> int:
    """Runs whose checked actions are not those that the file's task of the same id expects."""
    expected: dict[str, list[object]] = {}
    for task in top.parts("tasks", "task"):
        criteria = task.value.get("evaluation_criteria")
        if isinstance(criteria, dict) and isinstance(criteria.get("actions"), list):
            expected[str(task.value.get("id"))] = [_name_of(action) for action in criteria["actions"]]
    found = 0
    for run in rows:
        reward = run.value.get("reward_info")
        checks = reward.get("action_checks") if isinstance(reward, dict) else None
        if isinstance(checks, list) and case_of(run) in expected:
            names = [_name_of(check.get("action") if isinstance(check, dict) else None) for check in checks]
            found += names != expected[case_of(run)]
    return found


def _name_of(action: object) -> object:
    return action.get("name") if isinstance(action, dict) else None
