"""A home's standing duties: what is due gets on record while anything runs, whatever is wrong with one of them."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from goldenthread.control.guard import Desk
from goldenthread.promise.errors import ContentMissing
from goldenthread.record.metrics import folder_of
from goldenthread.record.metrics.facts import read_manifest
from goldenthread.record.store import Home
from goldenthread.surfaces.keeping import Keeping, Refresher, kept
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


def test_metrics_are_brought_up_to_date_where_something_is_new(world: World) -> None:
    """A product owner opens the page; nobody should have to run a command first."""
    with world.opened() as ledger:
        refresher = Refresher(ledger, every_s=0.0)
        assert refresher.tick()
        assert not refresher.tick(), "one at a time"
        ends = time.monotonic() + 60
        while refresher.is_running() and time.monotonic() < ends:
            time.sleep(0.05)
        position = read_manifest(folder_of(ledger.vault.home.path)).positions[SLICE]
        assert position.seq == ledger.head(SLICE).seq
        assert not refresher.tick(), "nothing is new"
        refresher.close()
        assert not Refresher(ledger).tick(), "it is not time yet"


def test_metrics_that_cannot_be_made_are_tried_again_and_told(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever keeps a home learns that its pages grow old."""
    monkeypatch.setattr("goldenthread.surfaces.keeping._REFRESH", "raise SystemExit(3)")
    with world.opened() as ledger:
        refresher = Refresher(ledger, every_s=0.0)
        assert refresher.tick()
        ends = time.monotonic() + 30
        while refresher.is_running() and time.monotonic() < ends:
            time.sleep(0.05)
        assert "Metrics were not brought up to date: `goldenthread metrics refresh` ended with 3" in caplog.text
        assert refresher.tick()
        refresher.close()
        assert not refresher.is_running()
