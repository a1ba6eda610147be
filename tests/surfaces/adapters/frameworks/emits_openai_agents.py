from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool, set_tracing_disabled
from openai import AsyncOpenAI, OpenAI
from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor
from opentelemetry.instrumentation.openai import OpenAIInstrumentor

STEPS = [
    "agent Agent workflow", "workflow Agent workflow", "agent refund-agent",
    "workflow turn", "model gpt-4o", "action get_order",
    "workflow turn", "model gpt-4o", "action pay FAILED",
    "workflow turn", "model gpt-4o",
]  # fmt: skip


@function_tool
def get_order(id: int) -> dict[str, str]:
    """Look an order up."""
    return {"state": "sent"}


@function_tool
def pay(id: int) -> str:
    """Pay a refund."""
    raise RuntimeError("the line went dead")


def work(provider: Any) -> None:
    """openai-agents, watched by OpenInference, with a server of OpenAI's API that follows a script."""
    set_tracing_disabled(False)
    watching = OpenAIAgentsInstrumentor()
    watching.instrument(tracer_provider=provider)
    try:
        with openai() as url:
            model = OpenAIChatCompletionsModel("gpt-4o", AsyncOpenAI(base_url=url, api_key="none"))
            agent = Agent(name="refund-agent", model=model, tools=[get_order, pay])
            asyncio.run(Runner.run(agent, "refund it"))
    finally:
        watching.uninstrument()
        set_tracing_disabled(True)


def call(provider: Any) -> None:
    """One call of OpenAI's own library, watched by Traceloop's instrumentation."""
    watching = OpenAIInstrumentor()
    watching.instrument(tracer_provider=provider)
    try:
        with openai() as url:
            OpenAI(base_url=url, api_key="none").chat.completions.create(
                model="gpt-4o", messages=[{"role": "user", "content": "refund it"}]
            )
    finally:
        watching.uninstrument()


@contextmanager
def openai() -> Iterator[str]:
    """A server that answers as OpenAI's does, by how many tools have answered; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answering)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


class _Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        turn = sum(message["role"] == "tool" for message in asked["messages"])
        read, written = ((120, 30), (200, 20), (300, 10))[turn]
        message: dict[str, Any] = {"role": "assistant", "content": "refunded it"}
        if turn < 2:
            function = {"name": ("get_order", "pay")[turn], "arguments": '{"id":7}'}
            calls = [{"id": f"call_{turn + 1}", "type": "function", "function": function}]
            message = {"role": "assistant", "content": None, "tool_calls": calls}
        said = {
            "id": f"chatcmpl-{turn}", "object": "chat.completion", "created": 1, "model": "gpt-4o-2024-08-06",
            "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls" if turn < 2 else "stop"}],
            "usage": {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written},
        }  # fmt: skip
        octets = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""
