"""Flags and clearings are derived again from the chain, each at its place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from control.agents import SLICE, Agent, records
from control.watched import LEE, people, stamp, watched
from goldenthread.control.approvals import clear
from goldenthread.control.guard import words_of_owners
from goldenthread.control.replay import replay_slice
from goldenthread.record.ledger import Record
from goldenthread.record.principals import contract_signature_problem
from worlds import APPROVER, EXPERT, OWNER, World


@pytest.fixture
def agent(world: World) -> Agent:
    """An agent at approval, whose approvers are watched by checks."""
    people(world, LEE)
    watched(world, "checks: 20 % of approvals")
    return Agent(world)


def _replayed(world: World, changed: list[Record]) -> list[str]:
    principals = world.desk(SLICE).principals()
    found = replay_slice(
        SLICE,
        changed,
        world.ledger.open,
        lambda contract, record: contract_signature_problem(principals, contract, record),
        word_problem=words_of_owners(SLICE, lambda: principals),
    )
    return [one.words for one in found.mismatches]


def test_replay_demands_a_flag_at_its_place_and_no_other(agent: Agent, world: World) -> None:
    """A flag left out would let a level rise; one made up would hold it for ever."""
    stamp(agent)
    chain = records(world)
    at = next(place for place, record in enumerate(chain) if record.kind == "approver:flag")
    without, flag = chain[:at] + chain[at + 1 :], chain[at]
    due = f"one of {APPROVER} was due"
    assert any(words.startswith(due) for words in _replayed(world, without))
    assert f"nothing demands it of {APPROVER}" in _replayed(world, [*chain[: at - 1], flag])
    other = replace(flag, data={**flag.data, "reason": "we don't like them"})
    (words,) = _replayed(world, [*chain[:at], other])
    assert words.startswith("reason is \"we don't like them\" on record, and replays as 'They let through 3 of 3")


def test_replay_refuses_a_word_that_no_owner_said(agent: Agent, world: World) -> None:
    """The signature is judged again, by the rights of its moment."""
    stamp(agent)
    clear(agent.desk, APPROVER, "trained", by=OWNER, sign=world.keyring.sign)
    *chain, word = records(world)
    assert _replayed(world, [*chain, word]) == []
    (found,) = _replayed(world, [*chain, replace(word, data={**word.data, "reason": "because"})])
    assert "signed something else than what is recorded" in found
    (found,) = _replayed(world, [*chain, replace(word, by=EXPERT)])
    assert "is not owner of 'refunds'" in found
