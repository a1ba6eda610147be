"""
What all examples of this folder share: a refund desk with its contract and people, and a demonstration.

Each example puts the same three tools into an agent of one framework, whose model follows a script, so it needs no key.
The demonstration lets it earn to act alone, and then shows what is allowed, asked, edited and refused. Each case is
worked by a process of its own: the one that goes on is never the one that waited.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import goldenthread

SLICE = "refunds"
LIMIT = 50

CONTRACT = """\
apiVersion: goldenthread/v1
kind: AgentImpactContract
slice: refunds
version: 1
owner: maya@example.com
expert: sam@example.com
position: customer service, second desk, before a refund is paid
volume: 60 cases per day
problem: A refund takes three days, and four out of five are plain.
for: customers who sent goods back; the desk that pays them
horizon: 1
approach: bound

outcome:
  business: cost_to_serve 4.80 -> 2.10 EUR/case in 8 weeks, owned by finance
  customer: time_to_refund p50 3 d -> 4 h in 8 weeks, owned by finance
adoption: agent_share 0 % -> 60 % of cases in 8 weeks, owned by finance

workflow:
  done: paid or refused, with the reason on record
  cycle_time: p90 <= 3 d
  throughput: ">= 50 cases per day"
  automation_rate: ">= 50 %"
  escalation_rate: "<= 35 %"
  rework_rate: "<= 2 %"
  error_budget: 1 % of cases in 28 d
  backlog: "<= 60 cases"
  fails_like: money goes to somebody who sent nothing back
  at_ten_products: 600 refunds a day; the desk's hours are the limit, nothing else grows

autonomy:
  start: approval
  ceiling: constrained
  confidence: 95 %
  false_alarm: once in 5000 cases
  gates:
    constrained: [agreement >= 50 %]
  tripwires:
    draft: [any policy_violation]
  blind: 20 % of cases at draft
  audit: 1 % of cases
  escalate: [desk-lead within 2 h, sam@example.com within 1 d]
  calendar: Mon-Fri 08:00-18:00 Europe/Berlin
  when_people_leave: fall back to draft after 1 d without an approver

actions:
  read_order: {effect: read}
  pay_refund: {effect: reversible, undo: claim_back, limit: amount <= 50 EUR, key: order}

technique:
  model: a script, no language model
  grounding: the order's own record
  memory: none
  evals: [refund-goldset nightly]
  calls: {agents: none, depth: 0}
"""

Script = list[tuple[str, dict[str, Any]]]
"""What the model asks for, one tool a turn; after the last it repeats what it was told."""

Work = Callable[[Script], str]


def read_order(order: str) -> str:
    """
    Look up an order.

    Args:
        order: The order's number.
    """
    return f"{order} came back"


def pay_refund(order: str, amount: str) -> str:
    """
    Pay a refund.

    Args:
        order: The order's number.
        amount: How much, as '20 EUR'.
    """
    return f"paid {amount} for {order}"


def close_account(order: str) -> str:
    """
    Close the account behind an order; no contract allows it.

    Args:
        order: The order's number.
    """
    return f"closed the account of {order}"


TOOLS = (read_order, pay_refund, close_account)


def main(agent: Callable[[goldenthread.Thread], Work]) -> None:
    """Without arguments the demonstration; `learn`, or `work CASE TOOL [AMOUNT]`, is one process of it."""
    if sys.argv[1:2] == ["learn"]:
        _learn(agent)
    elif sys.argv[1:2] == ["work"]:
        _work(agent, *sys.argv[2:])
    else:
        with tempfile.TemporaryDirectory() as folder:
            _demonstrate(Path(folder))


def _learn(agent: Callable[[goldenthread.Thread], Work]) -> None:
    """A dozen orders that people decided last month; the agent works each in shadow, and agrees."""
    past = [(f"past-{number}", "pay_refund", {"amount": "20 EUR"}) for number in range(12)]
    with _connect() as thread:
        work = agent(thread)
        thread.record_decisions(SLICE, past, by="sam@example.com")
        for case, tool, arguments in past:
            with thread.run(SLICE, case=case):
                work([(tool, {"order": case, **arguments})])
        print(f"after {len(past)} past cases: {thread.level(SLICE).value}")


def _work(agent: Callable[[goldenthread.Thread], Work], case: str, tool: str, *amount: str) -> None:
    """One case: look the order up, then call the tool."""
    arguments = {"order": case, **({"amount": amount[0]} if amount else {})}
    with _connect() as thread:
        work, told = agent(thread), ""
        with thread.run(SLICE, case=case) as run:
            told = work([("read_order", {"order": case}), (tool, arguments)])
    print(f"{case}: {run.status}" + (f"\n  {told}" if run.status == "done" else ""))


def _connect() -> goldenthread.Thread:
    return goldenthread.connect(agent="refund-agent", manifest={"model": "a script"})


def _demonstrate(folder: Path) -> None:
    os.environ["GOLDENTHREAD_HOME"] = str(folder / "home")
    _cli("init", "--owner", "maya@example.com")
    person = "maya@example.com"
    _cli("principal", "grant", "refund-agent", "--kind", "agent", "--responsible", person, "--by", person)
    with _connect():  # so that the database does not start and stop with each process
        _people(folder)
        _process("learn")
        print("\n# allowed: within the limit")
        _process("work", "order-1", "pay_refund", "20 EUR")
        print("\n# asked: above the limit; another process goes on after a yes")
        _process("work", "order-2", "pay_refund", "80 EUR")
        _answer("approve")
        _process("work", "order-2", "pay_refund", "80 EUR")
        print("\n# edited: what a person wrote is done, and the model is told")
        _process("work", "order-3", "pay_refund", "90 EUR")
        _answer("edit", "amount=60 EUR")
        _process("work", "order-3", "pay_refund", "90 EUR")
        print("\n# refused: no contract declares it")
        _process("work", "order-4", "close_account")


def _people(folder: Path) -> None:
    """Who may do what, and the contract that all of them signed."""
    contract = folder / "refunds.yaml"
    contract.write_text(CONTRACT, encoding="utf-8")
    for name, kind, role in (
        ("maya@example.com", "person", "owner"),
        ("sam@example.com", "person", "expert"),
        ("finance", "data-owner", "data-owner"),
        ("lee@example.com", "person", "approver"),
    ):
        _cli("principal", "grant", name, "--kind", kind, "--role", f"{role}@{SLICE}", "--by", "maya@example.com")
    for name in ("maya@example.com", "sam@example.com", "finance"):
        _cli("contract", "sign", str(contract), "--as", name)


def _answer(answer: str, *arguments: str) -> None:
    """Somebody answers the one approval that is open."""
    item = next(
        found[1]
        for line in _cli("inbox", "list").splitlines()
        if "approval" in line and (found := re.search(r"\b([0-9a-f]{8,16})\b", line))
    )
    _cli("inbox", answer, item, *arguments, "--as", "lee@example.com")
    print(f"lee@example.com: {' '.join((answer, *arguments))}")


def _cli(*arguments: str) -> str:
    command = [sys.executable, "-c", "from goldenthread.surfaces.cli import main; main()", *arguments]
    done = subprocess.run(command, input="", capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"goldenthread {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


def _process(*arguments: str) -> None:
    sys.stdout.flush()
    subprocess.run([sys.executable, sys.argv[0], *arguments], check=True)
