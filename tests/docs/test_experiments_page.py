"""The page about the real experiments says what the data say."""

from __future__ import annotations

import os
import re

import pytest

from docs.pages import DOCS
from proof.experiment_looks import judge, read
from proof.experiment_page import picture, tables
from proof.experiments import count, people_without_an_effect, unavailable, without_an_effect
from proof.registry import Run

PAGE = (DOCS / "experiments.md").read_text(encoding="utf-8")
LINES = [line.strip() for line in PAGE.splitlines()]
WORDS = " ".join(PAGE.split())


@pytest.fixture(scope="module", autouse=True)
def data() -> None:
    """The data set and its reader; skipped, and said so, where they are absent, but required where CI is set."""
    missing = unavailable()
    if missing and os.environ.get("CI"):
        pytest.fail(f"The real experiments cannot be counted: {missing}.")
    if missing:
        pytest.skip(f"The real experiments cannot be counted: {missing}.")


pytestmark = pytest.mark.shared_data


def test_the_tables_of_the_page_are_the_counted_ones() -> None:
    """A figure about other people's experiments must be one that anybody can count again."""
    starts = range(len(LINES))
    for about, table in tables().items():
        rows = table.splitlines()
        assert any(LINES[start : start + len(rows)] == rows for start in starts), f"{about}\n{table}"


def test_the_picture_is_drawn_from_the_data() -> None:
    """A picture that lags behind its table contradicts it."""
    drawn = (DOCS / "experiments.svg").read_text(encoding="utf-8")
    assert drawn == picture([judge(one) for one in read()])


def test_the_sentences_of_the_page_have_the_counted_numbers() -> None:
    """People remember the sentence, not the table."""
    verdicts = [judge(one) for one in read()]
    all_of_them, wins = count(verdicts), count([one for one in verdicts if one.peeking > 0])
    for sentence in (
        f"Of {all_of_them.peeking} verdicts by peeking, {all_of_them.vanished} vanish.",
        f"{all_of_them.confirmed} remain.",
        f"{wins.vanished} of {wins.peeking} vanish.",
        f"In {all_of_them.opposite} of the {all_of_them.vanished} ours does find a difference, but the opposite one.",
        f"It finds {all_of_them.at_the_end} differences at the last look ({all_of_them.judged * 0.05:.0f} would be",
        f"ours had confirmed {all_of_them.at_the_end_confirmed} of them.",
        f"{all_of_them.confirmed_and_gone} of the {all_of_them.confirmed} confirmed verdicts are no longer visible",
        f"{len(verdicts) - all_of_them.judged} series have no variance at all",
    ):
        assert sentence in WORDS


def test_what_chance_alone_does_is_what_the_page_says() -> None:
    """Without this number the others could not be read; a short simulation holds it to three standard errors."""
    said = re.search(r"peeking then declares (\d+) of the 381 different, ours (\d+)\.", WORDS)
    people = re.search(r"peeking declared (\d+) and (\d+) % of them different, ours (\d+) and (\d+) %", WORDS)
    assert said
    assert people
    quick = Run(quick=True)
    for figure, number in zip(
        without_an_effect([one for one in read() if one.looks], quick), map(float, said.groups()), strict=True
    ):
        assert figure.ours == pytest.approx(number, abs=0.5 + 3 * figure.error)
    shares = [float(people[place]) / 100 for place in (1, 3, 2, 4)]
    for figure, share in zip(people_without_an_effect(quick), shares, strict=True):
        assert figure.ours == pytest.approx(share, abs=0.005 + 3 * figure.error)
