"""What is done to the scene, in an order that a seed decides."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress

import psutil
import psycopg

from chaos import model
from chaos.book import Client
from chaos.clock import set_offset
from chaos.database import Database
from chaos.lines import Line, Lines
from chaos.parts import Parts
from chaos.place import Place

WORKERS = ("worker-1", "worker-2")
_CLOCKS = (*WORKERS, "guard", "tools")
_STOPPED_S = (6.0, 10.0)
"""Longer than a worker may be silent before others adopt its runs."""
_AMID_S = (0.0, 0.02)
"""How long after somebody was seen on a line it is cut: a call of a tool takes about as long."""
_DAY_S = 86_400.0

# Of each kind so many in a round; a round's order is drawn.
_ROUND = {
    "worker killed": 4,
    "worker ended in order": 1,
    "server killed": 2,
    "people's process killed": 1,
    "tool's process killed": 1,
    "remote agent killed": 1,
    "database killed": 1,
    "database backend killed": 1,
    "database sessions ended": 2,
    "worker stopped and continued": 2,
    "connections to the database cut": 2,
    "connections to the server cut": 2,
    "connections to the tool cut": 2,
    "clock jumped ahead": 1,
    "clock jumped back": 1,
    "clock put right": 1,
    "model failed": 3,
    "tool failed": 2,
}
KINDS = tuple(_ROUND)


class Faults:
    """
    A thread that harms.

    Args:
        place: The scene.
        parts: Its processes.
        database: Its database.
        lines: Its proxies, and by name which.
        seed: Of the schedule.
        pause_s: Shortest and longest pause between two faults, seconds.
    """

    def __init__(
        self,
        place: Place,
        parts: Parts,
        database: Database,
        lines: tuple[Lines, Mapping[str, Line]],
        *,
        seed: int,
        pause_s: tuple[float, float],
    ) -> None:
        self.done: Counter[str] = Counter()
        self._place, self._parts, self._database = place, parts, database
        self._lines, self._line = lines
        self._draw = random.Random(seed)
        self._pause_s = pause_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._harm, name="faults", daemon=True)
        self._book = Client(place.url("book"))
        self._kinds: Mapping[str, Callable[[], bool]] = {
            "worker killed": lambda: self._kill(self._draw.choice(WORKERS)),
            "worker ended in order": self._end_worker,
            "server killed": lambda: self._kill("guard"),
            "people's process killed": lambda: self._kill("people"),
            "tool's process killed": lambda: self._kill("tools"),
            "remote agent killed": lambda: self._kill("teller"),
            "database killed": self._kill_database,
            "database backend killed": self._kill_backend,
            "database sessions ended": self._end_sessions,
            "worker stopped and continued": self._stop_worker,
            "connections to the database cut": lambda: self._cut("database_line", 2.0),
            "connections to the server cut": lambda: self._cut("guard_line", 1.0),
            "connections to the tool cut": lambda: self._cut("book_line", 1.0),
            "clock jumped ahead": lambda: self._jump(1),
            "clock jumped back": lambda: self._jump(-1),
            "clock put right": lambda: self._jump(0),
            "model failed": self._trouble_model,
            "tool failed": self._trouble_tool,
        }

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Harm no more, and heal what can be healed."""
        self._stopping.set()
        self._thread.join()
        for name in WORKERS:
            self._signal(name, signal.SIGCONT)
        for name in _CLOCKS:
            set_offset(self._place.clock(name), 0.0)
        with suppress(OSError):
            model.trouble(self._place.url("model"), "", 0)
        with suppress(OSError):
            self._book.trouble("", 0)

    def _harm(self) -> None:
        bag: list[str] = []
        missed = 0
        while not self._stopping.wait(self._draw.uniform(*self._pause_s)):
            if not bag or missed > len(bag):
                missed = 0
                bag += [kind for kind, count in _ROUND.items() for _ in range(count)]
                self._draw.shuffle(bag)
            kind = bag.pop()
            if self._tried(kind):
                self.done[kind] += 1
                missed = 0
            else:
                missed += 1
                bag.insert(self._draw.randrange(len(bag) + 1), kind)  # its turn comes again

    def _tried(self, kind: str) -> bool:
        """Whether it could be done now."""
        try:
            return self._kinds[kind]()
        except (OSError, psutil.Error, psycopg.Error):
            return False  # what was to be harmed is away already

    def _kill(self, name: str) -> bool:
        return self._parts.by_name[name].kill(back_s=self._draw.uniform(0.2, 3.0))

    def _signal(self, name: str, number: int) -> bool:
        part = self._parts.by_name.get(name)
        return part is not None and part.signal(number)

    def _end_worker(self) -> bool:
        part = self._parts.by_name[self._draw.choice(WORKERS)]
        return part.settled and part.signal(signal.SIGTERM)

    def _kill_database(self) -> bool:
        pid = self._database.pid()
        if pid is None:
            return False
        os.kill(pid, signal.SIGKILL)
        return True

    def _kill_backend(self) -> bool:
        backends = self._database.backends()
        if not backends:
            return False
        os.kill(self._draw.choice(backends), signal.SIGKILL)
        return True

    def _end_sessions(self) -> bool:
        return self._database.end_sessions(self._draw.uniform(0.3, 1.0)) > 0

    def _stop_worker(self) -> bool:
        name = self._draw.choice(WORKERS)
        if not self._signal(name, signal.SIGSTOP):
            return False
        timer = threading.Timer(self._draw.uniform(*_STOPPED_S), self._signal, (name, signal.SIGCONT))
        timer.daemon = True
        timer.start()
        return True

    def _cut(self, line: str, most_s: float) -> bool:
        return self._lines.cut(self._line[line], self._draw.uniform(0.0, most_s), self._draw.uniform(*_AMID_S)) > 0

    def _jump(self, direction: int) -> bool:
        far = self._draw.choice((90.0, 3600.0, 2 * _DAY_S))
        set_offset(self._place.clock(self._draw.choice(_CLOCKS)), direction * far)
        return True

    def _trouble_model(self) -> bool:
        model.trouble(self._place.url("model"), self._draw.choice(model.MODES), self._draw.uniform(1.0, 5.0))
        return True

    def _trouble_tool(self) -> bool:
        self._book.trouble(self._draw.choice(("before", "after", "slow")), self._draw.uniform(0.3, 1.5))
        return True


def wait_until(condition: Callable[[], bool], within_s: float, every_s: float = 0.5) -> bool:
    """Whether it came about in time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(every_s)
    return condition()
