"""
Policies in Cedar, by the extra `cedar`: checked against their schema, and asked so that an error is a no.

Cedar itself skips a `forbid` that fails on a missing attribute, and allows. Here any error is a hit; a request that
does not fit the schema is one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from goldenthread.control.rules.context import Context, Unclear
from goldenthread.control.rules.laws import Law
from goldenthread.control.rules.model import CedarRules
from goldenthread.promise.errors import CedarMissing
from goldenthread.promise.values import Verdict

_ALLOW_THE_REST = "permit(principal, action, resource);"


def cedar_law(rules: CedarRules, place: str) -> Law:
    """
    The policies as one law that forbids.

    Raises:
        CedarMissing: The extra is not installed.
    """
    library = cedarpy()
    return Law(
        name="cedar",
        says="The organisation's Cedar policies forbid this.",
        verdict=Verdict.DENY,
        scope=rules.scope,
        place=place,
        condition=_Policies(
            library=library,
            policies=library.PolicySet.from_str(f"{rules.policies}\n{_ALLOW_THE_REST}"),
            schema=library.Schema.from_str(rules.schema),
            entities=library.Entities.from_json_str("[]"),
        ),
    )


def cedar_problems(policies: str, schema: str) -> Iterator[tuple[str, str]]:
    """
    What is wrong, as ('policies' or 'schema', words).

    Raises:
        CedarMissing: The extra is not installed.
    """
    library = cedarpy()
    try:
        library.Schema.from_str(schema)
    except ValueError as problem:
        yield "schema", f"is no Cedar schema: {_first_line(problem)}. Mend it."
        return
    try:
        parsed = json.loads(library.policies_to_json_str(policies))
    except ValueError as problem:
        yield "policies", f"are no Cedar policies: {_first_line(problem)}. Mend them."
        return
    static: dict[str, Any] = parsed.get("staticPolicies", {})
    if parsed.get("templates") or not static:
        yield "policies", "hold a template, or no policy at all; write `forbid(principal, action, resource) when ...;`."
    for number, policy in enumerate(static.values(), start=1):
        if policy.get("effect") != "forbid":
            yield "policies", f"policy {number} permits, and rules only forbid: nobody needs its leave. Remove it."
    for error in library.validate_policies(policies, schema).errors:
        yield "policies", f"do not fit the schema: {_first_line(error)}. Mend them."


def cedarpy() -> ModuleType:
    """
    The library.

    Raises:
        CedarMissing: The extra is not installed.
    """
    if find_spec("cedarpy") is None:
        raise CedarMissing(
            "The organisation's rules have a part in Cedar, and the library that judges it is not installed. "
            "Install it with `pip install 'goldenthread[cedar]'`, or state the part in CEL."
        )
    import cedarpy as library

    return library


@dataclass(frozen=True, kw_only=True, slots=True)
class _Policies:
    library: ModuleType
    policies: Any
    schema: Any
    entities: Any

    def holds(self, context: Context) -> bool:
        context.size()
        question = {
            "principal": {"type": "Agent", "id": "agent"},
            "action": {"type": "Action", "id": context["action"]},
            "resource": {"type": "Slice", "id": context["slice"]},
            "context": dict(context),
        }
        try:
            answer = self.library.is_authorized(question, self.policies, self.entities, self.schema)
            allowed = answer.decision is self.library.Decision.Allow
            failed = bool(answer.diagnostics.errors) or answer.decision is self.library.Decision.NoDecision
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as problem:  # the engine's panics are no Exception
            raise Unclear("the engine failed on it") from problem
        if failed:
            raise Unclear("its values do not fit the schema, or a policy failed on them")
        return not allowed


def _first_line(problem: object) -> str:
    return str(problem).strip().splitlines()[0].rstrip(".")
