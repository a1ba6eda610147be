"""Stopping, lifting, incidents, releases and outcomes in the console: each deed as it should go, and as it must not."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from goldenthread.control.response import load_incidents, tick_incidents
from goldenthread.record.ledger import ORGANISATION
from goldenthread.record.store.server import EmbeddedServer
from goldenthread.surfaces.console.pages import outcomes
from goldenthread.surfaces.views import releases
from surfaces.console.at_work import JSON, Work, at_work, refused, said_by
from surfaces.views.office import ACTIONS, MARKUP, opened_office
from worlds import APPROVER, CUSTOMER, ENGINEER, EXPERT, FINANCE, OWNER, contract_text


@pytest.fixture(scope="module")
def work(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Work]:
    """An office in which releases of `parcels` want the expert's signature."""
    with opened_office(server, tmp_path_factory.mktemp("office")) as office:
        made = at_work(office)
        office.world.sign(contract_text("parcels", level="draft", releases="signed by expert", actions=ACTIONS))
        office.work("parcels", "first", text="a parcel")
        yield made
        made.wirer.close()


# --- the kill switch -----------------------------------------------------------------------------


def test_one_person_stops_a_slice_with_two_clicks_and_its_pages_say_so(work: Work) -> None:
    """From any page of the slice: the link of the frame, then the button; a reason stands there already."""
    client = work.visitor(APPROVER)
    assert '<a class="kill" href="/stops?slice=refunds">Stop agents</a>' in client.get("/slices/refunds/cases").text
    page = client.get("/stops?slice=refunds").text
    assert '<button class="danger">Stop refunds</button>' in page
    assert 'required value="It looks wrong; somebody looks."' in page
    done = client.post("/stops", {"what": "slice", "slice": "refunds", "reason": f"odd {MARKUP}"})
    assert said_by(client, done).startswith("refunds is stopped: nothing of it has effect from now on.")
    again = client.post("/stops", {"what": "slice", "slice": "refunds", "reason": "odd"})
    assert said_by(client, again) == "refunds is stopped by you already; nothing was recorded."
    stopped = '<aside class="stopped" aria-label="Stopped">'
    assert stopped in client.get("/slices/refunds/cases").text
    assert MARKUP not in client.get("/stops").text
    assert stopped not in client.get("/slices/letters").text
    assert stopped not in client.get("/").text


def test_two_people_lift_and_the_page_says_who_is_still_needed(work: Work) -> None:
    """The first asks, the second lifts; neither twice, and nobody without the right."""
    stop = work.office.world.stop("letters", by=APPROVER)
    place = f"letters#{stop.seq}"
    client, owner = work.visitor(APPROVER), work.visitor(OWNER)
    assert refused(client.post("/stops/lift", {"stop": place, "reason": ""}, accept=JSON))[1] == "form-refused"
    told = refused(client.post("/stops/lift", {"stop": "letters#1", "reason": "x"}, accept=JSON))
    assert told[:2] == (404, "stop-unknown")
    said = said_by(client, client.post("/stops/lift", {"stop": place, "reason": "mended"}))
    assert said.startswith("You asked; it still holds. It takes one more within a day: ")
    assert OWNER in said
    assert "You have asked. It takes one more" in client.get("/stops").text
    again = said_by(client, client.post("/stops/lift", {"stop": place, "reason": "mended"}))
    assert again.startswith("You had asked already")
    assert "Lift it: you are the second" in owner.get("/stops").text
    assert said_by(owner, owner.post("/stops/lift", {"stop": place, "reason": "seen"})).startswith("Lifted.")
    assert place not in owner.get("/stops").text
    told = refused(work.visitor(FINANCE).post("/stops/lift", {"stop": place, "reason": "x"}, accept=JSON))
    assert told[:2] == (403, "right-missing")


