"""`goldenthread problem`, and `contract check` where a map is in force."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from surfaces.cli.conftest import Written
from surfaces.cli.typed import Terminal
from worlds import World

FILE = """\
apiVersion: goldenthread/v1
kind: ProblemMap
version: {version}
owner: maya@example.com
problems:
  slow-requests:
    says: Requests wait two days.
    owner: maya@example.com
    for: customers who ask
    category: waiting
    worth: 40000 to 90000 EUR/year
    tractability: 4 of 5, decisions can be undone
    measurability: 5 of 5, every request has two timestamps
    evidence: {{ticket export: 412 requests}}
    slices: [{slices}]
"""
ADD = (
    'problem add problems.yaml --name wrong-invoices --says "One in fifty is wrong." --owner lee@example.com '
    '--for customers --category errors --tractability "2 of 5, causes unknown" --measurability "4 of 5, counted" '
)


@pytest.fixture
def problems(tmp_path: Path, world: World) -> Path:
    """A map beside a home, not yet committed."""
    path = tmp_path / "problems.yaml"
    path.write_text(FILE.format(version=1, slices="refunds"))
    return path


def test_a_map_is_checked_extended_listed_shown_and_committed(terminal: Terminal, problems: Path) -> None:
    """The whole way of a map, as people type it."""
    digest = json.loads(terminal.done("problem check problems.yaml --json"))["digest"]
    assert terminal.done("problem check problems.yaml") == (
        f"problems.yaml is sound: 1 problem, version 1, {digest}.\n"
        "Next: goldenthread problem commit problems.yaml --as maya@example.com\n"
    )
    assert terminal.done(ADD + "--evidence 'complaints=1200 of 61000'") == (
        "Wrote problems.yaml: 'wrong-invoices' is added.\nNext: goldenthread problem check problems.yaml\n"
    )
    assert terminal.done("problem list problems.yaml --svg map.svg") == (
        "place  problem         category  tractable  measurable  worth                   slices   lacks\n"
        "1      slow-requests   waiting   4          5           40000 to 90000 EUR/year  refunds\n"
        "2      wrong-invoices  errors    2          4           unknown                           "
        "worth, tractability, a slice\n"
        "\nThe map is drawn in map.svg.\n"
    ).replace("worth                   slices", "worth                    slices")
    assert problems.with_name("map.svg").read_text().startswith("<svg ")
    assert terminal.done("problem show wrong-invoices problems.yaml") == (
        "wrong-invoices: One in fifty is wrong.\n"
        "  place 2 (tractability 2 x measurability 4, worth unknown)\n"
        "  for customers; owner lee@example.com; category errors; horizon 1\n"
        "  tractability 2 of 5, causes unknown\n"
        "  measurability 4 of 5, counted\n"
        "  worth unknown\n"
        "  evidence, complaints: 1200 of 61000\n"
        "  lacks worth: nobody has said. Ask lee@example.com for a range.\n"
        "  lacks tractability: not with what there is. Cut out a part that is easier.\n"
        "  lacks a slice: no piece of work is named that an agent could own. Write it under `slices`.\n"
    )
    done = terminal.done("problem commit problems.yaml --as maya@example.com")
    assert re.fullmatch(
        r"Version 1 of the problem map is in force \(record organisation#\d+\), sha256:\w{64}: 2 problems\.\n", done
    )
    assert terminal.done("problem commit problems.yaml --as maya@example.com") == (
        "Version 1 of the problem map was committed before, with this text; nothing was recorded.\n"
    )
    assert terminal.done("problem list").splitlines()[1].startswith("1      slow-requests")
    assert "contract none" in terminal.done("problem show slow-requests")


def test_what_is_not_said_is_asked_for(terminal: Terminal, tmp_path: Path) -> None:
    """Nobody remembers seven options; and a file that is not there begins a map."""
    answers = (
        "wrong-invoices\nOne in fifty is wrong.\nlee@example.com\ncustomers\nerrors\n2 of 5, unknown\n4 of 5, counted\n"
    )
    said = terminal("problem add new.yaml", given=answers)
    assert (said.code, said.out.splitlines()[-1]) == (0, "Next: goldenthread problem check new.yaml")
    assert "new.yaml is sound: 1 problem, version 1" in terminal.done("problem check new.yaml")


def test_a_contract_needs_its_problem_where_a_map_is_in_force(
    terminal: Terminal, problems: Path, contract: Written
) -> None:
    """It is said before anybody signs, with what to do; and the same check lets in what stands on the map."""
    contract()
    assert "is sound" in terminal.done("contract check payments.yaml")
    terminal.done("problem commit problems.yaml --as maya@example.com")
    refused = terminal.refused("contract check payments.yaml")
    assert refused == (
        "not-on-map: 'payments' stands under no problem of the map (version 1, 1 problem), so nobody can tell what its "
        "contract is for. Write it under `slices` of its problem, then `goldenthread problem commit FILE --as "
        "maya@example.com`."
    )
    assert terminal.refused("contract sign payments.yaml --as maya@example.com") == refused
    assert terminal.refused("contract commit payments.yaml --as maya@example.com") == refused
    checked = json.loads(terminal("contract check payments.yaml --json").out)
    assert (checked["state"], checked["problem"]) == ("refused", None)
    assert checked["not_on_map"][0] in refused
    problems.write_text(FILE.format(version=2, slices="refunds, payments"))
    terminal.done("problem commit problems.yaml --as maya@example.com")
    assert "Its problem: slow-requests, Requests wait two days. Owner: maya@example.com.\n" in terminal.done(
        "contract check payments.yaml"
    )
    terminal.done("contract sign payments.yaml --as maya@example.com")
    assert "payments: contract unsigned (version 1)" in terminal.done("problem show slow-requests")


def test_what_is_on_record_goes_on_and_is_named_when_a_map_comes(
    terminal: Terminal, problems: Path, contract: Written
) -> None:
    """A home of last year stops nowhere; its owner learns what the map leaves out."""
    contract()
    terminal.done("contract sign payments.yaml --as maya@example.com")
    said = terminal.done("problem commit problems.yaml --as maya@example.com")
    assert said.splitlines()[1:] == [
        "'payments' stands under no open problem: its contract goes on, its next version is refused."
    ]
    assert "is sound" in terminal.done("contract check payments.yaml")
    contract("next.yaml", version=2)
    assert terminal.refused("contract check next.yaml").startswith("not-on-map: ")


def test_without_a_home_a_contract_is_checked_by_its_rules_alone(
    terminal: Terminal, contract: Written, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A build machine that has no ledger can still check a file."""
    contract()
    monkeypatch.setenv("GOLDENTHREAD_HOME", str(tmp_path / "nowhere"))
    assert "is sound" in terminal.done("contract check payments.yaml")
    assert not (tmp_path / "nowhere").exists()


def test_what_is_not_there_is_said(terminal: Terminal, problems: Path) -> None:
    """A wrong name gets the right ones."""
    assert terminal.refused("problem list") == (
        "problem-unknown: No problem map is in force; committed versions: none. Name a file, or commit one with "
        "`goldenthread problem commit`."
    )
    assert terminal.refused("problem list 3").startswith(
        "problem-unknown: '3' is neither a file nor a version of the map; committed versions: none."
    )
    assert terminal.refused("problem show nothing problems.yaml") == (
        "problem-unknown: There is no problem 'nothing' on this map; it has slow-requests. Run `goldenthread problem "
        "list`."
    )
    wrong = terminal(ADD + "--evidence nothing")
    assert (wrong.code, wrong.err.splitlines()[-1]) == (
        2, "Error: 'nothing' is no SOURCE=WORDS; write e.g. 'ticket export=412 requests'."
    )  # fmt: skip
    problems.write_bytes(b"a: \xff\n")
    assert terminal.refused(ADD).startswith("problems-invalid: problems.yaml:1:4 Byte 0xFF is not UTF-8")
    assert problems.read_bytes() == b"a: \xff\n"
    assert json.loads(terminal("problem check problems.yaml --json").out)["state"] == "invalid"
