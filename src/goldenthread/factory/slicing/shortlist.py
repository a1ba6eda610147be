"""
Parts of a log as a ranked list: scored by the log's numbers, with what they may be worth and how free an agent may be.

A log does not tell what a case is about. What decides how free an agent may be is therefore said by a person, or
assumed for planning: `ASSUMED` are the facts of common office work, on the careful side. What the table says without
them stands beside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from goldenthread.factory.candidates import (
    CRITERIA,
    LINE,
    Adjustment,
    Candidate,
    Criterion,
    Draft,
    SliceFacts,
    draft_contract,
    rank_candidates,
    score_candidate,
)
from goldenthread.factory.fit import Recommendation, Table, WorkFacts, fact_words, our_table, recommend
from goldenthread.factory.slicing.estimating import Estimate, Estimates
from goldenthread.factory.slicing.naming import shown
from goldenthread.factory.slicing.parts import Cut, Part
from goldenthread.factory.value import NEEDED, Span
from goldenthread.promise.errors import ValueProblem

ASSUMED: Mapping[str, Any] = {
    "rules_written": "some",
    "input": "documents",
    "variety": "bounded",
    "knowledge": "texts",
    "effect": "reversible",
    "checkable": "later",
    "regulation": "none",
    "harm": "money",
    "untrusted_input": True,
    "private": True,
    "sends_out": True,
    "parallel": False,
    "walls": False,
    "tools": Decimal(1),
}
"""What a draft is planned with where nobody has said otherwise."""

_TAKEN_BACK = {"read": Decimal(1), "reversible": Decimal(1), "irreversible": Decimal(0)}
"""What share of the cases can be taken back, where somebody says which effect the work has."""

_STEPS = {"activity": "one", "decision": "one", "run": "fixed", "variant": "fixed", "whole": "branching"}
_CLOSE = 0.05
"""Scores that differ by less are alike: which slice is drafted is then decided by the time that people spend on it."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """
    What people said of the log's parts.

    Attributes:
        criteria: Scores with their weights.
        line: At which a slice is worth a contract.
        adjusted: Scores set by hand, by slice.
        work: Facts of the work, by name.
        value: What its value is made of, by name.
        owner: Who answers for the result, or None.
        weeks: In which gates should be passed, and outcomes show; 4 to 52.
        table: Of how free an agent may be; None is ours.
    """

    criteria: Sequence[Criterion] = CRITERIA
    line: float = LINE
    adjusted: Mapping[str, Mapping[str, Adjustment]] = field(default_factory=dict)
    work: Mapping[str, Any] = field(default_factory=dict)
    value: Mapping[str, Span] = field(default_factory=dict)
    owner: str | None = None
    weeks: int = 26
    table: Table | None = None


@dataclass(frozen=True, kw_only=True)
class Taken:
    """
    A part on the list.

    Attributes:
        part: As cut.
        scored: Its scores, place and why it is below the line.
        known: What the table says by what is known alone.
        planned: What it says with what was assumed.
        assumed: The assumed facts, in words.
        draft: The contract that its worth was planned with; None below the first ones, or where none can be made.
        worth: What it may be worth in a year, or why nobody can tell.
    """

    part: Part
    scored: Candidate
    known: Recommendation
    planned: Recommendation
    assumed: tuple[str, ...]
    draft: Draft | None = None
    worth: Estimate = field(default_factory=Estimate)

    @property
    def facts(self) -> SliceFacts:
        """As a plain record; what was assumed is not in it."""
        return self.scored.facts

    @property
    def stated(self) -> SliceFacts:
        """The same with what its worth rests on, as far as it was measured or said, or has no default of its own."""
        if self.worth.value is None:
            return self.facts
        spans = self.worth.value.inputs.spans()
        return replace(self.facts, value={name: one for name, one in spans if name in NEEDED or not one.is_default})


@dataclass(frozen=True, kw_only=True)
class Shortlist:
    """
    The list, best first.

    Attributes:
        source: Of the numbers.
        line: Score from which a slice is worth a contract.
        slices: All parts by place.
        best: The slice that gets the draft; None where no contract can be drafted for any.
        left: What was not taken as a part, with the reason.
        planned: So many of the first have a planned contract and a worth.
    """

    source: str
    line: float
    slices: tuple[Taken, ...]
    best: Taken | None
    left: tuple[str, ...]
    planned: int

    def why_begin_with(self, one: Taken) -> str:
        """Why one begins with this slice, in sentences; '' where it is not the one to begin with."""
        return self.why_best if self.best is not None and self.best.facts.slice == one.facts.slice else ""

    @property
    def why_best(self) -> str:
        """Why one begins with that slice, in sentences; '' where there is none."""
        if self.best is None:
            return ""
        below = "" if self.best.scored.above else " It stays below the line."
        if len(_alike(self.slices)) > 1 and self.best.worth.minutes_a_week > 0:
            return f"Of those that score alike, people spend most time on it.{below}"
        if self.best.scored.place == 1:
            return f"It scores highest.{below}"
        return f"Of those for which a contract can be drafted, it scores highest.{below}"

    def named(self, slice_name: str) -> Taken:
        """
        The slice of that name.

        Raises:
            ValueProblem: There is none.
        """
        found = next((one for one in self.slices if one.facts.slice == slice_name), None)
        if found is None:
            names = ", ".join(one.facts.slice for one in self.slices) or "none"
            raise ValueProblem(f"The log has no slice '{slice_name}'; it has {names}.")
        return found


def shortlist_of(cut: Cut, source: str, said: Said | None = None, *, planned: int = 6) -> Shortlist:
    """
    Rank the parts of a log.

    Args:
        cut: The parts.
        source: Of the numbers: `helpdesk.xes.gz, 4,580 cases`.
        said: What people said.
        planned: So many of the first get a planned contract and a worth.

    Raises:
        ValueProblem: A score set for a slice or by a name that there is not, or weights that come to nothing.
    """
    told, source = said or Said(), shown(source, most=200)
    table = told.table or our_table()
    by_name = {part.slice: part for part in cut.parts}
    unknown = sorted(set(told.adjusted) - set(by_name))
    if unknown:
        raise ValueProblem(f"The log has no slice '{unknown[0]}' to set a score of; it has {', '.join(by_name)}.")
    scored = [
        score_candidate(_facts(part, source, told), told.criteria, told.adjusted.get(part.slice)) for part in cut.parts
    ]
    ranked = rank_candidates(scored, line=told.line)
    listed = [_judged(by_name[one.facts.slice], one, table) for one in ranked]
    estimates = Estimates(told.value)
    slices = [_planned(one, told, estimates) if place < planned else one for place, one in enumerate(listed)]
    return Shortlist(
        source=source, line=told.line, slices=tuple(slices), best=_best(slices), left=cut.left, planned=planned
    )


def planned_alone(one: Taken, said: Said) -> Taken:
    """The same with its contract and worth, where it stood too low on the list to have them."""
    return one if one.draft is not None else _planned(one, said, Estimates(said.value))


def _facts(part: Part, source: str, said: Said) -> SliceFacts:
    shown = {
        "steps": _STEPS[part.kind],
        "variants": Decimal(part.usual),
        "volume_a_week": None if part.log.a_week is None else round(part.log.a_week, 1),
    }
    back = _TAKEN_BACK.get(said.work.get("effect", ""))
    return SliceFacts(
        slice=part.slice,
        title=part.title,
        source=source,
        owner=said.owner,
        log=part.log if back is None else replace(part.log, reversible_share=back),
        work=WorkFacts(**{**shown, **said.work}),
        value=said.value,
    )


def _judged(part: Part, scored: Candidate, table: Table) -> Taken:
    work = scored.facts.work
    assumed = {name: value for name, value in ASSUMED.items() if work.value(name) is None}
    return Taken(
        part=part,
        scored=scored,
        known=recommend(work, table),
        planned=recommend(replace(work, **assumed), table),
        assumed=tuple(fact_words(name, value) for name, value in assumed.items()),
    )


def _planned(one: Taken, said: Said, estimates: Estimates) -> Taken:
    try:
        draft = draft_contract(one.facts, one.planned, weeks=said.weeks, planned=estimates.planned)
    except ValueProblem as problem:
        return replace(one, worth=Estimate(missing=problem.message))
    return replace(one, draft=draft, worth=estimates.of(one.part, one.planned, draft))


def _best(slices: Sequence[Taken]) -> Taken | None:
    """The first on the list; of those that score alike, the one on which people spend most time."""
    return max(_alike(slices), key=lambda one: (one.worth.minutes_a_week, -one.scored.place), default=None)


def _alike(slices: Sequence[Taken]) -> list[Taken]:
    """The first for which a contract can be drafted, and those that score much the same."""
    drafted = [one for one in slices if one.draft is not None]
    first = drafted[0].scored if drafted else None
    return [
        one
        for one in drafted
        if first is not None and first.low - one.scored.low < _CLOSE and one.scored.above is first.above
    ]
