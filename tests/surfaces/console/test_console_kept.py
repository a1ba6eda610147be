"""Pages over many cases: what is kept of the evidence, how old it is, and what never waits for it."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from goldenthread.control.autonomy import LateStanding, Standing
from goldenthread.control.guard import Desk
from goldenthread.record.digests import forget_digests, load_digest, marks
from goldenthread.record.ledger import utc_now
from goldenthread.record.store.server import EmbeddedServer
from goldenthread.surfaces import views
from goldenthread.surfaces.console import keeper
from goldenthread.surfaces.console.keeper import Aged, aged_words
from goldenthread.surfaces.console.shelf import Shelf
from goldenthread.surfaces.making import Maker
from goldenthread.surfaces.views import KEPT, KeptDesk, code_version
from surfaces.console.visiting import visitor
from surfaces.views.office import Office, opened_office


@pytest.fixture(scope="module")
def office(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The office, in which tests of this module work too."""
    with opened_office(server, tmp_path_factory.mktemp("kept")) as made:
        yield made


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every slice counts as too large for a page to read."""
    monkeypatch.setattr(keeper, "A_PAGE", 0)
    monkeypatch.setattr(keeper, "AT_FIRST", 0)


@pytest.mark.parametrize("slice_name", ["claims", "letters", "refunds"])
def test_what_was_kept_is_what_would_be_worked_out(office: Office, slice_name: str) -> None:
    """A page must not say other things of the same record because they went through a table."""
    maker, desk = Maker(office.ledger), Desk(office.ledger, slice_name)
    assert maker.make(slice_name)
    for kept in KEPT.values():
        view = kept.make(desk)
        if kept.name in _OF_THE_CLOCK:
            assert type(kept.decode(kept.encode(view))) is type(view)
        else:
            assert kept.decode(kept.encode(view)) == view, kept.name


_OF_THE_CLOCK = frozenset({"people", "outcome status", "outcome lines in full"})
"""Views that name the instant at which they were made, to the microsecond."""


def test_a_page_shows_what_is_kept_and_folds_no_case(
    office: Office, large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifty thousand cases a slice are read once, by the maker, and by no request."""
    Maker(office.ledger).tick()
    monkeypatch.setattr(KeptDesk, "whole", lambda *_: pytest.fail("a page read every case"))
    client = visitor(office.ledger)
    for path in ("/", "/slices/claims", "/slices/claims/cases", "/slices/claims/inbox", "/slices/claims/incidents"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert 'class="aged"' not in answer.text, path


def test_an_item_is_shown_without_holding_the_chain(
    office: Office, large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looks at an item keeps no agent waiting."""
    monkeypatch.setattr(KeptDesk, "whole", lambda *_: pytest.fail("a page read every case"))
    monkeypatch.setattr(type(office.ledger), "transaction", lambda *_, **__: pytest.fail("a page took the chain"))
    item = views.waiting(Shelf(office.ledger).desk("refunds"))[0].id
    assert views.item_page(Shelf(office.ledger).desk("refunds"), item).item.id == item


def test_older_evidence_says_its_age_and_newer_stops_show_at_once(
    server: EmbeddedServer, tmp_path: Path, large: None
) -> None:
    """Somebody who stopped an agent must see that it stands still, however long evidence takes to be read."""
    with opened_office(server, tmp_path) as office:
        Maker(office.ledger).tick()
        office.world.stop("refunds")
        client = visitor(office.ledger)
        page, home = client.get("/slices/refunds").text, client.get("/").text
        assert "1 newer record is being read" in page
        assert "The slice &#39;refunds&#39; is stopped" in page
        assert "The slice &#39;refunds&#39; is stopped" in home
        assert client.get("/slices/refunds.json").json()["ladder"]["suspended"] is True


def test_before_anything_was_read_pages_say_so_and_name_no_evidence(office: Office, large: None) -> None:
    """No data is never a pass, nor a hold: it is said to be read."""
    forget_digests(office.ledger.store)
    client = visitor(office.ledger)
    assert "The cases of &#39;claims&#39; are being read for the first time" in client.get("/slices/claims").text
    ladder = client.get("/slices/claims.json").json()["ladder"]
    assert (ladder["verdict"], ladder["reason"]) == ("insufficient", "The evidence is being read")
    assert ladder["agent"] == office.agent.agent


def test_a_small_slice_is_always_of_now(server: EmbeddedServer, tmp_path: Path) -> None:
    """Nobody with a few hundred cases waits for a maker, or needs one."""
    with opened_office(server, tmp_path) as office:
        Maker(office.ledger).tick()
        client = visitor(office.ledger)
        before = client.get("/slices/refunds.json").json()["cases"]
        office.work("refunds", "one-more", text="refund")
        assert client.get("/slices/refunds.json").json()["cases"] == before + 1
        assert 'class="aged"' not in client.get("/slices/refunds").text


def test_a_maker_makes_what_grew_and_nothing_else(server: EmbeddedServer, tmp_path: Path) -> None:
    """It would else work all day on what nobody has touched."""
    with opened_office(server, tmp_path) as office:
        maker = Maker(office.ledger)
        assert maker.tick() == 4
        assert maker.due() == []
        office.work("refunds", "one-more", text="refund")
        assert maker.due() == ["refunds"]
        assert maker.tick() == 1
        found = marks(office.ledger.store, code_version(), ["refunds"])
        assert {mark.head for mark in found.values()} == {office.ledger.head("refunds").seq}
        assert len(found) == len(KEPT)


def test_what_is_kept_is_made_again_every_day(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line becomes overdue without a record."""
    maker = Maker(office.ledger)
    maker.tick()
    assert maker.due() == []
    monkeypatch.setattr(office.ledger, "clock", lambda: utc_now() + timedelta(days=1))
    assert set(maker.due()) == {"claims", "letters", "refunds", "visas"}


def test_one_broken_slice_keeps_no_other_back(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """One record that cannot be read would else leave every page without evidence."""
    forget_digests(office.ledger.store)
    make, maker = Maker.make, Maker(office.ledger)

    def broken(self: Maker, name: str) -> bool:
        if name == "claims":
            raise ValueError("damaged")
        return make(self, name)

    monkeypatch.setattr(Maker, "make", broken)
    assert maker.tick() == 3
    assert maker.due() == ["claims"]


def test_an_older_answer_never_takes_the_place_of_a_newer(office: Office) -> None:
    """Two makers may overlap for a moment, when one takes over from the other."""
    maker = Maker(office.ledger)
    maker.make("letters")
    late = Maker(office.ledger)
    office.work("letters", "newer", text="strange")
    maker.make("letters")
    newest = marks(office.ledger.store, code_version(), ["letters"])
    late._ledger = _Behind(office.ledger)  # type: ignore[assignment]
    late.make("letters")
    assert {name: mark.head for name, mark in marks(office.ledger.store, code_version(), ["letters"]).items()} == {
        name: mark.head for name, mark in newest.items()
    }


class _Behind:
    """A ledger whose heads are told as they were."""

    def __init__(self, ledger: object) -> None:
        self._ledger = ledger

    def heads(self, chains: object = None) -> object:
        """One record behind."""
        heads = self._ledger.heads(chains)  # type: ignore[attr-defined]
        return {name: type(head)(seq=head.seq - 1, hash="") for name, head in heads.items()}

    def __getattr__(self, name: str) -> object:
        return getattr(self._ledger, name)


def test_memory_is_given_back(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred slices of fifty thousand cases would take ten gigabytes."""
    monkeypatch.setattr(keeper, "MOST_CASES", 1)
    shelf = Shelf(office.ledger)
    for name in ("claims", "letters", "refunds"):
        with shelf.reading():
            assert len(shelf.desk(name).standing().windows.since) == 3  # which needs every case
    held = {name: desk.cases_in_memory() for name, desk in shelf._desks.items()}
    assert held["claims"] == held["letters"] == 0
    assert held["refunds"] > 0


def test_a_late_standing_reads_cases_only_when_they_are_asked_for(office: Office) -> None:
    """What both know comes from the outline; what only cases tell, from all of them, once."""
    read: list[str] = []

    def whole(name: str) -> Standing:
        read.append(name)
        return Desk(office.ledger, name).standing()

    outlines = views.late_outlines(office.ledger, whole)
    late = outlines.of("claims")
    assert isinstance(late, LateStanding)
    fingerprint = office.agent.fingerprint
    assert late.level(fingerprint) is office.desk("claims").standing().level(fingerprint)
    assert (late.suspended, read) == (False, [])
    rows = late.agents[fingerprint].rows  # type: ignore[attr-defined]
    assert rows.keys() == office.desk("claims").standing().agents[fingerprint].rows.keys()
    assert read == ["claims"]


def test_every_marked_view_is_known_to_the_maker() -> None:
    """A view that nobody makes is never kept, and its page reads every case."""
    marked = set()
    for module in pkgutil.iter_modules(views.__path__):
        source = Path(views.__path__[0], f"{module.name}.py").read_text(encoding="utf-8")
        marked |= set(re.findall(r'^@kept\(\s*"([^"]+)"', source, re.MULTILINE))
    assert marked == set(KEPT)


def test_a_page_over_many_slices_asks_for_what_is_kept_in_one_query(
    office: Office, large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hundred slices are two hundred trips otherwise."""
    Maker(office.ledger).tick()
    asked: list[int] = []
    load: Any = load_digest

    def counting(store: object, code: str, name: str, chains: list[str]) -> object:
        asked.append(len(chains))
        return load(store, code, name, chains)

    monkeypatch.setattr(keeper, "load_digest", counting)
    shelf = Shelf(office.ledger)
    with shelf.reading():
        for name in shelf.slices():
            views.outcome_status(shelf.desk(name))
    assert len(asked) == 2, "the first slice by itself, then all others"


def test_ages_are_told_in_words() -> None:
    """Who decides by a page has to know what it rests on."""
    now = utc_now()
    old = Aged(slice="a", head=1204, newer=1, made_at=now - timedelta(minutes=7))
    unread = Aged(slice="b", head=None, newer=9, made_at=None)
    same = Aged(slice="a", head=1204, newer=0, made_at=now.replace(hour=9, minute=5))
    assert aged_words((), now) is None
    assert aged_words((old,), now) == "The evidence of 'a' is as of its record 1,204; 1 newer record is being read."
    assert aged_words((same,), now) == "The evidence of 'a' is as of 09:05 UTC, and is being worked out again."
    assert aged_words((unread,), now) == (
        "The cases of 'b' are being read for the first time: what rests on them is not shown yet."
    )
    assert aged_words((old, old, unread), now) == (
        "The cases of one slice are being read for the first time. "
        "The evidence of 2 slices is up to 7 min old; newer records are being read."
    )
