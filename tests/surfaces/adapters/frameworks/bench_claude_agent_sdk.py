from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from claude_agent_sdk import ClaudeAgentOptions, SdkMcpTool, Transport, create_sdk_mcp_server, query, tool

from goldenthread.surfaces.adapters.claude_agent_sdk import guarded, watched
from goldenthread.surfaces.sdk import Thread
from surfaces.adapters.bench import Said, Script


class Bench:
    """claude-agent-sdk, all of it but the CLI: in its place stands one that follows a script."""

    def __init__(self, thread: Thread, tools: Sequence[Callable[..., Any]]) -> None:
        self.tools = guarded(thread, [_made(one) for one in tools])

    def work(self, script: Script, saved: str | None = None) -> Said:
        return asyncio.run(self._work(script))

    async def _work(self, script: Script) -> Said:
        server = create_sdk_mcp_server("tools", tools=self.tools)
        cli = ScriptedCli(script)
        options = ClaudeAgentOptions(mcp_servers={"tools": server}, disallowed_tools=["Bash", "Write", "Edit"])
        async for _ in watched(query(prompt=_prompt(), options=options, transport=cli)):
            pass
        return Said(told=cli.told)


def _made(function: Callable[..., Any]) -> SdkMcpTool[Any]:
    kinds = {"str": str, "int": int}
    fields = {name: kinds[str(one.annotation)] for name, one in inspect.signature(function).parameters.items()}

    async def handle(arguments: Any) -> dict[str, Any]:
        result = function(**arguments)
        words = await result if inspect.isawaitable(result) else result
        return {"content": [{"type": "text", "text": words}]}

    return tool(function.__name__, str(function.__doc__), fields)(handle)


async def _prompt() -> AsyncIterator[dict[str, Any]]:
    yield {"type": "user", "message": {"role": "user", "content": "Work the case."}, "session_id": "s"}


class ScriptedCli(Transport):
    """The other end of the SDK's control protocol."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.told: list[str] = []
        self.out: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self.answers: dict[str, asyncio.Future[Any]] = {}
        self.talk: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        self.talk = None

    async def write(self, data: str) -> None:
        message = json.loads(data)
        if message["type"] == "control_request":
            answer = {"subtype": "success", "request_id": message["request_id"], "response": {}}
            await self.out.put({"type": "control_response", "response": answer})
        elif message["type"] == "control_response":
            answer = message["response"]
            self.answers.pop(answer["request_id"]).set_result(answer["response"]["mcp_response"])
        elif message["type"] == "user":
            self.talk = asyncio.create_task(self._talk())

    async def read_messages(self) -> AsyncIterator[dict[str, Any]]:
        while (message := await self.out.get()) is not None:
            yield message

    async def close(self) -> None:
        if self.talk is not None:
            self.talk.cancel()

    def is_ready(self) -> bool:
        return True

    async def end_input(self) -> None:
        """Nothing more is asked."""

    async def _talk(self) -> None:
        hello = {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "cli", "version": "1"}}
        await self._rpc("initialize", hello)
        for turn in self.script:
            calls = [self._rpc("tools/call", {"name": name, "arguments": values}) for name, values in turn]
            answers = await asyncio.gather(*calls)
            self.told += ["\n".join(part["text"] for part in one["result"]["content"]) for one in answers]
            await self._say("thinking")
        await self._say("done")
        ended = {"subtype": "success", "duration_ms": 1, "duration_api_ms": 1, "is_error": False, "num_turns": 1}
        await self.out.put({"type": "result", "session_id": "s", "result": "done", **ended})
        await self.out.put(None)

    async def _say(self, words: str) -> None:
        content = [{"type": "text", "text": words}]
        await self.out.put({"type": "assistant", "message": {"role": "assistant", "model": "m", "content": content}})

    async def _rpc(self, method: str, parameters: dict[str, Any]) -> Any:
        name = f"request-{len(self.answers)}-{method}-{id(parameters)}"
        self.answers[name] = asyncio.get_running_loop().create_future()
        answer = self.answers[name]
        message = {"jsonrpc": "2.0", "id": name, "method": method, "params": parameters}
        request = {"subtype": "mcp_message", "server_name": "tools", "message": message}
        await self.out.put({"type": "control_request", "request_id": name, "request": request})
        return await answer
