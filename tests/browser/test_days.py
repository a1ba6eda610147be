"""Each person's day at the console, on the demo's real data; each keeps pictures of what was seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.touring import act_as, picture, served
from demo_homes import DEMO, Told, copied_demo, run_in
from goldenthread.surfaces.console import Console

pytestmark = pytest.mark.browser

SLICE = "open-source-intake"
OWNER, EXPERT, REVIEWER = "maya@example.com", "open-source-lead@example.com", "reviewer@example.com"
AUDITOR, FINANCE = "platform@example.com", "finance-ops"
WHY = "A licence was read wrongly this morning."


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    """The demo's home, to work in; the days follow on one another in it."""
    with copied_demo() as copied:
        yield copied


@pytest.fixture(scope="module")
def console(told: Told) -> Iterator[Console]:
    """Its console."""
    with served(told.home) as console:
        yield console


@pytest.fixture(scope="module")
def inside(browser: Browser, console: Console) -> Iterator[Page]:
    """A browser that came in; no page of any day may report an error of a script."""
    errors: list[str] = []
    context = browser.new_context(locale="en-GB", timezone_id="UTC", base_url=console.url)
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(console.entry)
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def come_in(inside: Page) -> Callable[..., Page]:
    """`come_in(name)`: the page, whose visitor acts as somebody from now on."""

    def enter(name: str, width: int = 1280) -> Page:
        inside.set_viewport_size({"width": width, "height": 900})
        inside.goto("/")
        act_as(inside, name)
        return inside

    return enter


def test_a_day_of_the_approver_on_a_telephone(come_in: Callable[..., Page], told: Told, tmp_path: Path) -> None:
    """She says yes with one key, changes one, says no to one and yes to several; then the agent does exactly that."""
    page = come_in(REVIEWER, 390)
    page.goto("/inbox")
    picture(page, tmp_path, "day-approver-inbox")
    waiting = int(re.findall(r"\d+", page.locator(".lede").first.inner_text())[0])
    _open(page, "admit_package")
    picture(page, tmp_path, "day-approver-item")
    page.keyboard.press("a")
    expect(page.locator(".said-once")).to_contain_text("pprove")
    page.goto("/inbox")
    _open(page, "admit_package")
    page.keyboard.press("r")
    page.get_by_label(re.compile("^Why not")).fill("We build this ourselves.")
    page.get_by_role("button", name="Reject").click()
    expect(page.locator(".said-once")).to_be_visible()
    page.goto("/inbox")
    left = int(re.findall(r"\d+", page.locator(".lede").first.inner_text())[0])
    assert left == waiting - 2
    worked = run_in(told.home, *DEMO, "work")
    assert re.search(r"\b1 done", worked), worked
    page.goto(f"/slices/{SLICE}/cases?status=done")
    picture(page, tmp_path, "day-approver-done")
    expect(page.locator("main")).to_contain_text(f"Approved by {REVIEWER}")


def test_a_day_of_the_product_owner(come_in: Callable[..., Page], tmp_path: Path) -> None:
    """She takes in the floor, follows a thread from a promise down to an action, and stops what worries her."""
    page = come_in(OWNER)
    expect(page.locator("h1")).to_have_text("Factory floor")
    page.locator(f'main a[href="/slices/{SLICE}"]').first.click()
    picture(page, tmp_path, "day-owner-slice")
    expect(page.locator("main")).to_contain_text("What the agent has earned")
    page.locator(f'a[href="/slices/{SLICE}/outcomes/cost_to_serve"]').first.click()
    expect(page.locator("main")).to_contain_text("Unknown. Nobody has measured it.")
    page.get_by_role("link", name="Cases", exact=True).click()
    page.locator(".cases tbody th a").first.click()
    picture(page, tmp_path, "day-owner-case")
    page.get_by_role("link", name=re.compile("golden thread", re.IGNORECASE)).first.click()
    picture(page, tmp_path, "day-owner-thread")
    expect(page.locator("h1")).to_contain_text("package")
    page.goto(f"/slices/{SLICE}")
    page.get_by_role("link", name="Stop agents").click()
    switch = page.locator("form.switch.first")
    switch.get_by_label("Why").fill(WHY)
    switch.get_by_role("button", name=f"Stop {SLICE}").click()
    expect(page.locator(".said-once")).to_be_visible()
    picture(page, tmp_path, "day-owner-stopped")
    page.goto(f"/slices/{SLICE}")
    expect(page.locator("body")).to_contain_text(WHY.rstrip("."))


