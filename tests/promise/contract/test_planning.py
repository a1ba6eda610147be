"""The plan of a contract: its figures, what it calls insufficient, and its words."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal

import pytest

from goldenthread.promise.contract import Action
from goldenthread.promise.contract.grammar import parse_clause, parse_volume
from goldenthread.promise.contract.model import Autonomy, Contract, Workflow
from goldenthread.promise.contract.planning import Plan, plan, plan_text
from goldenthread.promise.values import Effect, Level

GATES = {
    Level.DRAFT: ["agreement >= 80 %"],
    Level.APPROVAL: ["agreement >= 85 %", "ungrounded_rate <= 5 %"],
    Level.CONSTRAINED: ["approved_unedited >= 95 %", "agent_time p90 <= 10 min", "cost <= 0.40 EUR/case cap 5 EUR"],
}


def _contract(gates: dict[Level, list[str]], *, volume: str | None = "120 cases per week") -> Contract:
    return Contract(
        slice="open-source-intake",
        version=1,
        owner="maya@example.com",
        volume=parse_volume(volume) if volume else None,
        workflow=Workflow(done="admitted or refused", escalation_rate=parse_clause("escalation_rate <= 35 %")),
        autonomy=Autonomy(
            ceiling=Level.CONSTRAINED,
            gates={level: tuple(parse_clause(line) for line in lines) for level, lines in gates.items()},
            blind={Level.DRAFT: Decimal(20)},
        ),
    )


def _plan(*lines: str) -> Plan:
    return plan(_contract({Level.DRAFT: list(lines)}))


def test_the_plan_says_which_gate_needs_enforcing_mode() -> None:
    """Else six weeks of evidence lead to a gate that stays shut."""
    pay = Action(name="pay", effect=Effect.IRREVERSIBLE)
    look = Action(name="look", effect=Effect.READ)
    told = plan_text(plan(replace(_contract(GATES), actions={"pay": pay, "look": look})), brief=True)
    line = "  With irreversible effects (pay) it opens in enforcing mode only."
    assert told.count(line) == 1
    assert told.index("To constrained, from approval") < told.index(line)
    assert "enforcing" not in plan_text(plan(replace(_contract(GATES), actions={"look": look})), brief=True)


def test_every_gate_of_the_example_contract_is_passable() -> None:
    """The page's own example must not ask for what cannot be proved."""
    found = plan(_contract(GATES))
    assert [gate.level for gate in found.gates] == [Level.DRAFT, Level.APPROVAL, Level.CONSTRAINED]
    assert [gate.below for gate in found.gates] == [Level.SHADOW, Level.DRAFT, Level.APPROVAL]
    assert all(gate.passable for gate in found.gates)
    assert found.passable


@pytest.mark.parametrize(
    ("line", "any_method", "ours"),
    [
        ("agreement >= 80 %", 14, 20),
        ("agreement >= 85 %", 19, 28),
        ("ungrounded_rate <= 5 %", 59, 88),
        ("approved_unedited >= 99.9 %", 2995, 3787),
        ("agent_time p90 <= 10 min", 29, 43),
        ("cost <= 0.40 EUR/case cap 5 EUR", 36, 64),
    ],
)
def test_fewest_cases_of_each_form(line: str, any_method: int, ours: int) -> None:
    """The first thing an author asks."""
    clause = _plan(line).gates[0].clauses[0]
    assert (clause.fewest_any, clause.fewest_ours) == (any_method, ours)


def test_likely_qualities_of_90_percent_are_those_of_the_design() -> None:
    """.93, .95 and .97 take 670, 209 and 97 cases."""
    likely = _plan("agreement >= 90 %").gates[0].clauses[0].likely
    assert [each.quality for each in likely] == ["93 %", "95 %", "97 %"]
    assert [round(each.mean or 0) for each in likely] == [670, 209, 97]


def test_every_gate_also_requires_the_escalation_line() -> None:
    """Nobody climbs by answering only the easy cases."""
    clauses = _plan("agreement >= 80 %").gates[0].clauses
    assert [(str(c.clause.metric), c.from_workflow) for c in clauses] == [
        ("agreement", False), ("escalation_rate", True)
    ]  # fmt: skip


def test_gate_with_its_own_escalation_clause_needs_the_workflow_line_too() -> None:
    """Else a gate could write a looser line than the workflow's, and be climbed by answering only the easy cases."""
    clauses = _plan("escalation_rate <= 90 %").gates[0].clauses
    assert [clause.from_workflow for clause in clauses] == [False, True]


