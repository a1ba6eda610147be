"""The worked case: a query on PostgreSQL, a frozen baseline, the difference with its range, and why it moved."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest

from control.agents import SLICE, records
from control.outcomes.business import BEGIN, COST, WEEK, Business
from goldenthread.control.outcomes import (
    above_run,
    behind_outcome,
    explain_outcome,
    freeze_baseline,
    outcome_delta,
    read_outcome,
    state_source,
)
from goldenthread.control.outcomes.stating import amounts_of
from goldenthread.control.signing import erase_case
from goldenthread.promise.errors import (
    CaseUnknown,
    NotPermitted,
    OutcomeNotExplained,
    OutcomeUnknown,
    OutcomeUnreadable,
)
from goldenthread.record.outcomes import known_rows, make_source
from worlds import CUSTOMER, FINANCE, OWNER, World

MIDNIGHT = BEGIN.replace(hour=0)
URL = "WAREHOUSE_URL"
QUERY = """
select request, closed::date as closed, cost_eur, queue, done_by = 'agent' as alone, redone
from ticket_cost where closed >= '2099-01-01'
"""
COLUMNS = {
    "case": "request",
    "at": "closed",
    "value": "cost_eur",
    "segment": "queue",
    "automated": "alone",
    "reworked": "redone",
}


@pytest.fixture
def warehouse(world: World) -> Iterator[tuple[psycopg.Connection, dict[str, str]]]:
    """The data owner's database: another one on a PostgreSQL that runs anyway."""
    with world.ledger.store.connect() as session:
        host, user, port = quote(session.info.host or "", safe=""), session.info.user, session.info.port
        session.execute("reset role")
        name = f"warehouse_{uuid4().hex}"
        session.execute(f"create database {name}".encode())
    address = f"postgresql://{user}@/{name}?host={host}&port={port}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            "create table ticket_cost (request text primary key, closed timestamptz, cost_eur numeric(12, 2),"
            " queue text, done_by text, redone boolean)"
        )
        yield connection, {URL: address}


def tickets(connection: psycopg.Connection, begins: int, weeks: int, *, share: float, seed: int) -> None:
    """Thirty tickets a week: by people 18 EUR or so, by the agent 2; hard ones half as much again, redone double."""
    chance, rows = random.Random(seed), []
    for number in range(30 * weeks):
        closed = MIDNIGHT + begins * WEEK + number * WEEK / 30
        hard, agent, redone = chance.random() < 0.4, chance.random() < share, chance.random() < 0.1
        cents = round((200 if agent else 1800) * (1.5 if hard else 1) * (2 if redone else 1) + chance.uniform(0, 99))
        done_by = "agent" if agent else "lee"
        rows.append((f"T-{begins}-{number}", closed, cents, "hard" if hard else "easy", done_by, redone))
    with connection.cursor() as cursor:
        cursor.executemany(b"insert into ticket_cost values (%s, %s, %s / 100.0, %s, %s, %s)", rows)


@pytest.fixture
def business(world: World, tmp_path: Path, warehouse: tuple[psycopg.Connection, dict[str, str]]) -> Business:
    """Eight weeks before, eight weeks since; the source is stated, and nothing is read yet."""
    connection, _ = warehouse
    begun = Business(world, tmp_path)
    begun.live()
    source = make_source(COST, env=URL, query=QUERY, columns=COLUMNS)
    state_source(begun.desk, world.keyring, source, by=FINANCE)
    tickets(connection, -8, 8, share=0.0, seed=1)
    tickets(connection, 0, 8, share=0.8, seed=2)
    begun.clock.at = BEGIN + 8 * WEEK + timedelta(days=1)
    return begun


