from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from browser.touring import KINDS, PICTURES, act_as, named, picture, served, tour, troubles
from demo_homes import COMMAND, copied_demo, run_in
from goldenthread.surfaces.console import Console

pytestmark = pytest.mark.browser

OWNER, SLICE = "maya@example.com", "open-source-intake"
AFTER_A_DEED = {"/audit-jobs/{job}"}
"""Pages that are there only when somebody has done something; they have tests of their own."""
READ_ALOUD = {("light", 1280), ("dark", 390)}
"""Where axe looks: each colour and each layout once, since it takes most of the time."""
FITS = "document.documentElement.scrollWidth <= window.innerWidth"
UNREACHED = """
() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
    .filter(one => one.tabIndex < 0 && !one.disabled).map(one => one.outerHTML.slice(0, 120))
"""


@pytest.fixture(scope="module")
def console() -> Iterator[Console]:
    """The console of the demo's home, with its real data."""
    with copied_demo() as told:
        run_in(told.home, *COMMAND, "stop", "slice", SLICE, "--by", OWNER, "--reason", "it refused too much")
        run_in(told.home, *COMMAND, "watch")
        with served(told.home) as console:
            yield console


@pytest.fixture(scope="module")
def inside(browser: Browser, console: Console) -> Iterator[Page]:
    """A page whose visitor came in and acts as the owner; any error in a page's own console fails the tour."""
    context = browser.new_context(locale="en-GB", timezone_id="UTC")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("request", lambda asked: errors.append(asked.url) if not asked.url.startswith(console.url) else None)
    page.goto(console.entry)
    act_as(page, OWNER)
    begin_draft(page, console)
    begin_map(page, console)
    weigh_promise(page, console)
    yield page
    context.close()
    assert errors == []


def begin_draft(page: Page, console: Console) -> None:
    """A draft to look at: nobody has written one yet."""
    page.goto(f"{console.url}slices/{SLICE}/author")
    page.get_by_role("button", name="Begin version").click()


def begin_map(page: Page, console: Console) -> None:
    """A problem map: the demo's slice stands under its one problem."""
    page.goto(f"{console.url}problems")
    page.get_by_text("Begin the map").click()
    said = {
        "name": "slow-package-requests",
        "says": "Requests to use an open-source package wait two days, and most are routine.",
        "owner": OWNER,
        "for": "developers who ask; the open-source office that answers",
        "tractability_because": "decisions are recorded and can be undone",
        "measurability_because": "every request has two timestamps",
        "evidence": "tickets of 2026: 412 requests, median 2.1 d",
        "worth": "40000 to 90000 EUR/year",
        "slices": SLICE,
    }
    for name, words in said.items():
        page.locator(f"main [name={name}]").fill(words)
    page.get_by_role("button", name="Sign the next version").click()


def weigh_promise(page: Page, console: Console) -> None:
    """The promise that stands in the form as an example, with somebody who says so."""
    page.goto(f"{console.url}promises")
    page.get_by_text("Weigh the first").click()
    text = page.locator("#promise-text")
    text.fill(re.sub("WHERE FROM|WHO SAYS|HOW MANY", "the demo", text.input_value()))
    page.get_by_role("button", name="Weigh it").click()


@pytest.fixture(scope="module")
def addresses(inside: Page, console: Console) -> dict[str, str]:
    """An address of each kind of page."""
    return tour(inside, console)


def test_links_lead_to_every_page(addresses: dict[str, str]) -> None:
    """A page that no link leads to is a page that nobody finds."""
    assert sorted(set(KINDS) - set(addresses) - AFTER_A_DEED - {"/unlock"}) == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_the_demo_can_be_used_by_everybody(
    inside: Page, console: Console, addresses: dict[str, str], tmp_path: Path, width: int, scheme: str
) -> None:
    """At a desk and on a telephone, by day and by night, with a keyboard, and read aloud."""
    inside.set_viewport_size({"width": width, "height": 900})
    inside.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    found: dict[str, list[str]] = {}
    for kind, address in addresses.items():
        inside.goto(console.url.rstrip("/") + address)
        if os.environ.get(PICTURES):
            picture(inside, tmp_path, f"{named(kind)}-{scheme}-{width}")
        wrong = troubles(inside) if (scheme, width) in READ_ALOUD else []
        wrong += [] if inside.evaluate(FITS) else ["is wider than its screen"]
        wrong += inside.evaluate(UNREACHED)
        if wrong:
            found[address] = wrong
    assert found == {}
