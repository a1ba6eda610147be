"""Every address of the console: pages, what pages fetch, and deeds."""

from __future__ import annotations

from goldenthread.surfaces.console.asking import Deed, Page, Part
from goldenthread.surfaces.console.pages import (
    acting,
    cases,
    charts,
    find,
    history,
    home,
    inbox,
    incidents,
    outcome_line,
    slices,
)

PAGES: tuple[Page, ...] = (
    *home.PAGES,
    *inbox.PAGES,
    *incidents.PAGES,
    *slices.PAGES,
    *history.PAGES,
    *outcome_line.PAGES,
    *cases.PAGES,
    *find.PAGES,
    *acting.PAGES,
)
"""Pages, in the order in which those with words in the frame stand there."""

PARTS: tuple[Part, ...] = (
    *charts.PARTS,
    *acting.PARTS,
)
"""Pictures, downloads, fragments."""

DEEDS: tuple[Deed, ...] = (
    *home.DEEDS,
    *inbox.DEEDS,
    *incidents.DEEDS,
    *slices.DEEDS,
    *cases.DEEDS,
    *acting.DEEDS,
)
"""What forms do."""

TABS = ("Contract", "Cases", "Inbox", "Metrics", "Incidents", "History")
"""The order of a slice's tabs; others follow."""
