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


def test_a_slice_that_moves_to_another_product_changes_and_goes_on_under_its_stop() -> None:
    """What stops with what is neither more room nor less; that it stays under the old stop must not surprise."""
    line = "slice: open-source-intake\n"
    none, claims, refunds = (
        parse_contract(GOOD.replace(line, line + more)) for more in ("", "product: claims\n", "product: refunds\n")
    )
    assert [str(one) for one in difference(none, claims)] == [
        "changes product: the slice belongs to the product 'claims'."
    ]
    assert [str(one) for one in difference(claims, refunds)] == [
        "changes product: the slice belongs to the product 'refunds' instead of 'claims'; a stop of 'claims' goes on "
        "to stop it."
    ]
    assert [str(one) for one in difference(claims, none)] == [
        "changes product: the slice belongs to no product instead of 'claims'; a stop of 'claims' goes on to stop it."
    ]
    assert difference(claims, claims) == ()


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


RICH = GOOD.replace(
    "  gates:\n", "  claim: about future days\n  segments: {language: [de, en], region: [eu, us]}\n  gates:\n", 1
)
RICH = RICH.replace(
    "agreement >= 80 %]", "agreement >= 80 % in every language, rework_rate not above people by 2 %]", 1
)
RICH = RICH.replace("once in 10000 cases", "once in 10000 cases, calibrated", 1)


@pytest.mark.parametrize(
    ("old", "new", "told", "afresh"),
    [
        (
            "80 % in every language",
            "80 %",
            "loosens autonomy.gates.draft: the gate to draft asks for 'agreement >= 80 %' instead of "
            "'agreement >= 80 % in every language'.",
            {Level.DRAFT},
        ),
        (
            "80 % in every language",
            "80 % in every region",
            "changes autonomy.gates.draft: the gate to draft asks for 'agreement >= 80 % in every region' instead of "
            "'agreement >= 80 % in every language'.",
            {Level.DRAFT},
        ),
        (
            "80 % in every language",
            "90 % in every language",
            "tightens autonomy.gates.draft: the gate to draft asks for 'agreement >= 90 % in every language' instead "
            "of 'agreement >= 80 % in every language'.",
            set(),
        ),
        (
            "80 % in every language",
            "90 %",
            "changes autonomy.gates.draft: the gate to draft asks for 'agreement >= 90 %' instead of "
            "'agreement >= 80 % in every language'.",
            {Level.DRAFT},
        ),
        (
            "agreement >= 85 %",
            "agreement >= 85 % in every language",
            "tightens autonomy.gates.approval: the gate to approval asks for 'agreement >= 85 % in every language' "
            "instead of 'agreement >= 85 %'.",
            set(),
        ),
        (
            "people by 2 %",
            "people by 3 %",
            "loosens autonomy.gates.draft: the gate to draft asks for 'rework_rate not above people by 3 %' instead "
            "of 'rework_rate not above people by 2 %'.",
            {Level.DRAFT},
        ),
        (
            "people by 2 %",
            "people by 1 %",
            "tightens autonomy.gates.draft: the gate to draft asks for 'rework_rate not above people by 1 %' instead "
            "of 'rework_rate not above people by 2 %'.",
            set(),
        ),
        (
            "about future days",
            "over the period",
            "loosens autonomy.claim: what a gate claims is 'over the period' instead of 'about future days'.",
            CLIMB,
        ),
        (
            ", calibrated",
            "",
            "loosens autonomy.false_alarm: tripwires fall later: false alarms are at most as often as stated, "
            "whatever the cases.",
            set(),
        ),
        ("[de, en]", "[de, en, fr]", "tightens autonomy.segments.language: now also names fr.", set()),
        ("language: [de, en]", "language: [de, fr]", None, {Level.DRAFT}),
        ("region: [eu, us]", "region: [eu, asia]", None, set()),
    ],
)
def test_what_a_gate_claims_is_compared_like_its_numbers(
    old: str, new: str, told: str | None, afresh: set[Level]
) -> None:
    """A segment dropped or a margin widened lowers the bar as surely as a smaller number."""
    before, after = parse_contract(RICH), parse_contract(RICH.replace(old, new, 1))
    changes = [str(change) for change in difference(before, after)]
    rest = [f"changes autonomy.gates.{level}: the evidence for {level} starts afresh with the signing of this version."
            for level in LADDER if level in afresh]  # fmt: skip
    assert [change for change in changes if change not in rest and told is not None] == ([told] if told else [])
    assert [change for change in changes if change in rest] == rest
    assert loosened_gates(before, after) == afresh


