"""What a new version loosens or tightens."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from goldenthread.promise.contract import difference, loosened_gates, parse_contract
from goldenthread.promise.values import LADDER, Level

GOOD = (files("goldenthread.products.open_source_intake") / "contract.yaml").read_text(encoding="utf-8")
OLD = parse_contract(GOOD)
CLIMB = {Level.DRAFT, Level.APPROVAL, Level.CONSTRAINED}


def _changed(old: str, new: str) -> list[str]:
    assert old in GOOD
    return [str(change) for change in difference(OLD, parse_contract(GOOD.replace(old, new, 1)))]


def _table() -> list[tuple[str, str, list[str]]]:
    """Blocks of lines: `-` what stands in the reference contract, `+` what replaces it, `=` what must be told."""
    text = (Path(__file__).parent / "differences.txt").read_text(encoding="utf-8")
    return [_row(block.strip("\n").split("\n")) for block in text.split("\n\n")]


def _row(lines: list[str]) -> tuple[str, str, list[str]]:
    old, new, told = ([line[2:] for line in lines if line.startswith(f"{sign} ")] for sign in "-+=")
    return "\n".join(old) + ("" if new else "\n"), "\n".join(new), told


@pytest.mark.parametrize(("old", "new", "told"), _table())
def test_a_change_is_told_in_words_with_its_direction(old: str, new: str, told: list[str]) -> None:
    """Whoever signs must see at once whether the agent gains room."""
    assert _changed(old, new) == told


def test_the_table_of_changes_is_there() -> None:
    """It is read from a file, and an empty file would pass every case in it."""
    assert len(_table()) >= 30


def test_a_part_that_goes_makes_a_prototype_again() -> None:
    """Dropping the technique drops the contract out of force, which nobody should do by accident."""
    new = parse_contract(GOOD[: GOOD.index("technique:")])
    assert [str(change) for change in difference(OLD, new)] == [
        "removes technique: this part is gone; the slice becomes a prototype."
    ]


@pytest.mark.parametrize(
    ("old", "new", "afresh"),
    [
        ("agreement >= 80 %", "agreement >= 70 %", {Level.DRAFT}),
        ("agreement >= 80 %", "agreement >= 90 %", set()),
        ("agreement >= 80 %", "agreement > 80 %", set()),
        ("draft: [agreement >= 80 %]", "draft: [ungrounded_rate <= 5 %]", {Level.DRAFT}),
        ("draft: [agreement >= 80 %]", "draft: [agreement >= 80 %, ungrounded_rate <= 5 %]", set()),
        ("agreement >= 80 %", "agreement >= 80 % in 28 d", {Level.DRAFT}),
        ("agent_time p90", "agent_time p50", {Level.CONSTRAINED}),
        ("<= 10 min", "<= 11 min", {Level.CONSTRAINED}),
        ("<= 10 min", "<= 540 s", set()),
        ("<= 10 min", "<= 600 s", set()),
        ("cap 5 EUR", "cap 9 EUR", {Level.CONSTRAINED}),
        ("cap 5 EUR", "cap 4 EUR", {Level.CONSTRAINED}),
        ("0.40 EUR/case cap 5 EUR", "0.40 USD/case cap 5 USD", {Level.CONSTRAINED}),
        ("confidence: 95 %", "confidence: 90 %", CLIMB),
        ("confidence: 95 %", "confidence: 99 %", set()),
        ('escalation_rate: "<= 35 %"', 'escalation_rate: "<= 45 %"', CLIMB),
        ('escalation_rate: "<= 35 %"', 'escalation_rate: "<= 25 %"', set()),
        ('  escalation_rate: "<= 35 %"\n', "", CLIMB),
        ("rework_rate > 3 %", "rework_rate > 9 %", set()),
        ("MIT, BSD", "GPL-3.0, MIT, BSD", set()),
        ("ceiling: constrained", "ceiling: expanded", set()),
        ("    draft: [agreement >= 80 %]\n", "", set()),
    ],
)
def test_evidence_starts_afresh_where_a_gate_asks_for_less(old: str, new: str, afresh: set[Level]) -> None:
    """C4: nobody is promoted on a bar that was lowered after the fact, and nobody loses what they earned unfairly."""
    assert old in GOOD
    assert loosened_gates(OLD, parse_contract(GOOD.replace(old, new, 1))) == afresh


def test_a_new_gate_starts_afresh() -> None:
    """Only cases that started after the version that states a gate count."""
    new = parse_contract(GOOD.replace("  tripwires:", "    expanded: [rework_rate <= 1 %]\n  tripwires:"))
    assert loosened_gates(OLD, new) == {Level.EXPANDED}
    without = parse_contract(GOOD.replace("    draft: [agreement >= 80 %]\n", ""))
    assert loosened_gates(without, OLD) == {Level.DRAFT}


def test_the_same_contract_has_no_difference() -> None:
    """A new version with other comments binds nobody otherwise."""
    again = parse_contract("# a comment\n" + GOOD)
    assert difference(OLD, again) == ()
    assert loosened_gates(OLD, again) == set()
    assert all(level not in loosened_gates(OLD, again) for level in LADDER)
