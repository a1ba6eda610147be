"""`goldenthread token` and `goldenthread serve`."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from goldenthread.surfaces.api import SIGNER
from surfaces.cli.typed import Terminal, steady
from worlds import AGENT, OWNER, World

BY = f"--by {OWNER}"


@pytest.fixture
def office(world: World, terminal: Terminal) -> Terminal:
    """A terminal beside a home with its people, and a service that pays."""
    terminal.done(f"principal grant payments --kind service --role tool {BY}")
    return terminal


def test_a_token_is_shown_once(office: Terminal) -> None:
    """The list says what there is and what it opens, never the token itself."""
    made = office.done(f"token create --tool payments --action pay --action look --slice refunds {BY}").splitlines()
    assert re.sub("[0-9a-f]{12}", "<token>", steady(made[0])) == (
        "Token <token> of tool payments, for look, pay in refunds, until <time>. It is shown once:"
    )
    assert re.fullmatch(r"gt_[0-9a-f]{12}_[\w-]{43}", made[1])
    listed = office.done("token list")
    assert made[1].split("_")[1] in listed
    assert made[1].split("_", 2)[2] not in listed
    assert json.loads(office.done("token list --json"))[0]["problem"] is None


def test_a_token_is_revoked_by_its_id(office: Terminal) -> None:
    """What stood in a log must stop to open anything."""
    text = office.done(f"token create --agent {AGENT} {BY}").splitlines()[1]
    token = text.split("_")[1]
    assert office.done(f"token revoke {token} {BY} --reason 'it stood in a log'") == (
        f"Token {token} of agent {AGENT} opens nothing any more.\n"
    )
    assert json.loads(office.done("token list --json"))[0]["problem"] == "it was revoked"
    assert office.refused(f"token revoke {token} {BY} --reason again") == (
        f"principal-unknown: No token '{token}' that could be revoked. See `goldenthread token list`."
    )


def test_a_token_is_for_one_of_three(office: Terminal) -> None:
    """Who forgets to say for whom must not get one for everything."""
    ran = office(f"token create {BY}")
    assert (ran.code, ran.out) == (2, "")
    assert "Say whose it is with one of --agent, --tool, --task and --telemetry." in ran.err
    assert office.refused(f"token create --task payments {BY}") == (
        "not-permitted: 'payments' does not hold the role task. Have an administrator run "
        "`goldenthread principal grant payments --kind service --role task`."
    )


def test_serving_other_machines_in_the_clear_takes_a_word(office: Terminal) -> None:
    """Nobody does so by leaving something out."""
    assert office.refused("serve --host 0.0.0.0 --port 0").startswith("address-refused: On 0.0.0.0 other machines can")
    ran = office("serve --tls-key guard.key")
    assert (ran.code, ran.out) == (2, "")
    assert "--tls-certificate and --tls-key go together." in ran.err


def test_the_guard_is_served_until_somebody_ends_it(world: World) -> None:
    """The command says where it is and what verifies its permits; it ends in order."""
    program = "from goldenthread.surfaces.cli import main; main()"
    command = [sys.executable, "-c", program, "--home", str(world.home), "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        said = [served.stdout.readline() for _ in range(3)]
        url = re.search(r"http://127\.0\.0\.1:\d+", said[0])
        assert url, said
        with urllib.request.urlopen(f"{url[0]}/v1/health") as answer:
            assert json.load(answer) == {"status": "ok"}
        served.send_signal(signal.SIGTERM)
        out, err = served.communicate(timeout=30)
    key = world.keyring.public_key(SIGNER)
    assert [*said, out] == [
        f"The guard is served at {url[0]}; permits are signed with {key}.\n",
        "The line is not encrypted here: tokens must pass nowhere that others can listen.\n",
        "Ctrl-C ends it.\n",
        "The server has ended.\n",
    ]
    assert (served.returncode, err) == (0, "")
