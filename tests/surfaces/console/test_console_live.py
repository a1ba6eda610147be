"""Open pages are told that something grew: only what their visitor may see, only while their session lasts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from starlette.responses import Response, StreamingResponse

from goldenthread.promise.errors import TokenRefused
from goldenthread.record.store.server import EmbeddedServer
from goldenthread.surfaces.console.live import Live
from goldenthread.surfaces.console.serving import serve
from goldenthread.surfaces.making import Maker
from surfaces.console.visiting import visitor
from surfaces.views.office import Office, opened_office

EVERYTHING: Callable[[], Callable[[str], bool]] = lambda: lambda _: True  # noqa: E731
SOON_S = 0.02


@pytest.fixture(scope="module")
def office(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The office, in which tests of this module work too."""
    with opened_office(server, tmp_path_factory.mktemp("live")) as made:
        yield made


def test_a_page_hears_of_the_chains_that_it_shows_and_of_no_other(office: Office) -> None:
    """A page that is told of everything would ask for itself all day."""

    async def scene() -> None:
        live = Live(office.ledger, SOON_S)
        async with opened(live.answer("one", frozenset({"refunds"}), EVERYTHING)) as heard:
            await asyncio.to_thread(office.work, "letters", "unheard", text="strange")
            await asyncio.to_thread(office.work, "refunds", "heard", text="refund")
            assert set(await heard()) == {"refunds"}
        live.close()

    asyncio.run(scene())


def test_nobody_hears_of_a_chain_that_they_may_not_see(office: Office) -> None:
    """That something happened in a slice, and when, is news of it."""

    async def scene() -> None:
        live = Live(office.ledger, SOON_S)
        mine = lambda: lambda chain: chain == "letters"  # noqa: E731
        async with opened(live.answer("one", None, mine)) as heard:
            await asyncio.to_thread(office.work, "refunds", "secret", text="refund")
            await asyncio.to_thread(office.work, "letters", "mine", text="strange")
            assert set(await heard()) == {"letters"}
        live.close()

    asyncio.run(scene())


def test_evidence_that_was_worked_out_is_no_growth(office: Office) -> None:
    """A page that shows all as of now would be drawn twice after every record, and be the same."""

    async def scene() -> None:
        live = Live(office.ledger, SOON_S)
        answer = live.answer("one", frozenset({"letters"}), EVERYTHING)
        assert isinstance(answer, StreamingResponse)
        texts = _texts(answer)
        assert await anext(texts) == "retry: 5000\n: open\n\n"
        await asyncio.to_thread(Maker(office.ledger).make, "letters")
        head = office.ledger.head("letters").seq
        assert await anext(texts) == f'event: made\ndata: {{"letters": {head}}}\n\n'
        await texts.aclose()  # type: ignore[attr-defined]
        live.close()

    asyncio.run(scene())


