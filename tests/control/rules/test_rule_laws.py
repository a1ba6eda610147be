"""Rules as laws: they hit what they mean, and whatever they cannot judge."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from control.rules.files import SITUATION, asked, law, rule, rules_text
from goldenthread.control.guard import Facts, Situation, compile_policy, decide
from goldenthread.control.rules import Context, laws_of
from goldenthread.control.rules.context import DEEPEST, MOST_CHARACTERS, MOST_VALUES
from goldenthread.control.rules.engine import engine
from goldenthread.control.rules.expressions import compile_expression
from goldenthread.promise.contract import parse_contract
from goldenthread.promise.errors import LineInvalid
from goldenthread.promise.values import LADDER, Json, Level, TrustMode, Verdict
from worlds import contract_text

SAID = "Nobody pays more than 100."
PLACE = "(rule 'not-more' of the organisation, version 1)"


def unclear(words: str) -> str:
    """What a rule says that hits because it cannot be judged."""
    return f"{SAID} Whether this action is one of those cannot be told: {words} {PLACE}"


def test_a_rule_hits_what_it_means_and_nothing_else() -> None:
    """It is read as CEL reads it."""
    found = law("arguments.amount > 100 && !arguments.recipient.startsWith('DE')")
    assert found.hits(asked({"amount": 101, "recipient": "FR1"})) == f"{SAID} {PLACE}"
    assert found.hits(asked({"amount": 101, "recipient": "DE1"})) is None
    assert found.hits(asked({"amount": 100, "recipient": "FR1"})) is None


def test_a_rule_without_a_condition_hits_always() -> None:
    """`never-delete` needs none."""
    assert law(None).hits(asked({})) == f"{SAID} {PLACE}"


@pytest.mark.parametrize(
    ("when", "arguments", "words"),
    [
        ("arguments.amount > 100", {}, "it reads 'arguments.amount', which is not there"),
        ("level == 'draft' && arguments.amount > 100", {}, "it reads 'arguments.amount', which is not there"),
        ("arguments.amount > 100 && false", {}, "it reads 'arguments.amount', which is not there"),
        ("arguments['amount'] > 100 && false", {}, "it reads 'arguments.amount', which is not there"),
        ("arguments.order.amount > 1 && false", {"order": {}}, "it reads 'arguments.order.amount', which is not there"),
        ("arguments.order.amount > 1 && false", {"order": 5}, "it reads 'arguments.order.amount', which is not there"),
        ("arguments.amount > 100", {"amount": "lots"}, "a value is of another type than the rule compares it with"),
        ("arguments.amount > 100", {"amount": None}, "a value is of another type than the rule compares it with"),
        ("arguments.amount > 100", {"amount": [5]}, "a value is of another type than the rule compares it with"),
        ("arguments.to.startsWith('DE')", {"to": 5}, "a function was given a value that it does not take"),
        ("arguments.list[3] == 1", {"list": [1]}, "it reads beyond the end of a list"),
        ("10 / arguments.amount > 1", {"amount": 0}, "it calculates beyond what numbers hold"),
        ("arguments.amount * 5000000000000000000 > 1", {"amount": 5}, "it calculates beyond what numbers hold"),
        ("timestamp(arguments.due) < timestamp('2026-01-01T00:00:00Z')", {"due": "soon"}, None),
        ("arguments.x", {"x": "yes"}, "its condition gives no yes or no"),
        ("arguments.x", {"x": 1}, "its condition gives no yes or no"),
        ("arguments.x == 1 && false", {"x": "\ud800"}, "'arguments' holds a value that no rule can be judged on"),
        ("arguments.x == 1 && false", {"x": object()}, "'arguments' holds a value that no rule can be judged on"),
    ],
)
def test_what_cannot_be_judged_hits_and_says_why(when: str, arguments: Any, words: str | None) -> None:
    """Leaving out or bending an argument must never be a way around a rule."""
    hit = law(when).hits(asked(arguments))
    assert hit is not None
    assert words is None or hit == unclear(words)


def test_a_rule_that_asks_whether_an_argument_is_there_means_it() -> None:
    """An optional argument can be ruled without forbidding every action that leaves it out."""
    for when in (
        "has(arguments.amount) && arguments.amount > 100",
        "'amount' in arguments && arguments.amount > 100",
    ):
        found = law(when)
        assert found.hits(asked({})) is None
        assert found.hits(asked({"amount": 101})) == f"{SAID} {PLACE}"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"list": [0] * MOST_VALUES}, f"its arguments hold more than {MOST_VALUES} values"),
        ({"note": "a" * (MOST_CHARACTERS + 1)}, f"its arguments hold more than {MOST_CHARACTERS} characters"),
        ({"a" * (MOST_CHARACTERS + 1): 1}, f"its arguments hold more than {MOST_CHARACTERS} characters"),
    ],
)
def test_what_is_too_large_hits_before_it_is_looked_at(arguments: Any, words: str) -> None:
    """An evaluation cannot be broken off, so one that might take long is not begun."""
    assert law("arguments.x == 1 || true").hits(asked({"x": 1})) is not None
    assert law("has(arguments.x) && false").hits(asked(arguments)) == unclear(words)


def test_what_is_nested_beyond_measure_hits() -> None:
    """The engine recurses, and a process that it ends decides nothing any more."""
    deep: Any = {}
    for _ in range(100_000):
        deep = {"a": deep}
    assert law("has(arguments.x) && false").hits(asked(deep)) == unclear(
        f"its arguments are nested more than {DEEPEST} deep"
    )


@pytest.mark.parametrize(
    ("when", "arguments"),
    [
        ("arguments.l.exists(x, arguments.l.exists(y, x + y < 0))", {"l": list(range(2_000))}),
        ("arguments.l.exists(x, arguments.s.contains('zz'))", {"l": list(range(2_000)), "s": "a" * 500_000}),
        ("arguments.l.map(x, arguments.s + arguments.s).size() < 0", {"l": list(range(500)), "s": "a" * 500_000}),
    ],
)
def test_loops_that_would_take_long_hit_instead(when: str, arguments: Any) -> None:
    """Whoever chooses the arguments must not choose how long the guard stands still."""
    assert law(when).hits(asked(arguments)) == unclear(
        "its arguments hold more than the rule's loops can be judged on in time"
    )


def test_rules_on_one_action_share_what_the_engine_made_of_it() -> None:
    """Making arguments ready is most of the cost, and must be paid once an action."""
    context = Context(asked({"amount": 5}))
    assert law("arguments.amount > 100").hits(context) is None
    made = context.for_engine(())
    assert law("level == 'draft' || arguments.amount > 7").hits(context) is None
    assert context.for_engine(()) is made


def test_a_version_that_cannot_be_read_here_forbids_everything() -> None:
    """An older installation must not pass over what a newer one signed."""
    (everything,) = laws_of("kind: OrganisationRules\nfrom: the future\n")
    assert (everything.verdict, everything.covers("any", "thing")) == (Verdict.DENY, True)
    assert everything.hits(asked({})) == (
        "The organisation's rules in force cannot be used by this installation, so nothing happens. "
        "(rules-invalid; run `goldenthread rules show` here)"
    )


# --- in the guard ----------------------------------------------------------------------------------


def verdict(level: Level, arguments: Json, *rules: dict[str, Any], signed: bool = True) -> tuple[Verdict, str]:
    """What the guard makes of paying under these rules."""
    actions = {"pay": {"effect": "reversible", "key": "order"}}
    contract = parse_contract(contract_text("payments", level="shadow", actions=actions))
    text = rules_text({f"rule-{number}": one for number, one in enumerate(rules)})
    policy = compile_policy(contract, laws_of(text))
    situation = Situation(level=level, signed=signed, mode=TrustMode.ENFORCING)
    decision = decide(policy, situation, "pay", arguments, Facts())  # type: ignore[arg-type]
    return decision.verdict, decision.clause


@pytest.mark.parametrize("level", LADDER)
@pytest.mark.parametrize("signed", [True, False])
def test_what_is_forbidden_is_denied_at_every_level(level: Level, signed: bool) -> None:
    """Forbid beats allow, ask and draft; also where another rule would only ask."""
    ask = rule(when="true", then="ask")
    found = verdict(level, {"amount": 101}, ask, rule(), signed=signed)
    assert found == (Verdict.DENY, "organisation.rule-1")


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (Level.SHADOW, Verdict.DENY),
        (Level.DRAFT, Verdict.DRAFT),
        (Level.APPROVAL, Verdict.ASK),
        (Level.CONSTRAINED, Verdict.ASK),
        (Level.EXPANDED, Verdict.ASK),
    ],
)
def test_what_a_rule_asks_for_a_person_is_never_more_than_asked(level: Level, expected: Verdict) -> None:
    """A rule only takes away: below the level where people are asked nothing becomes a question."""
    assert verdict(level, {"amount": 101}, rule(then="ask"))[0] is expected
    assert verdict(Level.EXPANDED, {"amount": 99}, rule(then="ask"))[0] is Verdict.ALLOW


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
_CONDITIONS: dict[str, tuple[tuple[str, ...], ...]] = {
    "arguments.amount > 100": (("amount",),),
    "!(arguments.recipient.startsWith('DE'))": (("recipient",),),
    "arguments.order.amount > 100 && arguments.order.to.exists(x, x != 'a')": (("order", "amount"), ("order", "to")),
    "arguments.amount > 100 && false": (("amount",),),
    "arguments.list.all(x, x < 5)": (("list",),),
    "timestamp(arguments.due) < timestamp('2026-01-01T00:00:00Z')": (("due",),),
}
"""Conditions, and the arguments that each names."""

_NAMED = st.dictionaries(st.sampled_from(["amount", "recipient", "order", "list", "due", "other"]), _VALUES, max_size=6)


@settings(max_examples=300, deadline=None)
@given(arguments=_NAMED, when=st.sampled_from(sorted(_CONDITIONS)))
def test_whatever_the_arguments_a_rule_that_fails_never_allows(arguments: dict[str, Any], when: str) -> None:
    """Only a plain no of every rule leaves an action to its contract."""
    plain_no = all(_is_there(arguments, path) for path in _CONDITIONS[when]) and _says_no(when, arguments)
    expected = (Verdict.ALLOW, "autonomy.gates.expanded") if plain_no else (Verdict.DENY, "organisation.rule-0")
    assert verdict(Level.EXPANDED, arguments, rule(when=when)) == expected


def _is_there(arguments: Any, path: tuple[str, ...]) -> bool:
    return not path or (
        isinstance(arguments, dict) and path[0] in arguments and _is_there(arguments[path[0]], path[1:])
    )


def _says_no(when: str, arguments: dict[str, Any]) -> bool:
    """Whether the engine itself, asked directly, says no."""
    try:
        found = engine().compile(when).execute({**SITUATION, "arguments": arguments})
    except (ValueError, TypeError, RuntimeError, LookupError, ArithmeticError):
        return False
    return found is False


@settings(max_examples=300, deadline=None)
@given(when=st.text(max_size=60) | st.text(alphabet="argumentso.()[]{}!&|'\"<>=+-/ 019,:?", max_size=120))
def test_whatever_the_text_of_a_condition_it_is_taken_or_refused_by_name(when: str) -> None:
    """A file from outside must neither end the process nor pass unread."""
    try:
        found = compile_expression(when)
    except LineInvalid as refused:
        assert 0 <= refused.offset <= len(when)
    else:
        assert found.text == when


def test_a_thousand_rules_for_other_actions_cost_nothing() -> None:
    """Rules stand by action, so that an organisation may have many."""
    contract = parse_contract(contract_text("payments", level="shadow"))
    others = {f"rule-{number}": rule(**{"for": [f"act_{number}"]}) for number in range(1_000)}
    policy = compile_policy(contract, laws_of(rules_text(others)))
    assert policy.rules["pay"].organisation == ()
