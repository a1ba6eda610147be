"""Exactly once with an idempotency key, at most once without: proved by signal 9 at random points."""

from __future__ import annotations

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from goldenthread.control.approvals import Inbox
from goldenthread.control.guard import Desk
from goldenthread.promise.errors import GoldenthreadError
from goldenthread.record.principals import KeyRing
from goldenthread.record.store import Home
from goldenthread.surfaces.opening import open_ledger
from worlds import APPROVER, World, connect, declare_tools, make_world

# Newer Pythons warn of a fork beside another thread, as the runner of several processes has one; the child uses none of
# its state, and ends by `os._exit` or by the signal.
pytestmark = [pytest.mark.crash, pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")]

KILLS = 80 if os.environ.get("CI") else 200
SEED = 20261121


class Outside:
    """The effect service, as a client."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"

    def pay(self, key: str, amount: int) -> None:
        self._ask("POST", f"/pay?key={key}&amount={amount}")

    def post(self, text: str) -> None:
        self._ask("POST", f"/post?text={text}")

    def all(self) -> Any:
        return self._ask("GET", "/all")

    def _ask(self, method: str, path: str) -> Any:
        with urllib.request.urlopen(urllib.request.Request(self._base + path, method=method), timeout=10) as answer:
            return json.loads(answer.read())


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    """The effect service in a process and a store of its own."""
    service = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("effect_service.py")), str(tmp_path / "outside.sqlite")],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert service.stdout is not None
    yield Outside(int(service.stdout.readline()))
    service.kill()
    service.wait()
    service.stdout.close()


@pytest.fixture
def world(home: Home) -> Iterator[World]:
    """A home with three slices: a keyed tool, one without a key, and one that waits for a person."""
    made = make_world(home.path)
    made.slice("payments", actions={"pay": {"effect": "reversible", "key": "order"}}, level="constrained")
    made.slice("postings", actions={"post": {"effect": "reversible"}}, level="constrained")
    made.slice("approvals", level="approval", gates={"constrained": ["approved_unedited >= 99.9 %"]})
    with made.opened():
        yield made


def work(home: Path, slice_name: str, case: str, outside: Outside) -> str:
    """One attempt of an agent at a case, in this process."""
    with connect(home) as thread:
        tools = declare_tools(
            thread, pay=lambda order, amount: outside.pay(f"{slice_name}.{order}", amount), post=outside.post
        )
        with thread.run(slice_name, case=case) as run:
            if slice_name == "postings":
                tools["post"](text=case)
            else:
                tools["pay"](order=case, amount=7)
        return run.status


def approve(home: Path) -> str:
    """One attempt of a person, in this process, to approve whatever waits."""
    ledger = open_ledger(home)
    inbox = Inbox(Desk(ledger, "approvals"), KeyRing(Home(home)).sign)
    for item in inbox.items():
        inbox.approve(item.id, by=APPROVER)
    ledger.store.close()
    return "approved"


def in_child(job: Callable[[], str], kill_after_s: float | None) -> str | None:
    """Run a job in a forked process and kill it after a while; its answer, or None if it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            answer = job()
        except GoldenthreadError as error:
            answer = f"error {error}"
        except BaseException as error:  # noqa: BLE001 - the harness must see what a child died of
            answer = f"broken {type(error).__name__}: {error}"
        os.write(writing, answer.encode())
        os._exit(0)
    os.close(writing)
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read().decode()
    os.waitpid(child, 0)
    assert not answer.startswith("broken"), answer
    return answer or None


def test_kills_at_any_moment_neither_lose_nor_repeat_an_effect(world: World, outside: Outside) -> None:
    """Money is at stake: none twice, none lost with a key; none twice and each doubt shown without one."""
    draw = random.Random(SEED)
    warm_ups = [f"warm-up-{number}" for number in range(5)]
    typical_s = statistics.median(_timed(partial(work, world.home, "payments", case, outside)) for case in warm_ups)
    kills: Counter[str] = Counter()
    cases: dict[str, list[str]] = {"payments": [*warm_ups], "postings": [], "approvals": []}
    number = 0
    while sum(kills.values()) < KILLS:
        number += 1
        for slice_name in ("payments", "postings", "approvals"):
            case = f"case-{number}"
            cases[slice_name].append(case)
            kills[slice_name] += _until_settled(world, slice_name, case, outside, draw, typical_s)
    _check(world, outside, cases)
    assert sum(kills.values()) >= KILLS
    assert min(kills.values()) > KILLS / 10, f"every kind of work must be killed often: {kills}"


def _timed(job: Callable[[], str]) -> float:
    began = time.monotonic()
    in_child(job, None)
    return time.monotonic() - began


def _until_settled(
    world: World, slice_name: str, case: str, outside: Outside, draw: random.Random, typical_s: float
) -> int:
    """Start the case again and again, killing the first attempts, until it is done or waits for a person who looks."""
    kills = 0
    jobs: list[Callable[[], str]] = [lambda: work(world.home, slice_name, case, outside)]
    if slice_name == "approvals":
        jobs += [lambda: approve(world.home), jobs[0]]
    for job in jobs:
        answer = None
        while answer is None:
            answer = in_child(job, draw.uniform(0.2, 1.1) * typical_s if kills < 4 else None)
            kills += answer is None
        assert answer in ("done", "waiting", "approved"), answer
    return kills


def _check(world: World, outside: Outside, cases: dict[str, list[str]]) -> None:
    seen = outside.all()
    paid = Counter(key for key, _ in seen["paid"])
    wanted = Counter(f"{name}.{case}" for name in ("payments", "approvals") for case in cases[name])
    assert paid == wanted, "with an idempotency key: none twice, none lost"
    posted = Counter(seen["posted"])
    assert max(posted.values()) == 1, "without a key: none twice"
    in_doubt = world.open_items("postings", kind="in-doubt effect")
    assert len(in_doubt) == len(set(in_doubt))
    missing = set(cases["postings"]) - set(posted)
    assert missing <= set(in_doubt), "an effect that is missing stands in the inbox as unknown"
    permitted = world.permitted_cases()
    assert set(paid) | {f"postings.{text}" for text in posted} <= permitted, "never an effect without a permit"
    assert world.verify_ok()
