"""
One suite for every adapter: what the guard says is what happens, and whatever it fails with, the tool did not run.

It runs for the frameworks that are installed; `make adapters` gives each an environment of its own.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import psycopg
import pytest

from goldenthread.control.approvals import Inbox
from goldenthread.record.store.server import EmbeddedServer
from goldenthread.surfaces.sdk import Thread, asking
from surfaces.adapters import bench
from surfaces.adapters.bench import PACKAGES, SLICE, Script, effects, installed
from surfaces.adapters.conftest import Place

PAY: Script = [[("pay", {"order": "o-1", "amount": 20})]]
PAID = {"tool": "pay", "order": "o-1", "amount": 20}


@pytest.mark.parametrize("framework", PACKAGES)
def test_this_suite_covers(framework: str) -> None:
    """Whoever reads the report must see which frameworks nothing was proved for here."""
    if framework == os.environ.get("ADAPTER"):
        assert framework in installed()
    elif framework not in installed():
        pytest.skip(f"{framework} is not installed here; `make adapters` tests each in an environment of its own")


def test_what_is_allowed_runs_and_its_result_reaches_the_model(place: Place) -> None:
    """An adapter that only stops things is of no use."""
    place.at("constrained")
    said = place.work(PAY)
    assert (said.status, said.error, said.told) == ("done", None, ["paid 20 for o-1"])
    assert effects() == [PAID]


def test_a_coroutine_tool_runs_as_well(place: Place) -> None:
    """Half of all tools are awaited."""
    place.at("constrained")
    said = place.work([[("remit", {"order": "o-1", "amount": 20})]])
    assert (said.status, said.told) == ("done", ["remitted 20 for o-1"])
    assert effects() == [{"tool": "remit", "order": "o-1", "amount": 20}]


def test_a_read_passes_at_every_level(place: Place) -> None:
    """Even in shadow an agent has to see its case."""
    place.at("shadow")
    said = place.work([[("look", {"order": "o-1"})]])
    assert (said.status, said.told) == ("done", ["order o-1 came back"])


def test_an_undeclared_tool_does_not_run_and_the_model_is_told_why(place: Place) -> None:
    """What no contract names is denied, and a model that knows the reason does not try it again in other words."""
    place.at("constrained")
    said = place.work([[("wipe", {"order": "o-1"})]])
    assert effects() == []
    assert said.error is None
    assert len(said.told) == 1
    assert "Refused: 'wipe' does not happen" in said.told[0]
    assert "(clause actions" in said.told[0]


def test_at_draft_people_do_it_and_the_model_knows(place: Place) -> None:
    """A model that takes a draft for done tells the customer so."""
    place.at("draft")
    said = place.work(PAY)
    assert effects() == []
    assert said.error is None
    assert "recorded as a draft" in said.told[0]


def test_in_shadow_nothing_happens(place: Place) -> None:
    """Shadow works beside people and has no effect."""
    place.at("shadow")
    said = place.work(PAY)
    assert effects() == []
    assert "Refused" in said.told[0]


def test_what_waits_for_a_person_ends_the_agent_and_is_done_by_another_process(place: Place) -> None:
    """The yes may come days later, when the process that asked is long gone."""
    place.at("approval")
    first = place.work_elsewhere(PAY)
    assert (first.status, first.error, effects()) == ("waiting", None, [])
    assert first.told == []
    place.answer(Inbox.approve)
    second = place.work_elsewhere(PAY)
    assert (second.status, second.error, second.told) == ("done", None, ["paid 20 for o-1"])
    assert effects() == [PAID]
    place.work_elsewhere(PAY)
    assert effects() == [PAID]


def test_where_nobody_answered_it_waits_on(place: Place) -> None:
    """Silence is never a yes, however often the agent comes back."""
    place.at("approval")
    for _ in range(2):
        assert place.work(PAY).status == "waiting"
    assert effects() == []
    assert len(place.world.open_items(SLICE, "approval")) == 1


def test_an_edit_is_what_is_done_and_the_model_is_told(place: Place) -> None:
    """A model that believes its own arguments were used tells the customer a wrong amount."""
    place.at("approval")
    place.work(PAY)
    place.answer(Inbox.edit, {"amount": 15})
    said = place.work_elsewhere(PAY)
    assert effects() == [{"tool": "pay", "order": "o-1", "amount": 15}]
    assert said.status == "done"
    assert "paid 15 for o-1" in said.told[0]
    assert "a person changed its arguments" in said.told[0]
    assert "15" in said.told[0].split("It was done with:")[1]


def test_a_no_reaches_the_model_with_its_reason(place: Place) -> None:
    """An agent that isn't told why will ask again."""
    place.at("approval")
    place.work(PAY)
    place.answer(Inbox.reject, "the parcel never came")
    said = place.work_elsewhere(PAY)
    assert effects() == []
    assert said.error is None
    assert "the parcel never came" in said.told[0]


def test_a_framework_that_kept_the_conversation_goes_on_where_it_stopped(place: Place) -> None:
    """What was done before the pause is not called again, and what waited is the same call as before."""
    place.at("constrained")
    script: Script = [*PAY, [("pay", {"order": "o-1", "amount": 30})], [("remit", {"order": "o-2", "amount": 5})]]
    first = place.work_elsewhere(script)  # the same key with another amount: a person is asked
    assert (first.status, effects()) == ("waiting", [PAID])
    place.answer(Inbox.approve)
    second = place.work_elsewhere(script, saved=first.saved)
    assert (second.status, second.error) == ("done", None)
    assert second.told == ["paid 20 for o-1", "paid 30 for o-1", "remitted 5 for o-2"]
    assert [(one["tool"], one["amount"]) for one in effects()] == [("pay", 20), ("pay", 30), ("remit", 5)]
    assert place.world.verify_ok()
    assert place.world.replay(SLICE).ok


