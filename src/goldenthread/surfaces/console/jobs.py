"""Work that takes longer than a page may: verifying, replaying, exporting. One at a time, each with its progress."""

from __future__ import annotations

import logging
import secrets
import shutil
import tempfile
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from goldenthread.promise.errors import ConsoleBusy, GoldenthreadError, PageNotFound, frames_of, kind_of

_LOG = logging.getLogger(__name__)

KEPT = 8
"""Jobs that are remembered; what older ones made is deleted."""


@dataclass(kw_only=True, eq=False)
class Job:
    """
    One piece of work.

    Attributes:
        id: Stands for it in its address.
        what: In words.
        chain: The chain that it is about; None for all.
        by: Who began it, None for whoever acts as nobody.
        done, whole: How far it is, in records.
        state: 'running', 'ended' or 'failed'.
        result: What came of it; None until it ended.
        error: Code and words of what went wrong.
        folder: Where it may leave files; deleted with it, and when this process ends.
    """

    id: str
    what: str
    chain: str | None
    by: str | None
    began: datetime
    whole: int
    done: int = 0
    state: str = "running"
    ended: datetime | None = None
    result: Any = None
    error: tuple[str, str] | None = None
    folder: Path | None = field(default=None, repr=False)

    @property
    def share(self) -> float:
        """How far it is, in [0, 1]."""
        return 1.0 if self.state == "ended" else min(self.done / self.whole, 0.99) if self.whole else 0.0

    def tick(self, done: int) -> None:
        """So many records are behind it."""
        self.done = done

    def place(self, name: str) -> Path:
        """A file of that name to be written, seen by this OS user only."""
        if self.folder is None:
            self.folder = Path(tempfile.mkdtemp(prefix="goldenthread-export-"))
            weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        return self.folder / name


class Jobs:
    """The jobs of a console; in memory, gone with it."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()

    def begin(
        self,
        what: str,
        work: Callable[[Job], Any],
        *,
        chain: str | None,
        by: str | None,
        whole: int,
        clock: Callable[[], datetime],
    ) -> Job:
        """
        Begin a job on a thread of its own.

        Raises:
            ConsoleBusy: Another is running.
        """
        with self._lock:
            running = next((job for job in self._jobs.values() if job.state == "running"), None)
            if running is not None:
                raise ConsoleBusy(
                    f"'{running.what}' is still running, and one job runs at a time. See /audit-jobs/{running.id}, "
                    "and begin again when it has ended."
                )
            job = Job(id=secrets.token_urlsafe(9), what=what, chain=chain, by=by, began=clock(), whole=whole)
            self._jobs[job.id] = job
            while len(self._jobs) > KEPT:
                self._jobs.popitem(last=False)
        threading.Thread(target=_run, args=(job, work, clock), name="console-job", daemon=True).start()
        return job

    def find(self, id: str) -> Job:
        """
        A job by its id.

        Raises:
            PageNotFound: There is none, or none any more.
        """
        job = self._jobs.get(id)
        if job is None:
            raise PageNotFound(f"No job '{id[:40]}'; the last {KEPT} are kept while the console runs. Begin it again.")
        return job

    def all(self) -> tuple[Job, ...]:
        """The jobs, the latest first."""
        return tuple(reversed(self._jobs.values()))


def _run(job: Job, work: Callable[[Job], Any], clock: Callable[[], datetime]) -> None:
    try:
        job.result = work(job)
        job.state = "ended"
    except GoldenthreadError as error:
        job.error, job.state = (error.code, error.message), "failed"
    except Exception as error:  # noqa: BLE001 - the page says so, and its place goes to the terminal
        _LOG.error("A job of the console failed: %s\n%s", kind_of(error), frames_of(error))
        job.error, job.state = ("unexpected", f"{type(error).__name__}. Its place is on the terminal."), "failed"
    job.ended = clock()
