"""What is worked out before the chain is held counts only if it still holds by then."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from control.agents import KEYED, SLICE, UNKEYED, Agent, acting_alone, records, sign
from goldenthread.control.guard import Outcome, Request, authorize, authorize_batch, prepare
from goldenthread.control.signing import erase_case, stop
from goldenthread.promise.errors import CaseErased
from goldenthread.promise.values import Json, Level, canonical
from worlds import EASY, OWNER, World


@pytest.fixture
def agent(world: World) -> Agent:
    """An agent that acts alone."""
    return acting_alone(world, actions=KEYED | UNKEYED)


def request(agent: Agent, arguments: Mapping[str, Json], action: str = "pay", call: int = 0) -> Request:
    """A request in the run of case-1."""
    return Request(run=agent.run(), call=call, action=action, arguments=arguments)


def settle(agent: Agent, *ready: object) -> list[Outcome]:
    """What one transaction makes of prepared requests."""
    with agent.desk.transaction() as writing:
        return authorize_batch(writing, ready)  # type: ignore[arg-type]


def test_a_draft_is_what_is_recorded_while_nothing_changes(agent: Agent, world: World) -> None:
    """The draft is the answer, written out early; if it were never used, nobody would wait less."""
    ready = prepare(agent.desk, request(agent, {"order": "a"}))
    assert ready.draft is not None
    (outcome,) = settle(agent, ready)
    assert (outcome.state, outcome.permit) == ("permitted", ready.draft.row["permit"])
    assert records(world, "action:decide")[-1].data == ready.draft.record
    assert canonical(ready.draft.record) == ready.draft.canonical


def test_a_permit_drafted_before_the_slice_was_stopped_is_not_given(agent: Agent, world: World) -> None:
    """A stop holds from the record that says so; what was drafted a moment before must not slip through."""
    ready = prepare(agent.desk, request(agent, {"order": "a"}))
    stop(world.ledger, world.keyring, chain=agent.desk.slice, by=OWNER, reason="an odd payment")
    (outcome,) = settle(agent, ready)
    assert (outcome.state, outcome.permit) == ("denied", None)


def test_a_permit_drafted_before_a_fall_is_not_given(agent: Agent) -> None:
    """A level lost counts for the very next answer."""
    ready = prepare(agent.desk, request(agent, {"order": "a"}))
    agent.fall("case-1")
    assert agent.level() < Level.CONSTRAINED
    (outcome,) = settle(agent, ready)
    assert outcome.state != "permitted"


def test_a_permit_drafted_under_another_contract_is_not_given(agent: Agent, world: World) -> None:
    """The contract in force decides, not the one that was when somebody began to ask."""
    ready = prepare(agent.desk, request(agent, {"order": "a"}))
    sign(world, level="approval", gates=EASY, actions=UNKEYED, version=2)
    (outcome,) = settle(agent, ready)
    assert outcome.state == "denied"
    assert "not declared" in outcome.reason


def test_the_key_is_the_one_that_the_contract_in_force_names(agent: Agent, world: World) -> None:
    """The digest of the key is worked out early, too; under a contract with another key it would miss an effect."""
    asked = request(agent, {"order": "a", "invoice": "i"})
    ready = prepare(agent.desk, asked)
    sign(world, level="approval", gates=EASY, actions={"pay": {"effect": "reversible", "key": "invoice"}}, version=2)
    (outcome,) = settle(agent, ready)
    with world.ledger.store.session() as connection:
        row = connection.execute("select key from action where id = %s", (outcome.id,)).fetchone()
    wanted = world.ledger.vault.digest(asked.run.case_ref, {"action": "pay", "key": "i"})
    assert row == (wanted,) != (ready.key,)


def test_arguments_sealed_before_their_case_was_erased_are_not_kept(agent: Agent, world: World) -> None:
    """Erasure is a promise to a person; a request under way must not bring content back."""
    asked = request(agent, {"order": "a"})
    ready = prepare(agent.desk, asked)
    erase_case(agent.desk, "case-1", by=OWNER)
    before = records(world)
    with pytest.raises(CaseErased):
        settle(agent, ready)
    assert records(world) == before
    with world.ledger.store.session() as connection:
        kept = connection.execute("select count(*) from ledger_content where case_ref = %s", (asked.run.case_ref,))
        assert kept.fetchone() == (0,)


def test_a_draft_survives_a_transaction_that_failed(agent: Agent) -> None:
    """Group commit tries each request alone after one of a batch failed; the first try must leave no trace in it."""
    ready = prepare(agent.desk, request(agent, {"order": "a"}))
    assert ready.draft is not None
    before = dict(ready.draft.row)

    def fail() -> None:
        with agent.desk.transaction() as writing:
            authorize_batch(writing, [ready])
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()
    assert ready.draft.row == before
    assert settle(agent, ready)[0].state == "permitted"


def test_the_same_call_twice_in_one_batch_has_one_permit(agent: Agent, world: World) -> None:
    """Two threads that ask the same at once must not both act."""
    asked = request(agent, {"order": "a"})
    first, second = settle(agent, prepare(agent.desk, asked), prepare(agent.desk, asked))
    assert first.permit is not None
    assert (first.id, first.permit) == (second.id, second.permit)
    assert len([record for record in records(world, "action:decide") if record.data["run"] == asked.run.id]) == 1


def test_citations_are_kept_word_for_word(agent: Agent, world: World) -> None:
    """A citation is checked later against its source; quotes, commas and nothing at all are words like others."""
    cited = ('"', "\\", "a,b", "{}", "", "NULL", "Straße \U0001f9f5", "two\nlines")
    run = agent.run()
    outcome = authorize(agent.desk, Request(run=run, call=0, action="pay", arguments={"order": "a"}, cited=cited))
    with world.ledger.store.session() as connection:
        row = connection.execute("select cited from action where id = %s", (outcome.id,)).fetchone()
    assert row == (list(cited),)
    assert records(world, "action:decide")[-1].data["cited"] == list(cited)
    assert world.ledger.head(SLICE).seq == records(world)[-1].seq
