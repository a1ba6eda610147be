"""A world whose clock stands in the test's hand, an agent that asks people, and a receiver."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from goldenthread.record.store import Home
from goldenthread.work.events import Custody, Subscription, Ticked, subscribe, tick
from work.events.receiver import Receiver, receiving
from worlds import OWNER, World, make_world


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def move(self, **time: float) -> None:
        """Move on."""
        self.now += timedelta(**time)


class Outside:
    """A world, what leaves it and where it arrives."""

    def __init__(self, world: World, home: Home, receiver: Receiver, clock: Clock) -> None:
        self.world = world
        self.home = home
        self.receiver = receiver
        self.clock = clock
        self.custody = Custody(home)
        self.secret = ""

    def subscribe(self, *types: str, by: str = OWNER, url: str | None = None, **more: object) -> Subscription:
        """Everything of those types goes to the receiver."""
        made = subscribe(
            self.world.ledger,
            self.world.keyring,
            self.custody,
            url or self.receiver.url,
            by=by,
            types=types,
            **more,  # type: ignore[arg-type]  # slices or insecure
        )
        self.secret = made.secret
        return made.subscription

    def tick(self) -> Ticked:
        """One pass for all."""
        return tick(self.world.ledger, self.home)


@pytest.fixture
def world(home: Home) -> Iterator[World]:
    """An installation with its people granted and its ledger open; no slice yet."""
    made = make_world(home.path)
    with made.opened():
        yield made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of events."""
    with receiving() as made:
        yield made


@pytest.fixture
def outside(world: World, home: Home, receiver: Receiver) -> Outside:
    """A world with the slice `refunds` at the level approval, and its clock in hand."""
    from worlds import contract_text

    clock = Clock()
    world.ledger.clock = clock
    world.sign(contract_text("refunds", level="approval"))
    return Outside(world, home, receiver, clock)
