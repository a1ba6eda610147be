"""Steps that are kept, schedules, housekeeping, and what is said of workers that cannot be."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from goldenthread.control.guard import HOLD
from goldenthread.promise.errors import (
    AgentInvalid,
    CaseErased,
    NestedEffect,
    NotCanonical,
    ScheduleInvalid,
    TurnLost,
    ValueProblem,
    WorkerInvalid,
)
from goldenthread.record.store import Home
from goldenthread.surfaces.cli.commands.work import found
from goldenthread.surfaces.sdk import Thread
from goldenthread.work.runtime import Clockwork, Handed, Housekeeping, Schedule, Submissions
from goldenthread.work.runtime.turns import Turns
from worlds import World, connect, declare_tools, make_world


@pytest.fixture
def world(home: Home) -> World:
    """A home with a slice whose agent asks for each action."""
    made = make_world(home.path)
    made.slice("approvals", level="approval", gates={"constrained": ["approved_unedited >= 99.9 %"]})
    return made


class Stop(BaseException):
    """What ends a process: the run stays open."""


def attempt(thread: Thread, work: Callable[[Any], None]) -> str:
    """One run on the case, broken off at the end as by a process that dies."""
    run = thread.run("approvals", case="case-1")

    def broken_off() -> None:
        with run:
            work(run)
            raise Stop

    with pytest.raises(Stop):
        broken_off()
    return run.status


def test_a_step_is_done_once_and_given_back(world: World) -> None:
    """An agent with a runtime of its own has the same guarantee: in another process the step is not done again."""
    calls: list[int] = []

    def look_up(number: int) -> tuple[int, str]:
        calls.append(number)
        return number, "found"

    seen: list[Any] = []
    for _ in range(2):
        with connect(world.home) as thread:
            declare_tools(thread)
            attempt(thread, lambda run: seen.extend(run.step("look up", look_up, number) for number in (1, 2)))
    assert calls == [1, 2]
    assert seen == [[1, "found"], [2, "found"]] * 2, "the same as JSON, the first time too"


def test_a_step_is_tried_as_often_as_it_says(world: World) -> None:
    """A model that is away for a moment is asked again; its last error counts."""
    calls: list[int] = []

    def flaky() -> str:
        calls.append(1)
        if len(calls) < 3:
            raise ConnectionError("away")
        return "here"

    def work(run: Any) -> None:
        assert run.step("ask", flaky, tries=3) == "here"
        with pytest.raises(ZeroDivisionError):
            run.step("divide", lambda: 1 / 0, tries=2)

    with connect(world.home) as thread:
        declare_tools(thread)
        attempt(thread, work)
    assert len(calls) == 3


def test_a_step_has_no_effect_and_gives_json(world: World) -> None:
    """What is not done again must not act; what can't be kept exactly is refused at once."""

    async def later() -> None:
        """Nothing."""

    def work(run: Any) -> None:
        with pytest.raises(NestedEffect):
            run.step("pay", lambda: tools["pay"](order="o", amount=1))
        with pytest.raises(NotCanonical):
            run.step("object", object)
        with pytest.raises(ValueProblem) as refused:
            run.step("later", later)
        assert refused.value.message == ("The step 'later' is a coroutine function. Call `await run.step_async(...)`.")

    with connect(world.home) as thread:
        tools = declare_tools(thread)
        attempt(thread, work)


def test_results_of_steps_go_with_the_case(world: World) -> None:
    """They are sealed under its key: whoever erases the case erases them."""
    with connect(world.home) as thread:
        declare_tools(thread)
        attempt(thread, lambda run: run.step("look up", lambda: "Erika Mustermann"))
        case_ref = thread.ledger.vault.ref("approvals", "case-1")
        thread.ledger.vault.erase(case_ref)
        with pytest.raises(CaseErased):
            attempt(thread, lambda run: run.step("look up", lambda: "again"))


def test_who_lost_the_turn_keeps_nothing(world: World) -> None:
    """The token is checked where a step is written, so a process that was frozen finds out there."""
    with connect(world.home) as thread:
        declare_tools(thread)
        submissions = Submissions(thread.ledger)
        handed = submissions.submit("approvals", Handed(case="case-1"))
        turns = Turns(submissions=submissions, worker="first")
        first = turns.take(handed.id, 1)
        second = turns.take(handed.id, 1)
        assert first is not None
        assert second is not None
        HOLD.set(first.hold)
        try:
            with pytest.raises(TurnLost) as lost, thread.run("approvals", case="case-1"):
                pass
            HOLD.set(second.hold)
            attempt(thread, lambda run: run.step("look up", lambda: 1))
            HOLD.set(first.hold)
            with thread.ledger.store.transaction() as connection, pytest.raises(TurnLost):
                first.hold.require(connection)
        finally:
            HOLD.set(None)
        assert str(lost.value) == (
            f"turn-lost: The durable run {handed.id} goes on elsewhere, or was cancelled, so this turn writes nothing "
            "more. End the function; nothing is lost."
        )
        submissions.close()


