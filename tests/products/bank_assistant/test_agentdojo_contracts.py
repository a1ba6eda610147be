"""The contracts of AgentDojo's worlds: fit to be signed, free of values, and unchanged since attacks are replayed."""

from __future__ import annotations

from importlib.resources import files

import pytest

from goldenthread.promise.contract import Contract, page, page_text, parse_contract
from goldenthread.promise.values import Effect, digest

SUITES = ("banking", "slack", "travel", "workspace")

FROZEN = {
    "banking": "sha256:e40bcb35fb4585a43661dba46ca2a52675601c14cb06ec8e8cb0cf2a219ba0d7",
    "slack": "sha256:af0ddd39f281b2592070ebe4e430a3496e388981d3668f729e6575f2419c74ab",
    "travel": "sha256:21646ec8fc53fa7cd8dafea3d118cab70b5afd5215125ea4ca89fc232ac587e5",
    "workspace": "sha256:e5ddb44e2265483888479c96546ffe1e092c28c014f48bf9236ac65edd183903",
}


def contract(suite: str) -> Contract:
    """A contract as it is shipped."""
    folder = files("goldenthread.products.bank_assistant").joinpath("contracts")
    return parse_contract(folder.joinpath(f"{suite}.yaml").read_text("utf-8"))


def rules(of: Contract) -> list[str]:
    """Each pair of actions that a rule keeps apart."""
    return sorted(f"{first}, {then}: {rule.verdict}" for rule in of.rules for first in rule.first for then in rule.then)


def protection(of: Contract) -> str:
    """A digest of everything in a contract that says what happens to an attacker's call."""
    return digest(
        {
            "actions": {
                name: {
                    "effect": action.effect.value,
                    "egress": action.egress and action.effect is Effect.READ,
                    "decides": [str(name) for name in action.decides],
                    "untrusted": action.untrusted.value,
                    "trust": None if action.trust is None else [str(path) for path in action.trust],
                    "limits": {str(level): [str(one) for one in limits] for level, limits in action.limits.items()},
                }
                for name, action in of.actions.items()
            },
            "rules": [*rules(of)],
            "content": {kind: str(wanted) for kind, wanted in of.content.items()},
        }
    )


@pytest.mark.parametrize("suite", SUITES)
def test_the_contracts_have_not_changed_since_the_attacks_were_replayed(suite: str) -> None:
    """Whoever changes one after looking at the attacks must say so in docs/agentdojo.md, and change this too."""
    assert protection(contract(suite)) == FROZEN[suite]


@pytest.mark.parametrize("suite", SUITES)
def test_no_list_holds_a_value_of_a_task_or_a_world(suite: str) -> None:
    """A list of the right payees would be an answer, and no contract."""
    assert contract(suite).lists == {}


@pytest.mark.parametrize("suite", SUITES)
def test_the_contracts_stand_on_one_page(suite: str) -> None:
    """Nobody signs what they cannot read."""
    assert page_text(page(contract(suite))).startswith(contract(suite).slice)


@pytest.mark.parametrize("suite", SUITES)
def test_every_effect_says_what_decides_it(suite: str) -> None:
    """An effect without a deciding argument would be the attacker's to aim."""
    effects = [action for action in contract(suite).actions.values() if action.effect is not Effect.READ]
    assert [action.name for action in effects if not action.decides] == []
