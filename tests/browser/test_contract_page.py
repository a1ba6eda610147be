from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

import goldenthread.products.open_source_intake as product
from goldenthread.promise.contract import LINES, Contract, page_html, parse_contract
from goldenthread.promise.contract import page as page_of

pytestmark = pytest.mark.browser

A4_POINTS = (595, 842)


@pytest.fixture
def html() -> str:
    """The printable page of the contract that ships with the reference product."""
    file = Path(product.__file__).parent / "contract.yaml"
    return page_html(page_of(parse_contract(file.read_text(encoding="utf-8"), file.name)))


def test_contract_prints_on_exactly_one_a4_page(page: Page, html: str) -> None:
    """A contract that can't be filled on one page is unclear work; the page is the promise, so paper decides."""
    page.set_content(html)
    printed = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True))).pages
    assert len(printed) == 1
    size = printed[0].mediabox
    assert (float(size.width), float(size.height)) == pytest.approx(A4_POINTS, abs=1)


@pytest.mark.parametrize("filled", ["actions", "long names", "words"])
def test_a_contract_that_fills_the_sheet_prints_on_one_page(page: Page, filled: str) -> None:
    """C1 counts lines of text; what it lets pass must fit the paper too."""
    contract = _full(filled)
    assert page_of(contract).overflow == 0
    assert len(page_of(contract).lines) >= LINES - 1
    page.set_content(page_html(page_of(contract)))
    assert len(PdfReader(BytesIO(page.pdf(prefer_css_page_size=True))).pages) == 1


def _full(filled: str) -> Contract:
    """The reference contract with as much more as its sheet takes."""
    file = Path(product.__file__).parent / "contract.yaml"
    text = file.read_text(encoding="utf-8")
    more = {
        "actions": ("actions:\n", "  act{}: {{effect: irreversible, decides: recipient, limit: amount <= 10 EUR}}\n"),
        "long names": ("actions:\n", "  update_reservation_passengers_{}: {{effect: irreversible}}\n"),
        "words": ("problem: ", "Requests wait for {} days, and nobody could say why this one waits. "),
    }
    where, one = more[filled]
    fits = parse_contract(text)
    for count in range(1, 60):
        contract = parse_contract(text.replace(where, where + "".join(one.format(n) for n in range(count)), 1))
        if page_of(contract).overflow:
            break
        fits = contract
    return fits


def test_contract_page_fetches_nothing(page: Page, html: str) -> None:
    """The page is mailed, archived and read years later, where nothing else of ours exists."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(html, wait_until="networkidle")
    assert [url for url in asked if not url.startswith(("about:", "data:"))] == []


def test_contract_page_is_readable_without_sideways_scrolling(page: Page, html: str) -> None:
    """People read it on the narrow side of a screen, next to the work it is about."""
    page.set_viewport_size({"width": 820, "height": 1100})
    page.set_content(html)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
