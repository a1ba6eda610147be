"""What the stand-alone verifier says of signatures on releases: sound ones, forged ones, copies, withdrawals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit_worlds import SLICE, Paper, World, export_of, run_verifier, work
from control.agents import KEYED, Agent, later
from goldenthread.control.signing import (
    ask_release,
    ask_signature,
    refuse_release,
    refuse_signature,
    sign_release,
    tick_sign_offs,
)
from goldenthread.promise.values import Level
from goldenthread.record.audit import export
from goldenthread.record.principals import RELEASE_SIGN, load_principals, revoke, sign_release_statement
from goldenthread.record.store import Home
from worlds import EASY, EXPERT, OWNER, contract_text, make_world

PRINT = "sha256:" + "ab" * 32
OTHER = "sha256:" + "cd" * 32
SIGN_OFF = "application/vnd.goldenthread.sign-off+json"
paper: Any = Paper()


def declare(world: World) -> None:
    """The agent's release, which asks for signatures."""
    world.write("agent:fingerprint:declare", "bot", fingerprint=PRINT, agent="bot", manifest={}, tools={}, code="")
    world.write("release:ask", fingerprint=PRINT, agent="bot", version=1, signers={"ann": "expert"})


def signature(world: World, by: str = "ann", role: str = "expert", off: int = 0) -> dict[str, Any]:
    """What stands under `release:sign`."""
    place = world.book.chains[SLICE][-1].seq + 1 + off
    return sign_release_statement(load_principals(world.book), world.ring, paper, PRINT, by, role, place)


def sign(world: World) -> None:
    """Ann signs, as the contract asks."""
    world.write(RELEASE_SIGN, "ann", **signature(world))


def say(world: World, kind: str, by: str = "ann", **said: Any) -> None:
    """A request or a refusal, signed for its place."""
    about = {"fingerprint": PRINT, "agent": "bot", "version": 1, **said}
    place = world.book.chains[SLICE][-1].seq + 1
    organisation = load_principals(world.book).organisation
    signed = {"record": kind, "organisation": organisation, "slice": SLICE, "seq": place, **about}
    world.write(kind, by, **about, envelope=world.ring.sign(by, SIGN_OFF, signed))


def test_a_signed_release_is_named_and_a_withdrawn_one_is_not(begun: World, tmp_path: Path) -> None:
    """The auditor reads who stood for which release; whoever took it back no longer does."""
    work(begun)
    declare(begun)
    sign(begun)
    verdict = run_verifier(export_of(begun, tmp_path / "signed"))
    assert (verdict.code, verdict.wrong) == (0, [])
    line = f"  Release {PRINT[:19]}... signed by ann as expert."
    assert line in verdict.lines
    say(begun, "release:refuse", name="ann", role="expert", reason="it cites what is not there")
    say(begun, "release:ask", "bob", name="ann", role="expert", within="3 d")
    verdict = run_verifier(export_of(begun, tmp_path / "withdrawn"))
    assert (verdict.code, verdict.wrong) == (0, [])
    assert line not in verdict.lines
    sign(begun)
    revoke(begun.book, begun.ring, by="maya", name="ann", reason="left")
    verdict = run_verifier(export_of(begun, tmp_path / "again"))
    assert (verdict.code, line in verdict.lines) == (0, True)


def in_anothers_name(world: World) -> None:
    """Ann's signature as if it were bob's."""
    world.write(RELEASE_SIGN, "bob", **{**signature(world), "role": "owner"})


def for_another_place(world: World) -> None:
    """Made for a later place on the chain."""
    world.write(RELEASE_SIGN, "ann", **signature(world, off=1))


def copied(world: World) -> None:
    """A good one, and a copy of it where it was not signed."""
    sign(world)
    world.write(RELEASE_SIGN, "ann", **world.book.chains[SLICE][-1].data)


def of_another_release(world: World) -> None:
    """The signature under one release, recorded for another that was declared too."""
    made = signature(world, off=1)
    world.write("agent:fingerprint:declare", "bot", fingerprint=OTHER, agent="bot", manifest={}, tools={}, code="")
    world.write(RELEASE_SIGN, "ann", **{**made, "fingerprint": OTHER})


def of_nothing(world: World) -> None:
    """A release that nobody declared."""
    world.write(RELEASE_SIGN, "ann", **{**signature(world), "fingerprint": OTHER})


def of_another_version(world: World) -> None:
    """Under a version that is not on record."""
    world.write(RELEASE_SIGN, "ann", **{**signature(world), "version": 2})


def without_the_role(world: World) -> None:
    """Ann when her right is gone."""
    made = signature(world)
    revoke(world.book, world.ring, by="maya", name="ann", reason="left")
    world.write(RELEASE_SIGN, "ann", **made)


def a_refusal_in_anothers_name(world: World) -> None:
    """Bob withdraws for ann."""
    say(world, "release:refuse", "bob", name="ann", role="expert", reason="no")


def a_refusal_unsigned(world: World) -> None:
    """Somebody wrote it who has no key."""
    sign(world)
    world.write("release:refuse", "ann", fingerprint=PRINT, name="ann", role="expert", reason="no", version=1)


