"""A moment as it is typed."""

from __future__ import annotations

from datetime import UTC, datetime

from goldenthread.promise.errors import ValueProblem


def when(text: str) -> datetime:
    """
    A moment in ISO 8601, UTC where it names no zone.

    Raises:
        ValueProblem: It is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueProblem(f"'{text}' is no moment. Write e.g. 2026-11-20T09:00 (UTC), or 2026-11-20.") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