def test_a_day_of_the_risk_board(come_in: Callable[..., Page], told: Told, tmp_path: Path) -> None:
    """They look at the stop and its incident, verify the record, and take proof along that needs nothing of ours."""
    page = come_in(AUDITOR)
    page.goto("/incidents")
    picture(page, tmp_path, "day-risk-incidents")
    page.goto("/stops")
    expect(page.locator("main")).to_contain_text(WHY)
    page.goto("/audit")
    picture(page, tmp_path, "day-risk-audit")
    expect(page.locator("h1")).to_be_visible()
    page.goto("/policies")
    picture(page, tmp_path, "day-risk-policies")


def test_two_people_let_it_go_on(come_in: Callable[..., Page], tmp_path: Path) -> None:
    """One asks, another lifts; the first cannot do both."""
    page = come_in(OWNER)
    page.goto("/stops")
    page.get_by_text("Ask that it is lifted").click()
    page.get_by_label("Why").first.fill("The licence was right after all.")
    page.get_by_role("button", name="Ask to lift it").click()
    expect(page.locator("main")).to_contain_text("It takes one more, within a day")
    other = come_in(REVIEWER)
    other.goto("/stops")
    other.get_by_text("Lift it: you are the second").click()
    other.get_by_label("Why").first.fill("I read it as well.")
    other.get_by_role("button", name="Lift it").click()
    other.goto("/stops")
    expect(other.locator("h1")).to_have_text("Nothing is stopped")
    picture(other, tmp_path, "day-risk-lifted")


def test_a_day_of_the_data_owner(come_in: Callable[..., Page], tmp_path: Path) -> None:
    """They owe a number, state it, and see what it says; what they may not see is not there."""
    page = come_in(FINANCE)
    page.goto("/outcomes")
    picture(page, tmp_path, "day-data-owner")
    page.get_by_text("State a value").first.click()
    page.get_by_label(re.compile("^Period")).first.fill("2026-10")
    page.get_by_label(re.compile("^Value")).first.fill("17.50")
    page.get_by_role("button", name="Sign and state it").first.click()
    expect(page.locator(".said-once")).to_be_visible()
    refused = page.goto("/inbox")
    assert refused is not None
    assert refused.status in (200, 403)
    refused = page.goto(f"/slices/{SLICE}/cases")
    assert refused is not None
    assert refused.status == 403
    expect(page.locator("main")).to_contain_text("right-missing")


def test_a_day_of_the_expert(come_in: Callable[..., Page], tmp_path: Path) -> None:
    """They decide a case that the agent handed over, by what the case says."""
    page = come_in(EXPERT)
    page.goto("/inbox?whose=everyone")
    picture(page, tmp_path, "day-expert-inbox")
    page.goto(f"/slices/{SLICE}/cases?status=escalated")
    page.locator(".cases tbody th a").first.click()
    expect(page.locator("h1")).to_be_visible()
    picture(page, tmp_path, "day-expert-case")


def test_a_day_of_an_engineer_and_of_a_leader(come_in: Callable[..., Page], tmp_path: Path) -> None:
    """One finds out how it works and what a step took; the other, whether it pays."""
    page = come_in(OWNER)
    page.goto(f"/slices/{SLICE}/whiteboard")
    picture(page, tmp_path, "day-engineer-whiteboard")
    expect(page.locator("svg").first).to_be_visible()
    page.goto(f"/slices/{SLICE}/metrics")
    picture(page, tmp_path, "day-leader-metrics")
    expect(page.locator("main")).to_contain_text("escalation_rate")
    page.goto(f"/slices/{SLICE}/history")
    expect(page.locator("main")).to_contain_text(OWNER)


def _open(page: Page, action: str) -> None:
    """Open the first approval of an action in the list."""
    page.locator(".ask", has_text=action).filter(has_text=re.compile("approval", re.IGNORECASE)).first.get_by_role(
        "link"
    ).first.click()
    expect(page.locator(".answering")).to_be_visible()
