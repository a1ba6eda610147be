"""
`python -m bench.console.load [--people 200] [--approvals 50] [--minutes 10]`: people who look and answer at once.

So many pages stand open, each with its stream, and ask for themselves again as live.js does. Meanwhile so many
approvals a minute are given through the console's own form, each by three people at the same moment. Then the ledger is
asked: every item has exactly one answer, every answer that was taken is there, and none that was refused; and the
server's memory has not grown from the second half of the time to its end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from bench.console.costs import each_ms, spent_words
from bench.console.home import opened
from bench.console.made import BEGAN, NOW, Clock, make_store
from bench.console.people import Crew, Person, deed_of
from bench.machine import machine
from bench.metrics.made import slice_name
from bench.table import Figure, Row, render
from goldenthread.record.ledger import Ledger
from goldenthread.surfaces.opening import open_ledger
from goldenthread.surfaces.views.rows import select

SLICES = 10
AT_ONCE = 3
"""People who answer the same item at the same moment."""

_LEAST_S, _MOST_S, _JITTER_S = 5.0, 60.0, 3.0  # as in live.js
_COMING_S = 20.0
_COMMAND = "make load-console"


@dataclass
class Seen:
    """What the people saw."""

    looks_ms: list[float] = field(default_factory=list)
    deeds_ms: list[float] = field(default_factory=list)
    told: int = 0
    wrong: list[str] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    taken: dict[str, int] = field(default_factory=Counter)
    memory_mb: list[tuple[float, float]] = field(default_factory=list)
    there: tuple[int, int] | None = None  # looks and answers by when everybody had come
    lasted_s: float = 0.0
    costs: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class _Shown:
    """What stands open in a browser: whether something grew since, and whether it shows older evidence."""

    stale: asyncio.Event = field(default_factory=asyncio.Event)
    aged: bool = False


def main(arguments: list[str]) -> int:
    """Load, and print; 1 where something was lost, done twice or refused that should not have been."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--approvals", type=int, default=50, help="a minute")
    parser.add_argument("--minutes", type=float, default=10.0)
    chosen = parser.parse_args(arguments)
    print(machine())
    with tempfile.TemporaryDirectory(prefix="goldenthread-load-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o711)
        home = Path(folder) / "home"
        items = _make(home, round(chosen.approvals * chosen.minutes), chosen.people)
        seen, before = asyncio.run(_load(home, items, chosen.people, chosen.approvals, chosen.minutes)), len(items)
        with opened(home) as (ledger, _):
            wrong = [*seen.wrong, *_compared(ledger, seen, [item for _, item in items])]
    print(_words(seen, before))
    for one in wrong[:20]:
        print(f"  WRONG {one}")
    print(
        render(_rows(seen, wrong, f"{chosen.people} people, {chosen.approvals} approvals/min, {chosen.minutes:g} min"))
    )
    return 1 if wrong else 0


def _make(home: Path, approvals: int, people: int) -> list[tuple[str, str]]:
    """A home in which so many items wait; (slice, item) of each, in the order in which they will be answered."""
    real, clock = open_ledger(home), Clock(BEGAN)
    try:
        ledger = Ledger(real.store, real.vault, clock)
        each = -(-approvals // SLICES) + 2
        make_store(ledger, clock, 200 * SLICES, SLICES, waiting=each, approvers=people)
        today = "select slice, id from inbox where state = 'open' and kind = 'approval' and asked_at > %s order by id"
        rows = select(ledger, today, NOW - timedelta(days=1))
    finally:
        real.store.close()
    items = [(row["slice"], row["id"]) for row in rows]
    random.Random(7).shuffle(items)
    return items[:approvals]


async def _load(home: Path, items: Sequence[tuple[str, str]], people: int, approvals: int, minutes: float) -> Seen:
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.console.people", str(home)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None
    assert server.stdin is not None
    crew = Crew(**json.loads(await server.stdout.readline()))
    began = time.monotonic()
    seen, ends = Seen(), began + 60 * minutes
    persons = [Person(crew, number) for number in range(people)]
    try:
        watching = [asyncio.create_task(_watch(one, number, seen, ends)) for number, one in enumerate(persons)]
        measuring = asyncio.create_task(_measure(crew.pid, seen, ends))
        await _answer_all(persons, items, seen, 60 / approvals)
        await asyncio.gather(*watching, measuring)
    finally:
        for one in persons:
            await one.close()
        seen.lasted_s = time.monotonic() - began
        server.stdin.close()
        seen.costs = json.loads(await server.stdout.readline() or "{}")
        await server.wait()
    return seen


async def _watch(person: Person, number: int, seen: Seen, ends: float) -> None:
    """One open page: told that it grew, it asks for itself again, as live.js does."""
    rng = random.Random(number)
    await asyncio.sleep(rng.random() * 5)
    path = f"/slices/{slice_name(number % SLICES)}/inbox" if number % 3 else "/"
    wanted = [slice_name(number % SLICES)] if number % 3 else []
    last, least = 0.0, _LEAST_S
    shown = _Shown()
    listening = asyncio.create_task(_listen(person, wanted, shown, seen, ends))
    again = False
    try:
        while time.monotonic() < ends:
            began = time.perf_counter()
            shown.stale.clear()
            answer, again = await person.get(path, again=again), True
            seen.looks_ms.append((time.perf_counter() - began) * 1000)
            if answer.status_code != 200:
                seen.wrong.append(f"{path} answered {answer.status_code}: {answer.text[-200:]}")
            shown.aged, last = 'class="aged"' in answer.text, time.monotonic()
            least = min(max(_LEAST_S, 20 * (time.perf_counter() - began)), _MOST_S)
            try:
                await asyncio.wait_for(shown.stale.wait(), max(0.0, ends - time.monotonic()))
            except TimeoutError:
                return
            rest = max(0.0, least - (time.monotonic() - last)) + rng.random() * _JITTER_S
            await asyncio.sleep(min(rest, max(0.0, ends - time.monotonic())))
    finally:
        listening.cancel()


async def _listen(person: Person, wanted: Sequence[str], shown: _Shown, seen: Seen, ends: float) -> None:
    while time.monotonic() < ends:
        try:
            async for line in person.events(wanted):
                if line.startswith("event: grown") or (shown.aged and line.startswith("event: made")):
                    seen.told += 1
                    shown.stale.set()
        except httpx.HTTPError as problem:
            if time.monotonic() < ends:
                seen.wrong.append(f"a stream broke: {type(problem).__name__}")
                await asyncio.sleep(1)


async def _answer_all(persons: Sequence[Person], items: Sequence[tuple[str, str]], seen: Seen, pace_s: float) -> None:
    """Every item in its turn, each by several people at the same moment."""
    rng, under_way, began = random.Random(1), set(), time.monotonic()
    for number, (_, item) in enumerate(items):
        await asyncio.sleep(max(0.0, began + number * pace_s - time.monotonic()))
        for person in rng.sample(persons, min(AT_ONCE, len(persons))):
            task = asyncio.create_task(_answer(person, item, seen))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)


async def _answer(person: Person, item: str, seen: Seen) -> None:
    began = time.perf_counter()
    try:
        path, fields = await deed_of(person, item)
        answer = await person.post(path, fields)
    except httpx.HTTPError as problem:
        seen.wrong.append(f"the answer to {item} broke: {type(problem).__name__}")
        return
    seen.deeds_ms.append((time.perf_counter() - began) * 1000)
    seen.answers[answer.status_code] += 1
    if answer.status_code == 200:
        seen.taken[item] += 1
    elif answer.status_code != 409:
        seen.wrong.append(f"the answer to {item} got {answer.status_code}: {answer.text[:200]}")


async def _measure(pid: int, seen: Seen, ends: float) -> None:
    began = time.monotonic()
    while time.monotonic() < ends:
        pages = await asyncio.to_thread(_pages, pid)
        seen.memory_mb.append((time.monotonic() - began, pages * 4096 / 1e6))
        if seen.there is None and time.monotonic() - began >= _COMING_S:
            seen.there = (len(seen.looks_ms), len(seen.deeds_ms))
        await asyncio.sleep(2)


def _pages(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])


