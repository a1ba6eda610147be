"""A contract made ready for planning: what each gate needs, and from where its cases come."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from goldenthread.promise.contract.forms import Form, NotJudged
from goldenthread.promise.contract.judging import ClauseTest, clause_test
from goldenthread.promise.contract.model import Autonomy, Claim, Clause, Contract
from goldenthread.promise.contract.planning.beliefs import Belief
from goldenthread.promise.contract.planning.draws import Need
from goldenthread.promise.contract.planning.ladder import climb
from goldenthread.promise.contract.planning.odds import Days, passing_odds, success_rate
from goldenthread.promise.contract.planning.outlook import Reach
from goldenthread.promise.contract.planning.shares import CASES_A_WEEK, bearing_share, segment_shares
from goldenthread.promise.contract.planning.truth import Truth, key_of, likely_truth
from goldenthread.promise.evidence import RateTest
from goldenthread.promise.values import LADDER, Level

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_Odds: TypeAlias = "Callable[[ClauseTest, Days | None], NDArray[np.float64]]"
LIKELY = (Decimal("0.7"), Decimal("0.5"), Decimal("0.3"))  # of what the bound lets go wrong; a bar of 90 %: 93, 95, 97
LIKENESSES = (0.0, 0.02, 0.05)  # how alike the cases of a day may be; nobody knows beforehand
PLANNED_LIKENESS = 0.02


@dataclass(frozen=True, kw_only=True)
class Required:
    """A clause that a gate requires, with its test or what is missing for one."""

    clause: Clause
    from_workflow: bool
    test: ClauseTest | NotJudged


@dataclass(frozen=True, kw_only=True)
class Course:
    """
    The way from the start to the ceiling.

    Attributes:
        contract: As read.
        autonomy: Its rules.
        horizon: Cases looked at a clause, at most.
        split: Share of the cases by segment's name and value, where stated.
    """

    contract: Contract
    autonomy: Autonomy
    horizon: int
    split: Mapping[tuple[str, str], float] = field(default_factory=dict)

    @cached_property
    def gates(self) -> Mapping[Level, tuple[Required, ...]]:
        """What each gate requires: its own clauses, then the workflow's escalation line."""
        stated = sorted(self.autonomy.gates, key=lambda level: level.rank)
        return {level: tuple(self._required(level)) for level in stated}

    @property
    def cases_a_week(self) -> float | None:
        """The stated volume, or None."""
        volume = self.contract.volume
        span = CASES_A_WEEK.get(volume.unit) if volume is not None else None
        return float(volume.amount * span) if volume is not None and span is not None and volume.amount > 0 else None

    @property
    def judged(self) -> list[ClauseTest]:
        """Every clause of every gate that can be judged."""
        return [each.test for gate in self.gates.values() for each in gate if isinstance(each.test, ClauseTest)]

    def truth(self, wrong: Decimal, beliefs: Iterable[Belief]) -> dict[str, Truth]:
        """The truth by key, see `likely_truth`."""
        return likely_truth(self.judged, wrong, beliefs)

    def shares(self, clause: Clause, truth: Mapping[str, Truth]) -> dict[Level, float]:
        """The share of all cases that bears on a clause, by level."""
        return {level: bearing_share(self.autonomy, level, clause, handed_over(truth))[0] for level in LADDER}

    def segments(self, clause: Clause) -> dict[str, float]:
        """The share of the cases that each of the clause's segments has; one, without a name, where it has none."""
        return segment_shares(self.autonomy, clause, dict(self.split)) or {"": 1.0}

    def days(self, judged: ClauseTest, share: float, likeness: float) -> Days | None:
        """The days of a claim about future days on this share of all cases; None where each case counts by itself."""
        if self.autonomy.claim is not Claim.FUTURE_DAYS or not isinstance(judged.test, RateTest):
            return None
        if self.cases_a_week is None or share <= 0.0:
            return None
        return Days(cases=max(1, round(self.cases_a_week / 7 * share)), likeness=likeness)

    def needs(self, level: Level, truth: Mapping[str, Truth]) -> list[Need] | None:
        """What a gate needs, or None where nobody can pass it."""
        return self._needs(level, lambda judged, days: passing_odds(judged, truth, self.horizon, days), truth)

    def reaches(self, truth: Mapping[str, Truth]) -> tuple[Reach, ...]:
        """When each level is reached."""
        return tuple(replace(reach, earliest=self.earliest[reach.level]) for reach in self.climbed(truth))

    def climbed(self, truth: Mapping[str, Truth]) -> tuple[Reach, ...]:
        """When each level is reached, without telling how soon it could be at best."""
        gates = {level: self.needs(level, truth) for level in self.gates}
        return climb(gates, self.autonomy.start, self.autonomy.ceiling, self.cases_a_week)

    @cached_property
    def earliest(self) -> Mapping[Level, int | None]:
        """Cases before which no record whatever reaches each level."""
        gates = {level: self._clean_needs(level) for level in self.gates}
        found = climb(gates, self.autonomy.start, self.autonomy.ceiling, self.cases_a_week)
        return {reach.level: reach.median for reach in found}

    def earliest_afresh(self, level: Level) -> int | None:
        """Cases before which no record passes a gate by itself, from the level below without any evidence."""
        needs, below = self._clean_needs(level), LADDER[max(0, level.rank - 1)]
        if not needs or any(need.shares[below] <= 0.0 for need in needs):
            return None
        return max(math.ceil((need.certain_at or 0) / need.shares[below] - 1e-9) for need in needs)

    def _clean_needs(self, level: Level) -> list[Need] | None:
        """What a gate needs of a clean record: for certain at the fewest cases, and nothing before."""
        import numpy as np

        fewest = {str(judged.clause): judged.test.fewest() for judged in self.judged}
        needs = self._needs(level, lambda _judged, _days: np.zeros(1))
        return needs and [replace(need, certain_at=fewest[need.clause]) for need in needs]

    def _required(self, level: Level) -> Iterable[Required]:
        line = self.contract.workflow.escalation_rate if self.contract.workflow else None
        own = self.autonomy.gates[level]
        for clause in own:
            yield Required(clause=clause, from_workflow=False, test=clause_test(clause, self.autonomy.alpha))
        if line is not None and own and line not in own:
            yield Required(clause=line, from_workflow=True, test=clause_test(line, self.autonomy.alpha))

    def _needs(self, level: Level, odds: _Odds, truth: Mapping[str, Truth] | None = None) -> list[Need] | None:
        below = LADDER[max(0, level.rank - 1)]
        needs = []
        for required in self.gates.get(level, ()):
            judged = required.test
            if not isinstance(judged, ClauseTest):
                return None
            for name, part in self.segments(judged.clause).items():
                shares = {each: share * part for each, share in self.shares(judged.clause, truth or {}).items()}
                days = self.days(judged, shares[below], PLANNED_LIKENESS)
                needs.append(
                    Need(
                        clause=str(judged.clause),
                        draw=f"{_stream(judged)} {name}",
                        odds=odds(judged, days),
                        shares=shares,
                        played=None if truth is None or days is not None else _played(judged, truth),
                        whole_days=days is not None,
                    )
                )
        return needs or None


def handed_over(truth: Mapping[str, Truth]) -> float:
    """The true share of cases that the agent hands to a person; 0 where no clause speaks of it."""
    return float(truth["escalation_rate"].amount / 100) if "escalation_rate" in truth else 0.0


def _stream(judged: ClauseTest) -> str:
    """What clauses that share their cases have in common: a time is the same time, whatever it is held against."""
    return judged.clause.metric if judged.form is Form.QUANTILE else key_of(judged)


def _played(judged: ClauseTest, truth: Mapping[str, Truth]) -> tuple[RateTest, float] | None:
    if not isinstance(judged.test, RateTest):
        return None
    return judged.test, success_rate(judged, truth[key_of(judged)])
