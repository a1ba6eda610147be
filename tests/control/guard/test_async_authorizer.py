"""`authorize` for the tasks of event loops: many share a transaction, and each is judged as if it came alone."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, copy_context
from decimal import Decimal

import pytest

from control.agents import KEYED, SLICE, UNKEYED, Agent, acting_alone, records, sign
from goldenthread.control.guard import HOLD, AsyncAuthorizer, Authorizer, Desk, Hold, Outcome, Request, Run
from goldenthread.promise.errors import CaseErased, GuardError, NotCanonical, RunClosed, StoreUnavailable
from goldenthread.promise.values import Json, Verdict
from goldenthread.record.ledger import Transaction
from goldenthread.surfaces.opening import open_ledger
from worlds import EASY, World

BUDGETED = {"pay": {"effect": "reversible", "budget": ["100 EUR of amount per day"]}, "post": {"effect": "reversible"}}


def request(run: Run, call: int = 0, action: str = "pay", **arguments: Json) -> Request:
    """One call of a run."""
    return Request(run=run, call=call, action=action, arguments=arguments)


def ask(desk: Desk, requests: Sequence[Request]) -> list[Outcome | BaseException]:
    """All of them at once, in order."""

    async def all_of_them() -> list[Outcome | BaseException]:
        async with AsyncAuthorizer(desk) as authorizer:
            return await asyncio.gather(*map(authorizer.authorize, requests), return_exceptions=True)

    return asyncio.run(asyncio.wait_for(all_of_them(), 60))


def states(answers: Sequence[Outcome | BaseException]) -> list[str]:
    """Each answer in a word."""
    return [one.state if isinstance(one, Outcome) else type(one).__name__ for one in answers]


def test_each_task_gets_a_permit_of_its_own_that_its_run_can_use(world: World) -> None:
    """A permit is for one call; what came out of a batch is worth as much as what was asked for alone."""
    agent = acting_alone(world, actions=KEYED | UNKEYED)
    runs = [agent.run(f"case-{number}") for number in range(20)]
    answers = ask(agent.desk, [request(run, order=run.case, amount=7) for run in runs])
    assert states(answers) == ["permitted"] * 20
    for run, answer in zip(runs, answers, strict=True):
        assert isinstance(answer, Outcome)
        assert answer.arguments == {"order": run.case, "amount": 7}
        agent.consume(run, answer)
        agent.done(run, answer)
    assert world.verify_ok()


def test_the_same_call_asked_for_twice_at_once_is_one_permit(world: World) -> None:
    """Also where both stand in one transaction, or the second comes in the next one, or in another process's."""
    agent = acting_alone(world, actions=KEYED)
    run = agent.run()
    answers = ask(agent.desk, [request(run, order="a", amount=7)] * 30)
    other = world.desk(SLICE)
    answers += ask(other, [request(run, order="a", amount=7)] * 3)
    assert len({answer.permit for answer in answers if isinstance(answer, Outcome)}) == 1
    assert len(records(world, "action:decide")) == len({one.data["run"] for one in records(world, "action:decide")})


def test_what_another_process_did_meanwhile_is_known(world: World) -> None:
    """The look-up goes with the lock: what stands by then counts, not what stood when the request was made ready."""
    agent = acting_alone(world, actions=UNKEYED)
    run, other = agent.run(), world.desk(SLICE)
    theirs = Agent(world, other)

    async def race() -> Outcome:
        async with AsyncAuthorizer(agent.desk) as authorizer:
            first = await authorizer.authorize(request(run, action="post", text="hello"))
            assert first.state == "permitted"
            await asyncio.to_thread(theirs.act, run, "post", 0, None, text="hello")
            return await authorizer.authorize(request(run, action="post", text="hello"))

    assert asyncio.run(race()).state == "done"


def test_a_budget_is_kept_to_the_cent_within_a_batch(world: World) -> None:
    """What the first of a batch reserves is not there for the last."""
    agent = acting_alone(world, actions=BUDGETED)
    runs = [agent.run(f"case-{number}") for number in range(30)]
    answers = ask(agent.desk, [request(run, order=run.case, amount=7) for run in runs])
    assert states(answers) == ["permitted"] * 14 + ["denied"] * 16
    held = [
        Decimal(one.data["spends"]["pay:amount"]) for one in records(world, "action:decide") if "spends" in one.data
    ]
    assert sum(held[-14:]) == 98


