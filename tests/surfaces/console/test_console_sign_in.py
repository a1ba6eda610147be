from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from goldenthread.record.accounts import accept_with_password, read_events, sessions_of
from goldenthread.record.ledger import ORGANISATION
from goldenthread.record.principals import KeyRing, grant, revoke
from goldenthread.record.store import Home
from goldenthread.record.store.server import EmbeddedServer
from goldenthread.surfaces.console.doors import own_hosts
from goldenthread.surfaces.console.entrance import Entrance, own_path
from record.accounts.staff import GOOD, HERE, OTHER, Device, Staff, opened_staff
from surfaces.console.doorstep import COOKIE, FAR, JSON, LOCAL, far_visitor, newcomer, signed_in
from surfaces.console.visiting import PORT, URL, Visitor, stranger, visitor
from worlds import OWNER, Model

MARKUP = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def staff(server: EmbeddedServer, peopled: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """A home with people; each test hires its own."""
    with opened_staff(server, peopled, tmp_path_factory.mktemp("door")) as made:
        yield made


def sign_in(client: Visitor, name: str, password: str = GOOD, to: str = "/", **headers: str) -> tuple[int, str, str]:
    """Send the form of the door; the status, where it leads, and the cookie."""
    fields = {"name": name, "password": password, "next": to}
    answer = client.request("POST", "/sign-in", {"origin": client.url, **headers}, fields)
    return answer.status_code, answer.headers.get("location", ""), answer.headers.get("set-cookie", "")


def test_whoever_is_not_in_is_led_to_the_door_and_then_to_their_page(staff: Staff) -> None:
    """People open links; after signing in they want what they opened."""
    client, name = newcomer(staff), staff.member()
    led = client.get("/people?x=1")
    assert (led.status_code, led.headers["location"]) == (303, "/sign-in?next=%2Fpeople%3Fx%3D1")
    page = client.get(led.headers["location"])
    assert (page.status_code, 'name="next" value="/people?x=1"' in page.text) == (200, True)
    status, to, cookie = sign_in(client, name, to="/people?x=1")
    assert (status, to) == (303, "/people?x=1")
    assert {part.strip() for part in cookie.split(";")[1:]} == {"HttpOnly", "Path=/", "SameSite=strict"}
    assert client.get("/people").status_code == 200
    assert f"<summary>{name}</summary>" in client.get("/").text


def test_programs_are_told_and_not_led(staff: Staff) -> None:
    """A redirect to a form helps no program."""
    client = newcomer(staff)
    for answer in (
        client.get("/index.json"),
        client.get("/", JSON),
        client.request("POST", "/tokens/create", {"origin": LOCAL, **JSON}, {"csrf": ""}),
    ):
        assert answer.status_code == 403
        assert answer.json() == {
            "code": "token-refused",
            "message": "This page is for those who are in. Sign in, and open it again.",
        }


def test_a_link_from_elsewhere_finds_whoever_is_in(staff: Staff) -> None:
    """The cookie is strict, so it stays behind when another site links here; the page asks once more by itself."""
    client = newcomer(staff)
    for site in ("cross-site", "same-site"):
        page = client.get("/people", {"sec-fetch-site": site})
        assert (page.status_code, 'content="0;url=/people"' in page.text) == (200, True)
    assert client.get("/people", {"sec-fetch-site": "same-origin"}).status_code == 303


def test_a_wrong_password_says_nothing_and_sets_nothing(staff: Staff) -> None:
    """Neither words nor cookies nor statuses tell names apart."""
    client, name = newcomer(staff), staff.member()
    pages = []
    for who in (name, "nobody@example.com"):
        answer = client.request("POST", "/sign-in", {"origin": LOCAL}, {"name": who, "password": "wrong and wrong"})
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
        assert "wrong and wrong" not in answer.text
        pages.append(answer.text.replace(who, "WHO"))
    assert pages[0] == pages[1]


def test_too_many_attempts_wait_and_are_told_how_long(staff: Staff) -> None:
    """Whoever waits must know how long; whoever guesses gets no faster."""
    client, name = newcomer(staff), staff.member()
    assert [sign_in(client, name, "wrong and wrong")[0] for _ in range(5)] == [403] * 5
    answer = client.request("POST", "/sign-in", {"origin": LOCAL, **JSON}, {"name": name, "password": GOOD})
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (
        429,
        "sign-in-throttled",
        "15",
    )
    staff.later(seconds=15)
    assert sign_in(client, name)[0] == 303


def test_each_sign_in_gets_a_session_that_did_not_exist_before(staff: Staff) -> None:
    """A session planted in somebody's browser must not become theirs (session fixation)."""
    client, name = newcomer(staff), staff.member()
    client.cookies.set(COOKIE, "planted", domain="localhost.local")
    assert sign_in(client, name)[0] == 303
    first = client.cookies.get(COOKIE)
    assert first not in (None, "planted")
    assert sign_in(client, name)[0] == 303
    assert client.cookies.get(COOKIE) != first
    client.cookies.set(COOKIE, "planted", domain="localhost.local")
    assert client.get("/people").status_code == 303


def test_a_session_gets_another_secret_when_its_rights_grow(staff: Staff) -> None:
    """What was known before the key was open must not sign with it."""
    client = signed_in(staff, staff.member())
    before = client.cookies.get(COOKIE)
    answer = client.post("/unlock", {"passphrase": ""})
    assert answer.status_code == 303
    after = client.cookies.get(COOKIE)
    assert after not in (None, before)
    client.cookies.set(COOKIE, str(before), domain="localhost.local")
    assert client.get("/").status_code == 303


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "evil",
        "/\t/evil.example", "/%0d%0aset-cookie:x=1\r\n", "http:evil", " //evil", "/sign-out", "/sign-in?next=/", "",
        "/invitations/x", "/" + "a" * 1001, "///evil.example", "/ж",
    ],
)  # fmt: skip
def test_nobody_is_sent_anywhere_else(to: str) -> None:
    """A link to the door that ends on another site makes phishing look like us."""
    assert own_path(to) == "/"


