"""The file of rules: everything wrong with it is found before anybody signs, with its place."""

from __future__ import annotations

from typing import Any

import pytest

from control.rules.files import rule, rules_text
from goldenthread.control.rules import LARGEST_RULES, parse_rules, read_rules, rules_difference
from goldenthread.promise.errors import RulesInvalid

FILE = """\
apiVersion: goldenthread/v1
kind: OrganisationRules
version: 1
owner: risk@example.com
rules:
  no-payments-abroad:
    says: Nobody pays abroad without a person.
    for: [send_money, schedule_transfer]
    slices: [payments]
    when: "!(arguments.recipient.startsWith('DE'))"
    then: ask
  never-delete:
    says: Nobody deletes an account.
    for: delete_account
    then: forbid
"""


def problems(text: str) -> list[str]:
    """Every problem of a file, one a line."""
    with pytest.raises(RulesInvalid) as found:
        parse_rules(text)
    return found.value.message.splitlines()


def condition_problem(when: str) -> str:
    """What is said of a condition, without its place."""
    return problems(rules_text({"x": rule(when=when)}))[0].partition("rules.x.when: ")[2]


def test_a_file_is_read_as_its_author_means_it() -> None:
    """What is enforced must be what stands in the file."""
    found = parse_rules(FILE)
    abroad, never = found.rules
    assert (found.version, found.owner, found.text) == (1, "risk@example.com", FILE)
    assert (abroad.name, abroad.then, abroad.when) == (
        "no-payments-abroad",
        "ask",
        "!(arguments.recipient.startsWith('DE'))",
    )
    assert abroad.scope.covers("payments", "send_money")
    assert not abroad.scope.covers("elsewhere", "send_money")
    assert (never.when, never.scope.covers("anywhere", "delete_account")) == (None, True)
    assert dict(found.lines) == {"no-payments-abroad": 6, "never-delete": 12}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "startsWith",
            "begins",
            "rules.yaml:10:34 rules.no-payments-abroad.when: 'begins' is no function here; there is",
        ),
        ("arguments.", "args.", "rules.yaml:10:14 rules.no-payments-abroad.when: 'args' is nothing that a rule can"),
        ("'DE'))", "'DE')", "rules.yaml:10:50 rules.no-payments-abroad.when: is no condition in CEL: "),
        (
            "then: ask",
            "then: allow",
            "rules.yaml:11:11 rules.no-payments-abroad.then: 'allow' is no then; write one of",
        ),
        (
            "    says: Nobody deletes an account.\n",
            "",
            "rules.yaml:13:5 rules.never-delete.says: is missing; write e.g.",
        ),
        ("never-delete", "Never_Delete", "rules.yaml:12:3 rules.Never_Delete: 'Never_Delete' is no rule's name; write"),
        ("never-delete", "cedar", "rules.yaml:12:3 rules.cedar: 'cedar' is a name that the guard itself uses; write"),
        ("schedule_transfer", "send_money", "rules.yaml:8:23 rules.no-payments-abroad.for: 'send_money' stands in the"),
        ("    for: delete_account\n", "    for: []\n", "rules.yaml:14:10 rules.never-delete.for: names nothing; write"),
        (
            "kind: OrganisationRules",
            "kind: Rules",
            "rules.yaml:2:7 kind: 'Rules' is unknown; write 'kind: Organisation",
        ),
        ("version: 1", "version: one", "rules.yaml:3:10 version: 'one' is no whole number; write e.g. 'version: 1'."),
        ("owner: risk@example.com\n", "", "rules.yaml:1:1 owner: is missing; write e.g. 'owner: risk@example.com'."),
        ("then: forbid", "then: forbid\n    els: x", "rules.yaml:16:5 rules.never-delete.els: 'els' is no key"),
        ("for: [send", "for: &a [send", "rules.yaml:8:10 '&a' is an anchor; write each value where it stands."),
    ],
)
def test_what_is_wrong_is_told_with_line_and_column(old: str, new: str, words: str) -> None:
    """Somebody at an editor must find the place at once."""
    assert words in {line[: len(words)] for line in problems(FILE.replace(old, new))}


@pytest.mark.parametrize("text", ["", "just words", "- a\n- list"])
def test_what_is_no_file_of_rules_says_so(text: str) -> None:
    """An empty file must not pass for rules that allow everything."""
    assert "rules.yaml:1:1" in problems(text)[0]


def test_bytes_that_are_no_text_are_refused_at_their_place() -> None:
    """What people sign must be what they read."""
    with pytest.raises(RulesInvalid, match=r"rules.yaml:2:3 Byte 0xFF is not UTF-8; save the file as UTF-8\."):
        read_rules(b"a: 1\nb: \xff\n".replace(b"b: ", b"b:"))


