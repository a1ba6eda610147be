"""What a run has seen comes from tools and task givers, and outlives the server."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any, NoReturn

import pytest

from goldenthread.control.approvals import Item
from goldenthread.control.guard import Desk, open_run
from goldenthread.promise.errors import (
    ManifestMismatch,
    PermitRefused,
    RunBusy,
    ScopeRefused,
    ServerUnreachable,
    StopUnconfirmed,
    StoreUnavailable,
)
from goldenthread.promise.values import Json
from surfaces.api.town import SLICE, Agent, Town, opened_town
from worlds import AGENT, World


def origin(town: Town, run: str, value: str) -> str | None:
    """Why a value that decides an effect would not be trusted in a run; None if it would be."""
    with town.house.work(run) as work:
        return work.memory.seen.origins.problem(value)


def read(town: Town, agent: Agent, run: str, order: str) -> Any:
    """A read by the tool, as the agent gets it."""
    answer = agent.wire.post("runs", run, "actions", body={"action": "look", "arguments": {"order": order}})
    assert answer["verdict"] == "allow"
    return town.payments().act("look", agent.permit(answer), {"order": order})


def test_what_a_tool_read_is_known_to_the_server_before_the_agent_has_it(town: Town, alone: Agent) -> None:
    """Where a value came from is the tool's word, never the agent's."""
    run = alone.open()
    assert origin(town, run, "account-of-o-9") == "stands in no source of this run"
    assert read(town, alone, run, "o-9") == {"order": "o-9", "account": "account-of-o-9"}
    assert origin(town, run, "account-of-o-9") == "stands only in untrusted content (look, call 1)"


def test_a_read_permit_counts_once(town: Town, alone: Agent) -> None:
    """A run's memory must not be filled by replaying what was read."""
    run = alone.open()
    answer = alone.wire.post("runs", run, "actions", body={"action": "look", "arguments": {"order": "o-9"}})
    town.payments().act("look", alone.permit(answer), {"order": "o-9"})
    with pytest.raises(PermitRefused, match="it was used before, or the server began anew since"):
        town.payments().act("look", alone.permit(answer), {"order": "o-9"})


def test_what_is_stopped_meanwhile_is_not_handed_out(own_town: Town) -> None:
    """A read under way when somebody stops everything gives the agent nothing."""
    agent = own_town.agent()
    run = agent.open()
    answer = agent.wire.post("runs", run, "actions", body={"action": "look", "arguments": {"order": "o-9"}})
    own_town.world.stop()
    with pytest.raises(PermitRefused, match="Everything is stopped"):
        own_town.payments().act("look", agent.permit(answer), {"order": "o-9"})


def test_the_agents_own_word_for_its_case_is_no_trusted_source(town: Town, alone: Agent) -> None:
    """A hijacked agent would say that the person asked for exactly this account."""
    run = alone.open("told-by-the-agent", account="attacker-1")
    assert origin(town, run, "attacker-1") == ("stands only in untrusted content (the case, as the agent tells it)")


def test_a_task_is_a_trusted_source_of_its_run(town: Town, alone: Agent) -> None:
    """Whoever gives tasks hands over a run; the agent resumes it and finds what the case says."""
    task: dict[str, Json] = {"slice": SLICE, "case": "given", "agent": AGENT, "given": {"account": "customer-1"}}
    given = town.wire("desk").post("tasks", body=task)
    assert (given["trusted"], given["resumed"]) == (True, False)
    run = alone.open("given", account="attacker-1")
    assert run == given["run"]
    assert origin(town, run, "customer-1") is None
    assert origin(town, run, "attacker-1") == "stands in no source of this run"


def test_a_task_is_not_given_into_a_run_that_the_agent_began(town: Town, alone: Agent) -> None:
    """Else the agent's words would stand where the task's should."""
    alone.open("taken", account="attacker-1")
    task: dict[str, Json] = {"slice": SLICE, "case": "taken", "agent": AGENT, "given": {"account": "customer-1"}}
    with pytest.raises(RunBusy) as caught:
        town.wire("desk").post("tasks", body=task)
    assert str(caught.value) == (
        "run-busy: Agent 'agent' opened case 'taken' of 'refunds' before, with words of its own. "
        "Have it end that run, then give the task."
    )


