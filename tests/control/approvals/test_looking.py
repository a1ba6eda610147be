"""The pure part of vigilance: known cases, agreement, times, and when a flag is due."""

from __future__ import annotations

import json

import pytest

from goldenthread.control.vigilance import Answered, Known, Pair, Past, agreement_of, altered, read_known, times_of
from goldenthread.control.vigilance.judging import Test as Asked
from goldenthread.control.vigilance.judging import clearing, flagging
from goldenthread.promise.contract import Action, Approvers, parse_approvals, parse_limit
from goldenthread.promise.errors import ChecksInvalid
from goldenthread.promise.values import Effect, Json

CHECKED = Asked(approvers=Approvers(checks=parse_approvals("2 % of approvals")), alpha=0.05)
SHARED = Asked(approvers=Approvers(shared=parse_approvals("5 % of approvals")), alpha=0.05)
BOTH = Asked(
    approvers=Approvers(shared=parse_approvals("5 % of approvals"), checks=parse_approvals("2 % of approvals")),
    alpha=0.05,
)
GOOD: dict[str, Json] = {"case": "R-1", "action": "pay", "arguments": {"amount": 9}, "right": "reject", "because": "x"}


def known(**changed: Json) -> Known:
    """One known case of a file."""
    return read_known([json.dumps({**GOOD, **changed})], "known.jsonl")[0]


def test_an_answer_catches_what_is_wrong_or_misses_it() -> None:
    """An edit counts only where it changes what was wrong."""
    wrong = known(wrong=["amount"], arguments={"amount": 9, "order": "a"})
    assert wrong.caught("reject", None) is True
    assert wrong.caught("approve", {"amount": 9, "order": "a"}) is False
    assert wrong.caught("edit", {"amount": 8, "order": "a"}) is True
    assert wrong.caught("edit", {"amount": 9, "order": "b"}) is False
    assert known().caught("edit", {"amount": 8}) is False  # wrong as a whole: no edit mends it
    assert known(right="approve").caught("reject", None) is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "known.jsonl, line 1: it is no JSON"),
        ("[]", "known.jsonl, line 1: it is no object"),
        ('{"cas": 1}', "'cas' is no key here; keys are case, given"),
        ('{"case": 1}', "'case' is not a text"),
        ('{"case": "a"}', "'action' is missing or empty"),
        (json.dumps({**GOOD, "right": "maybe"}), "'right' is 'maybe' and must be 'approve' or 'reject'"),
        (json.dumps({**GOOD, "wrong": ["sum"]}), "'wrong' names 'sum', which is none of its arguments"),
        (json.dumps({**GOOD, "right": "approve", "wrong": ["amount"]}), "it is right to approve, so nothing of it is"),
        ("", "known.jsonl holds no known case"),
    ],
)
def test_a_line_that_is_no_known_case_is_named(line: str, words: str) -> None:
    """An expert mends a file by its words."""
    with pytest.raises(ChecksInvalid, match="Write") as refused:
        read_known([line], "known.jsonl")
    assert words in str(refused.value)


def past(case: str, **arguments: Json) -> Past:
    """A case that people decided."""
    return Past(case=case, given={}, action="pay", arguments=arguments)


def test_what_a_limit_names_is_altered_first_and_the_key_never() -> None:
    """The key says which order it is; the amount says what is wrong with it."""
    action = Action(name="pay", effect=Effect.REVERSIBLE, key="order", limits={None: parse_limit("amount <= 100 EUR")})
    made = altered(past("a", order="a", note="hm", amount=5), [past("b", order="b", note="so", amount=7)], action)
    assert made is not None
    assert (made.arguments, made.wrong, made.right) == (
        {"order": "a", "note": "hm", "amount": 7},
        ("amount",),
        "reject",
    )
    assert made.because == "people decided amount = 5 here, and it said 7"


