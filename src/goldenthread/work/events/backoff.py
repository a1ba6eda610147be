"""When to try again, and when to give up."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

DELAYS_S = (5, 30, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
"""Seconds after each failed attempt, about three days in all; after one more failure the event is parked."""

DOWN_AFTER = 5
"""After so many failures in a row, of whichever cases, the receiver counts as down, and is only probed."""

_LONGEST_PROBE_S = 300

Draw = Callable[[], float]
"""A number in [0, 1), for jitter: receivers that come back are not met by everybody at once."""


def next_delay(attempts: int, asked_s: int = 0, draw: Draw = random.random) -> timedelta | None:
    """How long to wait after that many failed attempts (from 1); None: give up. At least what the receiver asks for."""
    if attempts > len(DELAYS_S):
        return None
    return timedelta(seconds=max(asked_s, DELAYS_S[attempts - 1] * (0.8 + 0.4 * draw())))


def probe_delay(failures: int, draw: Draw = random.random) -> timedelta:
    """How long to leave a receiver alone that is down, after that many failures in a row."""
    seconds = min(_LONGEST_PROBE_S, 5 * 2 ** min(failures - DOWN_AFTER, 10))
    return timedelta(seconds=seconds * (0.8 + 0.4 * draw()))
