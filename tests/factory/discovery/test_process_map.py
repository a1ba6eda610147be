"""The process map: nothing lies on anything else, its numbers add up, and it is the same picture each time."""

from __future__ import annotations

import random
import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from factory.discovery.made_logs import SAID, Made, real_report, small, write_csv, write_parquet
from goldenthread.factory.discovery import Level, Report, open_log, process_map, report_of
from goldenthread.factory.discovery.drawing.coordinates import offsets_of, spaced
from goldenthread.factory.discovery.drawing.graph import Box, Link
from goldenthread.factory.discovery.drawing.layering import rows_of
from goldenthread.factory.discovery.drawing.layout import lay_out

SVG = "{http://www.w3.org/2000/svg}"


def _report(path: Path) -> Report:
    with open_log(path, SAID, threads=1) as log:
        return report_of(log)


def _made(kinds: int, seed: int) -> list[Made]:
    """Cases that wander among many activities: what a map can least simplify."""
    chance = random.Random(seed)
    events = []
    for case in range(80):
        at, place = small()[0].at, 0
        for step in range(chance.randint(3, 12)):
            place = (place + chance.choice((1, 1, 2, 3, -1, 0))) % kinds
            at = at.replace(minute=step)
            events.append(Made(case=str(case), activity=f"Activity <{place}> & more", at=at))
    return events


def _boxes(svg: str) -> list[tuple[float, float, float, float]]:
    found = []
    for rect in ET.fromstring(svg).iter(f"{SVG}rect"):
        if rect.get("class") in ("gm-box", "gm-dot"):
            x, y, wide, high = (float(rect.get(name, "nan")) for name in ("x", "y", "width", "height"))
            found.append((x, y, x + wide, y + high))
    return found


def _labels(svg: str) -> list[tuple[float, float, float, float]]:
    ground = [one for one in ET.fromstring(svg).iter(f"{SVG}rect") if one.get("opacity")]
    sizes = [[float(one.get(name, "nan")) for name in ("x", "y", "width", "height")] for one in ground]
    return [(x, y, x + wide, y + high) for x, y, wide, high in sizes]


def _apart(shapes: list[tuple[float, float, float, float]]) -> bool:
    """None overlaps another; all lie in the picture."""
    for number, (left, top, right, bottom) in enumerate(shapes):
        for other in shapes[number + 1 :]:
            if left < other[2] and other[0] < right and top < other[3] and other[1] < bottom:
                return False
    return True


def _adds_up(level: Level) -> None:
    """What flows into an activity is how often it is done, and flows out again; on a map that leaves no arrow out."""
    into: dict[int, int] = defaultdict(int)
    out: dict[int, int] = defaultdict(int)
    for flow in (*level.flows, *level.loops):
        out[flow.source] += flow.count
        into[flow.target] += flow.count
    if not level.undrawn:
        assert {number: into[number] for number in level.counts} == dict(level.counts)
        assert {number: out[number] for number in level.counts} == dict(level.counts)
        assert out[0] == into[-1] == level.cases
    assert sum(into.values()) + level.undrawn_steps == level.all_steps


@cache
def _real_maps(name: str) -> tuple[str, ...]:
    """Drawn once for all tests that look at them."""
    return tuple(process_map(level, "a map") for level in real_report(name).levels)


def _sound(report: Report, drawn: Sequence[str] = ()) -> None:
    maps = drawn or [process_map(level, "a map") for level in report.levels]
    assert maps[-1] == process_map(report.levels[-1], "a map")
    for level, svg in zip(report.levels, maps, strict=True):
        _adds_up(level)
        shapes = [*_boxes(svg), *_labels(svg)]
        assert _apart(shapes), level.share
        whole = ET.fromstring(svg)
        width, height = float(whole.get("width", "0")), float(whole.get("height", "0"))
        assert all(right <= width and bottom <= height for _, _, right, bottom in shapes)


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["helpdesk.xes.gz", "receipt.csv.gz"])
def test_maps_of_real_logs_are_readable_at_every_level(name: str) -> None:
    """No box, no label lies on another; numbers of a map without undrawn arrows add up to its cases."""
    report = real_report(name)
    assert [level.cases for level in report.levels] == sorted({level.cases for level in report.levels})
    assert report.levels[-1].cases == report.levels[-1].of_cases
    assert report.levels[0].undrawn == 0
    assert all(len(level.flows) <= 75 and level.undrawn_steps <= 0.01 * level.all_steps for level in report.levels)
    _sound(report, _real_maps(name))


@pytest.mark.parametrize("kinds", [2, 9, 60])
def test_maps_of_tangled_logs_are_bounded_and_say_what_they_leave_out(kinds: int, tmp_path: Path) -> None:
    """A log that cannot be simplified is not drawn as a ball of wool; what is not drawn is counted on the picture."""
    report = _report(write_csv(tmp_path / "log.csv", _made(kinds, seed=kinds)))
    _sound(report)
    last = report.levels[-1]
    assert len(last.names) <= 40
    assert len(last.flows) <= 103
    svg = process_map(last, "a map")
    assert ("rare arrows are not drawn" in svg) is (last.undrawn > 0)
    assert ("rare activities are not drawn" in svg) is (last.undrawn_activities > 0)
    assert "Activity &lt;1&gt; &amp; more" in svg


