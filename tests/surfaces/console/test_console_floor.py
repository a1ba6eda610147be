from __future__ import annotations

import re

import pytest

from goldenthread.record.principals import Role, grant
from goldenthread.record.store import Home
from goldenthread.record.viewpoints import MOST, SHARED, Viewpoint, keep, viewpoints
from goldenthread.surfaces.views import case_page
from surfaces.console.visiting import Visitor, visitor
from surfaces.views.office import ACTIONS, MARKUP, SECRET, Office
from worlds import APPROVER, ENGINEER, EXPERT, FINANCE, GATES, OWNER, contract_text

JSON = "application/json"


@pytest.fixture
def owner(office: Office) -> Visitor:
    """The owner, at the machine that holds the keys."""
    return visitor(office.ledger, home=Home(office.world.home), name=OWNER)


@pytest.fixture
def approver(office: Office) -> Visitor:
    """An approver there."""
    return visitor(office.ledger, home=Home(office.world.home), name=APPROVER)


def words(html: str) -> str:
    """The text of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def shown(client: Visitor, query: str = "") -> list[str]:
    """The slices that the floor shows."""
    return [one["slice"] for one in client.get(f"/index.json{query}").json()["products"]]


def test_the_floor_is_chosen_in_its_address(approver: Visitor) -> None:
    """Without script, with a link that can be sent to somebody."""
    assert shown(approver) == ["claims", "letters", "refunds", "visas"]
    assert shown(approver, "?stage=asking") == ["refunds"]
    assert shown(approver, "?only=danger&form=lines") == ["claims"]
    assert shown(approver, "?only=mine&sort=slice") == ["letters", "refunds"]
    assert shown(approver, "?q=visas") == ["visas"]
    assert "No slice is so." in approver.get("/?q=nothing-like-it").text
    refused = approver.get("/index.json?level=odd")
    assert (refused.status_code, refused.json()["code"]) == (404, "page-not-found")


def test_nothing_that_ones_own_agent_asks_waits_for_one(busy_office: Office) -> None:
    """The floor and the inbox agree: nobody approves what an agent asks that they answer for."""
    office = busy_office
    grant(office.ledger, office.world.keyring, by=OWNER, name=ENGINEER, roles=[Role(name="approver")])

    def duties(name: str) -> list[str]:
        client = visitor(office.ledger, home=Home(office.world.home), name=name)
        return [one["words"] for one in client.get("/index.json").json()["summary"]["duties"]]

    assert any("your yes or no" in one for one in duties(APPROVER))
    assert not any("your yes or no" in one for one in duties(ENGINEER))
    assert not any("your yes or no" in one for one in duties(OWNER)), "the contract's path does not name the owner"


def test_what_is_typed_into_the_search_stays_text(approver: Visitor) -> None:
    """An address is written by whoever sends the link."""
    page = approver.get("/?q=%3Cscript%3Ealert(1)%3C/script%3E&product=%22%3E%3Cb%3E").text
    assert MARKUP not in page
    assert 'value="&lt;script&gt;alert(1)&lt;/script&gt;"' in page


def test_a_view_is_kept_chosen_first_and_forgotten(approver: Visitor, owner: Visitor) -> None:
    """Each their own; nobody else sees it."""
    kept = approver.post(
        "/views/keep", {"name": "  My   queue ", "query": "only=mine&sort=waiting&x=y", "first": "yes"}
    )
    assert (kept.status_code, kept.headers["location"]) == (303, "/?only=mine&sort=waiting")
    assert shown(approver) == ["refunds", "letters"]
    assert "by the view “My queue”" in words(approver.get("/").text)
    assert shown(approver, "?all=1") == ["claims", "letters", "refunds", "visas"]
    assert owner.get("/index.json").json()["saved"] == []
    gone = owner.post("/views/forget", {"name": "My queue"}, accept=JSON)
    assert (gone.status_code, gone.json()["code"]) == (403, "form-refused")
    assert approver.post("/views/forget", {"name": "My queue"}).status_code == 303
    assert len(shown(approver)) == 4


def test_only_an_owner_or_administrator_keeps_a_view_for_everybody(approver: Visitor, owner: Visitor) -> None:
    """What everybody sees first is nobody's to change in passing."""
    asked = {"name": "Danger", "query": "only=danger", "first": "yes", "shared": "yes"}
    refused = approver.post("/views/keep", asked, accept=JSON)
    assert (refused.status_code, refused.json()["code"]) == (403, "right-missing")
    assert owner.post("/views/keep", asked).status_code == 303
    assert shown(approver) == ["claims"]
    assert approver.post("/views/keep", {"name": "Mine", "query": "only=mine", "first": "yes"}).status_code == 303
    assert shown(approver) == ["letters", "refunds"], "their own goes before what is shared"
    assert approver.post("/views/forget", {"name": "Danger", "shared": "yes"}, accept=JSON).status_code == 403
    for client, fields in ((approver, {"name": "Mine"}), (owner, {"name": "Danger", "shared": "yes"})):
        assert client.post("/views/forget", fields).status_code == 303


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": "", "query": ""}, "form-refused"),
        ({"name": "x" * 61, "query": ""}, "form-refused"),
        ({"name": "x", "query": "q=" + "y" * 600}, "form-refused"),
        ({"name": "x", "query": "stage=odd"}, "page-not-found"),
    ],
)
def test_a_view_that_cannot_be_kept_is_named(approver: Visitor, fields: dict[str, str], code: str) -> None:
    """And nothing is kept of it."""
    assert approver.post("/views/keep", fields, accept=JSON).json()["code"] == code
    assert approver.get("/index.json").json()["saved"] == []


