"""`goldenthread ladder`, `case`, `why` and `slice`."""

from __future__ import annotations

import json
import re
from typing import Any

from goldenthread.surfaces.cli.commands import case
from goldenthread.surfaces.views.cases import STATUSES
from surfaces.cli.conftest import Worked
from surfaces.cli.typed import Terminal, steady
from worlds import World

LADDER = """\
payments is at shadow, and at most constrained under its contract.
No agent has connected yet.

  expanded     beyond: acts alone within wider limits, with thinner audits
  constrained  later: acts alone within limits; a random share is audited
    approved_unedited >= 95 %  [....................]   0 %
  approval     later: acts, each action after a person's yes
    agreement >= 85 %          [....................]   0 %
    falls here on rework_rate > 3 %
  draft        next: people get its proposal and do the work
    agreement >= 80 %          [....................]   0 %
      Not enough evidence: no agent has worked a case.
    falls here on any policy_violation
> shadow       here: works beside people; nothing it does is seen or has effect
"""


def first_action(terminal: Terminal) -> Any:
    """The newest case's action."""
    return json.loads(terminal.done("case list --json"))["cases"][0]["actions"][0]


def test_a_ladder_before_any_agent_says_what_it_takes(terminal: Terminal, world: World) -> None:
    """Before anything runs, everybody can see how far it may go and on what."""
    world.slice("payments")
    assert terminal.done("ladder payments") == LADDER


def test_a_ladder_shows_meters_words_and_history(terminal: Terminal, world: World) -> None:
    """Why an agent stands where it does must be readable on one screen."""
    world.slice("payments", level="constrained")
    lines = steady(terminal.done("ladder")).splitlines()
    assert lines[0] == "payments is at constrained, and at most constrained under its contract."
    assert lines[1] == "Agent agent, fingerprint sha256:<digest>, 12 cases."
    assert "> constrained  here: acts alone within limits; a random share is audited" in lines
    assert "Constrained is the contract's ceiling." in lines
    history = lines[lines.index("History") + 1]
    assert history.startswith("  <time>  payments#")
    assert "  sha256:<digest>  approval -> constrained: Every clause of the gate to constrained is proved" in history
    assert json.loads(terminal.done("ladder --json"))["level"] == "constrained"


def test_cases_show_what_became_of_them(terminal: Terminal, world: World, work: Worked) -> None:
    """One line a case: what it was, what the agent proposed, what came of it."""
    world.slice("payments", level="approval")
    assert terminal.done("case list") == "No case yet.\n"
    work("case-1", "case-2")
    lines = [" ".join(line.split()) for line in steady(terminal.done("case list")).splitlines()]
    assert lines == [
        "case state level source proposal agrees started",
        "case-2 waits for a person's yes approval live pay(amount=10, order=order-case-2) <time>",
        "case-1 waits for a person's yes approval live pay(amount=10, order=order-case-1) <time>",
    ]
    assert terminal.done("case list --status done") == "No done case.\n"
    assert terminal.done("case list --limit 1").splitlines()[-1] == (
        "These are the newest 1 of 2. See more with --limit."
    )


def test_an_erased_case_reads_erased(terminal: Terminal, world: World, work: Worked) -> None:
    """Content is gone for good; that there was a case is not."""
    world.slice("payments", level="approval")
    work("case-1", "case-2")
    erased = terminal.done("case erase payments case-1 --by maya@example.com --yes").splitlines()
    assert erased[0].startswith("Case case-1 is erased (record payments#")
    assert erased[1] == "Backups of the vault that hold its key must be destroyed too."
    assert terminal.done("case erase payments case-1 --by maya@example.com --yes") == (
        "Case case-1 was erased before; nothing was recorded.\n"
    )
    listed = terminal.done("case list")
    assert "case-1" not in listed
    assert "erased" in listed
    assert "order-case-2" in terminal.done("inbox list")
    assert "order-case-1" not in terminal.done("inbox list")


def test_a_case_that_nobody_knows_cannot_be_erased(terminal: Terminal, world: World) -> None:
    """A typo must not pass for an erasure."""
    world.slice("payments")
    assert terminal.refused("case erase payments case-7 --by maya@example.com --yes") == (
        "case-unknown: No case 'case-7' in 'payments', so there is nothing to erase. "
        "See `goldenthread case list payments`."
    )


