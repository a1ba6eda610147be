"""The one-line forms of acting: whatever parses, prints, and parses to the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenthread.promise.contract import (
    Budget,
    Field,
    Quantity,
    SequenceRule,
    parse_budget,
    parse_field,
    parse_hourly,
    parse_output,
    parse_path,
    parse_price,
    parse_rule,
)
from goldenthread.promise.contract.currencies import CURRENCIES
from goldenthread.promise.errors import LineInvalid
from goldenthread.promise.values import Verdict

TYPES = ("text", "number", "whole number", "yes or no", "list", "object")
_JOINING = {"and", "or", "in", "not", "of", "per", "never", "only", "after"}
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,15}", fullmatch=True).filter(lambda name: name not in _JOINING)
spans = st.sampled_from(["run", "day", "slice"])
amounts = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(10**9), places=2)
budgets = (
    st.builds(Budget, amount=st.integers(1, 10**9).map(Decimal), unit=st.sampled_from(["calls", "tokens"]), per=spans)
    | st.builds(Budget, amount=amounts, unit=st.sampled_from(sorted(CURRENCIES)), per=spans, of=st.none() | names)
    | st.builds(Budget, amount=amounts, unit=st.just(""), per=spans, of=names)
)


@st.composite
def rules(draw: st.DrawFn) -> SequenceRule:
    verdict = draw(st.sampled_from([None, Verdict.ASK, Verdict.DENY]))
    most = 1 if verdict is None else 3
    found = draw(st.lists(names, min_size=2, max_size=2 * most, unique=True))
    cut = draw(st.integers(max(1, len(found) - most), min(most, len(found) - 1)))
    return SequenceRule(first=tuple(found[:cut]), then=tuple(found[cut:]), verdict=verdict)


@given(budgets)
def test_a_budget_prints_and_parses_to_the_same(budget: Budget) -> None:
    """The record of a refused action names the printed budget, and the guard keeps the parsed one."""
    assert parse_budget(str(budget)) == budget
    assert parse_budget(str(budget), arguments=[budget.of or "other"]) == budget


@given(st.decimals(min_value=0, max_value=10**6, places=6), st.sampled_from(sorted(CURRENCIES)))
def test_what_something_costs_prints_and_parses_to_the_same(amount: Decimal, currency: str) -> None:
    """What was signed is what is counted, to the millionth."""
    price, hourly = Quantity(amount=amount, unit=currency), Quantity(amount=amount, unit=f"{currency}/h")
    assert (parse_price(str(price)), parse_hourly(str(hourly))) == (price, hourly)
    for parse, line in ((parse_price, str(hourly)), (parse_hourly, str(price)), (parse_price, f"{price} a")):
        with pytest.raises(LineInvalid):
            parse(line)


@given(rules())
def test_a_rule_prints_and_parses_to_the_same(rule: SequenceRule) -> None:
    """A rule that reads differently the second time forbids something else than what was signed."""
    assert parse_rule(str(rule)) == rule
    assert parse_rule(str(rule), actions=(*rule.first, *rule.then)) == rule


@given(st.builds(Field, type=st.sampled_from(TYPES), optional=st.booleans()))
def test_a_type_prints_and_parses_to_the_same(field: Field) -> None:
    """The page of a difference shows the printed type."""
    assert parse_field(str(field)) == field


@given(st.lists(st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True), min_size=1, max_size=5).map(".".join))
def test_a_path_is_names_and_dots(path: str) -> None:
    """It is followed as written."""
    assert parse_path(path) == path


_PIECES = st.sampled_from(
    [*"0159.,-%_:?[]", "20", "calls", "tokens", "EUR", "of", "amount", "per", "run", "day", "slice", "after", "never",
     "read_a", "or", "send_b", "only with a person", "two people for", "and", "text", "number?", "nothing", "a.b", "é"]
)  # fmt: skip
_PARSERS: tuple[Any, ...] = (parse_budget, parse_rule, parse_field, parse_output, parse_path)


@given(st.lists(_PIECES, max_size=12).map(" ".join) | st.text(max_size=40), st.sampled_from(_PARSERS))
def test_hostile_text_is_refused_in_words(text: str, parse: Any) -> None:
    """Whatever stands in a line, the author gets a place and a cure, and what does parse parses again."""
    try:
        found = parse(text)
    except LineInvalid as problem:
        assert 0 <= problem.offset <= len(text)
        assert problem.message.endswith(".")
    else:
        assert parse(str(found)) == found


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("1 call per run", "1 calls per run"),
        ("1 token per day", "1 tokens per day"),
        ("5EUR   per run", "5 EUR per run"),
        ("500 of amount per slice", "500  of  amount  per  slice"),
    ],
)
def test_what_people_write_of_a_budget_is_taken(text: str, same: str) -> None:
    """Grammar and spaces are no reason to send somebody back."""
    assert parse_budget(text) == parse_budget(same)


def test_one_is_printed_in_the_singular() -> None:
    """'1 calls per run' in a refusal makes people doubt the rest."""
    assert str(parse_budget("1 calls per run")) == "1 call per run"
    assert str(parse_budget("1 EUR per run")) == "1 EUR per run"


def test_rules_know_the_actions_that_there_are() -> None:
    """A rule about an action that nobody declares would guard nothing."""
    with pytest.raises(LineInvalid) as caught:
        parse_rule("after read_a or read_c, never send_b", actions=("read_a", "send_b"))
    assert (caught.value.offset, caught.value.message) == (
        16,
        "there is no action 'read_c'; did you mean 'read_a'?",
    )
