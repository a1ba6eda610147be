"""Calls as tests say them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from goldenthread.record.costs import Said

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


def said(provider: str | None = "openai", model: str | None = "gpt-4o", **more: Any) -> Said:
    """A call of a model on a day in November."""
    wanted = {"at": NOON, "input_tokens": 1000, "output_tokens": 100, **more}
    return Said(provider=provider, request_model=model, **wanted)
