"""A year of made-up runs over two hundred slices, written month by month, so that ten million need little memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from goldenthread.record.ledger import Head, Record
from goldenthread.record.metrics.facts.columns import DAY_US, FACT_NAMES
from goldenthread.record.metrics.facts.engine import database
from goldenthread.record.metrics.facts.manifest import Manifest, Part, Position, write_manifest
from goldenthread.record.metrics.facts.parts import SCHEMA, days_of, prepare, write_sorted

SLICES = 200
MONTHS = tuple(f"2025{month:02d}" for month in range(1, 13))
LAST = date(2025, 12, 20)
_CHUNK = 100_000
_LEVELS = np.array(["draft", "approval", "constrained", "constrained", "expanded"])


def slice_name(number: int) -> str:
    """The name of a slice."""
    return f"slice-{number:03d}"


def make_year(folder: Path, runs: int) -> None:
    """Facts of so many runs, as refreshes and months would have left them."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(7)
    parts = []
    with database(folder, threads=1) as opened:
        prepare(opened)
        for number, month in enumerate(MONTHS, 1):
            count = runs // 12
            first, last = days_of(month)
            part = Part(number=number, first_day=first, last_day=last, rows=count, gone=0, month=month)
            draft = folder / "draft.parquet"
            _write_rows(part, draft, rng, count)
            parts.append(write_sorted(opened, folder, part, f"from '{draft}'"))
            draft.unlink()
    positions = {slice_name(number): Position(seq=1, hash="first") for number in range(SLICES)}
    write_manifest(folder, Manifest(number=12, parts=tuple(parts), positions=positions))


def _write_rows(part: Part, draft: Path, rng: Any, count: int) -> None:
    share = np.sort(rng.integers(0, SLICES, count))
    with pq.ParquetWriter(draft, SCHEMA, compression="zstd") as writer:
        for begin in range(0, count, _CHUNK):
            slices = share[begin : begin + _CHUNK]
            table = _chunk(rng, slices, part, begin)
            writer.write_table(table, row_group_size=16_384)


