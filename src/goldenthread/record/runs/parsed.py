"""What a reader of one format hands on, and what the readers share."""

from __future__ import annotations

import re
from dataclasses import dataclass

from goldenthread.record.runs.fields import Fields
from goldenthread.record.runs.model import Format, RecordedAgent, RecordedOutcome, RecordedRun, RecordedStep
from goldenthread.record.runs.tools import hands_over

TASK_SUCCESS = "task_success"
_DOMAIN = re.compile(r"[a-z][a-z0-9]*")
_HEADING = re.compile(r"\s*#+\s*(?P<domain>[A-Za-z][A-Za-z0-9]*) agent policy\b", re.IGNORECASE)
_FULL = 1e-6


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """A file's runs in its own order; `domain` is '' where it names none; `zoned`: its times name their zone."""

    format: Format
    domain: str
    agent: RecordedAgent
    runs: tuple[RecordedRun, ...]
    notes: tuple[str, ...]
    zoned: bool = True


def domain_of(name: str) -> str:
    """The first word of a domain's name, which its variants share: 'airline' of 'airline-relaxed'; '' for none."""
    found = _DOMAIN.match(name.strip().lower())
    return found.group() if found else ""


def domain_of_policy(text: str) -> str:
    """The domain that the heading of an agent's instructions names: `# Airline Agent Policy`; '' for none."""
    found = _HEADING.match(text)
    return domain_of(found["domain"]) if found else ""


def case_of(run: Fields) -> str:
    """A task's id, a number or a text."""
    if type(run.value.get("task_id")) is int:
        return str(run.whole("task_id"))
    return run.text("task_id", empty=False)


def labelled(reward: float, source: str) -> tuple[RecordedOutcome, ...]:
    """`task_success`: 1 for the full reward, else 0; part of a reward is no success."""
    return (RecordedOutcome(metric=TASK_SUCCESS, value=float(reward >= 1 - _FULL), source=source),)


def was_handed_over(steps: tuple[RecordedStep, ...]) -> bool:
    """Whether the agent gave the case to a person, and the tool took it."""
    for place, step in enumerate(steps):
        if step.kind == "tool_call" and step.role == "assistant" and hands_over(step.name or ""):
            answer = next((one for one in steps[place:] if one.kind == "tool_result" and one.name == step.name), None)
            if answer is None or not answer.error:
                return True
    return False


def looks_like_an_error(content: str) -> bool:
    """Whether a tool's answer is an error, where the file has no flag that says so."""
    return content.startswith("Error")
