"""
The embedded Postgres of one home: started by its first user, stopped by its last.

A user is a process that holds the share of `postgres/users`; `postgres/lock` is held while anybody starts or stops.
After a kill -9 of all users the server runs on; the next user attaches, and stops it on leaving.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg

from goldenthread.promise.errors import StoreUnavailable
from goldenthread.record.store import binaries
from goldenthread.record.store.account import Place, place_of
from goldenthread.record.store.home import PASSABLE, PRIVATE, Home
from goldenthread.record.store.locks import Share, exclusive, sync_folder
from goldenthread.record.store.postmaster import Postmaster, pid_alive, workers_of

SUPERUSER = "postgres"
PORT = 5432  # Only part of the socket's name; nothing listens on TCP.
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
LOCK_TIMEOUT_S = START_TIMEOUT_S + STOP_TIMEOUT_S
# 104 bytes is macOS's limit for a socket's path with its end, Linux has 108.
_SOCKET_PATH_BYTES = 103
_PAUSE_S = 0.005

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "log_timezone": "UTC",
    "timezone": "UTC",
    **({"recovery_init_sync_method": "syncfs"} if sys.platform == "linux" else {}),
}

_INITDB_OPTIONS = (
    f"--username={SUPERUSER}",
    "--encoding=UTF8",
    "--no-locale",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    # Who reaches the socket, in a folder private to the server's user, is trusted; nobody else reaches anything.
    "--auth-local=trust",
    "--auth-host=reject",
    # One call for the file system; file by file it takes half as long again.
    *(("--sync-method=syncfs",) if sys.platform == "linux" else ()),
)


class EmbeddedServer:
    """
    One process's view of its home's server.

    Args:
        home: A prepared home.
        timeout_s: The longest that a start may take, recovery after a crash included.
    """

    def __init__(self, home: Home, *, timeout_s: float = START_TIMEOUT_S) -> None:
        self._home = home
        self._timeout_s = timeout_s
        self._lock = home.postgres / "lock"
        self._share = Share(home.postgres / "users")
        self._socket_folder: Path | None = None
        self.place: Place = self._find_place()

    def join(self) -> None:
        """
        Become a user of the server, and start it if it does not run.

        Raises:
            StoreUnavailable: It did not answer in time; the message ends with the last lines of its log.
        """
        with exclusive(self._lock, timeout_s=LOCK_TIMEOUT_S):
            self._share.take()
            try:
                self._ensure()
            except BaseException:
                self._share.drop()
                raise

    def leave(self, *, keep: bool = False) -> None:
        """Be no user any more; the last one stops the server unless `keep`."""
        with exclusive(self._lock, timeout_s=LOCK_TIMEOUT_S):
            self._share.drop()
            if not keep and not self._share.others():
                self.stop()

    def connect(self, database: str) -> psycopg.Connection:
        """A new session as superuser, through the socket; autocommit."""
        if self._socket_folder is None:
            raise psycopg.OperationalError("not joined")
        return _connect(self._socket_folder, database, connect_timeout_s=int(self._timeout_s) + 1)

    def url(self, database: str) -> str:
        """The address of one of its databases, as GOLDENTHREAD_DATABASE_URL takes it."""
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self._socket_folder), safe='')}&port={PORT}"

    def stop(self) -> None:
        """
        Stop whatever server runs on this data, after making sure that it is this server.

        Raises:
            StoreUnavailable: It still ran after SIGINT (fast shutdown) and SIGQUIT (immediate).
        """
        found = Postmaster.read(self.place.data)
        for kind in (signal.SIGINT, signal.SIGQUIT):
            if found is None or not found.alive():
                return
            os.kill(found.pid, kind)
            if _until(lambda: not found.alive(), STOP_TIMEOUT_S / 2):
                return
        raise StoreUnavailable(
            f"The database in {self.place.data} (process {found.pid if found else '?'}) did not stop within "
            f"{STOP_TIMEOUT_S:g} s. Its log: {self.place.log}. End that process, then try again."
        )

    def _find_place(self) -> Place:
        with exclusive(self._lock, timeout_s=LOCK_TIMEOUT_S):
            place = place_of(self._home)
            place.own(place.folder)
            return place

    def _ensure(self) -> None:
        """Leave a server that answers `SELECT 1`, whatever state the last one was left in."""
        deadline = time.monotonic() + self._timeout_s
        started: int | None = None
        while time.monotonic() < deadline:
            found = Postmaster.read(self.place.data)
            if found is not None and found.alive():
                if found.status == "ready" and self._answers(found):
                    return
            elif started is None:
                self._clear_dead(found)
                started = self._start()
            elif not pid_alive(started):
                raise self._unavailable("ended while starting")
            time.sleep(_PAUSE_S)
        raise self._unavailable(f"did not answer within {self._timeout_s:g} s")

    def _answers(self, found: Postmaster) -> bool:
        try:
            with _connect(found.socket_folder, "postgres", connect_timeout_s=2) as connection:
                connection.execute("select 1")
        except psycopg.OperationalError:
            return False
        self._socket_folder = found.socket_folder
        return True

    def _clear_dead(self, found: Postmaster | None) -> None:
        """
        Remove what a dead server left.

        Postgres itself refuses to start while a zombie has the id in postmaster.pid or in the socket's lock, so these
        files go; first its processes must be gone, which end by themselves when they notice. (Postgres also refuses
        while they hold its shared memory.)
        """
        if found is None:
            return
        if not _until(lambda: not workers_of(self.place.data), STOP_TIMEOUT_S):
            raise self._unavailable("was killed, but some of its processes still run")
        (self.place.data / "postmaster.pid").unlink(missing_ok=True)
        socket = self._choose_socket_folder() / f".s.PGSQL.{PORT}"
        socket.unlink(missing_ok=True)
        socket.with_name(f"{socket.name}.lock").unlink(missing_ok=True)

    def _start(self) -> int:
        """Start the server detached from this process, and return its process id."""
        bin_folder = binaries.programs(self.place.account)
        self._initialise(bin_folder)
        _keep_log_short(self.place.log)
        settings = {**SETTINGS, "unix_socket_directories": str(self._choose_socket_folder())}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(bin_folder / "postgres"), "-D", str(self.place.data), *options]
        # The shell ends at once, so that the server is nobody's child: it outlives this process, and its end leaves
        # no zombie here. A session of its own keeps the terminal's Ctrl-C from it. Paths are arguments, not text.
        done = subprocess.run(
            ["/bin/sh", "-c", '"$@" </dev/null >>"$0" 2>&1 & echo $!', str(self.place.log), *command],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=self._timeout_s,
            start_new_session=True,
            cwd=self.place.folder,
            env=_environment(),
            umask=0o077,
            **self.place.run_as(),
        )
        return int(done.stdout)

    def _initialise(self, bin_folder: Path) -> None:
        """Make the data folder, whole or not at all: a killed start leaves only a draft, which the next removes."""
        if self.place.data.exists():
            self._check_version()
            return
        for stale in self.place.folder.glob("draft-*"):
            shutil.rmtree(stale, ignore_errors=True)
        draft = self.place.folder / f"draft-{secrets.token_hex(4)}"
        done = subprocess.run(
            [str(bin_folder / "initdb"), "-D", str(draft), *_INITDB_OPTIONS],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            timeout=self._timeout_s,
            cwd=self.place.folder,
            env=_environment(),
            **self.place.run_as(),
        )
        if done.returncode != 0:
            raise StoreUnavailable(
                f"The database in {self.place.data} could not be made: {_last_lines(done.stderr)}. "
                "Free disk space or choose another folder by GOLDENTHREAD_HOME, then try again."
            )
        draft.rename(self.place.data)
        sync_folder(self.place.folder)

    def _check_version(self) -> None:
        try:
            found = (self.place.data / "PG_VERSION").read_text().strip()
        except OSError as problem:
            found = f"unreadable ({problem.strerror})"
        if found != binaries.MAJOR:
            raise StoreUnavailable(
                f"The data in {self.place.data} is of Postgres {found}; this goldenthread carries {binaries.MAJOR}. "
                "Use the goldenthread version that wrote it, or restore a dump into a new home."
            )

    def _choose_socket_folder(self) -> Path:
        """The server's own folder, or a private one under the temporary folder where that path is too long or odd."""
        folder = self.place.folder
        if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= _SOCKET_PATH_BYTES and re.fullmatch(
            r"[\w./+-]+", str(folder)
        ):
            return folder
        owner = self.place.account.uid if self.place.account else os.geteuid()
        base = Path(tempfile.gettempdir()) / f"goldenthread-{os.geteuid()}"
        short = base / hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
        base.mkdir(mode=PASSABLE if self.place.account else PRIVATE, exist_ok=True)
        self.place.own(short)
        for path, uid in ((base, os.geteuid()), (short, owner)):
            _check_private(path, uid)
        return short

    def _unavailable(self, what: str) -> StoreUnavailable:
        try:
            said = _last_lines(self.place.log.read_text(errors="replace"))
        except OSError:
            said = "nothing"
        return StoreUnavailable(
            f"The database in {self.place.data} {what}. The last it said in {self.place.log}: {said}. "
            "Mend that and try again, or set GOLDENTHREAD_DATABASE_URL to a Postgres of your own."
        )


