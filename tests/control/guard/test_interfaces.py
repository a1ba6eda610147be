"""What a contract says of arguments, outputs and tools, held against what there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenthread.control.guard import (
    NO_FACTS,
    Situation,
    answer_problem,
    argument_problem,
    compile_policy,
    decide,
    extra_tools,
    input_problem,
    missing_tools,
    output_problem,
    tool_problems,
    tool_schema,
)
from goldenthread.control.guard.annotations import kinds_of
from goldenthread.promise.contract import Action, Budget, Contract, DecisionContract, Field, Limit
from goldenthread.promise.values import Effect, Level, TrustMode, Verdict

TYPES = ("text", "number", "whole number", "yes or no", "list", "object")
FITTING: Mapping[str, tuple[Any, ...]] = {
    "text": ("", "0"),
    "number": (0, -1, 3.0, 2.5),
    "whole number": (0, -1, 3.0),
    "yes or no": (True, False),
    "list": ([], [1]),
    "object": ({}, {"a": 1}),
}
VALUES: tuple[Any, ...] = (None, "", "0", 0, -1, 3.0, 2.5, True, False, [], [1], {}, {"a": 1}, float("nan"), 10**400)


def action(**wanted: Any) -> Action:
    return Action(**{"name": "pay", "effect": Effect.REVERSIBLE, **wanted})


def takes(**fields: str) -> Action:
    return action(takes={name: Field(type=kind.rstrip("?"), optional="?" in kind) for name, kind in fields.items()})


def contract(*actions: Action) -> Contract:
    return Contract(slice="refunds", version=1, owner="maya@example.com", actions={one.name: one for one in actions})


def is_one_of(value: Any, values: tuple[Any, ...]) -> bool:
    return any(value == one and type(value) is type(one) for one in values)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("value", VALUES[:-2])
def test_a_type_takes_its_values_and_no_others(kind: str, value: Any) -> None:
    """A yes or no is no number, and a number in quotes is text: a tool must not have to guess."""
    fits = argument_problem(takes(x=kind), {"x": value}) is None
    assert fits is is_one_of(value, FITTING[kind])


def test_numbers_that_json_cannot_carry_are_none() -> None:
    """Not a number and infinity pass every comparison or none, so no limit could hold them."""
    for value in (float("nan"), float("inf")):
        assert "and the contract says a number" in str(argument_problem(takes(x="number"), {"x": value}))
        assert argument_problem(takes(x="whole number"), {"x": value}) is not None
    assert argument_problem(takes(x="whole number"), {"x": 10**400}) is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"amount": 1}, None),
        ({"amount": 1, "note": None}, None),
        ({"amount": 1, "note": "x"}, None),
        ({}, "'amount' is missing, and the contract says a number"),
        ({"amount": None}, "'amount' is nothing, and the contract says a number"),
        ({"amount": True}, "'amount' is yes or no, and the contract says a number"),
        ({"amount": "1"}, "'amount' is a text, and the contract says a number"),
        ({"amount": 1, "note": {}}, "'note' is an object, and the contract says a text"),
        ({"amount": 1, "to": "me"}, "'to' is none of amount, note"),
    ],
)
def test_what_is_missing_unexpected_or_of_another_type_is_named(arguments: Any, words: str | None) -> None:
    """Whoever reads the refusal must know what to change, without a value of the case in it."""
    assert argument_problem(takes(amount="number", note="text?"), arguments) == words


def test_nothing_is_held_where_nothing_is_stated() -> None:
    """A contract without `takes` says nothing of arguments; one with an empty one allows none."""
    assert argument_problem(action(), {"anything": object}) is None  # type: ignore[dict-item]
    assert argument_problem(takes(), {"x": 1}) == "'x' is given, and it takes nothing"
    assert argument_problem(takes(), {}) is None


@pytest.mark.parametrize("level", list(Level))
def test_arguments_of_another_type_are_denied_at_every_level(level: Level) -> None:
    """No person is asked to approve what the tool can't take, and it is no forbidden act."""
    policy = compile_policy(contract(takes(amount="number")))
    decision = decide(policy, Situation(level=level, mode=TrustMode.ENFORCING), "pay", {"amount": "1"}, NO_FACTS)
    assert (decision.verdict, decision.clause, decision.violation) == (Verdict.DENY, "actions.pay.takes", False)
    assert decision.reason.endswith("'amount' is a text, and the contract says a number")


@given(
    st.dictionaries(
        st.sampled_from(("amount", "note", "to")),
        st.sampled_from(VALUES) | st.integers() | st.floats() | st.text("ab\0", max_size=3),
    )
)
def test_no_arguments_are_allowed_that_break_their_types(arguments: Any) -> None:
    """Whatever an agent comes up with: an allow means that the contract's types hold."""
    declared = takes(amount="number", note="text?")
    situation = Situation(level=Level.EXPANDED, mode=TrustMode.ENFORCING)
    decision = decide(compile_policy(contract(declared)), situation, "pay", arguments)
    assert (decision.verdict is Verdict.ALLOW) is (argument_problem(declared, arguments) is None)
    if decision.verdict is Verdict.ALLOW:
        assert not isinstance(arguments["amount"], bool | str | list | dict | None)


