"""The problem map and promises in the console: looked at by everybody, changed by whoever owns the map."""

from __future__ import annotations

from pathlib import Path

import pytest

from control.problems.maps import a_problem, commit, map_text
from goldenthread.control.problems import load_problems, parse_problems, with_problem
from goldenthread.record.principals import Role, grant
from goldenthread.record.store import Home
from surfaces.console.visiting import Visitor, visitor
from surfaces.views.office import MARKUP, Office
from worlds import APPROVER, EXPERT, OWNER

SLOW = {
    "version": "",
    "name": "slow-refunds",
    "says": "Refunds wait two days, and most are routine.",
    "owner": OWNER,
    "for": f"customers {MARKUP}",
    "category": "waiting",
    "tractability": "5",
    "tractability_because": "decisions can be undone",
    "measurability": "4",
    "measurability_because": "every refund has two timestamps",
    "evidence": "tickets of 2026: 412 refunds, median 2.1 d\nthe desk: most are alike",
    "worth": "40000 to 90000 EUR/year",
    "slices": "refunds, visas",
    "horizon": "1",
    "set_aside": "",
}
SERVICE = Path(__file__).parents[3] / "docs" / "howto" / "promises.md"


def _inside(office: Office, name: str = "") -> Visitor:
    return visitor(office.ledger, home=Home(office.world.home), name=name)


def _service() -> str:
    """The promise that the how-to page writes down."""
    return SERVICE.read_text(encoding="utf-8").partition("```yaml file=order-checks.yaml\n")[2].partition("```")[0]


@pytest.fixture
def owner(busy_office: Office) -> Visitor:
    """Who owns every slice, with their key."""
    return _inside(busy_office, OWNER)


def test_a_problem_said_in_the_console_is_the_signed_map(busy_office: Office, owner: Visitor) -> None:
    """Nothing is asked before; then the map is in force, with its picture, its evidence, its slices and contracts."""
    assert "No problem map is in force" in owner.get("/problems").text
    done = owner.post("/problems/say", SLOW)
    assert (done.status_code, done.headers["location"]) == (303, "/problems")
    version = load_problems(busy_office.ledger).in_force
    assert version is not None
    assert (version.version, version.by) == (1, OWNER)
    page = owner.get("/problems").text
    assert "you signed version 1 of the map" in page
    assert '<figure class="problem-map"' in page
    assert MARKUP not in page
    assert 'href="/slices/refunds">refunds</a> <span class="quiet">contract in force, version 1' in page
    view = owner.get("/problems.json").json()
    (row,) = view["problems"]
    assert (row["place"], row["score"], row["ready"]) == (1, 20, True)
    assert row["evidence"] == [["tickets of 2026", "412 refunds, median 2.1 d"], ["the desk", "most are alike"]]
    assert [(one["slice"], one["state"]) for one in row["slices"]] == [("refunds", "in force"), ("visas", "unsigned")]
    one = owner.get("/problems/slow-refunds").text
    assert "What it lacks" not in one
    assert "Nothing but that somebody says so" not in one


def test_a_problem_is_edited_and_the_rest_of_the_map_stays(busy_office: Office, owner: Visitor) -> None:
    """Each edit is the next version; one that was drawn from an older version writes nothing over."""
    owner.post("/problems/say", SLOW)
    other = {**SLOW, "name": "lost-letters", "version": "1", "slices": "letters", "worth": "", "evidence": ""}
    assert owner.post("/problems/say", other).status_code == 303
    form = owner.get("/problems/lost-letters").text
    assert 'name="version" value="2"' in form
    edited = {**other, "version": "2", "says": "Letters get lost.", "set_aside": "Nobody writes letters any more."}
    assert owner.post("/problems/lost-letters/edit", edited).status_code == 303
    version = load_problems(busy_office.ledger).in_force
    assert version is not None
    first, second = version.map.problems
    assert (version.version, first.name, first.worth is not None) == (3, "slow-refunds", True)
    assert (second.says, second.set_aside) == ("Letters get lost.", "Nobody writes letters any more.")
    late = owner.post("/problems/lost-letters/edit", {**edited, "says": "Written over."})
    assert late.status_code == 403
    assert "The map has another version than the one that this page showed" in late.text
    assert 'value="Written over."' in late.text
    assert owner.get("/problems/lost-letter").status_code == 404
    assert owner.post("/problems/lost-letter/edit", {**edited, "version": "3"}).status_code == 404


def test_an_edit_loses_no_evidence(busy_office: Office, owner: Visitor) -> None:
    """A source may have a colon of its own, and two of one name would be one."""
    known = {"complaints: 2024": "900 of 58000", "complaints: 2025": "1200 of 61000"}
    (problem,) = parse_problems(map_text({"wrong-invoices": a_problem(evidence=known)})).problems
    commit(busy_office.world, with_problem(None, problem, owner=OWNER))
    typed = {**SLOW, "version": "1", "slices": ""}
    lines = "complaints: 2024: 900 of 58000\ncomplaints: 2025: 1200 of 61000"
    assert lines in owner.get("/problems/wrong-invoices").text
    done = owner.post("/problems/wrong-invoices/edit", {**typed, "evidence": f"{lines}\nthe desk: most are alike"})
    assert done.status_code == 303
    version = load_problems(busy_office.ledger).in_force
    assert version is not None
    assert version.map.problems[0].evidence == {**known, "the desk": "most are alike"}
    twice = {**typed, "version": "2", "evidence": "the desk: one\nthe desk: another"}
    refused = owner.post("/problems/wrong-invoices/edit", twice)
    assert (refused.status_code, "one line would be lost" in refused.text) == (403, True)


