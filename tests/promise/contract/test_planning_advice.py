"""What stands in the way of a level, and what each change would give."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from goldenthread.promise.contract.grammar import parse_clause, parse_volume
from goldenthread.promise.contract.model import Contract
from goldenthread.promise.contract.planning import Obstacle, plan, plan_text
from goldenthread.promise.values import Level
from promise.contract.planned import contract

HARD = {Level.DRAFT: ["agreement >= 80 %"], Level.APPROVAL: ["agreement >= 99 %"]}


def _obstacle(planned: Contract) -> Obstacle:
    found = plan(planned).obstacles
    assert len(found) == 1
    return found[0]


def _hard(**autonomy: object) -> Contract:
    return contract(HARD, ceiling=Level.APPROVAL, **autonomy)  # type: ignore[arg-type]


def test_a_contract_that_can_be_climbed_has_no_obstacle() -> None:
    """Advice that nobody needs is noise before the figures."""
    assert plan(contract()).obstacles == ()


def test_the_level_that_takes_more_than_a_year_comes_first() -> None:
    """An owner must not find it on the second page."""
    lines = plan_text(plan(_hard())).splitlines()
    assert lines[2].startswith(
        "Approval is out of reach within a year for an agent that is good: what holds it up is 'agr"
    )
    assert lines[3].startswith("  Whatever the agent, it cannot be passed before 1,8")


def test_each_remedy_gives_what_it_says_when_it_is_written_into_the_contract() -> None:
    """The number beside an advice is a promise: it must come out again when the advice is followed."""
    words = {remedy.words: remedy for remedy in _obstacle(_hard()).remedies}
    assert len(words) == 4
    blind = words["50 % of cases decided blind at draft"]
    followed = plan(_hard(blind={Level.DRAFT: Decimal(50)})).likely
    assert followed is not None
    assert followed.reaches[-1].median == blind.cases
    sure = next(remedy for text, remedy in words.items() if text.startswith("a confidence of"))
    followed = plan(_hard(confidence=Decimal(80))).likely
    assert sure.words == "a confidence of 80 %"
    assert followed is not None
    assert followed.reaches[-1].median == sure.cases
    more = next(remedy for text, remedy in words.items() if text.startswith("a volume of"))
    followed = plan(replace(_hard(), volume=parse_volume(more.words.removeprefix("a volume of ")))).likely
    assert followed is not None
    assert followed.reaches[-1].within[52] >= 0.5


def test_a_looser_bar_is_reckoned_for_the_same_agent() -> None:
    """A looser bar with an agent that is worse by as much would gain nothing."""
    looser = next(remedy for remedy in _obstacle(_hard()).remedies if remedy.words.startswith("a looser bar"))
    assert parse_clause(looser.words.split("'")[1]) == parse_clause("agreement >= 98.5 %")
    assert looser.weeks is not None
    assert looser.weeks < 52


def test_a_gate_that_lacks_something_is_the_obstacle() -> None:
    """What nobody measures, no change of volume helps."""
    found = _obstacle(contract({Level.DRAFT: ["happiness >= 90 %"]}, ceiling=Level.DRAFT))
    assert (found.level, found.remedies) == (Level.DRAFT, ())
    assert found.words.startswith("insufficient: nobody measures 'happiness'")


def test_a_missing_gate_is_named() -> None:
    """A ceiling without a gate to it is never reached, and nothing else would say so."""
    found = _obstacle(contract({Level.DRAFT: ["agreement >= 80 %"]}, ceiling=Level.APPROVAL))
    assert found.words == "the contract has no gate to approval"
    text = plan_text(plan(contract({Level.DRAFT: ["agreement >= 80 %"]}, ceiling=Level.APPROVAL)))
    assert "Nobody gets to approval as it stands: the contract has no gate to approval." in text


def test_a_clause_on_which_no_case_bears_is_the_obstacle() -> None:
    """Asked for where people see every proposal, agreement never comes."""
    gates = {**HARD, Level.APPROVAL: ["ungrounded_rate <= 5 %"], Level.CONSTRAINED: ["agreement >= 99 %"]}
    found = _obstacle(contract(gates))
    assert found.level is Level.CONSTRAINED
    assert "none counts at approval" in found.words


def test_without_volume_the_horizon_decides() -> None:
    """No time is known, so a year cannot be missed."""
    found = plan(contract({Level.DRAFT: ["approved_unedited >= 99.9999 %"]}, ceiling=Level.DRAFT, volume=None))
    assert [each.level for each in found.obstacles] == [Level.DRAFT]
    assert "out of reach within 10,000 cases" in plan_text(found)


def test_other_forms_are_loosened_in_their_own_direction() -> None:
    """A time, an amount and a margin each have a way to ask for less."""
    for line, looser in (
        ("agent_time p99.9 <= 10 min", "agent_time p99"),
        ("cost <= 0.40 EUR/case cap 500 EUR", "cost <= "),
        ("rework_rate not above people by 0.5 %", "rework_rate not above people by "),
        ("ungrounded_rate <= 0.02 %", "ungrounded_rate <= "),
    ):
        gates = {Level.DRAFT: [line]}
        remedies = _obstacle(contract(gates, ceiling=Level.DRAFT, volume="20 cases per week")).remedies
        bars = [remedy.words for remedy in remedies if remedy.words.startswith("a looser bar")]
        assert bars, line
        assert looser in bars[0]
        assert line not in bars[0]
