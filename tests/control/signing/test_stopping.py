"""Stopping by one and lifting by two: who may, what is signed, and what a forged record can and cannot do."""

from __future__ import annotations

from typing import Any

import pytest

from goldenthread.control.signing import lift, standing_stops, stop
from goldenthread.control.stops import STOP_TYPE, lift_statement
from goldenthread.promise.errors import NotPermitted, SecondRole, SignatureInvalid, StopUnknown, ValueProblem
from goldenthread.record.ledger import ORGANISATION
from goldenthread.record.principals import KeyRing, Role, grant, load_principals, revoke
from goldenthread.record.store import Home
from worlds import APPROVER, ENGINEER, EXPERT, OWNER, World, contract_text, make_world

SLICE = "refunds"


@pytest.fixture
def world(home: Home) -> Any:
    """The home with its people and one slice, opened."""
    made = make_world(home.path)
    with made.opened():
        made.sign(contract_text(SLICE))
        yield made


def held(world: World) -> list[str]:
    """The stops that hold."""
    return [one.stop.id for one in standing_stops(world.ledger)]


CHAINS = pytest.mark.parametrize("chain", [ORGANISATION, SLICE])


@CHAINS
def test_one_person_stops_and_two_lift(world: World, chain: str) -> None:
    """Stopping must be easy and going on must not be; whoever stopped may be one of the two."""
    set_ = world.stop(chain, by=APPROVER)
    place = f"{chain}#{set_.seq}"
    first = world.lift(set_, APPROVER)
    assert (first.lifted, first.wanted) == (False, (OWNER,))
    again = world.lift(set_, APPROVER)
    assert (again.lifted, again.record) == (False, None)
    assert [(one.stop.id, one.asked) for one in standing_stops(world.ledger)] == [(place, (APPROVER,))]
    assert world.lift(set_, OWNER).lifted
    assert held(world) == []


@CHAINS
def test_two_without_whom_it_takes_do_not_lift(world: World, chain: str) -> None:
    """Approvers answer for actions; that all may go on is an owner's word, or an administrator's."""
    set_ = world.stop(chain)
    assert world.lift(set_, APPROVER).wanted == (OWNER,)
    assert world.lift(set_, ENGINEER).lifted is False
    assert held(world) == [f"{chain}#{set_.seq}"]
    assert world.lift(set_, OWNER).lifted


def test_where_nobody_can_complete_it_the_words_say_who_could_be_granted_it(world: World) -> None:
    """A slice whose owner has left must not look as if a third approver would help."""
    set_ = world.stop(SLICE, by=APPROVER)
    everywhere = [Role(name="owner")]
    revoke(world.ledger, world.keyring, by=OWNER, name=OWNER, roles=everywhere, reason="left")
    world.lift(set_, APPROVER)
    with pytest.raises(SecondRole) as refused:
        world.lift(set_, ENGINEER)
    assert str(refused.value) == (
        f"second-role: Neither {ENGINEER} nor {APPROVER} is an owner of '{SLICE}', and one of the two must be. "
        "Have an administrator grant that role to somebody, who then lifts it."
    )


@pytest.mark.parametrize(("by", "chain"), [(EXPERT, SLICE), (EXPERT, ORGANISATION), ("agent", SLICE)])
def test_who_holds_no_right_neither_stops_nor_lifts(world: World, by: str, chain: str) -> None:
    """An agent that could stop a slice could stop the one that watches it."""
    with pytest.raises(NotPermitted, match=f"'{by}' is not owner or approver or administrator of "):
        stop(world.ledger, world.keyring, chain=chain, by=by, reason="no")
    set_ = world.stop(chain)
    with pytest.raises(NotPermitted, match=f"'{by}' is not owner or approver or administrator of "):
        world.lift(set_, by)


def test_an_approver_of_one_slice_stops_that_one_and_not_everything(world: World) -> None:
    """Rights end at the slice."""
    name = "only-here@example.com"
    grant(world.ledger, world.keyring, by=OWNER, name=name, roles=[Role(name="approver", slice=SLICE)])
    world.stop(SLICE, by=name)
    with pytest.raises(NotPermitted):
        world.stop(by=name)


def test_stopping_twice_records_once_and_another_person_is_heard(world: World) -> None:
    """A command that is repeated does no harm; a second person's reason is their own."""
    first = world.stop(SLICE)
    assert stop(world.ledger, world.keyring, chain=SLICE, by=OWNER, reason="again") is None
    second = world.stop(SLICE, by=APPROVER)
    world.lift(first)
    assert held(world) == [f"{SLICE}#{second.seq}"]


def test_a_product_is_stopped_by_who_could_stop_everything_and_lifted_by_two(world: World) -> None:
    """It may reach any slice, so the rights of one slice are not enough; and each product is a stop of its own."""
    name = "only-here@example.com"
    grant(world.ledger, world.keyring, by=OWNER, name=name, roles=[Role(name="approver", slice=SLICE)])
    with pytest.raises(NotPermitted):
        world.stop(product="claims", by=name)
    set_ = world.stop(product=" claims ", by=APPROVER)
    (one,) = standing_stops(world.ledger)
    assert (one.stop.product, one.stop.subject) == ("claims", "The product 'claims' is stopped")
    again = stop(world.ledger, world.keyring, chain=ORGANISATION, by=APPROVER, reason="again", product="claims")
    assert again is None
    other, everything = world.stop(product="refunds", by=APPROVER), world.stop(by=APPROVER)
    assert world.lift(set_, APPROVER, ENGINEER).lifted is False, "no administrator among the two"
    assert world.lift(set_, OWNER).lifted
    assert held(world) == [f"organisation#{other.seq}", f"organisation#{everything.seq}"]


