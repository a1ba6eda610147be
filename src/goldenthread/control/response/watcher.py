"""When a standing process looks: the chain and the queue at each tick, the days once each is over."""

from __future__ import annotations

from datetime import date

from goldenthread.control.guard import Desk
from goldenthread.control.response.days import look, look_at_queue


class Watcher:
    """Remembers, in one process, up to which day each slice's days were judged; another process judges them again."""

    def __init__(self) -> None:
        self._judged: dict[str, date] = {}

    def tick(self, desk: Desk) -> None:
        """Put on record what is due of one slice."""
        today = desk.ledger.clock().date()
        if self._judged.get(desk.slice) == today:
            look_at_queue(desk)
            return
        look(desk)
        self._judged[desk.slice] = today
