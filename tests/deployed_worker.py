"""
A worker with one version of an agent, for processes that tests start: `python deployed_worker.py`.

AGENT names the file of the agent, `def work(run, given, tools, trace)`; SLICES are those that it works on. PROMPT is
part of its fingerprint, if it is set.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from outside import trace
from worlds import connect, declare_tools


def agent_of(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("agent", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.work


if __name__ == "__main__":
    prompt = {"prompt": os.environ["PROMPT"]} if "PROMPT" in os.environ else {}
    thread = connect(Path(os.environ["GOLDENTHREAD_HOME"]), model="rules", **prompt)
    tools = declare_tools(
        thread,
        pay=lambda order, amount: trace("paid", f"{order} {amount}"),
        post=lambda text: trace("posted", text),
    )
    work = agent_of(os.environ["AGENT"])
    worker = thread.worker()
    for slice_name in os.environ["SLICES"].split():
        worker.agent(slice_name)(lambda run, given: work(run, given, tools, trace))
    worker.run(grace_s=5.0, ready=lambda: print("ready", flush=True))
    worker.close()
    thread.close()
