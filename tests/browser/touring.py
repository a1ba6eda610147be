"""A tour of the console: one address of every kind of page that links lead to, and what a browser finds there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from goldenthread.record.store import Home
from goldenthread.surfaces.console import Console, serve
from goldenthread.surfaces.console.routes import PAGES
from goldenthread.surfaces.opening import open_ledger

KINDS = {page.address: re.compile(re.sub(r"\{\w+\}", "[^/]+", page.address)) for page in PAGES}
PICTURES = "PICTURES"
"""Names a folder that pictures of pages are kept in; without it, they go with the test."""


@contextmanager
def served(home: Path, name: str | None = None) -> Iterator[Console]:
    """The console of a home that sleeps, which its visitor acts in as `name`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GOLDENTHREAD_DATABASE_URL", raising=False)
        ledger = open_ledger(home)
        try:
            with serve(ledger, home=Home(home), facts=home / "metrics", name=name) as console:
                yield console
        finally:
            ledger.store.close()


def act_as(page: Page, name: str) -> None:
    """Choose in the frame whom to act as."""
    page.locator("details.visitor summary").click()
    page.get_by_label("Act as").select_option(name)
    page.get_by_role("button", name="Choose").click()


def kind_of(address: str) -> str | None:
    """Which page of the table an address is; the most literal one that fits."""
    found = [kind for kind, form in KINDS.items() if form.fullmatch(address)]
    return min(found, key=lambda kind: kind.count("{"), default=None)


def tour(page: Page, console: Console, *, most: int = 60) -> dict[str, str]:
    """The first address of each kind of page, found by following links from the first page, `most` pages at most."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    waiting = ["/"]
    while waiting and len(seen) < most and len(found) < len(KINDS):
        address = waiting.pop(0)
        kind = kind_of(address.partition("?")[0])
        if address in seen or kind is None or kind in found:
            continue
        seen.add(address)
        page.goto(console.url.rstrip("/") + address)
        found[kind] = address
        links: list[str] = page.evaluate(
            "[...document.querySelectorAll('a[href^=\"/\"]')].map(a => a.getAttribute('href'))"
        )
        waiting += [link.partition("#")[0] for link in links]
    return found


_EVERYTHING = """Promise.all([...document.images].map((image) => {
  image.loading = "eager";
  return image.decode().catch(() => {});
}))"""


def picture(page: Page, folder: Path, name: str) -> None:
    """Keep a picture of the whole page, with what else would come only when somebody gets there."""
    kept = Path(os.environ.get(PICTURES) or folder)
    kept.mkdir(parents=True, exist_ok=True)
    page.evaluate(_EVERYTHING)
    size = page.viewport_size
    if size is not None and page.locator("iframe").count():  # Chromium paints no frame below what it shows
        page.set_viewport_size({"width": size["width"], "height": page.evaluate("document.body.scrollHeight")})
        page.wait_for_timeout(300)
    page.screenshot(path=kept / f"{name}.png", full_page=True)
    if size is not None:
        page.set_viewport_size(size)


def named(kind: str) -> str:
    """A file name for a kind of page."""
    return re.sub(r"\W+", "-", kind.replace("{", "").replace("}", "")).strip("-") or "home"


def troubles(page: Page) -> list[str]:
    """What axe-core finds serious or critical, with the first place of each."""
    page.evaluate(_axe())
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]} ({one['nodes'][0]['failureSummary'][:300]})"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


_LINKS = """[...document.querySelectorAll('a[href^="/"]')].map(link => link.getAttribute('href'))"""


@cache
def _axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