def test_a_task_is_given_only_to_an_agent_that_has_declared_itself(town: Town, alone: Agent) -> None:
    """With a name that is mistyped the task would wait for nobody."""
    with pytest.raises(ManifestMismatch) as caught:
        town.wire("desk").post("tasks", body={"slice": SLICE, "case": "for-nobody", "agent": "agnet"})
    assert str(caught.value) == (
        "manifest-mismatch: Agent 'agnet' has not declared itself in 'refunds'. Start it once, then give it the task."
    )


def test_an_agent_gives_itself_no_task(town: Town, alone: Agent) -> None:
    """The scope of a token is what separates the task from the agent's words."""
    with pytest.raises(ScopeRefused):
        alone.wire.post("tasks", body={"slice": SLICE, "case": "own", "agent": AGENT})


def test_nothing_that_a_run_has_seen_is_forgotten_when_the_server_begins_anew(world: World) -> None:
    """A restart must not wash a value clean, nor make a trusted one doubtful."""
    town = opened_town(world)
    with town.open():
        agent = town.climb()
        task: dict[str, Json] = {"slice": SLICE, "case": "long", "agent": AGENT, "given": {"account": "customer-1"}}
        run = str(town.wire("desk").post("tasks", body=task)["run"])
        assert agent.open("long") == run
        read(town, agent, run, "o-9")
        answer = agent.ask(run, "pay", order="o-1", amount=7)
        town.payments().act("pay", agent.permit(answer), answer["arguments"])
    with town.open():
        assert origin(town, run, "customer-1") is None
        assert origin(town, run, "account-of-o-9") == "stands only in untrusted content (look, call 1)"
        assert origin(town, run, "paid o-1") == "stands only in untrusted content (pay, call 2)"
        with town.house.work(run) as work:
            assert work.memory.seen.before == {"look", "pay"}


def doubts(world: World) -> list[Item]:
    """Open questions whether an effect happened."""
    return [item for item in world.inbox(SLICE).items() if item.kind == "in-doubt effect"]


def consumed(town: Town, agent: Agent, run: str) -> None:
    """A tool consumes the permit for one payment, and is never heard of again."""
    answer = agent.ask(run, "pay", order="o-1", amount=7)
    tool = town.payments()
    with ExitStack() as silence, pytest.MonkeyPatch.context() as patch:
        silence.callback(town.paid.clear)
        patch.setattr(tool, "_report", lambda *_: (_ for _ in ()).throw(ServerUnreachable("the line went dead")))
        with pytest.raises(ServerUnreachable):
            tool.act("pay", agent.permit(answer), answer["arguments"])


def test_an_effect_whose_server_died_is_in_doubt(world: World) -> None:
    """Between the permit consumed and the effect reported nobody knows: a person is asked, and it is not repeated."""
    town = opened_town(world)
    with town.open():
        agent = town.climb()
        run = agent.open("broken-off")
        consumed(town, agent, run)
    with town.open(flight_s=0.05):
        agent = town.agent()
        assert agent.open("broken-off") == run
        deadline = time.monotonic() + 60
        while agent.ask(run, "pay", order="o-1", amount=7)["state"] == "consumed" and time.monotonic() < deadline:
            time.sleep(0.05)
        answer = agent.ask(run, "pay", order="o-1", amount=7)
        assert (answer["verdict"], answer["state"], answer["permit"]) == ("ask", "unknown", None)
        assert [item.id for item in doubts(world)] == [answer["item"]]
        assert agent.end(run) == "waiting"


def test_a_person_is_asked_although_the_agent_never_comes_back(world: World) -> None:
    """What hangs in the air is found by the server itself, also by one that did not let it begin."""
    town = opened_town(world)
    with town.open():
        agent = town.climb()
        consumed(town, agent, agent.open("left"))
    with town.open(flight_s=0.05):
        assert town.house.land() == 0  # it has its time from when this server first looked
        time.sleep(0.1)
        assert town.house.land() == 1
        assert [item.reason for item in doubts(world)] == [
            "The tool failed (TimeoutError); whether the effect happened is unknown"
        ]


