"""Whoever hands cases in: to the workers and, through the server, to the agent with a runtime of its own."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import psycopg
import sqlalchemy

from chaos.cases import package_cases, payment
from chaos.desk import BANK, INTAKE, REVIEW
from chaos.place import Place
from chaos.teller import REMOTE, Journal
from goldenthread.promise.errors import GoldenthreadError
from goldenthread.surfaces.opening import open_ledger
from goldenthread.surfaces.wire import Wire
from goldenthread.work.runtime import OPEN, Handed, Submissions

_MOST_UNDER_WAY = 40
_EACH_S = 0.2
"""Seconds between two cases, on average: slow enough that most of them meet a fault."""
_TAKEN_WITHIN_S = 60.0
_TWICE = 0.1
_AGENT = "teller-agent"
_AWAY = (GoldenthreadError, OSError, psycopg.OperationalError, sqlalchemy.exc.DBAPIError)


class Office:
    """
    Cases in turn for every slice, some handed in twice; what was not taken is handed in again.

    Args:
        place: The scene.
        seed: Of the cases.
    """

    def __init__(self, place: Place, seed: int) -> None:
        self.place = place
        self.ledger = open_ledger(place.home)
        self.submissions = Submissions(self.ledger)
        self.journal = Journal(place)
        self.handed: list[tuple[str, str]] = []
        self.twice = 0
        self.findings: list[str] = []
        """What should have been possible."""
        self._wire = Wire(place.url("guard"), place.tokens["task"], timeout_s=10.0)
        self._draw = random.Random(seed)
        self._packages = package_cases(place)
        self._stopping = threading.Event()

    def hand_in(self, wanted: Callable[[int], bool]) -> None:
        """Cases as long as `wanted(how many were handed in)`, never more under way than the scene can carry."""
        while not self._stopping.is_set() and wanted(len(self.handed)):
            if self._under_way() >= _MOST_UNDER_WAY:
                time.sleep(0.3)
                continue
            for slice_name in (INTAKE, REVIEW, BANK, REMOTE):
                self._hand(slice_name)
                time.sleep(self._draw.uniform(0.0, 2 * _EACH_S))

    def stop(self) -> None:
        """No more cases."""
        self._stopping.set()

    def close(self) -> None:
        """Give back what this holds."""
        self._wire.close()
        self.submissions.close()
        self.ledger.store.close()

    def states(self) -> dict[tuple[str, str], str]:
        """Where every case that was handed in stands; 'lost' where nobody knows it."""
        known: dict[tuple[str, str | None], str] = {}
        for one in reversed(self.submissions.list(states=None, limit=10**6)):
            known[one.slice, one.case] = one.state
        for case, state in self.journal.states().items():
            known[REMOTE, case] = state
        return {handed: known.get(handed, "lost") for handed in self.handed}

    def counts(self) -> Counter[str]:
        """How many cases are in each state."""
        return Counter(self.states().values())

    def busy(self) -> int:
        """How many have not ended and don't wait for a person."""
        return sum(state in ("new", "open", *OPEN) and state != "waiting" for state in self.states().values())

    def open(self) -> int:
        """How many have not ended, all at one instant: what waits now may be at work when one looks again."""
        return sum(state in ("new", "open", *OPEN) for state in self.states().values())

    def _under_way(self) -> int:
        try:
            known = self.submissions.counts()
        except _AWAY:
            return _MOST_UNDER_WAY
        told = Counter(self.journal.states().values())
        return sum(known.get(state, 0) for state in ("delayed", "queued", "working")) + told["new"] + told["open"]

    def _hand(self, slice_name: str) -> None:
        number = len(self.handed) + 1
        if slice_name in (INTAKE, REVIEW):
            given = next(self._packages)
            case = str(given["request"])
        else:
            given = payment(number, self._draw, "payment" if slice_name == BANK else "order")
            case = given["subject"]
        give = self._give_task if slice_name == REMOTE else self._submit
        for time_number in range(2 if self._draw.random() < _TWICE else 1):
            self.twice += time_number
            self._until_taken(case, lambda: give(slice_name, case, given))
        if slice_name == REMOTE:
            self.journal.add(case, {name: value for name, value in given.items() if name != "rules"})
        self.handed.append((slice_name, case))

    def _until_taken(self, case: str, give: Callable[[], object]) -> None:
        deadline, why = time.monotonic() + _TAKEN_WITHIN_S, ""
        while not self._stopping.is_set() and time.monotonic() < deadline:
            try:
                give()
            except _AWAY as error:
                why = str(error)
                time.sleep(0.3)
            else:
                return
        self.findings.append(f"case {case} was not taken within {_TAKEN_WITHIN_S:g} s: {why}")

    def _submit(self, slice_name: str, case: str, given: dict[str, Any]) -> None:
        self.submissions.submit(slice_name, Handed(case=case, given=given))

    def _give_task(self, slice_name: str, case: str, given: dict[str, Any]) -> None:
        asked = {name: value for name, value in given.items() if name != "rules"}
        self._wire.post("tasks", body={"slice": slice_name, "case": case, "agent": _AGENT, "given": asked})
