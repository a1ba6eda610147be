"""Files that cannot be read as recorded runs: one named error, with the place."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from goldenthread.promise.errors import FileUnusable, GoldenthreadError, RunsInvalid, ValueProblem
from goldenthread.record.runs import RunSet, read_runs, reading
from record.runs.files import handing_over, tau2_file, tau2_run, taubench_run, written

END = " Mend the file or export it again; nothing was imported."
GOOD = json.dumps([taubench_run()])


def _refused(path: Path, format: str | None = None) -> str:
    with pytest.raises(RunsInvalid) as caught:
        read_runs(path, format)
    assert caught.value.message.endswith(END)
    return caught.value.message.removesuffix(END)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "runs.json: it is empty."),
        (" \n", "runs.json: it is empty."),
        (GOOD[:-1], "runs.json: it ends in the middle, at line 1, column "),
        (GOOD[:200], "runs.json: it ends in the middle, at line 1, column "),
        ("[1, oops]", "runs.json: line 1, column 5 is no JSON (Expecting value)."),
        (b"\xff\xfe[\x00]\x00", "runs.json: byte 1 is not UTF-8; expected JSON in UTF-8."),
        (b"\x00\x01\x02", "runs.json: line 1, column 1 is no JSON (Expecting value)."),
        (b"\x1f\x8b\x08\x00", "runs.json: it is compressed; expected plain JSON."),
        ("[" * 200_000, "runs.json: it is nested too deeply to be a file of runs."),
        ('{"simulations": ' + "9" * 5000 + "}", "runs.json: it is no JSON that can be read (Exceeds the limit"),
        ('[{"task_id": 1, "task_id": 2}]', "runs.json: an object names 'task_id' twice, so it cannot be told which "),
        ("[]", "runs.json: it holds no run."),
        (json.dumps(tau2_file()), "runs.json: it holds no run."),
        ("3", "runs.json: it is neither format: taubench is a list of runs with 'traj' and 'reward', tau2 an object "),
        ('{"a": 1}', "runs.json: it is neither format: "),
        ("[1, 2]", "runs.json: it is neither format: "),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_file_that_is_none_says_where(tmp_path: Path, content: str | bytes, words: str) -> None:
    """Whoever has a damaged file must learn where, not read a traceback."""
    assert _refused(written(tmp_path, content)).startswith(words)


def test_another_format_is_named(tmp_path: Path) -> None:
    """A wrong option is mended at once if the right one is said."""
    path = written(tmp_path, tau2_file(tau2_run()))
    assert _refused(path, "taubench") == ("runs.json: it is of the format tau2, not taubench. Use `--format tau2`.")
    assert read_runs(path, "tau2").format == "tau2"
    with pytest.raises(ValueProblem) as caught:
        read_runs(path, "csv")
    assert str(caught.value) == (
        "value-problem: 'csv' is no format of recorded runs; there are taubench and tau2. Name one."
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"reward": 1.5}, " (task 0, trial 0), reward: 1.5 is impossible; expected a number from 0 to 1."),
        ({"reward": -0.1}, " (task 0, trial 0), reward: -0.1 is impossible; expected a number from 0 to 1."),
        ({"reward": float("nan")}, " (task 0, trial 0), reward: nan is impossible; expected a number from 0 to 1."),
        ({"reward": True}, " (task 0, trial 0), reward: true is impossible; expected a number from 0 to 1."),
        ({"reward": "1"}, " (task 0, trial 0), reward: '1' is impossible; expected a number from 0 to 1."),
        ({"reward": None}, " (task 0, trial 0), reward: it is null."),
        ({"reward": 0.0}, " (task 0, trial 0), reward: it is 0, and 1 in info.reward_info; they must agree."),
        ({"trial": -1}, ", trial: -1 is no whole number of at least 0."),
        ({"task_id": ""}, ", task_id: '' is no text; expected a string that is not empty."),
        ({"task_id": [1]}, ", task_id: a list of 1 is no text; expected a string that is not empty."),
        ({"info": 3}, " (task 0, trial 0), info: 3 is no object."),
        ({"traj": []}, " (task 0, trial 0), traj: an empty list is no list of messages."),
        ({"traj": [7]}, " (task 0, trial 0), message 1: 7 is no object."),
        ({"traj": [{"role": "robot"}]}, " (task 0, trial 0), message 1, role: 'robot' is no role; expected system, "),
        ({"traj": [{"role": "user", "content": 5}]}, " (task 0, trial 0), message 1, content: 5 is no text; "),
        ({"traj": [{"role": "user", "content": "\ud800"}]}, " (task 0, trial 0), message 1, content: the text holds "),
        (
            {"traj": [{"role": "tool", "tool_call_id": "q", "content": ""}]},
            " (task 0, trial 0), message 1, tool_call_id: it answers no call that came before.",
        ),
        (
            {"traj": [{"role": "assistant", "tool_calls": [{"id": "a"}]}]},
            " (task 0, trial 0), message 1, tool call 1, function: it is missing.",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_run_that_cannot_be_names_its_field(tmp_path: Path, fields: dict[str, Any], words: str) -> None:
    """In a file of two hundred runs, 'invalid' alone is no help."""
    runs = [taubench_run(5), taubench_run(**{"reward": 1.0, **fields}) if "reward" not in fields else _other(fields)]
    assert _refused(written(tmp_path, runs)).startswith(f"runs.json: run 2{words}")


def _other(fields: dict[str, Any]) -> dict[str, Any]:
    return {**taubench_run(), **fields}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"termination_reason": "solar_flare"},
            "termination_reason: 'solar_flare' is no way to end that is known here",
        ),
        ({"reward_info": None}, "reward_info: it is missing, so nobody knows whether the run succeeded."),
        ({"reward_info": {"reward": float("inf")}}, "reward_info, reward: inf is impossible; expected a number from 0"),
        ({"agent_cost": -1}, "agent_cost: -1 is impossible; expected a number at least 0."),
        ({"start_time": "yesterday"}, "start_time: 'yesterday' is no time; expected e.g. '2025-10-06T19:24:17'."),
        ({"end_time": "2024-01-01T00:00:00"}, "end_time: 2024-01-01T00:00:00+00:00 is before the start at 2025-10-06T"),
        ({"messages": None}, "messages: it is null."),
        ({"id": None}, "id: it is null."),
        (
            {
                "messages": [
                    {"role": "assistant", "tool_calls": [{"id": "a", "name": "f", "arguments": {"x": float("nan")}}]}
                ]
            },
            "message 1, tool call 1, arguments: they hold a number that is not finite",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_run_of_the_other_format_names_its_field_too(tmp_path: Path, fields: dict[str, Any], words: str) -> None:
    """The same care for both formats; an unknown ending must not pass for a success."""
    path = written(tmp_path, tau2_file(tau2_run("9"), tau2_run(**fields)))
    assert _refused(path).startswith(f"runs.json: run 2 (task 0, trial 0), {words}")


def test_a_task_and_trial_stand_there_once(tmp_path: Path) -> None:
    """A run that is written twice would count twice."""
    assert _refused(written(tmp_path, [taubench_run(1, 0), taubench_run(2, 0), taubench_run(1, 0)])) == (
        "runs.json: run 3: task 1, trial 0 is there already as run 1."
    )
    assert _refused(written(tmp_path, tau2_file(tau2_run("1", id="x"), tau2_run("2", id="x")))) == (
        "runs.json: run 2: id x is there already as run 1."
    )


def test_runs_of_two_agents_are_refused(tmp_path: Path) -> None:
    """Mixed, a good agent would earn what a bad one then does."""
    other = taubench_run(1)
    other["traj"][0]["content"] = "# Airline Agent Policy\n\nBe generous."
    assert _refused(written(tmp_path, [taubench_run(0), other])) == (
        "runs.json: run 2 (task 1, trial 0), message 1: its instructions differ from those of earlier runs: one file "
        "holds one agent's runs."
    )
    replies = [{"role": "assistant", "content": "Hi", "raw_data": {"model": name}} for name in ("gpt-x", "gpt-y")]
    two = tau2_file(tau2_run("0", messages=replies[:1]), tau2_run("1", messages=replies[1:]))
    assert _refused(written(tmp_path, two)).endswith(
        "message 1, raw_data: the model is 'gpt-y', and 'gpt-x' before: one file holds one agent's runs."
    )


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    """A pipe or a device has no end, and a folder no content."""
    with pytest.raises(FileUnusable, match=r"cannot be read: it is a folder\. Name the file with the runs\."):
        read_runs(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileUnusable, match=r"it is no ordinary file"):
        read_runs(tmp_path / "pipe")
    with pytest.raises(FileUnusable, match=r"nowhere\.json cannot be read: No such file or directory"):
        read_runs(tmp_path / "nowhere.json")


def test_a_file_that_would_fill_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Better a sentence than a process that the system kills."""
    monkeypatch.setattr(reading, "LARGEST_BYTES", 100)
    with pytest.raises(FileUnusable, match=r"at most 0 are read\. Split it by tasks\."):
        read_runs(written(tmp_path, GOOD))


