"""The whole story, on the packages that are really installed here, in processes of its own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from demo_homes import COMMAND, DEMO, Told, copied_demo, environment, run_in

REVIEWER = "reviewer@example.com"


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    """The demo, and its home to work in."""
    with copied_demo() as copied:
        yield copied


@pytest.fixture(scope="module")
def place(told: Told) -> Path:
    """The demo's home."""
    return told.home


@pytest.fixture(scope="module")
def story(told: Told) -> str:
    """What the demo says."""
    return told.story


def test_the_demo_tells_its_story_to_the_end(story: str) -> None:
    """It is the first thing that anybody runs."""
    assert [line[:2] for line in story.splitlines() if re.match(r"\d\. ", line)] == [
        f"{number}." for number in range(1, 8)
    ]
    packages = re.search(r"^(\d+) open-source packages are installed here", story, re.MULTILINE)
    assert packages is not None
    assert int(packages[1]) > 30
    assert "Every record is as it was written" in story
    assert "derived again, all the same" in story
    assert re.search(r"records read, \d[\d,]* runs changed", story), "metrics are made, so that the console has charts"
    assert "Release 2 began at shadow" in story
    assert "unknown: finance-ops has reported nothing yet; due" in story
    assert "Nothing is left running." in story


def test_the_demo_leaves_nothing_running(place: Path, story: str) -> None:
    """A database left behind by a demo would still be there next week."""
    assert story
    assert _using(place) == []


def _using(place: Path) -> list[list[str]]:
    """The command lines that name the demo's home: its database, while that runs."""
    return [
        process.info["cmdline"]
        for process in psutil.process_iter(["cmdline"])
        if any(str(place) in word for word in process.info["cmdline"] or ())
    ]


def test_a_person_goes_on_where_the_demo_stopped(place: Path, story: str) -> None:
    """One yes, and the agent does exactly this once it comes back."""
    assert story
    waiting = [
        item for item in json.loads(run_in(place, *COMMAND, "inbox", "list", "--json")) if item["kind"] == "approval"
    ]
    if not waiting:
        pytest.skip("the packages of this machine are too few to carry the agent to approval")
    first = waiting[0]["id"]
    run_in(place, *COMMAND, "inbox", "approve", first, "--as", REVIEWER)
    went_on = run_in(place, *DEMO, "work")
    assert went_on == (
        f"{len(waiting)} cases that waited were opened again: 1 done, {len(waiting) - 1} waiting.\n"
        if len(waiting) > 1
        else "1 cases that waited were opened again: 1 done.\n"
    )
    assert f"approve by {REVIEWER}" in run_in(place, *COMMAND, "why", first)


def test_a_demo_that_is_ended_from_outside_leaves_nothing_running(place: Path, story: str) -> None:
    """And a second one meanwhile is told to wait, for it would throw the first one's home away."""
    assert "20 live cases" in story
    before = _runs(place)
    with subprocess.Popen(
        [sys.executable, "-u", *DEMO, "demo", "--serve"],
        env=environment(place),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as first:
        assert first.stdout is not None
        while not first.stdout.readline().startswith("2. "):
            assert first.poll() is None
        second = subprocess.run(
            [sys.executable, *DEMO, "demo", "--no-serve"],
            env=environment(place),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        running = _using(place)
        now = _runs(place)
        first.send_signal(signal.SIGTERM)  # under nohup, SIGHUP would stay ignored
        try:
            _out, err = first.communicate(timeout=60)
        finally:
            first.kill()
    assert (second.returncode, second.stderr) == (
        1,
        f"demo-running: Another demo is running in {place}. Let it end, or end it with Ctrl-C, then try again; "
        "or set DEMO_HOME to another folder.\n",
    )
    assert running != []
    assert before
    assert not before & now, "it began anew: nothing of the first demo remains"
    assert first.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in err
    assert _using(place) == []


def _runs(place: Path) -> set[str]:
    """The runs of the demo's newest cases."""
    return {
        one["run"] for one in json.loads(run_in(place, *COMMAND, "case", "list", "--limit", "500", "--json"))["cases"]
    }