def test_the_case_that_is_erased_is_refused_alone(world: World) -> None:
    """Before anything is sealed for it, or while it waits: its key is used for nothing more."""
    agent = acting_alone(world, actions=KEYED)
    runs = [agent.run(f"case-{number}") for number in range(6)]
    world.ledger.vault.erase(runs[2].case_ref)
    before = len(records(world, "action:decide"))
    answers = ask(agent.desk, [request(run, order=run.case, amount=7) for run in runs])
    assert states(answers) == ["permitted", "permitted", "CaseErased", *["permitted"] * 3]
    assert len(records(world, "action:decide")) == before + 5


def test_a_case_erased_between_preparation_and_lock_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sealed with its key an instant before is not kept either."""
    agent = acting_alone(world, actions=KEYED)
    runs = [agent.run(f"case-{number}") for number in range(3)]
    put = Transaction.put

    def erase_first(tx: Transaction, sealed: object) -> str:
        world.ledger.vault.erase(runs[1].case_ref)
        return put(tx, sealed)  # type: ignore[arg-type]

    monkeypatch.setattr(Transaction, "put", erase_first)
    answers = ask(agent.desk, [request(run, order=run.case, amount=7) for run in runs])
    assert states(answers) == ["permitted", "CaseErased", "permitted"]
    assert isinstance(answers[1], CaseErased)


def test_arguments_that_json_cannot_carry_are_refused_alone(world: World) -> None:
    """The others in the line don't notice."""
    agent = acting_alone(world, actions=KEYED)
    runs = [agent.run(f"case-{number}") for number in range(3)]
    asked = [request(run, order=run.case, amount=7) for run in runs]
    asked[0] = request(runs[0], order="a", amount=float("nan"))
    answers = ask(agent.desk, asked)
    assert states(answers) == ["NotCanonical", "permitted", "permitted"]
    assert isinstance(answers[0], NotCanonical)


def test_a_stop_set_elsewhere_holds_the_next_batch(world: World) -> None:
    """What was made ready before it is decided again under the lock."""
    agent = acting_alone(world, actions=KEYED)
    runs = [agent.run(f"case-{number}") for number in range(4)]
    assert states(ask(agent.desk, [request(run, order=run.case, amount=7) for run in runs[:2]])) == ["permitted"] * 2
    world.stop(SLICE)
    answers = ask(agent.desk, [request(run, order=run.case, amount=7) for run in runs])
    assert [one.verdict for one in answers[2:] if isinstance(one, Outcome)] == [Verdict.DENY] * 2


def test_another_contract_signed_elsewhere_decides_the_next_batch(world: World) -> None:
    """A situation that was remembered ends with what it was worked out from."""
    agent = acting_alone(world, actions=KEYED)
    run = agent.run()
    assert states(ask(agent.desk, [request(run, order="a", amount=7)])) == ["permitted"]
    sign(
        world,
        version=2,
        level="approval",
        gates=EASY,
        actions={"pay": {"effect": "reversible", "limit": "amount <= 5 EUR"}},
    )
    (answer,) = ask(agent.desk, [request(run, call=1, order="b", amount=7)])
    assert isinstance(answer, Outcome)
    assert answer.verdict is Verdict.ASK
    assert records(world, "action:decide")[-1].data["contract_version"] == 2