def a_request_that_says_other(world: World) -> None:
    """What was recorded is not what was signed."""
    say(world, "release:ask", "bob", name="ann", role="expert", within="3 d")
    record = world.book.chains[SLICE].pop()
    world.write("release:ask", "bob", **{**record.data, "within": "90 d"})


DEEDS: list[tuple[Callable[[World], None], str]] = [
    (in_anothers_name, "release:sign does not hold: it is not signed with the key "),
    (for_another_place, f"release:sign does not hold: 'ann' signed something else than the release {PRINT[:19]}... "),
    (
        copied,
        f"release:sign does not hold: 'ann' signed something else than the release {PRINT[:19]}... for this place",
    ),
    (of_another_release, f"release:sign does not hold: 'ann' signed something else than the release {OTHER[:19]}... "),
    (of_nothing, "release:sign does not hold: KeyError: "),
    (of_another_version, "release:sign does not hold: KeyError: 2."),
    (without_the_role, "release:sign does not hold: 'ann' was not expert of 'refunds' then."),
    (a_refusal_in_anothers_name, "release:refuse does not hold: 'bob' refuses in the name of 'ann'."),
    (a_refusal_unsigned, "release:refuse does not hold: KeyError: 'envelope'."),
    (a_request_that_says_other, "release:ask does not hold: it does not say what 'bob' signed for this place."),
]


@pytest.mark.parametrize(("deed", "expected"), DEEDS)
def test_what_should_not_be_there_is_named(
    begun: World, tmp_path: Path, deed: Callable[[World], None], expected: str
) -> None:
    """Nobody gets a release above draft by writing to the chain what they cannot sign."""
    work(begun)
    declare(begun)
    deed(begun)
    verdict = run_verifier(export_of(begun, tmp_path / "export"))
    last = begun.book.chains[SLICE][-1].seq
    assert verdict.code == 1
    assert len(verdict.wrong) == 1
    assert verdict.wrong[0].startswith(f"refunds {last}: {expected}")


def test_a_role_that_was_not_theirs_under_the_contract_is_named(begun: World, tmp_path: Path) -> None:
    """Bob holds the role of expert too, but signed the contract as its owner."""
    work(begun)
    declare(begun)
    begun.grant("bob", "expert")
    place = begun.book.chains[SLICE][-1].seq + 1
    principals = load_principals(begun.book)
    other: Any = Paper(owner="ann", expert="bob")
    made = sign_release_statement(principals, begun.ring, other, PRINT, "bob", "expert", place)
    begun.write(RELEASE_SIGN, "bob", **made)
    verdict = run_verifier(export_of(begun, tmp_path / "export"))
    assert verdict.wrong == [
        f"refunds {place}: release:sign does not hold: 'bob' did not sign version 1 of the contract as expert."
    ]


def test_a_real_life_of_releases_verifies_replays_and_shows_tampering(home: Home, tmp_path: Path) -> None:
    """What the guard really writes: asked, reminded, refused, asked again, signed, withdrawn, signed, put on drafts."""
    made = make_world(home.path)
    with made.opened() as ledger:
        text = contract_text(SLICE, level="approval", gates=EASY, actions=KEYED, releases="signed by expert")
        made.sign(text, leave_out=(EXPERT,))
        desk, keys = made.desk(SLICE), made.keyring
        refuse_signature(desk, keys, "too wide", by=EXPERT)
        ask_signature(desk, keys, EXPERT, by=OWNER)
        made.sign(text)
        agent = Agent(made)
        agent.climb()
        name = agent.declaration.fingerprint
        refuse_release(desk, keys, name, "no test of it", by=EXPERT)
        ask_release(desk, keys, name, EXPERT, by=OWNER, within="1 min")
        later(made, days=3)
        assert [one.kind for one in tick_sign_offs(desk)] == ["release:remind"]
        for number in range(2):
            assert sign_release(desk, keys, name, by=EXPERT).level is Level.CONSTRAINED
            agent.act(run := agent.run(f"case-{number}"), order=f"o-{number}", amount=5)
            agent.end(run)
            refuse_release(desk, keys, name, "it cites nothing", by=EXPERT)
            agent.ask(agent.run(f"held-{number}"), order=f"h-{number}", amount=5)
        sign_release(desk, keys, name, by=EXPERT)
        replayed = made.replay(SLICE)
        assert replayed.mismatches == []
        assert made.verify_ok()
        written = export(ledger, load_principals(ledger), [], tmp_path / "export", made_at=ledger.clock()).path
    verdict = run_verifier(written)
    assert (verdict.wrong, verdict.code) == ([], 0)
    assert f"  Release {name[:19]}... signed by {EXPERT} as expert." in verdict.lines
    _take_out_a_refusal(written)
    assert [one for one in run_verifier(written).wrong if one.startswith(f"{SLICE} ") and "dropped" in one]


def _take_out_a_refusal(folder: Path) -> None:
    """Somebody would rather that it had not been withdrawn."""
    for file in folder.rglob("*.jsonl"):
        lines = file.read_text().splitlines(keepends=True)
        kept = [line for line in lines if '"release:refuse"' not in line]
        file.write_text("".join(kept))
