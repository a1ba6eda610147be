"""The table of level and effect, limits, and failing closed."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest

from goldenthread.control.guard import Situation, compile_policy, decide
from goldenthread.control.stops import Stop
from goldenthread.promise.contract import Action, Contract, Limit
from goldenthread.promise.values import LADDER, Effect, Level, TrustMode, Verdict


def contract(*actions: Action) -> Contract:
    return Contract(
        slice="refunds",
        version=1,
        owner="maya@example.com",
        lists={"countries": ("DE", "FR")},
        actions={action.name: action for action in actions},
    )


def action(effect: Effect = Effect.REVERSIBLE, *, egress: bool = False, limits: object = None) -> Action:
    return Action(name="pay", effect=effect, egress=egress, limits=limits or {})  # type: ignore[arg-type]


EXPECTED = {
    "silent read": dict.fromkeys(LADDER, Verdict.ALLOW),
    "acts": {
        Level.SHADOW: Verdict.DENY,
        Level.DRAFT: Verdict.DRAFT,
        Level.APPROVAL: Verdict.ASK,
        Level.CONSTRAINED: Verdict.ALLOW,
        Level.EXPANDED: Verdict.ALLOW,
    },
}

EFFECTS = {
    "silent read": [(Effect.READ, False)],
    "acts": [(Effect.READ, True), (Effect.REVERSIBLE, False), (Effect.IRREVERSIBLE, False), (Effect.REVERSIBLE, True)],
}


@pytest.mark.parametrize(
    ("row", "effect", "egress", "level"),
    [(row, *effect, level) for row in EFFECTS for effect, level in itertools.product(EFFECTS[row], LADDER)],
)
def test_a_level_makes_of_an_effect_what_the_table_says(row: str, effect: Effect, egress: bool, level: Level) -> None:
    """The table of DESIGN.md is the whole promise of a level; enforcing mode, no limits."""
    policy = compile_policy(contract(action(effect, egress=egress)))
    decision = decide(policy, Situation(level=level, mode=TrustMode.ENFORCING), "pay", {})
    assert decision.verdict is EXPECTED[row][level]


@pytest.mark.parametrize("level", [Level.CONSTRAINED, Level.EXPANDED])
def test_irreversible_effects_are_asked_in_cooperative_mode(level: Level) -> None:
    """A library in the agent's own process protects against mistakes, not against the agent."""
    decision = decide(compile_policy(contract(action(Effect.IRREVERSIBLE))), Situation(level=level), "pay", {})
    assert (decision.verdict, decision.clause) == (Verdict.ASK, "actions.pay.effect")
    assert (
        decision.reason == "An irreversible effect without a person needs enforcing mode; this process is cooperative"
    )


@pytest.mark.parametrize("level", LADDER)
def test_an_undeclared_action_is_denied_at_every_level(level: Level) -> None:
    """What the contract does not name does not happen, and it counts as a violation."""
    decision = decide(compile_policy(contract(action())), Situation(level=level), "delete_everything", {})
    assert (decision.verdict, decision.violation, decision.clause) == (Verdict.DENY, True, "actions")
    assert decision.reason == "Action 'delete_everything' is not declared; the contract declares pay"


def test_a_name_that_only_begins_like_a_declared_one_is_undeclared() -> None:
    """Prefix matches grant what nobody granted."""
    decision = decide(compile_policy(contract(action())), Situation(level=Level.EXPANDED), "pay_all", {})
    assert decision.verdict is Verdict.DENY


@pytest.mark.parametrize(
    "situation",
    [Situation(level=Level.EXPANDED, signed=False), Situation(level=Level.EXPANDED, replay=True)],
)
def test_unsigned_contracts_and_replays_stay_in_shadow(situation: Situation) -> None:
    """Nothing goes live unsigned, and a case that people decided before is never acted on."""
    policy = compile_policy(contract(action()))
    assert decide(policy, situation, "pay", {}).verdict is Verdict.DENY


def test_a_stop_denies_even_reads() -> None:
    """A stop is the floor below shadow; the refusal says whose it is, and why."""
    policy = compile_policy(contract(action(Effect.READ)))
    stop = Stop(chain="organisation", seq=7, at=datetime(2026, 11, 2, tzinfo=UTC), by="maya", reason="odd sums.")
    decision = decide(policy, Situation(level=Level.EXPANDED, stops=(stop,)), "pay", {})
    assert (decision.verdict, decision.clause) == (Verdict.DENY, "stop organisation#7")
    assert decision.reason == "Everything is stopped, by maya: odd sums (stop organisation#7)"


