"""The ledger grows, in order, and only grows."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise

import psycopg
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from goldenthread.promise.errors import NotCanonical
from goldenthread.promise.values import Json
from goldenthread.record.ledger import Head, Ledger, Vault
from goldenthread.record.ledger.records import START, seal
from goldenthread.record.store import Home, Store

NOW = datetime(2026, 11, 21, 5, 42, 0, 123456, tzinfo=UTC)


def test_records_of_a_chain_are_linked_by_the_hash_of_their_bytes(ledger: Ledger) -> None:
    """Whoever holds one hash can check all that came before it."""
    first = ledger.append("intake", "run:start", "guard", {"run": "r1"})
    second = ledger.append("intake", "run:end", "guard", {"run": "r1"})
    assert (first.seq, first.prev, second.seq, second.prev) == (1, "", 2, first.hash)
    assert first.hash == hashlib.sha256(first.body).hexdigest()
    assert ledger.heads() == {"intake": Head(seq=2, hash=second.hash)}


def test_what_is_read_is_what_was_appended(ledger: Ledger) -> None:
    """Everything that anyone sees is derived from what is read here."""
    data: dict[str, Json] = {
        "text": "Straße \u0000 \U0001f9f5",
        "rate": 0.1,
        "big": 2**53 - 1,
        "none": None,
        "list": [True, {"a": []}],
    }
    written = ledger.append("intake", "case:observe", "maya@example.com", data)
    (read,) = ledger.read("intake")
    assert read == written
    assert ledger.record("intake", 1) == written
    assert ledger.record("intake", 2) is None
    assert read.at.tzinfo == UTC


def test_the_body_is_the_canonical_form_of_the_record() -> None:
    """A verifier in any language can write the same bytes."""
    record = seal("intake", START, at=NOW, kind="run:start", by="guard", data={"b": 1, "a": "x"})
    assert record.body == (
        b'{"at":"2026-11-21T05:42:00.123456Z","by":"guard","chain":"intake","data":{"a":"x","b":1},'
        b'"kind":"run:start","prev":"","seq":1,"v":1}'
    )


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-(2.0**53), 2.0**53, exclude_min=True, exclude_max=True)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), _json, max_size=4))
def test_every_body_is_rfc_8785_whichever_way_it_was_written(data: dict[str, object]) -> None:
    """The fast way must never write other bytes than the standard says."""
    record = seal("intake", START, at=NOW, kind="k", by="b", data=data)  # type: ignore[arg-type]
    content = {
        "v": 1,
        "chain": "intake",
        "seq": 1,
        "at": "2026-11-21T05:42:00.123456Z",
        "kind": "k",
        "by": "b",
        "prev": "",
    }
    assert record.body == rfc8785.dumps({**content, "data": data})  # type: ignore[dict-item]


def test_data_that_json_cannot_carry_is_refused_and_nothing_is_recorded(ledger: Ledger) -> None:
    """A rounded number would be signed as if it were the true one."""
    with pytest.raises(NotCanonical) as caught:
        ledger.append("intake", "case:observe", "guard", {"value": 2**53})
    assert str(caught.value).startswith("not-canonical: A value cannot be written as canonical JSON: ")
    with pytest.raises(NotCanonical):
        ledger.append("intake", "case:observe", "guard", {"value": float("nan")})
    with pytest.raises(NotCanonical):
        ledger.append("intake", "case:observe", "guard", {"value": "\ud800"})
    assert ledger.heads() == {}


def test_reading_selects_by_kind_position_and_number(ledger: Ledger) -> None:
    """Folds read only what they need, and continue where they stopped."""
    with ledger.transaction("intake") as tx:
        for number in range(2500):
            tx.append("intake", "even" if number % 2 == 0 else "odd", "guard", {"n": number})
    assert [record.data["n"] for record in ledger.read("intake")] == list(range(2500))
    assert [record.data["n"] for record in ledger.read("intake", after=2490, kinds=["even"])] == [
        2490,
        2492,
        2494,
        2496,
        2498,
    ]
    assert [record.seq for record in ledger.read("intake", after=10, limit=3)] == [11, 12, 13]
    assert len(list(ledger.read("intake", limit=1500))) == 1500
    assert list(ledger.read("nobody")) == []


def test_a_transaction_that_fails_leaves_nothing(ledger: Ledger) -> None:
    """Half of a decision must never stand."""

    def fail_half_way() -> None:
        with ledger.transaction("intake", "organisation") as tx:
            tx.append("intake", "run:start", "guard", {})
            tx.append("organisation", "principal:grant", "maya", {})
            tx.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert ledger.chains() == ()
    assert ledger.append("intake", "run:start", "guard", {}).seq == 1


def test_a_transaction_appends_to_several_chains_together(ledger: Ledger) -> None:
    """What concerns two chains stands on both or on neither."""
    with ledger.transaction("b", "a") as tx:
        tx.append("b", "k", "guard", {})
        tx.append("a", "k", "guard", {})
        assert (tx.head("a"), tx.head("b")) == (1, 1)
    assert ledger.chains() == ("a", "b")
    with pytest.raises(KeyError), ledger.transaction("a") as tx:
        tx.append("b", "k", "guard", {})


def test_inside_a_transaction_one_reads_what_stood_before_and_after_flush_also_what_is_new(ledger: Ledger) -> None:
    """Projections are checked against the records under the same lock."""
    ledger.append("intake", "k", "guard", {"n": 1})
    with ledger.transaction("intake") as tx:
        tx.append("intake", "k", "guard", {"n": 2})
        assert [record.data["n"] for record in tx.read("intake", 0, ["k"])] == [1]
        tx.flush()
        assert [record.data["n"] for record in tx.read("intake", 0, ["k"])] == [1, 2]


@pytest.mark.parametrize("statement", [
    "update ledger_record set kind = 'x'",
    "delete from ledger_record",
    "truncate ledger_record",
    "delete from ledger_head",
    "truncate ledger_head",
    "update ledger_head set seq = seq - 1",
    "update ledger_content set case_ref = 'x'",
    "truncate ledger_content",
])  # fmt: skip
def test_the_database_itself_refuses_to_change_the_ledger(
    ledger: Ledger, store: Store, superuser: psycopg.Connection, statement: str
) -> None:
    """A mistake in any program, or in psql as owner, cannot rewrite what happened."""
    ledger.append("intake", "k", "guard", {})
    with store.session() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"ledger-append-only: .*the ledger only grows"):
        superuser.execute(statement.encode())
    superuser.execute("set session_replication_role = replica")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="ledger-append-only: "):
        superuser.execute(statement.encode())
    assert len(list(ledger.read("intake"))) == 1


def test_the_application_is_neither_superuser_nor_owner(store: Store) -> None:
    """Rights that a session doesn't have can't be misused by it."""
    with store.session() as connection:
        row = connection.execute(
            "select current_user, rolsuper, (select array_agg(distinct tableowner::text) from pg_tables "
            "where schemaname = 'goldenthread') from pg_roles where rolname = current_user"
        ).fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("alter table ledger_record disable trigger all")
    assert row is not None
    assert (row[0], row[1]) == ("goldenthread_app", False)
    assert "goldenthread_app" not in row[2]


_APPEND = """
import sys
from goldenthread.record.ledger import LEDGER_SCHEMA, Ledger, Vault
from goldenthread.record.store import Home, Store
with Store.open(Home(), schemas=[LEDGER_SCHEMA]) as store:
    ledger = Ledger(store, Vault(Home()))
    for number in range(150):
        with ledger.transaction(*sys.argv[2:]) as tx:
            for chain in sys.argv[2:]:
                tx.append(chain, "k", sys.argv[1], {"n": number})
