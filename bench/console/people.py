"""
Many people in one console: a server with a session for each of them, and what one of them does.

`python -m bench.console.people HOME` serves; it says where on its output, ends with its input, and says what it cost.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import re
import secrets
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.console.costs import Costs, metered
from bench.console.home import opened, served
from bench.console.played import person
from goldenthread.surfaces.console.sessions import LinkSessions, Session
from goldenthread.surfaces.making import made


@dataclass(frozen=True, kw_only=True)
class Crew:
    """Where the server is, and the secret by which each person comes in."""

    port: int
    pid: int
    token: str


class ManySessions(LinkSessions):
    """A session for whoever comes with the token, each as another person."""

    def __init__(self, token: str, port: int, name: str | None = None) -> None:
        super().__init__(token, port, name)
        self._link = token
        self._all: dict[str, Session] = {}

    def enter(self, token: str) -> Session:
        """One more."""
        link, _, number = token.partition(".")
        if link != self._link:
            return super().enter(token)
        one = Session(
            id=secrets.token_urlsafe(32), csrf=secrets.token_urlsafe(32), name=person(int(number)), local=False
        )
        self._all[one.id] = one
        return one

    def find(self, cookies: Mapping[str, str], *, touch: bool = True) -> Session:
        """Whose cookie it is."""
        found = self._all.get(cookies.get(self.cookie, ""))
        return found if found is not None else super().find(cookies, touch=touch)


_OPENED = {"sec-fetch-mode": "navigate", "sec-fetch-site": "same-origin", "accept": "text/html"}
_BY_ITSELF = {"sec-fetch-mode": "cors", "sec-fetch-site": "same-origin", "x-live": "1"}


class Person:
    """Somebody with a browser."""

    def __init__(self, crew: Crew, number: int) -> None:
        self._client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{crew.port}", timeout=60, limits=httpx.Limits(keepalive_expiry=3)
        )
        self._enter = f"/enter?token={crew.token}.{number}"
        self._csrf = ""
        self._coming, self._in = asyncio.Lock(), asyncio.Event()

    async def get(self, path: str, *, again: bool = False) -> httpx.Response:
        """A page; its token is remembered for forms. `again`: it stands open, and live.js asks for it once more."""
        async with self._coming:
            if self._enter:
                await self._client.get(self._enter)
                self._enter = ""
        answer = await self._client.get(path, headers=_BY_ITSELF if again else _OPENED)
        found = re.search(r'<meta name="csrf" content="([^"]*)">', answer.text)
        self._csrf = found[1] if found else self._csrf
        if self._csrf:
            self._in.set()
        return answer

    async def post(self, path: str, fields: Mapping[str, str]) -> httpx.Response:
        """Send a form, and open the page that it leads to."""
        headers = {**_OPENED, "origin": str(self._client.base_url).rstrip("/")}
        return await self._client.post(
            path, data={"csrf": self._csrf, **fields}, headers=headers, follow_redirects=True
        )

    async def events(self, chains: Sequence[str]) -> AsyncIterator[str]:
        """The lines of an open page's stream."""
        await self._in.wait()
        query = {"live": " ".join(chains)} if chains else {}
        async with self._client.stream("GET", "/events", params=query, timeout=httpx.Timeout(60)) as answer:
            async for line in answer.aiter_lines():
                yield line

    async def close(self) -> None:
        """Gone home."""
        await self._client.aclose()


async def deed_of(who: Person, item: str) -> tuple[str, Mapping[str, str]]:
    """Look at an item, as one who answers does; where to send the yes, and the fields of its form."""
    page = await who.get(f"/inbox/{item}")
    seen = re.search(r'name="seen" value="([^"]*)"', page.text)
    return f"/inbox/{item}/approve", {"seen": seen[1] if seen else "closed meanwhile", "sure": "yes"}


def main(home: Path) -> None:
    """Serve until the input ends."""
    console = importlib.import_module("goldenthread.surfaces.console.application")
    console.LinkSessions = ManySessions  # type: ignore[attr-defined]
    with opened(home) as (ledger, _), made(ledger), served(ledger, home / "metrics") as serving:
        costs = Costs(ledger)
        metered(costs)
        crew = {"port": serving.port, "pid": os.getpid(), "token": serving.token}
        print(json.dumps(crew), flush=True)
        sys.stdin.buffer.read()
        print(json.dumps(costs.told()), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
