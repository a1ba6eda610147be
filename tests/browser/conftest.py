"""
One Chromium for all browser tests: Debian's own, driven by playwright.

CHROMIUM names one; else the first that PATH has. Without one the tests are skipped, and the end of the run says so
in words (see tests/conftest.py); with CI=true that is a failure, because there somebody relies on them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ABSENT = (
    "browser-missing: No Chromium was found, so no page was looked at in a browser. "
    "Install one (on Debian: apt install chromium), or set CHROMIUM to its path."
)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; skips where there is none, and fails where CI=true."""
    found = next(filter(None, (shutil.which(name) for name in (os.environ.get("CHROMIUM", ""), *NAMES) if name)), None)
    if found is not None:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(ABSENT)
    pytest.skip(ABSENT)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """
    One browser for the tests of a file. Chromium's sandbox can't work as root, so root goes without it.

    Not for the whole run: playwright keeps an event loop in this process, and tests of other rooms fork it.
    """
    flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=flags)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that knows nothing of other tests, and fails the test on any error in its own console."""
    context = browser.new_context(locale="en-GB", timezone_id="UTC")
    fresh = context.new_page()
    errors: list[str] = []
    fresh.on("pageerror", lambda error: errors.append(str(error)))
    fresh.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield fresh
    context.close()
    assert errors == []
