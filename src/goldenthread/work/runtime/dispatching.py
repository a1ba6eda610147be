"""
Turns come off the queue as soon as there is one and room for it.

DBOS looks once a second at its queues. Its own thread for a queue does it here, woken when there is something.
"""

from __future__ import annotations

import threading
from typing import Any, cast

from goldenthread.work.runtime.housekeeping import LOG

LONGEST_PAUSE_S = 1.0


class Kick(threading.Event):
    """
    What DBOS's thread takes for the event that ends it: waiting on it ends early when there is work.

    `set` ends the thread, `kick` wakes it. Between two looks there is a little pause, so that a burst is one look.
    """

    def __init__(self, pause_s: float = 0.004) -> None:
        super().__init__()
        self._woken = threading.Event()
        self._pause_s = pause_s

    def kick(self) -> None:
        """There may be work."""
        self._woken.set()

    def set(self) -> None:
        """End."""
        super().set()
        self._woken.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Until there is work, or the end, or the pause is over; True at the end."""
        if not self._woken.is_set():
            self._woken.wait(min(timeout or LONGEST_PAUSE_S, LONGEST_PAUSE_S))
        elif not self.is_set():
            super().wait(self._pause_s)
        self._woken.clear()
        return self.is_set()


class Dispatcher:
    """The thread that takes turns of one slice off their queue."""

    def __init__(self, dbos: Any, queue: str) -> None:
        self._kick = Kick()
        self._arguments = (self._kick, dbos, queue)
        self._thread = threading.Thread(target=self._run, name=f"goldenthread-{queue}", daemon=True)

    def start(self) -> None:
        """Begin to take turns."""
        self._thread.start()

    def kick(self) -> None:
        """There may be a turn, or room for one."""
        self._kick.kick()

    def stop(self) -> None:
        """Take no further turn; returns when that is sure."""
        self._kick.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10.0)

    def _run(self) -> None:
        from dbos import DBOS
        from dbos._queue import queue_worker_thread

        kick, dbos, name = self._arguments
        while not kick.is_set():
            try:
                queue = DBOS.retrieve_queue(name)
                if queue is not None:
                    queue_worker_thread(cast(threading.Event, kick), dbos, queue)
            except Exception as error:  # noqa: BLE001 - the database may be away; whatever it is, others work meanwhile
                LOG.warning("taking turns failed: %s", type(error).__name__)
            kick.wait(LONGEST_PAUSE_S)
