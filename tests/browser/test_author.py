"""A contract from its first line to its last signature, in a real browser and without a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from browser.touring import act_as, troubles
from goldenthread.record.store import Home
from goldenthread.surfaces.console import Console, serve
from surfaces.cli.typed import Terminal
from worlds import EXPERT, FINANCE, OWNER, World, contract_text, make_world

pytestmark = pytest.mark.browser

CARET = """
(textarea, [text, behind]) => {
    const at = textarea.value.indexOf(text);
    textarea.focus();
    textarea.setSelectionRange(at + (behind ? text.length : 0), at + text.length);
}
"""


@pytest.fixture(scope="module")
def world(shared_home: Home) -> Iterator[World]:
    """A home with people, to write contracts in."""
    made = make_world(shared_home.path)
    with made.opened():
        yield made


@pytest.fixture(scope="module")
def console(world: World) -> Iterator[Console]:
    """Its console, being served."""
    with serve(world.ledger, home=Home(world.home)) as served:
        yield served


@pytest.fixture(scope="module")
def inside(browser: Browser, console: Console) -> Iterator[BrowserContext]:
    """A browser that came in."""
    context = browser.new_context(locale="en-GB", timezone_id="UTC")
    first = context.new_page()
    first.goto(console.entry)
    first.close()
    yield context
    context.close()


@pytest.fixture
def page(inside: BrowserContext) -> Iterator[Page]:
    """A tab of it, which fails the test on any error in its own console."""
    tab = inside.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield tab
    tab.close()
    assert errors == []


@pytest.fixture
def draft(page: Page, console: Console) -> str:
    """The address of a draft of maya's that has just begun."""
    page.goto(console.url)
    act_as(page, OWNER)
    page.goto(f"{console.url}author")
    page.get_by_label("What the slice of work is called").fill("lost-luggage")
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url("**/author/drafts/*")
    return page.url


def select(page: Page, text: str, *, behind: bool = False) -> None:
    """Select the first place that says so, or put the caret behind it."""
    page.locator("#text").evaluate(CARET, [text, behind])


def write(page: Page, text: str) -> None:
    """Write a whole text in place of what is there."""
    page.locator("#text").fill(text)
    expect(page.locator("#saved")).to_have_text("Saved just now", timeout=20_000)


def test_a_contract_is_written_mended_planned_committed_and_signed(page: Page, console: Console, draft: str) -> None:
    """An owner and an expert bring a contract into force without touching a file; `contract list` says the same."""
    text = contract_text("lost-luggage").replace("customer-desk", FINANCE)
    write(page, text)
    expect(page.locator(".found")).to_contain_text("Sound. Version 1 of 'lost-luggage' may be committed and signed.")

    select(page, "in 8 weeks, owned")
    page.keyboard.type("soon, owned")
    finding = page.locator(".findings")
    expect(finding).to_contain_text("'soon' is no window; write e.g. 'in 8 weeks'.", timeout=20_000)
    expect(page.locator(".gutter .wrong")).to_have_text("15")
    assert page.locator(".y-wrong").first.text_content() == "soon"
    page.locator("#commit").click()
    expect(page.locator("#refused")).to_have_text(
        "contract-invalid: Nothing was committed. It does not read yet: 1 problem.", timeout=20_000
    )
    assert page.url == draft

    finding.get_by_role("link", name="15:44").click()
    assert page.evaluate("document.activeElement.id") == "text"
    select(page, "soon")
    page.keyboard.type("in 8 weeks")
    expect(page.locator(".found")).to_contain_text("Sound.", timeout=20_000)
    expect(page.locator(".reaches")).to_contain_text("draft", timeout=60_000)
    printed = page.frame_locator("#printed")
    expect(printed.locator("h1")).to_contain_text("lost-luggage", timeout=20_000)
    assert troubles(page) == []

    page.locator("#commit").click()
    page.wait_for_url("**/slices/lost-luggage/author/1")
    for person in (OWNER, EXPERT, FINANCE):
        act_as(page, person)
        page.goto(f"{console.url}slices/lost-luggage/author/1")
        page.get_by_role("button", name="Sign version 1 as").click()
        expect(page.locator(".said-once")).to_contain_text("You signed version 1")
    expect(page.locator(".said-once")).to_contain_text("Everybody has signed: it is in force.")
    listed = Terminal().done("contract list").splitlines()
    assert "in force" in next(line for line in listed if line.startswith("lost-luggage"))


