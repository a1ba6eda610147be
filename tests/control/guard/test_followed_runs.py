"""A run says which of its case it is, and whether another followed it: lists rest on that instead of looking."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.errors import UniqueViolation

from control.agents import SLICE, Agent, acting_alone
from goldenthread.control.guard import CONTROL_SCHEMA
from goldenthread.surfaces.views import case, case_page
from worlds import World

_RUNS = "select id, nth, followed from run where slice = %s order by started_seq"
_FOLLOWED = next(step for step in CONTROL_SCHEMA if step.number == 14)


@pytest.fixture
def agent(world: World) -> Agent:
    """An agent that acts alone."""
    return acting_alone(world)


def three_then_one(agent: Agent) -> list[str]:
    """Runs on 'often' (three), 'once' and, superseded by another release, 'passed on' (two), in order."""
    runs = []
    for name in ("often", "often", "once", "often", "passed on"):
        run = agent.run(name)
        runs.append(run.id)
        if name != "passed on":
            agent.end(run)
    other = Agent(agent.world, model="another")
    runs.append(other.run("passed on").id)
    return runs


def said(world: World, runs: list[str]) -> list[tuple[int, bool]]:
    """What these runs say of themselves."""
    found = {row["id"]: (row["nth"], row["followed"]) for row in world.desk(SLICE).read_rows(_RUNS, SLICE)}
    return [found[run] for run in runs]


EXPECTED = [(1, True), (2, True), (1, False), (3, False), (1, True), (2, False)]


def test_a_run_knows_its_place_among_those_of_its_case(agent: Agent, world: World) -> None:
    """Opened again, a case has one latest run, and the ones before it know that it is not them."""
    runs = three_then_one(agent)
    assert said(world, runs) == EXPECTED
    agent.run("once")
    assert said(world, [runs[2]]) == [(1, True)]


def test_resuming_a_run_is_no_further_run(agent: Agent, world: World) -> None:
    """A process that died and came back goes on with the run it had."""
    first = agent.run("slow")
    assert agent.run("slow").id == first.id
    assert said(world, [first.id]) == [(1, False)]


def test_a_list_shows_each_case_once_by_its_latest_run(agent: Agent, world: World) -> None:
    """However often a case was worked, it is one case, and says how often."""
    runs = three_then_one(agent)
    page = case_page(world.desk(SLICE), limit=3)
    assert [(one.run, one.runs) for one in page.cases] == [(runs[5], 2), (runs[3], 3), (runs[2], 1)]
    first = case_page(world.desk(SLICE), limit=1)
    rest = case_page(world.desk(SLICE), limit=2, after=first.after)
    assert [one.run for one in (*first.cases, *rest.cases)] == [one.run for one in page.cases]
    assert sum(page.counts.values()) == 12 + 3
    assert [one.run for one in case_page(world.desk(SLICE), status="open").cases] == [runs[5]]
    assert case(world.desk(SLICE), runs[0]).runs == 3


def test_a_process_that_knows_nothing_of_it_opens_no_case_again(agent: Agent, world: World) -> None:
    """Agents of an earlier version that still run would say of every run that it is its case's first."""
    run = agent.run("once")
    agent.end(run)
    as_before = (
        "insert into run (id, slice, case_ref, fingerprint, contract_version, level, source, state, input, started_seq,"
        " started_at) select 'ffff', slice, case_ref, fingerprint, contract_version, level, source, 'open', input, 999,"
        " started_at from run where id = %s"
    )
    with world.ledger.store.session() as session, pytest.raises(UniqueViolation):
        session.execute(as_before, (run.id,))
    agent.run("once")
    assert said(world, [run.id]) == [(1, True)]


def test_runs_of_an_older_home_are_told_when_it_is_opened(agent: Agent, world: World) -> None:
    """Who upgrades sees the same lists as who began with this version."""
    runs = three_then_one(agent)
    before: Any = world.desk(SLICE).read_rows(_RUNS, SLICE)
    with world.ledger.store.connect_as_owner() as owner, owner.transaction():
        owner.execute("alter table run drop column nth, drop column followed")
        owner.execute("create index run_by_case on run (slice, case_ref, started_seq)")
        owner.execute(_FOLLOWED.sql)
    assert world.desk(SLICE).read_rows(_RUNS, SLICE) == before
    assert said(world, runs) == EXPECTED
