"""
Two runs of the bank assistant: one does what the customer asked for, one is wholly in an attacker's hands.

Everything is done through the command line and the SDK, as a user would; the commands are printed.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable
from contextlib import nullcontext, redirect_stdout
from importlib.resources import files
from io import StringIO
from pathlib import Path

import click

import goldenthread
from goldenthread.products.bank_assistant.bank import Bank, Call, poisoned
from goldenthread.surfaces.cli import application
from goldenthread.surfaces.sdk import Run

SLICE = "bank-assistant"
AGENT = "bank-assistant-agent"
OWNER = "maya@example.com"
EXPERT = "payments-lead@example.com"
CLERK = "clerk@example.com"
ENGINEER = "platform@example.com"
GRANTS = (
    (OWNER, "person", "owner"),
    (EXPERT, "person", "expert"),
    ("finance-ops", "data-owner", "data-owner"),
    ("customer-desk", "data-owner", "data-owner"),
    (CLERK, "person", "approver"),
    (ENGINEER, "person", "auditor"),
)


def play(home: Path) -> None:
    """
    Tell the story in a home of its own.

    Raises:
        SystemExit: AgentDojo is not installed, or a command failed.
    """
    honest, hijacked = Bank(), Bank(poisoned())
    _set_up(home)
    _chapter("2. A customer wants a bill paid")
    _say(f"The customer: {honest.request}")
    first = _work(home, honest, "bill", honest.honest())
    _why(home, first)
    _answer(home, "approve")
    _work(home, honest, "bill", honest.honest())
    _say(f"The bank's last payment: {honest.payments[-1]}.")
    _chapter("3. The same bill, with orders to the agent hidden in it; the agent obeys them")
    before = (hijacked.payments, hijacked.password)
    calls = list(hijacked.hijacked())
    second = _work(home, hijacked, "poisoned bill", calls[:2])
    _why(home, second)
    _answer(home, "reject", "--reason", "the customer named no such account")
    _work(home, hijacked, "poisoned bill", calls[:2])
    third = _work(home, hijacked, "poisoned bill again", [calls[0], calls[2]])
    _why(home, third)
    changed = (hijacked.payments, hijacked.password) != before
    _say(f"Payments and password: {'changed by the attacker' if changed else 'as they were'}.")


def _set_up(home: Path) -> None:
    _chapter("1. People, and a contract on one page")
    _run(home, "init", "--owner", OWNER, "--demo", quiet=True)
    for name, kind, role in GRANTS:
        _run(home, "principal", "grant", name, "--kind", kind, "--role", role, "--by", OWNER, quiet=True)
    grant = (
        "principal",
        "grant",
        AGENT,
        "--kind",
        "agent",
        "--role",
        "agent",
        "--responsible",
        ENGINEER,
        "--by",
        OWNER,
    )
    _run(home, *grant, quiet=True)
    contract = home / "banking.yaml"
    contract.write_text(_at_approval(), encoding="utf-8")
    for signer in (OWNER, EXPERT, "finance-ops", "customer-desk"):
        _run(home, "contract", "sign", str(contract), "--as", signer, quiet=True)
    _say("The contract as shipped begins at shadow. This demo's begins at approval, so that there is something to see.")


def _at_approval() -> str:
    """The contract, beginning where every action waits for a person's yes: nobody earned that."""
    text = files("goldenthread.products.bank_assistant").joinpath("contracts", "banking.yaml").read_text("utf-8")
    text = text.replace("start: shadow", "start: approval")
    text = re.sub(r"    (draft|approval): \[agreement .*\n", "", text)
    return re.sub(r"  blind: .*\n", "", text)


def _work(home: Path, bank: Bank, case: str, calls: Iterable[Call]) -> Run:
    """One run of an agent that makes these calls; what stops it, stops it."""
    with goldenthread.connect(home, agent=AGENT, manifest={"model": "none, a replay"}) as thread:
        tools = bank.put_behind(thread)
        with thread.run(SLICE, case=case, given={"request": bank.request}) as run:
            for call in calls:
                stated = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
                _say(f"  the agent: {call.name}({stated})")
                tools[call.name](**call.arguments)
    _say(f"  the run is {run.status}")
    return run


def _why(home: Path, run: Run) -> None:
    """Why the run's last action was asked or denied: the end of what `why` says."""
    said = StringIO()
    click.secho(f"$ goldenthread why {run.actions[-1]}", dim=True)
    with redirect_stdout(said):
        _command(home, "why", run.actions[-1])
    _say(said.getvalue()[said.getvalue().index("o action") :].rstrip())


def _answer(home: Path, verb: str, *words: str) -> None:
    """A person answers the one question that is open."""
    listed = StringIO()
    with redirect_stdout(listed):
        _command(home, "inbox", "list", SLICE, "--json")
    item = str(json.loads(listed.getvalue())[0]["id"])
    _run(home, "inbox", verb, item, *words, "--as", CLERK)


def _run(home: Path, *words: str, quiet: bool = False) -> None:
    """Run a goldenthread command in this process; a quiet one is shown without its answer."""
    click.secho(f"$ goldenthread {shlex.join(words)}", dim=True)
    with redirect_stdout(StringIO()) if quiet else nullcontext():
        _command(home, *words)


def _command(home: Path, *words: str) -> None:
    code = application.main(args=["--home", str(home), *words], prog_name="goldenthread", standalone_mode=False)
    if code:
        raise SystemExit(code)


def _chapter(title: str) -> None:
    click.echo()
    click.secho(title, bold=True)


def _say(line: str) -> None:
    click.echo(line)
