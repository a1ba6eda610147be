"""Whatever raises, hangs, is away, hostile or dies: the tool does not run, or a person is asked whether it did."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

from goldenthread.control import guard
from goldenthread.promise.errors import StoreUnavailable
from goldenthread.surfaces.gateway import upstream as upstream_module
from surfaces.gateway.conftest import Signed
from surfaces.gateway.inside import ACTIONS, Agent, Shop, climb, said, tool, work
from surfaces.gateway.outside import SLICE, until


def code(answer: Any) -> str:
    assert answer.failed
    return str(answer.structured["code"])


@pytest.mark.parametrize("name", ["look", "post"])
@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError("a bug"), "gateway-error"),
        (StoreUnavailable("The database is away. Start it."), "store-unavailable"),
    ],
)
def test_a_guard_that_raises_or_is_unreachable_lets_nothing_through(
    shop_at: Signed, monkeypatch: pytest.MonkeyPatch, name: str, error: Exception, expected: str
) -> None:
    """The most common way in which guards of agents fail is open."""
    world, shop = shop_at("approval", ACTIONS), Shop()
    climb(world, shop)

    def fail(*_: object, **__: object) -> None:
        raise error

    async def job(agent: Agent) -> None:
        monkeypatch.setattr(guard.Desk, "decide", fail)
        monkeypatch.setattr(guard.Authorizer, "authorize", fail)
        refused = await agent.call(name, **({"what": "x"} if name == "look" else {"text": "x"}))
        assert (code(refused), shop.calls) == (expected, [])
        monkeypatch.undo()

    work(world, shop, job)


@pytest.mark.parametrize("place", ["decide", "authorize", "consume"])
def test_a_guard_that_takes_too_long_is_a_no_also_when_it_answers_later(
    shop_at: Signed, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """A yes that comes when nobody waits any more must not move anything."""
    world, shop = shop_at("approval", ACTIONS), Shop()
    climb(world, shop)
    let_go = threading.Event()

    def slow(real: Any) -> Any:
        def wait(*arguments: Any, **more: Any) -> Any:
            found = real(*arguments, **more)
            let_go.wait(20)
            return found

        return wait

    async def job(agent: Agent) -> None:
        if place == "consume":
            monkeypatch.setattr(guard, "consume", slow(guard.consume))
        else:
            owner = guard.Desk if place == "decide" else guard.Authorizer
            monkeypatch.setattr(owner, place, slow(getattr(owner, place)))
        wanted: dict[str, Any] = {"what": "x"} if place == "decide" else {"text": "x"}
        late = await agent.call("look" if place == "decide" else "post", **wanted)
        assert code(late) == "guard-timeout"
        assert late.blocks[0]["text"].startswith("NOT DONE. guard-timeout: The guard did not answer within 0.3 s, so")
        monkeypatch.undo()
        let_go.set()
        live = next(iter(agent.cases._live.values()))
        await until(lambda: live.calls == 0)
        assert shop.calls == []
        assert world.open_items(SLICE, "in-doubt effect") == []

    work(world, shop, job, guard_s=0.3)


def test_a_client_that_goes_away_before_the_tool_begins_gets_no_effect(
    shop_at: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that was given up is not done behind its back."""
    world, shop = shop_at("approval", ACTIONS), Shop()
    climb(world, shop)
    let_go = threading.Event()
    real = guard.consume

    def slow(*arguments: Any) -> None:
        real(*arguments)
        let_go.wait(20)

    async def job(agent: Agent) -> None:
        monkeypatch.setattr(guard, "consume", slow)
        calling = asyncio.ensure_future(agent.call("post", text="x"))
        await asyncio.sleep(0.5)
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
        monkeypatch.undo()
        let_go.set()
        live = next(iter(agent.cases._live.values()))
        await until(lambda: live.calls == 0)
        assert shop.calls == []

    work(world, shop, job)


