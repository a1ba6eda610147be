"""A refund agent of crewai under contract, without a model key: `python refunds_with_crewai.py`."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

os.environ.update(CREWAI_DISABLE_TELEMETRY="true", CREWAI_DISABLE_TRACKING="true", OTEL_SDK_DISABLED="true")

import desk
from crewai import Agent, Crew, Task
from crewai.llms.base_llm import BaseLLM

import goldenthread
from goldenthread.surfaces.adapters.crewai import guarded, released


def agent(thread: goldenthread.Thread) -> desk.Work:
    """The agent; its tools are the guarded ones, so there is no way round the guard."""
    tools = guarded(thread, desk.TOOLS)

    def work(script: desk.Script) -> str:
        model = Following(model="script", script=script)
        worker = Agent(role="desk", goal="work the case", backstory="-", tools=tools, llm=model)
        task = Task(description="Work the case.", expected_output="what was done", agent=worker)
        with released():  # crewai would hand an Exception to the model
            return str(Crew(agents=[worker], tasks=[task]).kickoff())

    return work


class Following(BaseLLM):
    """In place of a language model."""

    script: list[Any]

    def call(self, messages: Any, tools: Any = None, *_: Any, **__: Any) -> Any:
        told = [message["content"] for message in messages if message.get("role") == "tool"]
        if len(told) == len(self.script):
            return f"I was told: {told[-1]}"
        name, values = self.script[len(told)]
        function = SimpleNamespace(name=name, arguments=values)
        return [SimpleNamespace(id=f"call-{len(told)}", type="function", function=function)]

    def supports_function_calling(self) -> bool:
        return True


if __name__ == "__main__":
    desk.main(agent)
