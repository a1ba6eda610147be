"""Housekeeping: one process at a time is at it, holds nothing up, and loses its turn when it dies or stands still."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from goldenthread.record.ledger import Ledger
from goldenthread.work.runtime import Housekeeping
from workplace import wait_for
from worlds import World

WITHIN_S = 30.0

CHILD = """
import sys, time
from pathlib import Path
from goldenthread.surfaces.opening import open_ledger
from goldenthread.work.runtime import Housekeeping

def stay(_):
    print("at it", flush=True)
    time.sleep(600)

ledger = open_ledger(Path(sys.argv[1]))
Housekeeping(ledger=ledger, ticks={"stay": stay}, patience_s=float(sys.argv[2])).tick()
"""


@contextmanager
def at_it(world: World, patience_s: float) -> Iterator[subprocess.Popen[str]]:
    """Another process, in the midst of a tick."""
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(world.home), str(patience_s)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "at it\n"
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def rounds(ledger: Ledger, **wanted: Any) -> tuple[Housekeeping, list[str]]:
    """Housekeeping with a tick that only notes that it was called."""
    called: list[str] = []
    return Housekeeping(ledger=ledger, ticks={"note": lambda _: called.append("called")}, **wanted), called


def test_one_process_at_a_time_is_at_it(world: World) -> None:
    """The others do not wait for their turn, and do nothing."""
    ours, called = rounds(world.ledger)
    with at_it(world, 600.0):
        assert not ours.tick()
        assert called == []


def test_a_process_that_died_holds_nobody_up(world: World) -> None:
    """The lock went with its session."""
    ours, called = rounds(world.ledger)
    with at_it(world, 600.0) as process:
        process.kill()
        process.wait()
        wait_for(ours.tick, WITHIN_S)
    assert called == ["called"]


def test_a_process_that_stands_still_loses_its_turn(world: World) -> None:
    """Its session is alive for the network; but nothing was heard of it for too long."""
    ours, called = rounds(world.ledger)
    with at_it(world, 2.0) as process:
        os.kill(process.pid, signal.SIGSTOP)
        assert not ours.tick()
        wait_for(ours.tick, WITHIN_S)
    assert called == ["called"]


def test_a_tick_that_takes_longer_than_that_ends_well_and_the_others_follow(world: World) -> None:
    """Slow is no fault: only others may be at the same meanwhile. The next tick of the round has its own time."""
    ours, called = rounds(world.ledger)
    beside: list[bool] = []

    def slow(_: object) -> None:
        wait_for(ours.tick, WITHIN_S)
        beside.append(True)

    after: list[str] = []
    ticks = {"slow": slow, "after": lambda _: after.append("called")}
    assert Housekeeping(ledger=world.ledger, ticks=ticks, patience_s=0.2).tick()
    assert (called, beside, after) == (["called"], [True], ["called"])
    assert ours.tick(), "nothing is held any more"


def test_a_tick_holds_no_transaction_open(world: World) -> None:
    """A round that takes minutes used to keep vacuum from every table for that long."""
    seen: list[list[Any]] = []

    def look(ledger: Ledger) -> None:
        with ledger.store.connect_as_owner() as connection:
            seen.append(connection.execute(OPEN_TRANSACTIONS).fetchall())

    ours = Housekeeping(ledger=world.ledger, ticks={"look": look})
    assert ours.tick()
    assert seen == [[]]


OPEN_TRANSACTIONS = """
select pid, state, query from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
    and (xact_start is not null or backend_xmin is not null)
"""


def test_sessions_come_back_as_they_were(world: World) -> None:
    """Of the pool's sessions none keeps the lock, nor ends because it is idle for a while."""
    ours, _ = rounds(world.ledger, patience_s=0.2)
    for _ in range(3):
        assert ours.tick()
    time.sleep(0.5)
    with world.ledger.store.session() as connection:
        shown = connection.execute("show idle_session_timeout").fetchone()
        held = connection.execute("select count(*) from pg_locks where locktype = 'advisory'").fetchone()
    assert (shown, held) == (("0",), (0,))


def test_nobody_else_is_at_a_tick_at_the_same_time(world: World) -> None:
    """Threads of one process and sessions of many: the lock is a session's."""
    at_once, most, lock = 0, 0, threading.Lock()

    def tick(_: object) -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.01)
        with lock:
            at_once -= 1

    def work() -> None:
        for _ in range(10):
            Housekeeping(ledger=world.ledger, ticks={"one": tick, "two": tick}).tick()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WITHIN_S)
    assert most == 1


@pytest.mark.parametrize("ticks", [{}, {"one": lambda _: None}])
def test_it_says_whether_anything_was_its_turn(world: World, ticks: dict[str, Any]) -> None:
    """Without ticks nothing is."""
    assert Housekeeping(ledger=world.ledger, ticks=ticks).tick() is bool(ticks)
