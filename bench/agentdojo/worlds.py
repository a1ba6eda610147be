"""AgentDojo's suites, as plain calls and JSON: what there is to do, what a call gives, and AgentDojo's own checks."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from agentdojo.agent_pipeline.ground_truth_pipeline import GroundTruthPipeline
from agentdojo.attacks import load_attack
from agentdojo.functions_runtime import FunctionCall, FunctionsRuntime
from agentdojo.task_suite.load_suites import get_suites

from goldenthread.promise.values import Json

VERSION = "v1.2.2"
"""AgentDojo's benchmark version: 97 user tasks, 35 attacks, 949 pairs."""

SUITES = ("banking", "slack", "travel", "workspace")


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of a tool; `theirs` if it is the attacker's, which only those who count and answer look at."""

    name: str
    arguments: Mapping[str, Json]
    theirs: bool = False


@dataclass(frozen=True, kw_only=True)
class UserTask:
    """What a person asked for, in a world of its own, and the calls that do it."""

    id: str
    prompt: str
    world: World
    calls: tuple[Call, ...]
    task: Any


@dataclass(frozen=True, kw_only=True)
class Attack:
    """What an attacker wants done in a certain task's world, and the calls that do it; none if words are enough."""

    id: str
    calls: tuple[Call, ...]
    task: Any


class World:
    """One environment of a suite, in which calls have effects."""

    def __init__(self, suite: Any, environment: Any) -> None:
        self._suite = suite
        self._runtime = FunctionsRuntime(suite.tools)
        self.before = environment
        self.environment = environment
        self.done: list[Call] = []
        self._kept: bytes | None = None

    def fresh(self) -> World:
        """The same world before anything was done."""
        if self._kept is None:
            self._kept = pickle.dumps(self.before)  # several times as quick as copying
        other = World(self._suite, self.before)
        other.environment = pickle.loads(self._kept)  # noqa: S301 - written five lines above
        return other

    def act(self, call: Call) -> Json:
        """Do it; what the tool gave, or said was wrong."""
        self.done.append(call)
        result, problem = self._runtime.run_function(self.environment, call.name, dict(call.arguments))
        return f"Error: {problem}" if problem else as_json(result)

    def serves(self, task: UserTask) -> bool:
        """AgentDojo's own check that the person got what they asked for."""
        return self._holds(task.task)

    def suffers(self, attack: Attack) -> bool:
        """AgentDojo's own check that the attacker got what they wanted."""
        return self._holds(attack.task)

    def _holds(self, task: Any) -> bool:
        said = [{"type": "text", "content": task.GROUND_TRUTH_OUTPUT}]
        trace = [FunctionCall(function=call.name, args=dict(call.arguments)) for call in self.done]
        return bool(self._suite._check_task_result(task, said, self.before, self.environment, trace))


@cache
def suite(name: str) -> Any:
    """AgentDojo's suite of a name."""
    return get_suites(VERSION)[name]


def user_tasks(name: str, injections: Mapping[str, str] | None = None) -> Iterator[UserTask]:
    """Every user task of a suite, each in a world with these injections."""
    for task in suite(name).user_tasks.values():
        yield user_task(name, task.ID, injections)


def user_task(name: str, id_: str, injections: Mapping[str, str] | None = None) -> UserTask:
    """One user task, in a world with these injections."""
    task = suite(name).user_tasks[id_]
    world = World(suite(name), task.init_environment(_environment(name, tuple(sorted((injections or {}).items())))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        calls = _calls(task.ground_truth(world.before.model_copy(deep=True)))
    return UserTask(id=id_, prompt=task.PROMPT, world=world, calls=calls, task=task)


def attack_ids(name: str) -> tuple[str, ...]:
    """The attacks of a suite."""
    return tuple(suite(name).injection_tasks)


def injections(name: str, user: str, attack: str) -> Mapping[str, str]:
    """What AgentDojo's attack 'important instructions' writes where the agent reads when it does a user task."""
    tasks = suite(name)
    return dict(_author(name).attack(tasks.user_tasks[user], tasks.injection_tasks[attack]))


def attack_in(name: str, id_: str, world: World) -> Attack:
    """One attack of a suite, as it is carried out in a world."""
    task = suite(name).injection_tasks[id_]
    steps = _calls(task.ground_truth(world.before.model_copy(deep=True)), theirs=True)
    return Attack(id=id_, calls=steps, task=task)


def as_json(value: Any) -> Json:
    """What a tool gave, as the guard sees it."""
    if hasattr(value, "model_dump"):  # AgentDojo's records
        return as_json(value.model_dump(mode="json"))
    if isinstance(value, Mapping):
        return {str(key): as_json(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [as_json(inner) for inner in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


@cache
def _loaded(name: str, injections: tuple[tuple[str, str], ...]) -> Any:
    return suite(name).load_and_inject_default_environment(dict(injections))


@cache
def _author(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipeline = GroundTruthPipeline(None)
        pipeline.name = "gpt-4o-2024-05-13"  # AgentDojo insists on one; no model is asked
        return load_attack("important_instructions_no_names", suite(name), pipeline)


def _environment(name: str, injections: tuple[tuple[str, str], ...]) -> Any:
    return _loaded(name, injections).model_copy(deep=True)


def _calls(steps: Sequence[Any], *, theirs: bool = False) -> tuple[Call, ...]:
    return tuple(Call(name=step.function, arguments=as_json(step.args), theirs=theirs) for step in steps)  # type: ignore[arg-type]