def remove_database(home: Home) -> None:
    """Stop the home's server, whoever uses it, and delete its data; the rest of the home stays."""
    server = EmbeddedServer(home)
    with exclusive(home.postgres / "lock", timeout_s=LOCK_TIMEOUT_S):
        server.stop()
        shutil.rmtree(server.place.folder)


def _connect(folder: Path, database: str, *, connect_timeout_s: int) -> psycopg.Connection:
    return psycopg.connect(
        host=str(folder),
        port=PORT,
        user=SUPERUSER,
        dbname=database,
        connect_timeout=connect_timeout_s,
        autocommit=True,
        options="",
    )


def _environment() -> dict[str, str]:
    """Only what Postgres needs, so that nobody's PGDATA, PGOPTIONS or locale changes what is started."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "TZ": "UTC", "LC_ALL": "C"}


def _until(condition: Callable[[], bool], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE_S)
    return True


def _keep_log_short(log: Path) -> None:
    """Put a log of more than ten megabytes aside, so that two files are the most there ever are."""
    try:
        if log.stat().st_size > 10_000_000:
            log.replace(log.with_suffix(".old"))
    except FileNotFoundError:
        pass


def _last_lines(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-4:]) or "nothing"


def _check_private(path: Path, uid: int) -> None:
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o066:
        raise StoreUnavailable(
            f"{path}, meant for the database's socket, can be read by others or isn't ours. "
            "Remove it, or choose a home with a shorter path by GOLDENTHREAD_HOME."
        )
