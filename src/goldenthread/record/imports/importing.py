"""
A file to telemetry: told, read unit by unit, handed to the collector as if it had been sent, and accounted for.

An import that was cut goes on where it was: units that are durable are passed over, and of those under way the log
itself says which are. Units become durable in the order in which they were handed over, so those are the first ones.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial

from goldenthread.promise.errors import ImportChanged, ImportInvalid, TelemetryBusy, TelemetryMalformed
from goldenthread.record.imports import encode
from goldenthread.record.imports.journal import Journal, journal_of
from goldenthread.record.imports.model import Unit, refusal
from goldenthread.record.imports.plan import Plan
from goldenthread.record.telemetry import Body, Collector, Flattener, Limits, Outcome, Places, Telemetry

Progress = Callable[[int], None]
"""Told now and then how many spans are durable."""

_TOGETHER, _TOGETHER_SPANS, _TOGETHER_CHARACTERS = 64, 500, 512 * 1024
_UNDER_WAY, _UNDER_WAY_BYTES = 1024, 16 * 1024 * 1024
_AHEAD_NS = Limits().ahead_ns
_SETTLE_S = 1.0


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
        ImportInvalid: The file cannot be read to its end, and what was before it stays; or nothing of it can be taken.
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
    units: tuple[Unit, ...]
    done: Future[Outcome] | None
    at_ns: int
    octets: int


class _Import:
    """One import under way: units that were handed over wait to be settled, in their order."""

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
        self._since_ns = journal.since_ns or time.time_ns()  # when what an earlier try left unsettled was handed over

    def run(self) -> None:
        """Until all units are settled."""
        self._journal.since_ns = self._since_ns
        self._journal.write(self._places)
        try:
            for units in _together(self._plan.units(self._journal.units)):
                self._hand_over(units)
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
        if not self._journal.spans and self._journal.refused:
            first = next(iter(self._journal.refused.values()))["first"][0]
            raise ImportInvalid(
                f"{self._plan.path.name}: none of its {self._journal.units:,} units can be taken as "
                f"{self._plan.told.format}; {first}. Say what it is with `--as`, or mend it."
            )
        self._journal.done = True
        self._journal.write(self._places)

    def _hand_over(self, units: tuple[Unit, ...]) -> None:
        at = time.time_ns()
        if units[0].refused or not (units[0].spans or units[0].body):
            self._waiting.append(_Waiting(units=units, done=None, at_ns=at, octets=0))
            return
        octets = self._plan.body(units)
        if self._earlier and (done := self._was_stored(octets)) is not None:
            kept = tuple(replace(unit, spans=(), body=b"") for unit in units)
            self._waiting.append(_Waiting(units=kept, done=done, at_ns=self._since_ns, octets=0))
            return
        while True:
            try:
                done = self._collector.submit(Body(octets=octets, source=self._plan.source))
                break
            except TelemetryBusy:
                if not self._waiting:
                    raise
                self._settle()
        kept = tuple(replace(unit, spans=(), body=b"") for unit in units)
        self._waiting.append(_Waiting(units=kept, done=done, at_ns=at, octets=len(octets)))
        self._octets += len(octets)

    def _was_stored(self, octets: bytes) -> Future[Outcome] | None:
        """What became of units that were durable when the import was cut; None from the first that were not."""
        flat = self._flattener.flatten([Body(octets=octets, source=self._plan.source)], time.time_ns())
        ids = Counter(zip(flat.rows["trace_id"].to_pylist(), flat.rows["span_id"].to_pylist(), strict=True))
        if not ids <= self._earlier:
            self._earlier.clear()
            return None
        self._earlier -= ids
        done: Future[Outcome] = Future()
        outcome = flat.outcomes[0]
        if outcome.error is not None:
            done.set_exception(outcome.error)
        else:
            done.set_result(outcome)
        return done

    def _settle(self) -> None:
        """Account for what was handed over first."""
        one = self._waiting.popleft()
        self._octets -= one.octets
        journal, units = self._journal, one.units
        if units[0].refused:
            journal.refuse(units[0].refused, units[0].place, units[0].words)
        elif one.done is not None:
            place = units[0].place if len(units) == 1 else f"{units[0].place} to {units[-1].place}"
            try:
                outcome = one.done.result()
            except TelemetryMalformed as problem:
                journal.refuse("shape", place, str(problem.message))
            else:
                journal.spans += outcome.taken
                for reason, number in outcome.refused.items():
                    journal.refuse(reason, place, "", number)
                journal.messages += sum(unit.messages for unit in units)
                journal.runs += sum(unit.runs for unit in units)
                journal.faults += sum(unit.faults for unit in units)
        journal.units += len(units)
        if not self._earlier:  # else there is more that an earlier try had handed over
            journal.since_ns = self._waiting[0].at_ns if self._waiting else time.time_ns()

    def _write(self, *, now: bool = False) -> None:
        if now or time.monotonic() - self._written > _SETTLE_S:
            self._journal.write(self._places)
            self._progress(self._journal.spans)
            self._written = time.monotonic()


def _together(units: Iterable[Unit]) -> Iterator[tuple[Unit, ...]]:
    """
    Units that are handed over together: small ones in a row; what is refused, and what is a request, by itself.

    From where one such group begins, the groups are the same however often the file is read.
    """
    group: list[Unit] = []
    spans = characters = 0
    latest_ns = time.time_ns() + _AHEAD_NS
    for unit in map(partial(_timely, latest_ns), units):
        alone, size = bool(unit.refused or unit.body or not unit.spans), encode.size_of(unit.spans)
        full = len(group) >= _TOGETHER or spans + len(unit.spans) > _TOGETHER_SPANS
        if group and (alone or full or characters + size > _TOGETHER_CHARACTERS):
            yield tuple(group)
            group, spans, characters = [], 0, 0
        if alone:
            yield (unit,)
            continue
        group.append(unit)
        spans, characters = spans + len(unit.spans), characters + size
    if group:
        yield tuple(group)


def _timely(latest_ns: int, unit: Unit) -> Unit:
    """The unit, or its refusal where a time of its spans cannot be: said here, so that its place can be named."""
    for span in unit.spans:
        if not 0 < span.start_ns <= min(latest_ns, span.end_ns):
            words = "begins in the future" if span.start_ns > latest_ns else "ends before it began"
            return refusal(unit.place, "times", f"'{span.name[:60]}' {words}")
    return unit


def _stored_since(places: Places, source: str, since_ns: int) -> Counter[tuple[bytes, bytes]]:
    """The spans of an import that were taken in since an instant, as often as they were."""
    with Telemetry(places) as stored:
        rows = stored.ask(
            "select trace_id, span_id from stored where source = ? and received_ns >= ?", [source, since_ns]
        )
    return Counter((bytes(row["trace_id"]), bytes(row["span_id"])) for row in rows)
