"""What of a run the code inside it must know without being told."""

from __future__ import annotations

from contextvars import ContextVar

ACTING: ContextVar[str | None] = ContextVar("goldenthread_acting", default=None)
"""What is at work now and may not call an action itself, in words: "the tool of action 'pay'"."""
