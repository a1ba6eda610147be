from __future__ import annotations

import pytest

from goldenthread.record.principals import KeyRing
from goldenthread.record.store import Home
from surfaces.console.visiting import URL, Visitor, visitor
from surfaces.views.office import Office
from worlds import APPROVER, OWNER

JSON = "application/json"


@pytest.fixture
def inside(office: Office) -> Visitor:
    """Somebody who sits at the machine that holds the keys."""
    return visitor(office.ledger, home=Home(office.world.home))


def test_whoever_sits_at_the_keys_chooses_whom_to_act_as(inside: Visitor) -> None:
    """They could use any of the keys anyway; the page makes them say whose."""
    assert "Acting as</span> nobody" in inside.get("/").text
    inside.act_as(APPROVER)
    page = inside.get("/").text
    assert f"You act as {APPROVER} now." in page
    assert f"signed with the key of {APPROVER}" in page
    assert "You act as" not in inside.get("/").text, "said once"
    inside.act_as("")
    assert "Acting as</span> nobody" in inside.get("/").text


def test_nobody_acts_as_whoever_has_no_key_here(inside: Visitor) -> None:
    """A name in a form is only a name."""
    refused = inside.post("/act-as", {"name": "ghost@example.com"}, accept=JSON)
    assert refused.status_code == 403
    assert refused.json() == {
        "code": "form-refused",
        "message": "Nobody named 'ghost@example.com' has a key in this home. Choose one of the list.",
    }


def test_a_form_without_its_sessions_token_does_nothing(inside: Visitor) -> None:
    """Another site's page can send a form with the visitor's cookie, but not with this."""
    for fields in ({"name": OWNER}, {"name": OWNER, "csrf": "made-up"}, {"name": OWNER, "csrf": ["a", "b"]}):
        answer = inside.request("POST", "/act-as", {"origin": URL, "accept": JSON}, fields)
        assert (answer.status_code, answer.json()["code"]) == (403, "form-refused")
    assert "Acting as</span> nobody" in inside.get("/").text


def test_a_form_without_its_origin_is_refused(inside: Visitor) -> None:
    """Browsers name it; what does not is no page of ours."""
    answer = inside.request("POST", "/act-as", {"accept": JSON}, {"name": OWNER, "csrf": inside.csrf()})
    assert (answer.status_code, answer.json()["code"]) == (403, "request-refused")


def test_what_is_no_form_is_refused(inside: Visitor) -> None:
    """Bodies of other kinds, other encodings and other sizes are told from forms before anything is read of them."""
    headers = {"origin": URL, "accept": JSON}
    assert inside.request("POST", "/act-as", headers).json()["code"] == "form-refused"
    large = {"name": "x" * 1_100_000, "csrf": inside.csrf()}
    assert "larger than 1,000,000 bytes" in inside.request("POST", "/act-as", headers, large).json()["message"]
    nul = inside.post("/act-as", {"name": "a\0b"}, accept=JSON)
    assert "NUL" in nul.json()["message"]


def test_an_encrypted_key_is_opened_for_the_session_alone(office: Office) -> None:
    """A stolen home without the passphrase signs nothing, and a passphrase is written nowhere."""
    home, name = Home(office.world.home), APPROVER
    kept = {one: one.read_bytes() for one in home.keys.iterdir() if one.is_file()}
    ring = KeyRing(home)
    file = ring._file(name)
    try:
        file.unlink()
        KeyRing(home, "open sesame").generate(name)
        client = visitor(office.ledger, home=home, name=name)
        wrong = client.post("/unlock", {"passphrase": "sesame"}, accept=JSON)
        assert wrong.json() == {
            "code": "key-locked",
            "message": f"The passphrase given does not open the private key of '{name}'. Try again.",
        }
        assert client.post("/unlock", {"passphrase": "open sesame"}).status_code == 303
        assert "Your key is open until you sign out." in client.get("/").text
    finally:
        for one, content in kept.items():
            one.write_bytes(content)
