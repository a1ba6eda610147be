"""Every page of the route table, asked of a server in a process of its own: how long it takes, and what it weighs."""

from __future__ import annotations

import http.client
import re
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlencode

from bench.console.played import OWNER
from bench.metrics.made import slice_name
from goldenthread.record.drafts import Drafts
from goldenthread.record.ledger import Ledger
from goldenthread.surfaces.console.routes import PAGES
from goldenthread.surfaces.views.rows import select

EACH = 40
"""Requests of a page, each of another slice where there are as many."""

LIBRARY = re.compile(r"/js/(plotly|vega|chart|echarts|uplot|d3|codemirror)[^/]*$")
"""What does not count towards a page's weight: the chart library, and the editor of one page."""

_ASSET = re.compile(r'(?:href|src)="(/(?:console\.css|js/[^"?]+|[a-z]+\.svg)[^"]*)"')


@dataclass(frozen=True, kw_only=True)
class Asked:
    """
    How a page answered: milliseconds in order, at the first look and at the second, and octets of the page with what
    it loads, the heaviest.
    """

    address: str
    first_ms: tuple[float, ...]
    times_ms: tuple[float, ...]
    octets: int

    @property
    def p50_ms(self) -> float:
        """Half took less."""
        return statistics.median(self.times_ms)

    @property
    def p95_ms(self) -> float:
        """All but a twentieth took less."""
        return last_but_a_twentieth(self.times_ms)

    @property
    def first_p95_ms(self) -> float:
        """Likewise, at the first look."""
        return last_but_a_twentieth(self.first_ms)


