"""The fold: which stops hold after each record of a chain. The same code runs live, on replay and in audits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from goldenthread.control.stops.model import ASK_LIFE, FALL, LIFT, SET, SUSPEND, Stop, Voice, VoiceOf, nobody
from goldenthread.record.ledger import ORGANISATION, Record


class Stops:
    """
    The stops of one chain. `seq` is the last record applied that moved them; `in_force` those that hold, oldest
    first; `refused` says of each word to lift that did not count why, by its `seq`.
    """

    def __init__(self, chain: str, voice_of: VoiceOf = nobody, records: Iterable[Record] = ()) -> None:
        self.chain = chain
        self.seq = 0
        self.in_force: tuple[Stop, ...] = ()
        self.refused: dict[int, str] = {}
        self._voice_of = voice_of
        self._asked: dict[str, list[Record]] = {}
        for record in records:
            self.apply(record)

    def apply(self, record: Record) -> None:
        """Fold one record of the chain; other kinds change nothing."""
        if record.kind == LIFT:
            self._lift(record)
        elif record.kind in (SET, SUSPEND) or (record.kind == FALL and record.data.get("suspends")):
            self._set(record)
        else:
            return
        self.seq = record.seq

    def stopping(self, action: str) -> Stop | None:
        """The first stop that holds an action; of a product too, whichever slices that has."""
        return next((stop for stop in self.in_force if stop.covers(action)), None)

    def find(self, stop_id: str) -> Stop | None:
        """The stop of that id, if it holds."""
        return next((stop for stop in self.in_force if stop.id == stop_id), None)

    def asked(self, stop: Stop) -> tuple[Record, ...]:
        """Who asked to lift it, oldest first; whether they still count is judged when a second person does."""
        return tuple(self._asked.get(stop.id, ()))

    def _set(self, record: Record) -> None:
        stop = _stop(self.chain, record)
        if self.find(stop.id) is None:
            self.in_force = (*self.in_force, stop)

    def _lift(self, record: Record) -> None:
        stop = self.find(str(_field(record.data, "stop")))
        if stop is None:
            return
        own = self._voice_of(stop, record, record)
        if own.problem is not None:
            self.refused[record.seq] = own.problem
            return
        if any(other.leads or own.leads for other in self._others(stop, record)):
            self.in_force = tuple(one for one in self.in_force if one.id != stop.id)
            self._asked.pop(stop.id, None)
        else:
            self._asked.setdefault(stop.id, []).append(record)

    def _others(self, stop: Stop, record: Record) -> list[Voice]:
        """Other people's words within a day before, as they count by the rights of this moment."""
        earlier = (one for one in self.asked(stop) if one.by != record.by and record.at - one.at <= ASK_LIFE)
        voices = (self._voice_of(stop, one, record) for one in earlier)
        return [voice for voice in voices if voice.problem is None]


def _stop(chain: str, record: Record) -> Stop:
    """The stop that a record sets. What it names wrongly or not at all stops more, never less."""
    tool, product = _name(record.data, "tool"), _name(record.data, "product")
    return Stop(
        chain=chain,
        seq=record.seq,
        at=record.at,
        by=record.by,
        reason=str(_field(record.data, "reason") or "no reason is on record"),
        tool=tool,
        product=product if chain == ORGANISATION else None,  # on its own chain a slice is stopped, whatever it serves
    )


def _name(content: Any, field: str) -> str | None:
    found = _field(content, field)
    return found if isinstance(found, str) and found.strip() else None


def _field(content: Any, name: str) -> Any:
    return content.get(name) if isinstance(content, Mapping) else None
