"""`goldenthread contract`: check, plan, show, diff, sign, list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from goldenthread.promise.contract.schema import contract_schema
from surfaces.cli.conftest import Worked, Written
from surfaces.cli.typed import Terminal, steady
from worlds import World

SIGNERS = ("maya@example.com", "expert@example.com", "finance-ops", "customer-desk")


def test_a_sound_contract_may_be_signed(terminal: Terminal, contract: Written) -> None:
    """The check says who must sign, before anybody does."""
    contract()
    assert steady(terminal.done("contract check payments.yaml")) == (
        "payments.yaml is sound: 'payments', version 1, sha256:<digest>.\n"
        "To sign: maya@example.com as owner, expert@example.com as expert, finance-ops as data-owner, "
        "customer-desk as data-owner.\n"
        "Next: goldenthread contract plan payments.yaml\n"
    )


def test_a_prototype_ends_with_3(terminal: Terminal, contract: Written) -> None:
    """A script tells a prototype from a sound and from a wrong contract by the exit code."""
    file = contract()
    file.write_text("\n".join(line for line in file.read_text().splitlines() if not line.startswith("adoption:")))
    ran = terminal("contract check payments.yaml")
    assert (ran.code, ran.err) == (3, "")
    assert ran.out == (
        "payments.yaml is a prototype of 'payments': it lacks adoption.\n"
        "It may run in shadow, earns nothing and cannot be signed. Write the missing parts to let it earn more.\n"
        "To run it so: goldenthread contract commit payments.yaml --as maya@example.com\n"
    )


def test_an_invalid_contract_names_every_place(terminal: Terminal, contract: Written) -> None:
    """Its author mends all of it at once, not one problem a run."""
    file = contract()
    file.write_text(file.read_text().replace("horizon: 1", "horizon: soon").replace("p90 <= 2 d", "p90 <= 2 x"))
    lines = terminal.refused("contract check payments.yaml").splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("contract-invalid: payments.yaml:11:10 horizon: ")
    assert lines[1].startswith("payments.yaml:21:24 workflow.cycle_time: ")


def test_a_refused_contract_names_every_rule(terminal: Terminal, contract: Written) -> None:
    """What must not be signed says why, with the rule."""
    file = contract()
    file.write_text(file.read_text().replace(', "undo": "take_back"', "").replace('"undo": "take_back", ', ""))
    error = terminal.refused("contract check payments.yaml")
    assert error.startswith("contract-refused: payments.yaml:")
    assert error.endswith("(C5)")


@pytest.mark.parametrize(
    ("change", "state", "code"), [(None, "sound", 0), ("adoption", "prototype", 3), ("kind", "invalid", 1)]
)
def test_a_check_can_be_read_by_a_program(
    terminal: Terminal, contract: Written, change: str | None, state: str, code: int
) -> None:
    """A pipeline refuses a contract by its state, not by its words."""
    file = contract()
    kept = [line for line in file.read_text().splitlines() if change is None or not line.startswith(f"{change}:")]
    file.write_text("\n".join(kept))
    ran = terminal("contract check payments.yaml --json")
    assert (ran.code, json.loads(ran.out)["state"]) == (code, state)


def test_a_plan_tells_what_each_gate_takes(terminal: Terminal, contract: Written) -> None:
    """Nobody should sign a gate that cannot be passed."""
    contract()
    plan = terminal.done("contract plan payments.yaml")
    assert plan.startswith("payments, version 1: what it takes to climb\n\nTo draft, from shadow: about ")
    brief = terminal.done("contract plan payments.yaml --brief").splitlines()
    assert [line.split(",")[0] for line in brief[2:-2]] == ["To draft", "To approval", "To constrained"]
    planned = json.loads(terminal.done("contract plan payments.yaml --json"))
    assert [gate["level"] for gate in planned["gates"]] == ["draft", "approval", "constrained"]


def test_a_plan_takes_what_the_owner_believes_and_fears(terminal: Terminal, contract: Written) -> None:
    """The owner knows the agent better than three likely qualities do."""
    contract()
    planned = terminal.done('contract plan payments.yaml --quality "agreement=97 %" --degrade "rework_rate=40 %"')
    assert "agreement 97 %" in planned
    assert "With rework_rate at 40 %, it rings after about " in planned
    drawn = terminal.done("contract plan payments.yaml --brief --svg odds.svg").splitlines()
    assert drawn[-1] == "The odds over time are drawn in odds.svg."
    refused = terminal('contract plan payments.yaml --quality "agreemnt=97 %"')
    assert (refused.code, refused.err) == (
        1,
        "line-invalid: nobody measures 'agreemnt'; write e.g. 'agreement=97 %'.\n",
    )


def test_a_file_is_shown_as_its_page(terminal: Terminal, contract: Written) -> None:
    """The page is what people sign."""
    contract()
    page = terminal.done("contract show payments.yaml").splitlines()
    assert page[0] == f"payments, version 1{'Agent Impact Contract':>81}"
    assert "  Signers         maya@example.com as owner: to sign" in page


def test_a_page_is_written_for_print(terminal: Terminal, contract: Written, tmp_path: Path) -> None:
    """A page on paper is still how many organisations sign."""
    contract()
    said = terminal.done("contract show payments.yaml --html page.html")
    assert said == "Wrote page.html: one page, to open or print.\n"
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>\n")


def test_signing_leads_from_the_first_to_the_last(terminal: Terminal, world: World, contract: Written) -> None:
    """Whoever signs sees who is still to sign, and the command for each."""
    contract()
    first = terminal.done("contract sign payments.yaml --as expert@example.com")
    assert steady(first) == (
        "expert@example.com signed version 1 of 'payments' as expert (record payments#2), sha256:<digest>.\n"
        "It is the first signature, so the version is committed: from now on this text only.\n"
        "Still to sign:\n"
        "  maya@example.com as owner: goldenthread contract sign payments.yaml --as maya@example.com\n"
        "  finance-ops as data-owner: goldenthread contract sign payments.yaml --as finance-ops\n"
        "  customer-desk as data-owner: goldenthread contract sign payments.yaml --as customer-desk\n"
    )
    for name in ("maya@example.com", "finance-ops"):
        terminal.done(f"contract sign payments.yaml --as {name}")
    assert steady(terminal.done("contract sign payments.yaml --as customer-desk")) == (
        "customer-desk signed version 1 of 'payments' as data-owner (record payments#5), sha256:<digest>.\n"
        "Everybody has signed: it is in force.\n"
    )
    assert terminal.done("contract sign payments.yaml --as maya@example.com") == (
        "maya@example.com signed version 1 of 'payments' before, as owner; nothing was recorded.\n"
        "Everybody has signed: it is in force.\n"
    )


def test_who_is_not_asked_cannot_sign(terminal: Terminal, world: World, contract: Written) -> None:
    """A signature that nobody asked for would look like consent."""
    contract()
    assert terminal.refused("contract sign payments.yaml --as reviewer@example.com") == (
        "not-permitted: The contract 'payments' does not ask 'reviewer@example.com' to sign; it asks maya@example.com "
        "as owner, expert@example.com as expert, finance-ops as data-owner, customer-desk as data-owner."
    )
    assert terminal.done("contract list").startswith("No contract yet.")


def test_the_key_must_be_here(terminal: Terminal, world: World, contract: Written) -> None:
    """A signature without a key is a name in a file."""
    contract()
    (world.home / "keys" / "finance-ops.pem").unlink()
    assert terminal.refused("contract sign payments.yaml --as finance-ops") == (
        f"key-missing: No private key of 'finance-ops' in {world.home}/keys. "
        "Sign where it is kept, or have an administrator grant a new one."
    )


def test_a_prototype_cannot_be_signed(terminal: Terminal, world: World, contract: Written) -> None:
    """A contract that lacks a part would promise nothing."""
    file = contract()
    file.write_text("\n".join(line for line in file.read_text().splitlines() if not line.startswith("adoption:")))
    assert terminal.refused("contract sign payments.yaml --as maya@example.com") == (
        "contract-refused: Version 1 of 'payments' is a prototype and cannot be signed; it lacks adoption. "
        "`goldenthread contract commit` lets its agent work in shadow; write the missing parts to let it earn more."
    )


def test_a_prototype_runs_in_shadow_once_committed(
    terminal: Terminal, world: World, work: Worked, contract: Written
) -> None:
    """An idea may be tried beside people before anybody signs for it."""
    file = contract()
    file.write_text("\n".join(line for line in file.read_text().splitlines() if not line.startswith("adoption:")))
    assert terminal.done("contract commit payments.yaml --as maya@example.com") == (
        "Version 1 of 'payments' is committed (record payments#1), unsigned: its agent stays in shadow.\n"
    )
    assert terminal.done("contract commit payments.yaml --as maya@example.com") == (
        "Version 1 of 'payments' was committed before, with this text; nothing was recorded.\n"
    )
    assert work("case-1") == ["denied"]
    assert terminal.done("case list").splitlines()[1].startswith("case-1  worked in shadow, without effect")
    assert " prototype " in terminal.done("contract list").splitlines()[1]


def test_only_owner_and_expert_commit(terminal: Terminal, world: World, contract: Written) -> None:
    """A version number is taken for good."""
    contract()
    assert terminal.refused("contract commit payments.yaml --as reviewer@example.com") == (
        "not-permitted: 'reviewer@example.com' is not owner or expert of 'payments'; they hold approver. "
        "Ask expert@example.com or maya@example.com."
    )


def test_another_text_cannot_take_a_version(terminal: Terminal, world: World, contract: Written) -> None:
    """What was signed by one must be what the next one signs."""
    file = contract()
    terminal.done("contract sign payments.yaml --as maya@example.com")
    file.write_text(file.read_text().replace("two days", "three days"))
    assert steady(terminal.refused("contract sign payments.yaml --as finance-ops")) == (
        "contract-conflict: Version 1 of 'payments' was committed with another text, sha256:<digest>, and this file is "
        "sha256:<digest>. Sign that text, or write `version: 2` in this one."
    )


def test_versions_follow_each_other(terminal: Terminal, world: World, contract: Written) -> None:
    """A gap would look like a version that was lost."""
    contract(version=3)
    assert terminal.refused("contract sign payments.yaml --as maya@example.com") == (
        "contract-conflict: This is version 3 of 'payments', and the next one is 1. Write `version: 1` in the file."
    )


def test_the_list_shows_versions_and_what_is_missing(terminal: Terminal, world: World, contract: Written) -> None:
    """What is in force and what still waits must be told apart."""
    world.slice("payments")
    contract(version=2)
    terminal.done("contract sign payments.yaml --as maya@example.com")
    lines = steady(terminal.done("contract list")).splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "slice version state signed by missing digest",
        "payments 1 in force maya@example.com, expert@example.com, finance-ops, customer-desk sha256:<digest>",
        "payments 2 unsigned maya@example.com expert@example.com, finance-ops, customer-desk sha256:<digest>",
    ]
    listed = json.loads(terminal.done("contract list --json"))
    assert [(one["version"], one["state"]) for one in listed] == [(1, "in force"), (2, "unsigned")]


def test_a_slice_is_shown_with_its_signatures(terminal: Terminal, world: World) -> None:
    """A page from the record says who signed, when and where it stands."""
    world.slice("payments")
    page = steady(terminal.done("contract show payments"))
    assert "  Signers         maya@example.com as owner: signed <time>, payments#2\n" in page
    assert terminal.done("contract show payments@1") == terminal.done("contract show payments --version 1")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (
            "contract show claims",
            "contract-not-found: 'claims' is neither a file nor a slice of this home, which has payments. {list}",
        ),
        (
            "contract show payments --version 7",
            "contract-not-found: No contract 'payments' at version 7; its versions are 1. {list}",
        ),
        (
            "contract diff payments@1 payments@two",
            "value-problem: 'payments@two' names no version; write e.g. intake@2, or the name of a file that exists.",
        ),
    ],
)
def test_what_is_not_there_is_named(terminal: Terminal, world: World, line: str, error: str) -> None:
    """An error says what there is instead."""
    world.slice("payments")
    assert terminal.refused(line) == error.replace("{list}", "Run `goldenthread contract list`.")


def test_a_version_of_a_file_is_wrong_usage(terminal: Terminal, contract: Written) -> None:
    """A file has the version that it says."""
    contract()
    ran = terminal("contract show payments.yaml --version 1")
    assert (ran.code, ran.err.splitlines()[-1]) == (2, "Error: 'payments.yaml' is a file, so --version does not apply.")


def test_a_difference_says_what_is_loosened(terminal: Terminal, world: World, contract: Written) -> None:
    """A new version is judged by what it allows more, and by the evidence that it throws away."""
    world.slice("payments")
    contract(version=2, gates={"draft": ["agreement >= 70 %"], "approval": ["agreement >= 85 %"]}, ceiling="approval")
    said = terminal.done("contract diff payments@1 payments.yaml").splitlines()
    assert any(line.startswith("loosens   autonomy.gates.draft") for line in said)
    assert any(line.startswith("tightens  autonomy.ceiling: ") for line in said)
    assert said[-1] == "Evidence for the gate to draft starts afresh."
    found = json.loads(terminal.done("contract diff payments@1 payments.yaml --json"))
    assert found["evidence_starts_afresh"] == ["draft"]


def test_no_difference_is_said(terminal: Terminal, world: World, contract: Written) -> None:
    """Nothing printed could mean anything."""
    contract()
    assert terminal.done("contract diff payments.yaml payments.yaml") == "Nothing that binds anybody changed.\n"


def test_an_editor_gets_the_schema_that_the_console_serves(terminal: Terminal) -> None:
    """One form of a contract, wherever it is written."""
    assert json.loads(terminal.done("contract schema")) == json.loads(json.dumps(contract_schema()))