@pytest.mark.parametrize("failure", ["says so", "raises", "hangs"])
def test_a_tool_that_fails_after_its_permit_leaves_a_question_to_a_person(
    shop_at: Signed, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    """Nobody can know from here whether it took effect."""
    world, shop = shop_at("approval", ACTIONS), Shop()
    climb(world, shop)

    async def behave(name: str, arguments: dict[str, Any]) -> Any:
        if failure == "says so":
            return said("out of order", failed=True)
        if failure == "raises":
            raise RuntimeError("out of order")
        await asyncio.sleep(30)
        return None

    shop.behave = behave

    async def job(agent: Agent) -> None:
        failed = await agent.call("post", text="x")
        assert (failed.status, failed.failed) == ("error", True)
        assert failed.blocks[0]["text"].startswith("It was called and failed; whether it took effect is not known")
        assert len(world.open_items(SLICE, "in-doubt effect")) == 1
        again = await agent.call("post", text="x")
        assert again.status == "pending"
        assert len(shop.calls) == 1

    work(world, shop, job, tool_s=0.3 if failure == "hangs" else 30.0)


def test_more_output_than_can_be_passed_on_is_an_error(shop_at: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server must not fill the memory of whoever reads it."""
    world, shop = shop_at("approval", ACTIONS), Shop()
    monkeypatch.setattr(upstream_module, "LARGEST_OUTPUT", 1000)

    async def behave(name: str, arguments: dict[str, Any]) -> Any:
        return said("x" * 2000)

    shop.behave = behave

    async def job(agent: Agent) -> None:
        refused = await agent.call("look", what="x")
        assert code(refused) == "upstream-failed"
        assert "and at most 1000 are passed on" in refused.blocks[0]["text"]

    work(world, shop, job)


@pytest.mark.parametrize(
    ("arguments", "expected", "words"),
    [
        ({"order": "a", "amount": "ten"}, "tool-arguments-invalid", "amount: 'ten' is not of type 'integer'"),
        ({"order": "a"}, "tool-arguments-invalid", "'amount' is a required property"),
        ({"order": "a", "amount": float("nan")}, "not-canonical", ""),
        ({"order": "a", "amount": 2**60}, "not-canonical", ""),
        ({"order": "a" * 300_000, "amount": 1}, "tool-arguments-invalid", "at most 262144"),
        ({"order": "\ud800", "amount": 1}, "not-canonical", ""),
    ],
)
def test_arguments_that_the_tool_would_refuse_never_reach_guard_or_tool(
    shop_at: Signed, arguments: dict[str, Any], expected: str, words: str
) -> None:
    """A typing error of a model is no question for a person, and leaves nothing in doubt."""
    world, shop = shop_at("approval", ACTIONS), Shop()

    async def job(agent: Agent) -> None:
        refused = await agent.call("pay", **arguments)
        assert code(refused) == expected
        assert words in refused.blocks[0]["text"]
        unknown = await agent.call("nothing-like-it", x=1)
        assert code(unknown) == "tool-unknown"

    work(world, shop, job)
    assert shop.calls == []
    assert world.open_items(SLICE, "approval") == []


def test_a_schema_that_points_elsewhere_is_not_followed(shop_at: Signed) -> None:
    """A server could make the gateway fetch what it likes."""
    world, shop = shop_at("approval", ACTIONS), Shop()
    shop.tools[0] = tool("look").model_copy(
        update={"input_schema": {"type": "object", "$ref": "http://127.0.0.1:9/schema.json"}}
    )

    async def job(agent: Agent) -> None:
        refused = await agent.call("look", what="x")
        assert code(refused) == "tool-arguments-invalid"
        assert "its schema cannot be read" in refused.blocks[0]["text"]

    work(world, shop, job)
    assert shop.calls == []


def test_a_server_that_is_away_is_an_error_and_is_found_again(shop_at: Signed) -> None:
    """Servers restart; the gateway must neither die with them nor need a restart itself."""
    world, shop = shop_at("approval", ACTIONS), Shop()

    async def job(agent: Agent) -> None:
        upstream = agent.gateway._upstream
        connect = upstream._connect
        upstream._connect = lambda: (_ for _ in ()).throw(OSError("no such program"))
        upstream._broken.set()
        await asyncio.sleep(0.05)
        away = await agent.call("look", what="x")
        assert code(away) == "upstream-unreachable"
        assert "The MCP server 'shop' cannot be used: OSError: no such program." in away.blocks[0]["text"]
        upstream._connect = connect
        assert (await agent.call("look", what="x")).status == "done"

    work(world, shop, job)


def test_cases_at_work_are_limited(shop_at: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each holds a thread, and a client may name as many as it likes."""
    from goldenthread.surfaces.gateway import cases

    monkeypatch.setattr(cases, "MOST_CASES", 2)
    world, shop = shop_at("approval", ACTIONS), Shop()
    let_go = asyncio.Event()

    async def behave(name: str, arguments: dict[str, Any]) -> Any:
        await let_go.wait()

    async def job(agent: Agent) -> None:
        for number in range(5):
            assert (await agent.call("look", case=f"c{number}", what="x")).status == "done"
        assert len(agent.cases._live) == 2
        shop.behave = behave
        busy = [asyncio.ensure_future(agent.call("look", case=f"c{number}", what="x")) for number in (3, 4)]
        await until(lambda: len(shop.calls) == 7)
        assert code(await agent.call("look", case="c9", what="x")) == "case-refused"
        let_go.set()
        await asyncio.gather(*busy)

    work(world, shop, job, client_names_cases=True)


def test_a_tool_of_another_type_than_the_contract_says_is_refused(shop_at: Signed) -> None:
    """Whoever signed the contract looked at other arguments."""
    from dataclasses import replace

    from goldenthread.promise.contract import acting
    from goldenthread.promise.errors import ToolMismatch
    from goldenthread.surfaces.gateway.listing import require_match
    from goldenthread.surfaces.gateway.tools import Tool

    world, _shop = shop_at("approval", ACTIONS), Shop()
    action = world.desk(SLICE).contract().actions["pay"]
    pay = Tool.of_record(tool("pay", order="string", amount="integer").model_dump(mode="json", by_alias=True))
    text, number = acting.Field(type="text"), acting.Field(type="number")
    require_match(pay, action)
    require_match(pay, replace(action, takes={"order": text, "amount": number}))
    for takes, words in (
        ({"order": text, "amount": text}, "'amount' is integer, and the contract says text"),
        ({"order": text}, "it needs 'amount', which the contract leaves out"),
        ({"order": text, "amount": number, "note": text}, "it knows no argument 'note'"),
        (
            {"order": replace(text, optional=True), "amount": number},
            "it needs 'order', which the contract calls optional",
        ),
    ):
        with pytest.raises(ToolMismatch, match=words):
            require_match(pay, replace(action, takes=takes))


def test_what_is_asked_of_the_guard_takes_milliseconds(shop_at: Signed) -> None:
    """A gateway that is felt is taken out again."""
    world, shop = shop_at("approval", ACTIONS), Shop()
    climb(world, shop)

    async def job(agent: Agent) -> None:
        await agent.call("post", text="first")
        began = time.perf_counter()
        for number in range(50):
            assert (await agent.call("post", text=str(number))).status == "done"
        per_call_ms = (time.perf_counter() - began) * 1000 / 50
        print(f"gateway, a call with permit, effect and record: {per_call_ms:.1f} ms")
        assert per_call_ms < 200

    work(world, shop, job)