def test_a_query_a_baseline_a_difference_and_why(
    business: Business, warehouse: tuple[psycopg.Connection, dict[str, str]]
) -> None:
    """From the data owner's table to a sentence that a product owner can say to her board, to the cent."""
    connection, environment = warehouse
    read = read_outcome(business.desk, COST, environment=environment)
    assert (read.kept.new, read.kept.corrected, read.refused) == (480, 0, 0)
    frozen = freeze_baseline(
        business.desk, business.world.keyring, COST, begins=(BEGIN - 8 * WEEK).date(), ends=BEGIN.date(), by=FINANCE
    )
    assert frozen.cases == 240
    assert frozen.warning == (
        f"The contract says 18 EUR/case before, and the data say {frozen.value:f} EUR/case. The change is measured "
        "from what the data say; let the signers of the contract know, and state it in the next version."
    )
    delta = outcome_delta(business.desk, COST)
    assert (delta.design, delta.kinds, delta.agent_cases, delta.other_cases) == ("before-after", 2, 240, 240)
    assert delta.low is not None
    assert delta.high is not None
    assert delta.low < delta.difference < delta.high < 0 < delta.high - delta.low < 10
    assert delta.claim.endswith("it is no chance")
    found = explain_outcome(business.desk, COST).explanation
    cents = found.in_places(2)
    row = connection.execute(
        "select round(avg(cost_eur) filter (where closed < %s) * 100)::int,"
        " round(avg(cost_eur) filter (where closed >= %s) * 100)::int from ticket_cost",
        (MIDNIGHT, MIDNIGHT),
    ).fetchone()
    assert (cents.before, cents.after) == row
    assert cents.before + sum(cents.drivers.values()) == cents.after
    assert abs(cents.drivers["automation"]) > 10 * max(abs(cents.drivers[name]) for name in ("mix", "rework", "rest"))
    assert business.world.replay(SLICE).ok


def test_what_was_known_on_a_day_stays_known(
    business: Business, warehouse: tuple[psycopg.Connection, dict[str, str]]
) -> None:
    """A report of last month must come out again as it was, whatever was corrected since."""
    connection, environment = warehouse
    read_outcome(business.desk, COST, environment=environment)
    business.baseline(COST, 8)
    then, before = business.clock.at, outcome_delta(business.desk, COST)
    business.clock.at += WEEK
    connection.execute(
        "update ticket_cost set cost_eur = cost_eur + 5 where closed >= %s and queue = 'easy'", (MIDNIGHT,)
    )
    connection.execute("update ticket_cost set cost_eur = cost_eur + 5 where closed < %s", (MIDNIGHT,))
    again = read_outcome(business.desk, COST, environment=environment)
    assert again.kept.corrected == again.record.data["corrected"] > 300
    assert (again.kept.new, again.kept.same) == (0, 480 - again.kept.corrected)
    assert replace(outcome_delta(business.desk, COST, as_of=then), line=before.line) == before
    now = outcome_delta(business.desk, COST)
    assert now.difference > before.difference
    assert now.other == before.other, "a frozen baseline is not moved by a correction"


def test_nothing_of_a_case_is_left_once_it_is_erased(
    business: Business, warehouse: tuple[psycopg.Connection, dict[str, str]]
) -> None:
    """What a person's case cost is about that person, too."""
    _, environment = warehouse
    read_outcome(business.desk, COST, environment=environment)
    ledger = business.world.ledger
    erase_case(business.desk, "T-0-7", by=OWNER)
    known = known_rows(ledger, SLICE, COST, as_of=business.clock.at)
    assert len(known) == 479
    again = read_outcome(business.desk, COST, environment=environment)
    assert (again.kept.erased, again.kept.same) == (1, 479)
    assert "T-0-7" not in "".join(record.body.decode() for record in records(business.world))
    assert business.world.verify_ok()


def test_a_query_changes_nothing_and_ends_in_time(
    business: Business, warehouse: tuple[psycopg.Connection, dict[str, str]]
) -> None:
    """A data owner lends a view of their table, and neither a pen nor their database's evening."""
    connection, environment = warehouse
    connection.execute("create function spend() returns int language sql as $$ delete from ticket_cost; select 1 $$")
    for query, words in (
        ("select 'a' as request, '2099-01-01' as closed, spend() as cost_eur", "ReadOnlySqlTransaction"),
        ("select 'a' as request, '2099-01-01' as closed, 1 as cost_eur from no_such_table", "UndefinedTable"),
    ):
        source = make_source(
            COST, env=URL, query=query, columns={"case": "request", "at": "closed", "value": "cost_eur"}
        )
        state_source(business.desk, business.world.keyring, source, by=FINANCE)
        with pytest.raises(OutcomeUnreadable, match=words) as refused:
            read_outcome(business.desk, COST, environment=environment)
        assert environment[URL] not in str(refused.value)
    with pytest.raises(OutcomeUnreadable, match="WAREHOUSE_URL is not set here"):
        read_outcome(business.desk, COST, environment={})
    assert connection.execute("select count(*) from ticket_cost").fetchone() == (480,)


