"""Whose signature is waited for is told so, and nobody else; what goes to systems names nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from control.agents import Agent
from goldenthread.control.signing import (
    ask_release,
    refuse_release,
    refuse_signature,
    sign_release,
    sign_version,
    tick_sign_offs,
)
from goldenthread.promise.contract import parse_contract
from goldenthread.work.events import Custody
from goldenthread.work.notices import FOLDER, add_rule, tick
from work.conftest import Outside
from work.notices.mailbox import Mailbox, mailbox
from worlds import APPROVER, EXPERT, OWNER, contract_text

SLICE = "refunds"


@pytest.fixture
def box() -> Iterator[Mailbox]:
    """Where the mail arrives."""
    with mailbox() as made:
        yield made


def rule(outside: Outside, url: str, person: str, *types: str) -> None:
    """Tell somebody."""
    world, custody = outside.world, Custody(outside.home, FOLDER)
    add_rule(world.ledger, world.keyring, custody, person, url, by=person, types=types)


def lines(outside: Outside, box: Mailbox) -> list[str]:
    """What one more round says, in all messages."""
    before = len(box.came)
    outside.clock.move(minutes=2)
    tick(outside.world.ledger, outside.home)
    said = []
    for message in box.came[before:]:
        part = message.get_body(("plain", "html"))
        assert part is not None
        said += [line for line in str(part.get_content()).splitlines() if line.startswith("- ")]
    return said


def unsigned(outside: Outside, version: int = 2) -> str:
    """A contract that wants releases signed, and an agent that comes; the release's first digits."""
    text = contract_text(SLICE, version=version, level="approval", releases="signed by expert")
    outside.world.sign(text)
    return Agent(outside.world).declaration.fingerprint.removeprefix("sha256:")[:12]


def test_who_must_sign_a_release_is_told_and_nobody_else(outside: Outside, box: Mailbox) -> None:
    """The declaration reaches the expert; an approver has nothing to do with it."""
    rule(outside, box.url, EXPERT, "release.*")
    rule(outside, box.url, APPROVER, "release.asked", "release.reminded")
    release = unsigned(outside)
    look = f"`goldenthread release show {SLICE} {release}`"
    assert lines(outside, box) == [f"- {SLICE}: release {release} of the agent waits for your signature: {look}"]
    assert box.came[0]["Subject"] == "goldenthread: 1 thing waits for an answer"
    outside.clock.move(days=6)
    tick_sign_offs(outside.world.desk(SLICE))
    assert lines(outside, box) == [f"- {SLICE}: release {release} of the agent still waits for your signature: {look}"]


def test_what_was_signed_or_refused_in_the_meantime_is_not_asked_for(outside: Outside, box: Mailbox) -> None:
    """Who answered is left alone; who took it back is told as a change, and asked again when somebody asks."""
    rule(outside, box.url, EXPERT)
    release, desk, keys = unsigned(outside), outside.world.desk(SLICE), outside.world.keyring
    sign_release(desk, keys, release, by=EXPERT)
    assert [line for line in lines(outside, box) if "release" in line] == []
    refuse_release(desk, keys, release, "it cites nothing", by=EXPERT)
    said = f"- {SLICE}: somebody does not sign a release of the agent, so it goes no higher than draft: "
    assert lines(outside, box) == [f"{said}`goldenthread release show {SLICE} {release}`"]
    ask_release(desk, keys, release, EXPERT, by=OWNER)
    assert "waits for your signature" in lines(outside, box)[0]


def test_a_version_of_the_contract_is_asked_for_in_the_same_way(outside: Outside, box: Mailbox) -> None:
    """Its first signature is told as a change; reminders only to who has not signed."""
    rule(outside, box.url, EXPERT)
    text = contract_text(SLICE, version=2, level="approval")
    outside.world.sign(text, leave_out=(EXPERT,))
    look = f"`goldenthread contract show {SLICE} --version 2`"
    committed = "a version of the contract is on record, for those whom it names to sign"
    assert lines(outside, box) == [f"- {SLICE}: {committed}: {look}"]
    outside.clock.move(days=6)
    tick_sign_offs(outside.world.desk(SLICE))
    waits = f"- {SLICE}: version 2 of the contract still waits for your signature: {look}"
    assert lines(outside, box) == [waits]
    refuse_signature(outside.world.desk(SLICE), outside.world.keyring, "too wide", by=EXPERT)
    outside.clock.move(days=1)
    assert lines(outside, box) == []
    sign_version(outside.world.desk(SLICE), outside.world.keyring, parse_contract(text), by=EXPERT)
    assert lines(outside, box) == []


def test_events_of_signing_name_the_release_and_no_person(outside: Outside) -> None:
    """A system learns what waits; who it waits for stays in the house."""
    outside.subscribe("release.*", "contract.asked", "contract.reminded", "contract.refused")
    release, desk, keys = unsigned(outside), outside.world.desk(SLICE), outside.world.keyring
    outside.clock.move(days=7)
    tick_sign_offs(desk)
    refuse_release(desk, keys, release, "a secret reason", by=EXPERT)
    ask_release(desk, keys, release, EXPERT, by=OWNER, within="1 d")
    sign_release(desk, keys, release, by=EXPERT)
    outside.world.sign(contract_text(SLICE, version=3), leave_out=(EXPERT,))
    refuse_signature(desk, keys, "a secret reason", by=EXPERT)
    for _ in range(9):
        outside.tick()
    came = [request.event for request in outside.receiver.came]
    assert [one["type"].removeprefix("goldenthread.") for one in came] == [
        "release.asked",
        "release.reminded",
        "release.refused",
        "release.asked",
        "release.signed",
        "contract.refused",
    ]
    assert all(one["data"]["fingerprint"].startswith(f"sha256:{release}") for one in came[:5])
    assert [one["data"].get("role") for one in came] == [None, "expert", "expert", None, "expert", None]
    everything = str(came)
    assert not [word for word in (EXPERT, OWNER, "a secret reason") if word in everything]
