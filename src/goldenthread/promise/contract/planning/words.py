"""The plan in plain words: what a product owner needs first, the depth after it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from goldenthread.promise.contract.model import Clause
from goldenthread.promise.contract.planning.alarm_words import alarm_lines
from goldenthread.promise.contract.planning.depth import clause_lines, quality_lines
from goldenthread.promise.contract.planning.durations import about_days, chance_words, range_words
from goldenthread.promise.contract.planning.outlook import Obstacle, Reach
from goldenthread.promise.contract.planning.records import GatePlan, Plan
from goldenthread.promise.contract.planning.shares import OF_PROPOSALS
from goldenthread.promise.contract.planning.truth import plain
from goldenthread.promise.values import Level


def plan_text(plan: Plan, *, brief: bool = False) -> str:
    """The plan in plain words, for a product owner; a brief one has a line for each gate and no depth."""
    lines = [f"{plan.slice}, version {plan.version}: what it takes to climb", ""]
    if plan.missing:
        return "\n".join([*lines, f"Insufficient: {plan.missing}.", "", *_closing(plan)]) + "\n"
    for obstacle in plan.obstacles:
        lines += [*_obstacle_lines(plan, obstacle), ""]
    for gate in plan.gates:
        lines += _gate_lines(plan, gate, brief=brief)
    lines.append("")
    if not brief:
        lines += [*_assumption(plan), *_wrongly(plan), ""]
        lines += [line for alarm in plan.alarms for line in alarm_lines(plan, alarm)]
        lines += [""] if plan.alarms else []
        lines += list(_depth(plan))
    return "\n".join([*lines, *_closing(plan)]) + "\n"


# --- what stands in the way -----------------------------------------------------------------------


def _obstacle_lines(plan: Plan, obstacle: Obstacle) -> Iterator[str]:
    reach = _reach_of(plan, obstacle.level.value)
    if reach is None or obstacle.words.startswith(("insufficient", "the contract")):
        yield f"Nobody gets to {obstacle.level} as it stands: {obstacle.words}."
        return
    limit = "within a year" if plan.cases_a_week else f"within {plan.horizon:,} cases"
    level = str(obstacle.level).capitalize()
    yield f"{level} is out of reach {limit} for an agent that is {_scenario(plan)}: {obstacle.words}."
    if reach.earliest is not None:
        yield f"  Whatever the agent, it cannot be passed before {_cases_and_time(plan, reach.earliest)}."
    if obstacle.remedies:
        yield "  What would change that, each by itself and with the same agent, until half of such agents are there:"
    for remedy in obstacle.remedies:
        time = f", {about_days(remedy.weeks * 7)}" if remedy.weeks is not None else ""
        yield f"  - {remedy.words}: about {remedy.cases:,} cases{time}."


# --- the levels -----------------------------------------------------------------------------------


def _gate_lines(plan: Plan, gate: GatePlan, *, brief: bool) -> Iterator[str]:
    head = f"To {gate.level}, from {gate.below}:"
    reach = _reach_of(plan, gate.level.value)
    if not gate.passable:
        yield f"{head} insufficient, as it stands nobody can pass this gate."
    elif reach is None:
        yield f"{head} not climbed, since it lies above the contract's ceiling or not above its start."
    else:
        yield f"{head} {_when(plan, reach)}."
        if plan.irreversible and gate.level >= Level.CONSTRAINED:
            yield f"  With irreversible effects ({', '.join(plan.irreversible)}) it opens in enforcing mode only."
        if not brief:
            yield from (f"  {line}" for line in _more(plan, reach, gate))


def _when(plan: Plan, reach: Reach) -> str:
    if reach.median is None:
        chance = chance_words(reach.chance)
        return f"not expected; the chance for an agent that is {_scenario(plan)} is {chance} within the cases looked at"
    cases = _span(reach.low, reach.high, reach.median)
    if plan.cases_a_week is None:
        return f"about {reach.median:,} cases in all (80 % range {cases}), in a time that is not known"
    a_day = plan.cases_a_week / 7
    high = None if reach.high is None else reach.high / a_day
    days = range_words((reach.low or 0) / a_day, high)
    return f"about {about_days(reach.median / a_day)}, {reach.median:,} cases in all (80 % range {days}; cases {cases})"


def _more(plan: Plan, reach: Reach, gate: GatePlan) -> Iterator[str]:
    soonest = ""
    if reach.earliest is not None:
        soonest = f"Cannot be passed before {_cases_and_time(plan, reach.earliest)}."
    chances = []
    for weeks, chance in reach.within.items():
        chances.append(f"{chance_words(chance)} within {weeks} weeks")
        if chance > 0.99:
            break
    if chances or soonest:
        told = f"Chance: {', '.join(chances)}. " if chances else ""
        yield f"{told}{soonest}".rstrip()
    slow = next((clause for clause in gate.clauses if str(clause.clause) == reach.slowest), None)
    if slow is not None and len(gate.clauses) > 1:
        why = f"; of the cases, {slow.share_words}" if slow.share_words else ""
        yield f"Mostly the last to pass is '{slow.clause}'{why}."


def _assumption(plan: Plan) -> Iterator[str]:
    ladder = plan.likely
    if ladder is None or not ladder.quality:
        return
    meaning = "" if ladder.scenario == "as you believe" else ", half as much going wrong as the strictest clauses allow"
    in_time = f"Cases and time count from the first case, at {plan.volume}"
    counted = in_time if plan.volume else "Cases count from the first"
    yield f"This is for an agent that is {ladder.scenario}{meaning}: {', '.join(ladder.quality)}."
    yield f"{counted}; what was shown at a lower level is not shown again. Labels that come late come on top."
    if plan.handed_over > 0.0 and any(
        clause.clause.metric in OF_PROPOSALS for gate in plan.gates for clause in gate.clauses
    ):
        share = plain(Decimal(str(round(100 * plan.handed_over, 6))))
        yield f"The {share} % of cases that it hands to a person make no proposal, and prove nothing about proposals."


def _wrongly(plan: Plan) -> Iterator[str]:
    known = [f"{gate.level} {chance_words(gate.wrongly)}" for gate in plan.gates if gate.wrongly is not None]
    if not known:
        return
    rule = " (about future days that is a rule of thumb, simulated and not proved)" if _about_days(plan) else ""
    yield (
        f"Promoted wrongly: at most {_wrong(plan)} of 100 agents that miss a clause of a gate, however narrowly{rule}. "
        f"Right at the bar of one clause and beyond doubt on the others, within {plan.horizon:,} cases: "
        f"{', '.join(known)}."
    )


def _about_days(plan: Plan) -> bool:
    return any(clause.future_days for gate in plan.gates for clause in gate.clauses)


# --- depth ----------------------------------------------------------------------------------------


def _depth(plan: Plan) -> Iterator[str]:
    if len(plan.ladders) > 1:
        yield "How good the agent really is decides"
        for ladder in plan.ladders:
            yield from quality_lines(plan, ladder)
        yield ""
    told: set[tuple[Clause, float]] = set()
    for gate in plan.gates:
        yield f"To {gate.level}, clause by clause"
        for clause in gate.clauses:
            yield from clause_lines(plan, clause, again=(clause.clause, clause.share) in told)
            told.add((clause.clause, clause.share))
        yield from _by_itself(gate)
        yield ""


def _by_itself(gate: GatePlan) -> Iterator[str]:
    """What the gate takes after a fall, and how far that hangs on the clauses' independence."""
    middle = gate.afresh[len(gate.afresh) // 2] if gate.afresh else None
    if middle is None or middle.median is None:
        return
    few, many = middle.median_bounds
    yield (
        f"  All together, from {gate.below} without any evidence, as after a fall: about {middle.median:,} cases "
        f"(80 % range {_span(middle.low, middle.high, middle.median)}; "
        f"{chance_words(middle.chance)} chance within the cases looked at)."
    )
    if few is not None and len(gate.clauses) > 1:
        most = f"{many:,}" if many is not None else "more than were looked at"
        yield (
            "  If the clauses do not fail independently of each other: "
            f"half are there by {few:,} at the soonest, {most} at the latest."
        )


def _closing(plan: Plan) -> Iterator[str]:
    volume = f"At {plan.volume}." if plan.volume else "The contract states no volume, so no time can be given."
    yield (
        f"{volume} However often anyone looks: an agent that is no better than a clause asks "
        f"passes it in at most {_wrong(plan)} of 100 such climbs."
    )


# --- pieces ---------------------------------------------------------------------------------------


def _reach_of(plan: Plan, level: str) -> Reach | None:
    ladder = plan.likely
    return None if ladder is None else next((reach for reach in ladder.reaches if reach.level.value == level), None)


def _scenario(plan: Plan) -> str:
    return plan.likely.scenario if plan.likely else "good"


def _cases_and_time(plan: Plan, cases: int) -> str:
    if plan.cases_a_week is None:
        return f"{cases:,} cases"
    return f"{cases:,} cases, {about_days(cases / plan.cases_a_week * 7)}"


def _span(low: int | None, high: int | None, middle: int) -> str:
    few = middle if low is None else low
    if high is None:
        return f"{few:,} to more than were looked at"
    return f"{few:,}" if few == high else f"{few:,} to {high:,}"


def _wrong(plan: Plan) -> str:
    return plain(Decimal(100) - plan.confidence)
