"""When a standing process looks: the chain and the queue at each tick, the days once each is over."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from goldenthread.control.guard import Desk
from goldenthread.control.response.days import look, look_at_queue

AGAIN = timedelta(hours=1)
"""After a look that failed, the days are looked at again so much later; the chain and the queue are meanwhile."""

_SHARE = 4.0  # after a look nobody looks at days for so many times as long: other work goes on at midnight


class Watcher:
    """Remembers, in one process, up to which day each slice's days were judged; another process judges them again."""

    def __init__(self) -> None:
        self._judged: dict[str, date] = {}
        self._failed: dict[str, datetime] = {}
        self._free = 0.0

    def tick(self, desk: Desk) -> None:
        """Put on record what is due of one slice."""
        if not self._is_due(desk):
            look_at_queue(desk)
            return
        now, began = desk.ledger.clock(), desk.uptime()
        self._failed[desk.slice] = now
        try:
            look(desk)
        finally:
            self._free = desk.uptime() + _SHARE * (desk.uptime() - began)
        del self._failed[desk.slice]
        self._judged[desk.slice] = now.date()

    def _is_due(self, desk: Desk) -> bool:
        now, failed = desk.ledger.clock(), self._failed.get(desk.slice)
        if self._judged.get(desk.slice) == now.date() or desk.uptime() < self._free:
            return False
        return failed is None or now - failed >= AGAIN
