from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from goldenthread.record.accounts import invite, load_accounts, sessions_of
from goldenthread.record.principals import Role, load_tokens
from goldenthread.record.store.server import EmbeddedServer
from record.accounts.staff import GOOD, Staff, opened_staff
from surfaces.console.doorstep import JSON, LOCAL, newcomer, signed_in
from surfaces.console.visiting import Visitor
from worlds import AGENT, OWNER, Model, contract_text

MARKUP = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def staff(server: EmbeddedServer, peopled: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """A home with people and two slices; each test hires its own."""
    with opened_staff(server, peopled, tmp_path_factory.mktemp("people")) as made:
        made.world.sign(contract_text("refunds", parts="product: desk\n"))
        made.world.sign(contract_text("letters", parts="product: desk\n"))
        made.invite_owner = invite(made.ledger, made.ring, by=OWNER, name=OWNER)[1]  # type: ignore[attr-defined]
        from goldenthread.record.accounts import accept_with_password
        from record.accounts.staff import HERE

        accept_with_password(made.ledger, made.invite_owner, GOOD, HERE)  # type: ignore[attr-defined]
        yield made


@pytest.fixture
def administrator(staff: Staff) -> Visitor:
    """The administrator, who is in."""
    return signed_in(staff, OWNER)


def test_an_administrator_sees_who_may_do_what_and_how_they_come_in(staff: Staff, administrator: Visitor) -> None:
    """Who left, who has no account, who never came: on one page."""
    name = staff.member()
    page = administrator.get("/people").text
    assert (name in page, "no account" in page, AGENT in page) == (True, True, True)
    shown = administrator.get("/people.json").json()
    line = next(one for one in shown["people"] if one["name"] == name)
    assert line["roles"] == [{"role": "approver", "slice": None, "words": "approver"}]
    assert line["account"]["password_at"] is not None
    one = administrator.get(f"/people/{name}").text
    assert ("Revoke everything" in one, "sign-in" in one) == (True, True)


def test_others_see_roles_and_nothing_of_accounts(staff: Staff) -> None:
    """When a colleague last signed in is nobody's business but the administrator's."""
    client, name = signed_in(staff, staff.member()), staff.member()
    shown = client.get("/people.json").json()
    assert (shown["accounts"], {one["account"] is None for one in shown["people"]}) == (False, {True})
    one = client.get(f"/people/{name}.json").json()
    assert (one["sessions"], one["events"], one["line"]["account"]) == ([], [], None)
    assert "Revoke everything" not in client.get(f"/people/{name}").text
    assert client.get("/people/ghost").status_code == 422


def test_a_role_counts_in_a_slice_in_all_of_a_product_or_everywhere(staff: Staff, administrator: Visitor) -> None:
    """A product is more than one slice; the record names each."""
    name = staff.hire(role="viewer")
    for scope in ("slice:refunds", "product:desk", "*"):
        assert (
            administrator.post("/people/grant", {"name": name, "role": "engineer", "scope": scope}).status_code == 303
        )
    held = staff.principals.get(name).roles
    assert held == {
        Role(name="viewer"),
        Role(name="engineer", slice="refunds"),
        Role(name="engineer", slice="letters"),
        Role(name="engineer"),
    }
    taken = {"name": name, "role": "engineer@letters", "reason": "moved"}
    assert administrator.post("/people/revoke-role", taken).status_code == 303
    assert Role(name="engineer", slice="letters") not in staff.principals.get(name).roles
    for scope in ("slice:ghost", "product:ghost", "nowhere", "organisation"):
        refused = administrator.post("/people/grant", {"name": name, "role": "viewer", "scope": scope}, **JSON)
        assert (refused.status_code, refused.json()["code"]) == (403, "form-refused")


def test_somebody_new_is_added_invited_and_shut_out_again(staff: Staff, administrator: Visitor) -> None:
    """A colleague's whole time, on the pages alone."""
    name = "new.colleague@example.com"
    added = {"name": name, "kind": "person", "role": "viewer", "scope": "*"}
    assert administrator.post("/people/add", added).headers["location"] == f"/people/{name}"
    administrator.post("/people/invite", {"name": name})
    said = administrator.get(f"/people/{name}").text
    link = re.search(rf"{LOCAL}(/invitations/[\w-]+)", said)
    assert link is not None
    assert "/invitations/" not in administrator.get(f"/people/{name}").text, "shown once"
    theirs = newcomer(staff)
    theirs.request("POST", link[1], {"origin": LOCAL}, {"password": GOOD, "again": GOOD})
    assert theirs.get("/account").status_code == 200
    assert administrator.post("/people/end-sessions", {"name": name}).status_code == 303
    assert theirs.get("/account").status_code == 303
    administrator.post("/people/remove-account", {"name": name, "reason": MARKUP})
    assert name not in load_accounts(staff.ledger, staff.principals)
    administrator.post("/people/revoke", {"name": name, "reason": MARKUP})
    page = administrator.get(f"/people/{name}").text
    assert (MARKUP in page, "Holds nothing any more" in page) == (False, True)
    robot = {"name": "robot", "kind": "agent", "role": "agent", "scope": "*"}
    assert administrator.post("/people/add", robot, **JSON).json()["code"] == "form-refused"


def test_revoking_somebody_ends_every_session_of_theirs(staff: Staff, administrator: Visitor) -> None:
    """Also where a copy of the cookie lies elsewhere."""
    name = staff.member()
    client = signed_in(staff, name)
    administrator.post("/people/revoke", {"name": name, "reason": "left"})
    assert sessions_of(staff.ledger, name) == ()
    assert client.get("/").status_code == 303


def test_a_token_is_made_shown_once_and_taken_back(staff: Staff, administrator: Visitor) -> None:
    """The page does what the command does, and keeps as little."""
    made = administrator.post("/tokens/create", {"holder": f"agent:{AGENT}", "slice": ["refunds"], "days": "7"}, **JSON)
    text = made.json()["said"].rpartition(" ")[2]
    token = load_tokens(staff.ledger).find(text, staff.now)
    assert token is not None
    assert (token.name, token.slices) == (AGENT, ("refunds",))
    page = administrator.get("/tokens").text
    assert (token.id in page, text in page) == (True, False)
    assert administrator.post("/tokens/revoke", {"token": token.id, "reason": MARKUP}).status_code == 303
    assert load_tokens(staff.ledger).find(text, staff.now) is None
    assert MARKUP not in administrator.get("/tokens").text
    for wrong in ({"holder": "agent"}, {"slice": "ghost"}, {"days": "x"}):
        fields = {"holder": f"agent:{AGENT}", "days": "7", **wrong}
        refused = administrator.post("/tokens/create", fields, **JSON)
        assert (refused.status_code, refused.json()["code"]) == (403, "form-refused")
