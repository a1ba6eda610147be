"""A console where people sign in, and browsers that stand before its door."""

from __future__ import annotations

from goldenthread.record.accounts import Where
from goldenthread.record.accounts.sessions import open_session
from goldenthread.record.store import Home
from goldenthread.surfaces.console.doors import own_hosts
from goldenthread.surfaces.console.entrance import Entrance
from goldenthread.surfaces.console.signin_settings import ProviderSettings
from record.accounts.staff import Staff
from surfaces.console.visiting import PORT, Visitor

LOCAL = f"http://localhost:{PORT}"
COOKIE = f"goldenthread_{PORT}"
FAR = "https://console.example.com"
JSON = {"accept": "application/json"}


def newcomer(staff: Staff, *, providers: tuple[ProviderSettings, ...] = (), url: str = LOCAL) -> Visitor:
    """Somebody on this machine who is not in."""
    entrance = Entrance(hosts=own_hosts(PORT), secure=False, providers=providers)
    return Visitor(staff.ledger, home=Home(staff.world.home), entrance=entrance, url=url)


def far_visitor(staff: Staff, *, behind: bool = False) -> Visitor:
    """Somebody on another machine, who comes through TLS."""
    entrance = Entrance(hosts=frozenset({"console.example.com"}), secure=True, behind=behind)
    return Visitor(staff.ledger, home=Home(staff.world.home), entrance=entrance, url=FAR)


def signed_in(staff: Staff, name: str, visitor: Visitor | None = None) -> Visitor:
    """Somebody who is in; how they came in is other tests' matter."""
    client = visitor or newcomer(staff)
    with staff.ledger.store.transaction() as connection:
        opened = open_session(connection, name, "password", Where(address="127.0.0.1"), staff.now)
    client.cookies.set(COOKIE, opened.secret, domain="localhost.local")
    return client