def test_an_agent_without_a_name_is_refused(tmp_path: Path) -> None:
    """An empty name would be the same for every agent that somebody was too hasty to name."""
    with pytest.raises(
        ValueProblem, match=r"An agent's name cannot be empty\. Leave it out, or name who did the runs\."
    ):
        read_runs(written(tmp_path, GOOD), agent=" ")


_STRANGE: tuple[Any, ...] = (None, True, -1, 2**60, 1.5, float("nan"), float("inf"), "", "x", "\ud800", [], {}, [None])


@pytest.mark.parametrize(
    "file",
    [[taubench_run(0), taubench_run(0, 1)], tau2_file(handing_over(tau2_run()), tau2_run("1"))],
    ids=["tb", "t2"],
)
def test_whatever_stands_at_any_place_is_read_or_refused_by_name(tmp_path: Path, file: Any) -> None:
    """Nobody can list every damage: at each place of a file strange values, and each key taken away."""
    chance = random.Random(5)
    for place in list(_places(file)):
        for strange in (*chance.sample(_STRANGE, 5), KeyError):
            changed = _changed(file, place, strange)
            _read_or_refused(written(tmp_path, changed))


def test_a_file_cut_anywhere_or_with_any_byte_changed_is_read_or_refused_by_name(tmp_path: Path) -> None:
    """A broken disk or download damages at random."""
    chance = random.Random(3)
    whole = json.dumps(tau2_file(tau2_run())).encode()
    for _ in range(250):
        cut, at = chance.randrange(len(whole)), chance.randrange(len(whole))
        _read_or_refused(written(tmp_path, whole[:cut]))
        _read_or_refused(written(tmp_path, whole[:at] + bytes([chance.randrange(256)]) + whole[at + 1 :]))


def _read_or_refused(path: Path) -> None:
    try:
        found = read_runs(path)
    except GoldenthreadError as problem:
        assert isinstance(problem, RunsInvalid), problem
    else:
        assert isinstance(found, RunSet)
        assert found.runs
        assert all(one.value in (0.0, 1.0) for run in found.runs for one in run.outcomes)


def _places(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if here:
        yield here
    for key, below in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _places(below, (*here, key))


def _changed(file: Any, place: tuple[Any, ...], strange: Any) -> Any:
    changed = deepcopy(file)
    holder = changed
    for key in place[:-1]:
        holder = holder[key]
    if strange is KeyError:
        del holder[place[-1]]
    else:
        holder[place[-1]] = strange
    return changed
