"""A receiver of telemetry, served, with a token of its own and one of somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from goldenthread.record.principals import EVERYWHERE, Role, create_token, grant
from goldenthread.record.store import Home
from goldenthread.surfaces.otlp import Receiver, receive
from worlds import AGENT, OWNER, World, make_world

PROTOBUF = {"Content-Type": "application/x-protobuf"}


@dataclass(frozen=True, kw_only=True)
class Post:
    """Where telemetry is sent, and by whom."""

    world: World
    receiver: Receiver
    tokens: dict[str, str]

    def send(
        self, body: bytes, *, who: str | None = "sender", path: str = "/v1/traces", **headers: str
    ) -> httpx.Response:
        """Send a body."""
        said = {**PROTOBUF, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if who is not None:
            said["Authorization"] = f"Bearer {self.tokens[who]}"
        return httpx.post(f"{self.receiver.url}{path}", content=body, headers=said, timeout=30)


@pytest.fixture
def world(home: Home) -> Iterator[World]:
    """An installation with its people granted and its ledger open."""
    made = make_world(home.path)
    with made.opened():
        yield made


def token(world: World, scope: str, name: str, slices: tuple[str, ...] = (EVERYWHERE,)) -> str:
    """A new token's text."""
    return create_token(world.ledger, world.keyring, by=OWNER, scope=scope, name=name, slices=slices)[1]


@contextmanager
def posted(world: World, **settings: Any) -> Iterator[Post]:
    """A receiver for the length of the block."""
    tokens = {
        "sender": token(world, "telemetry", "collector"),
        "refunds": token(world, "telemetry", "collector", ("refunds",)),
        "agent": token(world, "agent", AGENT),
    }
    with receive(world.ledger, **settings) as receiver:
        yield Post(world=world, receiver=receiver, tokens=tokens)


@pytest.fixture
def sending(world: World) -> World:
    """A world in which a service may send telemetry."""
    grant(world.ledger, world.keyring, by=OWNER, name="collector", kind="service", roles=[Role.parse("telemetry")])
    return world


@pytest.fixture
def post(sending: World) -> Iterator[Post]:
    """A receiver that keeps no content."""
    with posted(sending) as made:
        yield made
