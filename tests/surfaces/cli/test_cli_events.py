from __future__ import annotations

import json
import re
import subprocess
import sys
import time

import pytest

from goldenthread.record.store import Home
from goldenthread.work.events import chosen_types
from surfaces.cli.conftest import Worked, Written
from surfaces.cli.typed import Terminal
from work.events.receiver import Receiver, receiving
from worlds import APPROVER, OWNER, World

AS = f"--as {OWNER}"


@pytest.fixture
def receiver() -> Receiver:  # type: ignore[misc]  # a generator, as pytest takes it
    """A receiver of events."""
    with receiving() as made:
        yield made


def subscribed(terminal: Terminal, receiver: Receiver, *more: str) -> str:
    """A subscription's id."""
    said = terminal.done(f"events subscribe '{receiver.url}' {AS}", *more)
    return str(re.findall(r"^Subscription ([0-9a-f]{12}): ", said)[0])


def test_from_subscribing_to_the_first_event(
    terminal: Terminal, world: World, contract: Written, work: Worked, receiver: Receiver
) -> None:
    """The whole way, as one types it; what is printed never has the address's path, nor the secret a second time."""
    world.slice("payments", level="approval")
    said = terminal.done(f"events subscribe '{receiver.url}' --types 'approval.*,level.changed' {AS}")
    id, secret = re.findall(r"[0-9a-f]{12}", said)[0], said.splitlines()[-1]
    host = receiver.url.partition("/hook")[0]
    chosen = chosen_types(["approval.*", "level.changed"])
    assert said.splitlines()[0] == f"Subscription {id}: {len(chosen)} types of event to {host}."
    assert secret.startswith("whsec_")
    assert terminal.done(f"events test {id[:4]}") == "The receiver took it: it answered 204.\n"
    work("case-1")
    assert terminal.done("events deliver --once") == f"{id}: 1 arrived, 0 attempts failed, 0 parked.\n"
    listed = terminal.done("events list")
    assert listed.splitlines()[1].split() == [id, host, "every", "slice", "1", "0", "0", "active"]
    [one] = json.loads(terminal.done("events list --json"))
    assert (one["delivered"], one["state"], one["by"]) == (1, "active", OWNER)
    assert terminal.done(f"events deliveries {id}") == f"Nothing waits for {host}, and nothing was given up.\n"
    for text in (listed, json.dumps(one)):
        assert secret not in text
        assert "not-for-anybody" not in text
    assert [came["type"] for came in receiver.taken()] == ["goldenthread.test", "goldenthread.approval.asked"]


def test_what_does_not_arrive_is_shown_and_tried_again(
    terminal: Terminal, world: World, work: Worked, receiver: Receiver
) -> None:
    """Whoever is on call sees what is wrong without a log."""
    world.slice("payments", level="approval")
    id = subscribed(terminal, receiver, "--types", "run.started,approval.asked")
    work("case-1")
    receiver.answering = lambda _: 500
    assert terminal.done("events deliver --once") == f"{id}: 0 arrived, 1 attempts failed, 0 parked.\n"
    lines = terminal.done(f"events deliveries {id}").splitlines()
    assert lines[0].split() == ["event", "case", "state", "attempts", "next", "last", "error"]
    assert re.fullmatch(r"payments/\d+ +[0-9a-f]{8}  waiting  1 .* UTC +it answered 500", lines[1])
    assert re.fullmatch(r"payments/\d+ +[0-9a-f]{8}  waiting  0 +after the one before", lines[2])
    assert "1 attempts in a row failed" in terminal.done("events list")
    assert terminal.done(f"events retry {id}") == "0 parked events wait to be sent again.\n"
    ran = terminal(f"events test {id}")
    assert (ran.code, ran.out) == (1, "The receiver did not take it: it answered 500.\n")


