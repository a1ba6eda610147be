"""What a server's requests cost it: processor time by kind of request, in the threads that answer them."""

from __future__ import annotations

import importlib
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from goldenthread.record.ledger import Ledger

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class Costs:
    """
    Processor seconds of this process, of its database, of the maker beside it, and of each kind of request: a look, an
    item, a deed.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._lock = threading.Lock()
        self._spent: dict[str, tuple[int, float]] = {}
        self._database = _postmaster(ledger)
        self._began, self._there = time.process_time(), _seconds_of(self._database)
        self._beside = _children_s(os.getpid())

    def told(self) -> dict[str, Any]:
        """All of it since it began; of a kind of request how many and how long."""
        spent = {kind: [many, seconds] for kind, (many, seconds) in self._spent.items()}
        there = _seconds_of(self._database) - self._there
        own, beside = time.process_time() - self._began, _children_s(os.getpid()) - self._beside
        return {"server_s": own, "database_s": there, "maker_s": beside, "spent": spent}

    @contextmanager
    def asked(self, kind: str) -> Iterator[None]:
        """One request of a kind."""
        began = time.thread_time()
        try:
            yield
        finally:
            took = time.thread_time() - began
            with self._lock:
                many, seconds = self._spent.get(kind, (0, 0.0))
                self._spent[kind] = (many + 1, seconds + took)


def metered(costs: Costs) -> None:
    """From now on every request of a console in this process is counted."""
    house = importlib.import_module("goldenthread.surfaces.console.application")._House
    plain = house.caught

    def caught(self: Any, request: Any, answer: Any) -> Any:
        with costs.asked(_kind(request.method, request.url.path)):
            return plain(self, request, answer)

    house.caught = caught


def spent_words(costs: Mapping[str, Any], lasted_s: float) -> str:
    """What was told, in a line."""
    each = (f"{many} times {kind}, {each_ms(costs, kind):.1f} ms" for kind, (many, _) in costs["spent"].items())
    known = sum(seconds for _, seconds in costs["spent"].values())
    return (
        f"server: {costs['server_s']:.1f} s of processor in {lasted_s:.0f} s, of which {known:.1f} s in requests "
        f"({'; '.join(each)}); its database {costs['database_s']:.1f} s, its maker {costs['maker_s']:.1f} s"
    )


def each_ms(costs: Mapping[str, Any], *kinds: str) -> float:
    """Processor time of the server for a request of each of these kinds, in the threads that answer."""
    spent: list[tuple[int, float]] = [costs["spent"].get(kind, (0, 0.0)) for kind in kinds]
    return sum(seconds / many * 1000 for many, seconds in spent if many)


def _kind(method: str, path: str) -> str:
    if method == "POST":
        return "deed"
    return "item" if path.startswith("/inbox/") else "look"


def _postmaster(ledger: Ledger) -> int:
    with ledger.store.session() as connection:
        (backend,) = connection.execute("select pg_backend_pid()").fetchone() or (0,)
    return int(_stat(int(backend))[1])


def _seconds_of(postmaster: int) -> float:
    """Processor time of a server of PostgreSQL and all its children, those that have ended included."""
    return sum(map(int, _stat(postmaster)[11:15])) * _TICK_S + _children_s(postmaster)


def _children_s(parent: int) -> float:
    """Processor time of the children of a process that live."""
    found = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = _stat(int(folder.name))
        except OSError:
            continue
        if int(fields[1]) == parent:
            found += sum(map(int, fields[11:13])) * _TICK_S
    return found


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat, from the state on: proc(5)."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
