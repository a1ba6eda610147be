"""Sessions, schemas and homes, over any Postgres."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from goldenthread.promise.errors import HomeInvalid, SchemaMismatch, StoreUnavailable
from goldenthread.record.store import Home, Migration, Store
from goldenthread.record.store import store as store_module
from goldenthread.record.store.migrations import migrate
from goldenthread.record.store.pool import Pool
from goldenthread.record.store.server import EmbeddedServer

STEP = Migration(
    room="things", number=1, sql="create table thing (name text); grant select on thing to goldenthread_app"
)


def test_a_rooms_tables_are_made_once_and_can_be_used_as_granted(home: Home) -> None:
    """A room says what its sessions may do; everything else is refused."""
    for _ in range(2):
        with Store.open(home, schemas=[[STEP]]) as store, store.session() as connection:
            assert connection.execute("select count(*) from thing").fetchone() == (0,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("insert into thing values ('x')")


def test_later_steps_are_added_to_earlier_ones(home: Home) -> None:
    """A new version brings its tables along."""
    second = Migration(room="things", number=2, sql="alter table thing add column size integer")
    Store.open(home, schemas=[[STEP]]).close()
    with Store.open(home, schemas=[[STEP, second]]) as store, store.session() as connection:
        assert connection.execute("select size from thing").fetchall() == []
    with pytest.raises(SchemaMismatch) as caught:
        Store.open(home, schemas=[[STEP]])
    assert str(caught.value) == (
        "schema-mismatch: The tables of 'things' are at step 2; this goldenthread knows up to 1. "
        "Upgrade goldenthread, or use the database that belongs to this version."
    )


def test_a_step_that_was_edited_after_it_was_applied_is_refused(home: Home) -> None:
    """Two databases of one version number must have the same tables."""
    Store.open(home, schemas=[[STEP]]).close()
    with pytest.raises(SchemaMismatch) as caught:
        Store.open(home, schemas=[[Migration(room="things", number=1, sql="create table thing (other text)")]])
    assert str(caught.value) == (
        "schema-mismatch: Step 1 of the tables of 'things' was applied with another text. "
        "Use the goldenthread version that made this database; while developing, delete the home."
    )


def test_a_step_that_fails_leaves_nothing(home: Home) -> None:
    """Half-made tables would be taken for whole ones; the steps before it stand."""
    broken = Migration(room="things", number=2, sql="create table other (name text); select 1 / 0")
    with pytest.raises(psycopg.errors.DivisionByZero):
        Store.open(home, schemas=[[STEP, broken]])
    with Store.open(home) as store, store.connect_as_owner() as connection:
        assert connection.execute("select to_regclass('thing'), to_regclass('other')").fetchone() == ("thing", None)


def test_a_table_that_somebody_is_at_work_with_is_said_so(home: Home) -> None:
    """Whoever upgrades with agents at work is told to stop them, and loses nothing."""
    later = [
        Migration(room="things", number=2, sql="create table other (name text)"),
        Migration(room="things", number=3, sql="alter table thing add column size integer"),
    ]
    with Store.open(home, schemas=[[STEP]]) as store, store.connect_as_owner() as agent:
        with agent.transaction():
            agent.execute("lock table thing in row exclusive mode")
            with store.connect_as_owner() as owner:
                owner.execute("set lock_timeout = '50ms'")
                with pytest.raises(StoreUnavailable) as caught:
                    migrate(owner, [[STEP, *later]])
        assert str(caught.value) == (
            "store-unavailable: The tables of an earlier version could not be changed, for somebody is at work with "
            "them: canceling statement due to lock timeout. Stop the agents and servers of this home and try again; "
            "nothing was lost, and what was changed so far stands."
        )
        assert agent.execute("select number from migration where room = 'things'").fetchall() == [(1,), (2,)]


def test_processes_that_open_an_empty_database_at_once_all_succeed(home: Home) -> None:
    """Each would make the same tables."""
    program = (
        "from goldenthread.record.store import Home, Migration, Store\n"
        "step = Migration(room='race', number=1, sql='create table race (name text)')\n"
        "Store.open(Home(), schemas=[[step]]).close()\n"
    )
    children = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(4)]
    assert [child.wait(60) for child in children] == [0] * 4


def test_an_owner_who_is_no_superuser_is_enough(
    server: EmbeddedServer, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Administrators of a shared Postgres give out a database, not the server."""
    with server.connect("postgres") as connection:
        connection.execute("create role tenant login; grant goldenthread_app to tenant")
        connection.execute("create database tenancy owner tenant")
        try:
            monkeypatch.setenv("GOLDENTHREAD_DATABASE_URL", server.url("tenancy").replace("postgres@", "tenant@"))
            with Store.open(home, schemas=[[STEP]]) as store, store.session() as session:
                row = session.execute("select current_user, session_user").fetchone()
                assert row == ("goldenthread_app", "tenant")
        finally:
            connection.execute("drop database tenancy with (force)")
            connection.execute("drop role tenant")