def _compared(ledger: Ledger, seen: Seen, items: Sequence[str]) -> list[str]:
    """What the ledger says of it."""
    on_record: Counter[str] = Counter()
    for number in range(SLICES):
        for record in ledger.read(slice_name(number), kinds=("approval:answer",)):
            on_record[str(record.data["item"])] += 1
    wrong = [f"{item} has {times} answers on record" for item, times in on_record.items() if times > 1]
    wrong += [f"{item} was taken {times} times" for item, times in seen.taken.items() if times > 1]
    wrong += [f"{item} was taken, and is not on record" for item in seen.taken if not on_record[item]]
    return wrong + [f"{item} was asked about, and nobody's answer was taken" for item in items if not seen.taken[item]]


def slope_mb(memory: Sequence[tuple[float, float]]) -> float:
    """Megabytes a minute over the second half of the time, by least squares."""
    half = memory[len(memory) // 2 :]
    if len(half) < 3:
        return 0.0
    return statistics.linear_regression([at for at, _ in half], [mb for _, mb in half]).slope * 60


def _words(seen: Seen, items: int) -> str:
    most = max((mb for _, mb in seen.memory_mb), default=0.0)
    return (
        f"{items} items, {len(seen.taken)} answered; {sum(seen.answers.values())} tries: {dict(seen.answers)}; "
        f"{len(seen.looks_ms)} looks, {seen.told} times told; server at most {most:.0f} MB; "
        f"looks p50 {statistics.median(seen.looks_ms):.0f} ms, answers p50 {statistics.median(seen.deeds_ms):.0f} ms; "
        f"{len(seen.wrong)} errors\n{_later_words(seen)}{spent_words(seen.costs, seen.lasted_s)}"
    )


def _later_words(seen: Seen) -> str:
    """The same without the first moments, in which all come at once to a server that has just begun."""
    if seen.there is None:
        return ""
    looks, deeds = seen.there
    later = [_p95(one) for one in (seen.looks_ms[looks:], seen.deeds_ms[deeds:])]
    return f"after the first {_COMING_S:g} s: a look's p95 {later[0]:.0f} ms, an answer's {later[1]:.0f} ms\n"


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[len(values) * 95 // 100] if values else 0.0


def _rows(seen: Seen, wrong: Sequence[str], of: str) -> list[Row]:
    share = seen.costs["server_s"] / seen.lasted_s
    return [
        _row(f"lost, done twice, or failed, {of}", float(len(wrong)), 0.0, ""),
        _row(f"memory growth in the second half, {of}", slope_mb(seen.memory_mb), 1.0, "MB/min"),
        _row(f"a look's p95, {of}", _p95(seen.looks_ms), 1000.0, "ms"),
        _row(f"an answer's p95, with the pages before and after, {of}", _p95(seen.deeds_ms), 2000.0, "ms"),
        _row(f"server CPU ms per look, {of}", each_ms(seen.costs, "look"), 20.0, "ms"),
        _row(f"server CPU ms per answer and its page, {of}", each_ms(seen.costs, "item", "deed"), 100.0, "ms"),
        _row(f"server's share of a core, {of}", 100 * share, 100.0, "%"),
    ]


def _row(what: str, value: float, limit: float, unit: str) -> Row:
    return Row(
        what=what,
        ours=Figure(value=value, unit=unit),
        beside=Figure(value=limit, unit=unit),
        against="our limit",
        better="lower",
        command=_COMMAND,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
