"""A choice of approach on the record: signed, with its reason, and only by those who may."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from factory.fit.described import described
from goldenthread.factory.fit import DECIDE, Approach, decide, decisions, our_table, recommend
from goldenthread.promise.errors import NotPermitted, ValueProblem
from goldenthread.promise.values import Level
from goldenthread.record.ledger import ORGANISATION
from goldenthread.record.principals import Role, grant
from worlds import AGENT, APPROVER, ENGINEER, OWNER, World

TABLE = our_table()
BY_NAME = {one.name: recommend(one.facts, TABLE) for one in described()}
FARE = BY_NAME["bereavement-fare"]
WHY = "The page of the policy is five lines long, so a call may read all of it."


def test_an_overruling_stands_on_record_with_its_reason(world: World) -> None:
    """A year later somebody asks why it was built so; the answer is there, and who gave it."""
    decide(
        world.ledger, world.keyring, FARE, slice_name="fares", by=OWNER, because=WHY, approach=Approach.SINGLE_CALL,
        ceiling=Level.DRAFT,
    )  # fmt: skip
    decide(world.ledger, world.keyring, FARE, slice_name="fares", by=OWNER, because="On reflection the table is right.")
    first, second = decisions(world.ledger, "fares")
    assert (first.recommended, first.recommended_ceiling) == (Approach.RETRIEVAL, Level.APPROVAL)
    assert (first.chosen, first.ceiling, first.overruled, first.because, first.by) == (
        Approach.SINGLE_CALL, Level.DRAFT, True, WHY, OWNER,
    )  # fmt: skip
    assert (second.chosen, second.overruled, second.table_version) == (Approach.RETRIEVAL, False, 1)
    assert first.facts["steps"] == "one"
    assert list(decisions(world.ledger, "other")) == []
    assert world.verify_ok()


@pytest.mark.parametrize("name", [APPROVER, AGENT])
def test_only_an_owner_or_expert_of_the_slice_decides(world: World, name: str) -> None:
    """An agent does not choose its own freedom, and neither does whoever answers for it."""
    with pytest.raises(NotPermitted):
        decide(world.ledger, world.keyring, FARE, slice_name="fares", by=name, because=WHY)
    assert list(world.ledger.read(ORGANISATION, kinds=[DECIDE])) == []


def test_an_owner_of_another_slice_does_not_decide(world: World) -> None:
    """A role is for the slice that it was granted for."""
    grant(world.ledger, world.keyring, by=OWNER, name=ENGINEER, roles=[Role(name="owner", slice="fares")])
    decide(world.ledger, world.keyring, FARE, slice_name="fares", by=ENGINEER, because=WHY)
    with pytest.raises(NotPermitted):
        decide(world.ledger, world.keyring, FARE, slice_name="hotels", by=ENGINEER, because=WHY)


def test_a_reason_is_a_sentence(world: World) -> None:
    """'Because' explains nothing to whoever reads it later."""
    with pytest.raises(ValueProblem, match="'because I say' is no reason that somebody could judge later"):
        decide(world.ledger, world.keyring, FARE, slice_name="fares", by=OWNER, because=" because I  say ")
    with pytest.raises(ValueProblem, match="The table says that nothing may be built for 'scores'"):
        decide(world.ledger, world.keyring, BY_NAME["social-scoring"], slice_name="scores", by=OWNER, because=WHY)


def test_a_decision_that_was_altered_or_that_nobody_signed_does_not_count(world: World) -> None:
    """Whoever can write to the ledger does not thereby decide."""
    record = decide(world.ledger, world.keyring, FARE, slice_name="fares", by=OWNER, because=WHY)
    data = json.loads(json.dumps(record.data))
    with world.ledger.transaction(ORGANISATION) as tx:
        tx.append(ORGANISATION, DECIDE, OWNER, data | {"chosen": {"approach": "agent", "ceiling": "expanded"}})
        tx.append(ORGANISATION, DECIDE, ENGINEER, data)
        tx.append(ORGANISATION, DECIDE, OWNER, {"slice": "fares"})
        tx.append(ORGANISATION, DECIDE, OWNER, data | {"envelope": None})
    assert [one.seq for one in decisions(world.ledger)] == [record.seq]
    assert replace(next(decisions(world.ledger)), seq=0).chosen is Approach.RETRIEVAL
