"""The value of a slice: equal to the range worked by hand, exact for its inputs, and honest about what nobody said."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.value.made import CLIMBS, STATED, inputs, spans
from goldenthread.factory.value import (
    UNITS,
    Climbs,
    Shares,
    ValueInputs,
    climbs_of,
    expected_value,
    parse_span,
    stated_climb,
    value_inputs,
    value_text,
)
from goldenthread.promise.contract import parse_contract, plan
from goldenthread.promise.errors import LineInvalid, ValueProblem
from goldenthread.promise.values import Level
from worlds import contract_text


def test_the_range_is_the_one_that_was_worked_by_hand() -> None:
    """
    One EUR is a minute. Likely, over 5,200 cases: 200 in shadow at -0.30; 400 at draft, 0.7 x 0.8 x 0.1 x 12 - 0.30 =
    0.372; 1,400 at approval, 0.7 x (12 - 2 - 0.3) - 0.30 = 6.49; 3,200 alone, 0.7 x (12 - 0.2 - 0.3) - 0.30 = 7.75;
    less 52 x 3 h x 60 EUR of upkeep.
    """
    found = expected_value(inputs(), CLIMBS)
    assert found.likely == Decimal(-60) + Decimal("148.80") + 9086 + 24800 - 9360 == Decimal("24614.80")
    worst = -200 - 400 + 3700 * (Decimal("0.6") * (10 - 3 - Decimal("0.5")) - Decimal("0.4")) - 52 * 4 * 60
    assert found.low == worst == Decimal(-130)
    draft, alone = Decimal("0.8") * Decimal("0.8") * Decimal("2.8"), Decimal("0.8") * (14 - Decimal("0.1"))
    best = -20 + 200 * (draft - Decimal("0.2")) + 700 * Decimal("10.2") + 4200 * (alone - Decimal("0.2")) - 6240
    assert found.high == best == Decimal("47062.40")
    assert [(one.level, one.likely, one.cases) for one in found.levels] == [
        (Level.SHADOW, Decimal("-0.30"), Decimal(200)),
        (Level.DRAFT, Decimal("0.372"), Decimal(400)),
        (Level.APPROVAL, Decimal("6.49"), Decimal(1400)),
        (Level.CONSTRAINED, Decimal("7.75"), Decimal(3200)),
    ]


def inside(stated: ValueInputs, shares: list[float]) -> ValueInputs:
    """A point inside every range."""
    changed = {}
    for (name, span), share in zip(stated.spans(), shares, strict=False):
        changed[name] = span.at(span.low + (span.high - span.low) * Decimal(str(share)))
    return replace(stated, **changed)


WIDE = inputs(volume="3 to 160 cases per week, likely 100 (log, tickets)", rate="20 to 90 EUR/h (owner, finance)")
WHOLE = expected_value(WIDE, CLIMBS)


@settings(max_examples=60)
@given(st.lists(st.floats(0, 1).map(lambda share: round(share, 3)), min_size=10, max_size=10), st.integers(0, 2))
def test_no_point_inside_the_inputs_lies_outside_the_range(shares: list[float], climb: int) -> None:
    """A range that something ordinary falls out of is no range."""
    one = (CLIMBS.slow, CLIMBS.likely, CLIMBS.fast)[climb]
    point = expected_value(inside(WIDE, shares), Climbs(slow=one, likely=one, fast=one))
    assert WHOLE.low <= point.likely <= WHOLE.high


def test_the_worst_may_lie_between_the_ends_of_the_volume() -> None:
    """Few cases cost little, many pay off, and some number in between only ever pays for shadow."""
    wide = inputs(volume="1 to 300 cases per week (log, tickets)", upkeep="0 h/week (owner, maya)")
    slow = stated_climb("slow", shadow=0, draft=2000, approval=2001)
    found = expected_value(wide, Climbs(slow=slow, likely=slow, fast=slow))
    ends = [
        expected_value(replace(wide, volume=wide.volume.at(end)), Climbs(slow=slow, likely=slow, fast=slow)).low
        for end in (wide.volume.low, wide.volume.high)
    ]
    assert found.low == Decimal("-0.4") * 2001 < min(ends)


def test_a_contract_says_how_much_people_look() -> None:
    """What is decided blind saves nothing, and what is audited is looked at."""
    contract = parse_contract(contract_text("payments", blind=50))
    shares = Shares.of(contract)
    assert (shares.blind, shares.audited(Level.CONSTRAINED)) == (Decimal("0.5"), Decimal("0.1"))
    at_draft = expected_value(inputs(), CLIMBS, shares=shares).levels[1].likely
    assert at_draft == Decimal("0.7") * Decimal("0.5") * Decimal("1.2") - Decimal("0.3")


def test_time_to_climb_is_that_of_the_plan() -> None:
    """A value that is reached after the window is none."""
    contract = parse_contract(contract_text("payments", gates={"draft": ["agreement >= 80 %"]}, ceiling="draft"))
    planned = plan(contract, horizon=400)
    found = climbs_of(planned)
    assert found.slow.entered[0] == (Level.SHADOW, Decimal(0))
    good = planned.ladders[1].reaches[0]
    assert found.likely.entered[1:] == ((Level.DRAFT, Decimal(good.median or 0)),)
    assert climbs_of(replace(planned, ladders=())).slow.entered == ((Level.SHADOW, Decimal(0)),)


def test_a_level_that_is_not_reached_ends_the_climb() -> None:
    """Nobody gets to constrained past an approval that cannot be earned."""
    contract = parse_contract(contract_text("payments", gates={"draft": ["agreement >= 80 %"]}, ceiling="draft"))
    reach = plan(contract, horizon=400).ladders[0]
    cut = replace(reach, reaches=(replace(reach.reaches[0], high=None, median=None, low=None),))
    found = climbs_of(replace(plan(contract, horizon=400), ladders=(cut, cut, cut)))
    assert found.fast.entered == ((Level.SHADOW, Decimal(0)),)


def test_cases_are_split_among_the_levels_that_they_are_worked_at() -> None:
    """Every case is worked once."""
    climb = stated_climb("by hand", shadow=0, draft=10, approval=30)
    assert climb.cases_at(Decimal(5)) == {Level.SHADOW: 5, Level.DRAFT: 0, Level.APPROVAL: 0}
    assert climb.cases_at(Decimal(50)) == {Level.SHADOW: 10, Level.DRAFT: 20, Level.APPROVAL: 20}


def test_what_moves_the_value_most_comes_first_and_what_nobody_said_is_named() -> None:
    """Whoever has one day to measure something must know what."""
    found = expected_value(inputs(), CLIMBS)
    assert [one.name for one in found.swings][:2] == ["minutes", "handed_over"]
    assert [one.name for one in found.swings][-1] == "saved_at_draft"
    assert found.not_counted == ("what it takes to build it: nobody has said",)
    # 20 weeks bring 9,174.80 less 3,600 of upkeep, each later one 595: 10,000 are there in the 28th.
    built = expected_value(inputs(build="30000 EUR (owner, maya)"), CLIMBS)
    assert (built.likely, built.not_counted, built.pays_after) == (found.likely - 30000, (), None)
    assert expected_value(inputs(build="10000 EUR (owner, maya)"), CLIMBS).pays_after == 28
    assert "Not counted: what it takes to build it" in value_text(found)


def test_defaults_say_that_they_are_defaults() -> None:
    """A number that looks measured and is not deceives whoever decides."""
    few = value_inputs(
        {name: span for name, span in spans().items() if name in ("volume", "minutes", "rate", "run_cost")}
    )
    assert {name for name, span in few.spans() if span.is_default} == {
        "reach", "handed_over", "saved_at_draft", "review", "rework", "upkeep",
    }  # fmt: skip
    text = value_text(expected_value(few, CLIMBS))
    assert "  review          1 to 5 min (default, our judgement)\n" in text
    assert "  minutes         10 to 14 min (log, tickets of 2026)\n" in text


def test_cases_a_day_are_seven_times_as_many_a_week() -> None:
    """A slip here would be off by seven."""
    assert inputs(volume="2 to 4 cases per day (log, tickets)").a_week.likely == 21


@pytest.mark.parametrize("missing", ["volume", "minutes", "rate", "run_cost"])
def test_what_has_no_default_must_be_stated(missing: str) -> None:
    """A default for the volume would be an invention."""
    with pytest.raises(ValueProblem, match=f"The value cannot be estimated without {missing}: "):
        value_inputs({name: span for name, span in spans().items() if name != missing})


def test_money_of_several_currencies_is_not_added_up() -> None:
    """Dollars and euros are no sum."""
    with pytest.raises(ValueProblem, match="rate in EUR, run_cost in USD"):
        inputs(run_cost="0.2 USD/case (measured, shadow)")


@pytest.mark.parametrize("weeks", [0, 521])
def test_a_window_has_its_bounds(weeks: int) -> None:
    """A hundred years are no estimate."""
    with pytest.raises(ValueProblem, match=f"A window of {weeks} weeks cannot be taken"):
        expected_value(inputs(), CLIMBS, weeks=weeks)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ten minutes", "is no range with its unit and source"),
        ("10 min", "is no range with its unit and source"),
        ("10 h (log, x)", "'h' is no unit here"),
        ("10 min (guess, x)", "'guess' is no source; write one of log, owner"),
        ("14 to 10 min (log, x)", "is out of order"),
        ("10 to 14 min, likely 9 (log, x)", "is out of order"),
        ("-1 min (log, x)", "is out of order"),
    ],
)
def test_a_number_without_range_unit_or_source_is_refused(text: str, words: str) -> None:
    """Where a number is from decides what it is worth."""
    with pytest.raises(LineInvalid, match=words):
        parse_span(text, *UNITS["minutes"])


@pytest.mark.parametrize("line", [*STATED.values(), "1 to 5 %, likely 2 (default, our judgement)"])
def test_a_range_prints_as_it_was_written(line: str) -> None:
    """What is shown can be copied back."""
    units = [unit for units in UNITS.values() for unit in units]
    assert str(parse_span(line, *units)) == line


@pytest.mark.parametrize(("build", "after"), [(1000, 1), (2500, 3), (3000, 3), (3001, 4), (10_001, None)])
def test_it_pays_in_the_first_week_that_has_brought_what_it_cost(build: int, after: int | None) -> None:
    """A hundred cases a week at 12 EUR less 2 for the run are 1,000 EUR a week; ten weeks are looked at."""
    exact = {
        "minutes": "12 min (log, x)", "run_cost": "2 EUR/case (owner, x)", "upkeep": "0 h/week (owner, x)",
        "build": f"{build} EUR (owner, x)",
    }  # fmt: skip
    none = dict.fromkeys(("handed_over", "rework"), "0 % (owner, x)") | {"review": "0 min (owner, x)"}
    at_once = stated_climb("at once", approval=0)
    climbs = Climbs(slow=at_once, likely=at_once, fast=at_once)
    assert expected_value(inputs(**exact, **none), climbs, weeks=10).pays_after == after
