"""What a run has seen and done so far, and what follows from it for the next action."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from goldenthread.control.guard.policy import Policy
from goldenthread.control.guard.situation import NO_FACTS, Arguments, Facts, plain
from goldenthread.control.provenance import Origins
from goldenthread.promise.contract import LINKS_IN, Contract
from goldenthread.promise.values import Effect, Json

if TYPE_CHECKING:
    from goldenthread.promise.contract import Action


class Seen:
    """
    What one run has seen and done, as far as a contract may ask for it.

    Args:
        given: What the case says.
        trusted: Whether a person or a system of record gave the task; what an agent hands to another is its own
            words, and no better than what it read.
    """

    def __init__(self, given: Json = None, *, trusted: bool = True) -> None:
        self._reads = 0
        self.origins = Origins()
        self.before: set[str] = set()
        self.injected: set[str] = set()
        self.calls: set[str] = set()  # ids of the calls of other agents
        self.kept: tuple[frozenset[str], frozenset[str]] | None = None  # `before` and `injected`, as last put on record
        if given is not None:
            self.origins.read("the task", given, None if trusted else (), prose=True)

    def did(self, action: Action | None, name: str, result: Json, *, screen: bool = False) -> None:
        """
        An action was carried out.

        Args:
            action: As the contract declares it, for which parts of its output it trusts; None trusts none.
            name: The action's name.
            result: What came back. JSON.
            screen: Look whether what came back reads like orders to the agent.
        """
        self.before.add(name)
        self._reads += 1
        self.origins.read(f"{name}, call {self._reads}", result, action.trust if action is not None else ())
        if screen and (action is None or action.trust is not None):
            from goldenthread.control.content import looks_injected

            if looks_injected(result):
                self.injected.add(name)


def find_facts(policy: Policy, contract: Contract, seen: Seen, action: str, arguments: Arguments) -> Facts:
    """What of the action itself speaks for a rule, a finding or a doubt; cheap where the contract asks for nothing."""
    declared = contract.actions.get(action)
    if declared is None or not (policy.named or declared.decides or contract.content):
        return NO_FACTS
    return Facts(
        before=tuple(sorted(seen.before & policy.named)),
        untrusted=_untrusted(contract, seen, declared, arguments),
        content=_content(policy, contract, seen, action, arguments),
    )


def facts_since(
    policy: Policy, contract: Contract, seen: Seen | None, action: str, earlier: Facts, came: Iterable[str] = ()
) -> Facts:
    """
    The facts of an action that was decided before, with what came before it in the meantime.

    Args:
        seen: What its run has seen by now; None if nobody says.
        earlier: What was found when it was decided; budgets are left out, since a permit holds what it may use up.
        came: More actions that came before.
    """
    before = set(came) | (seen.before if seen is not None else set())
    content = dict(earlier.content)
    screened = contract.content.get("injection", "allow") != "allow" and not policy.rules[action].silent
    if seen is not None and seen.injected and screened:
        content["injection"] = tuple(sorted({*content.get("injection", ()), *seen.injected}))
    return replace(earlier, before=tuple(sorted({*earlier.before, *(before & policy.named)})), content=content, over=())


def _untrusted(contract: Contract, seen: Seen, action: Action, arguments: Arguments) -> Mapping[str, str]:
    if not action.decides:
        return {}
    lists = [member for members in contract.lists.values() for member in members]
    found: dict[str, str] = {}
    for name in action.decides:
        argument = name.removeprefix(LINKS_IN)
        look = seen.origins.problem if argument == name else seen.origins.problem_of_links
        words = look(arguments.get(argument), lists)
        if words is not None:
            found[name] = words
    aimed = [name for name in action.decides if not name.startswith(LINKS_IN)]
    stated = any(arguments.get(name) not in _NOTHING for name in aimed)
    if aimed and not stated and not found and not seen.origins.holds_some(list(arguments.values())):
        found[aimed[0]] = _UNSTATED
    return found


_NOTHING: tuple[Json, ...] = (None, [], {})
_UNSTATED = "is not stated, while nothing else of the call stands in a trusted source either"
"""The tool's own default decides then; an effect that shares nothing with what a person said, nobody asked for."""


def _content(
    policy: Policy, contract: Contract, seen: Seen, action: str, arguments: Arguments
) -> Mapping[str, tuple[str, ...]]:
    if not contract.content or policy.rules[action].silent:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    if seen.injected and contract.content.get("injection", "allow") != "allow":
        found["injection"] = tuple(sorted(seen.injected))
    watched = [kind for kind in ("secrets", "personal_data") if contract.content.get(kind) in ("ask", "deny")]
    if not watched:
        return found
    from goldenthread.control.content import find

    kinds = {name: find(value, name=name) for name, value in arguments.items()}
    for kind in watched:
        names = tuple(plain(name) for name, those in kinds.items() if kind in those)
        if names:
            found[kind] = names
    return found


def redacted(contract: Contract, action: str, arguments: Mapping[str, Json]) -> Mapping[str, Json]:
    """
    The arguments without what the contract says is to be taken out before anything leaves or is kept.

    A read that sends nothing out stays whole. Personal data also stays in what an effect is aimed by: a payment to
    `[personal data: iban]` helps nobody, and two customers under one key would be taken for a repetition. Where such a
    value may come from is for `decides`.
    """
    kinds = [kind for kind, wanted in contract.content.items() if wanted == "redact"]
    declared = contract.actions.get(action)
    if not kinds or declared is None or (declared.effect is Effect.READ and not declared.egress):
        return arguments
    from goldenthread.control.content import redact

    aims = {*declared.decides, declared.key}
    others = [kind for kind in kinds if kind != "personal_data"]
    taken = {name: others if name in aims else kinds for name in arguments}
    return {name: redact(value, taken[name], name=name) if taken[name] else value for name, value in arguments.items()}
