"""A slice to measure on: actions with limits, at constrained, earned by a dozen replayed cases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from goldenthread.control.guard import (
    Declaration,
    Desk,
    Request,
    authorize,
    declare_agent,
    end_run,
    open_run,
    record_decisions,
)
from goldenthread.control.signing import sign_version
from goldenthread.promise.contract import Contract, parse_contract
from goldenthread.promise.values import Json
from goldenthread.record.metrics import Proposal
from goldenthread.record.principals import KeyRing, Role, bootstrap, grant
from goldenthread.record.store import Home
from goldenthread.surfaces.opening import open_ledger

SLICE = "bench"
AGENT = "bench-agent"
DECLARATION = Declaration(agent=AGENT, manifest={}, tools={}, code="sha256:bench")
ARGUMENTS: dict[str, Json] = {"country": "DE", "amount": 42}

_CASES = 12
# Budgets that nobody will use up: what costs time is to reserve from them.
_ACTION = """\
  act_{}:
    effect: reversible
    undo: take_back
    limit: country in countries and amount <= 100 EUR
    budget: 1000000000 EUR of amount per day"""
_CONTRACT = """\
apiVersion: goldenthread/v1
kind: AgentImpactContract
slice: bench
version: 1
owner: owner
expert: expert
position: nowhere, only measured
volume: 1000 cases per day
problem: Nobody knows how fast the guard is.
for: those who build on it
horizon: 1
approach: bound

outcome:
  business: cost_to_serve 18 -> 6 EUR/case in 8 weeks, owned by finance
  customer: time_to_answer p50 2 d -> 1 h in 8 weeks, owned by desk
adoption: agent_share 0 % -> 70 % of cases in 8 weeks, owned by desk

workflow:
  done: the time of each call is on record
  throughput: ">= 100 cases per week"
  escalation_rate: "<= 35 %"
  backlog: "<= 40 cases"
  fails_like: a figure that nobody measured
  at_ten_products: ten such slices; the disk is the limit

autonomy:
  start: approval
  ceiling: constrained
  confidence: 95 %
  false_alarm: once in 10000 cases
  gates:
    constrained: [agreement >= 50 %]
  tripwires:
    approval: [rework_rate > 3 %]
  audit: 1 % of cases
  escalate: [reviewer within 4 h]
  calendar: Mon-Fri 09:00-17:00 Europe/Berlin
  when_people_leave: fall back to draft after 1 d without an approver

lists:
  countries: [DE, FR]
budgets: [1000000000 calls per day]
actions:
{actions}

technique:
  model: a loop that asks for permits
"""


def bench_contract(actions: int) -> Contract:
    """A contract with so many actions, each with a list and an amount limit."""
    return parse_contract(_CONTRACT.format(actions="\n".join(_ACTION.format(number) for number in range(actions))))


def wide_contract(actions: int) -> Contract:
    """As `bench_contract`, also with more actions than a page holds, and than a contract may have as text."""
    contract = bench_contract(1)
    names = [f"act_{number}" for number in range(actions)]
    return replace(contract, actions={name: replace(contract.actions["act_0"], name=name) for name in names})


@contextmanager
def constrained_home(home: Path) -> Iterator[None]:
    """A home whose bench agent may act alone; its database runs as long as the block."""
    ledger = open_ledger(home)
    try:
        ring = KeyRing(Home(home))
        bootstrap(ledger, ring, "owner")
        for name, role in (("owner", "owner"), ("expert", "expert"), ("finance", "data-owner"), ("desk", "data-owner")):
            grant(ledger, ring, by="owner", name=name, roles=[Role(name=role)])
        grant(ledger, ring, by="owner", name=AGENT, kind="agent", roles=[Role(name="agent")], responsible="owner")
        contract = bench_contract(3)
        desk = Desk(ledger, SLICE)
        for signer in contract.signers:
            sign_version(desk, ring, contract, by=signer)
        _climb(desk, ring)
        yield
    finally:
        ledger.store.close()


def _climb(desk: Desk, ring: KeyRing) -> None:
    declare_agent(desk, DECLARATION)
    decision = Proposal(action="act_1", arguments=ARGUMENTS)
    past = [(f"past-{number}", decision) for number in range(_CASES)]
    record_decisions(desk, past, "expert", ring.sign)
    for number in range(_CASES):
        run = open_run(desk, DECLARATION, f"past-{number}", {})
        authorize(desk, Request(run=run, call=0, action="act_1", arguments=ARGUMENTS))
        end_run(desk, run, "denied", [], 0.0)
