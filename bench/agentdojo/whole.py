"""A sample of the same runs through the whole guard: ledger, permits, consumption. It must say the same."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.agentdojo.replay import Guard, contract_text, nobody, play
from bench.agentdojo.scoring import Pair
from bench.agentdojo.worlds import Call
from goldenthread.control.guard import (
    Declaration,
    Desk,
    Request,
    Run,
    Seen,
    authorize,
    consume,
    declare_agent,
    end_run,
    open_run,
    record_decisions,
    record_effect,
)
from goldenthread.control.signing import sign_version
from goldenthread.promise.contract import Contract, parse_contract
from goldenthread.promise.values import Json, Level, TrustMode, Verdict
from goldenthread.record.ledger import Ledger
from goldenthread.record.metrics import Proposal
from goldenthread.record.principals import KeyRing, Role, bootstrap, grant
from goldenthread.record.store import Home
from goldenthread.surfaces.opening import open_ledger

_DECLARATION = Declaration(agent="assistant", manifest={}, tools={}, code="sha256:agentdojo")
_CASES = 12
_GATES = re.compile(r"  gates:\n(?:    .+\n)+")


def differences(suite: str, pairs: Sequence[Pair]) -> list[str]:
    """Where the whole guard says something else than the pure path, nobody answering; each pair's last order."""
    with tempfile.TemporaryDirectory() as folder, _desk(Path(folder), suite) as desk:
        guard = Guard.at(desk.contract(), Level.CONSTRAINED)
        return [words for pair in pairs for words in _compare(desk, guard, pair)]


def _compare(desk: Desk, guard: Guard, pair: Pair) -> Iterator[str]:
    calls = pair.orders[-1]
    pure = play(guard, pair.task.prompt, calls, pair.task.world, nobody)
    run = open_run(desk, _DECLARATION, pair.name, {"task": pair.task.prompt})
    world, seen = pair.task.world.fresh(), Seen({"task": pair.task.prompt})
    for ordinal, (call, ruling) in enumerate(zip(calls, pure.rulings, strict=True)):
        request = Request(run=run, call=ordinal, action=call.name, arguments=call.arguments, seen=seen)
        verdict, reason = _ask(desk, request)
        if (verdict, reason) != (ruling.verdict, ruling.reason):
            yield f"{pair.name}, {call.name}: {verdict} ({reason}), and by itself {ruling.verdict} ({ruling.reason})"
        if verdict is Verdict.ALLOW:
            desk.saw(seen, call.name, _act(desk, run, request, world.act, call))
    end_run(desk, run, "done", [], 0.0)


def _ask(desk: Desk, request: Request) -> tuple[Verdict, str]:
    if desk.is_silent_read(request.action):
        facts = desk.facts(request.seen, request.action, request.arguments)
        fingerprint = request.run.fingerprint
        decision = desk.decide(fingerprint, request.action, request.arguments, replay=False, facts=facts)
        return decision.verdict, decision.reason
    outcome = authorize(desk, request)
    return outcome.verdict, outcome.reason


def _act(desk: Desk, run: Run, request: Request, tool: object, call: Call) -> Json:
    assert callable(tool)
    if desk.is_silent_read(call.name):
        return tool(call)  # type: ignore[no-any-return]
    outcome = authorize(desk, request)  # idempotent: the same answer again
    consume(desk, run, outcome)
    result = tool(call)
    record_effect(desk, run, outcome, result)
    return result  # type: ignore[no-any-return]


@contextmanager
def _desk(home: Path, suite: str) -> Iterator[Desk]:
    """The desk of a suite's slice, whose agent has earned constrained by a dozen replayed cases."""
    ledger = open_ledger(home)
    try:
        contract = parse_contract(_GATES.sub("  gates:\n    constrained: [agreement >= 50 %]\n", _lowered(suite)))
        ring = _people(ledger, home, contract)
        desk = Desk(ledger, contract.slice, TrustMode.ENFORCING)
        for signer in contract.signers:
            sign_version(desk, ring, contract, by=signer)
        _climb(desk, ring, contract)
        yield desk
    finally:
        ledger.store.close()


def _lowered(suite: str) -> str:
    """As shipped, from approval on, and without budgets: those add up over all runs of a day."""
    text = contract_text(suite).replace("start: shadow", "start: approval")
    text = text.replace("ceiling: expanded", "ceiling: constrained")
    text = re.sub(r"    budget: .+\n", "", text)
    return re.sub(r"limit: \{constrained: (.+?), expanded: .+?\}", r"limit: \1", text)


def _people(ledger: Ledger, home: Path, contract: Contract) -> KeyRing:
    ring = KeyRing(Home(home))
    bootstrap(ledger, ring, contract.owner)
    wanted = {contract.owner: "owner", (contract.expert or contract.owner): "expert"}
    for name in (*contract.signers, contract.owner):
        role = wanted.get(name, "data-owner")
        grant(ledger, ring, by=contract.owner, name=name, roles=[Role(name=role)])
    agent = _DECLARATION.agent
    grant(
        ledger,
        ring,
        by=contract.owner,
        name=agent,
        kind="agent",
        roles=[Role(name="agent")],
        responsible=contract.owner,
    )
    return ring


def _climb(desk: Desk, ring: KeyRing, contract: Contract) -> None:
    declare_agent(desk, _DECLARATION)
    action = next(name for name, declared in contract.actions.items() if declared.effect.value != "read")
    decision = Proposal(action=action, arguments={})
    record_decisions(
        desk, [(f"past-{number}", decision) for number in range(_CASES)], (contract.expert or contract.owner), ring.sign
    )
    for number in range(_CASES):
        run = open_run(desk, _DECLARATION, f"past-{number}", {})
        authorize(desk, Request(run=run, call=0, action=action, arguments={}))
        end_run(desk, run, "denied", [], 0.0)
    assert desk.standing().level(_DECLARATION.fingerprint) is Level.CONSTRAINED