def test_a_schedule_hands_in_each_time_once(world: World) -> None:
    """However many look at the clock, and of times that were missed the last one."""
    with connect(world.home) as thread:
        submissions = Submissions(thread.ledger)
        schedule = Schedule(name="digest", slice="approvals", times="every 1 min", given={"n": 1})
        clocks = [Clockwork(submissions, {"digest": schedule}) for _ in range(2)]
        assert sum(clock.tick() for clock in clocks) == 0, "a new schedule begins with its next time"
        with thread.ledger.store.session() as connection:
            connection.execute("update schedule set last_at = now() - interval '3 minutes'")
        assert sum(clock.tick() for clock in clocks) == 1
        (handed,) = submissions.list("approvals")
        assert handed.case is not None
        assert handed.case.startswith("digest 20")
        submissions.close()


def test_times_are_read_in_their_zone() -> None:
    """Six in the morning is six where the people are."""
    now = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)

    def last(times: str) -> str:
        return f"{Schedule(name='s', slice='s', times=times, zone='Europe/Berlin').last(now):%d %H:%M}"

    assert [last(times) for times in ("daily 06:00", "hourly", "every 15 min", "Mon-Tue 23:00", "0 3 1 * *")] == [
        "01 06:00",
        "01 14:00",
        "01 14:30",
        "30 23:00",
        "01 03:00",
    ]
    with pytest.raises(ScheduleInvalid) as refused:
        Schedule(name="s", slice="s", times="sometimes")
    assert str(refused.value) == (
        "schedule-invalid: The schedule 's' says 'sometimes' in 'UTC', which can't be read. Write 'daily 06:00', "
        "'Mon-Fri 06:00', 'hourly', 'every 15 min', or five fields of cron."
    )


def test_an_error_of_one_tick_stops_no_other_and_says_no_content(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Housekeeping goes on, and its log holds kinds, not what people wrote."""
    called: list[str] = []

    def broken(_: object) -> None:
        raise RuntimeError("Erika Mustermann")

    with connect(world.home) as thread, caplog.at_level(logging.WARNING, "goldenthread.runtime"):
        rounds = Housekeeping(ledger=thread.ledger, ticks={"first": broken, "second": lambda _: called.append("2")})
        assert rounds.tick()
    assert called == ["2"]
    assert caplog.messages == ["first failed: RuntimeError"]


def test_a_worker_needs_an_agent_that_can_be_called(world: World) -> None:
    """A slip is told when the module is loaded, not when the first case comes."""
    with connect(world.home) as thread:
        worker = thread.worker()
        with pytest.raises(WorkerInvalid) as nobody:
            worker.run()
        assert str(nobody.value) == (
            'worker-invalid: The worker has no agent. Register one above: `@worker.agent("SLICE")` on '
            "`def work(run, given)`."
        )
        with pytest.raises(AgentInvalid) as wrong:
            worker.agent("approvals")(lambda: None)
        assert str(wrong.value) == (
            "agent-invalid: The agent of 'approvals', <lambda>, can't be called with the run and what the case was "
            "given: too many positional arguments. Write `def work(run, given)`."
        )
        for limits in ({"tries": 0}, {"within": "soon"}, {"rate": "often"}, {"at_once": 0}):
            with pytest.raises(AgentInvalid):
                worker.agent("approvals", **limits)
        worker.agent("approvals")(lambda run, given: None)
        with pytest.raises(AgentInvalid):
            worker.agent("approvals")(lambda run, given: None)


def test_the_address_of_a_worker_is_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever starts a worker is told which part of its address is wrong."""
    (tmp_path / "some_desk.py").write_text("worker = 3\n")
    (tmp_path / "needy_desk.py").write_text("import not_installed_anywhere\n")
    monkeypatch.chdir(tmp_path)
    words = {}
    for address in ("desk", "no_desk:worker", "some_desk:worker", "some_desk:nothing", "needy_desk:worker"):
        with pytest.raises(WorkerInvalid) as refused:
            found(address)
        words[address] = refused.value.message
    assert words == {
        "desk": "'desk' is no MODULE:WORKER. Write e.g. `goldenthread work desk:worker`.",
        "no_desk:worker": f"There is no module 'no_desk' in {tmp_path} or among the installed packages. "
        "Go to the folder that has no_desk.py, or name another module.",
        "some_desk:worker": "'worker' of the module 'some_desk' is of type int; a worker is wanted. "
        "Write `worker = thread.worker()` there.",
        "some_desk:nothing": "'nothing' of the module 'some_desk' isn't there; a worker is wanted. "
        "Write `nothing = thread.worker()` there.",
        "needy_desk:worker": "The module 'needy_desk' imports 'not_installed_anywhere', which is not installed. "
        "Install that.",
    }
