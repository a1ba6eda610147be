"""A view as JSON has it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any


def as_json(view: object) -> Any:
    """Records as objects, times in ISO 8601, levels and verdicts by their names, exact decimals as text."""
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
    return str(view) if isinstance(view, Decimal) else view