def test_what_reaches_everything_is_said_on_every_page(work: Work) -> None:
    """A stop that half the house has not heard of is answered by surprise."""
    client = work.visitor(OWNER)
    done = client.post("/stops", {"what": "tool", "tool": "pay", "slice": "claims", "reason": "odd"})
    assert said_by(client, done).startswith("The tool pay is stopped in claims")
    assert "The tool &#39;pay&#39; is stopped in &#39;claims&#39;" in client.get("/slices/claims").text
    done = client.post("/stops", {"what": "tool", "tool": "paay", "slice": "claims", "reason": "odd"})
    told = said_by(client, done)
    assert "no contract that you may see there declares 'paay'; declared are" in told, "pay goes on"
    done = client.post("/stops", {"what": "product", "product": "nothing", "reason": "odd"})
    assert said_by(client, done).endswith("Stop its slices, or everything.")
    done = client.post("/stops", {"what": "everything", "reason": "odd"})
    assert said_by(client, done).startswith("Everything is stopped")
    stop = work.office.ledger.head(ORGANISATION).seq
    for address in ("/", "/inbox", "/slices/visas", "/outcomes", "/incidents"):
        assert "Everything is stopped" in work.visitor(APPROVER).get(address).text
    for name in (OWNER, APPROVER):
        one = work.visitor(name)
        one.post("/stops/lift", {"stop": f"organisation#{stop}", "reason": "x"})
    assert "Everything is stopped" not in client.get("/").text


@pytest.mark.parametrize(
    ("name", "fields", "code"),
    [
        (FINANCE, {"what": "slice", "slice": "visas", "reason": "x"}, "right-missing"),
        ("", {"what": "everything", "reason": "x"}, "right-missing"),
        (OWNER, {"what": "slice", "slice": "ghost", "reason": "x"}, "page-not-found"),
        (OWNER, {"what": "slice", "slice": "visas", "reason": " "}, "form-refused"),
        (OWNER, {"what": "the moon", "reason": "x"}, "form-refused"),
        (OWNER, {"what": "tool", "tool": "", "reason": "x"}, "form-refused"),
    ],
)
def test_what_stops_nothing_says_why(work: Work, name: str, fields: dict[str, str], code: str) -> None:
    """A slip on this page must never look as if it had worked."""
    before = work.office.ledger.head(ORGANISATION).seq
    told = refused(work.visitor(name).post("/stops", fields, accept=JSON))
    assert told[1] == code
    assert work.office.ledger.head(ORGANISATION).seq == before
    assert work.office.desk("visas").stops() == ()


# --- incidents -----------------------------------------------------------------------------------


def test_an_incident_is_taken_noted_recovered_and_closed(work: Work) -> None:
    """From the first look to the end, each word signed by whoever says it."""
    work.office.world.stop("parcels")
    (opened,) = tick_incidents(work.office.desk("parcels"))
    address = f"/slices/parcels/incidents/{opened.seq}"
    client, owner = work.visitor(APPROVER), work.visitor(OWNER)
    assert f'href="{address}"' in client.get("/incidents").text
    assert "nobody is at it" in client.get("/incidents").text
    assert "I am at it" in client.get(address).text
    assert said_by(client, client.post(f"{address}/take")).startswith("You are at it.")
    assert "I am at it" not in client.get(address).text
    empty = client.post(f"{address}/note", {"words": " ", "doing": "note"}, accept=JSON)
    assert refused(empty)[1] == "form-refused"
    client.post(f"{address}/note", {"words": f"seen {MARKUP}", "doing": "note"})
    assert MARKUP not in client.get(address).text
    early = owner.post(f"{address}/close", {"words": "half an essay", "doing": "close"})
    assert early.status_code == 409
    assert "is not over" in early.text
    client.post(f"{address}/recover", {"words": "the import is taken back", "doing": "recover"})
    told = refused(client.post(f"{address}/close", {"words": "x"}, accept=JSON))
    assert told[:2] == (403, "not-permitted")
    assert "It waits to be closed by an owner or the expert" in client.get(address).text
    assert said_by(owner, owner.post(f"{address}/close", {"words": "a shared number"})) == "It is closed."
    told = refused(owner.post(f"{address}/note", {"words": "more"}, accept=JSON))
    assert told[:2] == (404, "incident-unknown")
    found = load_incidents(work.office.desk("parcels")).find(f"parcels#{opened.seq}")
    assert found is not None
    assert [one.kind for one in found.said] == ["take", "note", "recover", "close"]


