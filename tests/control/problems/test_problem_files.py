"""The file of a problem map: everything wrong with it is found at once, each with its place; adding leaves the rest."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from control.problems.maps import a_problem, map_text
from goldenthread.control.problems import (
    Problem,
    Rating,
    Worth,
    parse_problems,
    read_problems,
    with_changed,
    with_problem,
)
from goldenthread.promise.errors import ProblemsConflict, ProblemsInvalid, ProblemUnknown

FILE = """\
# What we would like to solve.
apiVersion: goldenthread/v1
kind: ProblemMap
version: 1
owner: maya@example.com
problems:
  slow-requests:
    says: Requests wait two days, and most are routine.
    owner: lead@example.com
    for: developers who ask
    category: waiting
    worth: 40000 to 90000 EUR/year
    tractability: 5 of 5, decisions are recorded and can be undone
    measurability: 5 of 5, every request has two timestamps
    evidence:
      ticket export 2026-Q1: 412 requests, median 2.1 d   # counted by hand
    slices: [intake]

# The end.
"""
NEW = Problem(
    name="wrong-invoices",
    says="One invoice in fifty is wrong: nobody checks.",
    owner="finance@example.com",
    sufferer="customers",
    category="errors",
    horizon=2,
    worth=Worth(low=Decimal(1000), high=Decimal(1000), currency="EUR"),
    evidence={"complaints: 2025": "1200 of 61000"},
    tractability=Rating(score=3, because="the causes are known"),
    measurability=Rating(score=4, because="complaints are counted"),
    slices=("invoices",),
)


def test_a_file_reads_to_what_it_says() -> None:
    """Each line, followed into the record."""
    found = parse_problems(FILE)
    (one,) = found.problems
    assert (found.version, found.owner, found.lines) == (1, "maya@example.com", {"slow-requests": 7})
    assert (one.name, one.owner, one.sufferer, one.horizon) == (
        "slow-requests", "lead@example.com", "developers who ask", 1,
    )  # fmt: skip
    assert one.worth == Worth(low=Decimal(40000), high=Decimal(90000), currency="EUR")
    assert one.worth.middle == 65000
    assert one.tractability == Rating(score=5, because="decisions are recorded and can be undone")
    assert one.evidence == {"ticket export 2026-Q1": "412 requests, median 2.1 d"}
    assert (one.slices, one.set_aside) == (("intake",), None)
    assert read_problems(FILE.encode()) == found


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("kind: ProblemMap", "kind: ProblemMaps", "3:7 kind", "write 'kind: ProblemMap'."),
        ("    for: developers who ask\n", "", "8:5 problems.slow-requests.for", "is missing; write e.g."),
        ("category: waiting", "category: wating", "11:15", "'wating' is no category; write 'waiting'."),
        ("5 of 5, every", "6 of 5, every", "14:20", "is no rating with a reason; write e.g."),
        ("5 of 5, decisions are recorded and can be undone", "5 of 5", "13:19", "'5 of 5' is no rating with a reason"),
        ("40000 to 90000 EUR/year", "90000 to 40000 EUR/year", "12:21", "40000 lies below 90000"),
        ("EUR/year", "ERU/year", "12:27", "'ERU' is no currency"),
        ("40000 to 90000 EUR/year", "a lot", "12:12", "'a lot' is no worth in a year"),
        ("40000 to 90000 EUR/year", f"1{'0' * 400} EUR/year", "12:12", "is no worth in a year"),
        ("  slow-requests:", "  Slow Requests:", "7:3", "is no problem's name"),
        ("slices: [intake]", "slices: intake", "17:13", "is no list; write e.g."),
        ("slices: [intake]", "slices: [In Take]", "17:14", "'In Take' is no slice's name"),
        ("    evidence:\n      ticket export 2026-Q1: 412 requests, median 2.1 d   # counted by hand\n",
         "    evidence: somebody said so\n", "15:15", "is no block of keys"),
        ("version: 1", "version: 0", "4:10", "0 lies outside"),
        ("owner: lead@", "holder: lead@", "9:5", "'holder' is no key"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_place(old: str, new: str, place: str, words: str) -> None:
    """A map is written by people who write it once a quarter: they must be told where and what."""
    assert old in FILE
    with pytest.raises(ProblemsInvalid) as found:
        parse_problems(FILE.replace(old, new))
    assert any(str(one).startswith(f"problems.yaml:{place}") and words in str(one) for one in found.value.problems), (
        str(found.value)
    )


@pytest.mark.parametrize("text", ["", "[]", "problems: {", "\tproblems:", "a: &x b"])
def test_what_is_no_map_is_refused(text: str) -> None:
    """Nothing is put in force by halves."""
    with pytest.raises(ProblemsInvalid, match=r"problems\.yaml:1"):
        parse_problems(text)


def test_bytes_that_are_no_text_are_refused() -> None:
    """What is signed must be what people saw."""
    with pytest.raises(ProblemsInvalid, match=r"problems\.yaml:2:3 Byte 0xFF is not UTF-8"):
        read_problems(b"a: b\nc \xff")


def test_a_slice_is_for_one_problem() -> None:
    """Whoever asks what a contract is for gets one answer."""
    twice = {"one": a_problem(slices=["payments"]), "two": a_problem(slices=["payments"])}
    with pytest.raises(ProblemsInvalid, match="'payments' stands under 'one' already; a slice is for one problem"):
        parse_problems(map_text(twice))


def test_a_problem_is_added_and_the_rest_stays_as_it_was() -> None:
    """Comments and order are somebody's, too."""
    made = with_problem(FILE, NEW, owner="nobody", version=2)
    assert made.replace("version: 2", "version: 1").startswith(FILE.split("\n# The end.", maxsplit=1)[0].rstrip("\n"))
    assert made.endswith("\n# The end.\n")
    found = parse_problems(made)
    assert (found.version, [one.name for one in found.problems]) == (2, ["slow-requests", "wrong-invoices"])
    assert found.problems[1] == NEW
    with pytest.raises(ProblemsConflict, match="A problem 'wrong-invoices' is on the map already, in line 1"):
        with_problem(made, NEW, owner="nobody")


