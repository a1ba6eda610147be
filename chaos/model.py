"""
A language model that fails on command, with OpenAI's interface: POST /v1/chat/completions.

It answers with one tool call, whose arguments are the JSON in the last message. POST /trouble `{mode, seconds}` makes
it fail for a while: '500', '429', 'hang', 'slow', 'garbage' (no JSON), 'nonsense' (JSON that means something else).
"""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Mapping
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chaos.leash import hold
from chaos.place import Place

MODES = ("500", "429", "hang", "slow", "garbage", "nonsense")
TIMEOUT_S = 2.0
_HANG_S = 6.0
_SLOW_S = 1.2


def complete(url: str, model: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """
    The arguments of the tool call that a model answers with.

    Raises:
        OSError, ValueError, KeyError, IndexError: It failed, or what it says is no tool call.
    """
    asked = {"model": model, "messages": [{"role": "user", "content": json.dumps(given)}]}
    address = f"{url}/v1/chat/completions"
    request = urllib.request.Request(address, json.dumps(asked).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
        said = json.loads(answer.read())
    arguments = json.loads(said["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"])
    if not isinstance(arguments, dict):
        raise ValueError("the arguments are no object")  # noqa: TRY004 - what came over the line is wrong
    return arguments


def trouble(url: str, mode: str, seconds: float) -> None:
    """Have the model fail for a while."""
    body = json.dumps({"mode": mode, "seconds": seconds}).encode()
    with urllib.request.urlopen(
        urllib.request.Request(f"{url}/trouble", body, method="POST"), timeout=TIMEOUT_S
    ) as answer:
        answer.read()


class Model:
    """The server; the model 'small' is spared half of the trouble."""

    def __init__(self) -> None:
        self._mode, self._until, self._count = "", 0.0, 0
        routes = [
            Route("/v1/chat/completions", self.chat, methods=["POST"]),
            Route("/trouble", self.fail, methods=["POST"]),
        ]
        self.application = Starlette(routes=routes)

    async def fail(self, request: Request) -> Response:
        """Fail for a while from now on."""
        said = await request.json()
        self._mode, self._until = said["mode"], time.monotonic() + said["seconds"]
        return JSONResponse({})

    async def chat(self, request: Request) -> Response:
        """One completion."""
        asked = await request.json()
        self._count += 1
        mode = self._mode if time.monotonic() < self._until else ""
        if asked["model"] == "small" and self._count % 2:
            mode = ""
        if mode in ("500", "429"):
            return JSONResponse({"error": {"message": mode}}, status_code=int(mode))
        if mode in ("hang", "slow"):
            await asyncio.sleep(_HANG_S if mode == "hang" else _SLOW_S)
        content = asked["messages"][-1]["content"]
        arguments = "I am sorry, " if mode == "garbage" else content
        if mode == "nonsense":
            arguments = json.dumps({**json.loads(content), "recipient": "DE00 0000 of nobody"})
        call = {"type": "function", "id": "call", "function": {"name": "act", "arguments": arguments}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        return JSONResponse({"choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}]})


if __name__ == "__main__":
    hold()
    uvicorn.run(Model().application, host="127.0.0.1", port=Place.here().ports["model"], log_level="critical")
