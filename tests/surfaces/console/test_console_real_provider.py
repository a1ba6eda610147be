"""
Signing in by an OpenID Connect provider that others wrote, in a process of its own: `make sign-in-test`.

Without GOLDENTHREAD_TEST_OIDC, which names its program, this is left out; test_console_oidc.py asks one of our own.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from goldenthread.record.store.server import EmbeddedServer
from goldenthread.surfaces.console.signin_settings import ProviderSettings
from record.accounts.staff import Staff, opened_staff
from surfaces.console.doorstep import COOKIE, newcomer
from surfaces.console.visiting import Visitor
from worlds import Model

PROGRAM = os.environ.get("GOLDENTHREAD_TEST_OIDC", "")
pytestmark = pytest.mark.skipif(not PROGRAM, reason="Needs a provider in an environment of its own: make sign-in-test.")


@pytest.fixture(scope="module")
def staff(server: EmbeddedServer, peopled: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """A home with people; each test hires its own."""
    with opened_staff(server, peopled, tmp_path_factory.mktemp("real-oidc")) as made:
        yield made


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The provider, which wants a nonce."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [PROGRAM, "--port", str(port), "--require-nonce", "true"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield _awaited(f"http://localhost:{port}")
        finally:
            process.terminate()


def _awaited(issuer: str) -> str:
    for _ in range(200):
        try:
            httpx.get(f"{issuer}/.well-known/openid-configuration").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return issuer
    raise TimeoutError(issuer)


def newcomer_to(staff: Staff, issuer: str) -> Visitor:
    """Somebody at the door, where this provider vouches."""
    settings = ProviderSettings(id="real", name="Real", issuer=issuer, client_id="gt", client_secret="not very secret")
    return newcomer(staff, providers=(settings,))


def agree(issuer: str, address: str, subject: str, **claims: object) -> str:
    """Sign in there as a person would, by its form; the address that it leads back to."""
    httpx.put(f"{issuer}/users/{subject}", json=claims).raise_for_status()
    answer = httpx.post(address, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["location"])
    return f"{back.path}?{back.query}"


def go(staff: Staff, issuer: str, subject: str, **claims: object) -> tuple[httpx.Response, Visitor, str]:
    """The whole way."""
    client = newcomer_to(staff, issuer)
    address = client.get("/sign-in/with/real").headers["location"]
    back = agree(issuer, address, subject, **claims)
    return client.get(back), client, back


def test_a_real_provider_vouches_for_somebody(staff: Staff, issuer: str) -> None:
    """With discovery, its own keys, PKCE, state and nonce, as its authors understand them."""
    name = staff.hire()
    answer, client, back = go(staff, issuer, "s-1", email=name, email_verified=True)
    assert (answer.status_code, client.get("/account").status_code) == (200, 200), answer.text
    assert client.get(back).status_code == 403, "a way back is good once"


def test_a_real_provider_that_verified_nothing_vouches_for_nobody(staff: Staff, issuer: str) -> None:
    """An address that it has not made sure of, and one of a stranger."""
    for subject, claims in (
        ("s-2", {"email": staff.hire(), "email_verified": False}),
        ("s-3", {"email": "stranger@example.com", "email_verified": True}),
    ):
        answer, client, _ = go(staff, issuer, subject, **claims)
        assert (answer.status_code, COOKIE in client.cookies) == (403, False), json.dumps(claims)


def test_a_real_provider_gives_nothing_for_a_code_that_was_used(staff: Staff, issuer: str) -> None:
    """Somebody who saw the code in a log begins a way of their own, and comes back with it."""
    _, _, back = go(staff, issuer, "s-4", email=staff.hire(), email_verified=True)
    code = parse_qs(urlsplit(back).query)["code"][0]
    thief = newcomer_to(staff, issuer)
    state = parse_qs(urlsplit(thief.get("/sign-in/with/real").headers["location"]).query)["state"][0]
    answer = thief.get(f"/sign-in/from/real?code={code}&state={state}")
    assert (answer.status_code, COOKIE in thief.cookies) == (403, False)
