"""The fold: every incident of a slice after each record of its chain. The same code runs live and on replay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from goldenthread.control.incidents.model import (
    ADD,
    CLOSE,
    MOST_A_DAY,
    NOTE,
    OPEN,
    RECOVER,
    SAID_KINDS,
    TAKE,
    Incident,
    Said,
    WordProblem,
    unheard,
)
from goldenthread.record.ledger import Record


@dataclass(kw_only=True)
class Incidents:
    """
    Of one slice. `shown` are records that are grounds by themselves, by ground, the last one; `refused` are words
    that do not count, by record.
    """

    slice: str
    word_problem: WordProblem = unheard
    by_seq: dict[int, Incident] = field(default_factory=dict)
    standing: dict[str, Incident] = field(default_factory=dict)  # by ground, those that are not closed
    shown: dict[str, Record] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    opened_on: tuple[date, int] = (date.min, 0)
    seq: int = 0

    def apply(self, record: Record) -> None:
        """Fold one record of the slice; other kinds change nothing."""
        self.seq = record.seq
        data = record.data
        if record.kind == OPEN:
            self._open(record)
        elif record.kind == ADD:
            self._add(record)
        elif record.kind == RECOVER or record.kind in SAID_KINDS:
            self._said(record)
        elif record.kind == "level:change" and data["verdict"] == "demote":
            self.shown[f"fall:{data['fingerprint']}"] = record
        elif record.kind in ("stop:set", "slice:suspend"):
            tool = data.get("tool")
            self.shown[f"stop:{tool}" if isinstance(tool, str) and tool.strip() else "stop"] = record
        elif record.kind == "outcome:flag":
            self.shown[f"flag:{data['flag']}"] = record

    def read(self, records: Iterable[Record]) -> Incidents:
        """Fold many."""
        for record in records:
            self.apply(record)
        return self

    def find(self, id: str) -> Incident | None:
        """The incident of that id, closed or not."""
        chain, _, place = id.rpartition("#")
        known = place.isascii() and place.isdigit() and len(place) < 19
        return self.by_seq.get(int(place)) if chain == self.slice and known else None

    def all(self) -> tuple[Incident, ...]:
        """Every incident, the newest first."""
        return tuple(sorted(self.by_seq.values(), key=lambda one: -one.seq))

    def may_open(self, at: datetime) -> bool:
        """Whether one more may be opened on that day."""
        day, count = self.opened_on
        return at.date() != day or count < MOST_A_DAY

    def covers(self, ground: str, seq: int | None) -> bool:
        """Whether a record that shows a ground has its incident already, open or closed."""
        return seq is not None and any(
            one.ground == ground and (seq in one.records or seq < one.seq) for one in self.by_seq.values()
        )

    def _open(self, record: Record) -> None:
        data: Mapping[str, Any] = record.data
        place = data["record"]
        incident = Incident(
            slice=self.slice,
            seq=record.seq,
            ground=data["ground"],
            cause=data["cause"],
            owner=data["owner"],
            words=data["words"],
            onset=_instant(data["onset"]),
            detected=record.at,
            figures=data["figures"],
            records=(place,) if place is not None else (),
            latest=record.at,
        )
        self.by_seq[record.seq] = self.standing[incident.ground] = incident
        day, count = self.opened_on
        self.opened_on = (record.at.date(), count + 1 if day == record.at.date() else 1)

    def _add(self, record: Record) -> None:
        incident = self.find(record.data["incident"])
        if incident is None or incident.closed is not None:
            self.refused[record.seq] = "it adds to no open incident"
            return
        place = record.data["record"]
        incident.records += (place,) if place is not None else ()
        incident.recovered, incident.latest = None, record.at
        incident.figures = record.data["figures"]
        incident.said.append(_word(record, record.data["words"]))

    def _said(self, record: Record) -> None:
        incident = self.find(record.data["incident"])
        if incident is None or incident.closed is not None:
            self.refused[record.seq] = "it speaks of no open incident"
            return
        if "envelope" in record.data or record.kind != RECOVER:
            problem = self.word_problem(record)
            if problem is not None:
                self.refused[record.seq] = problem
                return
        word = _word(record, record.data.get("words") or "")
        incident.said.append(word)
        if record.kind in (TAKE, NOTE, CLOSE) and incident.taken is None:
            incident.taken = word
        if record.kind == RECOVER:
            incident.recovered = incident.recovered or word
        elif record.kind == CLOSE:
            incident.closed, incident.usual = word, record.data["usual"] is True
            self.standing.pop(incident.ground, None)


def _word(record: Record, words: str) -> Said:
    return Said(kind=record.kind.removeprefix("incident:"), by=record.by, at=record.at, seq=record.seq, words=words)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None