@pytest.mark.parametrize(
    ("field", "typed", "status", "words"),
    [
        ("worth", "a lot", 403, "is no worth in a year"),
        ("category", "mood", 422, "mood"),
        ("name", "Slow Refunds", 422, "small letters and hyphens"),
        ("evidence", "everybody knows", 403, "is no evidence; write where it is from"),
        ("says", " ", 403, "The field &#39;says&#39; is empty"),
        ("slices", "refunds refunds!", 422, "refunds!"),
        ("tractability", "9", 403, "is no rating with a reason"),
        ("horizon", "4", 403, "is no horizon"),
    ],
)
def test_what_cannot_be_taken_is_said_and_what_was_typed_stays(
    office: Office, field: str, typed: str, status: int, words: str
) -> None:
    """Nothing is signed, and nobody types it all again."""
    owner = _inside(office, OWNER)
    answer = owner.post("/problems/say", {**SLOW, field: typed})
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert 'value="decisions can be undone"' in answer.text
    assert owner.get("/problems.json").json()["version"] is None


def test_only_its_owner_changes_the_map_and_everybody_finds_it(busy_office: Office, owner: Visitor) -> None:
    """A leader looks, another owner is told whose it is, whoever acts as nobody signs nothing."""
    owner.post("/problems/say", SLOW)
    ring = busy_office.world.keyring
    grant(busy_office.ledger, ring, by=OWNER, name=EXPERT, roles=[Role(name="owner")])
    another = _inside(busy_office, EXPERT)
    assert "Say a problem" not in another.get("/problems").text
    refused = another.post("/problems/say", {**SLOW, "name": "mine", "version": "1", "slices": ""})
    assert (refused.status_code, f"The map belongs to &#39;{OWNER}&#39;" in refused.text) == (403, True)
    looking = _inside(busy_office)
    page = looking.get("/").text
    assert 'href="/problems">Problems</a>' in page
    assert 'href="/promises">Promises</a>' in page
    assert "Say a problem" not in looking.get("/problems").text
    assert looking.post("/problems/say", SLOW).status_code == 403


def test_a_promise_is_weighed_and_kept_for_a_decision(busy_office: Office, owner: Visitor) -> None:
    """The page says what the command says: which option brings most, and where it breaks even."""
    assert "None was weighed yet." in owner.get("/promises").text
    done = owner.post("/promises", {"text": _service()})
    assert (done.status_code, done.headers["location"]) == (303, "/promises/order-checks")
    page = owner.get("/promises/order-checks").text
    assert "every-order by agent brings most: likely 504 EUR a week more than today" in page
    assert "no worse than today up to 0.1509 EUR for a run" in page
    assert '<figure class="frontier"' in page
    assert owner.get("/promises/order-checks.json").json()["service"]["name"] == "order-checks"
    (kept,) = owner.get("/promises.json").json()["promises"]
    assert kept["answer"].startswith("every-order by agent brings most")
    assert owner.get("/promises/other").status_code == 404
    assert owner.get("/promises/..%2Fkeys").status_code == 404
    broken = owner.post("/promises", {"text": _service().replace("hit: 1 %", "hit: often")})
    assert broken.status_code == 422
    assert "often" in broken.text
    example = owner.post("/promises", {"text": _service().replace("orders of 2026", "WHERE FROM")})
    assert (example.status_code, "1 of the numbers are still the example" in example.text) == (403, True)
    approver = _inside(busy_office, APPROVER)
    assert "Weigh a promise" not in approver.get("/promises").text
    assert approver.post("/promises", {"text": _service()}).status_code == 403


def test_a_promise_that_was_kept_is_never_replaced(busy_office: Office, owner: Visitor) -> None:
    """Somebody may have been sent its page: other numbers need another name, the same ones change nothing."""
    assert owner.post("/promises", {"text": _service()}).status_code == 303
    assert owner.post("/promises", {"text": _service()}).status_code == 303
    other = owner.post("/promises", {"text": _service().replace("saved: 40 EUR", "saved: 4 EUR")})
    assert other.status_code == 403
    assert "A promise &#39;order-checks&#39; with other numbers is kept already" in other.text
    assert "saved: 4 EUR/case" in other.text
    assert "saved: 40 EUR/case" in owner.get("/promises/order-checks").text
    again = _service().replace("saved: 40 EUR", "saved: 4 EUR").replace("name: order-checks", "name: order-checks-2")
    assert owner.post("/promises", {"text": again}).headers["location"] == "/promises/order-checks-2"
    assert sorted(one.name for one in (busy_office.world.home / "promises").iterdir()) == [
        "order-checks-2.yaml", "order-checks.yaml",
    ]  # fmt: skip


def test_promises_that_no_page_holds_are_counted(
    busy_office: Office, owner: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list that ends somewhere says that it does."""
    monkeypatch.setattr("goldenthread.surfaces.console.pages.promises._MOST", 2)
    for name in ("order-checks", "parcels", "returns"):
        owner.post("/promises", {"text": _service().replace("name: order-checks", f"name: {name}")})
        told = "1 more are kept in this home and not shown" in owner.get("/promises").text
        assert told is (name == "returns")
    shown = owner.get("/promises.json").json()
    assert ([one["name"] for one in shown["promises"]], shown["more"]) == (["order-checks", "parcels"], 1)


def test_a_promise_that_cannot_be_read_any_more_says_so(busy_office: Office, owner: Visitor) -> None:
    """It does not take the others with it."""
    owner.post("/promises", {"text": _service()})
    (busy_office.world.home / "promises" / "broken.yaml").write_text("kind: Nothing\n")
    kept = owner.get("/promises.json").json()["promises"]
    assert [(one["name"], bool(one["problem"])) for one in kept] == [("broken", True), ("order-checks", False)]
    assert owner.get("/promises/broken").status_code == 422
