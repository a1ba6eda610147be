"""Coroutine tools ask the guard without holding up their loop, and share its transactions."""

from __future__ import annotations

import asyncio
import threading

import pytest

from control.agents import KEYED, SLICE, records, sign
from goldenthread.control.guard import AsyncAuthorizer, Outcome, Request
from worlds import World


def test_the_loop_goes_on_while_the_guard_decides(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow disk must not stop whatever else the agent's process does."""
    sign(world, level="draft", actions=KEYED)
    inside, go_on = asyncio.Event(), threading.Event()
    authorize = AsyncAuthorizer.authorize

    async def slow(self: AsyncAuthorizer, request: Request) -> Outcome:
        inside.set()
        await asyncio.to_thread(go_on.wait, 10)
        return await authorize(self, request)

    monkeypatch.setattr(AsyncAuthorizer, "authorize", slow)
    with world.connect() as thread:

        @thread.action("pay")
        async def pay(order: str, amount: int = 1) -> None:
            """Never reached: nothing may happen here."""

        async def work() -> str:
            with thread.run(SLICE, case="case-1") as run:
                await pay("a")
            return run.status

        async def both() -> str:
            task = asyncio.create_task(work())
            await asyncio.wait_for(inside.wait(), 10)  # comes only if the loop is free
            go_on.set()
            return await task

        assert asyncio.run(both()) == "drafted"
    assert len(records(world, "action:decide")) == 1


def test_a_call_that_is_cancelled_while_it_asks_is_the_same_call_when_it_is_made_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a timeout of the agent's own would make a second payment of the one that it asks for again."""
    sign(world, level="draft", actions=KEYED)
    calls: list[int] = []
    authorize = AsyncAuthorizer.authorize

    async def cancelled_once(self: AsyncAuthorizer, request: Request) -> Outcome:
        calls.append(request.call)
        outcome = await authorize(self, request)
        if len(calls) == 1:
            raise asyncio.CancelledError
        return outcome

    monkeypatch.setattr(AsyncAuthorizer, "authorize", cancelled_once)
    with world.connect() as thread:

        @thread.action("pay")
        async def pay(order: str, amount: int = 1) -> None:
            """Never reached, as above."""

        async def work() -> str:
            with thread.run(SLICE, case="case-1") as run:
                with pytest.raises(asyncio.CancelledError):
                    await pay("a")
                await pay("a")
            return run.status

        assert asyncio.run(work()) == "drafted"
    assert calls == [0, 0]
    assert len(records(world, "action:decide")) == 1


def test_closing_the_thread_ends_its_writer(world: World) -> None:
    """A process that closed what it opened leaves nothing running."""
    sign(world, level="draft", actions=KEYED)
    with world.connect() as thread:

        @thread.action("pay")
        async def pay(order: str, amount: int = 1) -> None:
            """Never reached, as above."""

        async def work() -> None:
            with thread.run(SLICE, case="case-1"):
                await pay("a")

        asyncio.run(work())
    assert not any(one.name == "goldenthread-writer" for one in threading.enumerate())
