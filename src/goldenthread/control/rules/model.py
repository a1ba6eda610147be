"""Rules of the organisation as their file states them: plain records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from goldenthread.promise.values import Verdict, digest_bytes

EVERY = "*"

FORBID, ASK = "forbid", "ask"
VERDICTS: Mapping[str, Verdict] = {FORBID: Verdict.DENY, ASK: Verdict.ASK}
"""What `then` may say, and the verdict it stands for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """What a rule speaks of: `actions` and `slices` by name; None stands for all of them."""

    actions: frozenset[str] | None
    slices: frozenset[str] | None = None

    def covers(self, slice_name: str, action: str) -> bool:
        """Whether it speaks of this action of this slice."""
        return (self.actions is None or action in self.actions) and (self.slices is None or slice_name in self.slices)

    def __str__(self) -> str:
        actions = "every action" if self.actions is None else ", ".join(sorted(self.actions))
        return actions if self.slices is None else f"{actions} in {', '.join(sorted(self.slices))}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One rule in CEL. `when` None: it always hits what it covers. `then`: 'forbid' or 'ask'."""

    name: str
    says: str
    scope: Scope
    when: str | None
    then: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CedarRules:
    """Policies in Cedar that only forbid, with the schema that they were checked against."""

    scope: Scope
    schema: str
    policies: str


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    """One version of the organisation's rules. `text` is the file; what is signed is the digest of its bytes."""

    version: int
    owner: str
    rules: tuple[Rule, ...]
    cedar: CedarRules | None = None
    text: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)  # rule -> line of the file, from 1

    @property
    def digest(self) -> str:
        """SHA-256 of the file's bytes."""
        return digest_bytes(self.text.encode("utf-8"))