def test_pause_resume_replay_rotate_and_remove(terminal: Terminal, world: World, receiver: Receiver) -> None:
    """Each says what it did."""
    world.slice("payments")
    id = subscribed(terminal, receiver, "--slice", "payments")
    assert terminal.done(f"events pause {id} {AS}") == f"Subscription {id} is paused.\n"
    assert terminal.done("events deliver --once") == f"{id}: nothing sent: paused by {OWNER}\n"
    assert terminal.done(f"events resume {id} {AS}") == f"Subscription {id} goes on, and {OWNER} vouches for it.\n"
    assert terminal.done(f"events replay {id} --from 1 --slice payments {AS}") == "payments: again from record 1 on.\n"
    assert terminal.done("events deliver --once") == f"{id}: 5 arrived, 0 attempts failed, 0 parked.\n"
    said = terminal.done(f"events rotate {id} {AS}").splitlines()
    assert said[0] == f"Subscription {id} has a new secret; the old one counts for 24 h more."
    assert said[-1].startswith("whsec_")
    terminal.done(f"events remove {id} {AS}")
    assert terminal.done("events list") == "Nobody subscribed to events.\n"
    assert terminal.done("events deliver --once") == "Nobody subscribed to events.\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"events subscribe http://example.com {AS}", "receiver-refused: The address of example.com is http, so "),
        (f"events subscribe https://example.com --types nope {AS}", "value-problem: 'nope' is no type of event. See "),
        (f"events subscribe https://example.com --slice nope {AS}", "contract-not-found: No slice 'nope' in this home"),
        (f"events subscribe https://example.com --as {APPROVER}", f"not-permitted: '{APPROVER}' is not "),
        (f"events pause 3f9a {AS}", "subscription-unknown: There is no subscription '3f9a'. See `goldenthread events "),
        (f"events replay 3f9a --from soon {AS}", "value-problem: 'soon' is no moment. Write e.g. 2026-11-20T09:00 "),
        (f"notify remove 3f9a {AS}", "subscription-unknown: There is no rule '3f9a'. See `goldenthread notify list`."),
        (
            f"notify add {OWNER} nonsense",
            "receiver-refused: What was given is no address that notices can be sent to; ",
        ),
        ("notify add nobody@example.com json://127.0.0.1", "key-missing: "),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(terminal: Terminal, world: World, line: str, words: str) -> None:
    """An error that its reader can act on."""
    assert terminal.refused(line).startswith(words)


def test_types_are_listed_with_their_schemas(terminal: Terminal, home: Home) -> None:
    """Whoever writes a receiver begins here."""
    assert "goldenthread.approval.asked" in terminal.done("events types")
    schemas = {one["title"]: one for one in json.loads(terminal.done("events types --json"))}
    assert schemas["goldenthread.level.changed"]["properties"]["from"]["type"] == "string"


def test_a_person_is_told_by_the_same_command(
    terminal: Terminal, world: World, work: Worked, receiver: Receiver
) -> None:
    """One loop sends both, so nobody forgets the other."""
    world.slice("payments", level="approval")
    url = receiver.url.replace("http:", "json:")
    ran = terminal(f"notify add {APPROVER} - --on approval.asked", given=url + "\n")
    assert (ran.code, ran.err) == (0, "Address: \n"), "what is typed there is not shown"
    said = ran.out
    id = re.findall(r"Rule ([0-9a-f]{8}): ", said)[0]
    assert said.endswith(f"Rule {id}: {APPROVER} is told by json, now.\nTry it with `goldenthread notify test {id}`.\n")
    assert terminal.done("notify list").splitlines()[1].split()[:3] == [id, APPROVER, "json"]
    work("case-1")
    terminal.done("events deliver --once")
    [came] = [json.loads(one.body) for one in receiver.came]
    assert came["title"] == "goldenthread: 1 thing waits for an answer"
    assert terminal.done(f"notify remove {id} --as {APPROVER}").startswith(f"Rule {id} is removed")
    assert terminal.done("notify list") == "Nobody is told anything.\n"


@pytest.mark.crash
def test_the_deliverer_goes_on_until_it_is_told_to_stop(
    terminal: Terminal, world: World, work: Worked, receiver: Receiver
) -> None:
    """It runs for months beside everything else, and ends in order."""
    world.slice("payments", level="approval")
    subscribed(terminal, receiver, "--types", "approval.asked")
    main = "from goldenthread.surfaces.cli import main; main()"
    command = [sys.executable, "-c", main, "events", "deliver"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        work("case-1")
        deadline = time.monotonic() + 30
        while not receiver.taken() and time.monotonic() < deadline:
            time.sleep(0.05)
        running.terminate()
        said, _ = running.communicate(timeout=20)
    finally:
        running.kill()
        running.wait()
    assert [one["type"] for one in receiver.taken()] == ["goldenthread.approval.asked"]
    assert (running.returncode, said) == (0, "Ending when the attempts under way have ended.\n")
