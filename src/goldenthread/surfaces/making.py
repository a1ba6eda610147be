"""
The maker of kept views: works out what pages show of every case, in a process of its own, and keeps it.

Everything holds without it; pages then show how old the evidence is that they show.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date

from goldenthread.control.guard import Outlines
from goldenthread.record.digests import Digest, Mark, keep_digest, marks
from goldenthread.record.ledger import ORGANISATION, Head, Ledger
from goldenthread.surfaces.views import KEPT, code_version
from goldenthread.surfaces.views import outcome_line as _outcome_line  # noqa: F401 - its views are kept as well
from goldenthread.surfaces.views.kept import MakingDesk

EVERY_S = 1.0
"""How often a maker looks whether anything is new."""

MOST_CASES = 150_000
"""Cases that a maker holds in memory, about a kilobyte each."""

_LOCK = 0x6B657074  # 'kept'
_LOG = logging.getLogger("goldenthread.making")
_CHILD = "import os; os.nice(10); from goldenthread.surfaces.making import main; main()"


class Maker:
    """
    Makes every kept view of every slice that grew.

    Args:
        ledger: Its store takes what is made.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._outlines = Outlines(ledger)
        self._desks: OrderedDict[str, MakingDesk] = OrderedDict()

    def due(self) -> list[str]:
        """The slices whose views are not of now, those that are read soonest first."""
        heads, today = self._ledger.heads(), self._ledger.clock().date()
        known: dict[str, list[Mark]] = {}
        for (chain, _), mark in marks(self._ledger.store, code_version()).items():
            known.setdefault(chain, []).append(mark)
        found = [
            name for name in heads if name != ORGANISATION and not _is_current(known.get(name, []), heads, name, today)
        ]
        return sorted(found, key=lambda name: heads[name].seq - self._read_up_to(name))

    def make(self, name: str) -> bool:
        """Make the views of a slice; whether it has a contract, and so any."""
        if self._outlines.of(name).latest is None:
            return False
        desk = self._desk(name)
        heads = self._ledger.heads((name, ORGANISATION))  # before anything is read: what comes meanwhile is due again
        mark = Mark(
            head=heads[name].seq,
            organisation=heads[ORGANISATION].seq if ORGANISATION in heads else 0,
            made_at=self._ledger.clock(),
        )
        desk.made.clear()
        for kept in KEPT.values():
            content = kept.encode(kept.view(desk))
            keep_digest(
                self._ledger.store,
                Digest(chain=name, name=kept.name, code=code_version(), mark=mark, content=content),
            )
        self._trim()
        return True

    def tick(self, until: Callable[[], bool] = lambda: False) -> int:
        """Make what is due now; how many slices that were. `until`: whether to stop between two."""
        made = 0
        for name in self.due():
            if until():
                break
            try:
                made += self.make(name)
            except Exception as problem:  # noqa: BLE001 - one slice keeps no other back
                _LOG.warning("The views of '%s' were not made: %s", name, type(problem).__name__)
        return made

    def _desk(self, name: str) -> MakingDesk:
        if name not in self._desks:
            self._desks[name] = MakingDesk(self._ledger, name, self._outlines)
        self._desks.move_to_end(name)
        return self._desks[name]

    def _read_up_to(self, name: str) -> int:
        return self._desks[name].read_up_to if name in self._desks else 0

    def _trim(self) -> None:
        held = sum(desk.cases_in_memory() for desk in self._desks.values())
        while held > MOST_CASES and len(self._desks) > 1:
            _, desk = self._desks.popitem(last=False)
            held -= desk.cases_in_memory()


def _is_current(known: list[Mark], heads: Mapping[str, Head], name: str, today: date) -> bool:
    """Whether every view was made at this very place, and today: what is due and what is late change by the day."""
    now = (heads[name].seq, heads[ORGANISATION].seq if ORGANISATION in heads else 0)
    return len(known) == len(KEPT) and all(
        (one.head, one.organisation) == now and one.made_at.date() == today for one in known
    )


def keep_making(ledger: Ledger, ended: threading.Event) -> None:
    """Make what becomes due until `ended`; one process of a home does so at a time, the others wait for their turn."""
    with ledger.store.connect() as own:
        while not ended.is_set():
            row = own.execute("select pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
            if row == (True,):
                break
            ended.wait(EVERY_S)
        maker = Maker(ledger)
        while not ended.is_set():
            own.execute("select 1")  # whoever lost this session lost its turn
            maker.tick(ended.is_set)
            ended.wait(EVERY_S)


@contextmanager
def made(ledger: Ledger) -> Iterator[None]:
    """A maker in a process of its own as long as the block runs; it ends with this process, however that ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", _CHILD],
        env={**os.environ, "GOLDENTHREAD_HOME": str(ledger.vault.home.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()
        if process.stdin is not None:
            process.stdin.close()


def main() -> None:
    """The process of `made`: works until its input ends, which it does when whoever began it is gone."""
    from goldenthread.surfaces.opening import open_ledger

    ended = threading.Event()
    threading.Thread(target=_await_end, args=(ended,), daemon=True).start()
    ledger = open_ledger()
    try:
        while not ended.is_set():
            try:
                keep_making(ledger, ended)
            except Exception as problem:  # noqa: BLE001 - the database may come back
                _LOG.warning("Views are not made for now: %s", type(problem).__name__)
                time.sleep(EVERY_S)
    finally:
        ledger.store.close()


def _await_end(ended: threading.Event) -> None:
    sys.stdin.buffer.read()
    ended.set()
