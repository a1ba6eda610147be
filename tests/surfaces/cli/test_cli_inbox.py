"""`goldenthread inbox`: what is asked, and what each answer says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from surfaces.cli.conftest import Worked
from surfaces.cli.typed import Terminal, steady
from worlds import World, declare_tools

AS = "--as reviewer@example.com"


@pytest.fixture
def asked(terminal: Terminal, world: World, work: Worked) -> str:
    """The id of an item that asks for an approval."""
    world.slice("payments", level="approval")
    assert work("case-1") == ["waiting"]
    return str(only_item(terminal)["id"])


def only_item(terminal: Terminal) -> Any:
    """The one item that waits."""
    (item,) = json.loads(terminal.done("inbox list --json"))
    return item


def test_an_empty_inbox_says_so(terminal: Terminal, world: World) -> None:
    """Nothing printed could mean that something is broken."""
    world.slice("payments")
    assert terminal.done("inbox list") == "The inbox is empty.\n"


def test_the_list_shows_what_is_asked(terminal: Terminal, asked: str) -> None:
    """A list must be enough to decide what to look at first."""
    seen = only_item(terminal)["seen"].removeprefix("sha256:")[:8]
    listed = steady(terminal.done("inbox list payments")).replace(asked[:8], "<item>").replace(seen, "<seen>")
    lines = listed.splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "item kind case asks for agent asked with due seen",
        "<item> approval case-1 pay(amount=10, order=order-case-1) agent <time> reviewer <time> <seen>",
    ]


def test_an_item_shows_exactly_what_an_approval_binds_to(terminal: Terminal, asked: str) -> None:
    """People approve arguments, not a summary of them."""
    assert steady(terminal.done(f"inbox show {asked[:6]}")) == (
        "approval <id> in payments, open\n"
        "\n"
        "Case       case-1\n"
        "           text: please pay case-1\n"
        "Agent      agent\n"
        "Asked      <time>: At approval, every action waits for a person's yes\n"
        "Action     pay\n"
        "           amount = 10\n"
        "           order = order-case-1\n"
        "Clause     autonomy.gates.approval\n"
        "           line 32 of the contract: start: approval\n"
        "With       reviewer, until <time>\n"
        "Expires    <time>; then it does not happen\n"
        "A yes      at approval: reversible, undone by take_back, once\n"
        "\n"
        "Answer it with\n"
        "  goldenthread inbox approve <id> --as NAME\n"
        "  goldenthread inbox edit <id> NAME=VALUE --as NAME\n"
        '  goldenthread inbox reject <id> --reason "..." --as NAME\n'
        '  goldenthread inbox ask-back <id> "..." --as NAME\n'
    )


def test_an_approved_action_happens_once(terminal: Terminal, asked: str, work: Worked) -> None:
    """A yes is for one action, and is given once."""
    assert terminal.done(f"inbox approve {asked} {AS}") == (
        "Approved: pay(amount=10, order=order-case-1). It happens once, when the agent opens case case-1 again.\n"
    )
    assert work("case-1") == ["done"]
    assert terminal.refused(f"inbox approve {asked} {AS}") == (
        f"inbox-item-closed: Item {asked} is closed: approve by reviewer@example.com. "
        "See `goldenthread inbox list` for open ones."
    )
    assert terminal.done(f"inbox show {asked}").startswith(
        f"approval {asked} in payments, approve by reviewer@example.com\n"
    )


def test_a_yes_to_an_earlier_version_of_the_agent_says_that_it_may_come_to_nothing(
    terminal: Terminal, asked: str, world: World
) -> None:
    """To promise that it happens would be untrue: the new version begins the case anew."""
    with world.connect(model="newer rules") as thread:
        declare_tools(thread)
        thread.declare("payments")
    moot = "the agent was changed since it asked; where only the new version works, it begins anew and asks again"
    assert f"Note       a yes may come to nothing: {moot}\n" in terminal.done(f"inbox show {asked}")
    assert terminal.done(f"inbox approve {asked} {AS}") == (
        f"Approved: pay(amount=10, order=order-case-1). It may come to nothing: {moot}.\n"
    )


def test_an_edit_approves_other_arguments(terminal: Terminal, asked: str) -> None:
    """A number stays a number."""
    assert terminal.done(f"inbox edit {asked} amount=7 {AS}") == (
        "Approved with changes: pay(amount=7, order=order-case-1). "
        "It happens once, when the agent opens case case-1 again.\n"
    )


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ("sum=7", "answer-invalid: 'pay' has no argument 'sum'; it has amount, order. Change one of these."),
        (
            "amount=10",
            "answer-invalid: Item <id> would be approved unchanged. Use `goldenthread inbox approve <id>`.",
        ),
    ],
)
def test_an_edit_that_changes_nothing_is_refused(terminal: Terminal, asked: str, change: str, error: str) -> None:
    """A slip of the keyboard must not become a yes."""
    assert steady(terminal.refused(f"inbox edit {asked} {change} {AS}")) == error


def test_a_rejected_action_does_not_happen(terminal: Terminal, asked: str, work: Worked) -> None:
    """The agent is told, and told why."""
    assert terminal.done(f"inbox reject {asked} --reason 'not ours' {AS}") == (
        "Rejected: pay(amount=10, order=order-case-1) does not happen.\n"
    )
    assert work("case-1") == ["denied"]


def test_an_item_goes_up_the_contracts_path(terminal: Terminal, asked: str) -> None:
    """Who is not sure hands it on instead of guessing."""
    assert terminal.done(f"inbox escalate {asked} {AS}") == f"Item {asked[:8]} is now with lead.\n"
    assert "\nWith       lead, until " in terminal.done(f"inbox show {asked}")


def test_nobody_answers_for_their_own_agent(terminal: Terminal, asked: str) -> None:
    """Who built it does not judge it."""
    assert terminal.refused(f"inbox approve {asked} --as engineer@example.com") == (
        "second-role: 'engineer@example.com' answers for agent 'agent' and cannot approve what it does: nobody "
        "approves their own agent. Ask reviewer@example.com."
    )


def test_an_answer_needs_the_key_of_who_gives_it(terminal: Terminal, world: World, asked: str) -> None:
    """A name typed is no signature."""
    (world.home / "keys" / "reviewer%40example.com.pem").unlink()
    assert terminal.refused(f"inbox approve {asked} {AS}") == (
        f"key-missing: No private key of 'reviewer@example.com' in {world.home}/keys. "
        "Sign where it is kept, or have an administrator grant a new one."
    )


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("inbox show zz", "inbox-item-not-found: No item 'zz' in this home. See `goldenthread inbox list`."),
        (
            f"inbox answer <id> pay order=a {AS}",
            (
                "answer-invalid: Item <id> is of kind 'approval', which this does not answer. "
                "Use `goldenthread inbox approve <id>`, `edit` or `reject`."
            ),
        ),
        ("inbox list claims", "contract-not-found: No slice 'claims' in this home; it has payments. <list>"),
    ],
)
def test_what_does_not_fit_is_refused(terminal: Terminal, asked: str, line: str, error: str) -> None:
    """An error says what would fit."""
    expected = error.replace("<list>", "Run `goldenthread contract list`.")
    assert steady(terminal.refused(line.replace("<id>", asked))) == expected


def test_a_blind_question_hides_the_proposal(terminal: Terminal, world: World, work: Worked) -> None:
    """Agreement counts only where the person decided before seeing it."""
    world.slice("payments", level="draft", blind=100)
    assert work("case-1") == ["drafted"]
    item = only_item(terminal)["id"]
    shown = terminal.done(f"inbox show {item}")
    assert "order-case-1" not in shown
    assert f"  goldenthread inbox answer {item} ACTION NAME=VALUE --as NAME\n" in shown
    assert terminal.done(f"inbox answer {item} pay order=order-case-1 amount=10 {AS}") == (
        "Recorded for case case-1: pay(order=order-case-1, amount=10).\n"
    )
    assert terminal.done("inbox list") == "The inbox is empty.\n"


def test_what_an_agent_writes_cannot_steer_the_terminal(terminal: Terminal, world: World, work: Worked) -> None:
    """An approver must see the arguments, not what the agent paints over them."""
    world.slice("payments", level="approval")
    work("case-1", amount="\x1b[2K1\n           order = another")
    shown = terminal.done(f"inbox show {only_item(terminal)['id']}")
    assert "\x1b" not in shown
    assert '           amount = "\\u001b[2K1\\n           order = another"\n' in shown


def test_an_item_is_found_in_any_slice(terminal: Terminal, world: World, work: Worked, asked: str) -> None:
    """Whoever answers need not know in which slice an item is."""
    world.slice("refunds", level="approval")
    work("case-9", slice_name="refunds")
    listed = terminal.done("inbox list")
    assert [line.split()[-1] for line in listed.splitlines()] == ["slice", "payments", "refunds"]
    assert terminal.done(f"inbox approve {asked[:10]} {AS}").startswith("Approved: ")
    assert terminal.refused(f"inbox approve '' {AS}") == (
        "inbox-item-not-found: Several items begin with ''. Give more digits, as in `goldenthread inbox list`."
    )
    assert terminal.refused("ladder") == (
        "contract-not-found: This home has 2 slices (payments, refunds), so name the one you mean."
    )


def test_an_item_of_an_erased_case_is_gone(terminal: Terminal, asked: str) -> None:
    """What was erased can be neither read nor answered."""
    terminal.done("case erase payments case-1 --by maya@example.com --yes")
    assert terminal.refused(f"inbox show {asked}") == (
        f"case-erased: Item {asked} asked about a case that was erased on request; what it said is gone."
    )
    assert terminal.refused(f"inbox approve {asked} {AS}") == (
        f"inbox-item-closed: Item {asked} is closed: erased. See `goldenthread inbox list` for open ones."
    )


def test_several_alike_items_are_answered_as_they_were_listed(terminal: Terminal, world: World, work: Worked) -> None:
    """Each with what the list printed of it; one that changed since is told, and the others stand."""
    world.slice("payments", level="approval")
    for case in ("case-1", "case-2", "case-3"):
        assert work(case) == ["waiting"]
    items = {item["case"]["value"]: item for item in json.loads(terminal.done("inbox list --json"))}
    named = {case: f"{item['id'][:8]}:{item['seen'].removeprefix('sha256:')[:8]}" for case, item in items.items()}
    ids = {case: item["id"][:8] for case, item in items.items()}
    terminal.done(f"inbox ask-back {ids['case-2']} 'why so much?' {AS}")
    ran = terminal(f"inbox approve {named['case-1']} {named['case-2']} {AS}")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.splitlines() == [
        f"Approved: {ids['case-1']} pay(amount=10, order=order-case-1)",
        f"Refused: inbox-item-changed: Item {items['case-2']['id']} is not any more what you were shown: it was "
        "answered or asked about since, or the contract changed. Look at it again: `goldenthread inbox show "
        f"{items['case-2']['id']}`.",
    ]
    (told,) = json.loads(terminal.done(f"inbox reject {named['case-3']} --reason 'not ours' --json {AS}"))
    assert (told["answered"], told["refused"]) == (True, None)
    assert [item["case"]["value"] for item in json.loads(terminal.done("inbox list --json"))] == ["case-2"]
    ran = terminal(f"inbox approve {ids['case-1']} {ids['case-2']} {AS}")
    assert ran.code == 2
    assert "several items are answered as they were shown" in ran.err


def test_an_item_is_taken_asked_about_and_passed_on(terminal: Terminal, asked: str) -> None:
    """Everything that a person does with an item before somebody answers it."""
    assert steady(terminal.done(f"inbox claim {asked} --minutes 30 {AS}")) == (
        f"Item {asked[:8]} is yours until <time>.\n"
    )
    assert "reviewer@example.com, at it now" in terminal.done("inbox list")
    assert terminal.done(f"inbox ask-back {asked} 'Which order?' {AS}").startswith(f"Asked about item {asked[:8]}. ")
    assert terminal.done(f"inbox reply {asked} 'That of March.' --as engineer@example.com") == (
        f"Kept under item {asked[:8]}.\n"
    )
    assert terminal.done(f"inbox release {asked} {AS}") == f"Nobody is at item {asked[:8]} now.\n"
    shown = steady(terminal.done(f"inbox show {asked}"))
    assert "Asked back reviewer@example.com, <time>: Which order?\n" in shown
    assert "Reply      engineer@example.com, <time>: That of March.\n" in shown
    assert terminal.refused(f"inbox hand-over {asked} expert@example.com {AS}").startswith("not-permitted: ")
    terminal.done("principal grant second@example.com --kind person --role approver --by maya@example.com")
    assert terminal.done(f"inbox hand-over {asked} second@example.com {AS}").startswith(
        f"Item {asked[:8]} is now with second@example.com, until "
    )


def test_what_is_due_is_listed_and_put_on_record(terminal: Terminal, asked: str) -> None:
    """A command for whoever runs no worker; with nothing due it says so."""
    assert terminal.done("inbox due") == "Nothing came due.\n"
    assert json.loads(terminal.done("inbox due payments --json")) == []
    assert terminal.done("inbox tick") == "Reminded: 0. Overdue: 0. Expired: 0.\n"
    assert json.loads(terminal.done(f"inbox show {asked} --json"))["item"]["id"] == asked
