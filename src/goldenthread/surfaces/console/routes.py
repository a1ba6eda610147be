"""Every address of the console: pages, what pages fetch, and deeds."""

from __future__ import annotations

from types import ModuleType

from goldenthread.surfaces.console.asking import Deed, Page, Part
from goldenthread.surfaces.console.pages import (
    account,
    acting,
    author,
    cases,
    home,
    inbox,
    incidents,
    outcome_line,
    outcomes,
    people,
    releases,
    signing,
    slices,
    stops,
    tokens,
)

_AREAS: tuple[ModuleType, ...] = (
    home,
    inbox,
    incidents,
    outcomes,
    stops,
    releases,
    slices,
    outcome_line,
    cases,
    people,
    tokens,
    author,
    signing,
    account,
    acting,
)

PAGES: tuple[Page, ...] = tuple(page for area in _AREAS for page in getattr(area, "PAGES", ()))
"""Pages, in the order in which those with words in the frame stand there."""

PARTS: tuple[Part, ...] = tuple(part for area in _AREAS for part in getattr(area, "PARTS", ()))
"""Pictures, downloads, fragments."""

DEEDS: tuple[Deed, ...] = tuple(deed for area in _AREAS for deed in getattr(area, "DEEDS", ()))
"""What forms do."""

TABS = ("Contract", "Cases", "Inbox", "Metrics", "Incidents", "Releases")
"""The order of a slice's tabs; others follow."""
