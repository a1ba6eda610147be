"""Incidents under the auditor's verifier: nobody but the guard opens one, and what people say of it is theirs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit_worlds import SLICE, World, export_of, run_verifier
from goldenthread.control.guard import INCIDENT_TYPE
from goldenthread.record.principals import load_principals

OPEN: dict[str, Any] = {
    "ground": "stop",
    "cause": "stop",
    "owner": "bob",
    "words": "stopped",
    "onset": None,
    "figures": {},
}


def say(world: World, kind: str, by: str, *, signer: str | None = None, **about: Any) -> None:
    """A word about an incident, signed for its place."""
    said: dict[str, Any] = {"words": "a cause", **about}
    place = {"slice": SLICE, "seq": len(world.book.chains[SLICE]) + 1}
    statement = {"record": kind, "organisation": load_principals(world.book).organisation, **place, **said}
    world.write(kind, by, **said, envelope=world.ring.sign(signer or by, INCIDENT_TYPE, statement))


def opened(world: World) -> str:
    """An incident of the guard's; its id."""
    return f"{SLICE}#{world.write('incident:open', **OPEN).seq}"


def further_on(world: World) -> None:
    """A word once more, for another place."""
    id = opened(world)
    say(world, "incident:note", "bob", incident=id)
    last = world.book.chains[SLICE][-1]
    world.write("incident:note", "bob", **last.data)


def closed_twice(world: World) -> None:
    """What is closed takes no more words."""
    id = opened(world)
    for _ in range(2):
        say(world, "incident:close", "bob", incident=id, usual=False)


FORGERIES: list[Callable[[World], object]] = [
    lambda world: world.write("incident:open", "carol", **OPEN),
    lambda world: world.write("incident:add", incident=f"{SLICE}#1", words="again"),
    lambda world: world.write("incident:recover", "carol", incident=opened(world), words="over"),
    lambda world: world.write("incident:close", incident=opened(world), words="nobody's", usual=False),
    lambda world: say(world, "incident:close", "carol", incident=opened(world), usual=False),
    lambda world: say(world, "incident:take", "bot", incident=opened(world)),
    lambda world: say(world, "incident:note", "bob", signer="carol", incident=opened(world)),
    lambda world: say(world, "incident:take", "bob", incident=f"{SLICE}#1"),
    further_on,
    closed_twice,
]


@pytest.mark.parametrize("forge", FORGERIES)
def test_a_forged_word_about_an_incident_is_found(
    begun: World, tmp_path: Path, forge: Callable[[World], object]
) -> None:
    """An incident could be closed in the name of an owner who never saw it."""
    forge(begun)
    verdict = run_verifier(export_of(begun, tmp_path / "export"))
    last = begun.book.chains[SLICE][-1]
    assert (verdict.code, len(verdict.wrong)) == (1, 1), verdict.wrong
    assert verdict.wrong[0].startswith(f"{SLICE} {last.seq}: {last.kind} does not hold: ")


def test_what_was_said_by_the_rules_is_no_finding(begun: World, tmp_path: Path) -> None:
    """The forgeries differ from this in one thing each."""
    id = opened(begun)
    begun.write("incident:add", incident=id, words="again")
    say(begun, "incident:take", "carol", incident=id)
    say(begun, "incident:note", "ann", incident=id)
    begun.write("incident:recover", incident=id, words="over")
    say(begun, "incident:recover", "carol", incident=id)
    say(begun, "incident:close", "bob", incident=id, usual=False)
    verdict = run_verifier(export_of(begun, tmp_path / "export"))
    assert (verdict.wrong, verdict.code) == ([], 0)
