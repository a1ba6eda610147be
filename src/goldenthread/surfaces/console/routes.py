"""Every address of the console: pages, what pages fetch, and deeds."""

from __future__ import annotations

from goldenthread.surfaces.console.asking import Deed, Page, Part
from goldenthread.surfaces.console.pages import (
    acting,
    audit,
    cases,
    home,
    inbox,
    incidents,
    outcome_line,
    rules,
    runs,
    slices,
    whiteboard,
)

PAGES: tuple[Page, ...] = (
    *home.PAGES,
    *inbox.PAGES,
    *incidents.PAGES,
    *slices.PAGES,
    *outcome_line.PAGES,
    *cases.PAGES,
    *runs.PAGES,
    *whiteboard.PAGES,
    *rules.PAGES,
    *audit.PAGES,
    *acting.PAGES,
)
"""Pages, in the order in which those with words in the frame stand there."""

PARTS: tuple[Part, ...] = (*runs.PARTS, *audit.PARTS, *acting.PARTS)
"""Pictures, downloads, fragments."""

DEEDS: tuple[Deed, ...] = (
    *home.DEEDS,
    *inbox.DEEDS,
    *incidents.DEEDS,
    *slices.DEEDS,
    *cases.DEEDS,
    *audit.DEEDS,
    *acting.DEEDS,
)
"""What forms do."""

TABS = ("Contract", "Cases", "Inbox", "Metrics", "Incidents", "Whiteboard")
"""The order of a slice's tabs; others follow."""