def test_what_is_missing_is_named(world: World) -> None:
    """Who reads the record later must know why, and nobody lifts what is not there."""
    with pytest.raises(ValueProblem, match="stopped or let go on is so for a reason, and none was given"):
        stop(world.ledger, world.keyring, chain=SLICE, by=OWNER, reason=" ")
    with pytest.raises(ValueProblem, match="The tool to stop has no name"):
        stop(world.ledger, world.keyring, chain=SLICE, by=OWNER, reason="odd", tool=" ")
    with pytest.raises(ValueProblem, match="The product to stop has no name"):
        stop(world.ledger, world.keyring, chain=ORGANISATION, by=OWNER, reason="odd", product=" ")
    with pytest.raises(ValueProblem, match=f"A product is stopped in all its slices, and '{SLICE}' is one"):
        stop(world.ledger, world.keyring, chain=SLICE, by=OWNER, reason="odd", product="claims")
    for name in ("refunds#77", "elsewhere#1", "organisation#1", ""):
        with pytest.raises(StopUnknown) as unknown:
            lift(world.ledger, world.keyring, name, by=OWNER, reason="mended")
        assert str(unknown.value) == (
            f"stop-unknown: No stop '{name}' holds. Run `goldenthread stop list` for those that do."
        )


def test_a_key_that_is_not_on_record_sets_and_lifts_nothing(world: World, home: Home) -> None:
    """A ring with another key of the same name signs for nobody."""
    set_ = world.stop(SLICE)
    with pytest.raises(SignatureInvalid):
        lift(world.ledger, _strangers(home, APPROVER), f"{SLICE}#{set_.seq}", by=APPROVER, reason="fine")
    with pytest.raises(SignatureInvalid):
        stop(world.ledger, _strangers(home, APPROVER), chain=SLICE, by=APPROVER, reason="odd")


def _strangers(home: Home, name: str) -> KeyRing:
    other = Home(home.path.parent / "other")
    other.prepare()
    ring = KeyRing(other)
    if not ring.has(name):
        ring.generate(name)
    return ring


@CHAINS
def test_an_unsigned_stop_stops(world: World, chain: str) -> None:
    """Whoever can write to the ledger can stop work; that is the harmless side to err on."""
    record = world.ledger.append(chain, "stop:set", "nobody", {"tool": None, "reason": "forged"})
    assert held(world) == [f"{chain}#{record.seq}"]
    world.lift(record)
    assert held(world) == []


@CHAINS
@pytest.mark.parametrize("forgery", ["unsigned", "stranger", "elsewhere", "other stop", "in another's name", "copied"])
def test_a_forged_lift_does_not_lift(world: World, home: Home, chain: str, forgery: str) -> None:
    """Whoever can write to the ledger must not be able to let agents go on."""
    set_ = world.stop(chain)
    place, organisation = f"{chain}#{set_.seq}", load_principals(world.ledger).organisation
    said = world.lift(set_, OWNER).record
    assert said is not None

    def statement(**changed: Any) -> dict[str, Any]:
        seq = world.ledger.head(chain).seq + 1
        return {**lift_statement(organisation, place, chain=chain, seq=seq, reason="fine"), **changed}

    ring, by = world.keyring, APPROVER
    envelopes: dict[str, Any] = {
        "unsigned": None,
        "stranger": _strangers(home, APPROVER).sign(APPROVER, STOP_TYPE, statement()),
        "elsewhere": ring.sign(by, STOP_TYPE, statement(organisation="of another ledger")),
        "other stop": ring.sign(by, STOP_TYPE, statement(stop=f"{chain}#1")),
        "in another's name": ring.sign(OWNER, STOP_TYPE, statement()),
        "copied": said.data["envelope"],
    }
    envelope = envelopes[forgery]
    world.ledger.append(chain, "stop:lift", by, {"stop": place, "reason": "fine", "envelope": envelope})
    assert held(world) == [place]
    assert world.lift(set_, APPROVER).lifted, "the real second word still does"


def test_one_person_under_two_records_is_still_one(world: World) -> None:
    """A lift that is signed twice by the same person, past the command, is one word."""
    set_ = world.stop(SLICE)
    organisation = load_principals(world.ledger).organisation
    for _ in range(2):
        seq = world.ledger.head(SLICE).seq + 1
        said = lift_statement(organisation, f"{SLICE}#{set_.seq}", chain=SLICE, seq=seq, reason="fine")
        _append_signed(world, said)
    assert held(world) == [f"{SLICE}#{set_.seq}"]


def test_somebody_who_asked_and_was_revoked_is_no_second_person(world: World) -> None:
    """The two must both have the right when the stop is lifted."""
    set_ = world.stop(SLICE)
    world.lift(set_, APPROVER)
    revoke(world.ledger, world.keyring, by=OWNER, name=APPROVER, reason="left")
    assert world.lift(set_, OWNER).lifted is False
    assert world.lift(set_, ENGINEER).lifted


def test_the_ledger_verifies_and_replays_with_stops_in_it(world: World) -> None:
    """A stop is a record like any other."""
    for chain in (ORGANISATION, SLICE):
        world.lift(world.stop(chain))
    assert world.verify_ok()
    assert world.replay(SLICE).ok


def _append_signed(world: World, said: dict[str, Any]) -> None:
    envelope = world.keyring.sign(OWNER, STOP_TYPE, said)
    world.ledger.append(
        SLICE, "stop:lift", OWNER, {"stop": said["stop"], "reason": said["reason"], "envelope": envelope}
    )
