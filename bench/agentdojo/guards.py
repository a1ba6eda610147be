"""The guards that are compared: each level, and at constrained what the contract's parts do, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bench.agentdojo.replay import Guard, contract_of
from bench.agentdojo.worlds import SUITES
from goldenthread.promise.contract import LINKS_IN, Action, Contract
from goldenthread.promise.values import Effect, Level, Verdict

Change = Callable[[Contract], Contract]

AS_SIGNED = "as signed"


def levels() -> Mapping[str, Mapping[str, Guard]]:
    """By level, the guard of each suite."""
    return {
        level.value: {suite: Guard.at(contract_of(suite), level) for suite in SUITES}
        for level in (Level.SHADOW, Level.DRAFT, Level.APPROVAL, Level.CONSTRAINED, Level.EXPANDED)
    }


def frontier() -> Mapping[str, Mapping[str, Guard]]:
    """By what was changed in the contracts, the guard of each suite at constrained."""
    return {
        name: {suite: Guard.at(change(contract_of(suite)), Level.CONSTRAINED) for suite in SUITES}
        for name, change in CHANGES.items()
    }


def _actions(change: Callable[[Action], Action]) -> Change:
    return lambda contract: replace(
        contract, actions={name: change(action) for name, action in contract.actions.items()}
    )


def _without_rules(contract: Contract) -> Contract:
    return replace(contract, rules=())


def _untrusted(verdict: Verdict) -> Change:
    return _actions(lambda action: replace(action, untrusted=verdict))


_without_provenance = _actions(lambda action: replace(action, decides=()))
_without_links = _actions(
    lambda action: replace(action, decides=tuple(name for name in action.decides if not name.startswith(LINKS_IN)))
)
_reads_trusted = _actions(lambda action: replace(action, trust=None) if action.effect is Effect.READ else action)
_nothing_trusted = _actions(lambda action: replace(action, trust=()))

CHANGES: Mapping[str, Change] = {
    AS_SIGNED: lambda contract: contract,
    "untrusted: ask everywhere": _untrusted(Verdict.ASK),
    "untrusted: deny everywhere": _untrusted(Verdict.DENY),
    "no output trusted": _nothing_trusted,
    "every read's output trusted": _reads_trusted,
    "links in texts free": _without_links,
    "no sequence rules": _without_rules,
    "no provenance": _without_provenance,
    "neither": lambda contract: _without_provenance(_without_rules(contract)),
}
