"""A turn under way in this process: its thread, its time, and the ways in which it is given up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from goldenthread.work.runtime.turns import Ending, Turn


class Running:
    """
    One turn in a thread of its own, so that nobody has to wait for a function that does not end.

    Args:
        turn: Held by this worker.
        work: What to do; gives how the turn ended, and raises nothing.
    """

    def __init__(self, turn: Turn, work: Callable[[Turn, Running], Ending]) -> None:
        self.turn = turn
        self.run: str | None = None  # the guard's, once it is open
        self._work = work
        self._ended = threading.Event()
        self._ending: Ending | None = None
        self._given_up = False
        self._lock = threading.Lock()
        self._when_given_up: list[Callable[[], None]] = []

    def go(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, name=f"goldenthread-turn-{self.turn.submission}", daemon=True).start()

    def wait(self, timeout_s: float | None) -> Ending | None:
        """How it ended; None if it was given up, or `timeout_s` is over and it was not ended."""
        self._ended.wait(timeout_s)
        return self._ending

    def give_up(self) -> None:
        """Nobody waits any more for what this turn gives; called by whoever ends its hold."""
        with self._lock:
            if self._given_up or self._ending is not None:
                return
            self._given_up = True
            todo, self._when_given_up = self._when_given_up, []
        self._ended.set()
        for one in todo:
            one()

    def when_given_up(self, callback: Callable[[], None]) -> None:
        """Have something done if the turn is given up; at once if it was."""
        with self._lock:
            if not self._given_up:
                self._when_given_up.append(callback)
                return
        callback()

    @property
    def given_up(self) -> bool:
        """Whether nobody waits for it any more."""
        return self._given_up

    def _run(self) -> None:
        ending = self._work(self.turn, self)
        with self._lock:
            if not self._given_up:
                self._ending = ending
        self._ended.set()


@dataclass(frozen=True, kw_only=True)
class Limits:
    """
    How much of a slice is done at once.

    Args:
        at_once: In one worker, at least 1.
        overall: In all workers; None: no limit of its own.
        rate: At most so many turns begun in so many seconds, in all workers: (30, 60.0).
        within_s: The longest that a turn may take; None: as long as it does.
        tries: How many faults in a row end the run.
    """

    at_once: int = 8
    overall: int | None = None
    rate: tuple[int, float] | None = None
    within_s: float | None = None
    tries: int = 3
