"""Days and instants that are typed: 2026-12-21, or 2026-12-21T09:00 with or without a zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import click


class Instant(click.ParamType[Any]):
    """A day, which stands for its beginning (`last`: its end), or an instant; without a zone, this machine's."""

    name = "day or instant"

    def __init__(self, *, last: bool = False) -> None:
        self._last = last

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The instant, in UTC."""
        if isinstance(value, datetime):
            return value
        try:
            at = datetime.fromisoformat(value)
            if len(value) <= len("2026-12-21") and self._last:
                at += timedelta(days=1)
            return at.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"'{value}' is no day or instant; write e.g. 2026-12-21 or 2026-12-21T13:00.", param, ctx)


INSTANT = Instant()
LAST_DAY = Instant(last=True)