@pytest.mark.parametrize(
    "other",
    [past("b", order="b", amount=5), past("b", order="b", amount="7"), past("b", order="b"), past("b", amount=None)],
)
def test_no_check_is_made_where_nothing_would_be_wrong(other: Past) -> None:
    """The same value, or one of another type, is no question about a case."""
    action = Action(name="pay", effect=Effect.REVERSIBLE, key="order")
    assert altered(past("a", order="a", amount=5), [other], action) is None


def test_checks_flag_at_the_third_miss_and_at_the_fourth_where_both_tests_share_alpha() -> None:
    """Two tests at the whole of alpha would be wrong twice as often."""
    assert flagging(CHECKED, [True] * 2, []) is None
    assert flagging(CHECKED, [True] * 3, []) is not None
    assert flagging(BOTH, [True] * 3, []) is None
    found = flagging(BOTH, [True] * 4, [])
    assert found is not None
    assert found["evidence"]["alpha"] == 0.025


def test_what_the_contract_does_not_ask_for_flags_nobody() -> None:
    """Old answers stay on record; without the line they are judged no more."""
    assert flagging(SHARED, [True] * 50, []) is None
    assert flagging(CHECKED, [], [("a", True), ("b", True)] * 50) is None


def test_one_colleague_alone_flags_nobody() -> None:
    """Of two who differ, nobody can know which of them doesn't look."""
    assert flagging(SHARED, [], [("a", True)] * 200) is None
    assert flagging(SHARED, [], [("a", True)] * 200 + [("b", False)] * 7) is None
    assert flagging(SHARED, [], [("a", True), ("b", True)] * 7) is not None


def test_a_flag_is_cleared_by_what_shows_the_contrary() -> None:
    """Twenty checks caught without a miss; a miss takes more."""
    assert clearing(CHECKED, "checks", [False] * 19, []) is None
    assert clearing(CHECKED, "checks", [False] * 20, []) is not None
    assert clearing(CHECKED, "checks", [False] * 19 + [True], []) is None
    assert clearing(SHARED, "agreement", [], [("a", False), ("b", False)] * 6) is None
    assert clearing(SHARED, "agreement", [], [("a", False), ("b", False)] * 7) is not None
    assert clearing(SHARED, "agreement", [], [("a", False)] * 50) is None
    assert clearing(SHARED, "checks", [], [("a", False), ("b", False)] * 50) is None


def test_kappa_is_agreement_beyond_chance() -> None:
    """A table worked out by hand: 35 of 50 alike, half of them expected by chance."""
    pairs = [Pair(other="b", own_no=own, other_no=other) for own, other in [(True, True)] * 20 + [(False, False)] * 15]
    pairs += [Pair(other="b", own_no=own, other_no=other) for own, other in [(True, False)] * 5 + [(False, True)] * 10]
    found = agreement_of(pairs)
    assert (found.pairs, found.same, found.share) == (50, 35, 0.7)
    assert found.kappa == pytest.approx(0.4)
    assert agreement_of([]).share is None
    assert agreement_of([Pair(other="b", own_no=False, other_no=False)] * 9).kappa is None


def test_times_are_compared_by_ranks() -> None:
    """One item left open over night moves a mean, and no rank."""
    own = [Answered(by="lee", seconds=float(10 + n), characters=100 * n) for n in range(9)]
    own.append(Answered(by="lee", seconds=90_000.0, characters=1000))
    others = [Answered(by="pam", seconds=float(30 + n), characters=500) for n in range(10)]
    found = times_of("lee", [*own, *others])
    assert (found.answers, found.median_s, found.quicker, found.by_length) == (10, 14.5, 0.9, 1.0)
    assert found.unread == 0.0
    assert times_of("pam", [*own, *others]).by_length is None  # all alike long


def test_answers_sooner_than_anybody_reads_are_counted() -> None:
    """Two seconds for 600 characters are ten words a second."""
    found = times_of(
        "lee", [Answered(by="lee", seconds=2.0, characters=600), Answered(by="lee", seconds=20.0, characters=600)]
    )
    assert (found.unread, found.quicker, found.by_length) == (0.5, None, None)
    assert times_of("nobody", []).median_s is None
