"""The judge of chaos can say no: agents and tools that are broken on purpose are found out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chaos.book import Delivery
from chaos.judge import Check, Seen, judge, judge_ledger, look
from goldenthread.record.store import Home
from goldenthread.surfaces.sdk import Thread
from goldenthread.surfaces.sdk.run import CURRENT
from worlds import APPROVER, World, make_world

Agent = Callable[[str, dict[str, Any]], object]

SLICE = "payments"
ACTIONS = {"send_money": {"effect": "reversible"}, "admit_package": {"effect": "reversible", "key": "request"}}
PERMITTED = "every effect has a permit, consumed for exactly these arguments"
ONCE = "no effect twice without a key"
ONCE_KEYED = "no effect twice under one idempotency key"
ENDED = "every case handed in has ended"
HAPPENED = "what ended as done happened"


@dataclass
class Town:
    """A world, an agent's tools in it, and a book of what really happened."""

    world: World
    book: list[Delivery] = field(default_factory=list)
    states: dict[tuple[str, str], str] = field(default_factory=dict)

    def deliver(self, action: str, arguments: Mapping[str, Any], *, key: str | None = None) -> None:
        """An order reaches the world outside."""
        run = CURRENT.get()
        decision = run.actions[-1] if run is not None and run.actions else None
        known = [one for one in self.book if one.key is not None and one.key == key]
        self.book.append(
            Delivery(
                number=len(self.book) + 1,
                action=action,
                arguments=dict(arguments),
                key=key,
                decision=decision,
                permit=None,
                effect=not known,
                conflict=False,
            )
        )

    def work(self, case: str, agent: Agent) -> str:
        """An agent at a case until it has ended, with a person's yes wherever one is wanted."""
        status = "waiting"
        while status == "waiting":
            status = self.attempt(case, agent)
            for item in self.world.inbox(SLICE).items():
                self.world.inbox(SLICE).approve(item.id, by=APPROVER)
        self.states[SLICE, case] = status
        return status

    def attempt(self, case: str, agent: Agent) -> str:
        """Once."""
        with self.world.connect() as thread:
            tools = self._tools(thread)
            with thread.run(SLICE, case=case, given={"case": case}) as run:
                agent(case, tools)
            return run.status

    def checks(self) -> dict[str, Check]:
        """What the judge says, by the check's name."""
        return {one.name: one for one in judge(self.seen())}

    def seen(self) -> Seen:
        """What the judge looks at."""
        items = [item.id for item in self.world.inbox(SLICE).items()]
        return look(self.world.ledger, [SLICE], self.book, states=self.states, open_items=items, findings=[])

    def _tools(self, thread: Thread) -> dict[str, Any]:
        @thread.action("send_money")
        def send_money(subject: str, amount: int) -> None:
            self.deliver("send_money", {"subject": subject, "amount": amount})

        @thread.action("admit_package")
        def admit_package(request: str) -> None:
            self.deliver("admit_package", {"request": request}, key=request)

        return {"send_money": send_money, "admit_package": admit_package}


def honest(case: str, tools: dict[str, Any]) -> None:
    """Pays what the case says, and admits its package."""
    tools["send_money"](subject=case, amount=7)
    tools["admit_package"](request=case)


@pytest.fixture
def town(home: Home) -> Iterator[Town]:
    """A town in which one case was worked on honestly."""
    world = make_world(home.path)
    world.slice(SLICE, level="approval", actions=ACTIONS, gates={"constrained": ["approved_unedited >= 99.9 %"]})
    with world.opened():
        made = Town(world)
        assert made.work("case-1", honest) == "done"
        yield made


def test_honest_work_passes_every_check(town: Town) -> None:
    """Else a finding would mean nothing."""
    assert [one.name for one in town.checks().values() if not one.ok] == []
    ledger = judge_ledger(town.world.ledger, [SLICE], town.world.home.parent)
    assert [one.name for one in ledger if not one.ok] == []


def test_an_agent_that_acts_without_the_guard_is_found_out(town: Town) -> None:
    """The thing that must never happen: an effect that nobody permitted."""
    town.deliver("send_money", {"subject": "case-2", "amount": 7})
    check = town.checks()[PERMITTED]
    assert check.findings == ("delivery 3 (send_money) has no permit that was consumed",)


