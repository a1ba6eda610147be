"""The server's own look at what was begun and never reported: nobody has to come back, and nothing ends it early."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from goldenthread.control.guard import Desk
from goldenthread.control.serving import House
from goldenthread.promise.errors import ServerUnreachable, StoreUnavailable
from goldenthread.surfaces.api import serving
from goldenthread.surfaces.served import Served
from surfaces.api.test_what_a_run_has_seen import consumed, doubts
from surfaces.api.town import Agent, Town, opened_town
from worlds import World

WITHIN_S = 30.0
SECRET = "sk-live-4242"


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look every few hundredths of a second."""
    monkeypatch.setattr(serving, "_LAND_EVERY_S", 0.05)


def until(condition: Callable[[], Any]) -> None:
    """Wait until it holds."""
    ends = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.02)


def landers() -> list[threading.Thread]:
    """Threads that look after what was begun."""
    return [thread for thread in threading.enumerate() if thread.name == "goldenthread-lander"]


def test_what_was_begun_when_the_client_went_away_is_put_before_a_person(world: World) -> None:
    """The tool had begun, its line went dead, and neither it nor the agent ever came back."""
    town = opened_town(world)
    with town.open(flight_s=0.2):
        agent = town.climb()
        consumed(town, agent, agent.open("left"))
        until(lambda: doubts(world))
        time.sleep(0.2)  # a further look asks no second person
        assert [item.reason for item in doubts(world)] == [
            "The tool failed (TimeoutError); whether the effect happened is unknown"
        ]
        assert world.verify_ok()


def test_what_is_under_way_is_left_alone_until_its_time_is_over(world: World) -> None:
    """A tool that is merely slow must not make a person look."""
    town = opened_town(world)
    with town.open(flight_s=60.0):
        agent = town.climb()
        consumed(town, agent, agent.open("left"))
        looks = counted(town)
        until(lambda: len(looks) > 3)
        assert doubts(world) == []


def counted(town: Town) -> list[int]:
    """Each look of the lander from now on."""
    looks: list[int] = []
    land = town.house.land

    def look() -> int:
        looks.append(1)
        return land()

    town.house.land = look  # type: ignore[method-assign]
    return looks


@pytest.mark.parametrize("fault", [StoreUnavailable(f"at {SECRET}"), RuntimeError(SECRET), KeyError(SECRET)])
def test_it_goes_on_once_the_database_is_back(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    """A fault of any other kind than the expected ended the thread, and nothing was looked after any more."""
    failed: list[int] = []

    def away(_: Desk) -> Any:
        failed.append(1)
        raise fault

    town = opened_town(world)
    with town.open(flight_s=0.2), caplog.at_level(logging.WARNING):
        agent = town.climb()
        with monkeypatch.context() as patched:
            begin(town, agent)
            patched.setattr(Desk, "transaction", away)
            until(lambda: len(failed) > 2)
        until(lambda: doubts(world))
    assert len(doubts(world)) == 1
    assert "looking after what was begun failed: " in caplog.text
    assert SECRET not in caplog.text


def begin(town: Town, agent: Agent) -> None:
    """Something is begun, and its tool never says what came of it."""
    consumed(town, agent, agent.open("left"))


def test_it_ends_with_the_server_and_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is told to end keeps no thread, and the home is free for the next one."""
    monkeypatch.setattr(serving, "_LAND_EVERY_S", 3600.0)
    town = opened_town(world)
    with town.open():
        assert len(landers()) == 1
        began = time.monotonic()
    assert landers() == []
    assert time.monotonic() - began < WITHIN_S
    with town.open():
        assert len(landers()) == 1
    assert landers() == []


def test_a_look_under_way_ends_before_the_home_is_free(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else an earlier server would write down doubts beside the next one."""
    looking, go_on, order = threading.Event(), threading.Event(), list[str]()
    land, close = House.land, House.close

    def slow(house: House) -> int:
        looking.set()
        go_on.wait(WITHIN_S)
        landed = land(house)
        order.append("looked")
        return landed

    def closed(house: House) -> None:
        order.append("free")
        close(house)

    monkeypatch.setattr(House, "land", slow)
    monkeypatch.setattr(House, "close", closed)
    town = opened_town(world)
    with town.open() as server:
        assert looking.wait(WITHIN_S)
        ending = threading.Thread(target=server.stop)
        ending.start()
        time.sleep(0.3)
        assert order == []
        go_on.set()
        ending.join(WITHIN_S)
        assert order[-2:] == ["looked", "free"]


def test_a_server_that_does_not_come_up_leaves_no_look_behind(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It never began to look, and its home is free."""

    def does_not(served: Served) -> None:
        served.stop()
        raise ServerUnreachable("no. Try again.")

    monkeypatch.setattr(Served, "start", does_not)
    with pytest.raises(ServerUnreachable):
        serving.serve(world.ledger, world.keyring)
    assert landers() == []
    monkeypatch.undo()
    with serving.serve(world.ledger, world.keyring):
        assert len(landers()) == 1
