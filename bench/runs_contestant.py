"""
Contestants of `bench.runs`, each a process: `python -m bench.runs_contestant plain|ours|asks HOME`.

It prints `ready` once it has loaded everything, begins at the first line of its stdin, so that several begin together,
and ends when its stdin does. Three steps and one action: plain DBOS takes all four as
steps of its own; ours takes three steps, and an action under contract, with a durable permit, used once.
"""

from __future__ import annotations

import secrets
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.runs_agent import connected
from bench.worlds import SLICE
from goldenthread.work.runtime import engine

PLAIN_QUEUE = "plain"
PLAIN = "bench.plain"
AT_ONCE = 48


def work_plain(home: Path) -> None:
    """DBOS as its documentation shows it: a queue without limits, four steps."""
    from dbos import DBOS

    from goldenthread.surfaces.opening import open_ledger

    ledger = open_ledger(home)
    engine.prepare(ledger.store)
    sessions = engine.engine_of(ledger.store, 20)
    engine.launch(sessions, secrets.token_hex(8), [PLAIN_QUEUE])

    @DBOS.step()
    def step(number: int) -> int:
        return number

    @DBOS.workflow(name=PLAIN)
    def plain(number: int) -> None:
        for ordinal in range(4):
            step(number + ordinal)

    _ready()
    DBOS.launch()
    DBOS.register_queue(PLAIN_QUEUE)
    sys.stdin.read()
    DBOS.destroy()
    sessions.dispose()
    ledger.store.close()


def work_ours(home: Path) -> None:
    """The same as a durable run under contract."""
    thread, act = connected(home)
    worker = thread.worker()

    @worker.agent(SLICE, at_once=AT_ONCE)
    def agent(run: Any, given: Mapping[str, Any]) -> None:
        for name in ("look up", "think", "check"):
            run.step(name, lambda: 1)
        act(country="DE", amount=given["amount"])

    _run(worker)
    thread.close()


def work_asks(home: Path) -> None:
    """An agent whose every action waits for a person; tells when each turn begins."""
    thread, act = connected(home, model="asks")
    worker = thread.worker()

    @worker.agent(SLICE, at_once=AT_ONCE)
    def agent(run: Any, given: Mapping[str, Any]) -> None:
        print(given["number"], time.monotonic(), run.id, flush=True)
        act(country="DE", amount=given["amount"])

    _run(worker)
    thread.close()


def _run(worker: Any) -> None:
    _ready()
    threading.Thread(target=lambda: (sys.stdin.read(), worker.stop()), daemon=True).start()
    worker.run()
    worker.close()


def _ready() -> None:
    print("ready", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    {"plain": work_plain, "ours": work_ours, "asks": work_asks}[sys.argv[1]](Path(sys.argv[2]))
