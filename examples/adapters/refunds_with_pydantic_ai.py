"""A refund agent of pydantic-ai under contract, without a model key: `python refunds_with_pydantic_ai.py`."""

from __future__ import annotations

import desk
from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

import goldenthread
from goldenthread.surfaces.adapters.pydantic_ai import guarded


def agent(thread: goldenthread.Thread) -> desk.Work:
    """The agent; its tools are the guarded ones, so there is no way round the guard."""
    tools = guarded(thread, desk.TOOLS)

    def work(script: desk.Script) -> str:
        return str(Agent(FunctionModel(following(script)), toolsets=[tools]).run_sync("Work the case.").output)

    return work


def following(script: desk.Script):
    """In place of a language model."""

    def answer(messages: list[ModelMessage], _: AgentInfo) -> ModelResponse:
        turn = sum(isinstance(message, ModelResponse) for message in messages)
        if turn < len(script):
            return ModelResponse(parts=[ToolCallPart(*script[turn])])
        told = [part.content for message in messages for part in message.parts if isinstance(part, ToolReturnPart)]
        return ModelResponse(parts=[TextPart(f"I was told: {told[-1]}")])

    return answer


if __name__ == "__main__":
    desk.main(agent)
