"""The proof plan: which variants, how sure of each, and which is taken in the end."""

from __future__ import annotations

from decimal import Decimal

import pytest

from factory.fit.described import described, facts
from goldenthread.factory.fit import Approach, Result, our_table, pick, proof_plan, recommend, variants
from goldenthread.promise.contract import parse_contract, plan
from goldenthread.promise.errors import ValueProblem
from goldenthread.promise.values import GateVerdict, Json, Level
from worlds import EXPERT, World, contract_text, declare_tools

TABLE = our_table()
INTAKE = recommend(next(one.facts for one in described() if one.name == "open-source-intake"), TABLE)
CONTRACT = parse_contract(contract_text("intake", gates={"draft": ["agreement >= 80 %"]}, ceiling="draft"))
HORIZON = 1000


def test_the_neighbours_are_tried_cheapest_first() -> None:
    """The cheaper one may be enough, the dearer one shows what its freedom is worth."""
    found = variants(INTAKE, TABLE)
    assert [(one.approach.value, str(one.cost)) for one in found] == [
        ("single_call", "0.02"), ("retrieval", "0.03"), ("tool_use", "0.06"),
    ]  # fmt: skip
    measured = variants(INTAKE, TABLE, {Approach.SINGLE_CALL: Decimal(1)})
    assert [(one.approach.value, one.cost_source) for one in measured][-1] == ("single_call", "measured")


def test_a_variant_that_a_limit_forbids_is_not_tried() -> None:
    """Shadow is no way around a prohibition of the freer approach."""
    bounded = recommend(
        facts(rules_written="some", steps="branching", tools=2, regulation="rights", walls=False), TABLE
    )
    assert [one.approach for one in variants(bounded, TABLE)] == [Approach.RETRIEVAL, Approach.TOOL_USE]
    with pytest.raises(ValueProblem, match="Nothing may be built here"):
        variants(recommend(facts(regulation="prohibited"), TABLE), TABLE)


def test_several_variants_together_are_as_sure_as_the_contract_wants_one_to_be() -> None:
    """Whoever tries three coins calls one of them lucky; each is held to a third of the error."""
    found = proof_plan(CONTRACT, variants(INTAKE, TABLE), horizon=HORIZON)
    assert (found.gate, found.confidence, found.confidence_each) == (Level.DRAFT, Decimal(95), Decimal("98.3334"))
    alone = plan(CONTRACT, horizon=HORIZON).gates[0].wrongly
    assert found.wrongly is not None
    assert alone is not None
    assert found.wrongly <= 0.05 < 3 * alone
    assert [one.scenario for one in found.reaches] == ["just good enough", "good", "very good"]
    good = found.reaches[1]
    assert good.median is not None
    assert good.single is not None
    assert good.median > good.single
    assert found.cost == good.median * Decimal("0.11")


def test_one_variant_is_held_to_what_the_contract_says() -> None:
    """Nothing is added where nothing is compared."""
    only = variants(INTAKE, TABLE)[:1]
    assert proof_plan(CONTRACT, only, horizon=HORIZON).confidence_each == 95
    with pytest.raises(ValueProblem, match="'intake' has no gate, or there is no variant"):
        proof_plan(CONTRACT, [])


def result(approach: Approach, verdict: GateVerdict, cost: str | None) -> Result:
    return Result(approach=approach, verdict=verdict, cost=None if cost is None else Decimal(cost))


def test_the_cheapest_that_passed_is_taken_and_every_other_has_its_reason() -> None:
    """The dearest that passed is what one would take by habit."""
    found = pick([
        result(Approach.AGENT, GateVerdict.PROMOTE, "0.30"),
        result(Approach.TOOL_USE, GateVerdict.PROMOTE, "0.06"),
        result(Approach.RETRIEVAL, GateVerdict.HOLD, "0.03"),
        result(Approach.SINGLE_CALL, GateVerdict.DEMOTE, "0.02"),
        result(Approach.RULES, GateVerdict.PROMOTE, None),
    ])  # fmt: skip
    assert found.chosen is Approach.TOOL_USE
    assert found.words == (
        "single_call, 0.02 EUR/case: demote, so it is not taken",
        "retrieval, 0.03 EUR/case: not decided, and cheaper than what is taken; it may go on in shadow and replace it",
        "tool_use, 0.06 EUR/case: taken, the cheapest that passed",
        "agent, 0.30 EUR/case: passed, and costs more",
        "rules: nobody measured what a case costs, so it is not taken",
    )


def test_nothing_is_taken_where_nothing_passed() -> None:
    """Cheap and unproved is not a choice."""
    found = pick(
        [result(Approach.RULES, GateVerdict.INSUFFICIENT, "0"), result(Approach.AGENT, GateVerdict.ERROR, "1")]
    )
    assert found.chosen is None
    assert all("so it is not taken" in words for words in found.words)


def test_variants_work_on_the_same_cases_each_with_evidence_of_its_own(world: World) -> None:
    """Side by side in shadow is no figure of speech: the dear one that is right climbs, the cheap one that errs not."""
    bars = {"draft": ["agreement >= 50 %"], "approval": ["agreement >= 99 %"], "constrained": ["agreement >= 99 %"]}
    world.sign(contract_text("intake", gates=bars))
    right: dict[str, Json] = {"order": "o", "amount": 1}
    past = [(f"case-{number}", "pay", right) for number in range(14)]
    verdicts = {}
    for approach, amount in ((Approach.SINGLE_CALL, 2), (Approach.RETRIEVAL, 1)):
        with world.connect(model=approach.value) as thread:
            pay = declare_tools(thread)["pay"]
            if approach is Approach.SINGLE_CALL:
                thread.record_decisions("intake", past, by=EXPERT)
            for case, _, _ in past:
                with thread.run("intake", case=case):
                    pay(order="o", amount=amount)
            standing = thread.desk("intake").standing()
            agent = standing.current
            assert agent is not None
            passed = standing.earned(agent.fingerprint) is Level.DRAFT
            verdicts[approach] = GateVerdict.PROMOTE if passed else GateVerdict.HOLD
    found = pick([result(Approach.SINGLE_CALL, verdicts[Approach.SINGLE_CALL], "0.02"),
                  result(Approach.RETRIEVAL, verdicts[Approach.RETRIEVAL], "0.03")])  # fmt: skip
    assert found.chosen is Approach.RETRIEVAL