"""


def test_processes_that_append_to_the_same_chains_never_break_a_link(home: Home, ledger: Ledger) -> None:
    """A head remembered in memory would fork the chain; chains named in any order would wait for each other."""
    children = [
        subprocess.Popen([sys.executable, "-c", _APPEND, str(number), *chains])
        for number, chains in enumerate([("a", "b"), ("b", "a"), ("b", "c")])
    ]
    assert [child.wait(60) for child in children] == [0, 0, 0]
    for chain, expected in (("a", 300), ("b", 450), ("c", 150)):
        records = list(ledger.read(chain))
        assert [record.seq for record in records] == list(range(1, expected + 1))
        assert all(later.prev == earlier.hash for earlier, later in pairwise(records))


def test_a_ledger_reads_its_records_when_opened_again(home: Home, store: Store, ledger: Ledger) -> None:
    """Nothing of the ledger lives in a process."""
    written = ledger.append("intake", "k", "guard", {"n": 1})
    with Store.open(home, read_only=True) as again:
        assert list(Ledger(again, Vault(home)).read("intake")) == [written]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            Ledger(again, Vault(home)).append("intake", "k", "guard", {})


def test_an_end_in_the_middle_of_a_query_is_an_end_and_no_other_error(ledger: Ledger) -> None:
    """A signal may come at any moment; what it interrupts must not hide it, nor spoil the session for the next."""

    def broken_off() -> None:
        with ledger.transaction("intake") as tx:
            tx.append("intake", "k", "b", {})
            tx.connection.pgconn.enter_pipeline_mode()
            tx.connection.pgconn.send_query_params(b"select pg_sleep(0.2)", None)
            raise SystemExit(143)

    with pytest.raises(SystemExit):
        broken_off()
    assert ledger.append("intake", "k", "b", {}).seq == 1


@given(chain=st.text(min_size=1), by=st.text(), kind=st.text())
def test_a_record_sealed_piece_by_piece_is_canonical_as_a_whole(chain: str, by: str, kind: str) -> None:
    """The outer object is written by hand; an auditor's verifier reads one form only."""
    if any("\ud800" <= letter <= "\udfff" for letter in chain + by + kind):
        return
    data: dict[str, Json] = {"text": "x", "rate": 0.1}
    head = Head(seq=6, hash="a" * 64)
    whole = seal(chain, head, at=NOW, kind=kind, by=by, data=data)
    said: dict[str, Json] = {
        "v": 1,
        "chain": chain,
        "seq": 7,
        "at": "2026-11-21T05:42:00.123456Z",
        "kind": kind,
        "by": by,
    }
    said |= {"data": data, "prev": head.hash}
    assert whole.body == rfc8785.dumps(said)
    early = seal(chain, head, at=NOW, kind=kind, by=by, data=data, canonical_data=rfc8785.dumps(data))
    assert early == whole
