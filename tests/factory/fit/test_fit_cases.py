"""What the table says of slices of work that the public knows, of unknown facts, and of conflicts."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.fit.described import Described, described, facts
from goldenthread.factory.fit import CHOICES, FLAGS, NUMBERS, Approach, WorkFacts, our_table, parse_table, recommend
from goldenthread.factory.fit import recommendation_text as text_of
from goldenthread.promise.values import LADDER, Level

TABLE = our_table()
CASES = described()
SIMPLE = next(one.facts for one in CASES if one.name == "password-reset")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_described_slice_gets_what_its_engineer_expected(case: Described) -> None:
    """A table that surprises its author on known work says something else than it means."""
    found = recommend(case.facts, TABLE)
    ceiling = found.ceiling.value if found.ceiling else "none"
    assert (found.approach.value if found.approach else "none", ceiling) == (case.approach, case.ceiling)
    assert case.facts.unknown in ((), ("seconds",), ("cost",), ("seconds", "cost"), ("variants", "cost"), ("variants",))


def test_the_slices_cover_every_approach_and_every_need_limit_and_ceiling() -> None:
    """A row that no described work meets was never held against anything."""
    met = {reason.row for one in CASES for reason in recommend(one.facts, TABLE).reasons}
    apart = {"N6", "N9", "L3", "C0", "C9", "G2", "G8", "G14", "G15"}
    rows = {row.id for group in (TABLE.needs, TABLE.limits, TABLE.ceilings, TABLE.guardrails) for row in group}
    assert rows - met <= apart
    assert {one.approach for one in CASES} == {*(each.value for each in Approach), "none"}
    assert len(CASES) >= 15


@pytest.mark.parametrize(
    ("changed", "row"),
    [
        ({"steps": "fixed", "tools": 3, "variants": 40}, "N6"),
        ({"walls": True}, "N9"),
        ({"effect": "irreversible", "checkable": "never"}, "L3"),
        ({"regulation": None}, "C0"),
        ({"volume_a_week": 1}, "C9"),
        ({"rules_written": "most"}, "G2"),
        ({"walls": True, "seconds": None}, "G8"),
    ],
)
def test_rows_that_no_described_slice_meets_hold_where_they_should(changed: dict[str, Any], row: str) -> None:
    """Each row is there for some work; here is a piece of work for each of the rest."""
    assert row not in {reason.row for reason in recommend(SIMPLE, TABLE).reasons}
    found = recommend(replace(SIMPLE, **_exact(changed)), TABLE)
    assert row in {reason.row for reason in found.reasons}


def test_work_that_needs_more_than_it_may_have_is_named_as_such() -> None:
    """A credit decision that would need an agent is a slice that was cut too wide, and no reason to allow the agent."""
    found = recommend(facts(rules_written="some", steps="open", regulation="rights", harm="money", walls=False), TABLE)
    assert (found.needed, found.approach, found.fits) == (Approach.AGENT, Approach.TOOL_USE, False)
    assert "The work needs an agent that plans its steps (agent), which it may not have" in text_of(found)


@pytest.mark.parametrize(("seconds", "approach"), [(100, "agent"), (30, "tool_use"), (4, "single_call"), (1, "rules")])
def test_a_limit_of_time_stops_the_approach_that_takes_longer(seconds: int, approach: str) -> None:
    """Who must answer in four seconds cannot wait for an agent."""
    found = recommend(
        facts(steps="open", walls=False, regulation="none", effect="read", harm="small", seconds=seconds), TABLE
    )
    assert found.approach is not None
    assert (found.approach.value, found.needed) == (approach, Approach.AGENT)


def test_a_limit_of_cost_holds_in_a_table_where_freer_is_not_always_dearer() -> None:
    """What is cheap again further up is no way around what is too dear below."""
    dear = TABLE.text.replace('tool_use: {seconds: "20", cost: "0.06"}', 'tool_use: {seconds: "20", cost: "5"}')
    found = recommend(facts(steps="open", walls=False, cost=1), parse_table(dear))
    assert (found.approach, found.needed) == (Approach.RETRIEVAL, Approach.AGENT)


def test_a_limit_that_nothing_keeps_leaves_nothing() -> None:
    """Not even rules answer in a millisecond, as far as anybody measured."""
    found = recommend(replace(SIMPLE, seconds=Decimal("0.001")), TABLE)
    assert (found.approach, found.ceiling, found.guardrails) == (None, None, ())


def test_nothing_known_gives_the_least_freedom_and_asks_for_everything_that_could_lift() -> None:
    """Whoever knows nothing of the work gets rules in shadow, and a list of questions."""
    found = recommend(WorkFacts(), TABLE)
    assert (found.approach, found.ceiling) == (Approach.RULES, Level.SHADOW)
    assert [one.name for one in found.open] == [
        "rules_written", "input", "variety", "knowledge", "steps", "parallel", "walls", "tools", "variants",
    ]  # fmt: skip
    assert all(reason.assumed for reason in found.reasons if reason.kind == "ceiling")


_VALUES: dict[str, st.SearchStrategy[Any]] = {
    **{name: st.sampled_from(words) for name, words in CHOICES.items()},
    **dict.fromkeys(FLAGS, st.booleans()),
    **{name: st.integers(0, 400).map(Decimal) for name in NUMBERS},
}
_FACTS = st.fixed_dictionaries({name: st.none() | values for name, values in _VALUES.items()})


@settings(max_examples=40)
@given(_FACTS, st.sampled_from([one.name for one in fields(WorkFacts)]), st.data())
def test_forgetting_a_fact_never_gives_more_freedom(known: dict[str, Any], name: str, data: st.DataObject) -> None:
    """Whoever leaves out the fact that stops them must not get past it."""
    known[name] = data.draw(_VALUES[name])
    if name in ("seconds", "cost"):
        return  # Nobody stated a limit: then there is none.
    told, silent = recommend(WorkFacts(**known), TABLE), recommend(WorkFacts(**known | {name: None}), TABLE)
    assert silent.needed.rank <= told.needed.rank
    if told.approach is None:
        assert silent.approach is None or silent.ceiling is Level.SHADOW
    elif silent.approach is not None:
        assert silent.approach.rank <= told.approach.rank
        assert _rank(silent.ceiling) <= _rank(told.ceiling) or silent.approach is not told.approach


@settings(max_examples=40)
@given(_FACTS)
def test_every_reason_names_the_facts_behind_it_and_a_source(known: dict[str, Any]) -> None:
    """A line that nobody can check is no reason."""
    found = recommend(WorkFacts(**known), TABLE)
    for reason in found.reasons:
        assert len(reason.source) > 20
        assert reason.assumed == any("not stated" in fact for fact in reason.because)
        assert reason.row in text_of(found)


def _rank(level: Level | None) -> int:
    return -1 if level is None else LADDER.index(level)


def _exact(changed: dict[str, Any]) -> dict[str, Any]:
    return {
        name: Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
        for name, value in changed.items()
    }
