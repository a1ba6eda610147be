"""What the conformance suite works with: tools, a script for a model, and an agent of any framework that follows it."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import goldenthread
from goldenthread.surfaces.sdk import Thread

SLICE = "refunds"
PACKAGES = {
    "pydantic_ai": "pydantic_ai",
    "openai_agents": "agents",
    "langchain": "langgraph",
    "claude_agent_sdk": "claude_agent_sdk",
    "google_adk": "google.adk",
    "crewai": "crewai",
    "agent_framework": "agent_framework",
    "smolagents": "smolagents",
}
"""Our module of each framework, and the package that must be there for it."""

Script = list[list[tuple[str, dict[str, Any]]]]
"""What the model asks for: turn by turn, the tools that it calls at once; after the last it says 'done'."""


@dataclass
class Said:
    """What came of working a case: what the model was told by its tools, and how the run stands."""

    told: list[str] = field(default_factory=list)
    status: str = ""
    paused: bool = False  # the framework itself says that it waits
    saved: str | None = None  # with which the framework goes on in another process
    error: str | None = None  # class of what left the run
    words: str = ""  # of the error


class Framework(Protocol):
    """An agent of one framework with guarded tools and a model that follows a script."""

    def __init__(self, thread: Thread, tools: Sequence[Callable[..., Any]]) -> None: ...

    def work(self, script: Script, saved: str | None = None) -> Said:
        """Let the agent work; `saved` is what an earlier process left."""


def installed() -> list[str]:
    """Frameworks whose packages are here."""
    return [name for name, package in PACKAGES.items() if _is_here(package)]


def _is_here(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def _effect(**what: Any) -> None:
    with Path(os.environ["EFFECTS"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(what) + "\n")


def effects() -> list[dict[str, Any]]:
    """What the tools did so far, in any process."""
    path = Path(os.environ["EFFECTS"])
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def pay(order: str, amount: int) -> str:
    """
    Pay a refund.

    Args:
        order: The order's number.
        amount: Whole euros.
    """
    _effect(tool="pay", order=order, amount=amount)
    return f"paid {amount} for {order}"


def post(text: str) -> str:
    """
    Post a note.

    Args:
        text: What it says.
    """
    _effect(tool="post", text=text)
    return f"posted {text}"


async def remit(order: str, amount: int) -> str:
    """
    Pay a refund, without holding others up.

    Args:
        order: The order's number.
        amount: Whole euros.
    """
    await asyncio.sleep(0.01)
    _effect(tool="remit", order=order, amount=amount)
    return f"remitted {amount} for {order}"


def look(order: str) -> str:
    """
    Look an order up.

    Args:
        order: The order's number.
    """
    return f"order {order} came back"


def wipe(order: str) -> str:
    """
    Remove an order; no contract declares it.

    Args:
        order: The order's number.
    """
    _effect(tool="wipe", order=order)
    return "wiped"


def fail(text: str) -> str:
    """
    Do something halfway, and fail.

    Args:
        text: What.
    """
    _effect(tool="fail", text=text)
    raise RuntimeError("the line went dead")


TOOLS: tuple[Callable[..., Any], ...] = (pay, post, remit, look, wipe, fail)
ACTIONS = {
    "pay": {"effect": "reversible", "key": "order"},
    "post": {"effect": "reversible"},
    "remit": {"effect": "reversible", "key": "order"},
    "look": {"effect": "read"},
    "fail": {"effect": "reversible"},
}


def agent(framework: str, thread: Thread) -> Framework:
    """The agent of a framework; its tools are declared with that."""
    made: Framework = importlib.import_module(f"surfaces.adapters.frameworks.bench_{framework}").Bench(thread, TOOLS)
    return made


def connect(home: str | Path | None = None) -> Thread:
    """The agent's connection; the same manifest in every process."""
    return goldenthread.connect(home, manifest={"model": "a script"})


def work(framework: str, case: str, script: Script, saved: str | None = None, home: str | Path | None = None) -> Said:
    """Work a case in this process, with a connection of its own."""
    with connect(home) as thread:
        return work_with(agent(framework, thread), thread, case, script, saved)


def work_with(made: Framework, thread: Thread, case: str, script: Script, saved: str | None = None) -> Said:
    """Work a case with an agent that is there."""
    said = Said()
    run = thread.run(SLICE, case=case)
    try:
        with run:
            said = made.work(script, saved)
    except BaseException as error:
        said.error, said.words = type(error).__name__, str(error)
        if not isinstance(error, Exception):
            raise
    said.status = run.status
    return said


def main(arguments: Sequence[str]) -> None:
    """`bench.py FRAMEWORK CASE`, with {script, saved} on standard input; prints what was said, as JSON."""
    framework, case = arguments
    given = json.load(sys.stdin)
    script: Script = [[(name, values) for name, values in turn] for turn in given["script"]]
    print(json.dumps(asdict(work(framework, case, script, given["saved"]))))


if __name__ == "__main__":
    importlib.import_module("surfaces.adapters.bench").main(sys.argv[1:])
