"""The organisation's rules for those who live under them: what is in force, who signed it, and what it did lately."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from goldenthread.control.rules import (
    RULES_KINDS,
    OrganisationRules,
    RuleChange,
    RuleSet,
    RulesVersion,
    load_rules,
    rules_difference,
    understood,
)
from goldenthread.record.ledger import ORGANISATION, Ledger
from goldenthread.surfaces.views.rows import place, select

DAYS = 28
LATEST = 20


@dataclass(frozen=True, kw_only=True)
class RuleView:
    """One rule in force. `when` None: always; `then`: 'forbid' or 'ask'; `denied` and `asked` count the last DAYS."""

    name: str
    says: str
    reaches: str
    when: str | None
    then: str
    language: str
    denied: int
    asked: int
    last: datetime | None


@dataclass(frozen=True, kw_only=True)
class RulesSignature:
    """A signature that counts."""

    by: str
    role: str
    at: datetime
    place: str


@dataclass(frozen=True, kw_only=True)
class RulesVersionView:
    """A committed version. `changes`: what it says otherwise than the one before; `problem`: why it cannot be read."""

    version: int
    state: str
    digest: str
    owner: str | None
    place: str
    at: datetime | None
    signatures: tuple[RulesSignature, ...]
    missing: tuple[str, ...]
    refused: tuple[str, ...]
    changes: tuple[RuleChange, ...]
    problem: str
    text: str


@dataclass(frozen=True, kw_only=True)
class RuleHit:
    """An action that a rule denied or asked a person about."""

    rule: str
    slice: str
    verdict: str
    at: datetime
    action: str


@dataclass(frozen=True, kw_only=True)
class PoliciesView:
    """The rules in force, every version, and what they decided lately in the slices that whoever looks may see."""

    in_force: int | None
    rules: tuple[RuleView, ...]
    cedar: str
    versions: tuple[RulesVersionView, ...]
    hits: tuple[RuleHit, ...]


def policies(ledger: Ledger, may_see: Callable[[str], bool]) -> PoliciesView:
    """The organisation's rules; `may_see` says of which slices decisions are counted."""
    known = load_rules(ledger)
    since = ledger.clock() - timedelta(days=DAYS)
    slices = [name for name in ledger.chains() if name != ORGANISATION and may_see(name)]
    counts = select(ledger, _COUNTS, since, slices)
    current = known.versions.get(known.in_force.version) if known.in_force is not None else None
    rules = understood(current.text) if current is not None else ""
    return PoliciesView(
        in_force=known.in_force.version if known.in_force is not None else None,
        rules=_rules(rules, counts) if isinstance(rules, RuleSet) else (),
        cedar=rules.cedar.policies if isinstance(rules, RuleSet) and rules.cedar is not None else "",
        versions=_versions(ledger, known),
        hits=tuple(
            RuleHit(
                rule=row["clause"].partition(".")[2],
                slice=row["slice"],
                verdict=row["verdict"],
                at=row["at"],
                action=row["id"],
            )
            for row in select(ledger, _HITS, since, slices, LATEST)
        ),
    )


_COUNTS = """
select clause, verdict, count(*) as number, max(at) as last from action
where starts_with(clause, 'organisation.') and at >= %s and slice = any(%s) group by 1, 2
"""
_HITS = """
select id, slice, clause, verdict, at from action
where starts_with(clause, 'organisation.') and at >= %s and slice = any(%s) order by at desc limit %s
"""


def _rules(rules: RuleSet, counts: list[dict[str, Any]]) -> tuple[RuleView, ...]:
    found = [
        _rule(counts, rule.name, rule.says, str(rule.scope), when=rule.when, then=rule.then) for rule in rules.rules
    ]
    if rules.cedar is not None:
        says = "forbids what the policies below forbid"
        found.append(_rule(counts, "cedar", says, str(rules.cedar.scope), when=None, then="forbid", language="Cedar"))
    return tuple(found)


def _rule(
    counts: list[dict[str, Any]],
    name: str,
    says: str,
    reaches: str,
    *,
    when: str | None,
    then: str,
    language: str = "CEL",
) -> RuleView:
    mine = [row for row in counts if row["clause"] == f"organisation.{name}"]
    return RuleView(
        name=name,
        says=says,
        reaches=reaches,
        when=" ".join(when.split()) if when is not None else None,
        then=then,
        language=language,
        denied=sum(row["number"] for row in mine if row["verdict"] == "deny"),
        asked=sum(row["number"] for row in mine if row["verdict"] == "ask"),
        last=max((row["last"] for row in mine), default=None),
    )


def _versions(ledger: Ledger, known: OrganisationRules) -> tuple[RulesVersionView, ...]:
    """Every version, the newest first, each with what it changed."""
    signed: dict[tuple[int, str], tuple[datetime, int]] = {}
    committed: dict[int, datetime] = {}
    for record in ledger.read(ORGANISATION, kinds=RULES_KINDS):
        version = record.data.get("version")
        if record.kind.endswith(":sign") and isinstance(version, int):
            signed.setdefault((version, record.by), (record.at, record.seq))
        elif isinstance(version, int):
            committed.setdefault(version, record.at)
    shown, before = [], None
    for version in sorted(known.versions.values(), key=lambda one: one.version):
        rules = understood(version.text)
        shown.append(_version(known, version, rules, before, signed, committed))
        before = rules if isinstance(rules, RuleSet) else before
    return tuple(reversed(shown))


def _version(
    known: OrganisationRules,
    version: RulesVersion,
    rules: RuleSet | str,
    before: RuleSet | None,
    signed: Mapping[tuple[int, str], tuple[datetime, int]],
    committed: Mapping[int, datetime],
) -> RulesVersionView:
    current = known.in_force is not None and known.in_force.version == version.version
    signatures = []
    for by, role in version.signatures.items():
        at, seq = signed[(version.version, by)]
        signatures.append(RulesSignature(by=by, role=role, at=at, place=place(ORGANISATION, seq)))
    return RulesVersionView(
        version=version.version,
        state="in force" if current else "waits for signatures" if version.missing else "superseded",
        digest=version.digest,
        owner=version.owner,
        place=place(ORGANISATION, version.seq),
        at=committed.get(version.version),
        signatures=tuple(signatures),
        missing=version.missing,
        refused=tuple(f"{by}: {why}" for by, why in version.refused.items()),
        changes=rules_difference(before, rules) if isinstance(rules, RuleSet) and before is not None else (),
        problem=rules if isinstance(rules, str) else "",
        text=version.text,
    )
