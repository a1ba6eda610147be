"""`goldenthread up`: the console, in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from http.cookiejar import CookieJar

import pytest

from surfaces.cli.typed import Terminal
from worlds import World

# The tests themselves may run under nohup, which would leave SIGHUP ignored.
NOT_NOHUP = "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)"
UP = [sys.executable, "-u", "-c", f"{NOT_NOHUP}; from goldenthread.surfaces.cli import main; main()", "up"]
IN_BACKGROUND = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *UP]


@pytest.mark.parametrize(
    ("ending", "code", "last"),
    [
        (signal.SIGINT, 0, "The console has ended.\n"),
        (signal.SIGTERM, 0, "The console has ended.\n"),
        (signal.SIGHUP, 128 + signal.SIGHUP, ""),  # The terminal is closed: nobody would read it.
    ],
)
def test_up_serves_until_it_is_stopped(world: World, ending: signal.Signals, code: int, last: str) -> None:
    """
    The address from the terminal opens the console, and ending it leaves nothing behind: also where it began with
    Ctrl-C ignored, as a shell's background job does.
    """
    world.slice("payments")
    with subprocess.Popen(IN_BACKGROUND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            assert first.startswith("The console is open, once, at http://127.0.0.1:")
            opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
            with opener.open(first.split()[-1], timeout=20) as page:
                assert "payments" in page.read().decode()
            assert process.stdout.readline() == "Ctrl-C ends it.\n"  # before communicate, which skips what is buffered
            process.send_signal(ending)
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (code, last, "")


def test_up_serves_other_machines_through_tls_only(terminal: Terminal, world: World) -> None:
    """Cases are shown to whoever sits here, and elsewhere to whoever signs in, never in the clear."""
    assert terminal.refused("up --host 0.0.0.0") == (
        "address-refused: The console does not serve on '0.0.0.0' in the clear: other machines reach it there, and "
        "passwords would pass for all to read. Give it `--tls-certificate` and `--tls-key`, or `--plain` with `--url` "
        "if something else encrypts; or leave `--host` out, and tunnel through ssh."
    )
    assert "--tls-certificate and --tls-key go together." in terminal("up --tls-key x.key").err
    assert "Who signs in acts as themselves; leave --as out." in terminal("up --sign-in --as maya@example.com").err
