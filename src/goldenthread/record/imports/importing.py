"""
A file to telemetry: told, read unit by unit, handed to the collector as if it had been sent, and accounted for.

An import that was cut goes on where it was: units that are durable are passed over, and of those under way the log
itself says which are. Units become durable in the order in which they were handed over, so those are the first ones.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from goldenthread.promise.errors import ImportChanged, TelemetryBusy, TelemetryError
from goldenthread.promise.values import digest
from goldenthread.record.imports import encode
from goldenthread.record.imports.formats import benchmarks, inspect_logs, langfuse, mlflow, otlp, phoenix, tables
from goldenthread.record.imports.guess import Told, told
from goldenthread.record.imports.journal import Journal, journal_of
from goldenthread.record.imports.mapping import Mapped, guessed, read_mapping
from goldenthread.record.imports.model import Format, Unit
from goldenthread.record.imports.reading import Reading
from goldenthread.record.telemetry import Body, Collector, Flattener, Limits, Outcome, Places, Telemetry
from goldenthread.record.telemetry.envelope import with_attribute

READERS: Mapping[Format, Callable[[Reading], Iterator[Unit]]] = {
    "otlp": otlp.read,
    "langfuse": langfuse.read,
    "phoenix": phoenix.read,
    "mlflow": mlflow.read,
    "inspect": inspect_logs.read,
    "taubench": benchmarks.read_taubench,
    "tau2": benchmarks.read_tau2,
    "table": tables.read,
}

Progress = Callable[[float], None]
"""Told the share of a file that is durable, 0 to 1, now and then."""

_UNDER_WAY, _UNDER_WAY_BYTES = 4096, 16 * 1024 * 1024
_SETTLE_S = 1.0
_CHUNK = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Plan:
    """
    A file as it would be imported.

    Attributes:
        path: The file.
        told: What it holds.
        digest: `sha256:...` of its bytes.
        slice: Where its spans belong that do not say it themselves; '' for nowhere.
        agent: Who did what it holds, where it does not say; '' for nobody in particular.
        mapped: What the columns of a table stand for.
        size: Of the file, bytes.
        changed_ns: When it was changed last.
    """

    path: Path
    told: Told
    digest: str
    slice: str
    agent: str
    mapped: Mapped | None
    size: int
    changed_ns: int

    @property
    def id(self) -> str:
        """The first twelve digits of a digest over the file and how it is read: the same import, the same id."""
        mapped = self.mapped.record() if self.mapped is not None else None
        read = {"format": self.told.format, "slice": self.slice, "agent": self.agent, "mapped": mapped}
        return digest({"file": self.digest, **read}).removeprefix("sha256:")[:12]

    @property
    def source(self) -> str:
        """What its spans say of where they are from."""
        return f"import:{self.id}"

    def units(self, skip: int = 0) -> Iterator[Unit]:
        """What it holds, from some unit on."""
        reading = Reading(
            path=self.path,
            holding=self.told.holding,
            digest=self.digest,
            agent=self.agent,
            mapped=self.mapped,
            skip=skip,
        )
        return READERS[self.told.format](reading)

    def body(self, unit: Unit) -> bytes:
        """A unit as an OTLP request."""
        if unit.body:
            return with_attribute(unit.body, encode.slice_pair(self.slice)) if self.slice else unit.body
        resource = {"service.name": self.told.format, **({"goldenthread.slice": self.slice} if self.slice else {})}
        return encode.request(unit.spans, resource, "goldenthread.import")


def planned(
    path: Path, *, format: str | None = None, slice: str = "", agent: str = "", mapping: Path | None = None
) -> Plan:
    """
    What would become of a file; nothing is stored.

    Args:
        path: The file.
        format: What it holds; None: it is told.
        slice: Where its spans belong that do not say it themselves.
        agent: Who did what it holds, where it does not say.
        mapping: A file that says what the columns of a table stand for; None: their names say it.

    Raises:
        FileUnusable: A file cannot be read.
        ImportInvalid: It is empty, or cannot be unpacked.
        ImportUnsure: What it or its columns are cannot be told.
    """
    found = told(path, "table" if mapping is not None and format is None else format)
    mapped = None
    if found.format == "table":
        mapped = read_mapping(mapping, found.columns) if mapping is not None else guessed(found.columns, path.name)
    file = path.stat()
    return Plan(
        path=path,
        told=found,
        digest=_digest(path),
        slice=slice,
        agent=agent,
        mapped=mapped,
        size=file.st_size,
        changed_ns=file.st_mtime_ns,
    )


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What became of an import. `new`: it was not done before; `resumed`: units that an earlier try had settled."""

    plan: Plan
    journal: Journal
    new: bool
    resumed: int


