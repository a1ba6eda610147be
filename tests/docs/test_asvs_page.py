from __future__ import annotations

import ast
import re
from collections import Counter

from docs.pages import DOCS, ROOT

_ROW = re.compile(
    r"^\| (?P<id>V[\d.]+(?:-\d+)?) \| (?P<state>[a-z/ ]+) \| (?P<how>[^|]+) \| (?P<test>[^|]*) \|$", re.MULTILINE
)
STATES = ("met", "partly", "not met", "n/a")

# How many requirements of levels 1 and 2 each section of ASVS 5.0.0 has, counted from its beginning, but those that are
# left out: level 3.
SECTIONS = {
    "V1.1": 2, "V1.2": 9, "V1.3": 11, "V1.4": 3, "V1.5": 2, "V2.1": 3, "V2.2": 3, "V2.3": 4, "V2.4": 1, "V3.2": 2,
    "V3.3": 4, "V3.4": 6, "V3.5": 5, "V3.7": 2, "V4.1": 3, "V4.2": 1, "V4.3": 2, "V4.4": 4, "V5.1": 1, "V5.2": 3,
    "V5.3": 2, "V5.4": 3, "V6.1": 3, "V6.2": 12, "V6.3": 4, "V6.4": 4, "V6.5": 5, "V6.6": 3, "V6.8": 4, "V7.1": 3,
    "V7.2": 4, "V7.3": 2, "V7.4": 5, "V7.5": 2, "V7.6": 2, "V8.1": 2, "V8.2": 3, "V8.3": 1, "V8.4": 1, "V9.1": 3,
    "V9.2": 4, "V10.1": 2, "V10.2": 2, "V10.3": 4, "V10.4": 11, "V10.5": 5, "V10.6": 2, "V10.7": 3, "V11.1": 2,
    "V11.2": 3, "V11.3": 3, "V11.4": 4, "V11.5": 1, "V11.6": 1, "V12.1": 3, "V12.2": 2, "V12.3": 4, "V13.1": 1,
    "V13.2": 5, "V13.3": 2, "V13.4": 5, "V14.1": 2, "V14.2": 4, "V14.3": 3, "V15.1": 3, "V15.2": 3, "V15.3": 7,
    "V16.1": 1, "V16.2": 5, "V16.3": 4, "V16.4": 3, "V16.5": 3, "V17.1": 1, "V17.2": 4, "V17.3": 2,
}  # fmt: skip


def _page() -> str:
    return (DOCS / "asvs.md").read_text(encoding="utf-8")


def _spread(id: str) -> list[str]:
    section, _, last = id.rpartition(".")
    first, _, end = last.partition("-")
    return [f"{section}.{number}" for number in range(int(first), int(end or first) + 1)]


def test_every_requirement_of_levels_1_and_2_is_answered_once() -> None:
    """A list with gaps is no list."""
    answered = [id for row in _ROW.finditer(_page()) for id in _spread(row["id"])]
    expected = [f"{section}.{number + 1}" for section, count in SECTIONS.items() for number in range(count)]
    assert sorted(answered) == sorted(expected)
    assert len(expected) == 253


def test_every_row_is_read_and_has_one_of_four_states() -> None:
    """A row that nothing reads could say anything."""
    rows = list(_ROW.finditer(_page()))
    assert len(rows) == len(re.findall(r"^\| V", _page(), re.MULTILINE))
    assert {row["state"] for row in rows} == set(STATES)


def test_the_figures_at_the_top_are_those_of_the_rows() -> None:
    """Whoever reads the first lines only must not be misled."""
    found = Counter(row["state"] for row in _ROW.finditer(_page()) for _ in _spread(row["id"]))
    words = " ".join(_page().split())
    met, partly, missing, absent = (found[state] for state in STATES)
    assert f"**{met} are met, {partly} partly, {missing} are not met, and {absent} do not apply**" in words


def test_every_test_that_the_page_names_is_there() -> None:
    """A test that is gone proves nothing."""
    named = {name for row in _ROW.finditer(_page()) for name in re.findall(r"`(test_\w+)`", row["test"])}
    there = {
        node.name
        for file in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert sorted(named - there) == []
    assert len(named) > 60
