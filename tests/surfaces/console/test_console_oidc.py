from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from goldenthread.promise.errors import ProviderRefused, SignInMissing, SignInSettingsInvalid
from goldenthread.record.accounts import bind, load_accounts
from goldenthread.record.store.server import EmbeddedServer
from goldenthread.surfaces.console.oidc import Provider
from goldenthread.surfaces.console.signin_settings import ProviderSettings, check_url, read_settings
from record.accounts.staff import Staff, opened_staff
from surfaces.console.doorstep import COOKIE, LOCAL, newcomer
from surfaces.console.provider import LocalProvider, other_key, served_provider, shared_key
from surfaces.console.visiting import Visitor
from worlds import OWNER, Model


@pytest.fixture(scope="module")
def staff(server: EmbeddedServer, peopled: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """A home with people; each test hires its own."""
    with opened_staff(server, peopled, tmp_path_factory.mktemp("oidc")) as made:
        yield made


@pytest.fixture(scope="module")
def running() -> Iterator[LocalProvider]:
    """A provider on this machine."""
    with served_provider() as made:
        yield made


@pytest.fixture
def provider(running: LocalProvider) -> LocalProvider:
    """The same, honest again."""
    fresh = LocalProvider()
    for name in ("claims", "about", "userinfo", "signs_with", "header", "asked"):
        setattr(running, name, getattr(fresh, name))
    return running


def leave(client: Visitor, to: str = "/") -> str:
    """Go to the provider: the address that the browser is sent to."""
    answer = client.get(f"/sign-in/with/company?{urlencode({'next': to})}")
    assert answer.status_code == 303
    return answer.headers["location"]


def come_back(client: Visitor, address: str, code: str, **more: str) -> httpx.Response:
    """Come back from there, as the provider leads: from another site."""
    state = parse_qs(urlsplit(address).query)["state"][-1]
    query = urlencode({"code": code, "state": state, **more})
    return client.get(f"/sign-in/from/company?{query}", {"sec-fetch-site": "cross-site"})


def go(staff: Staff, provider: LocalProvider, **claims: Any) -> httpx.Response:
    """The whole way, with what the provider says."""
    provider.claims = {**provider.claims, **claims}
    client = newcomer(staff, providers=(provider.settings,))
    address = leave(client)
    return come_back(client, address, provider.agree(address))


def verified(name: str, subject: str) -> dict[str, Any]:
    """What a provider says of somebody whose address it has made sure of."""
    return {"sub": subject, "email": name, "email_verified": True}


def test_somebody_comes_in_by_their_company(staff: Staff, provider: LocalProvider) -> None:
    """The whole way: out with a challenge, back with a code, in with a session of their own."""
    name = staff.hire()
    client = newcomer(staff, providers=(provider.settings,))
    assert ">Company</a>" in client.get("/sign-in").text
    address = leave(client, "/people?x=1")
    asked = {one: values[-1] for one, values in parse_qs(urlsplit(address).query).items()}
    assert (asked["response_type"], asked["code_challenge_method"], asked["scope"]) == ("code", "S256", "openid email")
    assert asked["redirect_uri"] == f"{LOCAL}/sign-in/from/company"
    provider.claims = verified(name, "s-good")
    back = come_back(client, address, provider.agree(address), iss=provider.issuer)
    assert (back.status_code, 'content="0;url=/people?x=1"' in back.text) == (200, True)
    kept = {one.partition("=")[0]: one for one in back.headers.get_list("set-cookie")}
    assert "SameSite=strict" in kept[COOKIE]
    assert "Max-Age=0" in kept[f"{COOKIE}_begun"]
    assert client.get("/people").status_code == 200
    assert provider.asked[-1]["authorization"].startswith("Basic ")
    assert load_accounts(staff.ledger, staff.principals, name)[name].identities[0].subject == "s-good"
    provider.userinfo = {"sub": "s-good"}
    assert go(staff, provider, email=None, email_verified=None).status_code == 200, "by the subject from then on"


def test_what_was_begun_is_kept_in_a_cookie_that_comes_back_from_elsewhere(
    staff: Staff, provider: LocalProvider
) -> None:
    """The provider's page leads back from another site, so this one cookie is lax; it lives ten minutes."""
    answer = newcomer(staff, providers=(provider.settings,)).get("/sign-in/with/company")
    cookie = answer.headers["set-cookie"]
    assert {part.strip() for part in cookie.split(";")[1:]} == {"HttpOnly", "Max-Age=600", "Path=/", "SameSite=lax"}


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"nonce": "another"}, "InvalidClaimError"),
        ({"nonce": None}, "MissingClaimError"),
        ({"aud": "somebody-else"}, "InvalidClaimError"),
        ({"aud": ["goldenthread", "somebody-else"], "azp": "somebody-else"}, "InvalidClaimError"),
        ({"iss": "https://evil.example"}, "InvalidClaimError"),
        ({"exp": int(time.time()) - 120}, "ExpiredTokenError"),
        ({"exp": None}, "MissingClaimError"),
        ({"iat": int(time.time()) + 3600}, "InvalidClaimError"),
        ({"sub": None}, "MissingClaimError"),
    ],
)
def test_a_token_that_is_not_for_this_sign_in_proves_nobody(
    staff: Staff, provider: LocalProvider, claims: dict[str, Any], why: str
) -> None:
    """Signed by the right provider, but for another time, place, client or person."""
    answer = go(staff, provider, **{**verified(staff.hire(), "s-x"), **claims})
    assert (answer.status_code, COOKIE in _kept(answer)) == (403, False)
    assert f"&#39;Company&#39; did not vouch for you: its answer does not prove who you are ({why})" in answer.text