@pytest.mark.parametrize(
    "changed", [{"set_aside": "Too small."}, {"says": "true"}, {"says": 'a "b": #c'}, {"worth": None}]
)
def test_a_file_begins_with_whatever_problem_comes_first(changed: dict[str, Any]) -> None:
    """What is written reads back as it was said."""
    one = replace(NEW, **changed)
    found = parse_problems(with_problem(None, one, owner="maya@example.com"))
    assert (found.version, found.owner, found.problems) == (1, "maya@example.com", (one,))


def test_what_cannot_stand_in_a_map_is_not_written() -> None:
    """A broken file is found before it is there."""
    with pytest.raises(ProblemsInvalid, match="'anger' is no category"):
        with_problem(None, replace(NEW, category="anger"), owner="maya@example.com")


@pytest.mark.parametrize("name", ["null", "true", "no"])
def test_a_problem_and_a_slice_of_any_name_are_read_again(name: str) -> None:
    """Slices are named by what a log calls its steps, and YAML has words of its own."""
    one = replace(NEW, name=name, slices=(name,))
    assert parse_problems(with_problem(None, one, owner="maya@example.com")).problems == (one,)


def test_a_map_that_is_empty_takes_its_first_problem() -> None:
    """Braces are how one writes that there is none yet."""
    empty = "apiVersion: goldenthread/v1\nkind: ProblemMap\nversion: 1\nowner: maya@example.com\nproblems: {}  # none\n"
    assert parse_problems(with_problem(empty, NEW, owner="nobody")).problems == (NEW,)


@pytest.mark.parametrize(("old", "new"), [("problems:", '"problems":'), ("\n", "\n  ")])
def test_a_map_that_is_written_otherwise_is_left_alone_with_the_reason(old: str, new: str) -> None:
    """It reads, but nobody can add a line to it and leave the rest as it was."""
    text = with_problem(None, NEW, owner="maya@example.com")
    other = "  " + text.rstrip("\n").replace(old, new) + "\n" if old == "\n" else text.replace(old, new)
    assert parse_problems(other).problems == (NEW,)
    with pytest.raises(ProblemsConflict, match="no line of it begins with 'problems:'"):
        with_problem(other, replace(NEW, name="other", slices=()), owner="nobody")
    with pytest.raises(ProblemsConflict, match="no line of it begins with 'problems:'"):
        with_changed(other, NEW)


def test_a_problem_says_something_else_and_the_rest_stays_as_it_was() -> None:
    """Whatever stands before and after it, comments about the next one too."""
    both = with_problem(FILE, NEW, owner="nobody").replace(
        "  wrong-invoices:", "  # About invoices.\n  wrong-invoices:"
    )
    first, second = parse_problems(both).problems
    earlier = with_changed(both, replace(first, says="They wait four days."), version=2)
    assert parse_problems(earlier).problems == (replace(first, says="They wait four days."), second)
    assert earlier.startswith("# What we would like to solve.\n")
    assert earlier.partition("  # About")[2] == both.partition("  # About")[2]
    later = with_changed(both, replace(second, worth=None, slices=()), version=2)
    assert parse_problems(later).problems == (first, replace(second, worth=None, slices=()))
    assert later.partition("  # About")[0] == both.partition("  # About")[0].replace("version: 1", "version: 2")
    assert later.endswith("\n# The end.\n")
    with pytest.raises(ProblemUnknown, match="There is no problem 'none' on this map; it has slow-requests"):
        with_changed(both, replace(first, name="none"))
