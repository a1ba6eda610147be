"""
Which OS user the embedded server runs as, and where its data lies.

A plain user: as that user, inside the home. Postgres refuses to run as root, so root needs another OS user, and
that user needs a way to the data. No folder is ever opened for it: where the home can't be reached, the data lies
under /var/lib/goldenthread instead.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from goldenthread.promise.errors import HomeInvalid
from goldenthread.record.store.home import PASSABLE, PRIVATE, Home

SERVICE_USER = "goldenthread"
ELSEWHERE = Path("/var/lib/goldenthread")


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """An OS user other than the one who calls."""

    name: str
    uid: int
    gid: int

    def run_as(self) -> dict[str, Any]:
        """Arguments for `subprocess` that make the child run as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """The server's own folder (data, log, socket) and its OS user, None for the caller's own."""

    folder: Path
    account: Account | None
    notice: str | None = None

    @property
    def data(self) -> Path:
        """Postgres's data folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "log"

    def run_as(self) -> dict[str, Any]:
        """Arguments for `subprocess` that make the child run as the server's user."""
        return self.account.run_as() if self.account else {}

    def own(self, folder: Path) -> None:
        """Make a folder private to the server's user, creating it."""
        folder.mkdir(mode=PRIVATE, exist_ok=True)
        if self.account:
            os.chown(folder, self.account.uid, self.account.gid)


def place_of(home: Home, *, elsewhere: Path = ELSEWHERE) -> Place:
    """
    Where this home's server lives. What exists is found again; only then is a place chosen.

    Raises:
        HomeInvalid: The data belongs to another OS user, and the caller is not root.
    """
    inside = home.postgres / "server"
    if os.geteuid() != 0:
        _check_mine(inside, home)
        return Place(folder=inside, account=None)
    if inside.exists():
        return _apart(inside, _account(inside.stat().st_uid))
    for base in (elsewhere, _temporary()):
        outside = base / home.identity().id
        if outside.exists():
            return _apart(outside, _account(outside.stat().st_uid))
    account = _service_account()
    if can_reach(home.postgres, account):
        return _apart(inside, account)
    return _apart(_base(elsewhere) / home.identity().id, account)


def can_reach(folder: Path, account: Account) -> bool:
    """Whether the user may pass through the folder and all above it."""
    return all(_may_pass(parent.stat(), account) for parent in (folder, *folder.parents))


def _may_pass(folder: os.stat_result, account: Account) -> bool:
    if folder.st_uid == account.uid:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == account.gid:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)


def _check_mine(inside: Path, home: Home) -> None:
    try:
        owner = inside.stat().st_uid
    except FileNotFoundError:
        return
    except PermissionError:
        owner = home.path.stat().st_uid
    if owner != os.geteuid():
        raise HomeInvalid(
            f"The database of {home.path} belongs to the OS user '{_name(owner)}', not to '{_name(os.geteuid())}'. "
            "Run as that user, or set GOLDENTHREAD_HOME to a folder of your own."
        )


def _apart(folder: Path, account: Account) -> Place:
    notice = (
        f"Running as root: Postgres refuses that, so it runs as the OS user '{account.name}' with its data in "
        f"{folder}. No other folder was opened to that user. A plain user is the better choice."
    )
    return Place(folder=folder, account=account, notice=notice)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise HomeInvalid(
            f"The database belongs to the OS user id {uid}, which this machine doesn't know. "
            f"Add that user, or give the folder to another one with chown."
        ) from None
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def _service_account() -> Account:
    """The OS user 'goldenthread', added when missing; 'nobody' where users cannot be added."""
    try:
        return _named(SERVICE_USER)
    except KeyError:
        _add_user()
    try:
        return _named(SERVICE_USER)
    except KeyError:
        return _named("nobody")


def _named(name: str) -> Account:
    entry = pwd.getpwnam(name)
    return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)


def _add_user() -> None:
    command = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if command:
        options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        subprocess.run(
            [command, *options, "--shell", "/usr/sbin/nologin", SERVICE_USER],
            check=False,
            capture_output=True,
            timeout=30,
            cwd="/",
        )


def _temporary() -> Path:
    return Path(tempfile.gettempdir()) / "goldenthread-root"


def _base(elsewhere: Path) -> Path:
    """A folder of root's that others can pass through but not list: /var/lib/goldenthread, else a temporary one."""
    for base in (elsewhere, _temporary()):
        try:
            base.mkdir(mode=PASSABLE, exist_ok=True)
        except OSError:
            continue
        found = base.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == 0:
            return base
    raise HomeInvalid(
        f"As root, neither {elsewhere} nor {_temporary()} can hold the database. Run as a plain user instead."
    )