def test_gate_that_repeats_the_workflow_line_names_it_once() -> None:
    """Twice the same clause proves nothing more."""
    clauses = _plan("escalation_rate <= 35 %").gates[0].clauses
    assert [str(clause.clause) for clause in clauses] == ["escalation_rate <= 35 %"]


def test_time_follows_volume_and_the_share_that_is_blind() -> None:
    """Only a blind decision counts towards agreement once people see proposals."""
    first, second, _ = plan(_contract(GATES)).gates
    proposing = 1 - 0.175  # the rest is handed to a person and makes no proposal
    assert first.clauses[0].days == pytest.approx((first.clauses[0].likely[1].mean or 0) / proposing / 120 * 7)
    assert second.clauses[0].share == pytest.approx(0.2 * proposing)
    assert second.clauses[0].days == pytest.approx((second.clauses[0].likely[1].mean or 0) / proposing / 24 * 7)
    assert second.days == second.clauses[0].days
    daily = plan(_contract({Level.DRAFT: ["agreement >= 80 %"]}, volume="40 cases per day")).gates[0]
    assert daily.clauses[0].days == pytest.approx((daily.clauses[0].likely[1].mean or 0) / proposing / 40)


def test_without_volume_no_time_is_given() -> None:
    """Unknown is a value of its own."""
    found = plan(_contract(GATES, volume=None))
    assert found.gates[0].days is None
    assert "in a time that is not known" in plan_text(found)
    assert "The contract states no volume, so no time can be given." in plan_text(found)


def test_without_a_blind_share_agreement_has_no_time_at_draft() -> None:
    """The cases seen in shadow may not be enough, and no new ones come."""
    contract = _contract(GATES)
    assert contract.autonomy is not None
    blindless = replace(contract, autonomy=replace(contract.autonomy, blind={}))
    assert plan(blindless).gates[1].clauses[0].days is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("cost <= 0.40 EUR/case", "Insufficient: a mean of 'cost' has no valid bound without a hard cap per case;"),
        ("happiness >= 90 %", "Insufficient: nobody measures 'happiness';"),
        ("throughput >= 100 cases per week", "Insufficient: 'throughput' counts cases over a time"),
    ],
)
def test_clause_that_cannot_be_judged_makes_the_gate_insufficient(line: str, words: str) -> None:
    """No data is never a pass, and the plan says so before anyone runs anything."""
    found = _plan("agreement >= 80 %", line)
    assert (found.passable, found.gates[0].passable, found.gates[0].days) == (False, False, None)
    assert words in plan_text(found)
    assert "To draft, from shadow: insufficient, as it stands nobody can pass this gate." in plan_text(found)


def test_bar_beyond_the_horizon_is_not_passable() -> None:
    """One failure in a million cannot be proved in ten thousand cases."""
    found = _plan("approved_unedited >= 99.9999 %")
    clause = found.gates[0].clauses[0]
    assert (clause.passable, clause.days, clause.fewest_any) == (False, None, 2_995_731)
    assert "less than 1 % chance within 10,000." in plan_text(found)


def test_contract_without_gates_says_why_nothing_can_be_climbed() -> None:
    """A prototype stays where it starts."""
    found = plan(Contract(slice="idea", version=1, owner="maya"))
    assert not found.passable
    assert plan_text(found).splitlines()[2] == (
        "Insufficient: the contract states no gate, so the agent stays where it starts."
    )


def test_gate_is_planned_in_under_a_second() -> None:
    """The command line waits for it."""
    began = time.process_time()
    plan(_contract(GATES))
    assert time.process_time() - began < 3.0


