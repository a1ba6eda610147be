"""`goldenthread inbox approvers`, `checks` and `clear`: what people see of who looks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from control.agents import SLICE, Agent
from control.watched import LEE, give, people, stamp, until_checks, watched, wrong
from surfaces.cli.typed import Terminal, steady
from worlds import APPROVER, EXPERT, OWNER, World

LINE = {"case": "R-1", "action": "pay", "arguments": {"order": "R-1", "amount": 9}, "right": "reject", "because": "no"}


@pytest.fixture
def checked(world: World) -> World:
    """A slice whose approvers are watched by checks."""
    with world.opened():
        people(world, LEE)
        watched(world, "checks: 20 % of approvals")
    return world


def test_known_cases_are_added_from_a_file_once(terminal: Terminal, checked: World, tmp_path: Path) -> None:
    """The same file again must not double the questions."""
    file = tmp_path / "known.jsonl"
    file.write_text(json.dumps(LINE) + "\n\n" + json.dumps({**LINE, "case": "R-2"}) + "\n", encoding="utf-8")
    add = f"inbox checks add {SLICE} {file} --as {EXPERT}"
    assert terminal.done(add) == "2 known cases are on record for checks of refunds.\n"
    assert terminal.done(add) == "0 known cases are on record for checks of refunds. 2 stood on record before.\n"
    assert "2 known cases are left to ask." in terminal.done(f"inbox approvers {SLICE}")


def test_a_file_that_cannot_be_read_is_refused(terminal: Terminal, checked: World, tmp_path: Path) -> None:
    """Nothing of it is added."""
    file = tmp_path / "known.jsonl"
    file.write_bytes(b"\xff\xfe")
    assert terminal.refused(f"inbox checks add {SLICE} {file} --as {EXPERT}") == (
        f"checks-invalid: {file} is no text in UTF-8 (invalid start byte). Write one JSON object a line."
    )


def test_a_check_is_told_after_the_answer_and_shown_afterwards(terminal: Terminal, checked: World) -> None:
    """Whoever is checked learns by it."""
    with checked.opened():
        agent = Agent(checked)
        give(agent, [wrong(1)])
        (check,) = until_checks(agent, 1)
    assert check[:8] in terminal.done("inbox list")
    assert "check" not in terminal.done(f"inbox show {check}").lower()
    words = "This was a check; nothing happens. It was wrong: the order was for 90."
    assert terminal.done(f"inbox approve {check} --as {APPROVER}") == f"{words}\n"
    assert words in terminal.done(f"inbox show {check}")


def test_the_page_tells_who_looks_and_a_flag_is_cleared(terminal: Terminal, checked: World) -> None:
    """What is known of somebody, what follows from it, and what to do."""
    with checked.opened():
        stamp(Agent(checked))
    view = json.loads(terminal.done(f"inbox approvers {SLICE} --json"))
    (person,) = view["people"]
    assert (view["alpha"], view["checks"], view["given"]) == (0.05, 20.0, 0)
    assert (person["name"], person["wrong"], person["caught"], person["weight"]) == (APPROVER, 3, 0, 0.0)
    assert person["flag"]["ground"] == "checks"
    lines = steady(terminal.done("inbox approvers")).splitlines()
    assert lines[:4] == [
        "Approvers of refunds",
        "  Whoever looks is flagged with a chance of at most 5 %, however long they are watched.",
        "  20 % of approvals come with a check; 0 known cases are left to ask.",
        "  Without known cases there are no checks: give some with `goldenthread inbox checks add`.",
    ]
    assert lines[5:12] == [
        APPROVER,
        "  FLAGGED: they let through 3 of 3 checks that should have been refused.",
        "    Of people who look, at most 5 % would ever be flagged so.",
        "    Their approvals count nothing as labels, and no level of the slice rises.",
        "    Talk to them; then an owner runs",
        f'    `goldenthread inbox clear {APPROVER} refunds --reason "..." --as NAME`.',
        f"  Answered   {person['answered']}, half of them within {_median(lines)}",
    ]
    assert terminal.done(f"inbox clear {APPROVER} {SLICE} --as {OWNER}", "--reason", "trained again") == (
        f"{APPROVER} is cleared in refunds. What they approved while flagged goes on counting nothing.\n"
    )
    assert "FLAGGED" not in terminal.done("inbox approvers")
    assert terminal.refused(f"inbox clear {APPROVER} {SLICE} --as {OWNER}", "--reason", "again").startswith(
        f"answer-invalid: '{APPROVER}' is not flagged in 'refunds'"
    )


def _median(lines: list[str]) -> str:
    return next(line for line in lines if "Answered" in line).partition("within ")[2]


def test_a_slice_that_watches_nobody_says_so(terminal: Terminal, world: World) -> None:
    """Silence could be taken for a clean record."""
    world.slice("payments", level="approval")
    assert terminal.done("inbox approvers payments").splitlines() == [
        "Approvers of payments",
        "  The contract watches nobody, so nobody knows whether they look. See `approvers` in the contract.",
        "",
        "Nobody has answered an approval yet.",
    ]
