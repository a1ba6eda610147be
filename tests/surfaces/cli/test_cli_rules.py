"""`goldenthread rules`, and the rule that `why` shows."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from goldenthread.record.principals import Role, grant
from surfaces.cli.conftest import Worked, Written
from surfaces.cli.typed import Terminal, steady
from worlds import EXPERT, OWNER, World

FILE = """\
apiVersion: goldenthread/v1
kind: OrganisationRules
version: {version}
owner: maya@example.com
rules:
  not-more:
    says: Nobody pays more than 100 without a person.
    for: [pay]
    when: "arguments.amount > {most}"
    then: ask
"""


@pytest.fixture
def rules(tmp_path: Path, world: World) -> Path:
    """A file of rules, beside a home with somebody who may sign them second."""
    with world.opened():
        grant(world.ledger, world.keyring, by=OWNER, name=EXPERT, roles=[Role(name="auditor")])
    path = tmp_path / "rules.yaml"
    path.write_text(FILE.format(version=1, most=100))
    return path


def test_rules_are_checked_signed_by_two_listed_shown_and_compared(terminal: Terminal, rules: Path) -> None:
    """The whole way of a version, as people type it."""
    digest = json.loads(terminal.done("rules check rules.yaml --json"))["digest"]
    assert terminal.done("rules check rules.yaml") == (
        f"rules.yaml is sound: 1 rule, version 1, {digest}.\n"
        "To sign: maya@example.com as owner of everything, and an administrator or auditor.\n"
        "Next: goldenthread rules sign rules.yaml --as maya@example.com\n"
    )
    assert terminal.done("rules list") == (
        "No rules of the organisation yet. Write a file and sign it with `goldenthread rules sign`.\n"
    )
    first = terminal.done("rules sign rules.yaml --as maya@example.com")
    assert re.sub(r"#\d+", "#N", first) == (
        f"maya@example.com signed version 1 of the organisation's rules as owner (record organisation#N), {digest}.\n"
        "It is the first signature, so the version is committed: from now on this text only.\n"
        "Still to sign:\n"
        "  administrator or auditor: expert@example.com\n"
        "With: goldenthread rules sign rules.yaml --as NAME\n"
    )
    assert terminal.done("rules sign rules.yaml --as maya@example.com").splitlines()[0] == (
        "maya@example.com signed version 1 of the organisation's rules before, as owner; nothing was recorded."
    )
    assert "1        unsigned  maya@example.com" in terminal.done("rules list")
    second = terminal.done("rules sign rules.yaml --as expert@example.com")
    assert second.splitlines()[-1] == (
        "Two people have signed: it is in force, in every process from its next decision on."
    )
    assert terminal.done("rules show") == (
        "The organisation's rules, version 1, in force. Owner: maya@example.com.\n\n"
        "not-more: Nobody pays more than 100 without a person.\n"
        "  ask pay, when arguments.amount > 100\n"
    )
    assert json.loads(terminal.done("rules show 1 --json"))["text"] == rules.read_text()
    rules.write_text(FILE.format(version=2, most=50))
    assert terminal.done("rules diff 1 rules.yaml") == (
        "changes   rules.not-more: when `arguments.amount > 100` becomes when `arguments.amount > 50`.\n"
    )
    assert terminal.done("rules diff 1 1") == "Nothing that binds anybody changed.\n"
    listed = json.loads(terminal.done("rules list --json"))
    assert [(row["version"], row["state"], row["missing"]) for row in listed] == [(1, "in force", [])]


def test_what_is_wrong_with_a_file_is_told_as_an_error(terminal: Terminal, rules: Path) -> None:
    """A pipeline that checks rules must fail on it."""
    rules.write_text(FILE.format(version=1, most="'much'").replace("arguments", "args"))
    failed = terminal("rules check rules.yaml")
    assert (failed.code, failed.err) == (
        1,
        "rules-invalid: rules.yaml:9:12 rules.not-more.when: 'args' is nothing that a rule can look at; there is "
        "slice, action, effect, level, replay, mode, arguments, before, untrusted, content.\n",
    )
    checked = terminal("rules check rules.yaml --json")
    assert (checked.code, json.loads(checked.out)["state"]) == (1, "invalid")


def test_a_version_that_is_not_there_is_named(terminal: Terminal, rules: Path) -> None:
    """Whoever mistypes a number learns which there are."""
    assert terminal("rules show").err == (
        "rules-not-found: No rules of the organisation are in force; committed versions: none. "
        "Name one, or sign a file with `goldenthread rules sign`.\n"
    )
    terminal.done("rules sign rules.yaml --as maya@example.com")
    assert terminal("rules show 7").err == (
        "rules-not-found: '7' is neither a file nor a version of the organisation's rules; committed versions: 1. "
        "Run `goldenthread rules list`.\n"
    )


def test_another_text_under_a_number_is_a_conflict(terminal: Terminal, rules: Path) -> None:
    """The exact bytes that one signed, the other signs."""
    terminal.done("rules sign rules.yaml --as maya@example.com")
    rules.write_text(rules.read_text() + "\n")
    err = terminal("rules sign rules.yaml --as expert@example.com").err
    assert re.sub(r"sha256:\w{12}", "sha256:N", err) == (
        "rules-conflict: Version 1 of the organisation's rules was committed with another text, sha256:N..., and this "
        "file is sha256:N.... Sign that text, or write `version: 2` in this one.\n"
    )


def test_why_shows_the_rule_and_where_it_stands(
    terminal: Terminal, world: World, rules: Path, contract: Written, work: Worked
) -> None:
    """Whoever is stopped by a rule must find it, its words and its version."""
    world.slice("payments", level="constrained")
    for name in ("maya", "expert"):
        terminal.done(f"rules sign rules.yaml --as {name}@example.com")
    assert work("case-1", amount=101) == ["waiting"]
    shown = steady(terminal.done("why case-1"))
    assert (
        "clause organisation.not-more, line 6 of version 1 of the organisation's rules: "
        "not-more: Nobody pays more than 100 without a person."
    ) in " ".join(shown.split())
    assert terminal("ledger replay").code == 0
