"""To come."""

from __future__ import annotations

from goldenthread.surfaces.console.asking import Deed, Page, Part

PAGES: tuple[Page, ...] = ()
PARTS: tuple[Part, ...] = ()
DEEDS: tuple[Deed, ...] = ()
