"""Flags of approvers, derived again: each at exactly its place, and nothing that comes of a check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from goldenthread.control.autonomy import Standing
from goldenthread.control.vigilance import ANSWER, ASK, CLEAR, FLAG
from goldenthread.record.ledger import Record


@dataclass(kw_only=True)
class Flags:
    """What must come next, and what nobody may execute. Problems are told as (kind of record, words)."""

    due: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    apart: set[str] = field(default_factory=set)

    def before(self, record: Record) -> list[tuple[str, str]]:
        """What is wrong with a record, by what was due before it; to be called before it is applied."""
        found = []
        due = self.due.pop(0) if self.due else None
        if record.kind == FLAG or (record.kind == CLEAR and record.data["ground"] != "word"):
            if due is None:
                found.append((record.kind, f"nothing demands it of {record.data['approver']}"))
            elif (record.kind, dict(record.data)) != due:
                then, now = {"kind": record.kind, **record.data}, {"kind": due[0], **due[1]}
                found.append((record.kind, difference(then, now)))
        elif due is not None:
            found.append((due[0], f"one of {due[1]['approver']} was due before this record and is not there"))
        if record.kind == ASK:
            self.apart.add(record.data["item"])
        elif record.kind == "approval:answer" and record.data.get("item") in self.apart:
            found.append((record.kind, "it answers a question that nobody may execute"))
        return found

    def after(self, record: Record, standing: Standing) -> Iterator[tuple[str, str]]:
        """What an applied record demands next; and whether a word that it holds counts."""
        if record.kind == ANSWER:
            people = dict.fromkeys((record.data["by"], record.data.get("first_by", record.data["by"])))
            self.due = [due for name in people for due in standing.vigilance.due(standing.contract, name)]
        elif record.seq in standing.vigilance.refused:
            yield record.kind, standing.vigilance.refused[record.seq]

    def missing(self) -> Iterator[tuple[str, str]]:
        """What was still due when the chain ended."""
        for kind, data in self.due:
            yield kind, f"one of {data['approver']} was due and is not on record"


def difference(then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What a record says, and what it would say if it were written today."""
    changed = [name for name in now if then.get(name) != now[name]]
    return "; ".join(f"{name} is {then.get(name)!r} on record, and replays as {now[name]!r}" for name in changed)
