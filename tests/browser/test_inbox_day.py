"""An approver's day in a browser: without script, by keys alone, and on a telephone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.touring import picture, troubles
from goldenthread.record.store import Home
from goldenthread.record.store.server import EmbeddedServer
from goldenthread.surfaces.console import Console, serve
from surfaces.console.at_work import Work, at_work
from surfaces.views.office import opened_office
from worlds import APPROVER

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def work(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Work]:
    """An office with a few questions more than usual."""
    with opened_office(server, tmp_path_factory.mktemp("office")) as office:
        made = at_work(office)
        for _ in range(6):
            made.ask()
        made.ask("wires")
        yield made
        made.wirer.close()


@pytest.fixture
def console(work: Work) -> Iterator[Console]:
    """Its console, in which the approver acts."""
    with serve(work.office.ledger, home=Home(work.office.world.home), name=APPROVER) as served:
        yield served


def test_a_day_without_script(browser: Browser, console: Console, work: Work) -> None:
    """Approve, change, refuse, ask back, decide a case, stop a slice: forms and links are enough."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(console.entry)
    page.get_by_role("link", name="Inbox", exact=True).first.click()
    page.goto(f"{console.url}inbox?show=all&slice=refunds&kind=approval")
    first = page.locator(".ask h2 a").first
    case = first.inner_text()
    first.click()
    expect(page.locator("h1")).to_have_text("May this be done, exactly so?")
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator(".said-once")).to_contain_text(f"Approved: pay in case {case}.")
    expect(page.locator("h1")).to_have_text("May this be done, exactly so?")

    page.get_by_text("Approve with changes").click()
    page.get_by_label("amount").fill("many")
    page.get_by_role("button", name="Approve with these changes").click()
    expect(page.locator(".refused")).to_contain_text("'many' is no value for 'amount'.")
    page.get_by_label("amount").fill("9")
    page.get_by_role("button", name="Approve with these changes").click()
    expect(page.locator(".said-once")).to_contain_text("Approved with your changes")

    page.locator("summary", has_text="Ask back").click()
    page.get_by_label("What do you want to know?").fill("Which order?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".evidence")).to_contain_text("Which order?")
    page.locator(".way-reject summary").click()
    page.get_by_label("Why not").fill("nobody knows which")
    page.get_by_role("button", name="Reject", exact=True).click()
    expect(page.locator(".said-once")).to_contain_text("It does not happen, and the agent is told why.")

    page.goto(f"{console.url}inbox?show=all&slice=refunds&kind=approval")
    for box in page.locator(".tick input").all()[:2]:
        box.check()
    page.get_by_role("button", name="Approve the ticked").click()
    expect(page.locator(".said-once")).to_contain_text("Approved: 2 of 2.")

    page.goto(f"{console.url}slices/visas")
    page.get_by_role("link", name="Stop agents").click()
    page.get_by_role("button", name="Stop visas").click()
    expect(page.locator(".said-once")).to_contain_text("visas is stopped")
    page.goto(f"{console.url}slices/visas/inbox")
    expect(page.locator("aside.stopped")).to_contain_text("The slice 'visas' is stopped")
    context.close()


def test_one_key_approves_and_never_while_somebody_types(page: Page, console: Console, work: Work) -> None:
    """Two hundred questions a day are answered by hand on the keys; a word in a field must not answer one."""
    wires = next(one for one in work.office.world.inbox("wires").items())
    for _ in range(3):
        work.ask()
    page.goto(console.entry)
    page.goto(f"{console.url}inbox?show=all&slice=refunds&kind=approval")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator(".together .count")).to_have_text("1 ticked")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox/*")
    address = page.url
    page.keyboard.press("e")
    expect(page.locator("#edit-1")).to_be_focused()
    page.keyboard.type("a a r")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.get_by_label("Why not")).to_be_focused()
    page.keyboard.type("ajk")
    assert page.url == address
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.wait_for_url(lambda url: url != address)
    expect(page.locator(".said-once")).to_contain_text("Approved: pay")

    address = page.url
    page.locator(".keys-on").uncheck()
    page.locator("body").press("a")
    page.reload()
    page.locator("body").press("a")
    expect(page.locator(".keys-on")).not_to_be_checked()
    assert page.url == address, "who turned keys off has them off"
    page.locator(".keys-on").check()

    page.goto(f"{console.url}inbox/{wires.id}")
    page.keyboard.press("a")
    assert page.evaluate("document.activeElement.name") == "sure", "what cannot be taken back takes a second word"
    assert work.now(wires).state == "open"
    page.keyboard.press("Space")
    page.locator("h1").click()
    page.keyboard.press("a")
    expect(page.locator(".said-once")).to_contain_text("Approved: send")
    assert work.now(wires).answer == "approve"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_thumb_is_enough(page: Page, console: Console, work: Work, tmp_path: Path, scheme: str) -> None:
    """On a telephone the question comes first, and the answers lie under the thumb."""
    item = work.ask()
    blind = next(one for one in work.office.world.inbox("letters").items() if one.kind == "blind question")
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(console.entry)
    for name, address in {
        "item": f"inbox/{item.id}",
        "blind": f"inbox/{blind.id}",
        "list": "inbox?show=all",
        "stops": "stops?slice=refunds",
        "releases": "slices/refunds/releases",
    }.items():
        page.goto(console.url + address)
        picture(page, tmp_path, f"thumb-{name}-{scheme}")
        assert troubles(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    page.goto(f"{console.url}inbox/{item.id}")
    approve = page.get_by_role("button", name="Approve", exact=True).bounding_box()
    assert approve is not None
    assert approve["y"] + approve["height"] <= 844
    assert approve["height"] >= 44
    page.get_by_role("link", name="Reject", exact=True).click()
    expect(page.get_by_label("Why not")).to_be_focused()
