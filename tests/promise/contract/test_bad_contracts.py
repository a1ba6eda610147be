"""Bad contracts, each with its exact words; the tables stand beside, as a diff to the reference contract."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from time import process_time

import pytest

from goldenthread.promise.contract import parse_contract, read_contract, refusals
from goldenthread.promise.errors import ContractInvalid

GOOD = (files("goldenthread.products.open_source_intake") / "contract.yaml").read_text(encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class Bad:
    """The reference contract with some of it replaced, and what must be said of it."""

    name: str
    old: str
    new: str
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        assert self.old in GOOD, f"{self.name}: the reference contract has changed"
        return GOOD.replace(self.old, self.new, 1)


def _table(name: str) -> list[Bad]:
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    return [_case(block) for block in text.split("\n\n")]


def _case(block: str) -> Bad:
    lines = [line for line in block.split("\n") if line]
    old, new, words = ([line[2:] for line in lines if line.startswith(f"{sign} ")] for sign in "-+=")
    ending = "" if new else "\n"  # with nothing in its place, the line goes whole
    return Bad(name=lines[0][2:], old="\n".join(old) + ending, new="\n".join(new), words=tuple(words))


INVALID = _table("invalid_contracts.txt")
REFUSED = _table("refused_contracts.txt")


@pytest.mark.parametrize("bad", INVALID, ids=lambda bad: bad.name)
def test_what_does_not_read_is_told_with_place_and_cure(bad: Bad) -> None:
    """An author who must guess what is wrong gives up, or guesses wrong and signs it."""
    with pytest.raises(ContractInvalid) as caught:
        parse_contract(bad.text, "intake.yaml")
    assert str(caught.value) == "contract-invalid: " + "\n".join(bad.words)


@pytest.mark.parametrize("bad", REFUSED, ids=lambda bad: bad.name)
def test_what_breaks_a_rule_is_refused_with_place_and_cure(bad: Bad) -> None:
    """A contract that reads but promises nothing is the one that fools people."""
    assert tuple(str(refusal) for refusal in refusals(parse_contract(bad.text))) == bad.words


def test_there_are_enough_bad_contracts() -> None:
    """The tables are read from files, and an empty file would pass every case in it."""
    assert len(INVALID) >= 185
    assert len(REFUSED) >= 65


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "c.yaml:1:1 The file is empty; write a contract, e.g. with `goldenthread contract new`."),
        (
            "# only a comment\n",
            "c.yaml:1:1 The file is empty; write a contract, e.g. with `goldenthread contract new`.",
        ),
        ("hello", "c.yaml:1:1 The file holds no keys; write a contract, e.g. with `goldenthread contract new`."),
        ("- a\n", "c.yaml:1:1 The file holds no keys; write a contract, e.g. with `goldenthread contract new`."),
        ("#" * 70000, "c.yaml:1:1 The file has 70000 bytes; a contract has at most 65536. Clarify the work: one page."),
        ("a: \0", "c.yaml:1:4 An invisible character stands here (U+0000); remove it."),
        ("a: \ud800", "c.yaml:1:4 An invisible character stands here (U+D800); remove it."),
        ("a: \u202e", "c.yaml:1:4 An invisible character stands here (U+202E); remove it."),
        ("a: \u2028", "c.yaml:1:4 An invisible character stands here (U+2028); remove it."),
        ("[" * 60000, "c.yaml:1:9 Nested more than 8 deep; a contract needs 5."),
        ("{a: " * 9, "c.yaml:1:33 Nested more than 8 deep; a contract needs 5."),
    ],
    ids=["empty", "comment", "scalar", "list", "big", "nul", "surrogate", "bidi", "separator", "bomb", "map bomb"],
)
def test_a_file_that_is_no_contract_is_told_on_a_line_of_its_own(text: str, words: str) -> None:
    """Hostile and broken files end in words, not in a traceback or in a machine that is out of memory."""
    with pytest.raises(ContractInvalid) as caught:
        parse_contract(text, "c.yaml")
    assert words in str(caught.value).removeprefix("contract-invalid: ").split("\n")


def test_a_tab_is_named_as_such() -> None:
    """YAML's own words for a tab ('cannot start any token') have cost people hours."""
    with pytest.raises(ContractInvalid) as caught:
        parse_contract(GOOD.replace("  business:", "\tbusiness:", 1), "c.yaml")
    assert str(caught.value) == "contract-invalid: c.yaml:15:1 A tab indents this line; write spaces."


def test_bytes_that_are_not_utf_8_are_told_by_line_and_column() -> None:
    """A file saved by an old editor must not be signed with a letter replaced."""
    with pytest.raises(ContractInvalid) as caught:
        read_contract(b"a: b\nc: \xff", "c.yaml")
    assert str(caught.value) == "contract-invalid: c.yaml:2:4 Byte 0xFF is not UTF-8; save the file as UTF-8."


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    """Half of all product owners write on Windows; the digest still covers the bytes as they are."""
    content = b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()
    contract = read_contract(content)
    assert contract.owner == "maya@example.com"
    assert contract.text.encode() == content


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    """Five rounds of mend and run again are four too many."""
    text = GOOD.replace("120 cases per week", "many").replace("start: shadow", "start: shade").replace("bound", "b", 1)
    with pytest.raises(ContractInvalid) as caught:
        parse_contract(text, "c.yaml")
    assert [(problem.line, problem.path) for problem in caught.value.problems] == [
        (8, "volume"),
        (12, "approach"),
        (32, "autonomy.start"),
    ]


def test_a_column_points_into_the_line() -> None:
    """Between quotes too, the place that is wrong is the place that is named."""
    with pytest.raises(ContractInvalid) as caught:
        parse_contract(GOOD.replace('">= 60 %"', '">= 60 percent"'), "c.yaml")
    problem = caught.value.problems[0]
    assert (
        GOOD.replace('">= 60 %"', '">= 60 percent"').split("\n")[problem.line - 1][problem.column - 1 :] == 'percent"'
    )


@pytest.mark.parametrize(
    "text",
    [
        "lists: {a: [" + "x," * 32000 + "]}",
        "".join(f"k{number}: 1\n" for number in range(7000)),
        "\t\n" * 32000,
        "a: " + "\u202e" * 21000,
    ],
    ids=["doubles", "keys", "tabs", "invisible"],
)
def test_a_hostile_file_is_answered_in_seconds(text: str) -> None:
    """Thousands of problems in one file once took minutes, each compared with every other."""
    began = process_time()
    with pytest.raises(ContractInvalid):
        parse_contract(text)
    assert process_time() - began < 20
