"""What a contract asks for, before anything runs: the fewest cases, the likely number, and how long that takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from goldenthread.promise.contract.forms import Form, NotJudged, wants_high
from goldenthread.promise.contract.judging import ClauseTest, clause_test
from goldenthread.promise.contract.model import Autonomy, Clause, Contract, Quantity
from goldenthread.promise.evidence import (
    HORIZON,
    Expected,
    MeanTest,
    RateTest,
    expected_cases,
    expected_cases_of_mean,
)
from goldenthread.promise.values import LADDER, Level

LIKELY = (Decimal("0.7"), Decimal("0.5"), Decimal("0.3"))  # of what the bound lets go wrong; a bar of 90 %: 93, 95, 97
_PLANNED_ON = 1  # the middle one of these carries the calendar


@dataclass(frozen=True, kw_only=True)
class Likely:
    """
    How many cases a clause takes if the agent is really this good.

    Attributes:
        quality: The true rate, share or mean, in words: '93 %', '0.20 EUR/case'.
        mean: Cases to promotion on average, or None where it is not expected within the horizon.
        low: Cases by which a tenth of such agents have passed, or None.
        high: Cases by which nine tenths have, or None.
        chance: Chance of passing within the horizon, in [0, 1].
    """

    quality: str
    mean: float | None
    low: int | None
    high: int | None
    chance: float


@dataclass(frozen=True, kw_only=True)
class ClausePlan:
    """
    One clause of a gate.

    Attributes:
        clause: As written.
        from_workflow: True for the workflow's escalation line, which every gate also requires.
        form: How it is judged, or None.
        insufficient: What is missing to judge it, in words, or None.
        fewest_any: Fewest clean cases with which any method could pass it, or None.
        fewest_ours: Fewest clean cases with which ours passes it, or None.
        likely: At likely qualities, worst first.
        share: Share of cases that bear on the clause on the rung below the gate, in [0, 1].
        share_words: Why not every case does, or ''.
        days: Calendar days at the middle quality and the contract's volume, or None where unknown.
    """

    clause: Clause
    from_workflow: bool
    form: Form | None
    insufficient: str | None
    fewest_any: int | None = None
    fewest_ours: int | None = None
    likely: tuple[Likely, ...] = ()
    share: float = 1.0
    share_words: str = ""
    days: float | None = None

    @property
    def passable(self) -> bool:
        """True where some record within the horizon passes it."""
        return self.insufficient is None and any(likely.chance > 0.0 for likely in self.likely)


@dataclass(frozen=True, kw_only=True)
class GatePlan:
    """
    One gate: all its clauses must pass.

    Attributes:
        level: The level entered.
        below: The level it is entered from.
        clauses: The gate's own, then the workflow's escalation line.
    """

    level: Level
    below: Level
    clauses: tuple[ClausePlan, ...]

    @property
    def passable(self) -> bool:
        """True where every clause can pass; a gate without clauses cannot."""
        return bool(self.clauses) and all(clause.passable for clause in self.clauses)

    @property
    def days(self) -> float | None:
        """Calendar days of the slowest clause, or None where one is unknown."""
        known = [clause.days for clause in self.clauses if clause.days is not None]
        return max(known) if known and len(known) == len(self.clauses) else None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """
    The plan of one contract version.

    Attributes:
        slice: The workflow slice.
        version: Of the contract.
        confidence: Percent.
        volume: As the contract states it, or None.
        horizon: Cases looked at, at most.
        gates: Lowest first.
        missing: Why nothing can be climbed, in words, or ''.
    """

    slice: str
    version: int
    confidence: Decimal
    volume: Quantity | None
    horizon: int
    gates: tuple[GatePlan, ...]
    missing: str = ""

    @property
    def passable(self) -> bool:
        """True where there are gates and every one can be passed."""
        return bool(self.gates) and all(gate.passable for gate in self.gates)


def plan(contract: Contract, *, horizon: int = HORIZON) -> Plan:
    """
    What each gate of a contract takes.

    Args:
        contract: Any that parses; parts may be missing.
        horizon: Cases looked at, at most; 1 to 2,097,152.

    Raises:
        ImpossibleCounts: A horizon outside its range.
    """
    autonomy = contract.autonomy
    gates = tuple(_gates(contract, autonomy, horizon)) if autonomy else ()
    missing = "" if gates else "the contract states no gate, so the agent stays where it starts"
    return Plan(
        slice=contract.slice,
        version=contract.version,
        confidence=autonomy.confidence if autonomy else Decimal(95),
        volume=contract.volume,
        horizon=horizon,
        gates=gates,
        missing=missing,
    )


def plan_text(plan: Plan, *, brief: bool = False) -> str:
    """The plan in plain words, for a product owner; a brief one has a line for each gate and no clauses."""
    lines = [f"{plan.slice}, version {plan.version}: what it takes to climb", ""]
    if plan.missing:
        lines += [f"Insufficient: {plan.missing}.", ""]
    for gate in plan.gates:
        lines.append(_gate_line(gate))
        if not brief:
            lines += [*(line for clause in gate.clauses for line in _clause_lines(clause, plan)), ""]
    if brief:
        lines.append("")
    return "\n".join([*lines, _closing(plan)]) + "\n"


def _gates(contract: Contract, autonomy: Autonomy, horizon: int) -> Iterator[GatePlan]:
    line = contract.workflow.escalation_rate if contract.workflow else None
    for level in sorted(autonomy.gates, key=lambda level: level.rank):
        below = LADDER[max(0, level.rank - 1)]
        own = autonomy.gates[level]
        required = [(clause, False) for clause in own]
        if line is not None and own and line not in own:
            required.append((line, True))
        planned = (_clause_plan(contract, autonomy, below, clause, added, horizon) for clause, added in required)
        yield GatePlan(level=level, below=below, clauses=tuple(planned))


def _clause_plan(
    contract: Contract, autonomy: Autonomy, below: Level, clause: Clause, from_workflow: bool, horizon: int
) -> ClausePlan:
    judged = clause_test(clause, autonomy.alpha)
    if isinstance(judged, NotJudged):
        return ClausePlan(clause=clause, from_workflow=from_workflow, form=None, insufficient=judged.reason)
    likely = tuple(_likely(judged, share, horizon) for share in LIKELY)
    share, words = _share(autonomy, below, clause)
    return ClausePlan(
        clause=clause,
        from_workflow=from_workflow,
        form=judged.form,
        insufficient=None,
        fewest_any=judged.test.physical_fewest(),
        fewest_ours=judged.test.fewest(),
        likely=likely,
        share=share,
        share_words=words,
        days=_days(likely[_PLANNED_ON].mean, share, contract.volume),
    )


def _likely(judged: ClauseTest, share: Decimal, horizon: int) -> Likely:
    """`share` of what the bound lets go wrong really goes wrong."""
    if isinstance(judged.test, MeanTest):
        return _likely_mean(judged.clause, judged.test, share, horizon)
    return _likely_rate(judged, judged.test, share, horizon)


def _likely_rate(judged: ClauseTest, test: RateTest, share: Decimal, horizon: int) -> Likely:
    good = 1 - (1 - Decimal(str(test.bar))) * share
    shown = good if wants_high(judged.clause) or judged.form is Form.QUANTILE else 1 - good
    words = f"{_plain(100 * shown)} %"
    if judged.form is Form.QUANTILE:
        words += f" of cases {'reach' if wants_high(judged.clause) else 'within'} {judged.clause.bound}"
    return _from_expected(words, expected_cases(test, float(good), horizon))


def _likely_mean(clause: Clause, test: MeanTest, share: Decimal, horizon: int) -> Likely:
    assert clause.bound is not None
    assert clause.cap is not None
    room = clause.bound.amount if test.at_most else clause.cap.amount - clause.bound.amount
    amount = clause.bound.amount + room * (share - 1 if test.at_most else 1 - share)
    shown = amount.quantize(clause.bound.amount) if amount == round(amount, _places(clause.bound)) else _trim(amount)
    found = expected_cases_of_mean(test, test.bar * float(amount / clause.bound.amount), horizon)
    words = f"a mean of {Quantity(amount=shown, unit=clause.bound.unit)}"
    slow = _from_expected(words, found.slowest)
    return Likely(quality=words, mean=slow.mean, low=found.quickest, high=slow.high, chance=slow.chance)


def _from_expected(quality: str, expected: Expected) -> Likely:
    known = expected.mean if expected.chance >= 0.5 else None  # the mean of a lucky few would mislead
    return Likely(quality=quality, mean=known, low=expected.low, high=expected.high, chance=expected.chance)


def _share(autonomy: Autonomy, below: Level, clause: Clause) -> tuple[float, str]:
    """Agreement counts only where a person decided before seeing the proposal: in shadow, and in a blind share."""
    if clause.metric != "agreement" or below is Level.SHADOW:
        return 1.0, ""
    percent = autonomy.blind.get(below, Decimal(0))
    words = f"only the {_plain(percent)} % decided blind at {below} count, and those seen in shadow before"
    return float(percent / 100), words


def _days(cases: float | None, share: float, volume: Quantity | None) -> float | None:
    if cases is None or volume is None or share <= 0.0 or volume.amount <= 0:
        return None
    days_of = {"cases per day": 1.0, "cases per week": 7.0}
    span = days_of.get(volume.unit)
    return None if span is None else cases / (float(volume.amount) * share) * span


def _gate_line(gate: GatePlan) -> str:
    if not gate.passable:
        return f"To {gate.level}, from {gate.below}: insufficient, as it stands nobody can pass this gate."
    pace = f"about {_time(gate.days)} at the stated volume" if gate.days is not None else "in a time that is not known"
    return f"To {gate.level}, from {gate.below}: passable, {pace} if half as much goes wrong as the clauses allow."


def _clause_lines(clause: ClausePlan, plan: Plan) -> Iterator[str]:
    source = " (the workflow's escalation line, required by every gate)" if clause.from_workflow else ""
    yield f"  {clause.clause}{source}"
    if clause.insufficient is not None:
        yield f"    Insufficient: {clause.insufficient}."
        return
    yield f"    {_fewest_words(clause)}"
    for likely in clause.likely:
        yield f"    {_likely_words(likely, plan.horizon)}"
    if clause.form is Form.MEAN:
        yield "    Fewest if every case comes to the same, most if a few take the whole cap and the rest nothing."
    if clause.share_words:
        yield f"    Of the cases, {clause.share_words}."


def _fewest_words(clause: ClausePlan) -> str:
    clean = "at the best possible value" if clause.form is Form.MEAN else "without a failure"
    return (
        f"No method could pass this clause before {clause.fewest_any:,} reviewed cases {clean}; "
        f"ours needs {clause.fewest_ours:,}."
    )


def _likely_words(likely: Likely, horizon: int) -> str:
    chance = f"{_chance(likely.chance)} chance within {horizon:,}"
    if likely.mean is None:
        return f"If the truth is {likely.quality}: {chance}."
    low = "?" if likely.low is None else f"{likely.low:,}"
    high = f"more than {horizon:,}" if likely.high is None else f"{likely.high:,}"
    return f"If the truth is {likely.quality}: about {likely.mean:,.0f} cases ({low} to {high}); {chance}."


def _closing(plan: Plan) -> str:
    volume = f"At {plan.volume}." if plan.volume else "The contract states no volume, so no time can be given."
    wrong = _plain(100 - plan.confidence)
    return (
        f"{volume} However often anyone looks: an agent that is no better than a clause asks "
        f"passes it in at most {wrong} of 100 such climbs."
    )


def _time(days: float) -> str:
    for most, span, one, many in ((2.0, 1 / 24, "hour", "hours"), (14.0, 1.0, "day", "days")):
        if days < most:
            count = max(1, round(days / span))
            return f"{count} {one if count == 1 else many}"
    return f"{round(days / 7):,} weeks"


def _chance(share: float) -> str:
    if share > 0.995:
        return "more than 99 %"
    return "less than 1 %" if share < 0.01 else f"{share * 100:.0f} %"


def _places(quantity: Quantity) -> int:
    exponent = quantity.amount.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _plain(number: Decimal) -> str:
    return format(_trim(number), "f")


def _trim(number: Decimal) -> Decimal:
    """Without trailing zeros, and never in powers of ten."""
    rounded = round(number, 6).normalize()
    return rounded.quantize(Decimal(1)) if rounded == rounded.to_integral_value() else rounded
