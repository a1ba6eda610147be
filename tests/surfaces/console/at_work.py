"""A day at the office for those who act in the console: items that are asked for one at a time, and what they say."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from html import unescape

import httpx

from goldenthread.control.approvals import Item
from goldenthread.record.principals import Role, grant
from goldenthread.record.store import Home
from goldenthread.surfaces.sdk import Thread
from surfaces.console.visiting import TOKEN, Visitor
from surfaces.views.office import Office
from worlds import ENGINEER, OWNER, contract_text

JSON = "application/json"
WIRES = {
    "send": {
        "effect": "irreversible",
        "key": "order",
        "takes": {"order": "text", "amount": "whole number", "note": "text?"},
    }
}
_cases = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Work:
    """The office, and an agent whose wires cannot be taken back."""

    office: Office
    wirer: Thread
    sessions: dict[str, Visitor] = field(default_factory=dict)

    def ask(self, slice_name: str = "refunds", *, country: str = "DE", **given: str) -> Item:
        """Something new that waits for people."""
        case = f"{slice_name}-{next(_cases)}"
        if slice_name == "wires":
            with self.wirer.run("wires", case=case):
                self.wirer.send(order=case, amount=7, note="")  # type: ignore[attr-defined]
        else:
            self.office.work(slice_name, case, country=country, **{"text": "a letter", **given})
        return next(one for one in self.office.world.inbox(slice_name).items() if one.case == case)

    def now(self, item: Item) -> Item:
        """The item as it is by now."""
        return self.office.world.inbox(item.slice).item(item.id)

    def visitor(self, name: str = "") -> Visitor:
        """Somebody who sits at the keys, and acts as `name`; the same session each time."""
        if name not in self.sessions:
            self.sessions[name] = self.newcomer(name)
        return self.sessions[name]

    def newcomer(self, name: str = "") -> Visitor:
        """Somebody who has just come in, to a console of their own."""
        client = Visitor(self.office.ledger, home=Home(self.office.world.home), name=name or None)
        assert client.get(f"/enter?token={TOKEN}").status_code == 303
        return client


def at_work(office: Office) -> Work:
    """The office with its wires; whoever asks for them is an agent of its own."""
    world = office.world
    world.sign(contract_text("wires", level="approval", actions=WIRES))
    grant(
        world.ledger,
        world.keyring,
        by=OWNER,
        name="wirer",
        kind="agent",
        roles=[Role(name="agent")],
        responsible=ENGINEER,
    )
    agent = world.connect("wirer", model="rules")

    @agent.action("send")
    def send(order: str, amount: int, note: str = "") -> str:
        return order

    agent.send = send  # type: ignore[attr-defined]
    return Work(office=office, wirer=agent)


def refused(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, code and words of a refusal in JSON."""
    told = answer.json()
    return answer.status_code, told["code"], told["message"]


def said_by(client: Visitor, answer: httpx.Response) -> str:
    """What the page says once to which a deed led."""
    assert answer.status_code == 303, answer.text
    page = client.get(answer.headers["location"]).text
    return unescape("".join(re.findall(r'<p class="said-once" role="status">(.*?)</p>', page, re.DOTALL)))
