"""Small files that matter, written whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from goldenthread.record.store.locks import sync_folder


def write_whole(file: Path, content: str | bytes, *, new: bool = False, mode: int = 0o600) -> None:
    """
    Write a file so that it lasts: whoever looks, and whatever dies meanwhile, finds what was there before or all of it.

    Args:
        file: In a folder that is there.
        content: Text is written in UTF-8.
        new: Take no other file's place.
        mode: Of the file, less what the umask takes; where it takes another's place, that one's mode.

    Raises:
        FileExistsError: It is to be new, and one of that name is there.
        OSError: The place or the disk does not take it; nothing is left of it.
    """
    kept = file.stat().st_mode if not new and file.exists() else None
    draft = file.with_name(f".{secrets.token_hex(8)}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            if kept is not None:
                os.fchmod(descriptor, stat.S_IMODE(kept))
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        if new:
            os.link(draft, file)  # fails where a file of that name is; a rename would overwrite it
        else:
            draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(file.parent)
