from __future__ import annotations

from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from opentelemetry.instrumentation.langchain import LangchainInstrumentor

STEPS = [
    "agent refund-agent FAILED", "agent refund-agent FAILED",
    "step model", "model unknown", "step tools", "action get_order",
    "step model", "model unknown", "step tools FAILED", "action pay FAILED",
]  # fmt: skip


class Following(GenericFakeChatModel):
    """A model that follows a script."""

    def bind_tools(self, tools: Any, **_: Any) -> Any:
        return self


@tool
def get_order(id: int) -> dict[str, str]:
    """Look an order up."""
    return {"state": "sent"}


@tool
def pay(id: int) -> str:
    """Pay a refund."""
    raise RuntimeError("the line went dead")


def work(provider: Any) -> None:
    """Langchain, watched by Traceloop's instrumentation."""
    watching = LangchainInstrumentor()
    watching.instrument(tracer_provider=provider)
    try:
        agent = create_agent(Following(messages=iter(_turns())), tools=[get_order, pay], name="refund-agent")
        try:
            agent.invoke({"messages": [("user", "refund it")]})
        except RuntimeError:
            return
        raise AssertionError("the tool did not fail")
    finally:
        watching.uninstrument()


def _turns() -> list[AIMessage]:
    return [
        AIMessage(
            "",
            tool_calls=[{"name": name, "args": {"id": 7}, "id": f"call_{turn}"}],
            usage_metadata={"input_tokens": read, "output_tokens": written, "total_tokens": read + written},
        )
        for turn, (name, read, written) in enumerate((("get_order", 120, 30), ("pay", 200, 20)), 1)
    ]
