"""Where a home's facts are."""

from __future__ import annotations

from pathlib import Path


def folder_of(home: Path) -> Path:
    """The folder that holds the facts of a home."""
    return home / "metrics"