@pytest.mark.parametrize("to", ["/", "/slices/a/cases?status=open&after=3", "/people/lee@example.com"])
def test_our_own_pages_are_come_back_to(to: str) -> None:
    """The refusal of others must not lose ours."""
    assert own_path(to) == to


def test_the_door_sends_nobody_elsewhere_either(staff: Staff) -> None:
    """The rule is asked at every place where an address comes in."""
    client, name = newcomer(staff), staff.member()
    assert 'name="next" value="/"' in client.get("/sign-in?next=https://evil.example").text
    assert sign_in(client, name, to="//evil.example")[1] == "/"
    page = newcomer(staff).get("//evil.example/x", {"sec-fetch-site": "cross-site"})
    assert "evil.example" not in page.headers.get("location", "")
    assert "url=//" not in page.text


def test_a_form_from_another_site_signs_nobody_in_or_out(staff: Staff) -> None:
    """Signing somebody in as somebody else is an attack, too (login CSRF)."""
    client, name = newcomer(staff), staff.member()
    for origin in ("https://evil.example", "null", f"https://localhost:{PORT}"):
        assert sign_in(client, name, origin=origin)[0] == 403
    bare = client.request("POST", "/sign-in", None, {"name": name, "password": GOOD})
    assert (bare.status_code, "set-cookie" in bare.headers) == (403, False)
    inside = signed_in(staff, name)
    assert inside.request("POST", "/sign-out", {"origin": LOCAL}, {"csrf": "made-up"}).status_code == 403
    assert inside.get("/").status_code == 200


def test_a_form_with_another_sessions_token_does_nothing(staff: Staff) -> None:
    """Everybody can draw a form of their own, and nobody another's."""
    one, other = signed_in(staff, staff.member()), signed_in(staff, staff.member())
    fields = {"csrf": other.csrf()}
    answer = one.request("POST", "/account/sessions/end-others", {"origin": LOCAL, **JSON}, fields)
    assert (answer.status_code, answer.json()["code"]) == (403, "form-refused")


def test_signing_out_ends_the_session_on_the_server(staff: Staff) -> None:
    """A copied cookie must be worth nothing afterwards."""
    name = staff.member()
    client = signed_in(staff, name)
    secret = str(client.cookies.get(COOKIE))
    answer = client.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?said=out")
    assert "You are signed out." in client.get("/sign-in?said=out").text
    client.cookies.set(COOKIE, secret, domain="localhost.local")
    assert client.get("/").status_code == 303


