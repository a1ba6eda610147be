"""
Refund tools of claude-agent-sdk under contract, without a model key: `python refunds_with_claude_agent_sdk.py`.

What stands in place of the model is the other end of the SDK's control protocol: the CLI, without Claude behind it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import desk
from claude_agent_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    TextBlock,
    Transport,
    create_sdk_mcp_server,
    query,
    tool,
)

import goldenthread
from goldenthread.surfaces.adapters.claude_agent_sdk import guarded, watched


@tool("read_order", "Look up an order.", {"order": str})
async def read_order(arguments: Any) -> dict[str, Any]:
    """Look up an order."""
    return {"content": [{"type": "text", "text": desk.read_order(**arguments)}]}


@tool("pay_refund", "Pay a refund.", {"order": str, "amount": str})
async def pay_refund(arguments: Any) -> dict[str, Any]:
    """Pay a refund."""
    return {"content": [{"type": "text", "text": desk.pay_refund(**arguments)}]}


@tool("close_account", "Close the account behind an order.", {"order": str})
async def close_account(arguments: Any) -> dict[str, Any]:
    """Close the account behind an order; no contract allows it."""
    return {"content": [{"type": "text", "text": desk.close_account(**arguments)}]}


def agent(thread: goldenthread.Thread) -> desk.Work:
    """The conversation; its tools are the guarded ones, and the CLI's own are disallowed."""
    tools = guarded(thread, [read_order, pay_refund, close_account])

    async def converse(script: desk.Script) -> str:
        server = create_sdk_mcp_server("refunds", tools=tools)
        options = ClaudeAgentOptions(mcp_servers={"refunds": server}, disallowed_tools=["Bash", "Write", "Edit"])
        words = ""
        async for message in watched(query(prompt=prompt(), options=options, transport=ScriptedCli(script))):
            if isinstance(message, AssistantMessage):
                words = "".join(block.text for block in message.content if isinstance(block, TextBlock))
        return words

    return lambda script: asyncio.run(converse(script))


async def prompt() -> AsyncIterator[dict[str, Any]]:
    """What the user says."""
    yield {"type": "user", "message": {"role": "user", "content": "Work the case."}, "session_id": "s"}


class ScriptedCli(Transport):
    """In place of the CLI and its model."""

    def __init__(self, script: desk.Script) -> None:
        self.script = script
        self.out: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self.answer: asyncio.Future[Any] | None = None
        self.talk: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Nothing to start."""

    async def write(self, data: str) -> None:
        """What the SDK says."""
        message = json.loads(data)
        if message["type"] == "control_request":
            answer = {"subtype": "success", "request_id": message["request_id"], "response": {}}
            await self.out.put({"type": "control_response", "response": answer})
        elif message["type"] == "control_response" and self.answer is not None:
            self.answer.set_result(message["response"]["response"]["mcp_response"])
        elif message["type"] == "user":
            self.talk = asyncio.create_task(self._talk())

    async def read_messages(self) -> AsyncIterator[dict[str, Any]]:
        """What the CLI says."""
        while (message := await self.out.get()) is not None:
            yield message

    async def close(self) -> None:
        """The conversation is over."""
        if self.talk is not None:
            self.talk.cancel()

    def is_ready(self) -> bool:
        """At once."""
        return True

    async def end_input(self) -> None:
        """Nothing more is asked."""

    async def _talk(self) -> None:
        hello = {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "cli", "version": "1"}}
        await self._rpc("initialize", hello)
        for name, values in self.script:
            found = await self._rpc("tools/call", {"name": name, "arguments": values})
            told = "\n\n".join(part["text"] for part in found["result"]["content"])
            content = [{"type": "text", "text": f"I was told: {told}"}]
            said = {"role": "assistant", "model": "script", "content": content}
            await self.out.put({"type": "assistant", "message": said})
        ended = {"subtype": "success", "duration_ms": 1, "duration_api_ms": 1, "is_error": False, "num_turns": 1}
        await self.out.put({"type": "result", "session_id": "s", "result": "done", **ended})
        await self.out.put(None)

    async def _rpc(self, method: str, parameters: dict[str, Any]) -> Any:
        self.answer = asyncio.get_running_loop().create_future()
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        request = {"subtype": "mcp_message", "server_name": "refunds", "message": message}
        await self.out.put({"type": "control_request", "request_id": method, "request": request})
        return await self.answer


if __name__ == "__main__":
    desk.main(agent)
