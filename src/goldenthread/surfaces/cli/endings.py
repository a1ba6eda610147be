"""Being ended from outside: a closed terminal window, or a system that shuts down."""

from __future__ import annotations

import signal
from types import FrameType

_ENDINGS = (signal.SIGHUP, signal.SIGTERM)


def end_in_order() -> None:
    """
    Let SIGHUP and SIGTERM end this process as Ctrl-C does: what was opened is closed, the database stops.

    What was ignored from the start (`nohup`) stays ignored. The exit code is 128 and the signal's number.
    """
    for ending in _ENDINGS:
        if signal.getsignal(ending) is not signal.SIG_IGN:
            signal.signal(ending, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    for ending in _ENDINGS:  # A closing terminal says so more than once; the second must not break off the closing.
        signal.signal(ending, signal.SIG_IGN)
    raise SystemExit(128 + number)
