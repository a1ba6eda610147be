"""A map in force: signed by its owner, and no new contract comes on record without its problem."""

from __future__ import annotations

import json

import pytest

from control.problems.maps import a_problem, commit, map_text
from goldenthread.control.problems import load_problems, require_mapped
from goldenthread.control.signing import commit_version
from goldenthread.promise.contract import parse_contract
from goldenthread.promise.errors import NotOnMap, NotPermitted, ProblemsConflict
from goldenthread.record.ledger import ORGANISATION
from goldenthread.record.principals import Role, grant
from worlds import AGENT, EXPERT, FINANCE, OWNER, World, contract_text

MORE = map_text({"slow-requests": a_problem(slices=["payments", "refunds"])}, version=2)


def test_a_home_without_a_map_asks_for_none(world: World) -> None:
    """Every home that there is goes on as before."""
    assert require_mapped(world.ledger, "payments") is None
    world.sign(contract_text("payments"))
    assert world.desk("payments").standing().in_force is not None


def test_a_contract_without_its_problem_is_refused_and_with_it_is_signed(world: World) -> None:
    """No leap from a use case to an agent: somebody must own the problem first."""
    commit(world, map_text())
    with pytest.raises(NotOnMap, match=r"'refunds' stands under no problem of the map \(version 1, 1 problem\)"):
        world.sign(contract_text("refunds"))
    with pytest.raises(NotOnMap, match="Write it under `slices` of its problem"):
        commit_version(world.desk("refunds"), parse_contract(contract_text("refunds")), by=OWNER)
    assert "refunds" not in world.ledger.chains()
    world.sign(contract_text("payments"))
    commit(world, MORE)
    world.sign(contract_text("refunds"))
    assert world.desk("refunds").standing().in_force is not None
    assert world.verify_ok()


def test_a_contract_under_a_problem_that_is_set_aside_is_refused(world: World) -> None:
    """What people decided not to work on is not begun by the back door."""
    commit(world, map_text({"slow": a_problem(slices=["payments"], set_aside="Another team has it.")}))
    with pytest.raises(NotOnMap, match=r"'payments' stands under 'slow', which is set aside: Another team has it\."):
        world.sign(contract_text("payments"))


def test_what_is_on_record_goes_on_and_its_next_version_needs_a_problem(world: World) -> None:
    """A map stops no running work, and lets no new text in."""
    world.sign(contract_text("refunds"))
    half = contract_text("claims")
    world.sign(half, leave_out=(FINANCE,))
    commit(world, map_text())
    world.sign(half)
    assert world.desk("claims").standing().in_force is not None
    with pytest.raises(NotOnMap):
        world.sign(contract_text("refunds", version=2))
    standing = world.desk("refunds").standing()
    assert standing.in_force is not None
    assert standing.in_force.contract.version == 1


def test_only_the_owner_whom_the_file_names_and_who_owns_everything_commits(world: World) -> None:
    """A map says what all people work on."""
    with pytest.raises(NotPermitted, match=f"'{EXPERT}' is not the owner whom the file names, who is '{OWNER}'"):
        commit(world, map_text(), by=EXPERT)
    for name in (EXPERT, AGENT):
        with pytest.raises(NotPermitted):
            commit(world, map_text(owner=name), by=name)
    grant(world.ledger, world.keyring, by=OWNER, name=EXPERT, roles=[Role(name="owner", slice="payments")])
    with pytest.raises(NotPermitted, match="is not owner of everything"):
        commit(world, map_text(owner=EXPERT), by=EXPERT)
    assert load_problems(world.ledger).in_force is None


def test_versions_follow_one_another_and_each_has_one_text(world: World) -> None:
    """What was in force on a day can be told for ever."""
    first = commit(world, map_text())
    assert first is not None
    assert commit(world, map_text()) is None
    with pytest.raises(ProblemsConflict, match="Version 1 of the problem map was committed with another text"):
        commit(world, map_text({}))
    with pytest.raises(ProblemsConflict, match="This is version 3 of the problem map, and the next one is 2"):
        commit(world, map_text(version=3))
    commit(world, MORE)
    known = load_problems(world.ledger)
    assert known.in_force is not None
    assert (known.in_force.version, known.in_force.map.problem_of("refunds") is not None) == (2, True)
    assert known.versions[1].seq == first.seq


def test_a_map_that_was_altered_or_that_its_owner_did_not_sign_is_not_in_force(world: World) -> None:
    """Whoever can write to the ledger must not write the map."""
    record = commit(world, map_text())
    assert record is not None
    data = json.loads(json.dumps(record.data))
    other = json.loads(json.dumps(data)) | {"version": 2}
    with world.ledger.transaction(ORGANISATION) as tx:
        for by, content in (
            (OWNER, other),
            (OWNER, data | {"text": map_text({})}),
            (EXPERT, data | {"version": 2}),
            (OWNER, {"version": 2}),
            (OWNER, data | {"envelope": []}),
            (OWNER, data),
        ):
            tx.append(ORGANISATION, "problems:version:commit", by, content)
    known = load_problems(world.ledger)
    assert list(known.versions) == [1]
    assert len(known.refused) == 6


def test_a_map_that_cannot_be_read_here_lets_nothing_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older process must not take for absent what it cannot read."""
    commit(world, map_text())
    monkeypatch.setattr("goldenthread.control.problems.reading.CATEGORIES", {"new": "unknown to this version"})
    with pytest.raises(NotOnMap, match="Whether 'payments' stands on the problem map cannot be told: version 1"):
        require_mapped(world.ledger, "payments")