def test_a_file_beyond_all_measure_is_refused_unread() -> None:
    """A file that takes minutes to read would hold up every process that must know the rules."""
    (said,) = problems("#" * (LARGEST_RULES + 1))
    assert said == (
        f"rules.yaml:1:1 The file has {LARGEST_RULES + 1} bytes; "
        f"a file of rules has at most {LARGEST_RULES}. Shorten it."
    )


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("'a'", "gives no yes or no; compare it with something, e.g. 'arguments.amount > 100'."),
        ("size(arguments)", "gives no yes or no; compare it with something, e.g. 'arguments.amount > 100'."),
        ("arguments.a.matches('(((')", "'(((' is no pattern; write one as RE2 knows it, without look-around."),
        (
            "arguments.a.matches(arguments.b)",
            "'matches' takes a pattern in quotes, written here, so that it can be checked now.",
        ),
        (
            "before.exists(action, action == 'x')",
            "'action' is what every rule looks at; give the loop's variable another name.",
        ),
        (
            "arguments.a.exists(x, true) && x == 1",
            "'x' is nothing that a rule can look at; there is slice, action, effect, level, replay, mode, arguments, "
            "before, untrusted, content.",
        ),
        (
            "arguments.a.exists(x, x.exists(y, y.exists(z, z == 1)))",
            "has loops 3 deep; 2 is the most. Write two rules.",
        ),
        ("arguments.a == " + " + ".join(["'a'"] * 10), "has 9 sums; 8 is the most. Write two rules."),
        ("true || " * 300 + "true", "has 2404 characters; a condition has at most 2000. Write two rules."),
        ("!" * 500 + "true", "has 501 words; a condition has at most 400. Write two rules."),
        ("arguments" + "[0]" * 600, "has 1801 words; a condition has at most 400. Write two rules."),
        ("(" * 190 + "true" + ")" * 190, "is no condition in CEL: "),
        ("now() > 1", "'now' is no function here; there is all, bytes, contains, "),
        ("cel.bind(x, 1, x == 1)", "'cel' is nothing that a rule can look at; there is slice, action, "),
    ],
)
def test_a_condition_that_could_never_be_judged_is_refused_before_it_is_signed(when: str, words: str) -> None:
    """Found at night by an action that it stops, it costs more."""
    assert condition_problem(when).startswith(words)


@pytest.mark.parametrize(
    "when",
    [
        "arguments.order['amount'] > 100.5",
        "arguments.to.exists(x, !x.endsWith('@example.com')) || arguments.cc.all(x, x == 'a')",
        "'read_customer' in before && action == 'send_mail'",
        "arguments.note.matches(r'(?i)\\bsecret\\b') // also in capitals",
        'has(arguments.amount) && arguments.amount > 100 || level == """expanded"""',
        "timestamp(arguments.due) < timestamp('2026-01-01T00:00:00Z') && arguments.n in [1, 2u, 0x3]",
        "type(arguments.amount) == int ? arguments.amount > 1 : true",
    ],
)
def test_conditions_that_people_write_are_taken(when: str) -> None:
    """A check that refuses what is right teaches to go around it."""
    assert parse_rules(rules_text({"x": rule(when=when)})).rules[0].when == when


def test_what_a_new_version_changes_is_said_in_words() -> None:
    """Two people sign a difference, not a file of a thousand lines."""

    def said(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str]]:
        old, new = parse_rules(rules_text(before)), parse_rules(rules_text(after, version=2))
        return [(change.direction, f"{change.path}: {change.words}") for change in rules_difference(old, new)]

    assert said({"x": rule()}, {"x": rule()}) == []
    assert said({}, {"x": rule()}) == [
        ("adds", "rules.x: now forbids when `arguments.amount > 100` for pay: Nobody pays more than 100.")
    ]
    assert said({"x": rule()}, {}) == [
        ("removes", "rules.x: no longer forbids when `arguments.amount > 100` for pay: Nobody pays more than 100.")
    ]
    assert said({"x": rule()}, {"x": rule(then="ask")}) == [("loosens", "rules.x: forbids becomes asks a person.")]
    assert said({"x": rule()}, {"x": rule(**{"for": "*"})}) == [
        ("tightens", "rules.x: it was for pay, and is for every action.")
    ]
    assert said({"x": rule()}, {"x": rule(slices=["a"])}) == [
        ("loosens", "rules.x: it was for pay, and is for pay in a.")
    ]
    assert said({"x": rule()}, {"x": rule(when="arguments.amount > 99")}) == [
        ("changes", "rules.x: when `arguments.amount > 100` becomes when `arguments.amount > 99`.")
    ]
