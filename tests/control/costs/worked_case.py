"""One case whose cost is worked out by hand, to the millionth; the same as on the page about costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from control.agents import SLICE, Agent, sign
from goldenthread.record.costs import parse_rate, state_prices, state_rate
from goldenthread.record.telemetry import Places, Telemetry
from record.telemetry.emitted import collecting, sent, span
from worlds import APPROVER, OWNER, World

COSTS = "costs: {people: 54 EUR/h, review: 3 min, longest: 15 min, tools: 0 EUR}\n"
PAYING: dict[str, Any] = {
    "pay": {"effect": "reversible", "key": "order", "costs": "0.02 EUR"},
    "look": {"effect": "read"},
}

CLAUDE: Mapping[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "anthropic",
    "gen_ai.request.model": "claude-sonnet-4-5",
    "gen_ai.usage.input_tokens": 12_000,
    "gen_ai.usage.cache_read.input_tokens": 8_000,
    "gen_ai.usage.cache_creation.input_tokens": 1_500,
    "gen_ai.usage.output_tokens": 900,
    "gen_ai.usage.reasoning.output_tokens": 300,
}
"""2,500 x 3 + 8,000 x 0.30 + 1,500 x 3.75 + 900 x 15 = 29,025 millionths of a dollar: 26,703 of a euro at 0.92."""

LLAMA: Mapping[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "vllm",
    "gen_ai.request.model": "llama-3.3-70b-instruct",
    "gen_ai.usage.input_tokens": 4_000,
    "gen_ai.usage.output_tokens": 500,
}
"""4,000 x 0.20 + 500 x 0.60 = 1,100 millionths of a euro, by a price of our own."""

OWN = '[[price]]\nmodel = "llama-3.3-70b*"\nfrom = 2026-01-01\ncurrency = "EUR"\ninput = "0.20"\noutput = "0.60"\n'

MODELS, TOOLS, PEOPLE = 26_703 + 1_100, 20_000, 3_600_000
"""Millionths of a euro: the two calls above, one payment at 0.02 EUR, and four minutes at 54 EUR an hour."""

TOTAL = 3_647_803


class Clock:
    """The ledger's clock, moved by hand."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at

    def passes(self, **time: float) -> None:
        """Let time pass."""
        self.at += timedelta(**time)


class Workshop:
    """The slice `refunds` at the level approval, with costs stated, a clock, and a place for telemetry."""

    def __init__(self, world: World, *, costs: str = COSTS, actions: Mapping[str, Any] = PAYING) -> None:
        self.world = world
        self.clock = Clock()
        world.ledger.clock = self.clock
        sign(world, level="approval", actions=actions, parts=costs)
        self.agent = Agent(world)
        self.desk = self.agent.desk
        self.places = Places.of(world.home)

    def state(self) -> None:
        """Prices of our own, and the rate of the dollar."""
        day = self.clock.at.date() - timedelta(days=1)
        self.world.ledger.clock = lambda: datetime.now(UTC)
        state_prices(self.world.ledger, self.world.keyring, OWN, by=OWNER)
        state_rate(self.world.ledger, self.world.keyring, parse_rate("1 USD = 0.92 EUR", day), by=OWNER)
        self.world.ledger.clock = self.clock

    def worked(self, case: str, *, claim: bool = True, minutes: float = 4, act: bool = True) -> str:
        """A case: the agent asks, a person takes the question, says yes after some minutes, and it is paid."""
        run = self.agent.run(case)
        asked = self.agent.ask(run, order=case, amount=7)
        assert asked.item is not None
        self.agent.pause(run)
        self.clock.passes(hours=2)  # nobody looks at it yet
        inbox = self.world.inbox(SLICE)
        if claim:
            inbox.claim(asked.item, by=APPROVER)
        self.clock.passes(minutes=minutes)
        inbox.approve(asked.item, by=APPROVER)
        run = self.agent.run(case)
        if act:
            self.agent.act(run, order=case, amount=7)
        self.agent.end(run)
        return run.id

    def spoke(self, run: str, *calls: Mapping[str, Any], **more: Any) -> None:
        """Spans of a run, below one that only says whose they are and adds up what they used."""
        top = span(
            "invoke_agent refund-agent",
            {
                "gen_ai.operation.name": "invoke_agent",
                "goldenthread.slice": SLICE,
                "goldenthread.run": run,
                "gen_ai.usage.input_tokens": 16_000,
                "gen_ai.usage.output_tokens": 1_400,
                **more,
            },
            trace=bytes.fromhex(run.ljust(32, "0")),
        )
        below = [span("chat", call, trace=top.trace_id, parent=top.span_id) for call in calls]
        with collecting(self.places.folder) as collector:
            assert sent(collector, top, *below).refused == {}

    @contextmanager
    def telemetry(self) -> Iterator[Telemetry]:
        """What is stored."""
        with Telemetry(self.places, threads=1) as found:
            yield found