def test_plan_text_whole() -> None:
    """Read as a product owner reads it: plain words, no Greek, nothing to look up."""
    planned = _contract({Level.DRAFT: ["agreement >= 90 %", "cost <= 0.40 EUR/case cap 5 EUR"]})
    assert planned.autonomy is not None
    found = plan(replace(planned, autonomy=replace(planned.autonomy, ceiling=Level.DRAFT)))
    assert plan_text(found) == (
        "open-source-intake, version 1: what it takes to climb\n"
        "\n"
        "To draft, from shadow: about 3 weeks, 370 cases in all (80 % range 10 days to 5 weeks; cases 169 to "
        "644).\n"
        "  Chance: 72 % within 4 weeks, more than 99 % within 12 weeks. Cannot be passed before 64 cases, 4 days.\n"
        "  Mostly the last to pass is 'cost <= 0.40 EUR/case cap 5 EUR'.\n"
        "\n"
        "This is for an agent that is good, half as much going wrong as the strictest clauses allow: "
        "agreement 95 %, cost a mean of 0.20 EUR/case, escalation_rate 17.5 %.\n"
        "Cases and time count from the first case, at 120 cases per week; what was shown at a lower level is "
        "not shown again. Labels that come late come on top.\n"
        "The 17.5 % of cases that it hands to a person make no proposal, and prove nothing about proposals.\n"
        "Promoted wrongly: at most 5 of 100 agents that miss a clause of a gate, however narrowly. Right at "
        "the bar of one clause and beyond doubt on the others, within 10,000 cases: draft 4.5 %.\n"
        "\n"
        "How good the agent really is decides\n"
        "  If it is just good enough (agreement 93 %, cost a mean of 0.28 EUR/case, escalation_rate 24.5 %):\n"
        "    draft: 10 weeks, about 1,172 cases (502 to 2,159).\n"
        "  If it is good (agreement 95 %, cost a mean of 0.20 EUR/case, escalation_rate 17.5 %):\n"
        "    draft: 3 weeks, about 370 cases (169 to 644).\n"
        "  If it is very good (agreement 97 %, cost a mean of 0.12 EUR/case, escalation_rate 10.5 %):\n"
        "    draft: 10 days, about 169 cases (95 to 270).\n"
        "\n"
        "To draft, clause by clause\n"
        "  agreement >= 90 %\n"
        "    No method could pass this clause before 29 reviewed cases without a failure; ours needs 43.\n"
        "    If the truth is 93 %: about 670 cases (103 to 1,391); more than 99 % chance within 10,000.\n"
        "    If the truth is 95 %: about 209 cases (43 to 416); more than 99 % chance within 10,000.\n"
        "    If the truth is 97 %: about 97 cases (43 to 168); more than 99 % chance within 10,000.\n"
        "    Exactly at its bar it would be passed wrongly with a chance of 4.5 %.\n"
        "  cost <= 0.40 EUR/case cap 5 EUR\n"
        "    No method could pass this clause before 36 reviewed cases at the best possible value; ours needs 64.\n"
        "    If the truth is a mean of 0.28 EUR/case: about 924 cases (206 to 1,763); more than 99 % chance "
        "within 10,000.\n"
        "    If the truth is a mean of 0.20 EUR/case: about 320 cases (125 to 581); more than 99 % chance "
        "within 10,000.\n"
        "    If the truth is a mean of 0.12 EUR/case: about 155 cases (90 to 264); more than 99 % chance "
        "within 10,000.\n"
        "    Exactly at its bar it would be passed wrongly with a chance of 3.2 %.\n"
        "    Fewest if every case comes to the same, most if a few take the whole cap and the rest nothing.\n"
        "  escalation_rate <= 35 % (the workflow's escalation line, required by every gate)\n"
        "    No method could pass this clause before 7 reviewed cases without a failure; ours needs 11.\n"
        "    If the truth is 24.5 %: about 147 cases (22 to 303); more than 99 % chance within 10,000.\n"
        "    If the truth is 17.5 %: about 48 cases (11 to 94); more than 99 % chance within 10,000.\n"
        "    If the truth is 10.5 %: about 23 cases (11 to 40); more than 99 % chance within 10,000.\n"
        "    Exactly at its bar it would be passed wrongly with a chance of 4.1 %.\n"
        "  All together, from shadow without any evidence, as after a fall: about 360 cases (80 % range 169 "
        "to 644; more than 99 % chance within the cases looked at).\n"
        "  If the clauses do not fail independently of each other: half are there by 282 at the soonest, 393 "
        "at the latest.\n"
        "\n"
        "At 120 cases per week. However often anyone looks: an agent that is no better than a clause asks "
        "passes it in at most 5 of 100 such climbs.\n"
    )


def test_brief_text_has_a_line_for_each_gate() -> None:
    """For the demo and for whoever has seen the depth before."""
    lines = plan_text(plan(_contract(GATES)), brief=True).splitlines()
    assert [line.split(",")[0] for line in lines[2:-2]] == ["To draft", "To approval", "To constrained"]


@pytest.mark.parametrize("words", ["alpha", "sigma", "null", "posterior", "p-value", "martingale"])
def test_no_word_needs_a_textbook(words: str) -> None:
    """Whoever signs the contract must be able to read its plan."""
    assert words not in plan_text(plan(_contract(GATES))).lower()
