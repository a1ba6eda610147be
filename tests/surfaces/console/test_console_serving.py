from __future__ import annotations

import socket
import threading
import time

import httpx
import pytest

from goldenthread.promise.errors import AddressRefused
from goldenthread.surfaces.console import serve
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


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.com", "", "127.0.0.1.example.com"])
def test_only_this_machine_is_served(office: Office, host: str) -> None:
    """Cases are for whoever sits here; a console on the network would need users and rights."""
    with pytest.raises(AddressRefused) as refused:
        serve(office.ledger, host=host)
    assert str(refused.value) == (
        f"address-refused: The console does not serve on '{host}': it shows cases to whoever sits at this machine, "
        "and binds 127.0.0.1, ::1 or localhost only. Leave `--host` out; from elsewhere, tunnel through ssh."
    )


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