@pytest.mark.parametrize("how", ["none", "shared", "other"])
def test_a_token_that_the_provider_did_not_sign_proves_nobody(staff: Staff, provider: LocalProvider, how: str) -> None:
    """Unsigned, signed with the secret that we hold as well, or by somebody else's key of the same name."""
    if how == "other":
        provider.signs_with = other_key()
    else:
        provider.header = {"alg": "none"} if how == "none" else {"alg": "HS256", "kid": "1"}
        provider.signs_with = shared_key()
    answer = go(staff, provider, **verified(staff.hire(), "s-y"))
    assert (answer.status_code, COOKIE in _kept(answer)) == (403, False)


def test_an_address_that_nobody_verified_and_a_person_whom_nobody_knows_come_in_as_nobody(
    staff: Staff, provider: LocalProvider
) -> None:
    """Anybody can write anybody's address into their own account there."""
    name = staff.hire()
    for claims in (
        {"email": name, "email_verified": False},
        {"email": name, "email_verified": None},
        {"email": "stranger@example.com", "email_verified": True},
        {"email": ["x"], "email_verified": True},
    ):
        answer = go(staff, provider, **{"sub": "s-z", **claims})
        assert (answer.status_code, COOKIE in _kept(answer)) == (403, False)
        assert "This identity provider opens no account here" in answer.text
    bind(staff.ledger, staff.ring, by=OWNER, name=name, issuer=provider.issuer, subject="s-z")
    provider.userinfo = {"sub": "s-z"}
    assert go(staff, provider, email=None).status_code == 200


def test_some_providers_say_the_address_elsewhere(staff: Staff, provider: LocalProvider) -> None:
    """And it counts only if they speak of the same person there."""
    name = staff.hire()
    provider.userinfo = verified(name, "somebody else")
    assert "it speaks of two people at once" in go(staff, provider, sub="s-u").text
    provider.userinfo = verified(name, "s-u")
    assert go(staff, provider, sub="s-u").status_code == 200


def test_a_way_back_is_good_once_and_for_the_browser_that_left(staff: Staff, provider: LocalProvider) -> None:
    """A link with somebody else's code must not make their session yours, nor a seen one be used again."""
    provider.claims = verified(staff.hire(), "s-once")
    client = newcomer(staff, providers=(provider.settings,))
    address = leave(client)
    code = provider.agree(address)
    other = newcomer(staff, providers=(provider.settings,))
    leave(other)
    for wrong in (
        come_back(other, address, code),
        come_back(newcomer(staff, providers=(provider.settings,)), address, code),
    ):
        assert (wrong.status_code, COOKIE in _kept(wrong)) == (403, False)
    state = client.get("/sign-in/from/company?code=x&state=made-up")
    assert "you came back with another state than you left with" in state.text
    assert "you did not begin here, or more than ten minutes ago" in come_back(client, address, code).text
    address = leave(client)
    code = provider.agree(address)
    assert come_back(client, address, code).status_code == 200
    again = leave(client)
    replayed = come_back(client, again, code)
    assert (
        replayed.status_code,
        "set-cookie" in replayed.headers and COOKIE + "=" in replayed.headers["set-cookie"],
    ) == (403, False)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ({"error": "access_denied<script>"}, "it answered &#39;access_denied&lt;script&gt;&#39;"),
        ({"code": ""}, "it answered &#39;nothing&#39;"),
        ({"iss": "https://evil.example"}, "another provider led back"),
    ],
)
def test_what_a_provider_answers_is_said_and_never_becomes_markup(
    staff: Staff, provider: LocalProvider, query: dict[str, str], why: str
) -> None:
    """Whoever refused there reads why here; another provider's answer is none (mix-up)."""
    client = newcomer(staff, providers=(provider.settings,))
    answer = come_back(client, leave(client), **{"code": "x", **query})
    assert (answer.status_code, why in answer.text) == (403, True)