def test_calls_at_once_each_have_their_own_effect(place: Place) -> None:
    """Models ask for several tools in one turn, and frameworks run them side by side."""
    place.at("constrained")
    orders = [f"o-{number}" for number in range(6)]
    script: Script = [
        [("pay" if number % 2 else "remit", {"order": order, "amount": 1}) for number, order in enumerate(orders)]
    ]
    said = place.work(script)
    assert (said.status, said.error) == ("done", None)
    assert sorted(one["order"] for one in effects()) == orders
    assert len(said.told) == 6


def test_one_of_several_at_once_waits_and_the_others_are_done_once(place: Place) -> None:
    """A question to a person neither undoes nor repeats what needed none."""
    place.at("constrained")
    place.work(PAY)
    script: Script = [[("remit", {"order": "o-2", "amount": 1}), ("pay", {"order": "o-1", "amount": 99})]]
    first = place.work(script, case="case-1")
    assert first.status == "waiting"
    place.answer(Inbox.approve)
    second = place.work_elsewhere(script, saved=first.saved)
    assert (second.status, second.error) == ("done", None)
    assert [one["amount"] for one in effects() if one["tool"] == "pay"] == [20, 99]
    assert len([one for one in effects() if one["tool"] == "remit"]) == 1


def test_the_kill_switch_holds_every_tool(place: Place) -> None:
    """Whoever pulls it must not have to know how many frameworks there are."""
    place.at("constrained")
    place.world.stop()
    said = place.work([*PAY, [("look", {"order": "o-1"})]])
    assert effects() == []
    assert "came back" not in "".join(said.told)


def test_a_guard_that_raises_is_a_no(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frameworks that catch what a hook raises go on and run the tool."""
    place.at("constrained")

    def broken(*_: Any) -> None:
        raise RuntimeError("the guard is broken")

    monkeypatch.setattr(Thread, "authorize", broken)
    monkeypatch.setattr(Thread, "authorize_async", broken)
    _nothing_happened(place)


def test_a_guard_that_answers_too_late_is_a_no(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """By then the framework may have told the model that nothing happened."""
    place.at("constrained")
    answer, answer_async = Thread.authorize, Thread.authorize_async

    def slow(thread: Thread, request: Any) -> Any:
        time.sleep(0.3)
        return answer(thread, request)

    async def slow_async(thread: Thread, request: Any) -> Any:
        await asyncio.sleep(0.3)
        return await answer_async(thread, request)

    monkeypatch.setattr(asking, "ANSWER_S", 0.2)
    monkeypatch.setattr(Thread, "authorize", slow)
    monkeypatch.setattr(Thread, "authorize_async", slow_async)
    _nothing_happened(place)


def test_a_database_that_is_gone_is_a_no(place: Place, server: EmbeddedServer, database_url: str) -> None:
    """Without the record nobody could say later what happened, so nothing does."""
    place.at("constrained")
    with place.connect() as thread:
        made = place.made(thread)
        name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
        run = thread.run(SLICE, case="case-1")
        error: BaseException | None = None
        try:
            with run:
                _lock_out(server, str(name))
                said = made.work(PAY)
                assert not any("paid" in words for words in said.told)
        except Exception as found:  # noqa: BLE001 - frameworks dress it up
            error = found
        finally:
            _let_in(server, str(name))
    assert error is not None
    assert effects() == []


def test_a_tool_called_outside_a_run_does_not_run(place: Place) -> None:
    """Whoever forgets to open a run has no contract, and without one nothing happens."""
    place.at("constrained")
    with place.connect() as thread:
        made = place.made(thread)
        with pytest.raises(Exception, match=r"outside a run|no-run"):
            made.work(PAY)
    assert effects() == []


def test_a_tool_that_fails_is_in_doubt_and_never_done_twice_alone(place: Place) -> None:
    """Nobody knows how far it came, so a person looks before it is tried again."""
    place.at("constrained")
    script: Script = [[("fail", {"text": "a"})], [("fail", {"text": "a"})]]
    said = place.work(script)
    assert len(effects()) == 1
    assert said.status in ("waiting", "fault")
    assert len(place.world.open_items(SLICE, "in-doubt effect")) == 1


def test_the_fingerprint_is_of_the_tools_and_stays_the_same_in_every_process(place: Place) -> None:
    """Evidence belongs to a fingerprint: it must change with the tools, and with nothing else."""
    place.at("draft")
    place.work(PAY)
    place.work_elsewhere(PAY, case="case-2")
    standing = place.world.desk(SLICE).standing()
    assert len(standing.agents) == 1
    tools = next(iter(standing.agents.values())).declaration["tools"]
    assert sorted(tools) == sorted(tool.__name__ for tool in bench.TOOLS)
    assert [one["name"] for one in tools["pay"]] == ["order", "amount"]


def _nothing_happened(place: Place) -> None:
    said = place.work(PAY)
    assert effects() == []
    assert not any("paid" in words for words in said.told)
    assert said.error is not None, "the agent went on without its guard"
    assert said.status == "fault"


def _lock_out(server: EmbeddedServer, name: str) -> None:
    with server.connect("postgres") as connection:
        connection.execute(f'alter database "{name}" with allow_connections false'.encode())
        connection.execute(b"select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])


def _let_in(server: EmbeddedServer, name: str) -> None:
    with server.connect("postgres") as connection:
        connection.execute(f'alter database "{name}" with allow_connections true'.encode())
