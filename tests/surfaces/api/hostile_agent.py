"""
A hijacked agent's process: it has the server's address and its own token, and tries all that the API serves.

Prints what every attempt came to, as JSON. Usage: hostile_agent.py RUN PERMIT, with the agent's answer (a permitted
action) on standard input.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from typing import Any


def _ask(method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(
        os.environ["GOLDENTHREAD_URL"] + path,
        data=json.dumps(body).encode() if body is not None else None,
        method=method,
        headers={
            "Authorization": f"Bearer {os.environ['GOLDENTHREAD_TOKEN']}",
            "Content-Type": "application/json",
        },
    )
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def _bodies(presented: dict[str, Any]) -> dict[str, Any]:
    """What an agent would send that wants the effect: well-formed, so that only its rights stand in the way."""
    case = {"slice": "refunds", "case": "loot"}
    return {
        "giveTask": {**case, "agent": "agent", "given": {"order": "o-1"}},
        "openRun": {**case, "fingerprint": "sha256:none"},
        "declareAgent": {"slice": "refunds", "manifest": {"model": "worse", "level": "expanded"}},
        "act": {"action": "withdraw_everything", "arguments": {}, "call": 99},
        "escalate": {"reason": "for nothing"},
        "end": {"status": "fault"},
        "reportRead": {**presented, "result": {"order": "o-1"}},
        "declareTool": {"actions": {"pay": []}},
        "consumePermit": presented,
        "reportEffect": {"outcome": "done", "result": "paid"},
    }


def main(run: str, permit: str) -> None:
    presented = json.load(sys.stdin)
    document = _ask("GET", "/openapi.json", None)[1]
    bodies = _bodies(presented)
    came_to = {}
    last = ("escalate", "end")  # these close the run, so they come when all else was tried
    operations = [
        (operation["operationId"], method, path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    for name, method, path in sorted(operations, key=lambda one: one[0] in last):
        address = path.replace("{run}", run).replace("{permit}", permit)
        body = bodies.get(name, {}) if method == "post" else None
        status, said = _ask(method.upper(), address, body)
        came_to[name] = [status, said.get("code", said.get("verdict", "ok"))]
    for path in ("/", "/v1", "/v1/inbox", f"/v1/permits/{permit}/approve", "/v1/tokens", "/enter", "/v1/runs/../keys"):
        came_to[path] = [_ask("GET", path, None)[0], _ask("POST", path, {})[0]]
    came_to["environment"] = sorted(name for name in os.environ if name.startswith("GOLDENTHREAD"))
    print(json.dumps(came_to))


if __name__ == "__main__":
    main(*sys.argv[1:])
