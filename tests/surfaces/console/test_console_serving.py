from __future__ import annotations

import socket
import ssl
import threading
import time
import warnings
from pathlib import Path

import httpx
import pytest

from certificates import certificate
from goldenthread.promise.errors import AddressRefused, FileUnusable, SignInSettingsInvalid
from goldenthread.surfaces.console import serve
from goldenthread.surfaces.served import Tls
from surfaces.views.office import Office


def test_console_is_served_until_it_is_stopped(office: Office) -> None:
    """`goldenthread up` and the demo start it, show one address, and leave nothing running."""
    console = serve(office.ledger)
    with httpx.Client(follow_redirects=True) as client:
        assert client.get(console.url).status_code == 403
        page = client.get(console.entry)
        assert (page.status_code, str(page.url)) == (200, console.url)
        assert "token=" not in str(page.url)
    console.stop()
    console.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(console.url)


def test_console_runs_until_another_thread_stops_it(office: Office) -> None:
    """The demo ends by itself where nobody sits at a terminal."""
    with serve(office.ledger) as console:
        threading.Timer(0.2, console.stop).start()
        began = time.monotonic()
        console.run()
        assert time.monotonic() - began < 5


def test_ctrl_c_twice_still_closes_the_socket_last(office: Office, capfd: pytest.CaptureFixture[str]) -> None:
    """A server whose socket is gone before it has ended prints a page of traceback at whoever wanted it to stop."""
    console = serve(office.ledger)
    waits, wait = [KeyboardInterrupt, KeyboardInterrupt], console._ended.wait

    def interrupted(timeout: float | None = None) -> bool:
        if waits:
            raise waits.pop()
        return wait(timeout)

    console._ended.wait = interrupted  # type: ignore[method-assign]
    console.run()
    assert waits == []
    assert console._ended.is_set()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7"])
def test_other_machines_are_served_through_tls_only(office: Office, host: str) -> None:
    """Passwords must not pass in the clear by accident."""
    with pytest.raises(AddressRefused) as refused:
        serve(office.ledger, host=host, sign_in=True)
    assert str(refused.value) == (
        f"address-refused: The console does not serve on '{host}' in the clear: other machines reach it there, and "
        "passwords would pass for all to read. Give it `--tls-certificate` and `--tls-key`, or `--plain` with `--url` "
        "if something else encrypts; or leave `--host` out, and tunnel through ssh."
    )


@pytest.mark.parametrize("host", ["example.com", "", "127.0.0.1.example.com"])
def test_an_address_is_one_of_a_machine(office: Office, host: str) -> None:
    """A name could point anywhere tomorrow."""
    with pytest.raises(AddressRefused, match="is no address of a machine"):
        serve(office.ledger, host=host)


def test_nobody_is_served_under_a_name_that_nobody_said(office: Office, tmp_path: Path) -> None:
    """Without its own name the console could not tell its own pages from others."""
    with pytest.raises(AddressRefused, match="Nobody said under which address people open the console"):
        serve(office.ledger, host="0.0.0.0", plain=True)
    with pytest.raises(SignInSettingsInvalid, match="is no address of a console"):
        serve(office.ledger, host="0.0.0.0", plain=True, url="http://console.example.com")
    with pytest.raises(FileUnusable, match="makes no TLS"):
        serve(office.ledger, tls=Tls(certificate=tmp_path / "none.pem", key=tmp_path / "none.key"))


def test_a_console_with_a_certificate_speaks_tls_1_2_and_newer_only(office: Office, tmp_path: Path) -> None:
    """Nobody is talked down to what can be listened in on; and there people sign in."""
    tls = certificate(tmp_path)
    assert tls.context().minimum_version is ssl.TLSVersion.TLSv1_2
    with serve(office.ledger, tls=tls) as console:
        assert console.url == console.entry == f"https://127.0.0.1:{console.port}/"
        known = ssl.create_default_context(cafile=str(tls.certificate))
        answer = httpx.get(console.url, verify=known)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # That it is old is why it is tried.
            known.minimum_version, known.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        known.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.raises(httpx.ConnectError, match="SSL"):
            httpx.get(console.url, verify=known)
        known.maximum_version = ssl.TLSVersion.TLSv1_2
        assert httpx.get(console.url, verify=known).status_code == 303, "it was the version, and nothing else"
        with pytest.raises(httpx.HTTPError):
            httpx.get(console.url.replace("https", "http"))


def test_behind_a_proxy_it_answers_to_the_name_that_people_know(office: Office) -> None:
    """The proxy hands the name through, and what comes under another is refused."""
    with serve(office.ledger, plain=True, url="https://console.example.com") as console:
        answer = httpx.get(console.url, headers={"host": "console.example.com"})
        assert answer.headers["location"] == "/sign-in"
        assert "strict-transport-security" in answer.headers
        assert httpx.get(console.url).status_code == 403


def test_localhost_is_this_machine(office: Office) -> None:
    """The name that people know."""
    with serve(office.ledger, host="localhost") as console:
        assert console.url == f"http://127.0.0.1:{console.port}/"


def test_a_taken_port_is_named(office: Office) -> None:
    """Whoever asked for a port must learn that it is not theirs."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(AddressRefused) as refused:
            serve(office.ledger, port=port)
    assert str(refused.value) == (
        f"address-refused: The console cannot take port {port} on 127.0.0.1: [Errno 98] Address already in use. "
        "Stop what holds it, or choose another with `--port`."
    )


def test_an_impossible_port_is_named(office: Office) -> None:
    """70000 is no port."""
    with pytest.raises(AddressRefused, match=r"^address-refused: The console cannot take port 70000 on 127\.0\.0\.1: "):
        serve(office.ledger, port=70000)


def test_two_consoles_have_their_own_tokens(office: Office) -> None:
    """A token of one opens nothing in the other."""
    with serve(office.ledger) as one, serve(office.ledger) as other:
        assert one.token != other.token
        assert httpx.get(f"{other.url}enter?token={one.token}").status_code == 403
