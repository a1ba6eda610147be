"""One line of the page, before it is drawn."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """A label and what it says; `role` tells the drawing: text, outcome, level, gate, tripwire, signature."""

    label: str
    text: str
    role: str = "text"
