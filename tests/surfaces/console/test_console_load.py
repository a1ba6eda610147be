"""Many people at once: what is worked out once for all of them, and who goes first."""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from jinja2 import PackageLoader

from goldenthread.record.ledger import Ledger
from goldenthread.record.store.server import EmbeddedServer
from goldenthread.surfaces.console import drawing, keeper
from goldenthread.surfaces.console.keeper import SHARED_FOR
from goldenthread.surfaces.console.lanes import THREADS, Lane, Turns, in_lane
from goldenthread.surfaces.console.shelf import Shelf
from goldenthread.surfaces.views.ladder import READING
from goldenthread.surfaces.views.products import product
from surfaces.console.visiting import visitor
from surfaces.views.office import Office, opened_office

PATIENCE_S = 10.0


@pytest.fixture(scope="module")
def office(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The office, in which tests of this module work too."""
    with opened_office(server, tmp_path_factory.mktemp("load")) as made:
        yield made


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the line of each slice on the first page is worked out from its cases."""
    products = importlib.import_module("goldenthread.surfaces.views.products")
    found: Counter[str] = Counter()
    plain = products.ladder_of

    def counted(standing: Any, *rest: Any, **more: Any) -> Any:
        found[standing.slice] += 1
        return plain(standing, *rest, **more)

    monkeypatch.setattr(products, "ladder_of", counted)
    return found


def test_a_view_is_worked_out_once_for_all_who_ask_until_its_slice_grows(
    office: Office, worked_out: Counter[str]
) -> None:
    """Two hundred people who look at the same slice are one piece of work, and none of them sees what was."""
    shelf = Shelf(office.ledger)
    with shelf.reading():
        first = product(shelf.desk("claims"))
    with shelf.reading():
        assert product(shelf.desk("claims")) is first
    assert worked_out == {"claims": 1}
    office.work("refunds", "elsewhere", text="refund")
    with shelf.reading():
        assert product(shelf.desk("claims")) is first, "another slice grew"
    office.work("claims", "one more", text="a claim")
    with shelf.reading():
        assert product(shelf.desk("claims")).cases == first.cases + 1
    assert worked_out == {"claims": 2}


def test_what_is_shared_grows_no_older_than_a_minute(office: Office, worked_out: Counter[str]) -> None:
    """What is due or late changes with the clock, without any record."""
    late, clock = [timedelta()], office.ledger.clock
    shelf = Shelf(Ledger(office.ledger.store, office.ledger.vault, lambda: clock() + late[-1]))
    for more in (timedelta(), SHARED_FOR + timedelta(seconds=1)):
        late.append(more)
        with shelf.reading():
            product(shelf.desk("claims"))
    assert worked_out == {"claims": 2}


def test_what_is_not_of_now_is_shared_with_nobody(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Older evidence is shown with its age, until it is worked out; then at once."""
    shelf = Shelf(office.ledger)
    with monkeypatch.context() as patch:
        patch.setattr(keeper, "A_PAGE", 0)
        patch.setattr(keeper, "AT_FIRST", 0)
        with shelf.reading():
            assert product(shelf.desk("claims")).reason == READING
            assert shelf.keeper.aged.keys() == {"claims"}
    with shelf.reading():
        assert product(shelf.desk("claims")).reason != READING
        assert not shelf.keeper.aged


@pytest.mark.parametrize("address", ["/", "/inbox", "/slices/refunds/inbox"])
def test_a_page_asks_once_where_all_chains_end(office: Office, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """While a page asks, everybody else waits."""
    client = visitor(office.ledger)
    assert client.get(address).status_code == 200
    asked: list[object] = []
    plain = Ledger.heads

    def heads(self: Ledger, chains: Any = None) -> Any:
        asked.append(chains)
        return plain(self, chains)

    monkeypatch.setattr(Ledger, "heads", heads)
    assert client.get(address).status_code == 200
    assert asked == [None]


def test_a_deed_goes_before_looks_and_somebody_before_a_page_that_asks_by_itself() -> None:
    """An answer must not wait until everybody else's open pages are drawn."""
    turns, order, threads = Turns(), list[str](), list[threading.Thread]()

    def take(lane: Lane, name: str) -> None:
        with turns.turn(lane):
            order.append(name)

    with turns.turn(Lane.BY_ITSELF):
        came = [(Lane.BY_ITSELF, "a"), (Lane.OPENED, "b"), (Lane.BY_ITSELF, "c"), (Lane.DEED, "d"), (Lane.OPENED, "e")]
        for number, (lane, name) in enumerate(came, 1):
            threads.append(threading.Thread(target=take, args=(lane, name)))
            threads[-1].start()
            _until(lambda: len(turns._waiting) == number)  # noqa: B023 - called at once
    for one in threads:
        one.join(PATIENCE_S)
    assert order == ["d", "b", "e", "a", "c"]


def test_whatever_happens_in_a_turn_the_next_one_comes() -> None:
    """One page that fails must not shut the console."""
    turns = Turns()
    with pytest.raises(ValueError, match="odd"), turns.turn(Lane.DEED):
        raise ValueError("odd")
    with turns.turn(Lane.BY_ITSELF):
        pass


def test_an_answer_finds_a_thread_however_many_pages_ask() -> None:
    """Pages that stand open are many, and all ask at the same moment."""
    ended, at_once, most = threading.Event(), Counter[str](), 0

    def look() -> None:
        nonlocal most
        at_once["look"] += 1
        most = max(most, at_once["look"])
        ended.wait(PATIENCE_S)
        at_once["look"] -= 1

    async def scene() -> None:
        looks = [asyncio.create_task(in_lane(Lane.BY_ITSELF, look)) for _ in range(50)]
        await asyncio.sleep(0.05)
        assert await asyncio.wait_for(in_lane(Lane.DEED, lambda: "done"), PATIENCE_S) == "done"
        assert await asyncio.wait_for(in_lane(Lane.OPENED, lambda: "shown"), PATIENCE_S) == "shown"
        assert not any(one.done() for one in looks)
        ended.set()
        await asyncio.gather(*looks)

    asyncio.run(scene())
    assert most == THREADS[Lane.BY_ITSELF]


def test_a_template_is_compiled_once_though_many_ask_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a restart every open page asks again, and compiling takes longer than drawing."""
    compiled: Counter[str] = Counter()
    plain = PackageLoader.get_source

    def counted(self: PackageLoader, environment: Any, name: str) -> Any:
        compiled[name] += 1
        return plain(self, environment, name)

    monkeypatch.setattr(PackageLoader, "get_source", counted)
    fresh = drawing.templates.__wrapped__()
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: fresh.get_template("error.html"), range(32)))
    assert (len(found), compiled) == (1, {"error.html": 1})


def _until(holds: Any) -> None:
    for _ in range(1000):
        if holds():
            return
        threading.Event().wait(PATIENCE_S / 1000)
    raise AssertionError("it never came")
