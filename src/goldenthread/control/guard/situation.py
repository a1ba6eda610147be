"""What the guard knows when it decides, and what it says: plain records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from goldenthread.control.rules import InForce
from goldenthread.control.stops import Stop
from goldenthread.promise.values import Json, Level, TrustMode, Verdict

Arguments = Mapping[str, Json]


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftAlone:
    """The level that an agent falls back to while no person is there to answer for it, and how that came, in words."""

    level: Level
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """
    What the guard knows beside the action.

    `level` is the earned one. `signed` is False for an unsigned contract or a prototype, and `replay` is
    True for a case with an earlier recorded decision; both hold the action at shadow. `stops` are those that reach
    the slice; `stops_seen` is the last record on the organisation's chain that moved them, 0 for none. `rules` is the
    version of the organisation's rules in force, if there is any. `alone` says that no person is there to answer.
    `held` says why the level is lower than what was earned: this release is not signed.
    """

    level: Level
    signed: bool = True
    replay: bool = False
    stops: tuple[Stop, ...] = ()
    stops_seen: int = 0
    rules: InForce | None = None
    mode: TrustMode = TrustMode.COOPERATIVE
    cap: Level | None = None  # the level of whoever called this run, which it never exceeds
    alone: LeftAlone | None = None
    held: str | None = None

    @property
    def attended_level(self) -> Level:
        """The level that would count here if people were there: what a person was asked, or said yes to, rests on."""
        level = self.level if self.signed and not self.replay else Level.SHADOW
        return level if self.cap is None or level <= self.cap else self.cap

    @property
    def effective_level(self) -> Level:
        """The level that counts here."""
        level = self.attended_level
        return level if self.alone is None or level <= self.alone.level else self.alone.level

    @property
    def has_fallen_back(self) -> bool:
        """Whether it is only for want of people that it may do less."""
        return self.effective_level < self.attended_level


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """
    What the guard found out about this very action before it decides; it stands in the record of the decision.

    `before` are those actions of the run, and of the runs that called it, that a rule of the contract names.
    `untrusted` maps an argument that decides where the effect goes to where its value comes from, if that is no
    trusted source. `content` maps a kind of what should not leave to the arguments it stands in. `over` are the
    budgets, as printed, that the action would go over, or `BUDGET: ARGUMENT` where one cannot add the argument up.
    """

    before: tuple[str, ...] = ()
    untrusted: Mapping[str, str] = field(default_factory=dict)
    content: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    over: tuple[str, ...] = ()

    def record(self) -> dict[str, Json]:
        """As a ledger record holds them: what there is."""
        content: dict[str, Json] = {kind: list(names) for kind, names in self.content.items()}
        all_of_them: dict[str, Json] = {
            "before": list(self.before),
            "untrusted": dict(self.untrusted),
            "content": content,
            "over": list(self.over),
        }
        return {name: value for name, value in all_of_them.items() if value}

    @classmethod
    def of_record(cls, data: Mapping[str, Any]) -> Facts:
        """The facts that `record` wrote."""
        return cls(
            before=tuple(data.get("before", ())),
            untrusted=dict(data.get("untrusted", {})),
            content={kind: tuple(names) for kind, names in data.get("content", {}).items()},
            over=tuple(data.get("over", ())),
        )


NO_FACTS = Facts()


class OrganisationRule(Protocol):
    """A compiled rule of the whole organisation, as the room of rules makes them."""

    @property
    def name(self) -> str:
        """Its name, unique in its version."""
        ...

    @property
    def verdict(self) -> Verdict:
        """DENY or ASK: what becomes of an action that it hits."""
        ...

    def covers(self, slice_name: str, action: str) -> bool:
        """Whether it says anything about this action at all."""
        ...

    def hits(self, context: Mapping[str, Json]) -> str | None:
        """Why it hits, in words; None if it does not. What cannot be evaluated hits."""
        ...


def plain(words: str) -> str:
    """Words that people, tables and terminals may be shown; a name that an agent chose could steer or reorder them."""
    if words.isprintable():
        return words
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in words)


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """A verdict on an action with its reason in words and the clause (a path in the contract) that gave it."""

    verdict: Verdict
    reason: str
    clause: str
    violation: bool = False  # a forbidding rule was hit
