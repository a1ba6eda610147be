"""`goldenthread account`: who comes in, and how."""

from __future__ import annotations

import json
import re

from goldenthread.record.accounts import Where, accept_with_password, sign_in_by_password
from goldenthread.record.store import Home
from surfaces.cli.typed import Terminal, steady
from worlds import APPROVER, OWNER, World

GOOD = "seven lamps over a quiet harbour"


def test_somebody_is_invited_bound_listed_and_removed(terminal: Terminal, world: World, home: Home) -> None:
    """Everything that an administrator does at a terminal, before there is any page."""
    assert terminal.done("account list") == (
        "Nobody has an account. Invite somebody with `goldenthread account invite`.\n"
    )
    said = terminal.done(f"account invite {APPROVER} --by {OWNER} --url https://console.example.com")
    found = re.search(r"https://console\.example\.com/invitations/(\S+)", said)
    assert found is not None
    assert said.startswith(f"Give this to {APPROVER} alone; it is good once, until 20")
    assert "invited until" in terminal.done("account list")
    with world.opened() as ledger:
        accept_with_password(ledger, found[1], GOOD, Where())
        assert sign_in_by_password(ledger, APPROVER, GOOD, Where()).session.name == APPROVER
    bound = f"account bind {APPROVER} --issuer https://id.example.com --subject 2482 --by {OWNER}"
    assert terminal.done(bound) == f"Whoever https://id.example.com calls '2482' is {APPROVER} from now on.\n"
    assert [steady(line.rstrip()) for line in terminal.done("account list").splitlines()] == [
        "name                  comes in by                  sessions  last sign-in          state",
        f"{APPROVER}  password, identity provider  2         <time>  good",
    ]
    listed = json.loads(terminal.done("account list --json"))
    assert [one["name"] for one in listed] == [APPROVER]
    assert terminal.done(f"account remove {APPROVER} --by {OWNER} --reason leave") == (
        f"{APPROVER} cannot sign in any more.\n"
    )


def test_what_cannot_be_is_refused_in_words(terminal: Terminal, world: World, home: Home) -> None:
    """An administrator reads what is wrong, and what to do."""
    assert terminal.refused(f"account invite agent --by {OWNER}") == (
        "account-unknown: 'agent' can have no account: a principal of the kind agent has no account. Accounts are for "
        "people and data owners who are on record; see `goldenthread principal list`."
    )
    assert terminal.refused(f"account remove {APPROVER} --by {OWNER}") == (
        f"account-unknown: '{APPROVER}' has no account that could be removed. `goldenthread account list` shows who "
        "has one."
    )
    assert terminal.refused(f"account invite {APPROVER} --by {APPROVER}").startswith("not-permitted: ")
    (home.path / "console.toml").write_text("colour = 'red'")
    assert "console.toml cannot be used: it says colour" in terminal.refused(f"account invite {APPROVER} --by {OWNER}")
