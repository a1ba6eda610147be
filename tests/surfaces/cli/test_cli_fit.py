"""`goldenthread fit`, `rank`, `value`, `promise` and `contract draft`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from factory.candidates.test_slice_facts_files import FILE as FACTS
from factory.value.made import SERVICE, STATED
from goldenthread.factory.fit import our_table
from goldenthread.promise.contract import read_contract
from surfaces.cli.conftest import Written
from surfaces.cli.typed import Terminal
from worlds import World

VALUE = "".join(f"  {name}: {line}\n" for name, line in STATED.items())
WHOLE = FACTS.partition("value:")[0] + "value:\n" + VALUE

OTHER = (
    "value-problem: The facts are of 'help-desk-tickets' and the contract is of 'payments'. "
    "Name two files of one slice."
)


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    """Facts of a help desk."""
    path = tmp_path / "facts.yaml"
    path.write_text(WHOLE)
    return path


def test_a_recommendation_is_printed_with_every_line_behind_it(terminal: Terminal, facts: Path) -> None:
    """Somebody will argue with it, so it argues first."""
    text = terminal.done("fit recommend facts.yaml")
    assert text.startswith(
        "One bound call of a model (single_call), up to shadow.\n\nWhat the work needs\n  N1  at least"
    )
    assert "  C0  at most shadow: " in text
    assert "[regulation: not stated], so the worst is taken" in text
    assert "  N1, N2" not in text
    found = json.loads(terminal.done("fit recommend facts.yaml --json"))
    assert (found["approach"], found["ceiling"], found["reasons"][0]["row"]) == ("single_call", "shadow", "N1")


def test_a_table_of_ones_own_is_followed(terminal: Terminal, facts: Path, tmp_path: Path) -> None:
    """Who knows better changes a row, and the recommendation says by which table."""
    text = (
        our_table()
        .text.replace("version: 1", "version: 7")
        .replace("at_least: single_call, when: {rules", "at_least: tool_use, when: {rules")
    )
    (tmp_path / "own.yaml").write_text(text)
    said = terminal.done("fit recommend facts.yaml --table own.yaml")
    assert said.startswith("A model that chooses among declared tools (tool_use)")
    assert said.endswith("By version 7 of the table.\n")
    assert terminal.done("fit rows --table own.yaml").startswith("Version 7 of the table, sha256:")
    assert json.loads(terminal.done("fit rows --json"))["text"] == our_table().text


def test_a_decision_goes_on_record_with_its_reason(terminal: Terminal, world: World, facts: Path) -> None:
    """The table recommends, a person decides, and a year later both can be read."""
    assert terminal.done("fit log") == "Nothing was decided yet. Decide with `goldenthread fit decide`.\n"
    done = terminal.done(
        'fit decide facts.yaml --as maya@example.com --because "We have ten years of precedents." '
        "--approach retrieval --ceiling approval"
    )
    assert re.sub(r"#\d+", "#N", done) == (
        "On record (organisation#N): 'help-desk-tickets' gets retrieval up to approval.\n"
        "That overrules the table, version 1.\n"
    )
    assert "single_call up to shadow  retrieval up to approval  maya@example.com  We have ten years" in terminal.done(
        "fit log help-desk-tickets"
    )
    assert json.loads(terminal.done("fit log other --json")) == []


def test_a_proof_is_planned_with_a_confidence_that_can_be_written(
    terminal: Terminal, facts: Path, contract: Written
) -> None:
    """What the plan tells people to write, the contract must take."""
    path = contract(gates={"draft": ["agreement >= 70 %"]}, ceiling="draft")
    assert terminal.refused("fit prove facts.yaml payments.yaml") == OTHER
    facts.write_text(facts.read_text().replace("help-desk-tickets", "payments"))
    said = terminal.done("fit prove facts.yaml payments.yaml --cost rules=0.5")
    assert "  single_call: 0.02 EUR/case (default of the table); it is what the table recommends\n" in said
    assert "  rules: 0.5 EUR/case (measured); it is less free; if it passes, nothing freer is needed\n" in said
    written = re.search(r"write `(confidence: [^`]+)`", said)
    assert written is not None
    path.write_text(path.read_text().replace("confidence: 95 %", written[1]))
    assert read_contract(path.read_bytes()).autonomy is not None
    assert terminal.refused("fit prove facts.yaml payments.yaml --cost rules=free").startswith(
        "value-problem: 'rules=free' is no cost of an approach"
    )


def test_a_value_is_a_range_with_its_sources(terminal: Terminal, facts: Path, contract: Written) -> None:
    """What it is worth, and what of that is a guess."""
    contract(gates={"draft": ["agreement >= 70 %"]}, ceiling="draft")
    assert terminal.refused("value facts.yaml payments.yaml") == OTHER
    facts.write_text(facts.read_text().replace("help-desk-tickets", "payments"))
    said = terminal.done("value facts.yaml payments.yaml --weeks 26")
    assert re.match(r"Worth -[\d,]+ to -?[\d,]+ EUR over 26 weeks, likely -[\d,]+\.\n", said)
    assert "  reach           100 % (default, all cases)\n" in said
    found = json.loads(terminal.done("value facts.yaml payments.yaml --weeks 26 --json"))
    assert (found["weeks"], found["inputs"]["minutes"]["source"]) == (26, "log")


def test_promises_are_weighed_at_the_terminal_and_on_a_page(terminal: Terminal, tmp_path: Path) -> None:
    """A decision is made from one page."""
    (tmp_path / "service.yaml").write_text(SERVICE)
    assert "every-order by agent brings most: likely 504 EUR a week more than today" in terminal.done(
        "promise service.yaml"
    )
    assert terminal.done("promise service.yaml --html page.html") == "Wrote page.html: one page, to open or print.\n"
    assert "every-order by agent brings most" in (tmp_path / "page.html").read_text()
    assert json.loads(terminal.done("promise service.yaml --json"))["best"] == "every-order by agent"
    (tmp_path / "service.yaml").write_bytes(b"name: \xff")
    assert terminal.refused("promise service.yaml").startswith("file-unusable: service.yaml cannot be read: byte 0xFF")


def test_slices_are_ranked_weighed_and_adjusted(terminal: Terminal, facts: Path) -> None:
    """The list, and why it is in that order."""
    facts.with_name("rare.yaml").write_text(
        WHOLE.replace("help-desk-tickets", "rare").replace("4580 cases\n", "300 cases\n")
    )
    said = terminal.done("rank facts.yaml rare.yaml --line 0.45")
    assert said.index("1. help-desk-tickets") < said.index("--- below the line of 0.45 ---") < said.index("2. rare")
    adjusted = 'rank rare.yaml --weight volume=0 --set "rare.deadline=1,it stands in the order" --json'
    (found,) = json.loads(terminal.done(adjusted))
    assert found["scores"]["deadline"] == {
        "low": 1.0, "high": 1.0, "words": "0 % of the cases have a deadline", "adjusted": "it stands in the order",
    }  # fmt: skip
    assert terminal.refused("rank rare.yaml --weight colour=1").startswith("value-problem: 'colour=1' is no weight")
    assert terminal.refused("rank rare.yaml --set rare.done=1").startswith("value-problem: 'rare.done=1' sets no score")


def test_a_contract_is_drafted_and_its_check_lists_the_open_questions(terminal: Terminal, facts: Path) -> None:
    """From facts to a page with questions, and from there to a sound contract by answering them."""
    stated = WHOLE.replace("  tools: 1 systems\n", "  tools: 1 systems\n  regulation: none\n  effect: reversible\n"
                           "  checkable: later\n  harm: small\n  volume_a_week: 22.9\n")  # fmt: skip
    facts.write_text(stated)
    said = terminal.done("contract draft facts.yaml intake.yaml --weeks 12")
    assert said.startswith("Wrote intake.yaml with 16 questions to answer:\n  expert: Which expert")
    assert terminal.refused("contract draft facts.yaml intake.yaml").startswith(
        "value-problem: intake.yaml is there already and is never overwritten."
    )
    lines = terminal.refused("contract check intake.yaml").splitlines()
    assert len(lines) == 16
    assert all("This is still a question: " in line for line in lines)


def test_two_files_of_one_slice_are_not_ranked_against_each_other(terminal: Terminal, facts: Path) -> None:
    """A score that is set for one of them would be set for both."""
    (facts.parent / "again.yaml").write_text(facts.read_text())
    assert terminal.refused("rank facts.yaml again.yaml") == (
        "value-problem: 'help-desk-tickets' is the slice of two of these files; give one of them another name."
    )
