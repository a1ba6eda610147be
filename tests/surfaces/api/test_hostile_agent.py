"""An agent wholly in an attacker's hands, with all that its process holds."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from goldenthread.promise.errors import RunBusy, RunUnknown
from goldenthread.surfaces.api import ROUTES
from surfaces.api.town import SLICE, Agent, Town

HOSTILE = Path(__file__).with_name("hostile_agent.py")


def test_an_agent_sees_no_other_agents_runs(town: Town, alone: Agent) -> None:
    """A run of another agent is answered like one that does not exist."""
    run = alone.open("private")
    other = town.agent("other")
    other.declare()
    words = f"run-unknown: No run '{run}' that this token may work on. Open the case to begin or resume one."
    for look in (lambda: other.wire.get("runs", run), lambda: other.ask(run, "pay"), lambda: other.end(run)):
        with pytest.raises(RunUnknown) as caught:
            look()
        assert str(caught.value) == words
    with pytest.raises(RunBusy) as busy:
        other.open("private")
    assert str(busy.value) == (
        "run-busy: Case 'private' of 'refunds' is open for another agent. Wait until that run has ended, or have "
        "whoever gives tasks give it to this one."
    )
    assert alone.ask(run, "pay", order="o-1", amount=7)["verdict"] == "allow"


def test_an_agent_that_tries_everything_gets_no_effect(town: Town, alone: Agent, tmp_path: Path) -> None:
    """Every address is tried with the agent's own token and a permit of its own: the tool is never called."""
    run = alone.open("hijacked")
    answer = alone.ask(run, "pay", order="o-1", amount=7)
    permit = json.loads(base64.b64decode(answer["permit"]["payload"]))["permit"]
    presented = {
        "permit": answer["permit"],
        "proof": alone.permit(answer)["proof"],
        "arguments": answer["arguments"],
    }
    assert town.server is not None
    tried = subprocess.run(
        [sys.executable, str(HOSTILE), run, permit],
        input=json.dumps(presented),
        env={"GOLDENTHREAD_URL": town.server.url, "GOLDENTHREAD_TOKEN": town.tokens["agent"], "PATH": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    came_to = json.loads(tried.stdout)
    assert set(came_to) >= {served.name for served in ROUTES}  # none was left out
    assert {
        name: came_to[name] for name in ("giveTask", "reportRead", "declareTool", "consumePermit", "reportEffect")
    } == {
        "giveTask": [403, "scope-refused"],
        "reportRead": [403, "scope-refused"],
        "declareTool": [403, "scope-refused"],
        "consumePermit": [403, "scope-refused"],
        "reportEffect": [403, "scope-refused"],
    }
    assert came_to["act"] == [200, "deny"]
    assert came_to["openRun"] == [409, "manifest-mismatch"]
    assert came_to["/v1/inbox"] == came_to["/v1/tokens"] == came_to["/v1/runs/../keys"] == [404, 404]
    assert came_to["environment"] == ["GOLDENTHREAD_TOKEN", "GOLDENTHREAD_URL"]
    assert (town.paid, town.posted, town.reads) == ([], [], 0)
    kinds = {record.kind for record in town.world.ledger.read(SLICE)}
    assert not kinds & {"permit:consume", "action:effect", "approval:answer"}
