from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.touring import troubles
from goldenthread.record.store import Home
from goldenthread.record.store.server import EmbeddedServer
from goldenthread.surfaces.console import Console, serve
from record.accounts.staff import GOOD, OTHER, Staff, opened_staff
from worlds import OWNER, Model

pytestmark = pytest.mark.browser

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def staff(server: EmbeddedServer, peopled: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """A home with people."""
    with opened_staff(server, peopled, tmp_path_factory.mktemp("passkeys")) as made:
        yield made


@pytest.fixture(scope="module")
def console(staff: Staff) -> Iterator[Console]:
    """Its console, where people sign in."""
    with serve(staff.ledger, home=Home(staff.world.home), sign_in=True) as served:
        yield served


def address(console: Console, path: str = "") -> str:
    """A page by the name of this machine: browsers make no passkeys for numbers."""
    return f"http://localhost:{console.port}/{path}"


def given_device(page: Page) -> None:
    """A device that makes passkeys, inside the browser (WebAuthn's virtual authenticator)."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_colleagues_first_day_with_a_passkey(
    page: Page, console: Console, staff: Staff, tmp_path: Path, scheme: str
) -> None:
    """Invited, in with a passkey, out, in again with it, another way added: in a real browser, by its own keys."""
    page.set_viewport_size({"width": 390 if scheme == "dark" else 1280, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    given_device(page)
    name = staff.hire()
    page.goto(address(console, f"invitations/{staff.invited(name)}"))
    looked_at(page, tmp_path / "invitation.png")
    page.get_by_label("What is this device called?").fill("Laptop")
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url(address(console))
    page.locator(".visitor summary").click()
    looked_at(page, tmp_path / "menu.png")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text("You are signed out.")
    page.goto(address(console, "account"))
    assert page.url.endswith("/sign-in?next=%2Faccount")
    looked_at(page, tmp_path / "sign-in.png")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(address(console, "account"))
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    page.get_by_label("A new password").fill(OTHER)
    page.get_by_label("The same again").fill(OTHER)
    page.get_by_role("button", name="Take this password").click()
    expect(page.get_by_role("status")).to_contain_text("Your password is another from now on.")
    looked_at(page, tmp_path / "account.png")


def test_signing_in_by_keyboard_alone_and_a_wrong_password_is_said(
    page: Page, console: Console, staff: Staff, tmp_path: Path
) -> None:
    """No mouse, no script needed: a form, two fields, a key."""
    name = staff.member()
    page.goto(address(console, "sign-in"))
    page.get_by_label("Name").focus()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(GOOD)
    page.keyboard.press("Enter")
    page.wait_for_url(address(console))
    for path in ("people", "account", "people/" + OWNER):
        page.goto(address(console, path))
        looked_at(page, tmp_path / "page.png")


def looked_at(page: Page, picture: Path) -> None:
    """What is on the screen, kept; nothing stands out over its edge, and axe finds nothing serious."""
    page.screenshot(path=picture, full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), picture.name
    assert troubles(page) == []
