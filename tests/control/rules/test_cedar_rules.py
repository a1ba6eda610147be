"""Policies in Cedar: checked against their schema, and a no wherever Cedar itself would pass over an error."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from control.rules.files import asked, rules_text
from goldenthread.control.rules import Law, cedar, laws_of, parse_rules
from goldenthread.promise.errors import CedarMissing, RulesInvalid
from goldenthread.promise.values import Json, Verdict

SCHEMA = """\
entity Agent;
entity Slice;
type Context = {
  slice: String, action: String, effect: String, level: String, replay: Bool, mode: String,
  arguments: {recipient: String, amount?: Long},
  before: Set<String>, untrusted: Set<String>, content: Set<String>,
};
action pay appliesTo {principal: [Agent], resource: [Slice], context: Context};
"""
POLICIES = """\
forbid(principal, action == Action::"pay", resource)
unless { context.arguments.recipient like "DE*" };
forbid(principal, action == Action::"pay", resource)
when { context.before.contains("read_customer") }; // and a comment
"""
PLACE = "(rule 'cedar' of the organisation, version 1)"
FORBIDDEN = f"The organisation's Cedar policies forbid this. {PLACE}"
UNCLEAR = (
    "The organisation's Cedar policies forbid this. Whether this action is one of those cannot be told: "
    f"its values do not fit the schema, or a policy failed on them {PLACE}"
)


def text(policies: str = POLICIES, schema: str = SCHEMA, **more: Any) -> str:
    """A file with a part in Cedar only."""
    return rules_text({}, cedar={"for": ["pay"], "schema": schema, "policies": policies} | more)


def law() -> Law:
    """The compiled part."""
    (found,) = laws_of(text())
    return found


def problem(**wanted: Any) -> str:
    """The first thing wrong with a file."""
    with pytest.raises(RulesInvalid) as found:
        parse_rules(text(**wanted))
    return found.value.message.splitlines()[0].partition(" ")[2]


def test_policies_forbid_what_they_say_and_leave_the_rest() -> None:
    """No `permit` is needed: what is not forbidden is left to the contract."""
    found = law()
    assert (found.verdict, found.covers("payments", "pay"), found.covers("payments", "other")) == (
        Verdict.DENY,
        True,
        False,
    )
    assert found.hits(asked({"recipient": "DE1"})) is None
    assert found.hits(asked({"recipient": "DE1", "amount": 5})) is None
    assert found.hits(asked({"recipient": "FR1"})) == FORBIDDEN
    assert found.hits(asked({"recipient": "DE1"}, before=["read_customer"])) == FORBIDDEN


@pytest.mark.parametrize(
    ("arguments", "more"),
    [
        ({}, {}),
        ({"recipient": 5}, {}),
        ({"recipient": None}, {}),
        ({"recipient": "DE1", "amount": 1.5}, {}),
        ({"recipient": "DE1", "amount": 2**64}, {}),
        ({"recipient": "DE1", "unknown": 1}, {}),
        ({"recipient": {"__entity": {"type": "Agent", "id": "x"}}}, {}),
        ({"recipient": {"__extn": {"fn": "decimal", "arg": "1.0"}}}, {}),
        ({"recipient": "DE1"}, {"action": "not in the schema"}),
        ([], {}),
    ],
)
def test_what_does_not_fit_the_schema_is_forbidden(arguments: Json, more: dict[str, Json]) -> None:
    """Cedar skips a `forbid` that fails on what is missing; here that is a no."""
    assert law().hits(asked(arguments, **more)) == UNCLEAR


def test_what_the_library_cannot_even_take_is_forbidden() -> None:
    """Nor is an error of the library itself leave to go on."""
    hit = law().hits(asked({"recipient": object()}))
    assert hit is not None
    assert hit.endswith(f"the engine failed on it {PLACE}")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"policies": "forbid("}, "cedar.policies: are no Cedar policies: "),
        ({"policies": "// nothing"}, "cedar.policies: hold a template, or no policy at all; write `forbid(principal, "),
        (
            {"policies": "forbid(principal == ?principal, action, resource);"},
            "cedar.policies: hold a template, or no policy at all; write `forbid(",
        ),
        (
            {"policies": f"{POLICIES}permit(principal, action, resource);"},
            "cedar.policies: policy 3 permits, and rules only forbid: nobody needs its leave. Remove it.",
        ),
        (
            {"policies": "forbid(principal, action, resource) when { context.arguments.amount > 5 };"},
            "cedar.policies: do not fit the schema: ",
        ),
        ({"schema": "entity Agent; nonsense"}, "cedar.schema: is no Cedar schema: "),
        ({"for": []}, "cedar.for: names nothing; write e.g. 'for: [send_money]', or 'for: \"*\"' for all."),
        ({"schema": None}, "cedar.schema: 'schema' has no value; write one or remove the line."),
    ],
)
def test_what_could_never_be_judged_is_refused_before_it_is_signed(wanted: dict[str, Any], words: str) -> None:
    """Also an optional attribute that is read unasked, on which Cedar would fail open."""
    assert problem(**wanted).startswith(words)


def test_without_the_extra_a_file_is_refused_and_a_signed_one_forbids_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An installation that lacks the library must not act as if there were no policies."""
    signed = text(policies=f"{POLICIES}// signed elsewhere\n")
    monkeypatch.setattr(cedar, "find_spec", lambda name: None if name == "cedarpy" else importlib.util.find_spec(name))
    with pytest.raises(CedarMissing) as missing:
        parse_rules(signed)
    assert missing.value.message == (
        "The organisation's rules have a part in Cedar, and the library that judges it is not installed. "
        "Install it with `pip install 'goldenthread[cedar]'`, or state the part in CEL."
    )
    (everything,) = laws_of(signed)
    assert (everything.name, everything.verdict, everything.covers("any", "thing")) == (
        "unreadable",
        Verdict.DENY,
        True,
    )
    assert str(everything.hits(asked({}))).endswith("(cedar-missing; run `goldenthread rules show` here)")
