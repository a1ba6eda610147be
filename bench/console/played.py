"""A few cases of a slice, worked by the guard itself: what the many are made after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from goldenthread.control.approvals import Inbox
from goldenthread.control.guard import (
    Declaration,
    Desk,
    Request,
    Step,
    authorize,
    consume,
    declare_agent,
    end_run,
    escalate,
    open_run,
    pause_run,
    record_effect,
)
from goldenthread.control.incidents import Ground
from goldenthread.control.response import Seen, tick_incidents
from goldenthread.control.signing import sign_version
from goldenthread.promise.contract import parse_contract
from goldenthread.promise.values import canonical
from goldenthread.record.ledger import Ledger
from goldenthread.record.principals import KeyRing, Role, bootstrap, grant
from goldenthread.surfaces.views.rows import select

AGENT, OWNER, APPROVER = "bench-agent", "owner", "approver"
PEOPLE = (
    ("owner", "person", "owner"),
    ("expert", "person", "expert"),
    ("approver", "person", "approver"),
    ("auditor", "person", "auditor"),
    ("finance", "data-owner", "data-owner"),
    ("desk", "data-owner", "data-owner"),
)
DECLARATION = Declaration(agent=AGENT, manifest={"model": "rules"}, tools={}, code="sha256:bench")
_IDS = ("run", "case", "item", "decision", "permit")

_CONTRACT = """\
apiVersion: goldenthread/v1
kind: AgentImpactContract
slice: {slice}
version: 1
owner: owner
expert: expert
product: {product}
position: back office, first look at a request
volume: 1000 cases per week
problem: Requests wait two days, and most are routine.
for: customers who ask; the desk that answers
horizon: 1
approach: bound

outcome:
  business: cost_to_serve 18 -> 6 EUR/case in 8 weeks, owned by finance
  customer: time_to_answer p50 2 d -> 1 h in 8 weeks, owned by desk
adoption: agent_share 0 % -> 70 % of cases in 8 weeks, owned by desk

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
  start: approval
  ceiling: constrained
  confidence: 95 %
  false_alarm: once in 10000 cases
  gates:
    constrained: [approved_unedited >= 95 %]
  tripwires:
    approval: [rework_rate > 3 %]
    draft: [any policy_violation]
  audit: 10 % of cases
  escalate: [reviewer within 4 h]
  calendar: Mon-Fri 09:00-17:00 Europe/Berlin
  when_people_leave: fall back to draft after 5 d without an approver

lists:
  allowed: [DE, FR]
actions:
  look: {{effect: read}}
  pay: {{effect: reversible, undo: take_back, key: order, limit: country in allowed}}

technique:
  model: rules, no language model
  grounding: none
  memory: none
  evals: [goldset nightly]
  calls: {{agents: none, depth: 0}}
"""


@dataclass(frozen=True, kw_only=True)
class Played:
    """One case as it was worked: its records as (kind, author, canonical data), its rows, and its own ids."""

    records: tuple[tuple[str, str, bytes], ...]
    run: Mapping[str, Any]
    action: Mapping[str, Any]
    item: Mapping[str, Any]
    ids: Mapping[str, str]


def people(ledger: Ledger, ring: KeyRing, approvers: int = 0) -> None:
    """Everybody who signs, the agent, and so many more approvers."""
    bootstrap(ledger, ring, "administrator")
    for name, kind, role in (*PEOPLE, *((person(number), "person", "approver") for number in range(approvers))):
        grant(ledger, ring, by="administrator", name=name, kind=kind, roles=[Role(name=role)])
    grant(ledger, ring, by="administrator", name=AGENT, kind="agent", roles=[Role(name="agent")], responsible=OWNER)


def person(number: int) -> str:
    """The name of one of many approvers."""
    return f"approver-{number:03d}"


def slice_of(ledger: Ledger, ring: KeyRing, name: str, product: str) -> tuple[Played, Played]:
    """A signed slice with cases of every fate; a case that was approved and done, and one that waits."""
    desk = Desk(ledger, name)
    contract = parse_contract(_CONTRACT.format(slice=name, product=product))
    for signer in contract.signers:
        sign_version(desk, ring, contract, by=signer)
    declare_agent(desk, DECLARATION)
    box = Inbox(desk, ring.sign)
    done = _worked(desk, box, "approved", "approve")
    _worked(desk, box, "rejected", "reject")
    _handed_over(desk)
    ground = Ground(key="anomaly:runs", cause="anomaly", owner=OWNER, words="Live runs: twice as many", onset=None)
    tick_incidents(desk, Seen(grounds=(ground,)))
    return done, _worked(desk, box, "waits", None)


def _worked(desk: Desk, box: Inbox, case: str, answer: str | None) -> Played:
    before = desk.ledger.head(desk.slice).seq
    run = open_run(desk, DECLARATION, case, {"text": f"a request of {case}, from DE, about 10 EUR"})
    request = Request(run=run, call=0, action="pay", arguments={"order": case, "amount": 10, "country": "DE"})
    asked = authorize(desk, request)
    pause_run(desk, run, [Step(kind="note", content={"words": "looked it up"})], 0.2)
    item = next(one.id for one in box.items() if one.run == run.id)
    if answer == "approve":
        box.approve(item, by=APPROVER)
    elif answer == "reject":
        box.reject(item, "not theirs", by=APPROVER)
    if answer is not None:
        run = open_run(desk, DECLARATION, case, {"text": f"a request of {case}, from DE, about 10 EUR"})
        outcome = authorize(desk, request)
        if answer == "approve":
            consume(desk, run, outcome)
            record_effect(desk, run, outcome, {"paid": 10})
        end_run(desk, run, "done" if answer == "approve" else "denied", [], 0.3)
    return _as_played(desk, before, run.id, asked.id, item)


def _handed_over(desk: Desk) -> None:
    run = open_run(desk, DECLARATION, "handed over", {"text": "a strange request"})
    escalate(desk, run, "no precedent is near enough")
    end_run(desk, run, "escalated", [], 0.1)


def _as_played(desk: Desk, before: int, run: str, action: str, item: str) -> Played:
    rows = {
        "run": select(desk.ledger, "select * from run where id = %s", run)[0],
        "action": select(desk.ledger, "select * from action where id = %s", action)[0],
        "inbox": select(desk.ledger, "select * from inbox where id = %s", item)[0],
    }
    kept = tuple(
        (one.kind, one.by, canonical(dict(one.data)))
        for one in desk.ledger.read(desk.slice, after=before)
        if run.encode() in one.body or action.encode() in one.body
    )
    ids = {"run": run, "case": rows["run"]["case_ref"], "item": item, "decision": action}
    if rows["action"]["permit"]:
        ids["permit"] = rows["action"]["permit"]
    return Played(records=kept, run=rows["run"], action=rows["action"], item=rows["inbox"], ids=ids)