def import_file(
    plan: Plan,
    places: Places,
    collector: Callable[[], Collector],
    flattener: Flattener,
    *,
    progress: Progress = lambda _: None,
) -> Imported:
    """
    Import a file, or go on with one that was cut. The same file again adds nothing.

    Args:
        plan: Made by `planned`.
        places: Where telemetry is stored.
        collector: Becomes the one process that takes telemetry in there, for the length of the import.
        flattener: Tells which spans a unit has, as the collector's does.
        progress: Told how far it is.

    Raises:
        TelemetryHeld: Another process takes telemetry in.
        TelemetryUnwritable: What was read cannot be made durable; what was before it stays.
        ImportInvalid: The file cannot be read to its end; what was before it stays.
        ImportChanged: It changed meanwhile.
    """
    journal = journal_of(places, plan.id, plan.path.name, plan.told.format)
    resumed = journal.units
    if journal.done:
        return Imported(plan=plan, journal=journal, new=False, resumed=resumed)
    taking = collector()
    try:
        earlier = _stored_since(places, plan.source, journal.since_ns) if journal.since_ns else Counter()
        _Import(plan, places, journal, taking, flattener, earlier, progress).run()
    finally:
        taking.close()
    return Imported(plan=plan, journal=journal, new=True, resumed=resumed)


@dataclass(frozen=True, kw_only=True)
class _Waiting:
    unit: Unit
    done: Future[Outcome] | None
    at_ns: int
    octets: int


class _Import:
    """One import under way."""

    def __init__(
        self,
        plan: Plan,
        places: Places,
        journal: Journal,
        collector: Collector,
        flattener: Flattener,
        earlier: Counter[tuple[bytes, bytes]],
        progress: Progress,
    ) -> None:
        self._plan, self._places, self._journal, self._progress = plan, places, journal, progress
        self._collector, self._flattener, self._earlier = collector, flattener, earlier
        self._waiting: deque[_Waiting] = deque()
        self._octets, self._written = 0, time.monotonic()

    def run(self) -> None:
        """Until all units are settled."""
        self._journal.since_ns = time.time_ns()
        self._journal.write(self._places)
        try:
            for unit in self._plan.units(self._journal.units):
                self._hand_over(unit)
                while len(self._waiting) > _UNDER_WAY or self._octets > _UNDER_WAY_BYTES:
                    self._settle()
                self._write()
        finally:
            while self._waiting:
                self._settle()
            self._write(now=True)
        file = self._plan.path.stat()
        if (file.st_size, file.st_mtime_ns) != (self._plan.size, self._plan.changed_ns):
            raise ImportChanged(
                f"{self._plan.path.name} changed while it was imported, so nobody knows which of it was. "
                "Import it again when nothing writes to it."
            )
        self._journal.done = True
        self._journal.write(self._places)
        self._progress(1.0)

    def _hand_over(self, unit: Unit) -> None:
        at = time.time_ns()
        if unit.refused or not (unit.spans or unit.body):
            self._waiting.append(_Waiting(unit=unit, done=None, at_ns=at, octets=0))
            return
        octets = self._plan.body(unit)
        if self._earlier and (done := self._was_stored(octets)) is not None:
            self._waiting.append(_Waiting(unit=unit, done=done, at_ns=at, octets=0))
            return
        while True:
            try:
                done = self._collector.submit(Body(octets=octets, source=self._plan.source))
                break
            except TelemetryBusy:
                if not self._waiting:
                    raise
                self._settle()
        self._waiting.append(_Waiting(unit=unit, done=done, at_ns=at, octets=len(octets)))
        self._octets += len(octets)

    def _was_stored(self, octets: bytes) -> Future[Outcome] | None:
        """What became of a unit that was durable when the import was cut; None from the first that was not."""
        flat = self._flattener.flatten([Body(octets=octets, source=self._plan.source)], time.time_ns())
        ids = Counter(zip(flat.rows["trace_id"].to_pylist(), flat.rows["span_id"].to_pylist(), strict=True))
        if not ids <= self._earlier:
            self._earlier.clear()
            return None
        self._earlier -= ids
        done: Future[Outcome] = Future()
        outcome = flat.outcomes[0]
        done.set_exception(outcome.error) if outcome.error is not None else done.set_result(outcome)
        return done

    def _settle(self) -> None:
        """Account for the unit that was handed over first."""
        one = self._waiting.popleft()
        self._octets -= one.octets
        journal, unit = self._journal, one.unit
        if unit.refused:
            journal.refuse(unit.refused, unit.place, unit.words)
        elif one.done is not None:
            try:
                outcome = one.done.result()
            except TelemetryError as problem:
                if problem.code != "telemetry-malformed":
                    raise
                journal.refuse("shape", unit.place, str(problem.message))
            else:
                journal.spans += outcome.taken
                for reason, number in outcome.refused.items():
                    journal.refuse(reason, unit.place, "", number)
                journal.messages += unit.messages
                journal.runs += unit.runs
                journal.faults += unit.faults
        journal.units += 1
        journal.since_ns = self._waiting[0].at_ns if self._waiting else time.time_ns()

    def _write(self, *, now: bool = False) -> None:
        if now or time.monotonic() - self._written > _SETTLE_S:
            self._journal.write(self._places)
            self._written = time.monotonic()


def _stored_since(places: Places, source: str, since_ns: int) -> Counter[tuple[bytes, bytes]]:
    """The spans of an import that were taken in since an instant, as often as they were."""
    with Telemetry(places) as stored:
        rows = stored.ask(
            "select trace_id, span_id from stored where source = ? and received_ns >= ?", [source, since_ns]
        )
    return Counter((bytes(row["trace_id"]), bytes(row["span_id"])) for row in rows)


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
        while part := file.read(_CHUNK):
            found.update(part)
    return f"sha256:{found.hexdigest()}"


__all__ = ["READERS", "Imported", "Limits", "Plan", "Progress", "import_file", "planned"]
