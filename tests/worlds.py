"""Small installations for tests: a home with people, keys, and slices at a wanted level."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import goldenthread
from goldenthread.control.approvals import Inbox
from goldenthread.control.guard import Desk, words_of_owners
from goldenthread.control.replay import Replay, replay_slice
from goldenthread.control.rules import rules_signatures
from goldenthread.control.signing import Lifted, lift, sign_version, stop
from goldenthread.control.stops import voices
from goldenthread.promise.contract import parse_contract
from goldenthread.promise.values import Json
from goldenthread.record.ledger import ORGANISATION, Ledger, Record, verify
from goldenthread.record.principals import KeyRing, Role, bootstrap, contract_signature_problem, grant
from goldenthread.record.store import Home
from goldenthread.surfaces.opening import open_ledger
from goldenthread.surfaces.sdk import Thread

OWNER = "maya@example.com"
EXPERT = "expert@example.com"
FINANCE = "finance-ops"
CUSTOMER = "customer-desk"
APPROVER = "reviewer@example.com"
ENGINEER = "engineer@example.com"
AGENT = "agent"
PEOPLE = (
    (OWNER, "person", ["owner"]),
    (EXPERT, "person", ["expert"]),
    (FINANCE, "data-owner", ["data-owner"]),
    (CUSTOMER, "data-owner", ["data-owner"]),
    (APPROVER, "person", ["approver"]),
    (ENGINEER, "person", ["approver"]),
)

CONTRACT = """\
apiVersion: goldenthread/v1
kind: AgentImpactContract
slice: {slice}
version: {version}
owner: maya@example.com
expert: expert@example.com
position: back office, first look at a request
volume: 120 cases per week
problem: Requests wait two days, and most are routine.
for: customers who ask; the desk that answers
horizon: 1
approach: bound

outcome:
  business: cost_to_serve 18 -> 6 EUR/case in 8 weeks, owned by finance-ops
  customer: time_to_answer p50 2 d -> 1 h in 8 weeks, owned by customer-desk
adoption: agent_share 0 % -> 70 % of cases in 8 weeks, owned by customer-desk

workflow:
  done: answered, with the reason on record
  cycle_time: p90 <= 2 d
  throughput: ">= 100 cases per week"
  automation_rate: ">= 60 %"
  escalation_rate: "<= 35 %"
  rework_rate: "<= 2 %"
  error_budget: 1 % of cases in 28 d
  backlog: "<= 40 cases"
  fails_like: somebody gets what is not theirs
  at_ten_products: 1200 requests a week; reviewers are the limit, at 20 h a week

autonomy:
  start: {start}
  ceiling: {ceiling}
  confidence: 95 %
  false_alarm: once in 10000 cases
  gates: {gates}
  tripwires:
    approval: [rework_rate > 3 %]
    draft: [any policy_violation]
  blind: {blind} % of cases at draft
  audit: 10 % of cases
{extra}  escalate: [reviewer within 4 h, lead within 1 d]
  calendar: Mon-Fri 09:00-17:00 Europe/Berlin
  when_people_leave: fall back to draft after 1 d without an approver

lists:
  allowed: [DE, FR]
actions: {actions}

technique:
  model: rules, no language model
  grounding: {grounding}
  memory: none
  evals: [goldset nightly]
  calls: {{agents: none, depth: 0}}