def test_a_lost_commit_may_or_may_not_stand_and_asking_again_is_safe(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No caller may act on it, and none is given a second permit."""
    agent = acting_alone(world, actions=KEYED)
    runs = [agent.run(f"case-{number}") for number in range(3)]
    asked = [request(run, order=run.case, amount=7) for run in runs]
    commit = Transaction.commit

    def lose_the_answer(tx: Transaction) -> None:
        commit(tx)
        tx.connection.pgconn.finish()
        tx.connection.execute("select 1")

    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "commit", lose_the_answer)
        answers = ask(agent.desk, asked)
    assert all(isinstance(one, StoreUnavailable) and "may or may not" in str(one) for one in answers)
    given = {one.data["run"]: one.data["permit"]["id"] for one in records(world, "action:decide")[-3:]}
    again = ask(agent.desk, asked)
    assert [one.permit for one in again if isinstance(one, Outcome)] == [given[run.id] for run in runs]


RIVAL = """
import asyncio, sys
sys.path[:0] = {path!r}
from control.agents import SLICE, Agent
from goldenthread.control.guard import AsyncAuthorizer, Desk, Request
from goldenthread.surfaces.opening import open_ledger

class Place:
    def __init__(self, ledger):
        self.ledger = ledger

ledger = open_ledger(sys.argv[1])
agent = Agent(Place(ledger), Desk(ledger, SLICE))
runs = [agent.run(f"{{sys.argv[2]}}-{{number}}") for number in range(8)]
print("ready", flush=True)
sys.stdin.readline()

async def work(authorizer, run):
    given = 0
    for call in range(20):
        asked = Request(run=run, call=call, action="pay", arguments={{"order": f"{{run.case}}-{{call}}", "amount": 1}})
        given += (await authorizer.authorize(asked)).state == "permitted"
    return given

async def main():
    async with AsyncAuthorizer(agent.desk) as authorizer:
        print(sum(await asyncio.gather(*(work(authorizer, run) for run in runs))), flush=True)

asyncio.run(main())
ledger.store.close()
"""


def test_two_processes_of_tasks_share_a_budget_exactly_and_break_no_link(world: World) -> None:
    """Each writes for many; what both together gave is what the budget holds, and the chain is whole."""
    acting_alone(world, actions=BUDGETED)
    script = textwrap.dedent(RIVAL).format(path=[path for path in sys.path if path])
    rivals = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(world.home), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    for rival in rivals:
        assert rival.stdout is not None
        assert rival.stdout.readline() == "ready\n"
    given = [int(rival.communicate("go\n", timeout=120)[0]) for rival in rivals]
    assert sum(given) == 100
    assert len([one for one in records(world, "action:decide") if not one.data["replay"]]) >= 320
    assert world.verify_ok()


def test_what_is_answered_is_on_record_for_others(world: World) -> None:
    """Durable means that a session of another process reads it."""
    agent = acting_alone(world, actions=KEYED)
    (answer,) = ask(agent.desk, [request(agent.run(), order="a", amount=7)])
    assert isinstance(answer, Outcome)
    other = open_ledger(world.home)
    try:
        found = [one.data["permit"]["id"] for one in other.read(SLICE, kinds=["action:decide"]) if "permit" in one.data]
        assert answer.permit in found
    finally:
        other.store.close()


class Lost:
    """A hold that somebody else has by now."""

    question: tuple[str, tuple[object, ...]] = ("select 1 where false", ())

    def lost(self) -> GuardError:
        """What is said then."""
        return RunClosed("the turn is over")

    def require(self, _: object) -> None:
        """It is lost."""
        raise self.lost()


class Kept:
    """A hold that is still there; counts how often it was asked for."""

    question: tuple[str, tuple[object, ...]] = ("select 1", ())

    def lost(self) -> GuardError:
        """It never is."""
        raise AssertionError

    def __init__(self) -> None:
        self.asked = 0

    def require(self, _: object) -> None:
        """It is kept."""
        self.asked += 1


@pytest.mark.parametrize("kind", ["tasks", "threads"])
def test_whoever_lost_its_turn_is_refused_alone_though_another_writes_for_it(world: World, kind: str) -> None:
    """The hold is the asking context's own: the one that writes has none, or another."""
    agent = acting_alone(world, actions=KEYED)
    runs = [agent.run(f"case-{number}") for number in range(4)]
    kept = Kept()
    holds: list[Hold | None] = [None, kept, Lost(), kept]
    asked = [request(run, order=run.case, amount=7) for run in runs]
    if kind == "tasks":
        answers = asyncio.run(_with_holds(agent.desk, asked, holds))
    else:
        authorizer = Authorizer(agent.desk)
        contexts = [_context_with(hold) for hold in holds]
        with ThreadPoolExecutor(4) as pool:
            futures = [
                pool.submit(context.run, authorizer.authorize, one)
                for context, one in zip(contexts, asked, strict=True)
            ]
        answers = [future.exception() or future.result() for future in futures]
    assert states(answers) == ["permitted", "permitted", "RunClosed", "permitted"]
    assert kept.asked


async def _with_holds(
    desk: Desk, asked: Sequence[Request], holds: Sequence[Hold | None]
) -> list[Outcome | BaseException]:
    async with AsyncAuthorizer(desk) as authorizer:
        tasks = [
            asyncio.create_task(authorizer.authorize(one), context=_context_with(hold))
            for one, hold in zip(asked, holds, strict=True)
        ]
        return await asyncio.gather(*tasks, return_exceptions=True)


def _context_with(hold: Hold | None) -> Context:
    context = copy_context()
    context.run(HOLD.set, hold)
    return context
