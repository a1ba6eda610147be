"""
One way to decide, alone in a process of its own: `python -m bench.contestant NAME RULES`.

Reads a number of seconds a line, decides for so long, and answers with the nanoseconds of each decision as a JSON list.
The question is the same for all: action 'act_<middle>' of as many rules, each with a list and an amount to keep to.
It imports nothing of ours before it knows whom it stands for, so that a peer may run in an environment of its own.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

ARGUMENTS: dict[str, Any] = {"country": "DE", "amount": 42}

Decide = Callable[[], bool]


def ours(rules: int) -> Decide:
    """`decide`: pure, no permit."""
    from bench.worlds import wide_contract
    from goldenthread.control.guard import Situation, compile_policy, decide
    from goldenthread.promise.values import Level, TrustMode, Verdict

    policy = compile_policy(wide_contract(rules))
    situation = Situation(level=Level.CONSTRAINED, mode=TrustMode.ENFORCING)
    action = _action(rules)
    return lambda: decide(policy, situation, action, ARGUMENTS).verdict is Verdict.ALLOW


def ours_with_rules(*, on_action: int, elsewhere: int) -> Decide:
    """`decide` among 100 actions, with so many organisation rules in CEL on the action asked for, and on others."""
    from bench.worlds import wide_contract
    from goldenthread.control.guard import Situation, compile_policy, decide
    from goldenthread.control.rules import laws_of
    from goldenthread.promise.values import Level, TrustMode, Verdict

    action = _action(100)
    rule = {"says": "A rule.", "when": "arguments.amount > 1000 && arguments.country != 'DE'", "then": "forbid"}
    here = {f"here-{number}": rule | {"for": action} for number in range(on_action)}
    others = {f"other-{number}": rule | {"for": f"elsewhere_{number}"} for number in range(elsewhere)}
    head = {"apiVersion": "goldenthread/v1", "kind": "OrganisationRules", "version": 1, "owner": "owner"}
    policy = compile_policy(wide_contract(100), laws_of(json.dumps(head | {"rules": here | others}, indent=0)))
    situation = Situation(level=Level.CONSTRAINED, mode=TrustMode.ENFORCING)
    return lambda: decide(policy, situation, action, ARGUMENTS).verdict is Verdict.ALLOW


def cedar(rules: int) -> Decide:
    """cedarpy, its policies parsed beforehand."""
    import cedarpy

    policies = cedarpy.PolicySet.from_str(
        "\n".join(
            f'permit(principal, action == Action::"act_{number}", resource) when '
            '{ ["DE", "FR"].contains(context.country) && context.amount <= 100 };'
            for number in range(rules)
        )
    )
    question = {
        "principal": 'User::"agent"',
        "action": f'Action::"{_action(rules)}"',
        "resource": 'Slice::"bench"',
        "context": dict(ARGUMENTS),
    }
    return lambda: bool(cedarpy.is_authorized(question, policies, []).allowed)


def agent_governance(rules: int) -> Decide:
    """agent-governance-toolkit-core: `govern()` around a function that does nothing, without its audit log."""
    warnings.simplefilter("ignore", DeprecationWarning)  # It warns of its own name.
    from agentmesh.governance.govern import GovernanceConfig, GovernedCallable  # type: ignore[import-not-found]

    policy = "apiVersion: governance.toolkit/v1\nname: bench\nagents: ['*']\ndefault_action: deny\nrules:\n" + "".join(
        f"- name: rule_{number}\n  action: allow\n  condition: \"action.type == 'act_{number}' and "
        "country.value in ['DE', 'FR'] and amount.value <= 100\"\n"
        for number in range(rules)
    )
    governed = GovernedCallable(lambda **_: True, GovernanceConfig(policy=policy, audit=False))
    action = _action(rules)
    return lambda: bool(governed(action=action, **ARGUMENTS))


CONTESTANTS: Mapping[str, Callable[[int], Decide]] = {
    "ours": ours,
    "cedarpy": cedar,
    "agent-governance-toolkit": agent_governance,
}


def _action(rules: int) -> str:
    return f"act_{rules // 2}"


def timed(decide: Decide, seconds: float) -> list[int]:
    """Nanoseconds of each decision; at least one."""
    taken = []
    clock = time.perf_counter_ns
    ends = clock() + int(seconds * 1e9)
    while True:
        began = clock()
        allowed = decide()
        ended = clock()
        if not allowed:
            raise RuntimeError("denied what it should allow")
        taken.append(ended - began)
        if ended >= ends:
            return taken


def main() -> None:
    """Answer lines until there are no more."""
    decide = CONTESTANTS[sys.argv[1]](int(sys.argv[2]))
    timed(decide, 0.05)
    for line in sys.stdin:
        print(json.dumps(timed(decide, float(line))), flush=True)


if __name__ == "__main__":
    main()
