"""The gateway's log says where and what kind of fault it was, never what anybody wrote or which secret it held."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from goldenthread.promise.errors import StoreUnavailable
from goldenthread.surfaces.gateway import gateway as gateway_module
from goldenthread.surfaces.gateway.case import CaseRun
from goldenthread.surfaces.gateway.cases import Cases
from goldenthread.surfaces.gateway.gateway import Gateway
from surfaces.gateway.conftest import Signed
from surfaces.gateway.inside import ACTIONS, Agent, Shop, work

SECRET = "sk-live-4242"


def fails(*_: Any, **__: Any) -> Any:
    """As a driver's fault does, whose words repeat what was sent; its cause does, too."""
    try:
        raise ValueError(f"token {SECRET}")
    except ValueError as cause:
        raise RuntimeError(f"insert ... values ('{SECRET}')") from cause


def test_a_fault_inside_a_call_is_logged_by_its_kind_and_place(
    shop_at: Signed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The traceback with its words used to go to the log of whoever runs the gateway."""
    world, shop = shop_at("approval", ACTIONS), Shop()
    monkeypatch.setattr(Gateway, "_call", fails)

    async def job(agent: Agent) -> None:
        answer = await agent.call("post", text="hello")
        assert (answer.status, answer.failed) == ("error", True)
        assert SECRET not in str(answer)

    with caplog.at_level(logging.DEBUG):
        work(world, shop, job)
    assert "A call failed inside the gateway: RuntimeError\n" in caplog.text
    assert "test_gateway_log.py" in caplog.text, "where it was, so that it can be mended"
    assert SECRET not in caplog.text.replace(__file__, "")
    assert shop.calls == []


@pytest.mark.parametrize(
    ("problem", "kind"), [(RuntimeError(SECRET), "RuntimeError"), (StoreUnavailable(SECRET), "store-unavailable")]
)
def test_a_call_that_nobody_waits_for_is_logged_by_its_kind(
    caplog: pytest.LogCaptureFixture, problem: Exception, kind: str
) -> None:
    """Errors of our own may hold words of others, too."""

    async def end() -> None:
        working: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        working.set_exception(problem)
        gateway_module._heard(working)
        never: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        never.cancel()
        gateway_module._heard(never)

    with caplog.at_level(logging.DEBUG):
        asyncio.run(end())
    assert caplog.messages[-1:] == [f"A call that nobody waits for ended: {kind}"]
    assert SECRET not in caplog.text


def test_a_case_that_cannot_be_ended_is_logged_by_its_kind(
    shop_at: Signed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The other cases are ended all the same."""
    world, shop = shop_at("approval", ACTIONS), Shop()

    async def job(agent: Agent) -> None:
        await agent.call("post", text="hello")
        monkeypatch.setattr(CaseRun, "close", fails)
        cases: Cases = agent.gateway._cases
        await cases.end_all()

    with caplog.at_level(logging.DEBUG):
        work(world, shop, job)
    assert "A case could not be ended, and the next gateway settles it: RuntimeError" in caplog.messages
    assert SECRET not in caplog.text
