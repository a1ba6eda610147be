from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.touring import act_as, served
from demo_homes import copied_demo
from goldenthread.record.store import Home
from goldenthread.record.store.server import EmbeddedServer
from goldenthread.surfaces.console import Console, serve
from surfaces.views.office import Office, opened_office
from worlds import APPROVER, EASY, FINANCE, contract_text, declare_tools

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def office(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The office, with one more slice, whose agent has earned to act alone and whose outcome somebody reported."""
    with opened_office(server, tmp_path_factory.mktemp("office")) as made:
        made.world.sign(contract_text("invoices", level="approval", gates=EASY, parts="product: Paying\n"))
        made.world.climb("invoices")
        with made.world.connect() as agent:
            declare_tools(agent)
            with agent.run("invoices", case="invoice-1") as run:
                run.escalate("no precedent is near enough")
        made.agent.observe("invoices", case="invoice-1", metric="cost_to_serve", value=7.5, by=FINANCE)
        yield made


@pytest.fixture(scope="module")
def console(office: Office) -> Iterator[Console]:
    """Its console, acted in by an approver."""
    with serve(office.ledger, home=Home(office.world.home), name=APPROVER) as served_:
        yield served_


@pytest.fixture(scope="module")
def visit(browser: Browser, console: Console) -> Iterator[Page]:
    """The first page, as it opens; any error in its own console fails the tests."""
    context = browser.new_context(locale="en-GB", timezone_id="UTC", viewport={"width": 1280, "height": 900})
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(console.entry)
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def first(visit: Page, console: Console) -> Page:
    """The first page anew."""
    visit.goto(console.url)
    return visit


def part(page: Page, heading: str) -> str:
    """What the part of the page under a heading says."""
    found = page.locator("section").filter(has=page.get_by_role("heading", name=re.compile(heading)))
    return re.sub(r"\s+", " ", found.first.inner_text())


# --- the six questions ----------------------------------------------------------------------------------------------


def test_which_agent_may_act_alone(first: Page) -> None:
    """By its number, by its slice, and by nobody else's."""
    said = part(first, "acts? alone")
    assert said.startswith("1 acts alone")
    assert re.findall(r"(\w+) may act alone", said) == ["invoices"]
    assert "one agent acts alone" in first.locator(".floor-said").inner_text()


def test_why_it_may(first: Page) -> None:
    """The evidence that was proved, in numbers of cases."""
    said = part(first, "acts? alone")
    assert re.search(
        r"Why: Every clause of the gate to constrained is proved at 95 % confidence: "
        r"agreement >= 50 %: 11 cases, 0 against, proved, and \d more\.",
        said,
    ), said


def test_since_when_it_may(first: Page) -> None:
    """The day on which its level was earned, as the ledger has it."""
    assert re.search(
        r"invoices may act alone, within limits, at constrained since \d{1,2} [A-Z][a-z]{2} \d{4}\.",
        part(first, "acts? alone"),
    )


def test_what_it_earned(first: Page) -> None:
    """The business line: what it was, what it is by its owner's word, and what it shall be."""
    said = part(first, "acts? alone")
    assert (
        "What it earned: cost_to_serve was 18 EUR/case, is 7.5 EUR/case, shall be 6 EUR/case; the window ends" in said
    )


def test_what_waits_for_me(first: Page, console: Console) -> None:
    """Every thing that this visitor can do, with how long it waited; a click leads there."""
    said = part(first, "waits? for you")
    assert "6 things wait for you" in first.locator(".floor-said").inner_text()
    assert re.search(r"refunds: 2 wait for your yes or no, 1 was handed over by the agent for ", said), said
    assert "letters: 1 is to be decided blind, 1 was handed over by the agent" in said
    panel = first.locator(".glance section").filter(has_text="wait for you")
    panel.get_by_role("link", name="refunds").click()
    assert first.url == f"{console.url}slices/refunds/inbox"


def test_what_is_in_danger(first: Page) -> None:
    """What is wrong, where, in a sentence."""
    said = part(first, "in danger")
    assert re.match(r"1 in danger claims: Live runs: twice as many", said), said


# --- choosing, finding, reading charts ------------------------------------------------------------------------------


def test_the_floor_is_narrowed_with_the_keyboard(first: Page, console: Console) -> None:
    """Search, and Enter: the address says what is shown."""
    first.get_by_label("Search").fill("invoice")
    first.keyboard.press("Enter")
    first.wait_for_url(re.compile(r"\?q=invoice&"))
    assert first.locator("section.product h2 a").all_inner_texts() == ["invoices"]
    first.get_by_role("link", name="Show all").first.click()
    assert first.url == f"{console.url}?all=1"


def test_the_palette_opens_anywhere_and_leads_on(first: Page, console: Console) -> None:
    """Ctrl-K, a few letters, Enter; Escape gives the page back as it was."""
    first.goto(f"{console.url}slices/claims")
    first.keyboard.press("Control+k")
    field = first.get_by_role("combobox", name="Find a slice")
    expect(field).to_be_focused()
    field.press_sequentially("refunds met")
    chosen = first.locator(".palette [aria-selected=true]")
    expect(chosen).to_contain_text("refunds: Metrics")
    assert field.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    first.keyboard.press("Escape")
    expect(field).not_to_be_visible()
    first.keyboard.press("Control+k")
    field.press_sequentially("edited")
    expect(first.locator(".palette [aria-selected=true]")).to_contain_text("refunds")
    first.keyboard.press("Enter")
    first.wait_for_url(re.compile(r"/slices/refunds/cases/[0-9a-f]{16}$"))


def test_charts_of_the_demo_are_drawn_and_speak_to_the_arrow_keys(browser: Browser) -> None:
    """On its real data: pictures that arrive, by day and by night, and a table that says the same."""
    with copied_demo() as told, served(told.home) as console:
        context = browser.new_context(locale="en-GB", timezone_id="UTC")
        page = context.new_page()
        page.goto(console.entry)
        act_as(page, "maya@example.com")
        page.goto(f"{console.url}slices/open-source-intake/metrics")
        pictures = page.locator(".chart img")
        assert pictures.count() >= 2
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            pictures.first.scroll_into_view_if_needed()
            expect(pictures.first).to_have_js_property("complete", value=True, timeout=20_000)
            assert pictures.first.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0
            assert scheme in pictures.first.evaluate("one => one.currentSrc")
        page.locator(".chart-frame").first.focus()
        page.keyboard.press("End")
        points = (page.locator(".chart-frame").first.get_attribute("data-points") or "").split("|")
        assert page.locator(".tip").first.inner_text() == points[-1]
        context.close()
