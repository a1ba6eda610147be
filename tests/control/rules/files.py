"""Files of the organisation's rules, and people who sign them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from goldenthread.control.rules import Law, SignedRules, laws_of, parse_rules, sign_rules
from goldenthread.promise.values import Json
from goldenthread.record.principals import Role, grant
from worlds import EXPERT, OWNER, World

AUDITOR = EXPERT
"""Signs beside the owner, once `auditor` made them one."""

SITUATION: dict[str, Json] = {
    "slice": "payments",
    "action": "pay",
    "effect": "irreversible",
    "level": "constrained",
    "replay": False,
    "mode": "enforcing",
    "before": [],
    "untrusted": [],
    "content": [],
}


def rule(**wanted: Any) -> dict[str, Any]:
    """A rule that forbids to pay more than 100."""
    return {
        "says": "Nobody pays more than 100.",
        "for": ["pay"],
        "when": "arguments.amount > 100",
        "then": "forbid",
    } | wanted


def rules_text(rules: Mapping[str, Any] | None = None, *, version: int = 1, owner: str = OWNER, **more: Any) -> str:
    """A file of rules."""
    head = {"apiVersion": "goldenthread/v1", "kind": "OrganisationRules", "version": version, "owner": owner}
    return json.dumps(head | {"rules": {"not-more": rule()} if rules is None else rules} | more, indent=1) + "\n"


def law(when: str | None, **wanted: Any) -> Law:
    """One compiled rule with this condition."""
    made = rule(**wanted) | {"when": when}
    if when is None:
        del made["when"]
    (found,) = laws_of(rules_text({"not-more": made}))
    return found


def asked(arguments: Any, **more: Json) -> dict[str, Json]:
    """What a rule looks at."""
    return SITUATION | more | {"arguments": arguments}


def auditor(world: World) -> None:
    """Make `AUDITOR` one."""
    grant(world.ledger, world.keyring, by=OWNER, name=AUDITOR, roles=[Role(name="auditor")])


def sign_text(world: World, text: str, by: str) -> SignedRules:
    """Somebody signs a file."""
    return sign_rules(world.ledger, world.keyring, parse_rules(text), by=by)


def put_in_force(world: World, rules: Mapping[str, Any] | None = None, *, version: int = 1) -> SignedRules:
    """A version that both have signed."""
    if version == 1:
        auditor(world)
    text = rules_text(rules, version=version)
    sign_text(world, text, OWNER)
    signed = sign_text(world, text, AUDITOR)
    assert signed.in_force
    return signed
