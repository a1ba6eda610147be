"""Whether work comes in the same form each time: fields that are filled in every case, in the log's first rows."""

from __future__ import annotations

from decimal import Decimal

from goldenthread.factory.discovery import Log

_FEWEST_ROWS = 20


def filled_share(log: Log, activity: str | None) -> Decimal | None:
    """
    Share of the fields that every sampled row of an activity fills; those that say who, what and when are no input.

    Args:
        log: With its sample.
        activity: With which the work comes in; None for all rows.

    Returns:
        In [0, 1]; None where there is no other field, or too few rows to tell.
    """
    by_meaning = {choice.meaning: choice.column for choice in log.intake.choices}
    places = [place for place, column in enumerate(log.columns) if column not in by_meaning.values()]
    at = list(log.columns).index(by_meaning["activity"])
    rows = [row for row in log.sample if activity is None or row[at] == activity]
    if not places or len(rows) < _FEWEST_ROWS:
        return None
    filled = sum(all(row[place].strip() for row in rows) for place in places)
    return round(Decimal(filled) / len(places), 4)