def test_a_provider_that_calls_itself_otherwise_or_is_away_is_not_left_for(provider: LocalProvider) -> None:
    """What it says of itself must agree with what was set up, before anybody types a password there."""
    provider.about = {"issuer": "https://evil.example"}
    with pytest.raises(ProviderRefused, match=r"it calls itself 'https://evil\.example', not"):
        Provider(provider.settings).begin("back")
    provider.about = {"token_endpoint": "ftp://127.0.0.1/token"}
    with pytest.raises(ProviderRefused, match="its token_endpoint is missing, or not as protected as its issuer"):
        Provider(provider.settings).begin("back")
    gone = ProviderSettings(id="gone", name="Gone", issuer="http://127.0.0.1:9", client_id="x")
    with pytest.raises(ProviderRefused, match="it does not answer"):
        Provider(gone).begin("back")


def test_an_unknown_provider_is_none_and_a_missing_library_is_named(
    staff: Staff, provider: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A made-up name in an address asks nobody."""
    assert newcomer(staff).get("/sign-in/with/company").status_code == 404
    monkeypatch.setitem(__import__("sys").modules, "authlib.integrations.httpx_client", None)
    with pytest.raises(SignInMissing, match="Signing in by OpenID Connect needs authlib and httpx2"):
        Provider(provider.settings).begin("back")


GOOD_FILE = """
url = "https://Console.example.com/"
[[provider]]
id = "company"
name = "Company"
issuer = "https://id.example.com"
client_id = "gt"
client_secret_file = "secret"
"""


def test_the_file_says_where_the_console_is_and_who_vouches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets stay out of the file: they come from a file of their own, or from the environment."""
    assert read_settings(tmp_path).providers == ()
    (tmp_path / "secret").write_text("s3cret\n")
    (tmp_path / "console.toml").write_text(GOOD_FILE)
    found = read_settings(tmp_path)
    assert found.url == "https://console.example.com"
    assert (found.providers[0].client_secret, "s3cret" in repr(found)) == ("s3cret", False)
    variable = GOOD_FILE.replace('client_secret_file = "secret"', 'client_secret_variable = "GT_TEST_SECRET"')
    (tmp_path / "console.toml").write_text(variable)
    with pytest.raises(SignInSettingsInvalid, match="the environment variable GT_TEST_SECRET is not set"):
        read_settings(tmp_path)
    monkeypatch.setenv("GT_TEST_SECRET", "from-the-environment")
    assert read_settings(tmp_path).providers[0].client_secret == os.environ["GT_TEST_SECRET"]


@pytest.mark.parametrize(
    "text",
    [
        "url = ", "other = 1", "provider = 3", "[[provider]]\nid = 'a'", GOOD_FILE.replace("https://id", "http://id"),
        GOOD_FILE.replace('id = "company"', 'id = "../x"'), GOOD_FILE + "colour = 'red'", GOOD_FILE + GOOD_FILE[42:],
        GOOD_FILE.replace('client_id = "gt"', "client_id = 3"), "url = 'http://console.example.com'",
        "url = 'https://console.example.com/path'", "url = 'https://x:y@console.example.com'", "url = 'https://a:b'",
    ],
)  # fmt: skip
def test_a_file_that_says_too_little_or_something_else_is_refused(tmp_path: Path, text: str) -> None:
    """A door that is half set up is worse than none."""
    (tmp_path / "secret").write_text("s")
    (tmp_path / "console.toml").write_text(text)
    with pytest.raises(SignInSettingsInvalid):
        read_settings(tmp_path)


def test_an_address_that_is_none_says_what_one_is() -> None:
    """Whoever writes http learns that it is https."""
    with pytest.raises(SignInSettingsInvalid, match="is no address of a console; expected https, a host and maybe"):
        check_url("http://console.example.com", "--url")


@pytest.mark.parametrize("url", ["http://127.0.0.1:7007", "http://localhost:7007", "http://[::1]:7007/"])
def test_an_invitation_may_lead_to_this_machine_without_tls(url: str) -> None:
    """There `goldenthread up --sign-in` serves it so; as the console's address for others it is none."""
    assert check_url(url, "--url", here=True) == url.rstrip("/")
    with pytest.raises(SignInSettingsInvalid):
        check_url(url, "console.toml")


@pytest.mark.parametrize("url", ["http://127.0.0.1.example.com", "http://console.example.com", "http://127.0.0.1/x"])
def test_an_invitation_leads_nowhere_else_without_tls(url: str) -> None:
    """It is a secret that makes an account."""
    with pytest.raises(SignInSettingsInvalid):
        check_url(url, "--url", here=True)


def _kept(answer: httpx.Response) -> list[str]:
    return [one.partition("=")[0] for one in answer.headers.get_list("set-cookie") if "Max-Age=0" not in one]
