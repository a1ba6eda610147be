"""A clock for the inbox that stands at the opening of a working week, and an agent whose actions wait for a yes."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from control.agents import SLICE, Agent
from goldenthread.control.guard import Outcome
from goldenthread.promise.values import Json
from goldenthread.record.ledger import Record
from worlds import World

BERLIN = ZoneInfo("Europe/Berlin")


def next_monday() -> datetime:
    """The next Monday at nine in the calendar of the test contracts, a fortnight away from any change of the clocks."""
    day = datetime.now(BERLIN) + timedelta(days=1)
    while day.weekday() != 0 or day.utcoffset() != (day + timedelta(days=40)).utcoffset():
        day += timedelta(days=1)
    return datetime.combine(day.date(), time(9), BERLIN)


class Hours:
    """The ledger's clock, moved by hand."""

    def __init__(self, world: World) -> None:
        self.opens = self.now = next_monday()
        world.ledger.clock = lambda: self.now

    def at(self, day: int, hour: float) -> datetime:
        """Set it to an hour of a day, in the calendar's zone; Monday of the first week is day 0."""
        self.now = self.moment(day, hour)
        return self.now

    def moment(self, day: int, hour: float) -> datetime:
        """An instant of that week or a later one."""
        return datetime.combine(self.opens.date() + timedelta(days=day), time(), BERLIN) + timedelta(hours=hour)


def asked(agent: Agent, case: str = "case-1", action: str = "pay", **arguments: Json) -> Outcome:
    """A question that waits."""
    outcome = agent.ask(agent.run(case, customer="Ada"), action, 0, **(arguments or {"order": "a", "amount": 7}))
    assert outcome.state == "asked", outcome
    return outcome


def item_of(outcome: Outcome) -> str:
    """The id of the question."""
    assert outcome.item is not None
    return outcome.item


def told(world: World, *kinds: str) -> list[tuple[str, Any]]:
    """Records of these kinds in the slice: kind, and who has it now."""
    found: list[Record] = list(world.ledger.read(SLICE, kinds=kinds))
    return [(record.kind.partition(":")[2], record.data.get("to")) for record in found]
