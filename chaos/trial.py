"""One trial from beginning to end: build, harm, heal, answer what waits, judge."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from chaos.book import Client, Delivery
from chaos.database import Database
from chaos.faults import KINDS, Faults, wait_until
from chaos.judge import Check, judge, judge_ledger, look
from chaos.lines import Lines, Open
from chaos.office import Office
from chaos.own_postgres import Kept, OwnPostgres
from chaos.parts import all_parts
from chaos.people import SLICES, People
from chaos.place import Place
from chaos.scene import SEALER, build
from goldenthread.promise.errors import GoldenthreadError
from goldenthread.record.ledger import Ledger, checkpoint
from goldenthread.record.principals import KeyRing
from goldenthread.record.store import Home

_RATE = (0.5, 1.6)
_HEALED_WITHIN_S = 240.0
_ENDING_S = 40.0
"""Of the minutes asked for, what healing and judging takes."""
_LONGER_S = 180.0
"""So much longer, where the machine is too slow for the least that means something."""
_LEAST = {"cases handed in": 60, "effects": 30, "effects in doubt, put before people": 1, "answers": 20}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How long: so many cases, or so many minutes; and the seed."""

    runs: int | None
    minutes: float | None
    seed: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of it."""

    faults: Mapping[str, int]
    figures: Mapping[str, int]
    checks: tuple[Check, ...]

    @property
    def untried(self) -> list[str]:
        """Kinds of faults that never came about."""
        return _untried(self.faults)

    @property
    def ok(self) -> bool:
        """Whether everything holds, and everything was tried."""
        return all(check.ok for check in self.checks) and not self.untried


def _untried(faults: Mapping[str, int]) -> list[str]:
    return [kind for kind, count in faults.items() if not count]


class Trial:
    """
    One trial in a folder of its own.

    Args:
        folder: Empty.
        wanted: How long.
        postgres: The folder with the programs of a PostgreSQL of one's own; None: the embedded one.
    """

    def __init__(self, folder: Path, wanted: Wanted, postgres: Path | None = None) -> None:
        self._folder = folder
        self._wanted = wanted
        self._postgres = postgres
        self._began = time.monotonic()

    def play(self) -> Outcome:
        """All of it; nothing is left running."""
        with ExitStack() as stack:
            own = _own(self._postgres, stack) if self._postgres is not None else None
            place = build(self._folder)
            database = own or Database.embedded(place.home)
            if own is None:
                stack.callback(database.stop)
            lines = Lines()
            stack.callback(lines.close)
            known = {
                "database_line": lines.add(place.ports["database_line"], database.stream),
                "guard_line": lines.add(place.ports["guard_line"], _tcp(place.ports["guard"])),
                "book_line": lines.add(place.ports["book_line"], _tcp(place.ports["book"])),
            }
            parts = all_parts(place)
            stack.callback(parts.end)
            parts.start()
            office = Office(place, self._wanted.seed)
            stack.callback(office.close)
            self._say("the scene works")
            faults = Faults(place, parts, database, (lines, known), seed=self._wanted.seed, pause_s=_RATE)
            self._harm(place, office, faults)
            self._say("no more harm is done")
            waited = self._calm_down(office)
            parts.end("people")
            people = People(office.ledger, place, random.Random(self._wanted.seed), leave=False)
            self._settle(office, people)
            deliveries = Client(place.url("book")).effects()
            parts.end()
            return self._judged(place, office, people, faults, deliveries, waited)

    def _judged(
        self,
        place: Place,
        office: Office,
        people: People,
        faults: Faults,
        deliveries: Sequence[Delivery],
        waited: int,
    ) -> Outcome:
        _, noticed = _answers(place)
        states = office.states()
        seen = look(
            office.ledger,
            SLICES,
            deliveries,
            states=states,
            open_items=people.open_items(),
            findings=[*noticed, *people.findings, *office.findings],
        )
        figures = {
            "cases handed in": len(office.handed),
            **{f"cases {state}": count for state, count in sorted(Counter(states.values()).items())},
            **{f"verdicts {verdict}": count for verdict, count in sorted(seen.recorded.decided.items())},
            "orders that reached the tools": len(deliveries),
            "effects": sum(one.effect for one in deliveries),
            "orders under a key with other arguments, refused by the tool": sum(one.conflict for one in deliveries),
            "effects in doubt, put before people": sum(map(len, seen.recorded.doubts.values())),
            "answers": sum(map(len, seen.recorded.said.values())),
            "answers at the end, to what still waited": sum(people.answered.values()),
        }
        tried = _meanwhile(place, office, faults)
        tried["answer given twice"] += people.answered["twice"]
        ledger = judge_ledger(office.ledger, SLICES, place.folder)
        checks = (*judge(seen), *ledger, _waited(waited, people), _enough(figures))
        return Outcome(faults=tried, figures=figures, checks=checks)

    def _harm(self, place: Place, office: Office, faults: Faults) -> None:
        """Cases are handed in and faults happen, at the same time, until there were enough."""
        deadline = self._began + (self._wanted.minutes or 0) * 60 - _ENDING_S
        runs = self._wanted.runs

        def wanted(count: int) -> bool:
            if runs is not None:
                return count < runs
            enough = count >= _LEAST["cases handed in"] and not _untried(_meanwhile(place, office, faults))
            return time.monotonic() < deadline + (0.0 if enough else _LONGER_S)

        office_thread = threading.Thread(target=office.hand_in, args=(wanted,), name="office", daemon=True)
        faults.start()
        office_thread.start()
        while office_thread.is_alive():
            office_thread.join(10.0)
            self._say(f"{len(office.handed)} cases handed in, {sum(faults.done.values())} faults")
            _seal(office.ledger, place)
        faults.stop()

    def _calm_down(self, office: Office) -> int:
        """Until everything has ended or waits for a person; how many wait."""
        wait_until(lambda: _calm(office) == 0, _HEALED_WITHIN_S)
        left = _waiting(office)
        self._say(f"{left} cases wait for people; {_calm(office)} still go on")
        return left

    def _settle(self, office: Office, people: People) -> None:
        """Answer until nothing is open."""

        def over() -> bool:
            try:
                open_now = people.round()
                return open_now == 0 and office.open() == 0
            except (GoldenthreadError, OSError) as error:
                self._say(f"{type(error).__name__}: {error}")
                return False

        wait_until(over, _HEALED_WITHIN_S)
        self._say("everything is answered")

    def _say(self, words: str) -> None:
        print(f"{time.monotonic() - self._began:6.0f} s  {words}", file=sys.stderr, flush=True)


def _own(programs: Path, stack: ExitStack) -> Database:
    """A server of one's own, for every process of the scene."""
    server = OwnPostgres(programs)
    database = Database.own(Kept(server))
    stack.callback(database.stop)
    with server.connect("postgres") as connection:
        connection.execute("create database goldenthread")
    os.environ["GOLDENTHREAD_DATABASE_URL"] = server.url("goldenthread")
    stack.callback(os.environ.pop, "GOLDENTHREAD_DATABASE_URL", None)
    return database


