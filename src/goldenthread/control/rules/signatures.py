"""Signatures under the organisation's rules: two people, each in a role of their own, under exactly this text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from goldenthread.promise.errors import GoldenthreadError, NotPermitted
from goldenthread.record.ledger import Record
from goldenthread.record.principals import EVERYWHERE, STATEMENT_TYPE, Principals

COMMIT, SIGN = "rules:version:commit", "rules:version:sign"
RULES_KINDS = (COMMIT, SIGN)
"""The kinds that move which rules are in force, on the organisation's chain."""

RULES_SIGNATURE = "urn:goldenthread:rules-signature:v1"

OWNER = "owner"
SECOND = ("administrator", "auditor")
"""The rules' owner is an owner of every slice; beside them signs somebody else, who is one of these."""

RulesProblem = Callable[[int, str, "str | None", Record], "str | None"]
"""`(version, digest, owner, record)`: why a `rules:version:sign` record does not count, or None when it does."""


def rules_statement(principals: Principals, version: int, digest: str, name: str, role: str) -> dict[str, Any]:
    """
    What a signer signs: this text as this version, in this role, in this organisation.

    Source:
        in-toto Attestation Framework, Statement v1.
    """
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": f"organisation-rules@{version}", "digest": {"sha256": digest.removeprefix("sha256:")}}],
        "predicateType": RULES_SIGNATURE,
        "predicate": {"role": role, "signer": name, "organisation": principals.organisation},
    }


def signing_role(principals: Principals, name: str, owner: str | None) -> str:
    """
    As what somebody signs: the owner that the file names as owner, everybody else as administrator or auditor.

    Raises:
        NotPermitted: They are neither, or no person.
        PrincipalUnknown, NotInitialised: Nobody of that name.
    """
    roles = _roles(name, owner)
    person = principals.require_role(name, roles, EVERYWHERE)
    if person.kind != "person":
        raise NotPermitted(f"'{name}' is no person, and rules bind everybody. A person must sign.")
    return next(role for role in roles if person.has(role, EVERYWHERE))


def _roles(name: str, owner: str | None) -> tuple[str, ...]:
    """Where the file cannot be read here (`owner` None), whoever owns everything may be whom it names."""
    if owner is None:
        return (OWNER, *SECOND)
    return (OWNER,) if name == owner else SECOND


def rules_signatures(principals: Callable[[], Principals]) -> RulesProblem:
    """
    Judge signatures by the principals on record, as of the record itself.

    Args:
        principals: Gives all of them, as recent as the records that are judged.
    """

    def problem_of(version: int, digest: str, owner: str | None, record: Record) -> str | None:
        try:
            then = principals().at(record.seq)
            role = record.data["role"]
            signing_role(then, record.by, owner)
            if role not in _roles(record.by, owner) or not then.get(record.by).has(role, EVERYWHERE):
                return f"'{record.by}' does not sign as {role}"
            said = rules_statement(then, version, digest, record.by, role)
            then.require_signed(record.by, record.data["envelope"], STATEMENT_TYPE, said)
        except GoldenthreadError as problem:
            return str(problem)
        except (KeyError, TypeError, AttributeError, ValueError) as problem:
            return f"the record is malformed: {type(problem).__name__}: {problem}"
        return None

    return problem_of
