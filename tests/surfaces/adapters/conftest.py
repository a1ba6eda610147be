"""One world for every framework: a slice at a wanted level, and an agent that may work in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from goldenthread.promise.values import Json, Level
from goldenthread.record.store import Home
from goldenthread.surfaces.sdk import Thread
from surfaces.adapters import bench
from surfaces.adapters.bench import ACTIONS, SLICE, Framework, Said, Script
from worlds import APPROVER, EASY, EXPERT, World, contract_text, make_world

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No framework calls home, and the tools write down what they do."""
    monkeypatch.setenv("EFFECTS", str(tmp_path / "effects.jsonl"))
    for name in ("CREWAI_DISABLE_TELEMETRY", "CREWAI_DISABLE_TRACKING", "OTEL_SDK_DISABLED", "CREWAI_TESTING"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("OPENAI_AGENTS_DISABLE_TRACING", "1")
    monkeypatch.setenv("LANGSMITH_TRACING", "false")


@dataclass
class Place:
    """A slice with one framework's agent in it."""

    world: World
    framework: str

    def at(self, level: str) -> None:
        """A signed contract; at constrained the agent has earned it, by what people decided before."""
        if level != "constrained":
            self.world.sign(contract_text(SLICE, level=level, actions=ACTIONS))
            return
        self.world.sign(contract_text(SLICE, level="approval", gates=EASY, actions=ACTIONS))
        with self.connect() as thread:
            bench.agent(self.framework, thread)
            past: list[tuple[str, str, dict[str, Json]]] = [
                (f"past-{number}", "pay", {"order": "o", "amount": 1}) for number in range(12)
            ]
            thread.record_decisions(SLICE, past, by=EXPERT)
            for case, action, arguments in past:
                with thread.run(SLICE, case=case) as run:
                    run.perform(action, bench.pay, arguments)
            assert thread.level(SLICE) is Level.CONSTRAINED

    def connect(self) -> Thread:
        """The agent's connection."""
        return bench.connect(self.world.home)

    def made(self, thread: Thread) -> Framework:
        """The agent."""
        return bench.agent(self.framework, thread)

    def work(self, script: Script, case: str = "case-1", saved: str | None = None) -> Said:
        """Work a case in this process."""
        return bench.work(self.framework, case, script, saved, self.world.home)

    def work_elsewhere(self, script: Script, case: str = "case-1", saved: str | None = None) -> Said:
        """Work a case in a process of its own."""
        done = subprocess.run(
            [sys.executable, bench.__file__, self.framework, case],
            input=json.dumps({"script": script, "saved": saved}),
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT / 'tests'}"},
            cwd=self.world.home.parent,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return Said(**json.loads(done.stdout.splitlines()[-1]))

    def answer(self, do: Callable[..., object], *what: object) -> None:
        """A person answers every open approval."""
        open_now = [item for item in self.world.inbox(SLICE).items() if item.kind == "approval"]
        assert open_now, "nobody was asked"
        for item in open_now:
            do(self.world.inbox(SLICE), item.id, *what, by=APPROVER)


@pytest.fixture
def world(home: Home) -> Iterator[World]:
    """An installation with its people granted and its ledger open; no slice yet."""
    made = make_world(home.path)
    with made.opened():
        yield made


@pytest.fixture(params=bench.installed())
def place(request: pytest.FixtureRequest, world: World) -> Place:
    """A place for each framework that is installed."""
    return Place(world, request.param)
