"""Sign a version of the rules: load, decide, commit. The first signature commits the version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from goldenthread.control.rules.fold import OrganisationRules, RulesVersion, judging
from goldenthread.control.rules.model import RuleSet
from goldenthread.control.rules.signatures import (
    COMMIT,
    OWNER,
    RULES_KINDS,
    SECOND,
    SIGN,
    rules_statement,
    signing_role,
)
from goldenthread.promise.errors import NotPermitted, RulesConflict
from goldenthread.promise.values import Json
from goldenthread.record.ledger import ORGANISATION, Ledger, Record
from goldenthread.record.principals import (
    EVERYWHERE,
    STATEMENT_TYPE,
    KeyRing,
    Principals,
    load_principals,
    version_problem,
)


@dataclass(frozen=True, kw_only=True)
class SignedRules:
    """
    A version after somebody signed it.

    `committed`: this signature was the first. `missing`: role -> who could sign as that. `record`: where the signature
    stands, or None if they had signed before, and nothing was recorded.
    """

    version: int
    digest: str
    role: str
    committed: bool
    missing: Mapping[str, tuple[str, ...]]
    in_force: bool
    record: Record | None


def sign_rules(ledger: Ledger, ring: KeyRing, rules: RuleSet, *, by: str) -> SignedRules:
    """
    Sign the organisation's rules as `by`, with the key in `ring`; commit the version if nobody has signed it yet.

    Args:
        rules: As read from the file; what is signed is the digest of its bytes.
        by: Who signs: the owner that the file names, or an administrator or auditor beside them.

    Raises:
        RulesConflict: This version was committed with another text, or it is not the next one.
        NotPermitted, DemoKeyRefused, PrincipalUnknown, NotInitialised, SignatureInvalid: The signature would not count.
        KeyMissing, KeyLocked: The key cannot be used here.
    """
    principals = load_principals(ledger)
    role = signing_role(principals, by, rules.owner)
    with ledger.transaction(ORGANISATION) as tx:
        known = load_rules(ledger, principals)
        committed = _is_new(known, rules)
        if not committed and by in known.versions[rules.version].signatures:
            return _result(known, principals, rules, role, committed=False, record=None)
        if committed:
            text: dict[str, Json] = {"version": rules.version, "digest": rules.digest, "text": rules.text}
            known.apply(tx.append(ORGANISATION, COMMIT, by, text))
        said = rules_statement(principals, rules.version, rules.digest, by, role)
        envelope = ring.sign(by, STATEMENT_TYPE, said)
        principals.require_signed(by, envelope, STATEMENT_TYPE, said)
        about: dict[str, Json] = {"version": rules.version, "digest": rules.digest, "role": role}
        record = tx.append(ORGANISATION, SIGN, by, {**about, "envelope": envelope})
        known.apply(record)
        _require_counted(known.versions[rules.version], by)
        return _result(known, principals, rules, role, committed=committed, record=record)


def load_rules(ledger: Ledger, principals: Principals | None = None) -> OrganisationRules:
    """Every version on record, and which is in force."""
    everybody = principals if principals is not None else load_principals(ledger)
    rules = judging(lambda: everybody)
    for record in ledger.read(ORGANISATION, kinds=RULES_KINDS):
        rules.apply(record)
    return rules


def _is_new(known: OrganisationRules, rules: RuleSet) -> bool:
    """
    Whether the version is still to be committed.

    Raises:
        RulesConflict: It is on record with another text, or is not the next one.
    """
    committed = {number: version.digest for number, version in known.versions.items()}
    problem = version_problem(committed, rules.version, rules.digest, of="the organisation's rules")
    if problem is not None:
        raise RulesConflict(problem)
    return rules.version not in committed


def _require_counted(version: RulesVersion, by: str) -> None:
    """The fold's own judgement of the record just written: what it would not count is rolled back."""
    if by not in version.signatures:
        problem = version.refused.get(by, "it is not on record")
        raise NotPermitted(f"The signature of '{by}' would not count, so it was not recorded: {problem}")


def _result(
    known: OrganisationRules,
    principals: Principals,
    rules: RuleSet,
    role: str,
    *,
    committed: bool,
    record: Record | None,
) -> SignedRules:
    version = known.versions[rules.version]
    return SignedRules(
        version=rules.version,
        digest=rules.digest,
        role=version.signatures.get(record.by, role) if record is not None else role,
        committed=committed,
        missing={wanted: _able(principals, rules, version, wanted) for wanted in version.missing},
        in_force=known.in_force is not None and known.in_force.version == rules.version,
        record=record,
    )


def _able(principals: Principals, rules: RuleSet, version: RulesVersion, wanted: str) -> tuple[str, ...]:
    """Who could give a signature that is missing."""
    if wanted == OWNER:
        return (rules.owner,)
    people = {one.name for role in SECOND for one in principals.holders(role, EVERYWHERE) if one.kind == "person"}
    return tuple(sorted(people - {rules.owner, *version.signatures}))