def _meanwhile(place: Place, office: Office, faults: Faults) -> dict[str, int]:
    """Every kind of fault, and how often it came about."""
    return {
        **{kind: faults.done[kind] for kind in KINDS},
        "case handed in twice": office.twice,
        "request to the server delivered twice": _size(place.requests_twice),
        "answer given twice": _answers(place)[0]["twice"],
    }


def _calm(office: Office) -> int:
    try:
        return office.busy()
    except Exception:  # noqa: BLE001 - the database is just coming back
        return -1


def _waiting(office: Office) -> int:
    return office.counts()["waiting"]


def _waited(left: int, people: People) -> Check:
    """What waited through all of it was answered at the end."""
    return Check(
        name="what waited for people through all of it could be answered at the end",
        looked_at=min(left, sum(people.answered.values())),
        findings=(),
    )


def _enough(figures: Mapping[str, int]) -> Check:
    """A trial in which hardly anything happened proves nothing."""
    missing = [f"{figures[what]} {what}; at least {least}" for what, least in _LEAST.items() if figures[what] < least]
    return Check(name="enough happened to mean something", looked_at=len(_LEAST), findings=tuple(missing))


def _answers(place: Place) -> tuple[Counter[str], list[str]]:
    """What the people's process wrote down: answers by kind, and what should not have been possible."""
    counts: Counter[str] = Counter()
    findings = []
    path = place.folder / "answers.jsonl"
    for line in path.read_text().splitlines() if path.exists() else ():
        if line.startswith("! "):
            findings.append(line[2:])
        elif len(words := line.rsplit(" ", 1)) == 2:
            counts[words[0]] += int(words[1])
    return counts, findings


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _seal(ledger: Ledger, place: Place) -> None:
    """A checkpoint now and then, as somebody would who holds it elsewhere."""
    try:
        checkpoint(ledger, KeyRing(Home(place.home)).signer(SEALER), folder=Home(place.home).checkpoints)
    except (GoldenthreadError, OSError):
        return  # the database is away; the next one is taken later


def _tcp(port: int) -> Open:
    return lambda: asyncio.open_connection("127.0.0.1", port)
