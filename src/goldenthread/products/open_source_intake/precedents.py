"""The past decisions as a source to retrieve from: an index that grows by one decision at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from goldenthread.products.open_source_intake.licences import Decision, members
from goldenthread.products.open_source_intake.packages import Package, sibling_key
from goldenthread.products.open_source_intake.similarity import Reading, likeness_of_sets, read

SOURCE = "past decisions"


@dataclass(frozen=True, kw_only=True)
class Precedent:
    """One hit: the case it was decided in, the decision as content, and how near it is (in [0, 1])."""

    id: str
    content: dict[str, str]
    score: float


@dataclass(frozen=True, kw_only=True)
class _Entry:
    readings: tuple[Reading, ...]
    decision: Decision
    package: str
    sibling_key: str


class Precedents:
    """
    Decisions in the order they were made; only what was learned can be found.

    A decision on a case learned before replaces the older one.
    """

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def learn(self, package: Package, decision: Decision) -> None:
        """Add a decided case, with its texts as the agent saw them."""
        seen = package.evidence
        self._entries[package.request] = _Entry(
            readings=tuple(read(text, seen.name) for text in seen.texts),
            decision=decision,
            package=seen.name,
            sibling_key=package.sibling_key,
        )

    def search(self, query: Mapping[str, Any], top: int) -> list[Precedent]:
        """
        The nearest decisions, nearest first; at one score in order of id.

        Args:
            query: `request` and `package` of the case that asks: it and its siblings are no precedents for it.
                And either `texts` (list of licence texts; `by_marks` false compares their words alone), or
                `members` (list of SPDX identifiers) for decisions on exactly these licences together.
            top: Most hits, >= 0.
        """
        sibling = sibling_key(str(query["request"]))
        others = {id: entry for id, entry in self._entries.items() if entry.sibling_key != sibling}
        if "members" in query:
            scores = {id: _same_members(entry, query["members"]) for id, entry in others.items()}
        else:
            asked = tuple(read(text, str(query.get("package", ""))) for text in query["texts"])
            by_marks = bool(query.get("by_marks", True))
            scores = {id: likeness_of_sets(asked, entry.readings, by_marks=by_marks) for id, entry in others.items()}
        nearest = sorted((id for id in scores if scores[id] > 0), key=lambda id: (-scores[id], id))[:top]
        return [_precedent(id, others[id], scores[id]) for id in nearest]


def bears(document: Mapping[str, Any], action: str, arguments: Mapping[str, Any]) -> bool:
    """
    Whether a cited decision bears a proposal: it took that action on that licence, or decided one of the
    licences that the proposed expression joins.

    Args:
        document: A precedent's content: `action`, `licence`, `package`.
        action: The proposed action.
        arguments: The proposed arguments, with `licence`.
    """
    decided, claimed = str(document.get("licence", "")), str(arguments.get("licence", ""))
    if decided == claimed:
        return bool(decided) and document.get("action") == action
    return bool(decided) and len(members(claimed)) > 1 and decided in members(claimed)


def _same_members(entry: _Entry, wanted: Sequence[str]) -> float:
    return 1.0 if set(members(entry.decision.licence)) == set(wanted) else 0.0


def _precedent(id: str, entry: _Entry, score: float) -> Precedent:
    content = {"action": entry.decision.action, "licence": entry.decision.licence, "package": entry.package}
    return Precedent(id=id, content=content, score=round(score, 6))