def test_nothing_is_erased_where_nobody_can_be_asked(terminal: Terminal, world: World, work: Worked) -> None:
    """A script with a wrong name in it must not destroy what cannot be brought back."""
    world.slice("payments")
    work("case-1")
    ran = terminal("case erase payments case-1 --by maya@example.com")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith(
        "Error: Missing option '--yes': this would erase case 'case-1' of 'payments' for good, and there is no "
        "terminal to ask at. Nothing was erased.\n"
    )
    assert "case-1" in terminal.done("case list")


def test_an_unknown_status_is_refused_with_all_there_are(terminal: Terminal) -> None:
    """An empty list would read as 'there are none'."""
    ran = terminal("case list --status bogus")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith(
        "Error: Invalid value for '--status': 'bogus' is not one of 'open', 'waiting', 'done', 'drafted', 'shadow', "
        "'denied', 'escalated', 'fault', 'superseded', 'erased'.\n"
    )
    assert STATUSES == case.STATUSES


def test_an_approver_cannot_erase(terminal: Terminal, world: World, work: Worked) -> None:
    """Who answers for cases must not be able to make them vanish."""
    world.slice("payments")
    work("case-1")
    assert terminal.refused("case erase payments case-1 --by reviewer@example.com --yes") == (
        "not-permitted: 'reviewer@example.com' is not administrator or owner or data-owner of 'payments'; they hold "
        "approver. Ask customer-desk or finance-ops or maya@example.com."
    )


def test_why_prints_the_thread(terminal: Terminal, world: World, work: Worked) -> None:
    """Every action is traceable to the clause that allowed it and the business line it serves."""
    world.slice("payments", level="approval")
    work("case-1")
    action = first_action(terminal)["id"]
    lines = steady(terminal.done(f"why {action[:9]}")).splitlines()
    assert lines[0] == "o promise   cost_to_serve 18 -> 6 EUR/case in 8 weeks, owned by finance-ops"
    assert "o contract  payments version 1, sha256:<digest>  [payments#1]" in lines
    assert lines[-1] == "o effect    none: waits for a person's yes"
    assert json.loads(terminal.done(f"why {action} --json"))["id"] == action


def test_why_of_an_unknown_action_says_where_to_look(terminal: Terminal, world: World) -> None:
    """An id that is mistyped leads to the list."""
    assert terminal.refused("why 3f9a") == (
        "action-unknown: No action '3f9a'; ids have 16 hex digits, and any beginning that only one has will do. "
        "See `goldenthread case list`."
    )


def test_a_slice_stops_at_once_and_goes_on_by_two(terminal: Terminal, world: World, work: Worked) -> None:
    """One approver is enough to stop; to go on takes the owner and another."""
    world.slice("payments", level="approval")
    work("case-1")
    suspended = terminal.done("slice suspend payments --by reviewer@example.com --reason 'wrong sums'")
    place = re.findall(r"payments#[0-9]+", suspended)[0]
    assert suspended == (
        f"payments is stopped: nothing of it has effect (stop {place}). "
        f"Two people lift it with `goldenthread lift {place}`.\n"
    )
    assert terminal.done("slice suspend payments --by reviewer@example.com --reason again") == (
        "payments is stopped by reviewer@example.com already; nothing was recorded.\n"
    )
    assert terminal.done("ladder").startswith("payments is STOPPED at approval, ")
    assert work("case-2") == ["denied"]
    assert terminal.done("slice resume payments --by reviewer@example.com --reason 'fine now'") == (
        f"Stop {place} still holds: reviewer@example.com asks to lift it. "
        "It takes one more, within a day: maya@example.com.\n"
    )
    assert work("case-3") == ["denied"]
    assert terminal.done("slice resume payments --by maya@example.com --reason mended").startswith(
        f"Stop {place} is lifted (record payments#"
    )
    assert work("case-4") == ["waiting"]
    assert terminal.done("slice resume payments --by maya@example.com --reason again") == (
        "payments was not stopped; nothing was recorded.\n"
    )


