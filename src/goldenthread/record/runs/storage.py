"""Where imports lie: one compressed file each below the home, named by its own digest and never changed."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from goldenthread.promise.errors import RunsDamaged
from goldenthread.promise.values import Json
from goldenthread.record.store import Home, sync_folder

FOLDER = "runs"
_SUFFIX = ".jsonl.gz"


def store(home: Home, lines: Iterable[Mapping[str, Json]]) -> str:
    """
    Write lines to a new file, whole and on disk when this returns.

    Returns:
        `sha256:...` of the file's bytes, which is also its name.
    """
    text = "".join(json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n" for line in lines)
    content = gzip.compress(text.encode(), mtime=0)
    digest = hashlib.sha256(content).hexdigest()
    folder = home.path / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    draft = folder / f".{digest}.{secrets.token_hex(4)}"
    try:
        _write(draft, content)
        draft.rename(folder / f"{digest}{_SUFFIX}")
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(folder)
    sync_folder(home.path)
    return f"sha256:{digest}"


def load(home: Home, digest: str) -> list[dict[str, Any]]:
    """
    The lines of the file with that digest.

    Raises:
        RunsDamaged: It is missing, cannot be read, or is not what was stored.
    """
    file = home.path / FOLDER / f"{digest.removeprefix('sha256:')}{_SUFFIX}"
    try:
        content = file.read_bytes()
    except OSError as problem:
        raise _damaged(file, f"cannot be read ({problem.strerror or problem})") from problem
    if hashlib.sha256(content).hexdigest() != digest.removeprefix("sha256:"):
        raise _damaged(file, "is not what was imported: its bytes have another digest than the one on record")
    return [json.loads(line) for line in gzip.decompress(content).splitlines()]


def _damaged(file: Path, words: str) -> RunsDamaged:
    return RunsDamaged(f"The imported runs in {file}: the file {words}. Restore the folder from a backup of the home.")


def _write(file: Path, content: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