def test_an_agent_that_uses_its_permit_for_other_arguments_is_found_out(town: Town) -> None:
    """A permit is for exactly what was asked."""

    def greedy(case: str, tools: dict[str, Any]) -> None:
        tools["send_money"](subject=case, amount=7)
        town.book[-1] = replace(town.book[-1], arguments={"subject": case, "amount": 700})

    town.work("case-2", greedy)
    (finding,) = town.checks()[PERMITTED].findings
    assert finding.startswith("delivery 3 (send_money) is not what its permit was given for")


def test_a_tool_that_is_called_twice_is_found_out(town: Town) -> None:
    """One permit, one effect: a worker that delivers an order again repeats it."""

    def twice(case: str, tools: dict[str, Any]) -> None:
        tools["send_money"](subject=case, amount=7)
        town.deliver("send_money", {"subject": case, "amount": 7})

    town.work("case-2", twice)
    checks = town.checks()
    assert checks[PERMITTED].ok
    assert checks[ONCE].findings[0].startswith("money was sent 2 times for case-2: delivery 3 on")


def test_a_service_that_does_not_keep_its_key_is_found_out(town: Town) -> None:
    """A key is worth what the service does with it."""
    town.book.append(replace(town.book[1], number=3))
    assert town.checks()[ONCE_KEYED].findings == ("admit_package took effect 2 times under the key case-1",)


def test_a_case_that_never_ended_is_found_out(town: Town) -> None:
    """Lost is what still goes on when everything is over, and what nobody knows."""
    town.states[SLICE, "case-2"] = "working"
    town.states[SLICE, "case-3"] = "lost"
    assert town.checks()[ENDED].findings == (
        f"case case-2 of {SLICE} is working",
        f"case case-3 of {SLICE} is lost",
    )


def test_a_case_that_ended_as_done_without_an_effect_is_found_out(town: Town) -> None:
    """A lost effect is as bad as a lost run."""
    town.states[SLICE, "case-2"] = "done"
    assert town.checks()[HAPPENED].findings == (f"case case-2 of {SLICE} ended as done, and nothing happened",)


def test_a_run_and_a_question_left_open_are_found_out(town: Town) -> None:
    """What waits must be answered when all is over, and every run must have its end on record."""
    assert town.attempt("case-2", honest) == "waiting"
    checks = town.checks()
    assert checks["every run in the ledger has its end"].findings[0].endswith(" never ended")
    assert checks["every question was answerable, and answered once"].findings[0].endswith("(approval) is still open")


def test_an_effect_that_was_begun_and_never_spoken_of_again_is_found_out(town: Town) -> None:
    """A process that dies between permit and record must leave a question behind, not silence."""
    seen = town.seen()
    decision = next(iter(seen.recorded.of_decision))
    del seen.recorded.outcomes[decision]
    silent = {one.name: one for one in judge(seen)}["every effect begun has an outcome, or was a question"]
    assert silent.findings == (f"action {decision} was begun, and nothing on record says what came of it",)
    seen.recorded.outcomes[decision] = ["unknown"]
    silent = {one.name: one for one in judge(seen)}["every effect begun has an outcome, or was a question"]
    assert silent.findings == (f"action {decision} is in doubt, and nobody was asked",)


def test_a_permit_consumed_twice_and_a_question_answered_twice_are_found_out(town: Town) -> None:
    """Both are impossible as the tables stand; the judge would see it in the chain all the same."""
    seen = town.seen()
    permit = next(iter(seen.recorded.consumed))
    seen.recorded.consumed[permit] += 1
    item = next(iter(seen.recorded.said))
    seen.recorded.said[item].append("approve")
    checks = {one.name: one for one in judge(seen)}
    assert checks["no permit used twice"].findings == (f"permit {permit} was consumed 2 times",)
    (twice,) = checks["every question was answerable, and answered once"].findings
    assert twice == f"item {item} was answered 2 times: approve, approve"


def test_a_check_that_saw_nothing_does_not_pass(home: Home) -> None:
    """A trial in which nothing happened proves nothing."""
    world = make_world(home.path)
    world.slice(SLICE, level="approval", actions=ACTIONS, gates={"constrained": ["approved_unedited >= 99.9 %"]})
    with world.opened():
        assert not any(check.ok for check in Town(world).checks().values())
