"""The fold: which version of the rules is in force after each record of the organisation's chain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from goldenthread.control.rules.laws import Law, laws_of, understood
from goldenthread.control.rules.signatures import (
    COMMIT,
    OWNER,
    RULES_KINDS,
    SECOND,
    SIGN,
    RulesProblem,
    rules_signatures,
)
from goldenthread.promise.values import Json, digest_bytes
from goldenthread.record.ledger import Record
from goldenthread.record.principals import Principals


@dataclass(frozen=True, kw_only=True)
class InForce:
    """The version in force; `seq` is the record of the organisation's chain that put it in force."""

    version: int
    digest: str
    seq: int
    text: str = field(compare=False, repr=False)

    @property
    def laws(self) -> tuple[Law, ...]:
        """Its rules, compiled once a process."""
        return laws_of(self.text)

    def record(self) -> dict[str, Json]:
        """As a record that rests on it names it."""
        return {"version": self.version, "digest": self.digest, "seq": self.seq}


@dataclass(kw_only=True)
class RulesVersion:
    """One committed version: its text and who has signed it. `owner` None: its file cannot be read here."""

    version: int
    digest: str
    text: str
    seq: int
    owner: str | None
    signatures: dict[str, str] = field(default_factory=dict)  # principal -> role
    refused: dict[str, str] = field(default_factory=dict)  # principal -> why the signature does not count

    @property
    def missing(self) -> tuple[str, ...]:
        """The roles that must still sign: 'owner', 'administrator or auditor'."""
        held = set(self.signatures.values())
        return (*(() if OWNER in held else (OWNER,)), *(() if held & set(SECOND) else (" or ".join(SECOND),)))


def unjudged(_version: int, _digest: str, _owner: str | None, _record: Record) -> str | None:
    """For whoever cannot judge: no signature counts."""
    return "nobody here can judge who may sign rules"


def judging(principals: Callable[[], Principals]) -> OrganisationRules:
    """The fold that judges signatures by the principals on record; see `rules_signatures`."""
    return OrganisationRules(rules_signatures(principals))


class OrganisationRules:
    """
    The versions on the organisation's chain. `seq` is the last record applied; `in_force` the newest version that two
    people signed, None before the first.
    """

    def __init__(self, problem_of: RulesProblem = unjudged, records: Iterable[Record] = ()) -> None:
        self.seq = 0
        self.versions: dict[int, RulesVersion] = {}
        self.in_force: InForce | None = None
        self._problem_of = problem_of
        for record in records:
            self.apply(record)

    def apply(self, record: Record) -> None:
        """Fold one record of the chain; other kinds, and what cannot be read, change nothing."""
        if record.kind not in RULES_KINDS:
            return
        self.seq = record.seq
        data: object = record.data
        if not isinstance(data, Mapping):
            return
        if record.kind == COMMIT:
            self._commit(record, data)
        elif record.kind == SIGN:
            self._sign(record, data)

    @property
    def latest(self) -> RulesVersion | None:
        """The newest committed version, signed or not."""
        return self.versions[max(self.versions)] if self.versions else None

    def _commit(self, record: Record, data: Mapping[str, Any]) -> None:
        version, text, digest = data.get("version"), data.get("text"), data.get("digest")
        if not isinstance(version, int) or not isinstance(text, str) or version in self.versions:
            return
        if digest != digest_bytes(text.encode("utf-8", "surrogatepass")):
            return  # no signature under that digest could stand for this text
        self.versions[version] = RulesVersion(
            version=version, digest=digest, text=text, seq=record.seq, owner=_owner(text)
        )

    def _sign(self, record: Record, data: Mapping[str, Any]) -> None:
        number = data.get("version")
        version = self.versions.get(number) if isinstance(number, int) else None
        if version is None or record.by in version.signatures:
            return
        problem = self._problem_of(version.version, version.digest, version.owner, record)
        if problem is not None:
            version.refused[record.by] = problem
            return
        version.signatures[record.by] = str(data["role"])
        if not version.missing and (self.in_force is None or self.in_force.version < version.version):
            self.in_force = InForce(version=version.version, digest=version.digest, seq=record.seq, text=version.text)


def _owner(text: str) -> str | None:
    rules = understood(text)
    return None if isinstance(rules, str) else rules.owner
