from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from crewai import Agent, Crew, Task
from crewai.llms.base_llm import BaseLLM

from goldenthread.surfaces.adapters.crewai import guarded, released
from goldenthread.surfaces.sdk import Thread
from surfaces.adapters.bench import Said, Script


class Bench:
    """crewai."""

    def __init__(self, thread: Thread, tools: Sequence[Callable[..., Any]]) -> None:
        self.tools = guarded(thread, tools)

    def work(self, script: Script, saved: str | None = None) -> Said:
        model = Following(model="script", script=script)
        agent = Agent(role="desk", goal="work the case", backstory="-", tools=self.tools, llm=model, max_retry_limit=0)
        task = Task(description="Work the case.", expected_output="done", agent=agent)
        with released():
            Crew(agents=[agent], tasks=[task], share_crew=False).kickoff()
        return Said(told=model.told)


class Following(BaseLLM):
    """A model that follows a script; crewai begins anew each time."""

    script: list[list[Any]]
    turn: int = 0
    told: list[str] = []  # noqa: RUF012 - a field of a pydantic model

    def call(self, messages: Any, tools: Any = None, *_: Any, **__: Any) -> Any:
        given = messages if isinstance(messages, list) else []
        self.told = [str(message.get("content")) for message in given if message.get("role") == "tool"]
        if self.turn >= len(self.script):
            return "done"
        self.turn += 1
        return [
            SimpleNamespace(
                id=f"call-{self.turn}-{number}",
                type="function",
                function=SimpleNamespace(name=name, arguments=values),
            )
            for number, (name, values) in enumerate(self.script[self.turn - 1])
        ]

    def supports_function_calling(self) -> bool:
        return True