def test_only_the_owner_of_a_line_speaks_for_it(business: Business) -> None:
    """A product owner who could state her own baseline would have a good one."""
    source = make_source(COST, file="/tmp/other.csv", columns={"period": "week", "value": "value"})
    for name in (CUSTOMER, OWNER):
        with pytest.raises(NotPermitted, match=r"cannot speak for it|is not data-owner"):
            state_source(business.desk, business.world.keyring, source, by=name)
    with pytest.raises(OutcomeUnknown, match="has no outcome 'profit'; it has cost_to_serve"):
        read_outcome(business.desk, "profit")
    with pytest.raises(OutcomeUnknown, match="has not said where the values of 'agent_share' are"):
        read_outcome(business.desk, "agent_share")
    with pytest.raises(OutcomeUnknown, match="has frozen no baseline of 'cost_to_serve'"):
        outcome_delta(business.desk, COST)
    with pytest.raises(OutcomeUnknown, match="and no data is no baseline"):
        business.baseline(COST, 4)


def test_a_pair_on_the_same_case_is_the_strongest_design(business: Business) -> None:
    """In shadow the agent and people do the same case: nothing but who did it differs."""
    chance = random.Random(3)
    rows = []
    for number in range(150):
        people = 1500 + chance.randrange(600)
        day = (BEGIN + timedelta(days=number % 50)).date()
        for arm, cents in (("people", people), ("agent", people - 1200 + chance.randrange(100))):
            rows.append({"case": f"S-{number}", "at": day, "value": f"{cents / 100:.2f}", "arm": arm})
    rows += [{"case": f"B-{n}", "at": (BEGIN - WEEK).date(), "value": "18", "arm": "people"} for n in range(5)]
    business.read(COST, rows)
    business.baseline(COST, 2)
    delta = outcome_delta(business.desk, COST)
    assert (delta.design, delta.agent_cases) == ("paired", 150)
    assert delta.line.measured is not None
    assert 17 < delta.line.measured < 19, "what was paid is what people's work cost: in shadow nobody saves anything"
    assert delta.low is not None
    assert delta.high is not None
    assert -11.9 < delta.low < -11.5 < delta.high < -11.1


def test_a_case_that_both_did_counts_once_and_as_whoever_had_effect(business: Business) -> None:
    """Else a slice in shadow would reach its target by what it might have saved."""
    rows = [{"case": "live-9", "at": BEGIN.date(), "value": 6, "arm": "agent"}]
    rows += [{"case": "live-9", "at": BEGIN.date(), "value": 18, "arm": "people"}]
    business.read(COST, rows)
    known = known_rows(business.desk.ledger, SLICE, COST, as_of=business.clock.at)
    case = known[0].case_ref
    assert amounts_of(known, acted={case}) == [(6_000_000, 1_000_000)]
    assert amounts_of(known, acted=()) == amounts_of(tuple(reversed(known)), acted=()) == [(18_000_000, 1_000_000)]


def test_the_thread_leads_from_a_number_to_its_runs_and_from_a_run_up_to_its_numbers(business: Business) -> None:
    """Who doubts a number looks at a case; who doubts a case asks what hangs on it."""
    day = business.clock.at.date()
    rows = [{"case": "live-1", "at": BEGIN.date(), "value": 7}, {"case": "by-hand", "at": day, "value": 30}]
    with pytest.raises(OutcomeUnknown, match="so there is nothing behind it"):
        behind_outcome(business.desk, COST)
    business.read(COST, [{"case": "live-2", "at": day, "value": 2}, *rows])
    business.live("live-2")
    found = behind_outcome(business.desk, COST)
    assert [(float(one.value), bool(one.run)) for one in found.values] == [(30.0, False), (2.0, True)]
    (above,) = above_run(business.desk, found.values[1].run[:12])
    assert (above.value, above.line.words) == (found.values[1], found.line.words)
    with pytest.raises(CaseUnknown, match="No run of 'refunds' begins with 'ffff'"):
        above_run(business.desk, "ffff")


def test_a_quantile_is_compared_by_the_share_that_reaches_the_target_and_not_explained(business: Business) -> None:
    """No split of a median adds up, and a table that pretends so would be believed."""
    rows = [{"case": f"B-{n}", "at": (BEGIN - WEEK).date(), "value": 20 + n % 9} for n in range(120)]
    rows += [{"case": f"A-{n}", "at": BEGIN.date(), "value": "0.5" if n % 10 else 9} for n in range(120)]
    business.read("time_to_answer", rows)
    business.baseline("time_to_answer", 2)
    with pytest.raises(OutcomeNotExplained, match="a quantile is no sum of parts"):
        explain_outcome(business.desk, "time_to_answer")
    delta = outcome_delta(business.desk, "time_to_answer")
    assert (delta.share, delta.agent, delta.other) == (True, 90.0, 0.0)
    assert delta.lacks == "the cases of one side are all alike"