def test_whoever_acts_as_nobody_keeps_nothing(office: Office) -> None:
    """There is nobody to keep it for."""
    client = visitor(office.ledger, home=Home(office.world.home))
    refused = client.post("/views/keep", {"name": "x", "query": ""}, accept=JSON)
    assert (refused.status_code, refused.json()["code"]) == (403, "right-missing")
    assert "Keep this view" not in client.get("/").text


def test_nobody_keeps_more_views_than_there_is_room_for(office: Office) -> None:
    """A form sent a thousand times must not fill the database."""
    store = office.ledger.store
    for number in range(MOST):
        keep(store, Viewpoint(owner="full", name=f"v{number}", query="", first=True), by="full")
    with pytest.raises(Exception, match="40 views are kept already, and that is the most"):
        keep(store, Viewpoint(owner="full", name="one more", query="", first=False), by="full")
    keep(store, Viewpoint(owner="full", name="v7", query="q=other", first=True), by="full")
    mine = viewpoints(store, "full")
    assert [one.name for one in mine if one.first] == ["v7"]
    assert [one for one in viewpoints(store, None) if one.owner != SHARED] == []


def test_finding_leads_to_slices_pages_cases_and_ids(approver: Visitor, office: Office) -> None:
    """What the palette asks works as a page, too."""

    def found(q: str) -> list[tuple[str, str]]:
        return [(one["kind"], one["address"]) for one in approver.get(f"/find.json?q={q}").json()["found"]]

    assert found("refunds")[0] == ("slice", "/slices/refunds")
    assert ("page", "/slices/refunds/metrics") in found("refunds metrics")
    edited = next(one for one in case_page(office.desk("refunds")).cases if one.case.words == "edited")
    assert ("case", f"/slices/refunds/cases/{edited.run}") in found("edited")
    action = edited.actions[0].id
    assert ("action", f"/actions/{action}") in found(action)
    assert ("action", f"/actions/{action}") in found(action[:8])
    assert found("no-such-thing-anywhere") == []
    assert found(SECRET) == []
    assert "Nothing is so." in approver.get("/find?q=%3Cb%3Enothing").text


def test_finding_shows_no_case_to_whoever_may_not_look_at_cases(office: Office) -> None:
    """A data owner sees slices, and not what they hold: not even that a case exists."""
    client = visitor(office.ledger, home=Home(office.world.home), name=FINANCE)
    kinds = {one["kind"] for one in client.get("/find.json?q=edited").json()["found"]}
    assert kinds == set()
    assert "cases" not in words(client.get("/find?q=refunds").text)


def test_the_history_says_in_words_what_each_version_changed(owner: Visitor, office: Office) -> None:
    """Who signed when, what it loosened, and what had to be proved anew. The last test: it signs another version."""
    first = words(owner.get("/slices/claims/history").text)
    assert "Version 1 in force since" in first
    assert "The first version: everything in it had to be proved." in first
    text = contract_text("claims", version=2, actions=ACTIONS, gates={**GATES, "draft": ["agreement >= 70 %"]})
    office.world.sign(text)
    view = owner.get("/slices/claims/history.json").json()
    assert [(one["version"], one["state"]) for one in view["versions"]] == [(2, "in force"), (1, "replaced")]
    newest, oldest = view["versions"]
    assert oldest["until"] == newest["in_force"]
    assert newest["afresh"] == ["draft"]
    loosened = [one["words"] for one in newest["changes"] if one["direction"] == "loosens"]
    assert any("'agreement >= 70 %' instead of 'agreement >= 80 %'" in one for one in loosened), loosened
    page = words(owner.get("/slices/claims/history").text)
    assert "To be proved anew: the gate to draft. Evidence from before does not count there." in page
    assert f"{EXPERT} signed as expert" in page
    assert "visas" not in page
    unsigned = words(owner.get("/slices/visas/history").text)
    assert "Version 1 not signed by all" in unsigned
    assert f"{FINANCE} has not signed as data-owner" in unsigned
