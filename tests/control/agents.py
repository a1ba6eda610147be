"""An agent at the guard's own door, without the SDK: every step of a call by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from goldenthread.control.approvals import Item
from goldenthread.control.guard import (
    Desk,
    Outcome,
    Request,
    Run,
    Step,
    authorize,
    consume,
    declare,
    declare_agent,
    end_run,
    open_run,
    pause_run,
    record_decisions,
    record_effect,
    record_failure,
    record_observation,
)
from goldenthread.promise.values import Json, Level
from goldenthread.record.ledger import Record
from goldenthread.record.metrics import Proposal
from worlds import AGENT, APPROVER, EASY, EXPERT, World, contract_text

SLICE = "refunds"
KEYED: dict[str, Any] = {"pay": {"effect": "reversible", "key": "order"}}
UNKEYED: dict[str, Any] = {"post": {"effect": "reversible"}}


class Agent:
    """One release of an agent at work in the slice `refunds`."""

    def __init__(self, world: World, desk: Desk | None = None, **manifest: Json) -> None:
        self.world = world
        self.desk = desk or world.desk(SLICE)
        self.declaration = declare(AGENT, manifest or {"model": "rules"}, {}, [])
        declare_agent(self.desk, self.declaration)

    def run(self, case: str = "case-1", **given: Json) -> Run:
        """A run on a case, opened or resumed."""
        return open_run(self.desk, self.declaration, case, given)

    def ask(self, run: Run, action: str = "pay", call: int = 0, **arguments: Json) -> Outcome:
        """What the guard says to one call."""
        return authorize(self.desk, Request(run=run, call=call, action=action, arguments=arguments))

    def consume(self, run: Run, outcome: Outcome) -> None:
        """Use the permit."""
        consume(self.desk, run, outcome)

    def done(self, run: Run, outcome: Outcome, result: Json = None) -> None:
        """The tool returned."""
        record_effect(self.desk, run, outcome, result)

    def failed(self, run: Run, outcome: Outcome) -> str | None:
        """The tool raised."""
        return record_failure(self.desk, run, outcome, RuntimeError("the line went dead"))

    def act(self, run: Run, action: str = "pay", call: int = 0, result: Json = None, **arguments: Json) -> Outcome:
        """One call from the question to the effect."""
        outcome = self.ask(run, action, call, **arguments)
        self.consume(run, outcome)
        self.done(run, outcome, result)
        return outcome

    def pause(self, run: Run) -> None:
        """The run waits for a person."""
        pause_run(self.desk, run, [], 1.0)

    def end(self, run: Run, status: str = "done", steps: Sequence[Step] = ()) -> None:
        """The run ends."""
        end_run(self.desk, run, status, steps, 1.0)

    def fall(self, case: str) -> None:
        """Somebody reports a violation on a case: back to draft."""
        record_observation(self.desk, case, "policy_violation", 1.0, APPROVER, self.world.keyring.sign)

    def climb(self, cases: int = 12) -> None:
        """Agree with what people decided on a dozen cases before: enough for the gate `EASY`."""
        past = [(f"past-{number}", Proposal(action=self._first(), arguments={"x": 1})) for number in range(cases)]
        record_decisions(self.desk, past, EXPERT, self.world.keyring.sign)
        for case, decision in past:
            run = self.run(case)
            self.ask(run, decision.action, x=1)
            self.end(run, "denied")

    def _first(self) -> str:
        contract = self.desk.standing().contract
        assert contract is not None
        return next(iter(contract.actions))

    def level(self) -> Level:
        """The level of this release now."""
        return self.desk.standing().level(self.declaration.fingerprint)


def acting_alone(world: World, **wanted: Any) -> Agent:
    """An agent that has earned constrained."""
    sign(world, level="approval", gates=EASY, **wanted)
    agent = Agent(world)
    agent.climb()
    assert agent.level() is Level.CONSTRAINED
    return agent


def sign(world: World, **wanted: Any) -> None:
    """A signed version of the contract of `refunds`."""
    world.sign(contract_text(SLICE, **wanted))


def records(world: World, *kinds: str) -> list[Record]:
    """Records of the slice."""
    return list(world.ledger.read(SLICE, kinds=kinds or None))


def observed(world: World, metric: str) -> list[float | None]:
    """Every value of a metric on record, in order."""
    return [
        seen["value"]
        for record in records(world, "case:observe")
        for seen in record.data["observations"]
        if seen["metric"] == metric
    ]


def doubts(world: World) -> list[Item]:
    """Open questions whether an effect happened; a random audit may have asked others."""
    return [item for item in world.inbox(SLICE).items() if item.kind == "in-doubt effect"]


def later(world: World, **time: float) -> datetime:
    """Let the ledger's clock run ahead for good; the moment it then shows."""
    clock, ahead = world.ledger.clock, timedelta(**time)
    world.ledger.clock = lambda: clock() + ahead
    return world.ledger.clock()