def test_what_is_typed_survives_a_reload_and_the_keyboard_does_everything(page: Page, draft: str) -> None:
    """Keys, choices and lines are offered where they fit, Tab indents, and Escape and Tab lead out again."""
    write(page, "autonomy:\n  start: shadow\n  ceiling: ")
    select(page, "ceiling: ", behind=True)
    page.keyboard.press("Control+Space")
    options = page.get_by_role("listbox", name="What can stand here").get_by_role("option")
    expect(options.first).to_contain_text("shadow")
    page.keyboard.press("ArrowDown")
    assert page.locator("#text").get_attribute("aria-activedescendant") == "offer-1"
    page.keyboard.press("Enter")
    assert page.locator("#text").input_value().endswith("ceiling: draft")
    page.keyboard.press("Enter")
    page.keyboard.type("bl")
    expect(options).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert page.locator("#text").input_value().endswith("\n  blind: ")
    page.keyboard.press("Control+z")
    expect(page.locator("#saved")).to_have_text("Saved just now", timeout=20_000)
    kept = page.locator("#text").input_value()
    page.reload()
    assert page.locator("#text").input_value() == kept
    page.locator("#text").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "text"
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "check"
    expect(page.locator("#saved")).to_have_text("Saved just now", timeout=20_000)


def test_the_same_draft_in_two_tabs_warns_and_keeps_both(page: Page, draft: str) -> None:
    """Whoever saves second is asked which text goes on, and the other is a draft of its own."""
    other = page.context.new_page()
    other.goto(draft)
    write(page, "first: 1\n")
    other.locator("#text").fill("second: 2\n")
    expect(other.locator("#elsewhere")).to_be_visible(timeout=20_000)
    expect(other.locator("#saved")).to_have_text("Not saved")
    other.get_by_role("button", name="Keep mine").click()
    expect(other.locator("#saved")).to_have_text("Saved just now", timeout=20_000)
    expect(other.locator("#elsewhere")).to_be_hidden()
    other.close()
    page.goto(draft.partition("/drafts")[0])
    assert page.locator(".drafts li").count() >= 2


PLACES = """
async (cases) => {
    const { placeOf, coloured } = await import('/js/yaml.js');
    const split = cases.map((text) => text.split('|'));
    return split.map(([before, behind]) => {
        const text = before + behind;
        const { path, key, prefix, taken } = placeOf(text, before.length);
        const again = text.split('\\n').map((line) => coloured(line).map((piece) => piece[1]).join('')).join('\\n');
        return [path.join('.'), key, prefix, taken.join(' '), again === text];
    });
}
"""


def test_the_editor_knows_where_in_the_contract_the_caret_stands(page: Page, draft: str) -> None:
    """What it offers is what may stand there, in blocks, lists and braces; and no letter is lost in colours."""
    cases: dict[str, list[str | None]] = {
        "slice: a\nau|\n": ["", None, "au", "slice"],
        "autonomy:\n  start: dr|": ["autonomy", "start", "dr", ""],
        "autonomy:\n  gates:\n    draft: [agreement >= 80 %, un|]": ["autonomy.gates", "draft", "un", ""],
        "autonomy:\n  gates:\n    draft:\n      - agr|": ["autonomy.gates", "draft", "agr", ""],
        "autonomy:\n  start: shadow\n  ga|\n  audit: 1 %\nactions: {}": ["autonomy", None, "ga", "start audit"],
        "actions:\n  pay: {effect: reversible, un|}": ["actions.pay", None, "un", "effect"],
        "actions:\n  pay: {effect: re|}": ["actions.pay", "effect", "re", ""],
        "actions:\n  pay: {takes: {amount: nu|}}": ["actions.pay.takes", "amount", "nu", ""],
        "outcome:\n  business: cost 1 -> 2 in 8 weeks, owned by fi|": [
            "outcome", "business", "cost 1 -> 2 in 8 weeks, owned by fi", "",
        ],
        'problem: "a # b: c" # why <b>\né\U0001f9f5: |': ["", None, "é\U0001f9f5: ", "problem"],
    }  # fmt: skip
    found = page.evaluate(PLACES, list(cases))
    assert dict(zip(cases, found, strict=True)) == {text: [*wanted, True] for text, wanted in cases.items()}