"""

LADDER = ("shadow", "draft", "approval", "constrained", "expanded")
GATES = {
    "draft": ["agreement >= 80 %"],
    "approval": ["agreement >= 85 %"],
    "constrained": ["approved_unedited >= 95 %"],
}
SAME_EACH_TIME: dict[str, dict[str, Json]] = {"pay": {"order": "o", "amount": 1}, "post": {"text": "o"}}
EASY = {"constrained": ["agreement >= 50 %"]}
"""A gate that `World.climb` passes in a dozen cases."""


PAY = {"pay": {"effect": "reversible", "key": "order"}}


def _with_undo(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"undo": "take_back", **fields} if fields["effect"] == "reversible" else dict(fields)


def contract_text(
    slice_name: str,
    *,
    version: int = 1,
    level: str = "shadow",
    ceiling: str = "constrained",
    actions: Mapping[str, Any] | None = None,
    gates: Mapping[str, list[str]] | None = None,
    blind: int = 20,
    grounding: str = "none",
    segments: Mapping[str, list[str]] | None = None,
    claim: str | None = None,
    releases: str | None = None,
    parts: str = "",
) -> str:
    """A contract whose agents begin at `level`; `parts` are more lines at the top of the file."""
    start = LADDER.index(level)
    wanted = GATES if gates is None else gates
    highest = LADDER.index(ceiling)
    above = {name: clauses for name, clauses in wanted.items() if start < LADDER.index(name) <= highest}
    declared = {name: _with_undo(fields) for name, fields in (actions or PAY).items()}
    extra = f"  segments: {json.dumps(segments)}\n" if segments else ""
    extra += f"  claim: {claim}\n" if claim else ""
    extra += f"  releases: {releases}\n" if releases else ""
    return (
        CONTRACT.format(
            extra=extra,
            slice=slice_name,
            version=version,
            start=level,
            ceiling=ceiling,
            gates=json.dumps(above),
            blind=blind,
            actions=json.dumps(declared),
            grounding=grounding,
        )
        + parts
    )


@dataclass(frozen=True, kw_only=True)
class Model:
    """A home that others begin as a copy of, and the database that belongs to it."""

    home: Path
    database: str


class World:
    """One installation with its people."""

    def __init__(self, home: Path, keyring: KeyRing) -> None:
        self.home = home
        self.keyring = keyring
        self._ledger: Ledger | None = None

    @property
    def ledger(self) -> Ledger:
        """The open ledger; only inside `opened()`."""
        assert self._ledger is not None, "open the world first: with world.opened()"
        return self._ledger

    @contextmanager
    def opened(self) -> Iterator[Ledger]:
        """Keep the ledger open, and the database with it."""
        self._ledger = open_ledger(self.home)
        try:
            yield self._ledger
        finally:
            self._ledger.store.close()
            self._ledger = None

    def slice(self, name: str, *, level: str = "shadow", **wanted: Any) -> None:
        """
        A signed contract for a slice; see `contract_text`. Constrained is earned, by a dozen replayed cases, by
        whoever has the manifest of `connect(home)`.
        """
        with self.opened():
            if level == "constrained":
                self.sign(contract_text(name, level="approval", gates=EASY, **wanted))
                self.climb(name)
            else:
                self.sign(contract_text(name, level=level, **wanted))

    def climb(self, name: str, cases: int = 12) -> None:
        """Work cases that people decided before, and agree with them."""
        with self.connect() as thread:
            tools = declare_tools(thread)
            action = next(iter(thread.desk(name).standing().versions[1].contract.actions))
            arguments = SAME_EACH_TIME[action]
            past = [(f"past-{number}", action, arguments) for number in range(cases)]
            thread.record_decisions(name, past, by=EXPERT)
            for case, _, _ in past:
                with thread.run(name, case=case):
                    tools[action](**arguments)

    def sign(self, text: str, *, leave_out: tuple[str, ...] = ()) -> None:
        """Commit and sign a contract as everybody it names."""
        contract = parse_contract(text)
        for signer in contract.signers:
            if signer not in leave_out:
                sign_version(self.desk(contract.slice), self.keyring, contract, by=signer)

    def desk(self, slice_name: str) -> Desk:
        """A guard's desk."""
        return Desk(self.ledger, slice_name)

    def inbox(self, slice_name: str) -> Inbox:
        """The inbox, with everybody's keys."""
        return Inbox(self.desk(slice_name), self.keyring.sign)

    def connect(self, agent: str = AGENT, **manifest: Any) -> Thread:
        """An agent's connection of its own."""
        return connect(self.home, agent, **manifest)

    def permitted_cases(self) -> set[str]:
        """`slice.case` of every case that any permit was given for, from the ledger alone."""
        found = set()
        for chain in self.ledger.chains():
            for record in self.ledger.read(chain, kinds=["action:decide", "approval:answer"]):
                if record.data.get("permit"):
                    found.add(f"{chain}.{self._case(chain, record.data['case'])}")
        return found

    def replay(self, slice_name: str, records: list[Record] | None = None) -> Replay:
        """Derive the slice's verdicts and levels again, from its records or from these."""
        principals = self.desk(slice_name).principals()
        return replay_slice(
            slice_name,
            self.ledger.read(slice_name) if records is None else records,
            self.ledger.open,
            lambda contract, record: contract_signature_problem(principals, contract, record),
            organisation=self.ledger.read(ORGANISATION),
            voice_of=voices(lambda: principals),
            rules_problem=rules_signatures(lambda: principals),
            word_problem=words_of_owners(slice_name, lambda: principals),
        )

    def stop(
        self, chain: str = ORGANISATION, *, tool: str | None = None, product: str | None = None, by: str = OWNER
    ) -> Record:
        """Somebody stops a slice, a product or everything; or only a tool there."""
        record = stop(
            self.ledger, self.keyring, chain=chain, tool=tool, product=product, by=by, reason="an odd payment"
        )
        assert record is not None
        return record

    def lift(self, record: Record, *people: str) -> Lifted:
        """People say that the stop of a record may be lifted; two do if none are named."""
        place = f"{record.chain}#{record.seq}"
        said = [
            lift(self.ledger, self.keyring, place, by=by, reason="it was a test") for by in people or (OWNER, APPROVER)
        ]
        return said[-1]

    def verify_ok(self) -> bool:
        """Whether the ledger verifies, as far as it can without checkpoints."""
        return verify(self.ledger, (), {}).ok

    def _case(self, chain: str, case_ref: str) -> str:
        start = next(r for r in self.ledger.read(chain, kinds=["run:start"]) if r.data["case"] == case_ref)
        return str(self.ledger.open(start.data["input"])["case"])  # type: ignore[index,call-overload]

    def open_items(self, slice_name: str, kind: str) -> list[str]:
        """Cases with an open inbox item of that kind."""
        return [item.case for item in self.inbox(slice_name).items() if item.kind == kind]