def test_values_of_a_segment_count_only_where_a_clause_asks() -> None:
    """A list that no gate uses is no promise."""
    before = parse_contract(RICH)
    used = parse_contract(RICH.replace("language: [de, en]", "language: [de, fr]", 1))
    unused = parse_contract(RICH.replace("region: [eu, us]", "region: [eu, asia]", 1))
    assert [str(change) for change in difference(before, used)][:2] == [
        "tightens autonomy.segments.language: now also names fr.",
        "loosens autonomy.segments.language: no longer names en.",
    ]
    assert [str(change) for change in difference(before, unused)] == [
        "changes autonomy.segments.region: now also names asia.",
        "changes autonomy.segments.region: no longer names us.",
    ]


def test_a_segment_nobody_named_before_starts_the_gate_afresh() -> None:
    """Cases that started before the segment was declared name none, and could never be told apart."""
    new = GOOD.replace("  gates:", "  segments: {language: [de, en]}\n  gates:", 1)
    asked = new.replace("agreement >= 85 %", "agreement >= 85 % in every language", 1)
    assert loosened_gates(OLD, parse_contract(new)) == set()
    assert loosened_gates(OLD, parse_contract(asked)) == {Level.APPROVAL}
    assert loosened_gates(parse_contract(new), parse_contract(asked)) == set()


@pytest.mark.parametrize(
    ("old", "new", "told", "afresh"),
    [
        (
            "agreement >= 90 %, agreement >= 80 % in every language",
            "agreement >= 80 % in every language, agreement >= 90 %",
            [],
            set(),
        ),
        (
            "agreement >= 90 %, agreement >= 80 % in every language",
            "agreement >= 90 % in every language",
            [
                "tightens autonomy.gates.draft: the gate to draft asks for 'agreement >= 90 % in every language' "
                "instead of 'agreement >= 80 % in every language'."
            ],
            set(),
        ),
        (
            "agreement >= 90 %, agreement >= 80 % in every language",
            "agreement >= 80 % in every language",
            [
                "loosens autonomy.gates.draft: the gate to draft no longer asks for 'agreement >= 90 %'.",
                "changes autonomy.gates.draft: the evidence for draft starts afresh with the signing of this version.",
            ],
            {Level.DRAFT},
        ),
        ("agreement >= 80 %, agreement >= 80 %", "agreement >= 80 %", [], set()),
        ("agreement >= 80 %, agreement >= 90 %", "agreement >= 90 %", [], set()),
    ],
)
def test_clauses_on_one_metric_do_not_hide_each_other(old: str, new: str, told: list[str], afresh: set[Level]) -> None:
    """A gate may ask 90 % of all cases and 80 % of every language; dropping either must be seen."""
    base = RICH.replace("agreement >= 80 % in every language, rework_rate not above people by 2 %", "HERE", 1)
    before, after = parse_contract(base.replace("HERE", old)), parse_contract(base.replace("HERE", new))
    assert [str(change) for change in difference(before, after)] == told
    assert loosened_gates(before, after) == afresh


def test_hard_events_only_is_a_looser_tripwire() -> None:
    """An agent that falls at fewer events may do more."""
    old = GOOD.replace("any policy_violation", "any hard rework_rate, any policy_violation")
    more = GOOD.replace("any policy_violation", "any rework_rate, any policy_violation")
    fell = "the tripwire to draft falls at"
    assert [str(change) for change in difference(parse_contract(old), parse_contract(more))] == [
        f"tightens autonomy.tripwires.draft: {fell} 'any rework_rate' instead of 'any hard rework_rate'."
    ]
    assert [str(change) for change in difference(parse_contract(more), parse_contract(old))] == [
        f"loosens autonomy.tripwires.draft: {fell} 'any hard rework_rate' instead of 'any rework_rate'."
    ]
