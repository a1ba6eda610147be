"""A run behind the guard: each call is decided by what the guard knows, and done only if it or a person lets it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.resources import files

from bench.agentdojo.worlds import Call, World
from goldenthread.control.guard import Policy, Seen, Situation, compile_policy, decide, find_facts
from goldenthread.promise.contract import Contract, parse_contract
from goldenthread.promise.values import Level, TrustMode, Verdict

Person = Callable[[Call], bool]
"""Whether a person who is asked for a call says yes."""


def nobody(_: Call) -> bool:
    """Nobody answers."""
    return False


def rightly(call: Call) -> bool:
    """Yes to what they asked for themselves, no to all else."""
    return not call.theirs


def everything(_: Call) -> bool:
    """Yes, whatever it is."""
    return True


@dataclass(frozen=True, kw_only=True)
class Guard:
    """A contract at a level, in enforcing mode."""

    contract: Contract
    policy: Policy
    situation: Situation

    @classmethod
    def at(cls, contract: Contract, level: Level) -> Guard:
        """The guard of a contract at a level."""
        situation = Situation(level=level, mode=TrustMode.ENFORCING)
        return cls(contract=contract, policy=compile_policy(contract), situation=situation)


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What became of one call."""

    call: Call
    verdict: Verdict
    reason: str
    done: bool


@dataclass(kw_only=True)
class Played:
    """A run that is over, with the world it leaves behind."""

    world: World
    rulings: list[Ruling] = field(default_factory=list)

    def count(self, *, theirs: bool) -> Counter[Verdict]:
        """The verdicts on one side's calls."""
        return Counter(ruling.verdict for ruling in self.rulings if ruling.call.theirs is theirs)


def play(guard: Guard, prompt: str, calls: Iterable[Call], world: World, person: Person) -> Played:
    """One run: the person's task as it was given, then the calls in this order."""
    played = Played(world=world.fresh())
    seen = Seen({"task": prompt})
    for call in calls:
        facts = find_facts(guard.policy, guard.contract, seen, call.name, call.arguments)
        decision = decide(guard.policy, guard.situation, call.name, call.arguments, facts)
        asked = decision.verdict in (Verdict.ASK, Verdict.DRAFT)
        done = decision.verdict is Verdict.ALLOW or (asked and person(call))
        if done:
            result = played.world.act(call)
            screen = guard.contract.content.get("injection", "allow") != "allow"
            seen.did(guard.contract.actions.get(call.name), call.name, result, screen=screen)
        played.rulings.append(Ruling(call=call, verdict=decision.verdict, reason=decision.reason, done=done))
    return played


def contract_of(suite: str) -> Contract:
    """The contract of a suite, as it is shipped."""
    return parse_contract(contract_text(suite))


def contract_text(suite: str) -> str:
    """The same, as text."""
    folder = files("goldenthread.products.bank_assistant").joinpath("contracts")
    return folder.joinpath(f"{suite}.yaml").read_text("utf-8")