def test_whoever_is_revoked_is_out_at_the_next_request(staff: Staff) -> None:
    """Not at the end of their session."""
    name = staff.member()
    client = signed_in(staff, name)
    assert client.get("/account").status_code == 200
    revoke(staff.ledger, staff.ring, by=OWNER, name=name, reason="left")
    assert client.get("/account").status_code == 303
    assert client.get("/account.json").json()["code"] == "token-refused"


def test_over_tls_the_cookie_is_bound_to_the_host_and_browsers_stay_with_tls(staff: Staff) -> None:
    """A cookie that once passes in the clear is anybody's."""
    client, name = far_visitor(staff), staff.member()
    status, _, cookie = sign_in(client, name)
    assert status == 303
    assert cookie.startswith("__Host-goldenthread=")
    assert {part.strip() for part in cookie.split(";")[1:]} == {"HttpOnly", "Path=/", "SameSite=strict", "Secure"}
    for address in ("/", "/sign-in", "/nowhere", "/console.css"):
        headers = client.get(address).headers
        assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
        assert headers["x-frame-options"] == "DENY"
    assert "strict-transport-security" not in newcomer(staff).get("/sign-in").headers


@pytest.mark.parametrize(
    "host", ["evil.example", "console.example.com.evil.example", "127.0.0.1", "console.example.com:8443"]
)
def test_only_its_own_name_is_answered(staff: Staff, host: str) -> None:
    """Links in invitations are made from the host; a forged one must not stand in them."""
    answer = far_visitor(staff).get("/sign-in", {"host": host})
    assert (answer.status_code, "request-refused" in answer.text) == (403, True)


def test_behind_something_that_encrypts_the_last_address_counts(staff: Staff) -> None:
    """What a sender writes in front of it is made up; what the proxy added is not."""
    name = staff.member()
    for behind, seen in ((True, "203.0.113.9"), (False, "127.0.0.1")):
        sign_in(far_visitor(staff, behind=behind), name, **{"x-forwarded-for": "6.6.6.6, 203.0.113.9"})
        assert read_events(staff.ledger, name)[0].address == seen


def test_the_terminals_link_opens_nothing_where_people_sign_in(staff: Staff) -> None:
    """And where the link opens, nobody signs in: one door each."""
    assert newcomer(staff).get("/enter?token=the-token-of-the-terminal").status_code == 303
    assert newcomer(staff).get("/enter?token=the-token-of-the-terminal").headers["location"].startswith("/sign-in")
    assert stranger(staff.ledger).get("/sign-in").status_code == 403
    inside = visitor(staff.ledger)
    assert inside.get("/sign-in").status_code == 404
    assert "You came in with the link of the terminal" in inside.get("/account").text
    refused = inside.post("/account/sessions/end-others", None, **JSON)
    assert refused.json()["message"].startswith("You came in with the terminal's link, and not by an account.")


def test_an_invitation_is_accepted_with_a_password(staff: Staff) -> None:
    """The first thing that a new colleague sees."""
    name = staff.hire()
    client, address = newcomer(staff), f"/invitations/{staff.invited(name)}"
    page = client.get(address)
    assert (page.status_code, name in page.text, f"{OWNER} invites you" in page.text) == (200, True, True)

    def send(first: str, again: str) -> httpx.Response:
        return client.request("POST", address, {"origin": LOCAL}, {"password": first, "again": again})

    assert "The two passwords are not the same" in send(GOOD, OTHER).text
    weak = send("password1234", "password1234")
    assert (weak.status_code, "easily guessed" in weak.text) == (422, True)
    done = send(GOOD, GOOD)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert client.get("/account").status_code == 200
    gone = client.get(address)
    assert (gone.status_code, "invitation-invalid" in gone.text) == (404, True)


