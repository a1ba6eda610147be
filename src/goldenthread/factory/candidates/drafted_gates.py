"""Gates for a draft: the strictest bars that a good agent passes within the window, by the contract's own plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from goldenthread.factory.fit import Approach
from goldenthread.promise.contract import Reach, contract_text, likely_reaches, parse_contract
from goldenthread.promise.values import LADDER, Level

BARS: tuple[tuple[int, int, int], ...] = (
    (95, 97, 98), (90, 95, 97), (90, 92, 95), (85, 90, 95), (80, 85, 95), (80, 85, 90), (75, 80, 90), (70, 75, 85),
)  # fmt: skip
"""Percent: agreement for draft, agreement for approval, approved unedited for constrained; strictest first."""

_MOST_CASES = 20_000
_FEWEST_CASES = 60


@dataclass(frozen=True, kw_only=True)
class DraftedGates:
    """
    The gates of a draft.

    Attributes:
        ceiling: The highest level whose gate can be passed within the window, at most the one that the table leaves.
        answers: Ceiling and gates, by path.
        reaches: When half of good agents enter each level; empty where the agent stays in shadow.
        notes: How they were chosen.
    """

    ceiling: Level
    answers: Mapping[str, str]
    reaches: tuple[Reach, ...]
    notes: tuple[str, ...]


Planned: TypeAlias = dict[tuple[Level, int, bool, int], tuple[Reach, ...]]
"""Reaches by level, bars, grounding and horizon: they rest on nothing else of a draft, so that many can share them."""


def drafted_gates(
    answers: Mapping[str, str],
    ceiling: Level,
    approach: Approach,
    a_week: Decimal,
    weeks: int,
    planned: Planned | None = None,
) -> DraftedGates:
    """
    Choose gates.

    Args:
        answers: Of the draft, with examples in place of its questions, without ceiling and gates.
        ceiling: The highest level that the table leaves.
        approach: Whether grounding is asked for.
        a_week: Cases a week, above 0.
        weeks: The window.
        planned: What other drafts found; it is added to.
    """
    cases = int(a_week * weeks)
    highest = min(ceiling, Level.CONSTRAINED, key=lambda level: level.rank)
    for level in reversed(LADDER[1 : highest.rank + 1]):
        tried = _Tried(
            answers=answers,
            level=level,
            grounded=approach.rank >= Approach.RETRIEVAL.rank,
            cases=cases,
            planned={} if planned is None else planned,
        )
        strictest = tried.strictest()
        if strictest is not None:
            wanted, reaches = strictest
            notes = tuple(_notes(reaches, level, ceiling, weeks))
            return DraftedGates(ceiling=level, answers=wanted, reaches=reaches, notes=notes)
    words = f"Too few cases come for any gate to be passed within {weeks} weeks: the agent stays in shadow."
    return DraftedGates(ceiling=Level.SHADOW, answers={"autonomy.ceiling": "shadow"}, reaches=(), notes=(words,))


@dataclass(frozen=True, kw_only=True)
class _Tried:
    """Bars for one ceiling; looser ones are passed sooner, so that the strictest in time is found by halving."""

    answers: Mapping[str, str]
    level: Level
    grounded: bool
    cases: int
    planned: Planned

    def strictest(self) -> tuple[dict[str, str], tuple[Reach, ...]] | None:
        found = self._at(len(BARS) - 1)
        if found is None:
            return None
        low, high = 0, len(BARS) - 1
        while low < high:
            middle = (low + high) // 2
            tried = self._at(middle)
            if tried is None:
                low = middle + 1
            else:
                found, high = tried, middle
        return found

    def _at(self, number: int) -> tuple[dict[str, str], tuple[Reach, ...]] | None:
        wanted = {"autonomy.ceiling": self.level.value, **_gates(self.level, BARS[number], grounded=self.grounded)}
        key = (self.level, number, self.grounded, _horizon(self.cases))
        if key not in self.planned:
            contract = parse_contract(contract_text({**self.answers, **wanted}))
            self.planned[key] = likely_reaches(contract, horizon=_horizon(self.cases))
        reaches = self.planned[key]
        last = reaches[-1].median if reaches else None
        return (wanted, reaches) if last is not None and last <= self.cases else None


def _horizon(cases: int) -> int:
    """At least the cases, a power of two times the fewest, so that drafts of much the same volume share it."""
    horizon = _FEWEST_CASES
    while horizon < cases and horizon < _MOST_CASES:
        horizon *= 2
    return min(_MOST_CASES, horizon)


def _gates(level: Level, bars: tuple[int, int, int], *, grounded: bool) -> dict[str, str]:
    draft, approval, constrained = bars
    cited = "; ungrounded_rate <= 5 %" if grounded else ""
    found = {
        Level.DRAFT: f"agreement >= {draft} %",
        Level.APPROVAL: f"agreement >= {approval} %{cited}",
        Level.CONSTRAINED: f"approved_unedited >= {constrained} %",
    }
    return {f"autonomy.gates.{one.value}": text for one, text in found.items() if one <= level}


def _notes(reaches: tuple[Reach, ...], level: Level, ceiling: Level, weeks: int) -> Iterator[str]:
    steps = ", ".join(f"{reach.level} after {reach.median} cases" for reach in reaches)
    yield f"Gates are the strictest that half of good agents pass within {weeks} weeks: {steps}."
    if level < ceiling:
        yield f"The table would leave {ceiling}; what that takes does not fit the window."