def test_everything_stops_and_two_let_it_go_on(terminal: Terminal, world: World, work: Worked) -> None:
    """The same through the kill switch, from the first word to the last."""
    world.slice("payments", level="approval")
    assert terminal.done("stop list") == "Nothing is stopped.\n"
    said = terminal.done("stop everything --by reviewer@example.com --reason 'wrong sums'")
    place = re.findall(r"organisation#[0-9]+", said)[0]
    assert said.startswith(f"Everything is stopped: nothing of it has effect (stop {place}).")
    assert work("case-1") == ["denied"]
    assert terminal.done("ladder").startswith("payments is STOPPED at approval, ")
    terminal.done(f"lift {place} --by reviewer@example.com --reason mended")
    (listed,) = json.loads(terminal.done("stop list --json"))
    assert (listed["id"], listed["tool"], listed["lift_asked_by"]) == (place, None, ["reviewer@example.com"])
    assert terminal.done("stop list").endswith(
        f"Z  Everything is stopped, by reviewer@example.com: wrong sums (stop {place}); "
        "reviewer@example.com asked to lift it\n"
    )
    terminal.done(f"lift {place} --by maya@example.com --reason mended")
    assert terminal.refused(f"lift {place} --by maya@example.com --reason mended").startswith("stop-unknown: ")
    assert work("case-2") == ["waiting"]


def test_a_tool_stops_everywhere_or_in_one_slice(terminal: Terminal, world: World, work: Worked) -> None:
    """What is broken is stopped, and a slip in its name is said at once."""
    world.slice("payments", level="approval")
    said = terminal.done("stop tool pay --slice payments --by reviewer@example.com --reason 'wrong sums'")
    assert said.startswith("The tool pay is stopped in payments: nothing of it has effect (stop payments#")
    assert work("case-1") == ["denied"]
    slip = terminal.done("stop tool payout --by reviewer@example.com --reason 'wrong sums'").splitlines()
    assert slip[0].startswith("The tool payout is stopped in every slice: ")
    assert slip[1] == "No contract there declares 'payout'; declared are pay."
    assert terminal.done("ladder").startswith("payments is at approval, ")


def test_a_product_stops_in_all_its_slices_and_in_no_other(terminal: Terminal, world: World, work: Worked) -> None:
    """Who knows what is wrong only by the product need not look its slices up first; a slip is accepted, and said."""
    world.slice("payments", level="approval", parts="product: claims\n")
    world.slice("letters", level="approval", parts="product: post-room\n")
    said = terminal.done("stop product Claims --by reviewer@example.com --reason 'wrong sums'")
    place = re.findall(r"organisation#[0-9]+", said)[0]
    assert said == (
        f"The product Claims is stopped: nothing of it has effect (stop {place}). "
        f"Two people lift it with `goldenthread lift {place}`.\nIt reaches payments.\n"
    )
    assert work("case-1") == ["denied"]
    assert work("case-1", slice_name="letters") == ["waiting"]
    assert terminal.done("ladder payments").startswith("payments is STOPPED at approval, ")
    assert terminal.done("ladder letters").startswith("letters is at approval, ")
    (listed,) = json.loads(terminal.done("stop list --json"))
    assert (listed["id"], listed["product"], listed["tool"]) == (place, "Claims", None)
    assert "  The product 'Claims' is stopped, by reviewer@example.com: wrong" in terminal.done("stop list")
    slip = terminal.done("stop product claim --by reviewer@example.com --reason 'wrong sums'").splitlines()
    assert slip[0].startswith("The product claim is stopped: ")
    assert slip[1] == (
        "No contract names the product 'claim', so nothing stands still by it yet; named are claims, post-room. "
        "The stop waits for a slice that names it. Stop the right one, its slices, or everything."
    )
    terminal.done(f"lift {place} --by reviewer@example.com --reason mended")
    terminal.done(f"lift {place} --by maya@example.com --reason mended")
    assert work("case-2") == ["waiting"]


def test_an_approval_during_a_stop_says_that_it_waits(terminal: Terminal, world: World, work: Worked) -> None:
    """Whoever answers must not believe that it happens now."""
    world.slice("payments", level="approval")
    assert work("case-1") == ["waiting"]
    terminal.done("stop slice payments --by maya@example.com --reason 'wrong sums'")
    (item,) = json.loads(terminal.done("inbox list --json"))
    said = terminal.done(f"inbox approve {item['id']} --as reviewer@example.com")
    assert "Until that is lifted it permits nothing: The slice 'payments' is stopped, by maya@example.com" in said
    assert work("case-1") == ["waiting"]


def test_a_stop_needs_a_reason(terminal: Terminal, world: World) -> None:
    """Who reads the record later must know why."""
    world.slice("payments")
    assert terminal.refused("slice suspend payments --by maya@example.com --reason ' '") == (
        "value-problem: What is stopped or let go on is so for a reason, and none was given. Say why."
    )
