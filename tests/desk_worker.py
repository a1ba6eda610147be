"""A worker as a module of its own, for processes that tests start and kill: `python desk_worker.py`."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

sys.path.extend([str(Path(__file__).parent), str(Path(__file__).parents[1])])

from outside import MAKE, trace
from worlds import connect, declare_tools

if "CLOCK" in os.environ:  # a file that says how far this process's clock is off
    from chaos.clock import install

    install(Path(os.environ["CLOCK"]))

HOME = Path(os.environ["GOLDENTHREAD_HOME"])
TRACE = Path(os.environ["TRACE"])

thread = connect(HOME)
tools = declare_tools(
    thread,
    pay=lambda order, amount: trace("paid", f"{order} {amount}", once=True),
    post=lambda text: posted(text),  # noqa: PLW0108 - it stands below
)
worker = thread.worker()


def posted(text: str) -> None:
    """A tool that takes no idempotency key."""
    trace("posted", text)
    pause(text, "after posting")


def pause(case: str, place: str) -> None:
    """Cases whose name says so stand still at a place until they are killed (first time only)."""
    wanted = f"{case} {place}"
    if case.startswith("hang") and case.split(".")[1].replace("-", " ") == place:
        with sqlite3.connect(TRACE, timeout=20) as outside:
            outside.execute(MAKE)
            seen = outside.execute("select 1 from happened where kind = 'hung' and detail = ?", (wanted,)).fetchone()
        outside.close()
        if not seen:
            trace("hung", wanted)
            time.sleep(float(os.environ.get("HANG_S", "600")))
            trace("went on", wanted)


def work(run: Any, given: dict[str, Any], case: str) -> None:
    trace("turn", case)
    pause(case, "before step")
    run.step("look up", lambda: trace("step", case))
    pause(case, "after step")


@worker.agent("payments", tries=3, within=os.environ.get("WITHIN"))
def pay(run: Any, given: dict[str, Any]) -> None:
    case = given["case"]
    work(run, given, case)
    if given.get("fail", 0) > 0 and attempts(case) <= given["fail"]:
        raise RuntimeError("the model is away")
    tools["pay"](order=case, amount=given.get("amount", 7))
    pause(case, "after pay")


@worker.agent("approvals", tries=3)
def ask(run: Any, given: dict[str, Any]) -> None:
    case = given["case"]
    work(run, given, case)
    tools["pay"](order=case, amount=given.get("amount", 7))


@worker.agent("postings")
def post(run: Any, given: dict[str, Any]) -> None:
    case = given["case"]
    work(run, given, case)
    tools["post"](text=case)


@worker.agent("slow", within="1 s", tries=2)
async def slow(run: Any, given: dict[str, Any]) -> None:
    trace("turn", given["case"])
    await asyncio.sleep(given["seconds"])


def attempts(case: str) -> int:
    with sqlite3.connect(TRACE, timeout=20) as outside:
        n = outside.execute("select count(*) from happened where kind = 'turn' and detail = ?", (case,)).fetchone()[0]
    outside.close()
    return int(n)


if __name__ == "__main__":
    worker.run(grace_s=float(os.environ.get("GRACE_S", "5")), ready=lambda: print("ready", flush=True))
    worker.close()
    thread.close()