def test_what_changed_for_good_is_usual_from_now_on(work: Work) -> None:
    """Only of an anomaly; whoever knows sooner than the statistics says so."""
    (found,) = load_incidents(work.office.desk("claims")).all()[:1]
    address = f"/slices/claims/incidents/{found.seq}"
    owner = work.visitor(OWNER)
    assert "is usual from now on" in owner.get(address).text
    said = said_by(owner, owner.post(f"{address}/close", {"words": "a campaign", "usual": "yes"}))
    assert said == "It is closed, and what it changed to is usual from now on."
    assert refused(work.visitor().post(f"{address}/note", {"words": "x"}, accept=JSON))[1] == "right-missing"
    assert owner.get("/slices/claims/incidents/999").status_code == 404


# --- releases ------------------------------------------------------------------------------------


def test_a_release_waits_in_the_inbox_and_is_signed_or_refused(work: Work) -> None:
    """Whoever signs sees what is other, and what it means; a no needs its reason."""
    (one,) = releases(work.office.desk("parcels"))
    expert, digits = work.visitor(EXPERT), one.fingerprint.partition(":")[2]
    assert f"/slices/parcels/releases#release-{one.short}" in expert.get("/inbox").text
    page = expert.get("/slices/parcels/releases").text
    assert MARKUP not in page
    assert "Sign this release" in page
    assert one.fingerprint in page
    assert "Sign this release" not in work.visitor(OWNER).get("/slices/parcels/releases").text
    base = f"/slices/parcels/releases/{digits}"
    assert refused(expert.post(f"{base}/refuse", {"reason": ""}, accept=JSON))[1] == "form-refused"
    assert said_by(expert, expert.post(f"{base}/refuse", {"reason": "too hasty"})).startswith("Refused.")
    assert "too hasty" in expert.get("/slices/parcels/releases").text
    assert said_by(expert, expert.post(f"{base}/sign")) == "Signed as expert. Everybody has: it may use draft now."
    assert said_by(expert, expert.post(f"{base}/sign")) == "You had signed it before; nothing was recorded."
    assert "To sign" not in expert.get("/inbox").text
    assert refused(work.visitor(OWNER).post(f"{base}/sign", accept=JSON))[1] == "release-unasked"
    assert refused(work.visitor(ENGINEER).post(f"{base}/sign", accept=JSON))[1] == "right-missing"
    assert refused(expert.post("/slices/parcels/releases/ffffffff/sign", accept=JSON))[:2] == (404, "release-unknown")


# --- outcomes ------------------------------------------------------------------------------------


def test_a_data_owner_states_a_value_and_a_table(work: Work) -> None:
    """Finance has a figure and no file: what it types is signed, read and kept."""
    today = work.office.ledger.clock().date()
    client, base = work.visitor(FINANCE), "/slices/refunds/outcomes/cost_to_serve/values"
    page = client.get("/outcomes").text
    assert page.count("State a value") == 6, "of each of its own lines, and of nobody else's"
    said = said_by(client, client.post(base, {"period": today.isoformat(), "value": "17.5"}))
    assert said.startswith("cost_to_serve of refunds: 1 new, 0 corrected, 0 as before.")
    assert "Now <strong>17.5 EUR/case</strong>" in client.get("/outcomes").text
    table = f"period,value\r\n{today.isoformat()},12\r\n"
    said = said_by(client, client.post(base, {"table": table}))
    assert said.startswith("cost_to_serve of refunds: 0 new, 1 corrected, 0 as before.")
    (line,) = [
        one["line"]
        for by in client.get("/outcomes.json").json()["owners"]
        for one in by["lines"]
        if (one["slice"], one["line"]["metric"]) == ("refunds", "cost_to_serve")
    ]
    assert (line["now"], line["state"]) == ("12 EUR/case", "running")
    files = list((work.office.world.home / "outcomes").iterdir())
    assert [one.stat().st_mode & 0o777 for one in files] == [0o600, 0o600]


