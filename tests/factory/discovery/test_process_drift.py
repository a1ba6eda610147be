"""Changes of a process over time: found where they are, and seldom where there is none."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from factory.discovery.made_logs import SAID, Made, write_csv
from goldenthread.factory.discovery import Drift, figures_of, open_log
from goldenthread.factory.discovery.figures.drift import ERROR, changes_in, one_change


def _found(events: list[Made], path: Path) -> Drift:
    with open_log(write_csv(path, events), SAID, threads=1) as log:
        return figures_of(log).drift


def _cases(count: int, changes_at: int, seed: int, slower: float = 1.0) -> list[Made]:
    """From a case on, three of four are checked instead of one of four, and take so many times as long."""
    chance = random.Random(seed)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    events = []
    for number in range(count):
        at, changed = begin + timedelta(hours=number), number >= changes_at
        hours = chance.expovariate(0.5) * (slower if changed else 1.0)
        names = ["open", *(["check"] if chance.random() < (0.75 if changed else 0.25) else []), "close"]
        events += [
            Made(case=f"c{number}", activity=name, at=at + timedelta(hours=hours * place))
            for place, name in enumerate(names)
        ]
    return events


def test_a_change_is_found_near_its_day_with_what_became_other(tmp_path: Path) -> None:
    """The owner who reads of a change must find in it what they did that day."""
    drift = _found(_cases(600, 300, seed=3), tmp_path / "log.csv")
    (change,) = [one for one in drift.changes if one.of == "what is done"]
    away = datetime.fromtimestamp(change.at_us / 1e6, UTC) - (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=300))
    assert abs(away) <= timedelta(hours=40)
    assert {"open -> check", "open -> close"} & {shift.words for shift in change.shifts}
    assert change.p_value <= ERROR / 2


def test_slower_cases_are_found_too(tmp_path: Path) -> None:
    """The same steps, four times as long."""
    drift = _found(_cases(600, 300, seed=5, slower=4), tmp_path / "log.csv")
    slower = [one for one in drift.changes if one.of == "how long it takes"]
    assert slower
    assert slower[0].shifts[0].after > 2 * slower[0].shifts[0].before


def test_a_small_log_says_why_nothing_was_looked_at(tmp_path: Path) -> None:
    """No data is no answer, and never 'no change'."""
    drift = _found(_cases(60, 30, seed=1), tmp_path / "log.csv")
    assert drift.changes == ()
    assert drift.insufficient is not None
    assert "200 are needed" in drift.insufficient


def test_the_same_log_gives_the_same_answer(tmp_path: Path) -> None:
    """Orders are random, and their seed is fixed."""
    events = _cases(200, 100, seed=9)
    assert _found(events, tmp_path / "a.csv") == _found(events, tmp_path / "b.csv")


@pytest.mark.parametrize("features", [1, 8])
def test_at_most_the_stated_share_of_unchanging_processes_shows_a_change(features: int) -> None:
    """The error that the report states, measured: skewed noise, 200 processes, one test each."""
    random = np.random.default_rng(20_261_122 + features)
    trials, level = 200, 0.05
    false = 0
    for _ in range(trials):
        found = one_change(random.exponential(size=(30, features)), random, orders=99)
        assert found is not None
        false += found.p_value <= level
    # An exact test exceeds 9 % in 200 trials once in 200 runs, and the seed is fixed.
    assert false <= 0.09 * trials
    assert false >= 0.01 * trials


def test_two_changes_are_two() -> None:
    """After the first one the parts are looked at again."""
    random = np.random.default_rng(7)
    blocks = random.normal(size=(120, 3)) + np.repeat([0.0, 3.0, 0.0], 40)[:, None]
    places = [found.place for found, _, _ in changes_in(blocks, 0.025, random)]
    assert len(places) == 2
    assert abs(places[0] - 40) <= 2
    assert abs(places[1] - 80) <= 2