def test_an_invitation_is_accepted_with_a_passkey_which_signs_in_from_then_on(staff: Staff) -> None:
    """No password exists that could be lost."""
    name, device, client = staff.hire(), Device(), newcomer(staff)
    address = f"/invitations/{staff.invited(name)}/passkey"

    def send(to: str, fields: dict[str, str]) -> httpx.Response:
        return client.request("POST", to, {"origin": LOCAL, **JSON}, fields)

    asked = send(f"{address}/ask", {"csrf": ""}).json()
    answer = device.make(json.dumps(asked["options"]), LOCAL)
    done = send(address, {"begun": asked["begun"], "answer": answer, "label": MARKUP})
    assert (done.status_code, done.json()) == (200, {"to": "/"})
    assert (MARKUP in client.get("/account").text, "&lt;script&gt;" in client.get("/account").text) == (False, True)
    client = newcomer(staff)
    asked = send("/sign-in/passkey/ask", {"csrf": ""}).json()
    shown = {"begun": asked["begun"], "answer": device.show(json.dumps(asked["options"]), LOCAL), "next": "/account"}
    assert send("/sign-in/passkey", shown).json() == {"to": "/account"}
    assert client.get("/account").status_code == 200
    assert send("/sign-in/passkey", shown).json()["code"] == "sign-in-refused"


def test_another_passkey_is_added_and_removed_by_whoever_is_in(staff: Staff) -> None:
    """Two devices are better than one; a lost one is shut out."""
    name, device = staff.member(), Device()
    client = signed_in(staff, name)
    asked = client.post("/account/passkeys/ask", None, **JSON).json()["gave"]
    answer = device.make(json.dumps(asked["options"]), LOCAL)
    kept = client.post("/account/passkeys", {"begun": asked["begun"], "answer": answer, "label": "Key"}, **JSON)
    assert kept.json() == {"to": "/account", "said": "The passkey is yours from now on."}
    assert "Key" in client.get("/account").text
    assert client.post("/account/passkeys/remove", {"passkey": device.id.hex()}).status_code == 303
    assert json.loads(client.get("/account.json").text)["account"]["passkeys"] == []


def test_browsers_make_no_passkeys_for_numbers_and_the_page_says_so(staff: Staff) -> None:
    """A button that can't work is worse than none."""
    client = newcomer(staff, url=URL)
    assert "passkey" not in re.sub(r"passkeys\.js", "", client.get("/sign-in").text)
    asked = client.request("POST", "/sign-in/passkey/ask", {"origin": URL, **JSON}, {"csrf": ""})
    assert (asked.status_code, asked.json()["message"][:38]) == (403, "Browsers make no passkeys for an addre")


def test_people_change_their_password_and_end_their_other_sessions(staff: Staff) -> None:
    """Whoever fears that somebody else is in gets them out."""
    name = staff.member()
    client, elsewhere = signed_in(staff, name), signed_in(staff, name)
    assert client.post("/account/sessions/end-others").status_code == 303
    assert "2 other sessions have ended." in client.get("/account").text
    assert elsewhere.get("/").status_code == 303
    wrong = client.post("/account/password", {"present": "no", "password": OTHER, "again": OTHER}, **JSON)
    assert (wrong.status_code, wrong.json()["code"]) == (403, "sign-in-refused")
    differ = client.post("/account/password", {"present": GOOD, "password": OTHER, "again": GOOD}, **JSON)
    assert differ.json()["code"] == "form-refused"
    before = client.cookies.get(COOKIE)
    assert client.post("/account/password", {"present": GOOD, "password": OTHER, "again": OTHER}).status_code == 303
    assert client.cookies.get(COOKIE) != before
    assert "Your password is another from now on." in client.get("/account").text
    here = sessions_of(staff.ledger, name)
    assert len(here) == 1
    assert client.post("/account/sessions/end", {"session": here[0].id}).headers["location"] == "/sign-in?said=out"


def test_how_somebody_comes_in_is_changed_shortly_after_they_signed_in_only(staff: Staff) -> None:
    """An open page that somebody finds is no way to take the account over."""
    name = staff.member()
    client = signed_in(staff, name)
    staff.later(minutes=16)
    assert "changed within 15 minutes of signing in" in client.get("/account").text
    fields = {"session": "x", "passkey": "x", "present": GOOD, "password": OTHER, "again": OTHER}
    for deed in ("password", "sessions/end", "sessions/end-others", "passkeys/ask", "passkeys", "passkeys/remove"):
        refused = client.post(f"/account/{deed}", fields, **JSON).json()
        assert (refused["code"], refused["message"][:38]) == ("right-missing", "How you come in is changed within 15 m")
    assert client.post("/sign-out").status_code == 303


