"""When a browser first shows something of a page."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

_PAINTED = """() => new Promise((resolve) => {
  const name = "first-contentful-paint";
  const first = () => performance.getEntriesByName(name)[0];
  if (first()) resolve(first().startTime);
  else new PerformanceObserver(() => { if (first()) resolve(first().startTime); })
    .observe({ type: "paint", buffered: true });
})"""
TIMES = 3


def first_paints(port: int, cookie: str, paths: Sequence[str]) -> list[float]:
    """Milliseconds to the first paint of each page, each time with nothing kept; none without a Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        return []
    from playwright.sync_api import sync_playwright

    name, _, value = cookie.partition("=")
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for path in [path for path in paths for _ in range(TIMES)]:
            context = browser.new_context()
            context.add_cookies([{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}])
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{port}{path}")
            found.append(float(page.evaluate(_PAINTED)))
            context.close()
        browser.close()
    return found
