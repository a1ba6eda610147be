from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.touring import troubles
from goldenthread.record.store import Home
from goldenthread.record.store.server import EmbeddedServer
from goldenthread.surfaces.console import Console, serve
from surfaces.console.long_run import NEEDLE, PAYS, SLICE, long_run
from surfaces.views.office import Office, opened_office

pytestmark = pytest.mark.browser

LOOKS, SPANS = 400, 300
ROWS = 1 + LOOKS + 3 * PAYS + 1 + SPANS


@pytest.fixture(scope="module")
def office(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The office after a day's work; look, and change nothing."""
    with opened_office(server, tmp_path_factory.mktemp("office")) as made:
        yield made


@pytest.fixture(scope="module")
def run(office: Office) -> str:
    """A run of hundreds of steps."""
    return long_run(office, office.world.home, looks=LOOKS, spans=SPANS)


@pytest.fixture
def console(office: Office) -> Iterator[Console]:
    """The office's console, being served."""
    with serve(office.ledger, home=Home(office.world.home)) as served:
        yield served


@pytest.fixture
def opened(page: Page, console: Console, run: str) -> Page:
    """The page of the long run, with its timeline as a tree."""
    page.goto(console.entry)
    page.goto(f"{console.url}slices/{SLICE}/cases/{run}")
    expect(page.get_by_role("tree")).to_be_visible()
    return page


def test_only_what_can_be_seen_of_a_timeline_is_in_the_page(opened: Page) -> None:
    """However long a run is, the browser holds some dozens of its rows, and each says where it stands."""
    assert opened.locator(".beat").count() < 80
    opened.locator(".beats-frame").evaluate("frame => { frame.scrollTop = frame.scrollHeight }")
    last = opened.locator(f'.beat[data-number="{ROWS}"]')
    expect(last).to_be_visible()
    assert opened.locator(".beat").count() < 80
    assert last.get_attribute("role") == "treeitem"
    assert last.get_attribute("aria-level") == "4"
    assert last.get_attribute("aria-setsize") == "3"
    assert last.get_attribute("aria-posinset") == "3"


def test_a_timeline_is_walked_folded_and_opened_by_keyboard(opened: Page) -> None:
    """Arrows, Home, End, Enter and left and right, as in any tree; who stands on a row stays on it."""
    standing = "document.activeElement.dataset.number"
    opened.locator('.beat[tabindex="0"]').focus()
    opened.keyboard.press("ArrowDown")
    assert opened.evaluate(standing) == "2"
    opened.keyboard.press("End")
    expect(opened.locator(f'.beat[data-number="{ROWS}"]')).to_be_focused()
    opened.keyboard.press("PageUp")
    assert int(opened.evaluate(standing)) < ROWS
    opened.keyboard.press("Home")
    expect(opened.locator('.beat[data-number="1"]')).to_be_focused()
    opened.keyboard.press("ArrowLeft")
    expect(opened.locator('.beat[data-number="1"]')).to_have_attribute("aria-expanded", "false")
    expect(opened.locator('.beat[data-number="2"] .what')).to_have_text("Telemetry")
    opened.keyboard.press("ArrowRight")
    expect(opened.locator('.beat[data-number="1"]')).to_have_attribute("aria-expanded", "true")
    expect(opened.locator('.beat[data-number="2"] .what')).to_have_text("Looked up")
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("Enter")
    expect(opened.locator("[data-panel]")).to_contain_text("past decisions")
    assert opened.evaluate(standing) == "2", "whoever opens a step can walk on"


def test_a_word_is_found_in_what_the_browser_does_not_hold(opened: Page) -> None:
    """The browser's own search sees what is in the page only, so the run has one of its own."""
    opened.get_by_label("Find in this run").fill(NEEDLE)
    opened.locator(".narrow").get_by_role("button", name="Show").click()
    expect(opened.locator(".beat")).to_have_count(1)
    expect(opened.locator("[data-count]")).to_contain_text(f"1 of {ROWS} hold")


def test_an_auditor_takes_the_record_away_and_verifies_it_with_plain_python(
    page: Page, console: Console, tmp_path: Path
) -> None:
    """In the browser's own download, with nothing of ours; and a byte that was changed is found."""
    page.goto(console.entry)
    page.goto(f"{console.url}audit")
    page.get_by_label("What to take away").select_option("refunds")
    page.get_by_role("button", name="Make an export").click()
    link = page.get_by_role("link", name="Download goldenthread-refunds.zip")
    link.wait_for(timeout=20_000)
    assert troubles(page) == []
    with page.expect_download() as fetched:
        link.click()
    fetched.value.save_as(tmp_path / "export.zip")
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "goldenthread-refunds"
    assert _verdict(folder) == (0, "VERDICT: it all holds.")
    records = folder / "records" / "refunds.jsonl"
    records.write_text(records.read_text().replace("eyJ", "eyK", 1))
    status, verdict = _verdict(folder)
    assert (status, verdict.endswith("found wrong; the first is named first.")) == (1, True)


def _verdict(folder: Path) -> tuple[int, str]:
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "verify.py", "."], cwd=folder, capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stdout.splitlines()[-1]
