"""Chains made up for tests of facts: cases of every fate, in the ledger's own words, without a database."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Generator, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from goldenthread.promise.values import Json
from goldenthread.record.ledger import Head, Record

BEGAN = datetime(2026, 1, 29, 22, tzinfo=UTC)  # two days before a month ends
Event = tuple[datetime, str, Mapping[str, Json]]
_LEVELS = ("shadow", "draft", "approval", "constrained", "expanded")


class MadeChains:
    """Chains in memory, with what a refresh asks of a ledger."""

    def __init__(self) -> None:
        self.chains: dict[str, list[Record]] = {}

    def append(self, chain: str, kind: str, at: datetime, data: Mapping[str, Json], by: str = "agent") -> Record:
        """One more record; its time never goes back."""
        records = self.chains.setdefault(chain, [])
        at = max(at, records[-1].at) if records else at
        seq = len(records) + 1
        mark = hashlib.sha256(f"{chain}/{seq}/{kind}/{at}/{data}".encode()).hexdigest()
        record = Record(chain=chain, seq=seq, at=at, kind=kind, by=by, data=data, prev="", hash=mark, body=b"")
        records.append(record)
        return record

    def heads(self) -> dict[str, Head]:
        """Where each chain ends."""
        return {name: Head(seq=len(records), hash=records[-1].hash) for name, records in self.chains.items()}

    def read(
        self, chain: str, after: int = 0, kinds: Iterable[str] | None = None, limit: int | None = None
    ) -> Iterator[Record]:
        """Records in order."""
        wanted = None if kinds is None else set(kinds)
        found = [one for one in self.chains.get(chain, ())[after:] if wanted is None or one.kind in wanted]
        yield from found[:limit]

    def record(self, chain: str, seq: int) -> Record | None:
        """One record."""
        records = self.chains.get(chain, [])
        return records[seq - 1] if 0 < seq <= len(records) else None

    def upto(self, count: int) -> MadeChains:
        """The first records of all chains, as they were after `count` appends in the order of time."""
        every = sorted((one for records in self.chains.values() for one in records), key=_order)
        found = MadeChains()
        for one in every[:count]:
            found.chains.setdefault(one.chain, []).append(one)
        return found


def made_chains(seed: int, cases: int, slices: Iterable[str] = ("refunds",), days: float = 40.0) -> MadeChains:
    """Cases over some days: done, escalated, faulted and run again, taken over, asked about, reworked and corrected."""
    rng = random.Random(seed)
    events: list[tuple[datetime, int, str, str, Mapping[str, Json]]] = []
    for number, slice_name in enumerate(slices):
        for case in range(cases):
            at = BEGAN + timedelta(days=rng.random() * days)
            events += [
                (when, number * 10**6 + case, slice_name, kind, data)
                for when, kind, data in _case(rng, f"{slice_name}-{case:04d}", at)
            ]
    made = MadeChains()
    for when, _, slice_name, kind, data in sorted(events, key=lambda event: event[:2]):
        made.append(slice_name, kind, when, data)
    return made


def _case(rng: random.Random, case: str, at: datetime) -> Iterator[Event]:
    source = rng.choice(("live", "live", "live", "replay"))
    for attempt in range(rng.choice((1, 1, 1, 2, 3))):
        run, level = f"{case}-run{attempt}", rng.choice(_LEVELS)
        named: dict[str, Json] = {"run": run, "case": case, "fingerprint": rng.choice(("fp-a", "fp-b"))}
        yield at, "run:start", {**named, "contract_version": 1, "level": level, "source": source}
        last = yield from _run(rng, named, at)
        at = last + timedelta(seconds=rng.randrange(1, 10**5))


def _run(rng: random.Random, named: dict[str, Json], at: datetime) -> Generator[Event, None, datetime]:
    def later(most: int = 200_000) -> datetime:
        nonlocal at
        at += timedelta(microseconds=rng.choice((0, 1, 7 * 10**6, rng.randrange(1, most * 10**6))))
        return at

    of = {"run": named["run"], "case": named["case"]}
    for item in range(rng.choice((0, 0, 1, 2))):
        kind = rng.choice(("approval", "blind question", "escalation", "in-doubt effect"))
        asked = {"item": f"{named['run']}-i{item}", **of}
        yield later(), "approval:ask", {**asked, "kind": kind}
        if rng.random() < 0.8:
            yield later(), rng.choice(("approval:answer", "approval:expire")), {**asked, "answer": rng.choice(_SAID)}
    if rng.random() < 0.2:
        yield later(), "run:escalate", {**of, "item": None}
    if rng.random() < 0.9:
        status = rng.choice(("done", "done", "done", "drafted", "denied", "escalated", "fault", "superseded"))
        yield later(), "run:end", {**named, "status": status}
    for _ in range(rng.choice((0, 1, 2, 3))):
        yield later(), "case:observe", {**named, "observations": [_observation(rng)]}
    if rng.random() < 0.05:
        yield later(), "case:observe", {**named, "observations": [{"metric": "cost", "value": "much"}]}
    return at


_SAID = ("approve", "edit", "reject", "escalate")
_RATES = ("agreement", "approved_unedited", "ungrounded_rate", "policy_violation", "rework_rate", "task_success")


def _observation(rng: random.Random) -> dict[str, Json]:
    if rng.random() < 0.6:
        metric = rng.choice((*_RATES, "automation_rate", "csat"))
        return {"metric": metric, "value": rng.choice((0.0, 1.0, 1, None)), "source": "person"}
    if rng.random() < 0.1:
        return {"metric": "cost", "value": 3.0, "source": "person", "of": "people"}
    metric = rng.choice(("agent_time", "cycle_time", "cost"))
    return {"metric": metric, "value": rng.choice((0.0, 0.1, rng.random() * 1e5, rng.randrange(9))), "source": "x"}


def _order(record: Record) -> tuple[datetime, str, int]:
    return record.at, record.chain, record.seq
