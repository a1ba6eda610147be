"""`goldenthread metrics`, on a ledger as agents and people leave it."""

from __future__ import annotations

import pytest

from control.agents import Agent, acting_alone
from goldenthread.control.guard import record_observation
from surfaces.cli.typed import Terminal
from worlds import APPROVER, EXPERT, World


@pytest.fixture
def worked(world: World) -> Agent:
    """Twelve replayed cases, then live ones at constrained: four done alone, of which one came back, and a fault."""
    with world.opened():
        agent = acting_alone(world)
        for number in range(4):
            run = agent.run(f"live-{number}")
            agent.act(run, order=f"live-{number}")
            agent.end(run)
        broken = agent.run("live-9")
        agent.end(broken, "fault")
        record_observation(agent.desk, "live-2", "rework_rate", 1.0, APPROVER, world.keyring.sign)
        record_observation(agent.desk, "live-1", "rework_rate", 0.0, APPROVER, world.keyring.sign)
        record_observation(agent.desk, "live-1", "cost", 0.25, EXPERT, world.keyring.sign)
    return agent


def test_a_page_of_metrics(terminal: Terminal, worked: Agent) -> None:
    """X"""
    print(terminal.done("metrics show"))
    print(terminal.done("metrics show --by level"))
    print(terminal.done("metrics cases rework_rate"))
    print(terminal.done("metrics catalogue"))
    print(terminal.done("metrics refresh"))
    print(terminal.done("metrics rebuild"))
    print(terminal.done("metrics show --json --metric rework_rate")[:1500])
    assert 0