def test_a_log_of_one_event_has_a_map(tmp_path: Path) -> None:
    """The least log there is: begin, one activity, end."""
    report = _report(write_csv(tmp_path / "log.csv", small()[:1]))
    _sound(report)
    assert len(_boxes(report.picture(100))) == 2


def test_a_picture_keeps_at_least_the_share_that_was_asked_for(tmp_path: Path) -> None:
    """`--detail 80` never shows less than 80 % of the cases."""
    report = _report(write_csv(tmp_path / "log.csv", small()))
    for share in (1, 50, 80, 100):
        words = report.picture(share)
        kept = next(level for level in report.levels if f"{level.cases:,} of {level.of_cases:,} cases (" in words)
        assert 100 * kept.cases >= share * kept.of_cases


def test_names_from_a_log_cannot_leave_their_place(tmp_path: Path) -> None:
    """A log may come from anywhere, and its picture goes into a page."""
    event = replace(small()[0], activity='"><script>alert(1)</script>')
    path = tmp_path / "log.parquet"
    svg = _report(write_parquet(path, [event])).picture(100)
    assert "<script" not in svg
    assert [one for one in ET.fromstring(svg).iter() if "script" in one.tag] == []


def test_arrows_end_on_the_boxes_that_they_lead_to(tmp_path: Path) -> None:
    """A box with a loop beside it is wider to the layout than it is drawn; arrows must reach what is drawn."""
    svg = _report(write_csv(tmp_path / "log.csv", _made(9, seed=4))).picture(100)
    begin = next(ET.fromstring(svg).iter(f"{SVG}circle"))
    x, y = float(begin.get("cx", "nan")), float(begin.get("cy", "nan"))
    boxes = [*_boxes(svg), (x - 9, y - 9, x + 9, y + 9)]
    ways = [way for way in ET.fromstring(svg).iter(f"{SVG}path") if way.get("class") in ("gm-way", "gm-back")]
    for way in ways:
        said = [float(one) for one in re.findall(r"-?[\d.]+", way.get("d", ""))]
        if way.get("stroke-width") == "1.4":
            continue
        for x, y in (said[:2], said[-2:]):
            assert any(
                left - 1 <= x <= right + 1 and top - 8 <= y <= bottom + 8 for left, top, right, bottom in boxes
            ), (x, y)


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["helpdesk.xes.gz", "receipt.csv.gz"])
def test_no_arrow_runs_through_a_box(name: str) -> None:
    """An arrow behind a box seems to end there."""
    for svg in _real_maps(name):
        boxes = [(left + 1, top + 1, right - 1, bottom - 1) for left, top, right, bottom in _boxes(svg)]
        for x, y in _along(svg):
            assert not any(left < x < right and top < y < bottom for left, top, right, bottom in boxes), (x, y)


def _along(svg: str) -> Iterator[tuple[float, float]]:
    """Points on every arrow, the tip left out, which touches its box."""
    for way in ET.fromstring(svg).iter(f"{SVG}path"):
        if way.get("class") not in ("gm-way", "gm-back") or way.get("stroke-width") == "1.4":
            continue
        said = [float(one) for one in re.findall(r"-?[\d.]+", way.get("d", ""))]
        points = list(zip(said[::2], said[1::2], strict=True))
        for begin in range(0, len(points) - 1, 3):
            a, b, c, d = points[begin : begin + 4]
            for step in range(1, 10):
                t = step / 10
                u = 1 - t
                parts = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
                yield (
                    sum(part * point[0] for part, point in zip(parts, (a, b, c, d), strict=True)),
                    sum(part * point[1] for part, point in zip(parts, (a, b, c, d), strict=True)),
                )


def test_places_are_the_nearest_that_keep_their_order() -> None:
    """Two that want the same place share the way, by their weights; one that is free stands where it wants."""
    assert spaced([0.0, 0.0, 100.0], [1.0, 1.0, 1.0], offsets_of([10.0, 10.0, 10.0], 10.0)) == [-10.0, 10.0, 100.0]
    assert spaced([5.0, 5.0], [3.0, 1.0], offsets_of([2.0, 2.0], 2.0)) == [4.0, 8.0]


def test_rows_point_downwards_and_the_rarest_way_back_up() -> None:
    """Of a loop the way that is gone least often is the one that leads back."""
    ways = {(0, 1): 9.0, (1, 2): 9.0, (2, 1): 2.0, (2, 3): 9.0, (3, 1): 1.0, (3, 4): 9.0}
    links = [
        Link(source=source, target=target, strength=weight, weight=weight) for (source, target), weight in ways.items()
    ]
    rows = rows_of([0, 1, 2, 3, 4], links, 0, 4)
    assert rows == {0: 0, 1: 1, 2: 2, 3: 3, 4: 4}
    layout = lay_out([Box(id=one, width=50, height=30, side=50) for one in range(5)], links, 0, 4)
    assert [(route.link.source, route.link.target) for route in layout.routes if route.upwards] == [(2, 1), (3, 1)]
