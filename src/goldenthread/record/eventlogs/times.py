"""Times of logs as microseconds since 1970, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from goldenthread.record.eventlogs.model import Tally

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 64


def microseconds(text: str, zone: tzinfo, tally: Tally) -> int | None:
    """
    A time in ISO 8601, with `T` or a space; None for what is none.

    Args:
        text: As the log has it.
        zone: Of times that name none.
        tally: Where these are counted.
    """
    if not text or len(text) > _LONGEST:
        return None
    try:
        at = datetime.fromisoformat(text.strip())
        if at.tzinfo is None:
            tally.unzoned += 1
            at = at.replace(tzinfo=zone)
        since = at - _EPOCH
    except (ValueError, OverflowError):
        return None
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
