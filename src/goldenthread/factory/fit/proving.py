"""How a recommendation is proved: which variants work side by side in shadow, and which of them is taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from goldenthread.factory.fit.recommend import Recommendation
from goldenthread.factory.fit.table import Approach, Table
from goldenthread.promise.contract import Contract, Plan, plan
from goldenthread.promise.errors import ValueProblem
from goldenthread.promise.evidence import HORIZON
from goldenthread.promise.values import GateVerdict, Level


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One way to do the work. `cost` is EUR a case, with where it is from; `why` it is worth a try."""

    approach: Approach
    cost: Decimal
    cost_source: str
    why: str


@dataclass(frozen=True, kw_only=True)
class ProofReach:
    """
    Cases until half of the variants of one quality pass the gate, and until a tenth and nine tenths do; None beyond
    the horizon. `single` is the median of one variant that is tried alone.
    """

    scenario: str
    low: int | None
    median: int | None
    high: int | None
    single: int | None


@dataclass(frozen=True, kw_only=True)
class ProofPlan:
    """
    Variants side by side in shadow, each a release with a fingerprint and evidence of its own.

    Attributes:
        slice: Of the contract.
        variants: Cheapest first.
        gate: The level whose gate decides, the first above the start.
        confidence: Percent, of all variants together: as the contract states it.
        confidence_each: Percent, of each, so that together they are still as sure.
        wrongly: Largest chance that some variant which misses the bar is let through; None where unknown.
        reaches: By quality, worst first.
        cases_a_week: As the contract states it, or None.
        cost: EUR for all variants until the middle quality has passed by half; None where unknown.
        plan: Of the contract at the confidence of each.
    """

    slice: str
    variants: tuple[Variant, ...]
    gate: Level
    confidence: Decimal
    confidence_each: Decimal
    wrongly: float | None
    reaches: tuple[ProofReach, ...]
    cases_a_week: float | None
    cost: Decimal | None
    plan: Plan


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of a variant: what its gate says, and EUR a case as measured; None is unmeasured."""

    approach: Approach
    verdict: GateVerdict
    cost: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Pick:
    """The variant to go on with, or None; `words` say why of each, in the order of cost."""

    chosen: Approach | None
    words: tuple[str, ...]


def variants(found: Recommendation, table: Table, measured: Mapping[Approach, Decimal] | None = None) -> list[Variant]:
    """
    The one recommended, the next that is less free, and the next that is freer if it is allowed; cheapest first.

    Args:
        found: By `recommend`.
        table: That it was recommended by.
        measured: EUR a case by approach, where somebody measured it.

    Raises:
        ValueProblem: Nothing may be built.
    """
    if found.approach is None:
        raise ValueProblem("Nothing may be built here, so there is nothing to prove. Read the reasons first.")
    order = tuple(Approach)
    picked = {found.approach: "it is what the table recommends"}
    if found.approach.rank > 0:
        picked[order[found.approach.rank - 1]] = "it is less free; if it passes, nothing freer is needed"
    if found.approach.rank + 1 < len(order) and _allowed(found, order[found.approach.rank + 1]):
        picked[order[found.approach.rank + 1]] = "it is freer; it shows what the freedom would be worth"
    made = [_variant(one, why, table, measured or {}) for one, why in picked.items()]
    return sorted(made, key=lambda variant: (variant.cost, variant.approach.rank))


def proof_plan(contract: Contract, chosen: Sequence[Variant], *, horizon: int = HORIZON) -> ProofPlan:
    """
    What it takes to prove variants side by side in shadow.

    Several variants that each may pass wrongly once in twenty times would pass wrongly more often together, so each is
    held to a share of what the contract allows (Bonferroni): at 95 % and three variants, 98.33 % each. That holds
    however the variants hang together, and they do: they see the same cases.

    Args:
        contract: Whose first gate decides.
        chosen: By `variants`.
        horizon: Cases looked at a clause, at most; 1 to 2,097,152.

    Raises:
        ValueProblem: No variant, or a contract without a gate.
    """
    if not chosen or contract.autonomy is None or not contract.autonomy.gates:
        raise ValueProblem(
            f"'{contract.slice}' has no gate, or there is no variant, so nothing can be proved. Write a gate first."
        )
    stated = contract.autonomy.confidence
    each = 100 - ((100 - stated) / len(chosen)).quantize(Decimal("0.0001"), rounding="ROUND_DOWN")
    stricter = replace(contract, autonomy=replace(contract.autonomy, confidence=each))
    alone, together = plan(contract, horizon=horizon), plan(stricter, horizon=horizon)
    gate = together.gates[0]
    reaches = tuple(_reaches(alone, together, gate.level))
    return ProofPlan(
        slice=contract.slice,
        variants=tuple(chosen),
        gate=gate.level,
        confidence=stated,
        confidence_each=each,
        wrongly=None if gate.wrongly is None else min(1.0, gate.wrongly * len(chosen)),
        reaches=reaches,
        cases_a_week=together.cases_a_week,
        cost=_cost(chosen, reaches),
        plan=together,
    )


def pick(results: Iterable[Result]) -> Pick:
    """
    The cheapest variant whose gate has passed; a cheaper one that is still open is named, so that one may wait for it.

    What nobody measured the cost of is never the cheapest.
    """
    known = sorted((one for one in results if one.cost is not None), key=_cost_of)
    unmeasured = [one for one in results if one.cost is None]
    chosen = next((one for one in known if one.verdict is GateVerdict.PROMOTE), None)
    words = [_picked_words(one, chosen) for one in known]
    words += [f"{one.approach}: nobody measured what a case costs, so it is not taken" for one in unmeasured]
    return Pick(chosen=None if chosen is None else chosen.approach, words=tuple(words))


def _allowed(found: Recommendation, freer: Approach) -> bool:
    """Whether no limit stops it: the limits that held name the most that they leave."""
    most = [reason.does.removeprefix("at most ") for reason in found.reasons if reason.kind == "limit"]
    return found.fits and all(freer.rank <= Approach(one).rank for one in most)


def _variant(approach: Approach, why: str, table: Table, measured: Mapping[Approach, Decimal]) -> Variant:
    if approach in measured:
        return Variant(approach=approach, cost=measured[approach], cost_source="measured", why=why)
    return Variant(approach=approach, cost=table.typical[approach].cost, cost_source="default of the table", why=why)


def _reaches(alone: Plan, together: Plan, gate: Level) -> Iterable[ProofReach]:
    for one, ladder in zip(alone.ladders, together.ladders, strict=True):
        single = next((reach.median for reach in one.reaches if reach.level is gate), None)
        for reach in ladder.reaches:
            if reach.level is gate:
                yield ProofReach(
                    scenario=ladder.scenario, low=reach.low, median=reach.median, high=reach.high, single=single
                )


def _cost(chosen: Sequence[Variant], reaches: Sequence[ProofReach]) -> Decimal | None:
    middle = reaches[len(reaches) // 2].median if reaches else None
    return None if middle is None else middle * sum((one.cost for one in chosen), Decimal(0))


def _cost_of(result: Result) -> tuple[Decimal, int]:
    assert result.cost is not None
    return result.cost, result.approach.rank


def _picked_words(one: Result, chosen: Result | None) -> str:
    cost = f"{one.approach}, {one.cost:f} EUR/case"
    if one is chosen:
        return f"{cost}: taken, the cheapest that passed"
    if one.verdict is GateVerdict.PROMOTE:
        return f"{cost}: passed, and costs more"
    if one.verdict in (GateVerdict.INSUFFICIENT, GateVerdict.HOLD) and chosen is not None and _cheaper(one, chosen):
        return f"{cost}: not decided, and cheaper than what is taken; it may go on in shadow and replace it"
    return f"{cost}: {one.verdict.value}, so it is not taken"


def _cheaper(one: Result, other: Result) -> bool:
    return _cost_of(one) < _cost_of(other)
