"""Stops in an export: the stand-alone verifier hears them as the guard does, and finds who acted all the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit_worlds import Verdict, run_verifier
from goldenthread.control.stops import STOP_TYPE, lift_statement
from goldenthread.record.audit import export
from goldenthread.record.ledger import ORGANISATION
from goldenthread.record.principals import load_principals
from goldenthread.record.store import Home
from worlds import APPROVER, OWNER, World, contract_text, declare_tools, make_world

SLICE = "claims"


def stopped_and_lifted(world: World) -> str:
    """Work that is approved, stopped everywhere and in its slice, lifted by two, and done; then the unused permit."""
    with world.connect() as thread:
        pay = declare_tools(thread)["pay"]
        for case in ("1", "2"):
            with thread.run(SLICE, case=case):
                pay("o", 1)
        stops = [world.stop(), world.stop(SLICE), world.stop(tool="pay"), world.stop(product="Desk")]
        for item in world.inbox(SLICE).items():
            world.inbox(SLICE).approve(item.id, by=APPROVER)
        with thread.run(SLICE, case="1"):
            pay("o", 1)
        with thread.run(SLICE, case="3"):
            pay("o", 1)
        for stop in stops:
            world.lift(stop)
        world.stop(product="another")
        with thread.run(SLICE, case="1") as run:
            pay("o", 1)
        assert run.status == "done"
    answers = world.ledger.read(SLICE, kinds=["approval:answer"])
    used = {one.data["permit"] for one in world.ledger.read(SLICE, kinds=["permit:consume"])}
    return next(str(one.data["permit"]["id"]) for one in answers if one.data["permit"]["id"] not in used)


def verified(world: World, folder: Path) -> Verdict:
    """What an auditor is told."""
    export(world.ledger, load_principals(world.ledger), [], folder, made_at=world.ledger.clock())
    return run_verifier(folder)


@pytest.fixture
def world(home: Home) -> Any:
    """A slice at approval, opened."""
    made = make_world(home.path)
    made.slice(SLICE, level="approval", parts="product: desk\n")
    with made.opened():
        yield made


def test_work_that_was_stopped_and_lifted_verifies(world: World, tmp_path: Path) -> None:
    """A verifier that did not know stops would say nothing; one that misread them would call honest work wrong."""
    stopped_and_lifted(world)
    assert verified(world, tmp_path / "export").wrong == []


def _under_a_stop(world: World, permit: str) -> str:
    stop = world.stop(SLICE)
    world.ledger.append(SLICE, "permit:consume", "agent", {"permit": permit, "stops": _last(world)})
    return f"permit {permit} was used while {SLICE}#{stop.seq} stopped it"


def _under_a_stop_of_everything(world: World, permit: str) -> str:
    stop = world.stop()
    world.ledger.append(SLICE, "permit:consume", "agent", {"permit": permit, "stops": _last(world)})
    return f"permit {permit} was used while organisation#{stop.seq} stopped it"


def _under_a_stop_of_the_product(world: World, permit: str) -> str:
    world.sign(contract_text(SLICE, version=2, level="approval", parts="product: elsewhere\n"))
    stop = world.stop(product="desk")
    world.ledger.append(SLICE, "permit:consume", "agent", {"permit": permit, "stops": _last(world)})
    return f"permit {permit} was used while organisation#{stop.seq} stopped it"


def _without_having_heard(world: World, permit: str) -> str:
    world.ledger.append(SLICE, "permit:consume", "agent", {"permit": permit})
    return f"it knew of stops up to 0, and a record before it up to {_last(world)}"


def _lifted_by_one(world: World, permit: str) -> str:
    stop = world.stop(SLICE)
    place, principals = f"{SLICE}#{stop.seq}", load_principals(world.ledger)
    for _ in range(2):
        seq = world.ledger.head(SLICE).seq + 1
        said = lift_statement(principals.organisation, place, chain=SLICE, seq=seq, reason="fine")
        envelope = world.keyring.sign(OWNER, STOP_TYPE, said)
        world.ledger.append(SLICE, "stop:lift", OWNER, {"stop": place, "reason": "fine", "envelope": envelope})
    world.ledger.append(SLICE, "permit:consume", "agent", {"permit": permit, "stops": _last(world)})
    return f"permit {permit} was used while {place} stopped it"


def _lift_forged(world: World, permit: str) -> str:
    stop = world.stop()
    place = f"organisation#{stop.seq}"
    data: Any = {"stop": place, "reason": "fine", "envelope": None}
    world.ledger.append(ORGANISATION, "stop:lift", APPROVER, data)
    return "it lifts nothing: "


def _last(world: World) -> int:
    return world.desk(SLICE).everywhere().seq


@pytest.mark.parametrize(
    "wrong",
    [
        _under_a_stop,
        _under_a_stop_of_everything,
        _under_a_stop_of_the_product,
        _without_having_heard,
        _lifted_by_one,
        _lift_forged,
    ],
)
def test_what_was_done_in_spite_of_a_stop_is_found(
    world: World, tmp_path: Path, wrong: Callable[[World, str], str]
) -> None:
    """Whoever keeps the ledger must not be able to hide that the kill switch was ignored."""
    words = wrong(world, stopped_and_lifted(world))
    assert any(words in line for line in verified(world, tmp_path / "export").wrong)
