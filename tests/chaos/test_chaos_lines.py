"""A line's cut hits whoever uses it; a fault that never came about is named, and fails the trial."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from chaos.faults import KINDS
from chaos.judge import Check
from chaos.lines import Line, Lines, Streams
from chaos.place import free_ports
from chaos.table import render
from chaos.trial import Outcome


@pytest.fixture
def line() -> Iterator[tuple[Lines, Line]]:
    """A line before a part that takes what it is told and never answers."""
    ports = free_ports(("book", "book_line"))
    silent = socket.create_server(("127.0.0.1", ports["book"]))
    lines = Lines()

    async def behind() -> Streams:
        return await asyncio.open_connection("127.0.0.1", ports["book"])

    try:
        yield lines, lines.add(ports["book_line"], behind)
    finally:
        lines.close()
        silent.close()


def _call(line: Line, ended: list[float]) -> None:
    with socket.create_connection(("127.0.0.1", line.port), timeout=20) as connection:
        connection.sendall(b"order")
        with suppress(OSError):
            connection.recv(1)
        ended.append(time.monotonic())


def test_a_cut_waits_for_a_call_that_is_short(line: tuple[Lines, Line]) -> None:
    """Otherwise the fault comes about by luck, and a trial may end without it."""
    lines, one = line
    ended: list[float] = []
    caller = threading.Timer(0.3, _call, (one, ended))
    caller.start()
    hit = lines.cut(one, 0.0, 0.0)
    caller.join(10)
    assert hit == 2  # the caller's end and the part's
    assert ended


def test_a_cut_of_a_line_that_nobody_uses_says_that_it_hit_nobody(
    line: tuple[Lines, Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault that harmed nothing must not count as tried."""
    monkeypatch.setattr("chaos.lines._USED_WITHIN_S", 0.1)
    lines, one = line
    assert lines.cut(one, 0.0, 0.0) == 0


def test_a_trial_that_left_a_fault_out_fails_and_names_it() -> None:
    """What was never tried is not known to hold."""
    held = Check(name="no effect twice", looked_at=5, findings=())
    whole = Outcome(faults=dict.fromkeys(KINDS, 1), figures={}, checks=(held,))
    assert whole.ok
    assert "Everything held." in render(whole, 1.0)
    lacking = Outcome(faults={**whole.faults, "tool failed": 0}, figures={}, checks=(held,))
    assert not lacking.ok
    said = render(lacking, 1.0)
    assert "NONE  tool failed" in said
    assert said.endswith("Never came about, so nothing is known of it: tool failed.\nThat took 1 s.")


def test_what_did_not_hold_is_named_at_the_end() -> None:
    """Whoever sees only the last lines of a log must learn why."""
    broken = Check(name="no effect twice", looked_at=5, findings=("twice: 7",))
    said = render(Outcome(faults={}, figures={}, checks=(broken,)), 1.0)
    assert said.endswith("Did not hold: no effect twice.\nThat took 1 s.")
