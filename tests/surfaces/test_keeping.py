"""A home's standing duties: what is due gets on record while anything runs, whatever is wrong with one of them."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from goldenthread.control.guard import Desk
from goldenthread.promise.errors import ContentMissing
from goldenthread.record.store import Home
from goldenthread.surfaces.keeping import Keeping, kept
from worlds import World, declare_tools, make_world

SLICE = "payments"


@pytest.fixture
def world(home: Home) -> World:
    """A slice at approval, in which one action waits for a person."""
    made = make_world(home.path)
    made.slice(SLICE, level="approval")
    with made.connect() as thread:
        pay = declare_tools(thread)["pay"]
        with thread.run(SLICE, case="1"):
            pay("o", 1)
    return made


def kinds(world: World) -> set[str]:
    """Kinds of record on the slice's chain."""
    return {record.kind for record in world.ledger.read(SLICE)}


def test_every_duty_is_done_and_none_fails(world: World) -> None:
    """Each tick is called with nothing due, and with something overdue."""
    with world.opened() as ledger:
        keeping = Keeping(ledger, world.desk)
        for tick in keeping.ticks.values():
            tick(ledger)
        assert not kinds(world) & {"approval:remind", "approval:expire", "coverage:lost"}
        ledger.clock = lambda now=ledger.clock: now() + timedelta(days=60)  # type: ignore[misc]
        for tick in keeping.ticks.values():
            tick(ledger)
        keeping.close()
        assert {"approval:expire", "coverage:lost", "outcome:ask", "incident:open"} <= kinds(world)
        assert world.verify_ok()


def test_it_goes_on_in_the_background_until_the_block_ends(world: World) -> None:
    """Nobody has to ask for it."""
    with world.opened() as ledger:
        ledger.clock = lambda now=ledger.clock: now() + timedelta(days=60)  # type: ignore[misc]
        with kept(ledger, world.desk):
            ends = time.monotonic() + 30
            while "approval:expire" not in kinds(world) and time.monotonic() < ends:
                time.sleep(0.05)
        assert "approval:expire" in kinds(world)


def test_what_is_wrong_with_one_slice_keeps_nothing_back_from_others(world: World) -> None:
    """A slice whose records cannot be read, the first by name, must not silence everybody's reminders."""
    world.slice("a-broken-one")

    def desk(name: str) -> Desk:
        if name == "a-broken-one":
            raise ContentMissing("It is gone.")
        return world.desk(name)

    with world.opened() as ledger:
        ledger.clock = lambda now=ledger.clock: now() + timedelta(days=60)  # type: ignore[misc]
        keeping = Keeping(ledger, desk)
        assert ledger.chains().index("a-broken-one") < ledger.chains().index(SLICE)
        for tick in keeping.ticks.values():
            tick(ledger)
        keeping.close()
        assert {"approval:expire", "coverage:lost"} <= kinds(world)
