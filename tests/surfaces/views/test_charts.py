"""The chart of the odds: the same for the same plan, readable without script, without colour, without eyes."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from goldenthread.promise.contract import Plan, plan
from goldenthread.promise.errors import ChartsMissing
from goldenthread.promise.values import Level
from goldenthread.surfaces.views.charts import odds_chart
from promise.contract.planned import contract

_SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def planned() -> Plan:
    """The plan of the design's own contract."""
    return plan(contract())


def test_the_same_plan_gives_the_same_bytes(planned: Plan) -> None:
    """A chart that changes by itself would show a change in every review."""
    assert odds_chart(planned) == odds_chart(planned)
    assert "<dc:date>" not in odds_chart(planned)


def test_the_chart_speaks_to_those_who_do_not_see_it(planned: Plan) -> None:
    """Title and figures stand in words, named as the picture's own."""
    drawn = ET.fromstring(odds_chart(planned))
    title, words = drawn.find(f"{_SVG}title"), drawn.find(f"{_SVG}desc")
    assert title is not None
    assert words is not None
    assert title.text == "open-source-intake, version 1: the climb of an agent that is good"
    assert words.text is not None
    assert all(f"{level}: half are there by" in words.text for level in ("Draft", "Approval", "Constrained"))
    assert drawn.get("role") == "img"
    assert drawn.get("aria-labelledby") == f"{title.get('id')} {words.get('id')}"


def test_nothing_in_it_runs_or_is_fetched(planned: Plan) -> None:
    """It lies in a home that trusts nobody."""
    chart = odds_chart(planned)
    assert "<script" not in chart
    assert not re.search(r"href=\"(?!#)", chart)
    assert "@import" not in chart


def test_lines_are_told_apart_without_colour(planned: Plan) -> None:
    """Each level has its own dashes, its own mark and its name on the line."""
    chart = odds_chart(planned)
    dashes = set(re.findall(r"stroke-dasharray: ([0-9.,\s]+)", chart))
    assert len(dashes) >= 2  # and one line without any
    assert all(f">{level}<" in chart for level in ("draft", "approval", "constrained"))


def test_it_has_no_ground_of_its_own(planned: Plan) -> None:
    """So that it stands on a light page and on a dark one."""
    drawn = ET.fromstring(odds_chart(planned))
    grounds = [path for path in drawn.iter(f"{_SVG}path") if "fill: #ffffff" in path.get("style", "")]
    assert all("opacity: 0" in path.get("style", "") for path in grounds)


@pytest.mark.parametrize(
    ("volume", "words"), [("120 cases per week", "weeks since the first case"), (None, "cases since the first case")]
)
def test_the_axis_is_time_where_a_volume_is_stated(volume: str | None, words: str) -> None:
    """Without a volume no time is known."""
    chart = odds_chart(plan(contract(volume=volume)))
    assert words in chart
    assert ("cases, at 120 cases per week" in chart) == (volume is not None)


def test_a_level_that_nobody_reaches_is_drawn_at_nothing() -> None:
    """A line left out would be taken for a mistake of the picture."""
    chart = odds_chart(plan(contract({Level.DRAFT: ["happiness >= 90 %"]}, ceiling=Level.DRAFT)))
    assert "less than half get there" in chart
    assert ">draft<" in chart


def test_a_contract_without_gates_has_an_empty_chart(planned: Plan) -> None:
    """A prototype may be drawn too."""
    assert "<svg" in odds_chart(replace(planned, ladders=(), gates=()))


def test_without_the_library_it_says_how_to_get_it(planned: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is large and comes only on request; a traceback would send people away."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ChartsMissing) as problem:
        odds_chart(planned)
    assert str(problem.value) == (
        "charts-missing: A chart cannot be drawn: matplotlib is not installed. "
        "Install it with `pip install 'goldenthread[charts]'`, or read the figures with --json."
    )
