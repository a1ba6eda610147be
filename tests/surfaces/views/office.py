"""A small office for the tests of what people see: four slices, each in another state, worked through the SDK."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from goldenthread.control.guard import Desk
from goldenthread.control.incidents import Ground
from goldenthread.control.response import Seen, tick_incidents
from goldenthread.promise.values import Json, Level
from goldenthread.record.store.server import EmbeddedServer
from goldenthread.surfaces.sdk import Document, Thread
from worlds import APPROVER, FINANCE, OWNER, World, contract_text, make_world

ACTIONS: Mapping[str, Any] = {
    "look": {"effect": "read"},
    "pay": {"effect": "reversible", "key": "order", "undo": "withdraw", "limit": "country in allowed"},
}
MARKUP = "<script>alert(1)</script>"
SECRET = "proposal-that-nobody-may-see"
_numbers = itertools.count(1)
GONE = "content-that-was-erased"


class Office:
    """
    `refunds` starts at approval and has one case of every fate; `letters` asks blind about every draft; `claims`
    earns its first gate on recorded decisions, with one live case and an incident; `visas` waits for a signature.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.ledger = world.ledger
        sign(world, "refunds", level="approval", grounding="retrieval, citations required")
        sign(world, "letters", level="draft", blind=100)
        sign(world, "claims")
        world.sign(contract_text("visas", actions=ACTIONS), leave_out=(FINANCE,))
        self.agent = equip(world.connect(model="nearest precedent", prompt=MARKUP))
        self._refunds()
        self._letters()
        self._claims()
        odd = Ground(key="anomaly:runs", cause="anomaly", owner=OWNER, words="Live runs: twice as many", onset=None)
        tick_incidents(self.desk("claims"), Seen(grounds=(odd,)))

    def desk(self, slice_name: str) -> Desk:
        """A fresh desk."""
        return Desk(self.ledger, slice_name)

    def work(self, slice_name: str, case: str, country: str = "DE", **given: str) -> None:
        """One attempt at a case."""
        with self.agent.run(slice_name, case=case, given=given) as run:
            for hit in run.retrieve("past decisions", query=case, top=2)[:1]:
                run.cite(hit.id)
            if given.get("text") == "strange":
                run.escalate("no precedent is near enough")
            self.pay(order=case, amount=10, country=country)

    def pay(self, **arguments: Any) -> None:
        """The agent's tool."""
        self.agent.pay(**arguments)  # type: ignore[attr-defined]

    def climb(self, slice_name: str, level: Level) -> None:
        """Work cases that people decided alike, until the agent has earned the level."""
        for number in itertools.count():
            if self.agent.desk(slice_name).standing().level(self.agent.fingerprint) is level:
                return
            case = f"{level}-{number}"
            decided: dict[str, Json] = {"order": case, "amount": 10, "country": "DE"}
            self.agent.record_decisions(slice_name, [(case, "pay", decided)], by=OWNER)
            self.work(slice_name, case, text="easy")

    def close(self) -> None:
        """Send the agent home."""
        self.agent.close()

    def erase(self, slice_name: str, case: str) -> None:
        """Erase a case's content."""
        self.ledger.erase(slice_name, self.ledger.vault.ref(slice_name, case), OWNER)

    def _refunds(self) -> None:
        for case in ("waits", "approved", "edited", "rejected", GONE, MARKUP):
            self.work("refunds", case, text=f"refund {case}")
        self.work("refunds", "escalated", text="strange")
        box = self.world.inbox("refunds")
        items = {item.case: item.id for item in box.items()}
        box.approve(items["approved"], by=APPROVER)
        box.edit(items["edited"], {"amount": 8}, by=APPROVER)
        box.reject(items["rejected"], "the customer withdrew", by=APPROVER)
        box.approve(items[GONE], by=APPROVER)
        for case in ("approved", "edited", "rejected", GONE):
            self.work("refunds", case, text=f"refund {case}")
        self.erase("refunds", GONE)

    def _letters(self) -> None:
        self.work("letters", "blind", country=SECRET, text="a letter")
        self.work("letters", "handed over", text="strange")

    def _claims(self) -> None:
        past: list[tuple[str, str, Mapping[str, Json]]] = [
            (f"claim-{i}", "pay", {"order": f"claim-{i}", "amount": 10, "country": "DE" if i else "FR"})
            for i in range(12)
        ]
        self.agent.record_decisions("claims", past, by=OWNER)
        for case, _, _ in past:
            self.work("claims", case, text="a claim")
        self.work("claims", "live", country=SECRET, text="a claim")


@contextmanager
def opened_office(server: EmbeddedServer, folder: Path) -> Iterator[Office]:
    """The office in a home and a database of its own, which nobody else's test sees."""
    name = f"office_{next(_numbers)}"
    with server.connect("postgres") as connection:
        connection.execute(f"create database {name}".encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOLDENTHREAD_DATABASE_URL", server.url(name))
        world = make_world(folder / "home")
        with world.opened():
            office = Office(world)
            yield office
            office.close()
    with server.connect("postgres") as connection:
        connection.execute(f"drop database {name} with (force)".encode())


def sign(world: World, slice_name: str, **wanted: Any) -> None:
    """A signed contract whose words hold markup."""
    text = contract_text(slice_name, actions=ACTIONS, **wanted)
    world.sign(text.replace("most are routine.", f"most are routine {MARKUP}."))


def equip(agent: Thread) -> Thread:
    """Give an agent its source and its tools."""
    documents = [Document(id=f"precedent-{i}", content={"case": i}, score=1 - i / 10) for i in range(3)]
    agent.source(
        "past decisions",
        search=lambda query, top: documents[:top],
        bears=lambda document, action, arguments: document.id == "precedent-0",
    )

    @agent.action("pay")
    def pay(order: str, amount: int, country: str) -> dict[str, str]:
        return {"receipt": order}

    agent.pay = pay  # type: ignore[attr-defined]
    return agent


def settled(text: str) -> str:
    """The text with what differs from run to run replaced: ids, digests, times, days, places."""
    text = re.sub(r"#\d+\]", "#N]", text)
    text = re.sub(r"[0-9a-f]{64}", "<digest>", text)
    text = re.sub(r"\b[0-9a-f]{16}\b", "<id>", text)
    text = re.sub(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} UTC", "<time>", text)
    text = re.sub(r"\d{1,2} [A-Z][a-z]{2} \d{4}, \d{2}:\d{2} UTC", "<time>", text)
    return re.sub(r"\d{4}-\d{2}-\d{2}\b", "<day>", text)


def dumped(value: object) -> str:
    """JSON text; fails for what is no JSON."""
    return json.dumps(value, allow_nan=False, ensure_ascii=False)