def test_an_owner_who_may_make_no_tables_is_told_what_to_ask_for(
    server: EmbeddedServer, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one who reads it must get it from somebody else."""
    with server.connect("postgres") as connection:
        connection.execute("create role guest login")
        connection.execute("create database hotel")
        try:
            monkeypatch.setenv("GOLDENTHREAD_DATABASE_URL", server.url("hotel").replace("postgres@", "guest@"))
            with pytest.raises(StoreUnavailable) as caught:
                Store.open(home, schemas=[[STEP]])
        finally:
            connection.execute("drop database hotel with (force)")
            connection.execute("drop role guest")
    assert str(caught.value).startswith("store-unavailable: The database user may not prepare the tables: ")
    assert str(caught.value).endswith(
        "Ask its administrator for `create role goldenthread_app nologin; grant goldenthread_app to <user>; "
        "grant create on database <name> to <user>`."
    )


def test_a_database_that_cannot_be_reached_says_which_setting(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded one is not used in its place: that would be another ledger."""
    monkeypatch.setenv("GOLDENTHREAD_DATABASE_URL", "postgresql://nobody@/none?host=/nonexistent")
    with pytest.raises(StoreUnavailable) as caught:
        Store.open(home)
    assert str(caught.value).startswith(
        "store-unavailable: The database of GOLDENTHREAD_DATABASE_URL cannot be reached: "
    )
    assert str(caught.value).endswith(
        "Mend the address or the server, or unset the variable to use the embedded database."
    )


def test_a_server_that_is_too_old_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it cannot do would show in the middle of the work."""
    with psycopg.connect(os.environ["GOLDENTHREAD_DATABASE_URL"]) as connection:
        version = connection.info.server_version // 10_000
    monkeypatch.setattr(store_module, "OLDEST_SERVER", 990000)
    with pytest.raises(StoreUnavailable) as caught:
        Store.open(home)
    assert str(caught.value) == (
        f"store-unavailable: The database of GOLDENTHREAD_DATABASE_URL is PostgreSQL {version}; 15 or newer is needed. "
        "Upgrade it, or unset the variable to use the embedded database."
    )


def test_a_database_of_another_encoding_is_refused(
    server: EmbeddedServer, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first name with an accent would fail in the middle of the work."""
    with server.connect("postgres") as connection:
        connection.execute("create database latin encoding 'LATIN1' template template0 locale_provider libc locale 'C'")
        try:
            monkeypatch.setenv("GOLDENTHREAD_DATABASE_URL", server.url("latin"))
            with pytest.raises(StoreUnavailable) as caught:
                Store.open(home)
        finally:
            connection.execute("drop database latin with (force)")
    assert str(caught.value) == (
        "store-unavailable: The database of GOLDENTHREAD_DATABASE_URL has the encoding LATIN1; UTF8 is needed, since "
        "records may hold any letter. Make one with `createdb --encoding=UTF8 --template=template0 NAME`, or unset the "
        "variable to use the embedded database."
    )


def test_a_home_of_another_user_names_the_permission(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is broken, so nobody should go and look for a backup."""

    def closed(self: Path) -> str:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_text", closed)
    with pytest.raises(HomeInvalid) as caught:
        home.identity()
    assert str(caught.value) == (
        f"home-invalid: {home.path / 'home.json'} is there, but this OS user (id {os.geteuid()}) has no permission to "
        "read it. Run this as the user whose home it is, or set GOLDENTHREAD_HOME to a home of your own."
    )


def test_a_reader_cannot_write_and_needs_a_home_that_exists(home: Home, tmp_path: Path) -> None:
    """A console must change nothing, and not make an empty home where the path was wrong."""
    refused = pytest.raises(psycopg.errors.ReadOnlySqlTransaction)
    with Store.open(home, read_only=True) as store, store.session() as connection, refused:
        connection.execute("create table x (a int)")
    with pytest.raises(HomeInvalid) as caught:
        Store.open(Home(tmp_path / "wrong"), read_only=True)
    assert str(caught.value) == (
        f"home-invalid: No home at {tmp_path / 'wrong'}. Run `goldenthread init` there, or set GOLDENTHREAD_HOME to "
        "the right folder."
    )
    assert not (tmp_path / "wrong").exists()


def test_a_home_that_lies_inside_is_named(tmp_path: Path) -> None:
    """The demo keeps a home of its own in the folder where everybody looks first."""
    Home(tmp_path / "demo").prepare()
    with pytest.raises(HomeInvalid) as caught:
        Home(tmp_path).identity()
    assert str(caught.value) == (
        f"home-invalid: No home at {tmp_path}. There is one at {tmp_path / 'demo'}: set GOLDENTHREAD_HOME to it, or "
        "run `goldenthread init` for another."
    )


def test_sessions_are_used_again_and_replaced_when_the_server_ended_them(
    store: Store, superuser: psycopg.Connection
) -> None:
    """A restart of the database must not cost each thread an error."""
    with store.session() as first:
        pid = first.info.backend_pid
    with store.session() as again:
        assert again.info.backend_pid == pid
    superuser.execute("select pg_terminate_backend(%s, 5000)", (pid,))
    with store.session() as fresh:
        assert fresh.execute("select 1").fetchone() == (1,)
        assert fresh.info.backend_pid != pid


def test_a_session_that_was_left_in_a_transaction_is_not_used_again(store: Store) -> None:
    """The next user would write into somebody else's transaction."""
    with store.session() as left:
        left.execute("begin")
    with store.session() as clean:
        assert clean is not left
    assert left.closed


def test_a_transaction_is_all_or_nothing(store: Store) -> None:
    """As the name says."""

    def fail_half_way() -> None:
        with store.transaction() as connection:
            connection.execute("insert into ledger_head values ('a', 0, '')")
            connection.execute("select 1 / 0")

    with pytest.raises(psycopg.errors.DivisionByZero):
        fail_half_way()
    with store.session() as connection:
        assert connection.execute("select count(*) from ledger_head").fetchone() == (0,)


def test_more_threads_than_sessions_wait_their_turn_and_not_for_ever(store: Store) -> None:
    """A leak of sessions shows as words, not as a hang."""
    pool = Pool(store.connect, size=2, timeout_s=0.1)
    with pool.lend(), pool.lend(), pytest.raises(StoreUnavailable) as caught, pool.lend():
        pass
    assert str(caught.value) == (
        "store-unavailable: All 2 database sessions of this process were busy for 0.1 s. "
        "Use fewer threads, or several processes."
    )
    patient = Pool(store.connect, size=2, timeout_s=30)
    done: list[int] = []

    def work() -> None:
        with patient.lend() as connection:
            connection.execute("select pg_sleep(0.01)")
            done.append(1)

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(done) == 12
    for each in (pool, patient):
        each.close()


def test_a_closed_store_gives_no_session(home: Home) -> None:
    """The server may be gone with it."""
    store = Store.open(home)
    store.close()
    uses: tuple[Callable[[], object], ...] = (lambda: store.session().__enter__(), store.connect)
    for use in uses:
        with pytest.raises(StoreUnavailable) as caught:
            use()
        assert str(caught.value) == "store-unavailable: The store was closed. Open it again with `Store.open(home)`."


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")  # a runner has threads as well
def test_a_child_made_by_fork_has_sessions_of_its_own(store: Store) -> None:
    """Two processes on one socket would read each other's answers."""
    with store.session() as connection:
        pid = connection.info.backend_pid
    program_ended = os.fork()
    if program_ended == 0:
        try:
            with store.session() as connection:
                os._exit(0 if connection.info.backend_pid != pid else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(program_ended, 0)[1]) == 0
    with store.session() as connection:
        assert connection.info.backend_pid == pid
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_home_keeps_its_identity_when_it_moves(tmp_path: Path) -> None:
    """A path is not an identity."""
    first = Home(tmp_path / "a")
    identity = first.prepare()
    assert first.prepare() == identity
    (tmp_path / "a").rename(tmp_path / "b")
    assert Home(tmp_path / "b").identity() == identity
    assert Home(tmp_path / "c").prepare().id != identity.id
    assert {folder.name for folder in (tmp_path / "b").iterdir()} == {
        "postgres", "keys", "vault", "checkpoints", "home.json",
    }  # fmt: skip
    for folder in ("keys", "vault", "checkpoints"):
        assert (tmp_path / "b" / folder).stat().st_mode & 0o077 == 0


def test_a_home_is_found_by_argument_then_setting_then_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same command does the same in a service and in a checkout."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GOLDENTHREAD_HOME", raising=False)
    assert Home().path == tmp_path / ".goldenthread"
    monkeypatch.setenv("GOLDENTHREAD_HOME", str(tmp_path / "set"))
    assert Home().path == tmp_path / "set"
    assert Home(tmp_path / "given").path == tmp_path / "given"
    assert not Home().exists()


def test_a_home_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    """Each is mended in another way."""
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeInvalid) as caught:
        Home(tmp_path / "file").prepare()
    assert str(caught.value) == (
        f"home-invalid: The home folder {tmp_path / 'file'} cannot be used: File exists. "
        "Set GOLDENTHREAD_HOME to a folder that this OS user can write."
    )
    home = Home(tmp_path / "home")
    home.prepare()
    file = home.path / "home.json"
    file.write_text(json.dumps({"id": "x", "format": 9}))
    with pytest.raises(HomeInvalid) as caught:
        home.prepare()
    assert str(caught.value) == (
        f"home-invalid: {file} is of format 9; this goldenthread knows up to 1. Upgrade goldenthread."
    )
    file.write_text("{")
    with pytest.raises(
        HomeInvalid, match=r"cannot be read \(JSONDecodeError: .*Restore it from a backup of the home\.$"
    ):
        home.identity()


@pytest.mark.parametrize("way", ["connect", "connect_as_owner"])
def test_a_session_that_ends_while_it_is_made_is_a_database_that_is_away(
    store: Store, superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """A database killed in that moment raised the driver's own error, which nobody above waits for."""
    make = store._server.connect

    def cut(database: str) -> psycopg.Connection:
        connection = make(database)
        superuser.execute("select pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))
        return connection

    monkeypatch.setattr(store._server, "connect", cut)
    with pytest.raises(StoreUnavailable, match="went away in the midst of a session"):
        getattr(store, way)()
