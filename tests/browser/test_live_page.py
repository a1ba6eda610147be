"""A page that stands open brings itself up to date, and takes nothing from under anybody's hands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from goldenthread.record.store.server import EmbeddedServer
from goldenthread.surfaces.console import Console, serve
from surfaces.views.office import Office, opened_office

pytestmark = pytest.mark.browser
_TRIES = 100


@pytest.fixture(scope="module")
def office(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The office, in which somebody works while the page stands open."""
    with opened_office(server, tmp_path_factory.mktemp("office")) as made:
        yield made


@pytest.fixture
def console(office: Office) -> Iterator[Console]:
    """Its console, being served."""
    with serve(office.ledger) as served:
        yield served


def test_a_page_changes_where_it_grew_and_keeps_hands_and_eyes_where_they_are(
    page: Page, console: Console, office: Office
) -> None:
    """Whoever reads or types while an agent works must not lose their place, nor look at what was."""
    page.clock.install()
    page.goto(console.entry)
    page.goto(f"{console.url}slices/refunds/cases")
    assert page.get_by_text("while-you-read").count() == 0
    page.evaluate("window.same = 1; document.querySelector('main table a').focus(); document.body.dataset.busy = ''")
    focused = page.evaluate("document.activeElement.href")
    office.work("refunds", "while-you-read", text="refund")
    for _ in range(30):
        _pass(page)
    assert page.get_by_text("while-you-read").count() == 0, "somebody is busy"
    page.evaluate("delete document.body.dataset.busy")
    for _ in range(_TRIES):
        if page.locator("#live").inner_text():
            break
        _pass(page)
    assert page.locator("#live").inner_text().startswith("Brought up to date at ")
    assert page.get_by_text("while-you-read").count() > 0
    assert page.evaluate("window.same") == 1, "the page was not loaded again"
    assert page.evaluate("document.activeElement.href") == focused


def test_a_slow_server_is_asked_once_at_a_time_and_news_is_not_lost(
    page: Page, console: Console, office: Office
) -> None:
    """Who asks again before an answer brings down a slow server; and what grew meanwhile must show."""
    page.clock.install()
    page.goto(console.entry)
    page.goto(f"{console.url}slices/refunds/cases")
    page.evaluate(
        """() => {
        const real = window.fetch;
        window.asked = 0;
        window.fetch = (...all) => {
            window.asked += 1;
            return new Promise((give) => { window.go = () => give(real(...all)); });
        };
        }"""
    )
    office.work("refunds", "first-news", text="refund")
    _pass_until(page, "window.asked === 1")
    office.work("refunds", "second-news", text="refund")
    for _ in range(40):
        _pass(page)
    assert page.evaluate("window.asked") == 1, "no answer came yet"
    page.evaluate("window.go()")
    _pass_until(page, "window.asked === 2")
    page.evaluate("window.go()")
    page.get_by_text("second-news").first.wait_for()


def _pass_until(page: Page, holds: str) -> None:
    for _ in range(_TRIES):
        if page.evaluate(holds):
            return
        _pass(page)
    raise AssertionError(f"it never came to {holds}")


def _pass(page: Page) -> None:
    """Three seconds of the page's clock, and a moment of ours for what comes over the wire."""
    page.clock.fast_forward(3000)
    page.wait_for_timeout(50)