def connect(home: Path, agent: str = AGENT, **manifest: Any) -> Thread:
    """An agent's connection, with a manifest."""
    return goldenthread.connect(home, agent=agent, manifest=manifest or {"model": "rules"})


def declare_tools(thread: Thread, pay: Any = None, post: Any = None) -> dict[str, Any]:
    """
    The tools of the test agents; the same source every time, so that the fingerprint is one and the same.

    Args:
        pay: Called with (order, amount); None does nothing.
        post: Called with (text); None does nothing.
    """

    @thread.action("pay")
    def act_pay(order: str, amount: int) -> Any:
        return pay(order, amount) if pay else None

    @thread.action("post")
    def act_post(text: str) -> Any:
        return post(text) if post else None

    return {"pay": act_pay, "post": act_post}


def make_world(home: Path) -> World:
    """A home with its people granted, if they are not yet; the database stops again."""
    keyring = KeyRing(Home(home))
    if keyring.has(AGENT):
        return World(home, keyring)
    ledger = open_ledger(home)
    try:
        bootstrap(ledger, keyring, OWNER)
        for name, kind, roles in PEOPLE:
            grant(ledger, keyring, by=OWNER, name=name, kind=kind, roles=[Role(name=role) for role in roles])
        grant(
            ledger,
            keyring,
            by=OWNER,
            name=AGENT,
            kind="agent",
            roles=[Role(name="agent")],
            responsible=ENGINEER,
        )
    finally:
        ledger.store.close()
    return World(home, keyring)