def _chunk(rng: Any, slices: Any, part: Part, begin: int) -> Any:
    count = len(slices)
    started = rng.integers(part.first_day * DAY_US, (part.last_day + 1) * DAY_US, count)
    order = np.lexsort((started, slices))
    slices, started = slices[order], started[order]
    level = _LEVELS[rng.integers(0, len(_LEVELS), count)]
    ended, fault = rng.random(count) < 0.995, rng.random(count) < 0.01
    acted = ended & ~fault & (level != "draft") & (rng.random(count) < 0.85)
    cycle = rng.lognormal(23, 1.5, count).astype("int64")
    agent = rng.lognormal(15, 1, count).astype("int64")
    asked = rng.random(count) < 0.3
    names = np.array([slice_name(number) for number in range(SLICES)])
    made: dict[str, Any] = {
        "slice": names[slices],
        "day": (started // DAY_US).astype("int32"),
        "run": [f"{part.month}-{begin + place:010d}" for place in range(count)],
        "case": [f"{part.month}-case-{begin + place:010d}" for place in range(count)],
        "agent": np.full(count, "agent"),
        "fingerprint": np.where(started // DAY_US % 60 < 30, "sha256:aaaa", "sha256:bbbb"),
        "version": np.ones(count, "int32"),
        "level": level,
        "source": np.full(count, "live"),
        "seq": np.arange(begin, begin + count),
        "started_us": started,
        "cases": np.ones(count, "int8"),
        "status": np.where(acted, "done", np.where(fault, "fault", "drafted")),
        "ended": ended.astype("int8"),
        "done": acted.astype("int8"),
        "ended_us": pa.array(started + cycle, mask=~ended),
        "closed_day": pa.array(((started + cycle) // DAY_US).astype("int32"), mask=~ended),
        "done_day": pa.array(((started + cycle) // DAY_US).astype("int32"), mask=~acted),
        "fault": pa.array(fault.astype("int8"), mask=~ended),
        "escalated": _flags(rng, 0.1, ended),
        "handed": np.zeros(count, "int8"),
        "asked": asked.astype("int8"),
        "automated": pa.array((acted & ~asked).astype("int8"), mask=~ended),
        "adopted": pa.array(acted.astype("int8"), mask=~ended),
        "erred": _flags(rng, 0.01, ended),
        "reworked": _flags(rng, 0.02, rng.random(count) < 0.5),
        "violation": _flags(rng, 0.001, ended),
        "succeeded": _flags(rng, 0.97, rng.random(count) < 0.2),
        "agreement_asked": np.zeros(count, "int8"),
        "agreed": _flags(rng, 0.9, rng.random(count) < 0.2),
        "approval_asked": asked.astype("int8"),
        "unedited": _flags(rng, 0.95, asked),
        "ungrounded": _flags(rng, 0.03, ended),
        "latency_us": pa.array(agent + 1_000_000, mask=~ended),
        "agent_us": pa.array(agent, mask=~ended),
        "cycle_us": pa.array(cycle, mask=~acted),
        "open_items": np.full(count, ""),
        "waits": np.zeros(count, "int8"),
        "waited_us": cycle // 2,
        "waiting_us": pa.array(cycle // 2, mask=~asked),
        "cost_micros": pa.array(rng.integers(10_000, 900_000, count), mask=~ended),
        "model_cost_micros": pa.array(rng.integers(10_000, 500_000, count), mask=~ended),
        "currency": np.full(count, "EUR"),
        "written": np.full(count, part.number),
    }
    columns = [
        pa.array(made[field.name]).cast(field.type) if field.name in made else pa.nulls(count, field.type)
        for field in SCHEMA
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _flags(rng: Any, share: float, known: Any) -> Any:
    return pa.array((rng.random(len(known)) < share).astype("int8"), mask=~known)


class News:
    """A ledger in which every slice has this many new records: rework of old cases, and new runs."""

    def __init__(self, folder: Path, slices: int, records: int) -> None:
        self._slices, self._records = slices, records
        self._cases: dict[str, list[tuple[str, str, str]]] = {}
        rows = pq.read_table(folder / "000000012-rows.parquet", columns=["slice", "case", "run", "fingerprint"])
        for row in rows.slice(0, 20 * len(rows) * slices // SLICES // 10).to_pylist():
            self._cases.setdefault(row["slice"], []).append((row["case"], row["run"], row["fingerprint"]))

    def heads(self) -> dict[str, Head]:
        """Where each chain ends."""
        every = {slice_name(number): Head(seq=1, hash="first") for number in range(SLICES)}
        news = {slice_name(number): Head(seq=1 + self._records, hash="news") for number in range(self._slices)}
        return {**every, **news}

    def record(self, chain: str, seq: int) -> Record | None:
        """The record that facts were made from so far."""
        return _record(chain, seq, "run:end", {}, "first")

    def read(
        self, chain: str, after: int = 0, kinds: Iterable[str] | None = None, limit: int | None = None
    ) -> Iterator[Record]:
        """What came since."""
        cases = self._cases[chain]
        for number in range(max(after, 1), 1 + self._records):
            case, run, fingerprint = cases[number % len(cases)]
            of = {"run": run, "case": case, "fingerprint": fingerprint}
            if number % 2:
                seen = {"metric": "rework_rate", "value": float(number % 10 == 1), "source": "desk"}
                yield _record(chain, number + 1, "case:observe", {**of, "observations": [seen]})
            else:
                new = hashlib.sha256(f"{chain}{number}".encode()).hexdigest()[:16]
                yield _record(
                    chain,
                    number + 1,
                    "run:start",
                    {
                        "run": new,
                        "case": f"new-{new}",
                        "fingerprint": fingerprint,
                        "contract_version": 1,
                        "level": "constrained",
                        "source": "live",
                    },
                )


def _record(chain: str, seq: int, kind: str, data: dict[str, Any], mark: str = "news") -> Record:
    at = datetime(2025, 12, 20, tzinfo=UTC) + timedelta(seconds=seq)
    return Record(chain=chain, seq=seq, at=at, kind=kind, by="agent", data=data, prev="", hash=mark, body=b"")


assert set(SCHEMA.names) == {*FACT_NAMES, "written"}
