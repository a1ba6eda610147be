"""The agent's client: the same words as in one process, with the guard and the tools elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

import goldenthread
from goldenthread.promise.errors import ManifestMismatch, NoRun, RunClosed, ValueProblem
from goldenthread.promise.values import Level
from goldenthread.surfaces.remote import Permit, RemoteThread
from surfaces.api.town import SLICE, Agent, Town
from worlds import APPROVER


def tools_of(thread: RemoteThread, town: Town) -> dict[str, Any]:
    """Calls of the remote tools, as an agent's code has them; here the line to the tool is a function call."""
    payments = town.payments()

    @thread.action("pay")
    def pay(permit: Permit, order: str, amount: int = 7) -> Any:
        return payments.act("pay", permit.as_json(), {"order": order, "amount": amount})

    @thread.action("look")
    def look(permit: Permit, order: str) -> Any:
        return payments.act("look", permit.as_json(), {"order": order})

    return {"pay": pay, "look": look}


def test_an_agent_acts_alone_as_in_one_process(town: Town, alone: Agent) -> None:
    """What it reads and does goes through tools; what it gets back is their word."""
    thread = town.thread()
    tools = tools_of(thread, town)
    assert thread.level(SLICE) is Level.CONSTRAINED
    with thread.run(SLICE, case="remote-1") as run:
        assert run.level is Level.CONSTRAINED
        found = tools["look"]("o-5")
        assert tools["pay"](found["order"]) == "paid o-5"
    assert (run.status, town.paid, len(run.actions)) == ("done", [("o-5", 7)], 1)
    assert alone.wire.get("runs", run.id)["state"] == "done"


def test_an_agent_that_waits_comes_back_to_the_permit(town: Town, alone: Agent) -> None:
    """Waiting is no fault; the same block run again goes on, with what the person made of it."""
    thread = town.thread(model="not proven yet")
    tools = tools_of(thread, town)
    ended = []
    for _ in range(2):
        with thread.run(SLICE, case="remote-2") as run:
            tools["pay"]("o-6")
        ended.append(run.status)
        for item in town.world.inbox(SLICE).items():
            if item.kind == "approval" and item.case == "remote-2":
                town.world.inbox(SLICE).edit(item.id, {"amount": 3}, by=APPROVER)
    assert (ended, town.paid) == (["waiting", "done"], [("o-6", 3)])


def test_a_run_says_how_it_ended(own_town: Town) -> None:
    """Denied, handed over, failed: each is told apart, and the last one goes on to whoever called."""
    thread = own_town.thread()
    tools_of(thread, own_town)

    @thread.action("withdraw")
    def withdraw(permit: Permit) -> None:
        raise AssertionError("no permit was given for this")

    thread._tools.discard("withdraw")
    with thread.run(SLICE, case="remote-3") as denied:
        withdraw()
    with thread.run(SLICE, case="remote-4") as handed:
        handed.escalate("it needs a lawyer")
    with pytest.raises(ZeroDivisionError), thread.run(SLICE, case="remote-5") as failed:
        raise ZeroDivisionError
    assert (denied.status, handed.status, failed.status) == ("denied", "escalated", "fault")
    with pytest.raises(RunClosed, match="The run on case 'remote-3' is denied"):
        denied.__enter__()


def test_tools_that_nobody_carries_out_are_found_at_start(town: Town, alone: Agent) -> None:
    """Version drift between agent and tools is an error before the first case."""
    thread = town.thread()

    @thread.action("pay_twice")
    def pay_twice(permit: Permit) -> None: ...

    with pytest.raises(ManifestMismatch) as caught, thread.run(SLICE, case="remote-6"):
        pass
    assert str(caught.value) == (
        "manifest-mismatch: No tool of 'refunds' carries out 'pay_twice'; theirs are look, pay, post. "
        "Register these, or have the tool declared."
    )
    with pytest.raises(NoRun):
        pay_twice()
    with pytest.raises(ValueProblem, match="registered twice, or its function takes no permit"):
        thread.action("nothing")(lambda: None)


def test_connect_takes_the_server_from_the_environment(
    town: Town, alone: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent's process is told where the guard is, and nothing else."""
    assert town.server is not None
    monkeypatch.setenv("GOLDENTHREAD_URL", town.server.url)
    monkeypatch.setenv("GOLDENTHREAD_TOKEN", town.tokens["agent"])
    thread: Any = goldenthread.connect(manifest={"model": "rules"})
    with thread:
        assert isinstance(thread, RemoteThread)
        assert thread.level(SLICE) is Level.CONSTRAINED
    monkeypatch.delenv("GOLDENTHREAD_TOKEN")
    with pytest.raises(ValueProblem, match="There is no token to ask the server with"):
        goldenthread.connect(url=town.server.url)


def test_a_home_that_is_named_beats_the_environment(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever says where the ledger is, means it."""
    monkeypatch.setenv("GOLDENTHREAD_URL", "https://elsewhere:7443")
    with pytest.raises(goldenthread.GoldenthreadError) as caught:
        goldenthread.connect("/dev/null/home", agent="agent")
    assert caught.value.code == "home-invalid"
