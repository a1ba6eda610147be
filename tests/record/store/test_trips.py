"""Statements in one round trip: answered in order, refused by name, and never half believed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goldenthread.record.store import Ask, Home, Statement, Store, arrays, trip

ONE = Statement("test_one", "select $1::text, 2")
FAIL = Statement("test_fail", "select 1 / 0")
TEXTS = Statement("test_texts", "select $1::text[]")


@pytest.fixture
def session(home: Home) -> Iterator[psycopg.Connection]:
    """A session of one's own."""
    with Store.open(home) as store, store.connect() as connection:
        yield connection


def test_answers_come_in_order_and_by_name(session: psycopg.Connection) -> None:
    """Whoever mixed them up would act on another question's answer."""
    asks = [Ask(ONE, (b"a",)), Ask(Statement("test_none", "select 1 where false")), Ask(ONE, (None,))]
    for _ in range(2):  # the second time they are prepared already
        first, none, second = trip(session, asks)
        assert (first.rows, none.rows, second.rows) == ([("a", 2)], (), [(None, 2)])
    (named,) = trip(session, [Ask(Statement("test_named", "select 1 as a, 'x'::text as b"))])
    assert named.dictionaries() == [{"a": 1, "b": "x"}]


def test_what_fails_keeps_the_rest_from_running(session: psycopg.Connection) -> None:
    """A commit behind a refused insert must not stand."""
    begin, commit = Ask(Statement("test_begin", "begin")), Ask(Statement("test_commit", "commit"))
    session.execute("create temporary table t (a text)")
    insert = Ask(Statement("test_insert", "insert into t values ($1::text)"), (b"a",))
    with pytest.raises(psycopg.errors.DivisionByZero):
        trip(session, [begin, insert, Ask(FAIL), commit])
    session.execute("rollback")
    assert session.execute("select count(*) from t").fetchone() == (0,)
    trip(session, [begin, insert, commit])
    assert session.execute("select count(*) from t").fetchone() == (1,)


def test_a_session_whose_statements_were_deallocated_prepares_them_again(session: psycopg.Connection) -> None:
    """Psycopg does that after a rollback; the next permit must not fail for it."""
    trip(session, [Ask(ONE, (b"a",)), Ask(TEXTS, (arrays.texts(["a"]),))])
    session.execute("deallocate all")
    assert trip(session, [Ask(ONE, (b"b",))])[0].rows == [("b", 2)]
    assert trip(session, [Ask(TEXTS, (arrays.texts(["a"]),))])[0].rows == [(["a"],)]


def test_deallocated_in_the_midst_of_a_transaction_it_fails_and_heals(session: psycopg.Connection) -> None:
    """To send half of a transaction again would run it twice."""
    trip(session, [Ask(ONE, (b"a",))])
    session.execute("begin")
    session.execute("deallocate all")
    with pytest.raises(psycopg.errors.InvalidSqlStatementName):
        trip(session, [Ask(ONE, (b"a",))])
    session.execute("rollback")
    assert trip(session, [Ask(ONE, (b"a",))])[0].rows == [("a", 2)]


def test_a_session_that_is_ended_is_an_error_and_closed(home: Home) -> None:
    """Whoever waited for its answer would wait for ever."""
    with Store.open(home) as store, store.connect() as connection, store.connect_as_owner() as owner:
        owner.execute("select pg_terminate_backend(%s)", (connection.info.backend_pid,))
        with pytest.raises(psycopg.OperationalError):
            trip(connection, [Ask(ONE, (b"a",))])
        assert connection.closed


def test_a_wait_that_is_interrupted_ends_the_session(session: psycopg.Connection) -> None:
    """Its answers would be taken for those to the next question."""

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trip(session, [Ask(Statement("test_slow", "select pg_sleep(0.2)"))], interrupt)
    assert session.closed


def test_more_than_a_socket_holds_goes_through(session: psycopg.Connection) -> None:
    """The server answers while it is still being sent to."""
    large = arrays.texts(["x" * 1_000_000] * 20)
    answers = trip(session, [Ask(TEXTS, (large,)), Ask(TEXTS, (large,))])
    assert [len(answer.rows[0][0]) for answer in answers] == [20, 20]


_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
_2000 = datetime(2000, 1, 1, tzinfo=UTC)
_COLUMNS = {
    "text": (arrays.texts, _TEXT),
    "bytea": (arrays.blobs, st.binary()),
    "bool": (arrays.bools, st.booleans()),
    "int4": (arrays.int4s, st.integers(-(2**31), 2**31 - 1)),
    "int8": (arrays.int8s, st.integers(-(2**63), 2**63 - 1)),
    "timestamptz": (
        arrays.instants,
        st.integers(-60_000_000_000_000_000, 250_000_000_000_000_000).map(
            lambda us: _2000 + timedelta(microseconds=us)
        ),
    ),
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection]:
    """One session for many examples."""
    with Store.open(Home(tmp_path_factory.mktemp("arrays") / "home")) as store, store.connect() as connection:
        yield connection


@pytest.mark.parametrize("kind", _COLUMNS)
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_columns_arrive_as_they_were(shared: psycopg.Connection, kind: str, data: st.DataObject) -> None:
    """Equal values, missing ones, none at all: each has a way of its own."""
    encode, values = _COLUMNS[kind]
    one = data.draw(values)
    column = data.draw(st.lists(st.none() | values | st.just(one), max_size=6))
    ask = Ask(Statement(f"test_column_{kind}", f"select $1::{kind}[]"), (encode(column),))  # type: ignore[operator]
    assert trip(shared, [ask])[0].rows == [(column,)]


def test_instants_of_other_zones_are_the_same_instants(session: psycopg.Connection) -> None:
    """What is written in Berlin is read in UTC."""
    at = datetime.fromisoformat("2026-11-21T06:42:00.123456+01:00")
    (answer,) = trip(session, [Ask(Statement("test_at", "select $1::timestamptz[]"), (arrays.instants([at]),))])
    assert answer.rows[0][0] == [at]
    assert answer.rows[0][0][0].utcoffset() == timedelta(0)
