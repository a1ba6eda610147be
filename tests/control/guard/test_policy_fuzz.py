"""Whatever a model sends, in whatever situation: no crash, no allow without a clause that allows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from goldenthread.control.guard import Decision, Facts, Situation, compile_policy, decide
from goldenthread.control.stops import Stop
from goldenthread.promise.contract import Action, Contract, Limit, SequenceRule
from goldenthread.promise.values import LADDER, Effect, Json, Level, TrustMode, Verdict

NAMES = ("pay", "post", "look", "send")
LEVELS = st.sampled_from(LADDER)

limits = st.sampled_from(
    [
        Limit(argument="amount", operator="<=", right="100 EUR"),
        Limit(argument="amount", operator=">", right="5"),
        Limit(argument="country", operator="in", right="allowed"),
        Limit(argument="country", operator="not in", right="allowed"),
    ]
)
actions = st.builds(
    Action,
    name=st.just("pay"),
    effect=st.sampled_from(list(Effect)),
    egress=st.booleans(),
    limits=st.dictionaries(
        st.sampled_from([None, Level.CONSTRAINED, Level.EXPANDED]), st.lists(limits, max_size=3).map(tuple), max_size=3
    ),
    untrusted=st.sampled_from([Verdict.ASK, Verdict.DENY]),
)
sequences = st.builds(
    SequenceRule,
    first=st.lists(st.sampled_from(NAMES), min_size=1, max_size=2).map(tuple),
    then=st.lists(st.sampled_from(NAMES), min_size=1, max_size=2).map(tuple),
    verdict=st.sampled_from([None, Verdict.ASK, Verdict.DENY]),
)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
anything = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))
arguments = st.dictionaries(
    st.sampled_from(["amount", "country", "to", ""]) | st.text(max_size=6), anything, max_size=4
)
facts = st.builds(
    Facts,
    before=st.lists(st.sampled_from(NAMES), max_size=3).map(tuple),
    untrusted=st.dictionaries(st.text(max_size=5), st.text(max_size=9), max_size=2),
    content=st.dictionaries(st.sampled_from(["secrets", "personal_data", "injection"]), st.just(("to",)), max_size=2),
    over=st.lists(st.text(min_size=1, max_size=9), max_size=1).map(tuple),
)
stops = st.lists(
    st.builds(
        Stop,
        chain=st.just("refunds"),
        seq=st.just(1),
        at=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
        by=st.just("lee@example.com"),
        reason=st.just("enough"),
        tool=st.sampled_from([None, "pay", "post"]),
    ),
    max_size=1,
)
situations = st.builds(
    Situation,
    level=LEVELS,
    signed=st.booleans(),
    replay=st.booleans(),
    stops=stops.map(tuple),
    mode=st.sampled_from(list(TrustMode)),
    cap=st.none() | LEVELS,
)
contents = st.dictionaries(
    st.sampled_from(["secrets", "personal_data", "injection"]), st.sampled_from(["allow", "ask", "deny"])
)


def decided(
    action: Action,
    rules: tuple[SequenceRule, ...],
    content: Mapping[str, str],
    situation: Situation,
    given_arguments: Mapping[str, Json],
    found: Facts,
) -> Decision:
    """What the guard says under a contract of this one action."""
    contract = Contract(
        slice="refunds",
        version=1,
        owner="maya@example.com",
        lists={"allowed": ("DE", "FR")},
        actions={"pay": action},
        rules=rules,
        content=dict(content),
    )
    return decide(compile_policy(contract), situation, "pay", given_arguments, found)


@settings(max_examples=600, deadline=None)
@given(actions, st.lists(sequences, max_size=2).map(tuple), contents, situations, arguments, facts)
def test_nothing_is_allowed_without_a_clause_that_allows_it(
    action: Action,
    rules: tuple[SequenceRule, ...],
    content: dict[str, str],
    situation: Situation,
    given_arguments: dict[str, Any],
    found: Facts,
) -> None:
    """The table of levels, and every reason against, hold for any input at all."""
    decision = decided(action, rules, content, situation, given_arguments, found)
    assert decision.clause
    assert decision.reason
    if decision.verdict is not Verdict.ALLOW:
        return
    assert not any(stop.covers("pay") for stop in situation.stops)
    assert not found.over
    assert not found.untrusted
    assert all(content.get(kind) == "allow" for kind in found.content)
    if action.effect is Effect.READ and not action.egress:
        return
    level = situation.effective_level
    assert situation.signed
    assert not situation.replay
    assert level >= Level.CONSTRAINED
    assert situation.cap is None or situation.cap >= Level.CONSTRAINED
    assert action.effect is not Effect.IRREVERSIBLE or situation.mode is TrustMode.ENFORCING
    for limit in action.limits.get(None, ()):
        _keeps(limit, given_arguments)


def _keeps(limit: Limit, given_arguments: Mapping[str, Any]) -> None:
    """The limit, worked out once more in the plainest way."""
    value = given_arguments[limit.argument]
    if limit.operator == "in":
        assert value in ("DE", "FR")
    elif limit.operator == "not in":
        assert isinstance(value, str)
        assert value not in ("DE", "FR")
    else:
        number = Decimal(str(value).removesuffix(" EUR"))
        assert number <= 100 if limit.operator == "<=" else number > 5
        assert number >= 0


@settings(max_examples=200, deadline=None)
@given(situations, arguments, facts, st.text(max_size=12))
def test_what_is_not_declared_is_denied_whatever_it_is_called(
    situation: Situation, given_arguments: dict[str, Any], found: Facts, name: str
) -> None:
    """A tool that the contract does not know is nobody's promise."""
    contract = Contract(slice="refunds", version=1, owner="m", actions={"pay": Action(name="pay", effect=Effect.READ)})
    decision = decide(compile_policy(contract), situation, f"not {name}", given_arguments, found)
    assert (decision.verdict, decision.clause, decision.violation) == (Verdict.DENY, "actions", True)


@settings(max_examples=300, deadline=None)
@given(actions, contents, situations, arguments, facts)
def test_one_more_reason_against_never_allows_more(
    action: Action,
    content: dict[str, str],
    situation: Situation,
    given_arguments: dict[str, Any],
    found: Facts,
) -> None:
    """Rules, findings and budgets only take away."""
    order = [Verdict.DENY, Verdict.DRAFT, Verdict.ASK, Verdict.ALLOW]
    without = decided(action, (), content, situation, given_arguments, Facts())
    with_them = decided(action, (), content, situation, given_arguments, found)
    assert order.index(with_them.verdict) <= order.index(without.verdict)