@pytest.mark.parametrize(
    ("gives", "output", "words"),
    [
        (None, object(), None),
        ("nothing", None, None),
        ("nothing", 1, "it gave a whole number, and the contract says nothing"),
        ("text", "x", None),
        ("text", None, "it gave nothing, and the contract says a text"),
        ("list", (1,), None),
        ("object", [], "it gave a list, and the contract says an object"),
        ("number", Decimal(1), "it gave a Decimal of Python, and the contract says a number"),
        ("list", [object()], "it gave something that JSON cannot carry"),
        ("whole number", 2**60, "it gave something that JSON cannot carry"),
    ],
)
def test_an_output_is_what_the_contract_gives(gives: str | None, output: Any, words: str | None) -> None:
    """The agent must not reason on something else than it was promised."""
    assert output_problem(action(gives=gives), output) == words


def test_a_decision_has_typed_inputs_and_outputs() -> None:
    """An answer with a part too many or too few is no answer."""
    chooses = DecisionContract(name="choose", takes={"text": Field(type="text")}, gives={"licence": Field(type="text")})
    assert input_problem(chooses, {"text": "x"}) is None
    assert input_problem(chooses, {}) == "'text' is missing, and the contract says a text"
    assert answer_problem(chooses, {"licence": "MIT"}) is None
    assert answer_problem(chooses, "MIT") == "it gave a text, and the contract says an object with licence"
    assert answer_problem(chooses, {"licence": "MIT", "sure": True}) == "'sure' is none of licence"
    loose = DecisionContract(name="choose", gives={"any": Field(type="list")})
    assert input_problem(loose, {"whatever": 1}) is None
    assert answer_problem(loose, {"any": [object()]}) == "it gave something that JSON cannot carry"


@pytest.mark.parametrize(
    ("annotation", "kinds"),
    [
        ("str", {"text"}),
        ("'str'", {"text"}),
        ("int | None", {"whole number", "nothing"}),
        ("Optional[float]", {"number", "nothing"}),
        ("typing.Union[int, str]", {"whole number", "text"}),
        ("list[dict[str, int]]", {"list"}),
        ("collections.abc.Mapping[str, Any]", {"object"}),
        ("Literal['a', 'b']", {"text"}),
        ("Annotated[bool, 'doc']", {"yes or no"}),
        ("array", {"list"}),
        ("Any", None),
        ("inspect._empty", None),
        ("str | Mine", None),
        ("Literal[mine.x]", None),
        ("def :", None),
        ("", None),
        ("[" * 300, None),
    ],
)
def test_an_annotation_says_which_types_it_takes(annotation: str, kinds: set[str] | None) -> None:
    """What can't be known from the words is held to nothing, and never refused."""
    assert kinds_of(annotation) == (None if kinds is None else frozenset(kinds))


def tool(amount: int, note: str = "") -> None:
    """A tool like many."""


def quoted(amount: int, note: str = "") -> None:
    """The same, as most modules write it today."""


@pytest.mark.parametrize("made", [tool, quoted])
@pytest.mark.parametrize(
    ("declared", "words"),
    [
        (takes(amount="whole number", note="text?"), ()),
        (takes(amount="whole number", note="text"), ()),
        (
            takes(amount="number", note="text?"),
            ("'amount' of 'pay' is a number by the contract, and the tool says 'int'",),
        ),
        (
            takes(amount="whole number?", note="text?"),
            ("'amount' of 'pay' may be left out by the contract, and the tool requires it",),
        ),
        (
            takes(amount="whole number"),
            ("the tool of 'pay' has the parameter 'note', and the contract does not name it",),
        ),
        (
            takes(amount="whole number", note="text?", to="text"),
            ("'pay' takes 'to' by the contract, and the tool has no such parameter",),
        ),
        (action(), ()),
        (action(key="order"), ("the contract names 'order' of 'pay', and the tool has no such parameter",)),
        (
            action(
                decides=("to",),
                limits={None: (Limit(argument="sum", operator="<=", right="1"),)},
                budget=(Budget(amount=Decimal(1), unit="", per="run", of="total"),),
            ),
            tuple(
                f"the contract names '{name}' of 'pay', and the tool has no such parameter"
                for name in ("to", "sum", "total")
            ),
        ),
    ],
)
def test_a_tool_that_takes_something_else_is_found(
    made: Callable[..., Any], declared: Action, words: tuple[str, ...]
) -> None:
    """A contract that limits `amount` holds nobody whose tool calls it `sum`."""
    assert tool_problems(contract(declared), {"pay": tool_schema(made)}) == words


def test_tools_that_are_missing_or_more_are_told_apart_from_those_that_differ() -> None:
    """A missing tool harms nobody; a tool without an action is denied anyway."""
    declared = contract(takes(amount="number"))
    assert tool_problems(declared, {}) == ()
    assert missing_tools(declared, {}) == ("pay",)
    assert extra_tools(declared, {"pay": [], "wire": []}) == ("wire",)
    assert tool_problems(declared, {"pay": {"type": "object"}}) == ()  # a form that nobody here can read
    assert tool_problems(declared, {"pay": tool_schema(lambda amount: amount)}) == ()
