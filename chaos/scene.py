"""An installation for chaos: people, tokens, and the reference products' contracts at the levels that are needed."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

from chaos.book import Client
from chaos.cases import keep_packages, known_decisions
from chaos.desk import AGENT, BANK, INTAKE, REVIEW, Desk
from chaos.place import FOLDER, Place, free_ports
from chaos.teller import REMOTE, connect
from chaos.tools import send_money
from goldenthread.control.guard import Desk as Guard
from goldenthread.control.signing import sign_version
from goldenthread.promise.contract import parse_contract
from goldenthread.promise.values import Json, Level
from goldenthread.record.ledger import Ledger
from goldenthread.record.principals import KeyRing, Role, bootstrap, create_token, grant
from goldenthread.record.store import Home
from goldenthread.surfaces.api import serve
from goldenthread.surfaces.opening import open_ledger
from goldenthread.surfaces.toolside import ToolSide

SLICES = (INTAKE, REVIEW, BANK, REMOTE)

OWNER = "maya@example.com"
REVIEWERS = ("reviewer@example.com", "second@example.com")
ENGINEER = "engineer@example.com"
SEALER = "sealer"
REMOTE_AGENT = "teller-agent"
TOOL = "payments"
TASKS = "front-office"
_PAST = 14
_PEOPLE = (
    (OWNER, "person", ("owner",)),
    ("open-source-lead@example.com", "person", ("expert",)),
    ("payments-lead@example.com", "person", ("expert",)),
    *((name, "data-owner", ("data-owner",)) for name in ("finance-ops", "developer-experience", "open-source-office")),
    ("customer-desk", "data-owner", ("data-owner",)),
    *((name, "person", ("approver",)) for name in REVIEWERS),
    (ENGINEER, "person", ("approver",)),
    (SEALER, "service", ("sealer",)),
    (TOOL, "service", ("tool",)),
    (TASKS, "service", ("task",)),
)
_SENT: dict[str, Json] = {"recipient": "DE1", "amount": 5, "subject": "past", "date": "2026-01-01"}


def build(folder: Path) -> Place:
    """Make the scene in an empty folder; its database runs only meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    place = Place(folder=folder, ports=free_ports(), tokens={})
    keep_packages(place)
    ring = KeyRing(Home(place.home))
    ledger = open_ledger(place.home)
    try:
        _people(ledger, ring)
        for slice_name, text in contracts().items():
            _sign(ledger, ring, slice_name, text)
        place = Place(folder=folder, ports=place.ports, tokens=_tokens(ledger, ring))
        place.save()
        os.environ[FOLDER] = str(folder)
        _climb(place)
        _climb_remotely(place, ledger, ring)
    finally:
        ledger.store.close()
    return place


def contracts() -> dict[str, str]:
    """The products' own contracts; only slice, start, gates and the day's budget are the scene's."""
    package = (files("goldenthread.products.open_source_intake") / "contract.yaml").read_text()
    bank = (files("goldenthread.products.bank_assistant") / "contracts" / "banking.yaml").read_text()
    return {
        INTAKE: _adapted(package, INTAKE, alone=True),
        REVIEW: _adapted(package, REVIEW, alone=False),
        BANK: _adapted(bank, BANK, alone=False),
        REMOTE: _adapted(bank, REMOTE, alone=True),
    }


def _adapted(text: str, slice_name: str, *, alone: bool) -> str:
    gate = "[agreement >= 50 %]" if alone else "[approved_unedited >= 99.9 %]"
    changes = (
        (r"^slice: .*$", f"slice: {slice_name}"),
        (r"^  start: .*$", "  start: approval"),
        (r"^  ceiling: .*$", "  ceiling: constrained"),
        (r"^  gates:\n(?:    .*\n)+", f"  gates:\n    constrained: {gate}\n"),
        (r"5000 of amount per day", "50000000 of amount per day"),
        (r"\{constrained: (amount <= 250), expanded: amount <= 2500\}", r"\1"),
    )
    for pattern, words in changes:
        text = re.sub(pattern, words, text, flags=re.MULTILINE)
    return text


def _people(ledger: Ledger, ring: KeyRing) -> None:
    bootstrap(ledger, ring, OWNER)
    for name, kind, roles in _PEOPLE:
        grant(ledger, ring, by=OWNER, name=name, kind=kind, roles=[Role(name=role) for role in roles])
    for agent in (AGENT, REMOTE_AGENT):
        grant(ledger, ring, by=OWNER, name=agent, kind="agent", roles=[Role(name="agent")], responsible=ENGINEER)


def _sign(ledger: Ledger, ring: KeyRing, slice_name: str, text: str) -> None:
    contract = parse_contract(text)
    for signer in contract.signers:
        sign_version(Guard(ledger, slice_name), ring, contract, by=signer)


def _tokens(ledger: Ledger, ring: KeyRing) -> dict[str, str]:
    life = timedelta(days=300)  # clocks jump by days
    agent = create_token(
        ledger, ring, by=OWNER, scope="agent", name=REMOTE_AGENT, slices=(REMOTE,), actions=[], life=life
    )
    tool = create_token(
        ledger, ring, by=OWNER, scope="tool", name=TOOL, slices=(REMOTE,), actions=["send_money"], life=life
    )
    task = create_token(ledger, ring, by=OWNER, scope="task", name=TASKS, slices=(REMOTE,), actions=[], life=life)
    return {"agent": agent[1], "tool": tool[1], "task": task[1]}


def _climb(place: Place) -> None:
    """The desk's agent earns to act alone, on cases that people decided before."""
    desk = Desk(place, Client("http://127.0.0.1:1"))  # nothing happens in shadow
    with desk.thread as thread:
        decided = known_decisions(place)[:_PAST]
        past = [
            (package.request, decision.action, decision.arguments(package.request, package.evidence.name))
            for package, decision in decided
        ]
        thread.record_decisions(INTAKE, past, by="open-source-lead@example.com")
        for case, action, arguments in past:
            with thread.run(INTAKE, case=case):
                desk.tools[action](**arguments)
        cases = [(f"past-{number}", "send_money", _SENT) for number in range(_PAST)]
        thread.record_decisions(REMOTE, cases, by="payments-lead@example.com")
        _require_alone(INTAKE, thread.level(INTAKE))


def _climb_remotely(place: Place, ledger: Ledger, ring: KeyRing) -> None:
    """What can't be undone may be done alone only where the agent is another process: the teller's agent earns it."""
    with serve(ledger, ring) as server, ToolSide(server.url, place.tokens["tool"]) as tool:
        tool.action("send_money")(send_money)
        tool.declare()
        with connect(server.url, place.tokens["agent"]) as teller:
            for number in range(_PAST):
                with teller.thread.run(REMOTE, case=f"past-{number}", given=_SENT):
                    teller.send_money(**_SENT)
        with connect(server.url, place.tokens["agent"]) as teller:
            _require_alone(REMOTE, teller.thread.level(REMOTE))


def _require_alone(slice_name: str, level: Level) -> None:
    if level is not Level.CONSTRAINED:
        raise RuntimeError(f"{slice_name} is at {level}, not at constrained")