def last_but_a_twentieth(times: Iterable[float]) -> float:
    """The time that all but a twentieth of these keep."""
    ordered = sorted(times)
    return ordered[-(-len(ordered) * 95 // 100) - 1]


class Browser:
    """Asks a console as a browser does that is let in."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        answer, _ = self._send(f"/enter?token={token}", {})
        self.cookie = (answer.getheader("set-cookie") or "").split(";")[0]
        self._assets: dict[str, int] = {}
        self._name = OWNER

    def get(self, path: str) -> tuple[float, bytes]:
        """
        Milliseconds, and the page.

        Raises:
            RuntimeError: It is no page.
        """
        began = time.perf_counter()
        answer, body = self._send(path, {"Cookie": self.cookie})
        took = (time.perf_counter() - began) * 1000
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {body[-400:]!r}")
        return took, body

    def act_as(self, name: str) -> None:
        """Choose whom to act as."""
        if name == self._name:
            return
        csrf = re.search(rb'<meta name="csrf" content="([^"]*)">', self.get("/unlock")[1])
        form = urlencode({"csrf": csrf[1].decode() if csrf else "", "name": name})
        host = f"http://127.0.0.1:{self._connection.port}"
        kind = "application/x-www-form-urlencoded"
        self._connection.request("POST", "/act-as", form, {"Cookie": self.cookie, "Origin": host, "Content-Type": kind})
        answer = self._connection.getresponse()
        answer.read()
        renewed = (answer.getheader("set-cookie") or "").split(";")[0]
        self.cookie, self._name = renewed or self.cookie, name

    def weight(self, page: bytes) -> int:
        """Octets of a page with the style sheets, scripts and pictures that it loads, without the chart library."""
        named = {match.replace("&amp;", "&") for match in _ASSET.findall(page.decode())}
        return len(page) + sum(self._asset(path) for path in named if not LIBRARY.search(path.partition("?")[0]))

    def _asset(self, path: str) -> int:
        if path not in self._assets:
            self._assets[path] = len(self.get(path)[1])
        return self._assets[path]

    def _send(self, path: str, headers: Mapping[str, str]) -> tuple[http.client.HTTPResponse, bytes]:
        self._connection.request("GET", path, headers=dict(headers))
        answer = self._connection.getresponse()
        return answer, answer.read()


def ask_pages(browser: Browser, ledger: Ledger, slices: int) -> list[Asked]:
    """
    Ask every page so many times, each once before: what a process does only once is not a page's time.

    All of them are asked in two rounds. Where the store is larger than the memory, the first finds much of it on the
    disk, for nothing works here; where agents work, what a page shows first has just been written, as in the second.

    Raises:
        LookupError: A page of the route table that this bench does not know: say here what stands in its address.
    """
    addresses = [page.address for page in PAGES if page.address not in LEFT_OUT]
    paths = {address: list(islice(_paths(address, ledger, slices), EACH + 1)) for address in addresses}
    first, second = ({address: _ask(browser, address, paths[address]) for address in addresses} for _ in range(2))
    return [
        Asked(
            address=address,
            first_ms=tuple(t for t, _ in first[address]),
            times_ms=tuple(t for t, _ in second[address]),
            octets=browser.weight(max((page for _, page in second[address]), key=len)),
        )
        for address in addresses
    ]


def _ask(browser: Browser, address: str, paths: Sequence[str]) -> list[tuple[float, bytes]]:
    browser.act_as(_ACTS_AS.get(address, OWNER))
    browser.get(paths[-1])
    return [browser.get(path) for path in (paths[:-1] or paths)]


def _paths(address: str, ledger: Ledger, slices: int) -> Iterator[str]:
    """Addresses of a page, of one slice after another; of a page without a slice, the same again and again."""
    names = re.findall(r"{(\w+)(?::\w+)?}", address)
    for number in range(EACH + 1):
        slice_named = slice_name(number * 7 % slices)
        path = address
        for name in names:
            value = slice_named if name == "slice" else _value(address, name, ledger, slice_named, number)
            path = re.sub(r"{" + name + r"(:\w+)?}", value, path)
        if address == "/compare":
            runs = (_VALUES["run"](ledger, slice_named, side) for side in (0, 1))
            path += "?left={}&right={}".format(*runs)
        yield path


Find = Callable[[Ledger, str, int], str]


def _value(address: str, name: str, ledger: Ledger, slice_named: str, number: int) -> str:
    if name == "metric" and "/outcomes/" in address:
        return "cost_to_serve"
    if name not in _VALUES:
        raise LookupError(
            f"The page {address} is new: bench/console/asking.py does not know what '{name}' is in its address."
        )
    return _VALUES[name](ledger, slice_named, number)


def _row(query: str) -> Find:
    """The id of a row: an old one and a new one by turns."""

    def find(ledger: Ledger, slice_named: str, number: int) -> str:
        order = "desc" if number % 2 else "asc"
        return str(select(ledger, query.replace("{order}", order), slice_named)[0]["id"])

    return find


def _draft(ledger: Ledger, slice_named: str, _number: int) -> str:
    """A draft of the visitor's own, of the contract in force."""
    drafts = Drafts(ledger.store, ledger.clock)
    mine = drafts.of([OWNER])
    if mine:
        return mine[0].id
    contract = next(ledger.read(slice_named, kinds=("contract:version:commit",)))
    return drafts.begin(OWNER, contract.data["text"], slice_name=slice_named).id


_ACTS_AS = {"/tokens": "administrator"}
"""As whom the visitor asks for pages that an owner may not see."""

LEFT_OUT: Mapping[str, str] = {
    "/audit-jobs/{job}": "how far a job is that somebody began: it reads one object in memory",
    "/problems/{problem}": "one problem of the map, which is asked for as a whole: it rests on no run",
    "/promises/{promise}": "one file of the home: it rests on no run",
}
"""Pages that are not asked for, and why."""

_VALUES: Mapping[str, Find] = {
    "run": _row("select id from run where slice = %s order by started_seq {order} offset 5 limit 1"),
    "action": _row("select id from action where slice = %s order by seq {order} limit 1"),
    "item": _row("select id from inbox where slice = %s and state = 'open' order by asked_at {order} limit 1"),
    "place": lambda ledger, slice_named, _: str(next(ledger.read(slice_named, kinds=("incident:open",), limit=1)).seq),
    "metric": lambda *_: "rework_rate",
    "line": lambda *_: "business",
    "version": lambda *_: "1",
    "name": lambda *_: OWNER,
    "step": lambda *_: "run",
    "draft": _draft,
    "chain": lambda _ledger, slice_named, _number: slice_named,
    "seq": lambda ledger, slice_named, number: str(1 + number * ledger.head(slice_named).seq // (EACH + 2)),
}


def sizes(asked: Sequence[Asked]) -> str:
    """A line a page, for whoever wants to know which."""
    return "\n".join(
        f"  {one.address:<44} p50 {one.p50_ms:6.1f} ms  p95 {one.p95_ms:6.1f} ms"
        f"  {one.octets / 1000:6.0f} kB  first look p95 {one.first_p95_ms:6.1f} ms"
        for one in sorted(asked, key=lambda one: -one.p95_ms)
    )
