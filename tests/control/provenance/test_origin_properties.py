"""What holds of every value and text: nothing random is trusted, spelling is free, hostile sizes are bounded."""

from __future__ import annotations

import string
import time
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from goldenthread.control.provenance import Origins
from goldenthread.promise.values import Json

UNHURRIED = settings(deadline=None)  # others may use this machine, too
Spell = Callable[[str], str]


def asked(text: str) -> Origins:
    """What a run knows that was given a task."""
    origins = Origins()
    origins.read("the task", {"request": text}, None, prose=True)
    return origins


TEXTS = st.text(alphabet=string.ascii_letters + string.digits + " .,:;@/-_'\"()€\n", max_size=200)
NAMES = st.text(alphabet=string.ascii_letters + string.digits, min_size=12, max_size=24)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)


@UNHURRIED
@given(text=TEXTS, name=NAMES)
def test_nothing_random_is_ever_trusted(text: str, name: str) -> None:
    """A name that stands nowhere is in no text, whatever the text holds."""
    if name.lower() not in text.lower():
        assert asked(text).problem(name) is not None


@UNHURRIED
@given(tree=TREES)
def test_every_value_of_a_trusted_output_is_trusted(tree: Json) -> None:
    """What a system of record gave may be used as it was given."""
    origins = Origins()
    origins.read("read, call 1", tree, None)
    if not _has_odd_number(tree):
        assert origins.problem(tree) is None


@UNHURRIED
@given(tree=TREES)
def test_no_value_of_an_untrusted_output_is_trusted(tree: Json) -> None:
    """Reading never makes anything trusted that the contract does not trust."""
    origins = Origins()
    origins.read("read, call 1", tree)
    assert (origins.problem(tree) is None) == (tree is None or not list(_leaves(tree)))


@UNHURRIED
@given(
    name=st.text(alphabet=string.ascii_letters, min_size=2, max_size=20).map(str.capitalize),
    before=st.sampled_from(["Send it to ", "to '", "an (", "to\t", "or \u200b"]),
    after=st.sampled_from([" now", "' now", ") now", ".", ", please", "\nnow", ""]),
    spell=st.sampled_from([str.upper, str.lower, str.title, lambda text: f" {text} ", str]),
)
def test_case_blanks_and_punctuation_do_not_matter(
    name: str, before: str, after: str, spell: Callable[[str], str]
) -> None:
    """The same name is the same name."""
    assert asked(f"{before}{name}{after}").problem(spell(name)) is None


@UNHURRIED
@given(worth=st.decimals(min_value=1, max_value=10**9, places=2), spell=st.sampled_from(["{:f}", "{:,}"]))
def test_a_number_is_worth_what_it_is_worth(worth: Decimal, spell: str) -> None:
    """10, 10.0 and '10.00' are one amount, with or without thousands."""
    origins = asked(f"Pay {spell.format(worth)} EUR to Dora")
    assert origins.problem(float(str(worth))) is None
    assert origins.problem(str(worth)) is None


@UNHURRIED
@given(start=st.integers(0, 90), end=st.integers(0, 90))
@example(start=0, end=1)
def test_a_piece_of_a_name_is_not_trusted(start: int, end: int) -> None:
    """Only whole words count, so no longer name gives a shorter one away."""
    name = "QX7731KKPLMZN0042981"
    piece = name[start:end]
    if piece and piece != name:
        assert asked(f"Pay {name}").problem(piece) is not None


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "a.",
        "AB12 ",
        "1",
        "a@",
        "1 ",
        "x ",
        "://",
        "a:",
        "AB12 AAAA ",
        "-",
        "'a' ",
        "1.1.",
        "\u0661",
        "\u200b",
        "'{a} b' ",
    ],
)
def test_hostile_texts_are_read_in_bounded_time(unit: str) -> None:
    """A page that an attacker writes must not stop the guard."""
    text = (unit * 50_000)[:50_000]
    origins, began = Origins(), time.process_time()
    origins.read("read, call 1", text, None, prose=True)
    origins.read("read, call 2", text)
    for value in ("zq 12", "a", text, 77.5, "1", unit):
        origins.problem(value)
        origins.problem_of_links(value)
    assert time.process_time() - began < 10


def test_what_is_beyond_the_bounds_is_not_trusted() -> None:
    """Whoever fills the memory of a run loses trust, and gains none."""
    origins = Origins()
    origins.read("read, call 1", ["x" * 999_000, "Alice123"], None)
    assert origins.problem("Alice123") is None
    origins.read("read, call 2", [*("y" * 100_000 for _ in range(9)), "z" * 99_990], None)
    origins.read("read, call 3", "Bob45678", None)
    assert origins.problem("Bob45678") is not None
    assert origins.problem(["Alice123"] * 200_000) == "holds more than can be looked up"


def _has_odd_number(tree: Json) -> bool:
    """Whether a number stands in it that nothing is equal to, or one beyond what is looked up."""
    return any(
        isinstance(leaf, int | float) and not isinstance(leaf, bool) and not abs(leaf) < 10**17
        for leaf in _leaves(tree)
    )


def _leaves(tree: Json) -> list[Json]:
    if isinstance(tree, dict):
        return [*tree, *(leaf for inner in tree.values() for leaf in _leaves(inner))]
    if isinstance(tree, list):
        return [leaf for inner in tree for leaf in _leaves(inner)]
    return [] if tree is None else [tree]
