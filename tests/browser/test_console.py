from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from goldenthread.record.store.server import EmbeddedServer
from goldenthread.surfaces.console import Console, serve
from goldenthread.surfaces.views import case_page
from surfaces.views.office import MARKUP, Office, opened_office

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def office(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The office after a day's work; look, and change nothing."""
    with opened_office(server, tmp_path_factory.mktemp("office")) as made:
        yield made


@pytest.fixture
def console(office: Office) -> Iterator[Console]:
    """Its console, being served."""
    with serve(office.ledger) as served:
        yield served


def addresses(office: Office) -> dict[str, str]:
    """One page of each kind, by a name for its picture."""
    cases = {one.case.words: one for one in case_page(office.desk("refunds")).cases}
    edited = cases["edited"]
    return {
        "floor": "",
        "floor in lines": "?form=lines&sort=level",
        "find": "find?q=claims",
        "slice": "slices/claims",
        "history": "slices/claims/history",
        "cases": "slices/refunds/cases",
        "case": f"slices/refunds/cases/{edited.run}",
        "markup": f"slices/refunds/cases/{cases[MARKUP].run}",
        "thread": f"actions/{edited.actions[0].id}",
        "inbox": "slices/refunds/inbox",
        "blind": "slices/letters/inbox",
    }


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_its_screen_and_keeps_its_policy(
    page: Page, console: Console, office: Office, tmp_path: Path, width: int, scheme: str
) -> None:
    """On a desk or a telephone, by day or night; the fixture fails on anything the content policy refused."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(console.entry)
    assert page.url == console.url
    for name, address in addresses(office).items():
        page.goto(console.url + address)
        page.screenshot(path=tmp_path / f"{name}-{scheme}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        assert page.evaluate(_FAINT) == [], name
    assert [url for url in asked if not url.startswith(console.url)] == []


def test_keyboard_reaches_everything_and_skips_the_frame(page: Page, console: Console) -> None:
    """No mouse is needed: the first stop is the way past the frame, and every link and detail is a stop."""
    page.goto(console.entry)
    page.goto(f"{console.url}slices/claims")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.locator(".skip").bounding_box() is not None
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    stops = page.evaluate("[...document.querySelectorAll('a, summary')].filter(one => one.tabIndex < 0).length")
    assert stops == 0
    page.locator("summary").first.press("Enter")
    assert page.locator("details").first.get_attribute("open") is not None


def test_pages_need_no_script(browser: Browser, console: Console) -> None:
    """What isn't sent can't break, and can't be attacked."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(console.entry)
    page.get_by_role("heading", name="claims").get_by_role("link").click()
    page.get_by_role("link", name="Cases").click()
    page.get_by_role("link", name="claim-0").click()
    page.get_by_role("link", name="Pull the golden thread of this action").click()
    assert page.locator("h1").inner_text().startswith("pay")
    context.close()


def test_a_printed_contract_page_keeps_its_meters(page: Page, console: Console) -> None:
    """Paper drops backgrounds; what a meter says must not hang on one."""
    page.goto(console.entry)
    page.goto(f"{console.url}slices/claims")
    page.emulate_media(media="print")
    assert page.locator(".rung-next .reached").first.is_visible()
    assert not page.locator(".tabs").is_visible()
    assert len(page.pdf()) > 10_000


_FAINT = """
() => {
    const light = colour => {
        const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(Number).map(part => part / 255)
            .map(part => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4);
        return .2126 * parts[0] + .7152 * parts[1] + .0722 * parts[2];
    };
    const ground = element => {
        for (let one = element; one; one = one.parentElement) {
            const colour = getComputedStyle(one).backgroundColor;
            if (colour !== 'rgba(0, 0, 0, 0)') return colour;
        }
        return getComputedStyle(document.documentElement).backgroundColor;
    };
    const faint = [];
    for (const element of document.querySelectorAll('main *, header *, footer *')) {
        const says = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
        if (!says || element.closest('svg')) continue;
        const [above, below] = [light(getComputedStyle(element).color), light(ground(element))].sort((a, b) => b - a);
        if ((above + .05) / (below + .05) < 4.5) faint.push(element.outerHTML.slice(0, 80));
    }
    return faint;
}
"""
"""Texts whose contrast with their ground is below 4.5 (WCAG 2.2, 1.4.3)."""