def test_a_stop_of_one_tool_leaves_the_others_alone() -> None:
    """Whoever can stop only what is broken, stops it sooner."""
    policy = compile_policy(contract(action()))
    at = datetime(2026, 11, 2, tzinfo=UTC)
    stops = tuple(Stop(chain="refunds", seq=1, at=at, by="maya", reason="odd", tool=tool) for tool in ("post", "pa"))
    assert decide(policy, Situation(level=Level.EXPANDED, stops=stops), "pay", {}).verdict is not Verdict.DENY


AMOUNT = {None: (Limit(argument="amount", operator="<=", right="100 EUR"),)}


@pytest.mark.parametrize(
    ("amount", "verdict"),
    [
        (100, Verdict.ALLOW),
        (100.0, Verdict.ALLOW),
        ("99.99", Verdict.ALLOW),
        ("20 EUR", Verdict.ALLOW),
        ("100.01 EUR", Verdict.ASK),
        ("20 USD", Verdict.ASK),
        ("20EUR", Verdict.ASK),
        (-20, Verdict.ASK),
        ("-20", Verdict.ASK),
        ("2_0", Verdict.ASK),
        ("1e1", Verdict.ASK),
        (" 20 ", Verdict.ASK),
        ("\u0662\u0660", Verdict.ASK),
        (100.01, Verdict.ASK),
        ("1e9", Verdict.ASK),
        ("NaN", Verdict.ASK),
        ("-Infinity", Verdict.ASK),
        ("fifty", Verdict.ASK),
        (True, Verdict.ASK),
        (None, Verdict.ASK),
        ([1], Verdict.ASK),
        ({"amount": 1}, Verdict.ASK),
    ],
)
def test_a_limit_admits_only_a_real_number_within_it(amount: object, verdict: Verdict) -> None:
    """Whatever is not plainly within the limit goes to a person."""
    policy = compile_policy(contract(action(limits=AMOUNT)))
    decision = decide(policy, Situation(level=Level.CONSTRAINED), "pay", {"amount": amount})  # type: ignore[dict-item]
    assert decision.verdict is verdict


def test_a_missing_argument_is_outside_every_limit() -> None:
    """Unknown is never a pass."""
    policy = compile_policy(contract(action(limits=AMOUNT)))
    decision = decide(policy, Situation(level=Level.CONSTRAINED), "pay", {})
    assert (decision.verdict, decision.clause) == (Verdict.ASK, "actions.pay.limit")
    assert decision.reason == "Outside the limit 'amount <= 100 EUR'"


@pytest.mark.parametrize(
    ("operator", "country", "verdict"),
    [
        ("in", "DE", Verdict.ALLOW),
        ("in", "US", Verdict.ASK),
        ("in", "de", Verdict.ASK),
        ("in", ["DE"], Verdict.ASK),
        ("in", None, Verdict.ASK),
        ("not in", "US", Verdict.ALLOW),
        ("not in", "DE", Verdict.ASK),
        ("not in", ["US"], Verdict.ASK),
        ("not in", None, Verdict.ASK),
    ],
)
def test_a_list_admits_exact_members_only(operator: str, country: object, verdict: Verdict) -> None:
    """A value of another type is in no list, and not outside one either."""
    limits = {None: (Limit(argument="country", operator=operator, right="countries"),)}
    policy = compile_policy(contract(action(limits=limits)))
    decision = decide(policy, Situation(level=Level.CONSTRAINED), "pay", {"country": country})  # type: ignore[dict-item]
    assert decision.verdict is verdict


def test_a_wider_limit_of_expanded_replaces_the_narrower_one() -> None:
    """Limits may be given a level; a level without its own keeps the one below."""
    limits = {
        Level.CONSTRAINED: (Limit(argument="amount", operator="<=", right="100 EUR"),),
        Level.EXPANDED: (Limit(argument="amount", operator="<=", right="1000 EUR"),),
    }
    policy = compile_policy(contract(action(limits=limits)))
    verdicts = [
        decide(policy, Situation(level=level), "pay", {"amount": 500}).verdict
        for level in (Level.CONSTRAINED, Level.EXPANDED)
    ]
    assert verdicts == [Verdict.ASK, Verdict.ALLOW]
    only_constrained = compile_policy(contract(action(limits={Level.CONSTRAINED: limits[Level.CONSTRAINED]})))
    assert decide(only_constrained, Situation(level=Level.EXPANDED), "pay", {"amount": 500}).verdict is Verdict.ASK


def test_whatever_breaks_inside_is_a_deny() -> None:
    """The guard fails closed."""

    class Hostile(dict[str, object]):
        def get(self, *_: object) -> object:
            raise RuntimeError("boom")

    policy = compile_policy(contract(action(limits=AMOUNT)))
    decision = decide(policy, Situation(level=Level.CONSTRAINED), "pay", Hostile())  # type: ignore[arg-type]
    assert decision.verdict is Verdict.DENY
    assert decision.reason == (
        "The guard failed on this action (RuntimeError), and what it cannot judge does not happen"
    )
