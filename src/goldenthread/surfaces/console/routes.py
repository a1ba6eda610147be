"""Every address of the console: pages, what pages fetch, and deeds."""

from __future__ import annotations

from goldenthread.surfaces.console.asking import Deed, Page, Part
from goldenthread.surfaces.console.pages import (
    acting,
    cases,
    home,
    inbox,
    incidents,
    outcome_line,
    outcomes,
    releases,
    slices,
    stops,
)

PAGES: tuple[Page, ...] = (
    *home.PAGES,
    *inbox.PAGES,
    *incidents.PAGES,
    *outcomes.PAGES,
    *stops.PAGES,
    *releases.PAGES,
    *slices.PAGES,
    *outcome_line.PAGES,
    *cases.PAGES,
    *acting.PAGES,
)
"""Pages, in the order in which those with words in the frame stand there."""

PARTS: tuple[Part, ...] = (*acting.PARTS,)
"""Pictures, downloads, fragments."""

DEEDS: tuple[Deed, ...] = (
    *home.DEEDS,
    *inbox.DEEDS,
    *incidents.DEEDS,
    *outcomes.DEEDS,
    *stops.DEEDS,
    *releases.DEEDS,
    *slices.DEEDS,
    *cases.DEEDS,
    *acting.DEEDS,
)
"""What forms do."""

TABS = ("Contract", "Cases", "Inbox", "Metrics", "Incidents", "Releases")
"""The order of a slice's tabs; others follow."""
