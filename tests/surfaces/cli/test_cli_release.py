"""`goldenthread release`, and signatures in the inbox: from an agent's declaration to what it may do."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from surfaces.cli.typed import Terminal, steady
from worlds import EXPERT, OWNER, SAME_EACH_TIME, World, contract_text, declare_tools

SLICE = "refunds"


def begin(world: World, **wanted: Any) -> None:
    """A contract in force that begins at approval and wants each release signed."""
    with world.opened():
        world.sign(contract_text(SLICE, level="approval", releases="signed by expert", **wanted))


def pay(world: World, case: str, **manifest: Any) -> str:
    """The agent connects, works a case, and its run ends so."""
    with world.connect(**manifest) as thread:
        tools = declare_tools(thread)
        with thread.run(SLICE, case=case) as run:
            tools["pay"](**SAME_EACH_TIME["pay"])
        return str(run.status)


def level(world: World, **manifest: Any) -> str:
    """As the agent itself is told."""
    with world.connect(**manifest) as thread:
        declare_tools(thread)
        with thread.run(SLICE, case="looks"):
            pass
        return thread.level(SLICE).value


def named(text: str) -> str:
    """The release that a text tells how to sign."""
    found = re.search(r"release sign refunds ([0-9a-f]{12}) ", text)
    assert found is not None, text
    return found[1]


def plain(text: str) -> str:
    """Without what differs from run to run."""
    return re.sub(r"\b[0-9a-f]{12}\b", "<release>", steady(text))


def test_from_a_declaration_to_the_first_effect(terminal: Terminal, world: World) -> None:
    """An agent of the SDK drafts; the expert reads, signs at the terminal, and it asks for a yes."""
    begin(world)
    assert pay(world, "case-1") == "drafted"
    assert level(world) == "draft"
    inbox = terminal.done("inbox list")
    assert [" ".join(line.split()) for line in plain(inbox).splitlines()[-5:]] == [
        "to sign who as state asked due",
        f"refunds release <release> of agent {EXPERT} expert waits <time> <time>",
        "",
        "Sign with",
        f"goldenthread release sign refunds <release> --as {EXPERT}",
    ]
    shown = terminal.done(f"release show refunds {named(inbox)}")
    assert plain(shown).splitlines()[:2] == [
        "Release <release> of agent in refunds: waits for signatures.",
        "Declared <time> (refunds#6).",
    ]
    assert "No release of this agent was signed before. It is made of\n  model added: rules\n  tool pay(" in shown
    assert f"  This release waits for the signature of {EXPERT} as expert, and goes no higher than draft" in shown
    signed = terminal.done(f"release sign refunds {named(inbox)} --as {EXPERT}")
    assert plain(signed).splitlines()[1:] == ["Everybody has signed: it may use what it has earned, approval."]
    assert "release sign" not in terminal.done("inbox list")
    assert pay(world, "case-2") == "waiting"
    assert level(world) == "approval"
    assert "all the same" in terminal.done("ledger replay refunds")


def test_a_changed_agent_is_shown_beside_the_one_signed_before(terminal: Terminal, world: World) -> None:
    """The expert sees what is other, not all there is; and hostile words stay words."""
    begin(world)
    pay(world, "case-1", model="small-1", prompt="Be brief.")
    terminal.done(f"release sign refunds {named(terminal.done('inbox list'))} --as {EXPERT}")
    assert pay(world, "case-2", model="large-2", prompt="Be brief.\x1b[2J\nEverybody has signed.") == "drafted"
    release = named(terminal.done("inbox list refunds"))
    shown = terminal.done(f"release show refunds {release}")
    assert (
        "  model changed from small-1 to large-2\n"
        "  prompt changed from Be brief. to Be brief.\\x1b[2J\\nEverybody has signed.\n\n" in shown
    )
    assert "Other than in " in shown
    assert "Shown so far: 1 case; at draft, having earned approval.\n" in shown
    listed = terminal.done("release list refunds").splitlines()
    assert [line.split()[-3:] for line in listed[1:]] == [["waits", EXPERT, "draft"], ["signed", EXPERT, "approval"]]
    view = json.loads(terminal.done(f"release show refunds sha256:{release} --json"))
    assert (view["state"], view["missing"]) == ("waits", [{"by": EXPERT, "role": "expert"}])
    assert view["changes"][0] == "model changed from small-1 to large-2"
    assert f"This release waits for the signature of {EXPERT} as expert" in terminal.done("ladder refunds")


def test_refused_asked_again_signed_and_taken_back(terminal: Terminal, world: World) -> None:
    """Each with its words; a refusal takes the release out of the inbox and stands in the list of signatures."""
    begin(world)
    pay(world, "case-1")
    release = named(terminal.done("inbox list"))
    said = terminal.done(f'release refuse refunds {release} --reason "no test of it" --as {EXPERT}')
    assert re.fullmatch(
        rf"{EXPERT} does not sign release <release> of 'refunds' \(record refunds#\d+\)\.\n", plain(said)
    )
    assert terminal.done("inbox list refunds").count("release sign") == 0
    assert plain(terminal.done("contract signatures")).splitlines()[-1] == (
        f"{EXPERT} refuses release <release> of 'refunds': no test of it"
    )
    shown = terminal.done(f"release show refunds {release}")
    assert f"Refused by {EXPERT}: no test of it\nStill to sign:\n  goldenthread release sign" in shown
    asked = terminal.done(f'release ask refunds {release} {EXPERT} --as {OWNER} --within "2 d"')
    assert plain(asked) == f"{EXPERT} is asked to sign release <release> of 'refunds' by <time>.\n"
    terminal.done(f"release sign refunds {release} --as {EXPERT}")
    again = terminal.done(f"release sign refunds {release} --as {EXPERT}")
    assert "before, as expert; nothing was recorded." in again
    terminal.done(f'release refuse refunds {release} --reason "it cites nothing" --as {EXPERT}')
    assert pay(world, "case-2") == "drafted"
    assert "all the same" in terminal.done("ledger replay refunds")


def test_two_signers_and_a_contract_beside_them_in_one_inbox(terminal: Terminal, world: World) -> None:
    """A new version waits too; it is signed as it is on record, with no file at hand."""
    with world.opened():
        world.sign(contract_text(SLICE, level="approval", releases="signed by owner and expert"))
    pay(world, "case-1")
    with world.opened():
        world.sign(contract_text(SLICE, version=2, level="approval"), leave_out=(EXPERT,))
    inbox = terminal.done("inbox list refunds")
    release = named(inbox)
    assert inbox.splitlines()[-3:] == [
        f"  goldenthread contract sign refunds@2 --as {EXPERT}",
        f"  goldenthread release sign refunds {release} --as {OWNER}",
        f"  goldenthread release sign refunds {release} --as {EXPERT}",
    ]
    kinds = [one["kind"] for one in json.loads(terminal.done("inbox list --json"))]
    assert kinds[-3:] == ["signature on a contract", *["signature on a release"] * 2]
    signed = terminal.done(f"release sign refunds {release} --as {OWNER}")
    assert signed.endswith(
        f"Still to sign:\n  {EXPERT} as expert: goldenthread release sign refunds {release} --as {EXPERT}\n"
    )
    assert "it is in force" in terminal.done(f"contract sign refunds@2 --as {EXPERT}")
    assert terminal.done("contract signatures") == "No contract waits for a signature, and no release.\n"
    assert pay(world, "case-2") == "waiting"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "release sign refunds ffffffffff --as expert@example.com",
            "release-unknown: No release 'ffffffffff' was decl",
        ),
        ("release show refunds abc", "release-unknown: 'abc' names no one release in 'refunds'; write at least 6"),
        ("release show claims abcdef", "contract-not-found: No slice 'claims' in this home"),
        ("release list claims", "contract-not-found: No slice 'claims' in this home"),
        ("contract sign refunds@9 --as maya@example.com", "contract-not-found: No contract 'refunds' at version 9"),
        ("contract sign refunds --as maya@example.com", "file-unusable: refunds cannot be read: No such file"),
    ],
)
def test_what_is_not_there_says_so(terminal: Terminal, world: World, line: str, words: str) -> None:
    """Each names the value and the way on."""
    begin(world)
    assert terminal.refused(line).startswith(words)
    assert terminal.done("release list") == "No agent has declared a release yet.\n"
