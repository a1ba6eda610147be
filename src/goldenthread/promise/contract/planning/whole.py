"""What a contract asks for, before anything runs: how many cases, how long, how sure, how soon a fall shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from goldenthread.promise.contract.model import Contract
from goldenthread.promise.contract.planning.advice import obstacles
from goldenthread.promise.contract.planning.alarms import alarm_plans
from goldenthread.promise.contract.planning.beliefs import Belief
from goldenthread.promise.contract.planning.clauses import clause_plan, gate_afresh
from goldenthread.promise.contract.planning.course import LIKELY, Course, handed_over
from goldenthread.promise.contract.planning.outlook import Ladder, Reach
from goldenthread.promise.contract.planning.records import Afresh, GatePlan, Plan
from goldenthread.promise.contract.planning.truth import Truth, key_of, quality_words, require_asked
from goldenthread.promise.errors import ValueProblem
from goldenthread.promise.evidence import HORIZON
from goldenthread.promise.values import LADDER, Effect, Level

_SCENARIOS = ("just good enough", "good", "very good")
_BELIEVED = "as you believe"


def plan(
    contract: Contract,
    *,
    horizon: int = HORIZON,
    beliefs: Iterable[Belief] = (),
    fears: Iterable[Belief] = (),
    split: Mapping[tuple[str, str], float] | None = None,
) -> Plan:
    """
    What each gate of a contract, the whole ladder and each tripwire take.

    Args:
        contract: Any that parses; parts may be missing.
        horizon: Cases looked at a clause, at most; 1 to 2,097,152.
        beliefs: What the owner believes of the agent; the rest is taken at three likely qualities.
        fears: Rates to which the agent may get worse, besides twice and four times a tripwire's limit.
        split: Share of the cases by segment's name and value; what is not stated is split evenly.

    Raises:
        ImpossibleCounts: A horizon outside its range.
        ValueProblem: A belief or fear about something that the contract does not ask, or in another unit.
    """
    autonomy = contract.autonomy
    blank = Plan(
        slice=contract.slice,
        version=contract.version,
        confidence=autonomy.confidence if autonomy else Decimal(95),
        volume=contract.volume,
        horizon=horizon,
        gates=(),
        missing="the contract states no gate, so the agent stays where it starts",
        irreversible=tuple(name for name, one in contract.actions.items() if one.effect is Effect.IRREVERSIBLE),
    )
    if autonomy is None:
        return blank
    _require_split(split or {})
    course = Course(contract=contract, autonomy=autonomy, horizon=horizon, split=split or {})
    return _planned(replace(blank, missing="" if course.gates else blank.missing), course, tuple(beliefs), tuple(fears))


def likely_reaches(contract: Contract, *, horizon: int = HORIZON) -> tuple[Reach, ...]:
    """
    When a good agent reaches each level: the middle ladder of `plan`, without what takes the most time to plan.

    Args:
        contract: Any that parses; without gates nothing is reached.
        horizon: Cases looked at a clause, at most; 1 to 2,097,152.
    """
    if contract.autonomy is None:
        return ()
    course = Course(contract=contract, autonomy=contract.autonomy, horizon=horizon)
    return course.climbed(course.truth(LIKELY[len(LIKELY) // 2], ())) if course.gates else ()


def likely_ladders(contract: Contract, *, horizon: int = HORIZON) -> tuple[tuple[Reach, ...], ...]:
    """
    When agents that are just good enough, good and very good reach each level: `likely_reaches` of all three.

    Args:
        contract: Any that parses; without gates nothing is reached.
        horizon: Cases looked at a clause, at most; 1 to 2,097,152.
    """
    if contract.autonomy is None:
        return ()
    course = Course(contract=contract, autonomy=contract.autonomy, horizon=horizon)
    return tuple(course.climbed(course.truth(wrong, ())) for wrong in LIKELY) if course.gates else ()


def _require_split(split: Mapping[tuple[str, str], float]) -> None:
    for name in {name for name, _value in split}:
        whole = sum(share for (other, _value), share in split.items() if other == name)
        if whole > 1.0 + 1e-9:
            raise ValueProblem(
                f"The shares of '{name}' come to {whole:.0%}; all segments together are at most 100 %. State less."
            )


def _planned(blank: Plan, course: Course, beliefs: Sequence[Belief], fears: Sequence[Belief]) -> Plan:
    require_asked(course.judged, beliefs)
    truths = _truths(course, beliefs)
    middle = list(truths.values())[len(truths) // 2]
    ladders = tuple(_ladder(course, name, truth) for name, truth in truths.items()) if course.gates else ()
    return replace(
        blank,
        cases_a_week=course.cases_a_week,
        false_alarm=course.autonomy.false_alarm,
        gates=tuple(_gates(course, truths, beliefs, middle)),
        handed_over=handed_over(middle),
        ladders=ladders,
        alarms=tuple(alarm_plans(course.autonomy, course.cases_a_week, fears, handed_over(middle))),
        obstacles=obstacles(course, ladders[len(ladders) // 2].reaches, middle) if ladders else (),
    )


def _truths(course: Course, beliefs: Sequence[Belief]) -> dict[str, dict[str, Truth]]:
    """The truth in each scenario; one alone where the owner's belief leaves nothing open."""
    by_name = {name: course.truth(wrong, beliefs) for name, wrong in zip(_SCENARIOS, LIKELY, strict=True)}
    first = by_name[_SCENARIOS[0]]
    if first and all(true.believed for true in first.values()):
        return {_BELIEVED: first}
    return by_name


def _ladder(course: Course, name: str, truth: Mapping[str, Truth]) -> Ladder:
    described = {}
    for judged in course.judged:
        key = key_of(judged)
        described[key] = f"{judged.clause.metric} {quality_words(judged, truth[key])}"
    return Ladder(scenario=name, quality=tuple(described.values()), reaches=course.reaches(truth))


def _gates(
    course: Course,
    truths: Mapping[str, Mapping[str, Truth]],
    beliefs: Sequence[Belief],
    middle: Mapping[str, Truth],
) -> Iterator[GatePlan]:
    for level, gate in course.gates.items():
        below = LADDER[max(0, level.rank - 1)]
        clauses = tuple(clause_plan(course, level, required, beliefs, middle) for required in gate)
        wrongly = [clause.wrongly for clause in clauses if clause.wrongly is not None]
        yield GatePlan(
            level=level,
            below=below,
            clauses=clauses,
            earliest=course.earliest_afresh(level),
            afresh=tuple(_afresh(course, level, below, truths)),
            wrongly=max(wrongly) if wrongly and len(wrongly) == len(clauses) else None,
        )


def _afresh(course: Course, level: Level, below: Level, truths: Mapping[str, Mapping[str, Truth]]) -> Iterator[Afresh]:
    for name, truth in truths.items():
        found = gate_afresh(name, course.needs(level, truth), below)
        if found is not None:
            yield found
