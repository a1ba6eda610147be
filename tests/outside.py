"""What workers in processes of their own did outside: effects, and which process did what."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

MAKE = "create table if not exists happened (kind text, detail text, pid int, at real)"


def trace(kind: str, detail: str, once: bool = False) -> None:
    """Put on record that something happened, in the database that TRACE names; `once`: unless it did before."""
    with closing(sqlite3.connect(Path(os.environ["TRACE"]), timeout=20)) as outside, outside:
        outside.execute(MAKE)
        if once and outside.execute("select 1 from happened where kind = ? and detail = ?", (kind, detail)).fetchone():
            return
        outside.execute("insert into happened values (?, ?, ?, ?)", (kind, detail, os.getpid(), time.time()))
