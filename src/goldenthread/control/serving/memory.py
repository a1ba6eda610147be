"""What a server remembers of a run: what it has seen, and what is in flight; it can be recalled from the record."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from goldenthread.control.guard import Desk, Run, Seen
from goldenthread.promise.values import Json

if TYPE_CHECKING:
    from goldenthread.control.serving.house import House

_MOST_READS = 1000

SOME_TOOL = "the tool"
"""Who began an effect that an earlier server process let begin."""


@dataclass(frozen=True, kw_only=True)
class Flight:
    """An effect that a tool has begun: by whom, and until when (seconds, monotonic) it may be under way."""

    tool: str
    until: float


@dataclass(kw_only=True)
class Memory:
    """
    One run in this process. `lock` is held by whoever works on it; `by` gave the task, '' if the agent opened the case
    itself; `reads` are the read permits given and not used; `began` is when the agent last went to work.
    """

    seen: Seen
    by: str
    began: float
    flights: dict[str, Flight] = field(default_factory=dict)
    reads: dict[str, float] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def overdue(self, now: float) -> list[str]:
        """Actions in flight whose time is over."""
        return [action for action, flight in list(self.flights.items()) if now > flight.until]

    def may_read(self, permit: str, until: float) -> None:
        """A read was permitted; the oldest of too many is forgotten, and can't be reported any more."""
        self.reads[permit] = until
        while len(self.reads) > _MOST_READS:
            del self.reads[next(iter(self.reads))]


def begin(given: Mapping[str, Json], by: str, now: float) -> Memory:
    """The memory of a run that begins: what its case says is to be trusted only from whoever gave the task."""
    if by:
        return Memory(seen=Seen(dict(given) or None), by=by, began=now)
    seen = Seen()
    if given:
        seen.origins.read("the case, as the agent tells it", dict(given), ())
    return Memory(seen=seen, by="", began=now)


def keep_step(desk: Desk, run: str, case_ref: str, kind: str, content: Json) -> None:
    """Put a step of a run on record, after those that are there."""
    with desk.transaction() as writing:
        kept = writing.tx.keep(case_ref, {"kind": kind, "content": content})
        row = writing.rows("update run set steps = steps + 1 where id = %s returning steps", run)[0]
        writing.execute(
            "insert into step (run, ordinal, kind, content, at) values (%s, %s, %s, %s, %s)",
            run,
            row["steps"] - 1,
            kind,
            kept,
            desk.ledger.clock(),
        )


def recall(house: House, desk: Desk, run: Run) -> Memory:
    """
    What was remembered of a run, from kept content: after a restart nothing that it saw or did is forgotten.

    Raises:
        CaseErased, ContentMissing: It is gone.
    """
    steps = house.rows("select kind, content from step where run = %s order by ordinal", run.id)
    opened, *rest = [_content(house, row) for row in steps]
    memory = begin(opened["given"], opened["task"], house.monotonic())
    for row, content in zip(steps[1:], rest, strict=True):
        if row["kind"] == "read":
            desk.saw(memory.seen, content["action"], content["result"])
    for row in house.rows("select * from action where run = %s order by seq", run.id):
        _recall_action(house, desk, memory, row)
    return memory


def _content(house: House, row: Mapping[str, Any]) -> Any:
    kept = house.ledger.open(row["content"])
    assert isinstance(kept, dict)
    return kept["content"]


def _recall_action(house: House, desk: Desk, memory: Memory, row: Mapping[str, Any]) -> None:
    if row["state"] == "done":
        desk.saw(memory.seen, row["name"], house.ledger.open(row["result"]) if row["result"] else None)
    elif row["state"] in ("consumed", "unknown", "failed"):
        memory.seen.before.add(row["name"])
    if row["state"] == "consumed":
        memory.flights[row["id"]] = Flight(tool=SOME_TOOL, until=house.monotonic() + house.flight_s)
