from __future__ import annotations

from typing import Any

from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.models.instrumented import InstrumentationSettings
from pydantic_ai.usage import RequestUsage

STEPS = ["agent refund-agent", "model gpt-4o", "action get_order", "model gpt-4o", "action pay FAILED", "model gpt-4o"]


def work(provider: Any) -> None:
    """Pydantic-ai with its own instrumentation."""
    agent = Agent(FunctionModel(_answer, model_name="gpt-4o"), name="refund-agent")
    agent.instrument = InstrumentationSettings(tracer_provider=provider)

    @agent.tool_plain(retries=2)
    def get_order(id: int) -> dict[str, str]:
        return {"state": "sent"}

    @agent.tool_plain(retries=2)
    def pay(id: int) -> str:
        from pydantic_ai import ModelRetry

        raise ModelRetry("the line went dead")

    agent.run_sync("refund it")


def _answer(messages: list[ModelMessage], _info: AgentInfo) -> ModelResponse:
    turn = sum(isinstance(message, ModelResponse) for message in messages)
    read, written = ((120, 30), (200, 20), (300, 10))[turn]
    usage = RequestUsage(input_tokens=read, output_tokens=written)
    if turn == 2:
        return ModelResponse(parts=[TextPart("refunded it")], usage=usage, model_name="gpt-4o")
    tool = ("get_order", "pay")[turn]
    return ModelResponse(parts=[ToolCallPart(tool, {"id": 7}, f"call_{turn + 1}")], usage=usage, model_name="gpt-4o")