def test_signing_in_again_ends_the_session_before(staff: Staff) -> None:
    """Two sessions of one browser are one too many: nobody would end the first."""
    client, name = newcomer(staff), staff.member()
    before = len(sessions_of(staff.ledger, name))
    for _ in range(3):
        assert sign_in(client, name)[0] == 303
    assert len(sessions_of(staff.ledger, name)) == before + 1


def test_where_passwords_are_off_nobody_comes_in_with_one(staff: Staff) -> None:
    """Passkeys and providers alone: two factors for everybody, also for those who have a password."""
    name = staff.member()
    entrance = Entrance(hosts=own_hosts(PORT), secure=False, passwords=False)
    client = Visitor(staff.ledger, entrance=entrance, url=LOCAL)
    assert "assword" not in client.get("/sign-in").text
    assert sign_in(client, name)[0] == 403
    address = f"/invitations/{staff.invited(staff.hire())}"
    assert 'name="password"' not in client.get(address).text
    answer = client.request("POST", address, {"origin": LOCAL, **JSON}, {"password": GOOD, "again": GOOD})
    assert answer.json()["message"].startswith("Nobody comes in with a password here.")


def test_what_somebody_had_no_right_to_is_kept_among_what_happened(staff: Staff) -> None:
    """Whoever tries doors is seen by the administrator."""
    name = staff.member()
    assert signed_in(staff, name).get("/tokens").status_code == 403
    event = read_events(staff.ledger, name)[0]
    assert (event.what, event.how, event.result) == ("refused", "/tokens", "right missing")


def test_a_guessed_passphrase_of_a_key_waits_as_a_password_does(staff: Staff) -> None:
    """A stolen session must not become a signature by trying."""
    name = staff.hire()
    (staff.world.home / "keys").joinpath(f"{name.replace('@', '%40')}.pem").unlink()
    ring = KeyRing(Home(staff.world.home), lambda who: "open sesame" if who == name else None)
    grant(staff.ledger, ring, by=OWNER, name=name, new_key=True)
    accept_with_password(staff.ledger, staff.invited(name), GOOD, HERE)
    client = signed_in(staff, name)
    codes = [client.post("/unlock", {"passphrase": f"guess {number}"}, **JSON).json()["code"] for number in range(6)]
    assert codes == ["key-locked"] * 5 + ["sign-in-throttled"]
    staff.later(seconds=15)
    assert client.post("/unlock", {"passphrase": "open sesame"}).status_code == 303


def test_no_secret_stands_in_a_log_or_a_table(staff: Staff, caplog: pytest.LogCaptureFixture) -> None:
    """Logs are copied to places with other locks."""
    caplog.set_level(logging.DEBUG)
    name = staff.hire()
    invitation, client = staff.invited(name), newcomer(staff)
    client.request("POST", f"/invitations/{invitation}", {"origin": LOCAL}, {"password": GOOD, "again": GOOD})
    sign_in(client, name, "a wrong one, typed in haste")
    sign_in(client, name)
    secrets = [invitation, GOOD, "typed in haste", str(client.cookies.get(COOKIE)), client.csrf()]
    with closing(staff.ledger.store.connect_as_owner()) as connection:
        tables = connection.execute("select tablename from pg_tables where schemaname = 'goldenthread'").fetchall()
        rows = [connection.execute(f"select t::text from {table} t".encode()).fetchall() for (table,) in tables]
    held = str(rows) + str([record.data for record in staff.ledger.read(ORGANISATION)])
    ours = " ".join(one.getMessage() for one in caplog.records if one.name != "httpx")  # the test's own browser
    for secret in secrets:
        assert secret not in ours
        assert secret not in held


@pytest.mark.parametrize("field", ["name", "next", "password"])
def test_nothing_that_somebody_types_at_the_door_becomes_markup(staff: Staff, field: str) -> None:
    """The door is open to everybody, so it is the first thing that is tried."""
    fields = {"name": "x", "password": "y", "next": "/", field: f'">{MARKUP}'}
    answer = newcomer(staff).request("POST", "/sign-in", {"origin": LOCAL, "user-agent": MARKUP}, fields)
    assert MARKUP not in answer.text
    assert FAR not in answer.text
