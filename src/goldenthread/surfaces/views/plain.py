"""A view as JSON has it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any


def as_json(view: object) -> Any:
    """
    Records as objects, times in ISO 8601, lengths of time in seconds, levels and verdicts by their names, exact
    decimals as text; null for what is without end.
    """
    if is_dataclass(view) and not isinstance(view, type):
        return {field.name: as_json(getattr(view, field.name)) for field in fields(view)}
    if isinstance(view, dict):
        return {str(as_json(key)): as_json(value) for key, value in view.items()}
    if isinstance(view, (list, tuple)):
        return [as_json(item) for item in view]
    if isinstance(view, Enum):
        return view.value
    if isinstance(view, date):  # datetime is one
        return view.isoformat()
    if isinstance(view, timedelta):
        return view.total_seconds()
    if isinstance(view, float) and not isfinite(view):
        return None
    return str(view) if isinstance(view, Decimal) else view
