"""Workers in processes of their own, and what they did outside."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from goldenthread.control.approvals import Item
from goldenthread.promise.values import Json
from goldenthread.work.runtime import Handed, Submission, Submissions
from outside import MAKE
from worlds import World, make_world

ENDED = ("done", "drafted", "denied", "escalated", "fault", "cancelled")


class Workplace:
    """A world, the cases that are handed in there, and the processes that work on them."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.submissions = Submissions(world.ledger)
        self.trace = folder / "outside.sqlite"
        self._processes: list[subprocess.Popen[str]] = []
        with closing(sqlite3.connect(self.trace)) as outside, outside:
            outside.execute(MAKE)

    def start(self, script: str = "desk_worker.py", **settings: str) -> subprocess.Popen[str]:
        """A worker, at work when this returns."""
        environment = {**os.environ, "TRACE": str(self.trace), "PYTHONUNBUFFERED": "1", **settings}
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name(script))],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    def submit(self, slice_name: str, case: str, **given: Json) -> Submission:
        """Hand a case in."""
        return self.submissions.submit(slice_name, Handed(case=case, given={"case": case, **given}))

    def state(self, submission: Submission) -> str:
        """Where it stands now."""
        return self.submissions.find(submission.id).state

    def until(self, submission: Submission, *states: str, within_s: float = 25.0) -> Submission:
        """Wait until it is in one of these states (none given: ended)."""
        wait_for(lambda: self.state(submission) in (states or ENDED), within_s)
        return self.submissions.find(submission.id)

    def happened(self, kind: str, case: str = "") -> Counter[str]:
        """What happened outside, and how often; of one case, or of all."""
        with closing(sqlite3.connect(self.trace)) as outside:
            rows = outside.execute("select detail from happened where kind = ?", (kind,)).fetchall()
        return Counter(detail for (detail,) in rows if not case or detail.split(" ")[0] == case)

    def asked(self, slice_name: str, case: str) -> list[Item]:
        """Open questions about a case."""
        return [item for item in self.world.inbox(slice_name).items() if item.case == case]

    def when(self, kind: str, detail: str) -> list[float]:
        """When something happened."""
        with closing(sqlite3.connect(self.trace)) as outside:
            query = "select at from happened where kind = ? and detail = ? order by at"
            return [at for (at,) in outside.execute(query, (kind, detail))]

    def close(self) -> None:
        """End every process."""
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        self.submissions.close()


def wait_for(condition: Callable[[], Any], within_s: float = 25.0) -> None:
    """Until it holds; an assertion error after `within_s`."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


@contextmanager
def open_workplace(home: Path, folder: Path) -> Iterator[Workplace]:
    """A workplace in a home that has the slices of `sign_slices`, closed afterwards."""
    world = make_world(home)
    with world.opened():
        place = Workplace(world, folder)
        try:
            yield place
        finally:
            place.close()


def sign_slices(world: World) -> None:
    """The slices that `desk_worker` works on, and the tables that hand cases to it."""
    never = {"constrained": ["approved_unedited >= 99.9 %"]}
    world.slice("payments", level="constrained", actions={"pay": {"effect": "reversible", "key": "order"}})
    world.slice("postings", level="constrained", actions={"post": {"effect": "reversible"}})
    world.slice("approvals", level="approval", gates=never)
    world.slice("slow", level="approval", gates=never)
    with world.opened() as ledger:
        Submissions(ledger).close()
