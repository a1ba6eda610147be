"""A browser's visit to the console, without a browser."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import anyio
import httpx

from goldenthread.record.ledger import Ledger
from goldenthread.record.store import Home
from goldenthread.surfaces.console import application
from goldenthread.surfaces.console.entrance import Entrance
from goldenthread.surfaces.console.shelf import Shelf
from goldenthread.surfaces.views import case_page, incidents_view, slices, waiting
from surfaces.views.office import Office

PORT = 8123
TOKEN = "the-token-of-the-terminal"
APART = frozenset(
    {
        "/account",
        "/people",
        "/problems/{problem}",
        "/promises/{promise}",
        "/people/{name}",
        "/slices/{slice}/metrics/{metric}",
        "/slices/{slice}/outcomes/{metric}",
        "/tokens",
        "/unlock",
        "/author",
        "/author/drafts/{draft}",
        "/author/drafts/{draft}/plan",
        "/slices/{slice}/author",
        "/slices/{slice}/author/{version}",
        "/slices/{slice}/cases/{run}/steps/{step}",
        "/compare",
        "/audit-jobs/{job}",
        "/audit/{chain}/{seq}",
    }
)
"""Addresses of pages that the office's tour leaves out: they have tests of their own."""
URL = f"http://127.0.0.1:{PORT}"


Fields = Mapping[str, str | Sequence[str]]


class Visitor:
    """Asks the application as a browser would, keeps its cookies, and follows no redirect."""

    def __init__(
        self,
        ledger: Ledger,
        facts: Path | None = None,
        *,
        home: Home | None = None,
        entrance: Entrance | None = None,
        url: str = URL,
        name: str | None = None,
    ) -> None:
        self.cookies = httpx.Cookies()
        self.url = url
        self.shelf = Shelf(ledger, facts, home)
        self.application = application(self.shelf, token=TOKEN, port=PORT, entrance=entrance, name=name)
        self._csrf: tuple[str, str] = ("", "")

    def get(self, address: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Ask for a page."""
        return self.request("GET", address, headers)

    def post(
        self, address: str, fields: Mapping[str, str | Sequence[str]] | None = None, **headers: str
    ) -> httpx.Response:
        """Send a form as a page of the console would, with the session's token."""
        return self.request("POST", address, {"origin": self.url, **headers}, {"csrf": self.csrf(), **(fields or {})})

    def act_as(self, name: str) -> None:
        """Choose whom to act as."""
        assert self.post("/act-as", {"name": name}).status_code == 303

    def csrf(self) -> str:
        """The session's token, as it stands in a form; '' without a session."""
        session = repr(sorted(self.cookies.items()))
        if self._csrf[0] != session:
            found = re.search(r'<meta name="csrf" content="([^"]*)">', self.get("/").text)
            self._csrf = (session, found[1]) if found else ("", "")
        return self._csrf[1]

    def request(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str] | None = None,
        fields: Fields | None = None,
    ) -> httpx.Response:
        """Ask for anything."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.application)
            async with httpx.AsyncClient(transport=transport, base_url=self.url, cookies=self.cookies) as client:
                answer = await client.request(method, address, headers=headers, data=fields)
                self.cookies = client.cookies
                return answer

        return anyio.run(ask)


def stranger(ledger: Ledger) -> Visitor:
    """Somebody on this machine without a session."""
    return Visitor(ledger)


def visitor(ledger: Ledger, facts: Path | None = None, *, home: Home | None = None, name: str = "") -> Visitor:
    """Somebody who came in with the token, and acts as `name`, if there is one, with the keys of a home."""
    client = Visitor(ledger, facts, home=home)
    assert client.get(f"/enter?token={TOKEN}").status_code == 303
    if name:
        client.act_as(name)
    return client


def addresses(office: Office) -> list[str]:
    """Every page of the office's console, but those that lead from a metric to its runs: it keeps no facts."""
    found = ["/", "/find", "/inbox", "/incidents", "/outcomes", "/stops", "/policies", "/audit", "/audit/organisation"]
    found += ["/problems", "/promises"]
    for name in slices(office.ledger):
        found.append(f"/slices/{name}/releases")
        found += [f"/inbox/{item.id}" for item in waiting(office.desk(name))]
        found += [f"/audit/{name}", f"/slices/{name}/whiteboard"]
        found += [f"/slices/{name}", f"/slices/{name}/cases", f"/slices/{name}/inbox", f"/slices/{name}/incidents"]
        shown = incidents_view(office.desk(name)).incidents
        found += [f"/slices/{name}/incidents/{one.id.rpartition('#')[2]}" for one in shown]
        found += [f"/slices/{name}/metrics", f"/slices/{name}/history"]
        for one in case_page(office.desk(name)).cases:
            found.append(f"/slices/{name}/cases/{one.run}")
            found += [f"/actions/{action.id}" for action in one.actions]
    return found


def twin(address: str) -> str:
    """The address of a page's JSON."""
    return "/index.json" if address == "/" else f"{address}.json"
