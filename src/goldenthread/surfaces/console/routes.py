"""Every address of the console: pages, what pages fetch, and deeds."""

from __future__ import annotations

from types import ModuleType

from goldenthread.surfaces.console.asking import Deed, Page, Part
from goldenthread.surfaces.console.pages import (
    account,
    acting,
    audit,
    author,
    cases,
    charts,
    find,
    history,
    home,
    inbox,
    incidents,
    outcome_line,
    outcomes,
    people,
    problems,
    promises,
    releases,
    rules,
    runs,
    signing,
    slices,
    stops,
    tokens,
    whiteboard,
)

_AREAS: tuple[ModuleType, ...] = (
    home,
    inbox,
    incidents,
    outcomes,
    problems,
    promises,
    stops,
    releases,
    slices,
    history,
    charts,
    outcome_line,
    cases,
    runs,
    whiteboard,
    author,
    signing,
    rules,
    audit,
    find,
    people,
    tokens,
    account,
    acting,
)

PAGES: tuple[Page, ...] = tuple(page for area in _AREAS for page in getattr(area, "PAGES", ()))
"""Pages, in the order in which those with words in the frame stand there."""

PARTS: tuple[Part, ...] = tuple(part for area in _AREAS for part in getattr(area, "PARTS", ()))
"""Pictures, downloads, fragments."""

DEEDS: tuple[Deed, ...] = tuple(deed for area in _AREAS for deed in getattr(area, "DEEDS", ()))
"""What forms do."""

TABS = ("Contract", "Cases", "Inbox", "Metrics", "Incidents", "Releases", "History", "Whiteboard")
"""The order of a slice's tabs; others follow."""
