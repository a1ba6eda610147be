"""A served guard with an agent, tools and a desk that gives tasks, each with its own token only."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from typing import Any

from goldenthread.control.serving import House
from goldenthread.promise.values import Json
from goldenthread.record.principals import EVERYWHERE, Role, create_token, grant
from goldenthread.surfaces.api import Server, serve
from goldenthread.surfaces.remote import RemoteThread
from goldenthread.surfaces.toolside import ToolSide
from goldenthread.surfaces.wire import Wire
from worlds import AGENT, EASY, ENGINEER, EXPERT, OWNER, World, contract_text

SLICE = "refunds"
ACTIONS: dict[str, Any] = {
    "look": {"effect": "read"},
    "pay": {"effect": "irreversible"},
    "post": {"effect": "reversible", "key": "text"},
}
OTHER_AGENT = "other-agent"
_CASES = itertools.count(1)


class Town:
    """Everybody round one server, and what the tools really did."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.paid: list[tuple[str, int]] = []
        self.posted: list[str] = []
        self.reads = 0
        for name, roles in (("payments", ["tool"]), ("mailer", ["tool"]), ("desk", ["task"])):
            self._grant(name, "service", roles)
        self._grant(OTHER_AGENT, "agent", ["agent"], responsible=ENGINEER)
        self.tokens = {
            "agent": self.token("agent", AGENT),
            "other": self.token("agent", OTHER_AGENT),
            "payments": self.token("tool", "payments", actions=["look", "pay"]),
            "mailer": self.token("tool", "mailer", actions=["post"]),
            "desk": self.token("task", "desk"),
        }
        self.server: Server | None = None
        self._lines = ExitStack()

    def begin_anew(self) -> None:
        """Forget what the tools did."""
        self.paid.clear()
        self.posted.clear()
        self.reads = 0

    @contextmanager
    def open(self, flight_s: float = 120.0) -> Iterator[Server]:
        """Serve the guard for the length of the block; what tools carry out is declared."""
        with serve(self.world.ledger, self.world.keyring, flight_s=flight_s) as server, ExitStack() as lines:
            self.server, self._lines = server, lines
            self.payments().declare()
            self.mailer().declare()
            yield server

    @property
    def house(self) -> House:
        """What the server keeps."""
        assert self.server is not None
        return self.server.house

    def token(
        self,
        scope: str,
        name: str,
        *,
        slices: tuple[str, ...] = (EVERYWHERE,),
        actions: list[str] | None = None,
        life: timedelta = timedelta(days=30),
    ) -> str:
        """A new token's text."""
        made = create_token(
            self.world.ledger,
            self.world.keyring,
            by=OWNER,
            scope=scope,
            name=name,
            slices=slices,
            actions=actions or [],
            life=life,
        )
        return made[1]

    def wire(self, who: str) -> Wire:
        """A line with somebody's token."""
        assert self.server is not None
        return self._lines.enter_context(closing(Wire(self.server.url, self.tokens[who])))

    def agent(self, who: str = "agent", **manifest: Json) -> Agent:
        """An agent at work through the API itself."""
        return Agent(self.wire(who), self.tokens[who], manifest or {"model": "rules"})

    def thread(self, **manifest: Json) -> RemoteThread:
        """An agent's own client."""
        assert self.server is not None
        return self._lines.enter_context(
            RemoteThread(self.server.url, self.tokens["agent"], manifest or {"model": "rules"})
        )

    def payments(self, **settings: Any) -> ToolSide:
        """The tool that looks and pays."""
        assert self.server is not None
        tool = self._lines.enter_context(ToolSide(self.server.url, self.tokens["payments"], **settings))

        @tool.action("look")
        def look(order: str) -> dict[str, Json]:
            self.reads += 1
            return {"order": order, "account": f"account-of-{order}"}

        @tool.action("pay")
        def pay(order: str, amount: int) -> str:
            self.paid.append((order, amount))
            return f"paid {order}"

        return tool

    def mailer(self, **settings: Any) -> ToolSide:
        """The tool that posts."""
        assert self.server is not None
        tool = self._lines.enter_context(ToolSide(self.server.url, self.tokens["mailer"], **settings))

        @tool.action("post")
        def post(text: str) -> None:
            self.posted.append(text)

        return tool

    def sign(self, **wanted: Any) -> None:
        """A signed contract for the slice."""
        self.world.sign(contract_text(SLICE, **{"actions": ACTIONS, **wanted}))

    def climb(self) -> Agent:
        """The agent earns constrained: a dozen cases that people decided before, worked through the server."""
        agent = self.agent()
        agent.declare()
        with self.world.connect() as thread:
            decided: dict[str, Json] = {"order": "o", "amount": 1}
            past = [(f"past-{number}", "pay", decided) for number in range(12)]
            thread.record_decisions(SLICE, past, by=EXPERT)
        for case, _, _ in past:
            run = agent.open(case)
            assert agent.ask(run, "pay", order="o", amount=1)["verdict"] == "deny"
            agent.end(run, "denied")
        assert agent.declare() == "constrained"
        return agent

    def _grant(self, name: str, kind: str, roles: list[str], responsible: str | None = None) -> None:
        grant(
            self.world.ledger,
            self.world.keyring,
            by=OWNER,
            name=name,
            kind=kind,
            roles=[Role(name=role) for role in roles],
            responsible=responsible,
        )


class Agent:
    """An agent at the API, every step by itself."""

    def __init__(self, wire: Wire, token: str, manifest: Mapping[str, Json]) -> None:
        from goldenthread.control.guard.signed import holder_key

        self.wire = wire
        self.manifest = dict(manifest)
        self.holder = holder_key(token)
        self.fingerprint = ""

    def declare(self) -> str:
        """Its fingerprint on record; the level it has."""
        said = self.wire.post("agents", "declare", body={"slice": SLICE, "manifest": self.manifest})
        self.fingerprint = said["fingerprint"]
        return str(said["level"])

    def open(self, case: str = "", **given: Json) -> str:
        """A run on a case, a new one if none is named."""
        case = case or f"case-{next(_CASES)}"
        if not self.fingerprint:
            self.declare()
        body: dict[str, Json] = {"slice": SLICE, "case": case, "fingerprint": self.fingerprint, "given": given}
        return str(self.wire.post("runs", body=body)["run"])

    def ask(self, run: str, action: str, call: int = 0, **arguments: Json) -> dict[str, Any]:
        """What the guard says to a call."""
        body: dict[str, Json] = {"action": action, "arguments": arguments, "call": call}
        return self.wire.post("runs", run, "actions", body=body)

    def permit(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """A permit as it goes to a tool, with the proof of this agent."""
        from goldenthread.control.guard.signed import make_proof

        return {"envelope": answer["permit"], "proof": make_proof(self.holder, answer["permit"])}

    def end(self, run: str, status: str = "done") -> str:
        """The run ends."""
        return str(self.wire.post("runs", run, "end", body={"status": status})["status"])


def opened_town(world: World, *, level: str = "approval", **wanted: Any) -> Town:
    """A town whose slice begins at `level`; constrained is one dozen cases above approval."""
    town = Town(world)
    gates = EASY if level == "approval" else None
    town.sign(level=level, gates=gates, **wanted)
    return town
