"""
The workers' side: the reference agents with their tools, as `goldenthread work chaos.desk:worker` finds them.

The intake agent is the product's own; the bank's does what a model says, and goes on with less when that is away.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import goldenthread
from chaos import model
from chaos.book import Client
from chaos.cases import known_precedents
from chaos.place import Place
from goldenthread.products import open_source_intake as intake
from goldenthread.surfaces.sdk.run import CURRENT

if TYPE_CHECKING:
    from goldenthread.surfaces.sdk import Run, Thread
    from goldenthread.surfaces.sdk.worker import Worker

AGENT = "desk-agent"
INTAKE = "open-source-intake"
"""The product at the level where it acts alone."""
REVIEW = "open-source-review"
"""The same, where a person says yes to each."""
BANK = "bank-assistant"
"""Small payments alone, the others with a person; the tool takes no idempotency key."""

_MANIFEST = {"model": "large, else small, else rules", "prompts": "the case itself"}

Act = Callable[..., Any]


class Desk:
    """One process's connection: agents, and tools that reach the world outside through `book`."""

    def __init__(self, place: Place, book: Client) -> None:
        self.place = place
        self.thread: Thread = goldenthread.connect(place.home, agent=AGENT, manifest=_MANIFEST, code=intake.CODE)
        self.tools = declare_tools(self.thread, book)
        precedents = known_precedents(place)
        search: Any = precedents.search
        self.thread.source(intake.SOURCE, search=search, bears=_bears)

    def worker(self) -> Worker:
        """All agents, to be called for cases."""
        worker = self.thread.worker()
        for slice_name in (INTAKE, REVIEW):
            worker.agent(slice_name, tries=8, within="60 s", at_once=3)(self.decide_package)
        worker.agent(BANK, tries=8, within="60 s", at_once=3)(self.pay)
        return worker

    def decide_package(self, run: Run, given: dict[str, Any]) -> None:
        """The product's agent, after a model said something about the case."""
        self._plan(run, {"request": given["request"]}, given["rules"])
        intake.work(given, run, admit=self.tools["admit_package"], refuse=self.tools["refuse_package"])

    def pay(self, run: Run, given: dict[str, Any]) -> None:
        """Pay what the model says, which reads it off the case."""
        asked = {name: given[name] for name in ("recipient", "amount", "subject", "date")}
        plan = self._plan(run, asked, given["rules"])
        self.tools["get_balance"]()
        self.tools["send_money"](**plan)

    def _plan(self, run: Run, asked: Mapping[str, Any], rules: bool) -> dict[str, Any]:
        """What to do, from the best that works; without rules of its own, people get the case if no model works."""
        url = self.place.url("model")
        ways: dict[str, Callable[[], dict[str, Any]]] = {
            "large": lambda: model.complete(url, "large", asked),
            "small": lambda: model.complete(url, "small", asked),
        }
        if rules:
            ways["rules"] = lambda: dict(asked)
        plan: dict[str, Any] = run.step("plan", lambda: run.first_of("plan", ways, within=1.0))
        return plan


def declare_tools(thread: Thread, book: Client) -> dict[str, Act]:
    """The tools of the reference agents, each telling the book which decision of the guard it acts on."""

    @thread.action("admit_package")
    def admit_package(request: str, package: str, licence: str) -> str:
        order = {"request": request, "package": package, "licence": licence}
        book.do("admit_package", order, key=request, decision=_decision())
        return "admitted"

    @thread.action("refuse_package")
    def refuse_package(request: str, package: str, licence: str) -> str:
        order = {"request": request, "package": package, "licence": licence}
        book.do("refuse_package", order, key=request, decision=_decision())
        return "refused"

    @thread.action("get_balance")
    def get_balance() -> float:
        return 1000.0

    @thread.action("send_money")
    def send_money(recipient: str, amount: float, subject: str, date: str) -> dict[str, str]:
        order = {"recipient": recipient, "amount": amount, "subject": subject, "date": date}
        book.do("send_money", order, decision=_decision())
        return {"message": "sent"}

    return {
        "admit_package": admit_package,
        "refuse_package": refuse_package,
        "get_balance": get_balance,
        "send_money": send_money,
    }


def _decision() -> str | None:
    """The action on record that the current run asked for last; None outside a run."""
    run = CURRENT.get()
    return run.actions[-1] if run is not None and run.actions else None


def _bears(document: Any, action: str, arguments: Mapping[str, Any]) -> bool:
    return intake.bears(document.content, action, arguments)


def _worker() -> Worker:
    place = Place.here()
    return Desk(place, Client(os.environ.get("GOLDENTHREAD_CHAOS_BOOK") or place.url("book_line"))).worker()


def __getattr__(name: str) -> Worker:
    """The worker, connected when it is asked for."""
    if name == "worker":
        return _worker()
    raise AttributeError(name)