def test_many_lines_come_a_page_at_a_time(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six hundred lines are half a megabyte; each is reached, once, and a refused form stands where its line does."""
    monkeypatch.setattr(outcomes, "_A_PAGE", 4)
    client, met, address = work.visitor(FINANCE), list[str](), "/outcomes"
    while address:
        page = client.get(address).text
        met += re.findall(r'<h3><a href="([^"]+)">', page)
        after = re.search(r'rel="next" href="([^"]+)"', page)
        address = after[1] if after else ""
    lines = [one for by in client.get("/outcomes.json").json()["owners"] for one in by["lines"]]
    assert met == [f"/slices/{one['slice']}/outcomes/{one['line']['metric']}" for one in lines]
    assert len(met) > 8
    last = next(one for one in reversed(lines) if one["line"]["owner"] == FINANCE)
    refused = client.post(
        f"/slices/{last['slice']}/outcomes/{last['line']['metric']}/values", {"period": "x", "value": "7"}
    )
    assert 'value="7"' in refused.text
    for cursor, words in (
        ("none", "No page of lines begins after 'none'; a cursor is a number. Begin at the first page."),
        ("900", f"There are {len(lines)} lines, and none after 900. Begin at the first page."),
    ):
        answer = client.get(f"/outcomes.json?from={cursor}")
        assert (answer.status_code, answer.json()) == (404, {"code": "page-not-found", "message": words})


@pytest.mark.parametrize(
    ("name", "fields", "status", "words"),
    [
        (CUSTOMER, {"period": "2026-W40", "value": "3"}, 403, "is owned by 'finance-ops'"),
        (OWNER, {"period": "2026-W40", "value": "3"}, 403, "is not data-owner"),
        (APPROVER, {"period": "2026-W40", "value": "3"}, 403, "may not state outcomes"),
        (FINANCE, {"period": "2026-W40", "value": "three"}, 422, "row 1: value"),
        (FINANCE, {"period": "2126-W40", "value": "3"}, 422, "lies in the future"),
        (FINANCE, {"period": '2026,"W40', "value": "3"}, 403, "holds a comma"),
        (FINANCE, {"table": "case,at,value\nA,2026-11-01,3"}, 422, "begins with the column 'case'"),
        (FINANCE, {"table": "period,value\n2026-W40,1\n2026-W40,2"}, 422, "1 rows cannot be taken"),
        (FINANCE, {"period": "2026-W40"}, 403, "The field 'value'"),
    ],
)
def test_what_states_nothing_says_why(work: Work, name: str, fields: dict[str, str], status: int, words: str) -> None:
    """A wrong figure would move money and levels: nothing of it is kept, and what was typed stands there still."""
    head = work.office.ledger.head("refunds").seq
    folder = work.office.world.home / "outcomes"
    before = set(folder.iterdir()) if folder.exists() else set()
    address = "/slices/refunds/outcomes/cost_to_serve/values"
    answer = work.visitor(name).post(address, fields)
    assert answer.status_code == status
    assert words.replace("'", "&#39;") in answer.text
    if name == FINANCE and "table" in fields:
        assert fields["table"].splitlines()[0] in answer.text
    assert work.office.ledger.head("refunds").seq == head
    assert (set(folder.iterdir()) if folder.exists() else set()) == before
