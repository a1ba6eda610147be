"""
An agent with a runtime of its own, through the server: no ledger, no key, only a token and a journal of its cases.

Before it opens a case it looks where it was: a run that it had opened and that has ended is not opened again.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from chaos.leash import hold
from chaos.place import NAME, Place
from goldenthread.promise.errors import GoldenthreadError, RunUnknown, ServerUnreachable, StoreError
from goldenthread.surfaces.remote import Permit, RemoteThread
from goldenthread.surfaces.wire import Wire

REMOTE = "bank-desk"
"""The bank's contract once more, for this agent."""
OPEN = ("open", "waiting")
TIMEOUT_S = 12.0
_PAUSE_S = 0.4
_THREADS = 3
_TWICE = 0.1
"""Share of requests that are delivered twice."""


class Refused(Exception):
    """The tool did not do it."""


class Later(BaseException):
    """Something was out of reach: the run stays open, and is opened again."""


class TwiceWire(Wire):
    """A line on which some requests are delivered twice; what the second gets is lost."""

    def post(self, *path: str, body: Any = None) -> dict[str, Any]:
        """As the parent."""
        answer = super().post(*path, body=body)
        if random.random() < _TWICE:
            with suppress(GoldenthreadError):
                super().post(*path, body=body)
            with Place.here().requests_twice.open("ab") as file:
                file.write(b".")
        return answer


class Teller:
    """The agent's connection and its one remote tool."""

    def __init__(self, url: str, token: str, *, twice: bool) -> None:
        self.thread = RemoteThread(url, token, {"model": "large, else rules"})
        if twice:
            self.thread.wire = TwiceWire(url, token)

        @self.thread.action("send_money")
        def send_money(permit: Permit, recipient: str, amount: float, subject: str, date: str) -> Any:
            order = {"recipient": recipient, "amount": amount, "subject": subject, "date": date}
            return present(Place.here(), permit, order)

        self.send_money = send_money


@contextmanager
def connect(url: str, token: str, *, twice: bool = False) -> Iterator[Teller]:
    """The agent, connected for the length of the block."""
    teller = Teller(url, token, twice=twice)
    try:
        yield teller
    finally:
        teller.thread.close()


def present(place: Place, permit: Permit, arguments: dict[str, Any]) -> Any:
    """
    Show the tool a permit.

    Raises:
        OSError, Refused: No answer; or it was not done, as far as is known.
    """
    body = json.dumps({"permit": permit.as_json(), "arguments": arguments}).encode()
    request = urllib.request.Request(f"{place.url('tools')}/send_money", body, method="POST")
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
        said = json.loads(answer.read())
    if "error" in said:
        raise Refused(f"{said['error']}: {said['message']}")
    return said["result"]


class Journal:
    """Which cases there are, in which run each is, and how it ended; written before anything goes on."""

    def __init__(self, place: Place) -> None:
        self._database = sqlite3.connect(place.journal, isolation_level=None, check_same_thread=False, timeout=20)
        self._database.execute("pragma synchronous = full")
        self._database.execute(
            "create table if not exists at (case_id text primary key, given text, run text, state text not null)"
        )
        self._lock = threading.Lock()

    def add(self, case: str, given: dict[str, Any]) -> None:
        """A case for the agent; the same again is nothing new."""
        self._write("insert or ignore into at values (?, ?, null, 'new')", case, json.dumps(given))

    def opened(self, case: str, run: str) -> None:
        """A run on it is open."""
        self._write("update at set run = ?, state = 'open' where case_id = ?", run, case)

    def ended(self, case: str, state: str) -> None:
        """It ended, or waits."""
        self._write("update at set state = ? where case_id = ?", state, case)

    def states(self) -> dict[str, str]:
        """Every case and where it stands."""
        return {case: state for case, _, _, state in self.rows()}

    def rows(self) -> list[tuple[str, str, str | None, str]]:
        """Case, what it says, run, state."""
        with self._lock:
            return self._database.execute("select case_id, given, run, state from at order by rowid").fetchall()

    def _write(self, sql: str, *values: str) -> None:
        with self._lock:
            self._database.execute(sql, values)


def work(teller: Teller, journal: Journal, case: str, given: dict[str, Any], run_id: str | None) -> None:
    """One attempt at a case."""
    if run_id is not None and (state := _state(teller, run_id)) not in OPEN:
        journal.ended(case, state)
        return
    with teller.thread.run(REMOTE, case=case, given=given) as run:
        journal.opened(case, run.id)
        try:
            teller.send_money(**given)
        except (OSError, Refused, ServerUnreachable, StoreError) as error:
            raise Later(f"{type(error).__name__}: {error}") from error
    journal.ended(case, run.status)


def _state(teller: Teller, run: str) -> str:
    try:
        return str(teller.thread.wire.get("runs", run)["state"])
    except RunUnknown:
        return "open"


def _loop(number: int) -> None:
    place = Place.here()
    journal = Journal(place)
    with connect(place.url("guard_line"), place.tokens["agent"], twice=True) as teller:
        while True:
            rows = [row for row in journal.rows() if row[3] in ("new", *OPEN) and hash(row[0]) % _THREADS == number]
            for case, given, run, _ in rows:
                try:
                    work(teller, journal, case, json.loads(given), run)
                except (GoldenthreadError, OSError, Later) as error:
                    print(f"{case}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            time.sleep(_PAUSE_S)


def main() -> None:
    """Work on what is in the journal, with a few cases at a time."""
    hold()
    print(f"{os.environ[NAME]} works", flush=True)
    for number in range(1, _THREADS):
        threading.Thread(target=_loop, args=(number,), daemon=True).start()
    _loop(0)


if __name__ == "__main__":
    main()