def test_a_stream_ends_with_its_session(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever signed out on a shared machine leaves no page behind that goes on listening."""
    monkeypatch.setattr("goldenthread.surfaces.console.live.BEAT_S", 2 * SOON_S)
    looks = 0

    def let_in() -> Callable[[str], bool]:
        nonlocal looks
        looks += 1
        if looks > 2:
            raise TokenRefused("signed out")
        return lambda _: True

    async def scene() -> None:
        live = Live(office.ledger, SOON_S)
        answer = live.answer("one", None, let_in)
        assert isinstance(answer, StreamingResponse)
        said = [text async for text in _texts(answer)]
        assert (said[0], said[-1]) == ("retry: 5000\n: open\n\n", "event: ended\ndata: {}\n\n")
        assert said[1:-1] == [": beat\n\n"]
        assert live.streams == 0

    asyncio.run(scene())


def test_streams_are_bounded_and_given_back(office: Office) -> None:
    """Streams cost memory and places, and a browser asks for a new one whenever one breaks."""

    async def scene() -> None:
        live = Live(office.ledger, SOON_S, most_of_one=1)
        async with opened(live.answer("one", None, EVERYTHING)):
            assert live.answer("one", None, EVERYTHING).status_code == 204, "which a browser takes for a no"
            assert live.answer("another", None, EVERYTHING).status_code == 200
            assert live.streams == 1
        assert live.streams == 0
        live.close()
        assert live.answer("one", None, EVERYTHING).status_code == 204

    asyncio.run(scene())


def test_the_watcher_asks_once_for_all_and_rests_when_nobody_listens(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hundred open pages are one query a second, and none at night."""
    asked = 0
    look = Live._look

    def counting(self: Live) -> Any:
        nonlocal asked
        asked += 1
        return look(self)

    monkeypatch.setattr(Live, "_look", counting)

    async def scene() -> int:
        live = Live(office.ledger, SOON_S)
        async with opened(live.answer("a", None, EVERYTHING)) as one, opened(live.answer("b", None, EVERYTHING)) as two:
            await asyncio.to_thread(office.work, "refunds", "both", text="refund")
            assert set(await one()) == set(await two()) == {"refunds"}
        watching = live._watching
        assert watching is not None
        await watching
        return asked

    assert asyncio.run(scene()) < 200


def test_a_console_gives_events_to_those_who_are_in_and_ends_at_once(office: Office) -> None:
    """Stopping a console must not wait until everybody has closed their browser."""
    import http.client

    with serve(office.ledger) as console:
        stranger = http.client.HTTPConnection("127.0.0.1", console.port, timeout=10)
        stranger.request("GET", "/events")
        assert stranger.getresponse().status == 403
        stranger.close()
        inside = http.client.HTTPConnection("127.0.0.1", console.port, timeout=10)
        inside.request("GET", f"/enter?token={console.token}")
        entered = inside.getresponse()
        entered.read()
        cookie = str(entered.getheader("set-cookie")).split(";")[0]
        inside.request("GET", "/events?live=refunds", headers={"Cookie": cookie})
        stream = inside.getresponse()
        assert (stream.status, stream.getheader("content-type")) == (200, "text/event-stream; charset=utf-8")
        assert stream.readline() == b"retry: 5000\n"
    inside.close()


def test_a_page_that_asks_for_itself_takes_nothing_that_is_said_once(office: Office) -> None:
    """What a deed led to is for whoever did it, not for another tab that happens to ask first."""
    client = visitor(office.ledger)
    client.post("/act-as", {"name": ""})
    assert "You act as nobody now" not in client.get("/slices/refunds", headers={"X-Live": "1"}).text
    assert "You act as nobody now" in client.get("/slices/refunds").text


def test_pages_that_can_grow_stale_carry_the_script_and_a_place_to_say_so(office: Office) -> None:
    """Without script they are complete; with it, a change is said and not only shown."""
    page = visitor(office.ledger).get("/slices/refunds").text
    assert '<body data-live="refunds' in page
    assert "/js/live.js?v=" in page
    assert '<p id="live" role="status" aria-live="polite"></p>' in page


class opened:  # noqa: N801 - reads as a verb
    """A stream while the block runs; gives what it says of grown chains, one event at a time."""

    def __init__(self, answer: Response) -> None:
        assert isinstance(answer, StreamingResponse)
        self._texts = _texts(answer)

    async def __aenter__(self) -> Callable[[], Any]:
        assert await anext(self._texts) == "retry: 5000\n: open\n\n"
        return self._grown

    async def __aexit__(self, *_: object) -> None:
        await self._texts.aclose()  # type: ignore[attr-defined]

    async def _grown(self) -> dict[str, int]:
        async for text in self._texts:
            if text.startswith("event: grown"):
                found: dict[str, int] = json.loads(text.split("data: ")[1])
                return found
        raise AssertionError("the stream ended")


def _texts(answer: StreamingResponse) -> AsyncIterator[str]:
    return answer.body_iterator  # type: ignore[return-value]
