"""A client behind a gateway keeps what it read; so does the gateway, whatever becomes of the run."""

from __future__ import annotations

from goldenthread.promise.values import TrustMode
from surfaces.gateway.conftest import Signed
from surfaces.gateway.inside import ACTIONS, Agent, Shop, climb, work

RULE = "rules:\n  - after look, never post\n"


def test_waiting_until_the_case_is_ended_is_no_way_to_forget(shop_at: Signed) -> None:
    """The same client in the same session still has the customer's data when its next case begins."""
    world, shop = shop_at("approval", ACTIONS, parts=RULE), Shop()
    climb(world, shop)

    async def job(agent: Agent) -> None:
        assert (await agent.call("look", what="a customer")).status == "done"
        await agent.cases.end_idle()
        refused = await agent.call("post", text="a customer")
        assert (refused.status, [name for name, _ in shop.calls]) == ("denied", ["look"])

    work(world, shop, job, idle_s=0.0)


def test_the_one_case_of_a_gateway_is_remembered_too(shop_at: Signed) -> None:
    """Another run on the same case is the same client with the same memory."""
    world, shop = shop_at("approval", ACTIONS, parts=RULE), Shop()
    climb(world, shop)

    async def job(agent: Agent) -> None:
        assert (await agent.call("look", what="a customer")).status == "done"
        await agent.cases.end_idle()
        assert (await agent.call("post", text="a customer")).status == "denied"

    work(world, shop, job, idle_s=0.0, case="the-case")


def test_a_run_that_waits_remembers_what_was_read_in_it(shop_at: Signed) -> None:
    """The gateway ends, a person answers, and the next gateway goes on with the same run: nothing read is forgotten."""
    world, shop = shop_at("approval", ACTIONS, parts=RULE), Shop()
    climb(world, shop)

    async def read(agent: Agent) -> None:
        assert (await agent.call("look", what="a customer")).status == "done"
        assert (await agent.call("wire", account="a")).status in ("done", "pending")

    async def write(agent: Agent) -> None:
        assert (await agent.call("post", text="a customer")).status == "denied"

    work(world, shop, read, case="the-case", mode=TrustMode.COOPERATIVE)
    work(world, shop, write, case="the-case", mode=TrustMode.COOPERATIVE)
    assert [name for name, _ in shop.calls] == ["look"]