def test_a_task_given_as_the_server_dies_can_be_given_again(
    town: Town, alone: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose task it was stood in a record after the run's: between the two, nobody could open that case any more."""

    def dies(*given: Any, **more: Any) -> NoReturn:
        open_run(*given, **more)
        raise StoreUnavailable("The database is away. Try again.")

    task: dict[str, Json] = {"slice": SLICE, "case": "order-9", "agent": AGENT, "given": {"order": "o-9"}}
    with monkeypatch.context() as dying:
        dying.setattr("goldenthread.control.serving.agents.open_run", dies)
        with pytest.raises(StoreUnavailable):
            town.wire("desk").post("tasks", body=task)
    given = town.wire("desk").post("tasks", body=task)
    assert (given["resumed"], given["trusted"], given["given"]) == (True, True, {"order": "o-9"})
    assert alone.open("order-9") == given["run"]


def test_a_doubt_that_could_not_be_written_down_is_written_down_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flight was forgotten before it was on record: while the database was away, the question got lost."""
    town = opened_town(world)
    with town.open(flight_s=0.05):
        agent = town.climb()
        consumed(town, agent, agent.open("left"))
        time.sleep(0.1)
        with monkeypatch.context() as away:
            away.setattr(Desk, "transaction", _away)
            with pytest.raises(StoreUnavailable):
                town.house.land()
        assert doubts(world) == []
        assert town.house.land() == 1
        assert len(doubts(world)) == 1


def _away(_: Desk) -> NoReturn:
    raise StoreUnavailable("The database is away. Try again.")


def test_asking_again_while_a_tool_is_at_work_casts_no_doubt(town: Town, alone: Agent) -> None:
    """An agent that polls must not make a person look at an effect that is merely slow."""
    run = alone.open()
    seen: list[dict[str, Any]] = []
    answer = alone.ask(run, "pay", order="o-1", amount=7)
    tool = town.payments()
    tool._tools["pay"] = lambda order, amount: seen.append(alone.ask(run, "pay", order="o-1", amount=7))
    tool.act("pay", alone.permit(answer), answer["arguments"])
    assert [(one["state"], one["verdict"], one["permit"]) for one in seen] == [("consumed", "allow", None)]
    assert alone.ask(run, "pay", order="o-1", amount=7)["state"] == "done"


def test_a_run_does_not_end_under_a_tool_at_work(town: Town, alone: Agent) -> None:
    """Ended in the midst of it, every slow effect would be in doubt."""
    run = alone.open()
    answer = alone.ask(run, "pay", order="o-1", amount=7)
    tool = town.payments()

    def pay(order: str, amount: int) -> None:
        with pytest.raises(RunBusy, match="has not said yet what came of it"):
            alone.end(run)

    tool._tools["pay"] = pay
    tool.act("pay", alone.permit(answer), answer["arguments"])
    assert alone.end(run) == "done"


def test_a_yes_that_was_long_on_its_way_is_none(town: Town, alone: Agent) -> None:
    """A tool begins within a second of the server's word, or not at all; then the agent may ask anew."""
    run = alone.open()
    answer = alone.ask(run, "pay", order="o-1", amount=7)
    times = iter((0.0, 1.5))
    with pytest.raises(StopUnconfirmed) as caught:
        town.payments(monotonic=lambda: next(times)).act("pay", alone.permit(answer), answer["arguments"])
    assert str(caught.value) == (
        "stop-unconfirmed: Whether 'pay' may begin was answered after 1.5 s, and after 1 s an answer is no news, so it "
        "does not begin. Look why the line or the server is so slow; then ask anew."
    )
    assert town.paid == []
    again = alone.ask(run, "pay", order="o-1", amount=7)
    town.payments().act("pay", alone.permit(again), again["arguments"])
    assert town.paid == [("o-1", 7)]


def test_a_tool_that_fails_leaves_doubt_or_another_try(town: Town, alone: Agent) -> None:
    """Without an idempotency key a person must look; with one the same may be tried again."""
    run = alone.open()
    payments, mailer = town.payments(), town.mailer()

    def fail(**_: Any) -> None:
        raise OSError("the line went dead")

    payments._tools["pay"] = mailer._tools["post"] = fail
    answer = alone.ask(run, "post", text="hello")
    with pytest.raises(OSError, match="the line went dead"):
        mailer.act("post", alone.permit(answer), answer["arguments"])
    again = alone.ask(run, "post", text="hello")
    assert again["state"] == "permitted"
    town.mailer().act("post", alone.permit(again), again["arguments"])
    answer = alone.ask(run, "pay", 1, order="o-1", amount=7)
    with pytest.raises(OSError, match="the line went dead"):
        payments.act("pay", alone.permit(answer), answer["arguments"])
    assert alone.ask(run, "pay", 1, order="o-1", amount=7)["state"] == "unknown"
    assert (town.posted, town.paid) == (["hello"], [])
