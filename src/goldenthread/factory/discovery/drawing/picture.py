"""The map as SVG: without script, readable on light and dark ground, and the same bytes for the same log."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import sqrt
from textwrap import wrap

from goldenthread.factory.discovery.drawing.graph import Box, Layout, Link, Route
from goldenthread.factory.discovery.drawing.layout import lay_out
from goldenthread.factory.discovery.drawing.levels import BEGIN, END, Flow, Level
from goldenthread.factory.discovery.figures.durations import duration

_NAME_SIZE, _COUNT_SIZE, _LABEL_SIZE = 13.0, 11.5, 11.0
_NARROW, _WIDE = frozenset("ijltfrI1 .,:;'|!()[]-"), frozenset("mwMWABCDEFGHKNOPQRSTUVXYZ%@")
_LINE, _PAD = 15.0, 9.0
_WRAP, _MOST_LINES = 24, 3
_DOT = 18.0
_LOOP = 46.0
_MARGIN, _CAPTION = 18.0, 52.0
_THICKEST = 6.0
_LAST = 1_000_000_000  # the box that is the end: ids of boxes are not below 0
_STYLE = """
.gm{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',Arial,sans-serif}
.gm-ground{fill:#ffffff}.gm-box{fill:#e3edf7;stroke:#2c5d8a;stroke-width:1.2}.gm-dot{fill:#2c5d8a}
.gm-name{fill:#14202b;font-size:13px;font-weight:600}.gm-count{fill:#3d4f5f;font-size:11.5px}
.gm-way{fill:none;stroke:#55708a}.gm-back{fill:none;stroke:#b4540a;stroke-dasharray:7 4}
.gm-tip{fill:#55708a}.gm-tip-back{fill:#b4540a}
.gm-label{fill:#26384a;font-size:11px}
.gm-note{fill:#3d4f5f;font-size:12px}
@media (prefers-color-scheme:dark){.gm-ground{fill:#14191f}.gm-box{fill:#22384d;stroke:#8db8e0}.gm-dot{fill:#8db8e0}
.gm-name{fill:#f0f5fa}.gm-count,.gm-note{fill:#b9c7d4}.gm-way{stroke:#8aa4bc}.gm-back{stroke:#f0a35e}
.gm-tip{fill:#8aa4bc}.gm-tip-back{fill:#f0a35e}.gm-label{fill:#dbe6f0}}
"""


def process_map(level: Level, title: str) -> str:
    """
    One level as a picture: boxes are activities with how often they are done, arrows what follows what.

    An arrow is the thicker the more often it is gone; one that leads back up is dashed. Times are medians over all
    cases of the log.

    Args:
        level: What to draw.
        title: Of the picture, for those who do not see it too.
    """
    loops = {flow.source: flow for flow in level.loops}
    flows = level.flows
    boxes = [_box(number, level, loops) for number in (BEGIN, *level.names, _LAST)]
    links = [_link(flow, level) for flow in flows]
    layout = lay_out(boxes, links, BEGIN, _LAST)
    prefix = f"gm{level.share}"
    widest = max(layout.width, 460.0)
    shift = _MARGIN + (widest - layout.width) / 2
    width, height = widest + 2 * _MARGIN, layout.height + 2 * _MARGIN + _CAPTION
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="gm" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" aria-labelledby="{prefix}-title {prefix}-words">'
    )
    parts = [
        head,
        f'<title id="{prefix}-title">{html.escape(title)}</title>',
        f'<desc id="{prefix}-words">{html.escape(_words(level))}</desc>',
        f"<style>{_STYLE}</style>{_tips(prefix)}",
        f'<rect class="gm-ground" width="{width:.0f}" height="{height:.0f}"/>',
        f'<g transform="translate({shift:.1f} {_MARGIN:.1f})">',
        *_ways(layout, flows, prefix),
        *_nodes(layout, level, boxes, loops),
        *_labels(layout, flows, level),
        "</g>",
        *_caption(level, height),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _lines(name: str) -> list[str]:
    lines = wrap(name, _WRAP, break_long_words=True) or [name]
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], lines[_MOST_LINES - 1][: _WRAP - 1] + "…"]
    return lines


def _width(text: str, size: float) -> float:
    """About how wide a text is set; rather too wide than too narrow, since fonts differ."""
    return size * sum(0.36 if letter in _NARROW else 0.76 if letter in _WIDE else 0.62 for letter in text)


def _box(number: int, level: Level, loops: Mapping[int, Flow]) -> Box:
    if number in (BEGIN, _LAST):
        return Box(id=number, width=_DOT, height=_DOT, side=_DOT)
    lines = _lines(level.names[number])
    count = f"{level.counts[number]:,}"
    width = max(*(_width(line, _NAME_SIZE) * 1.08 for line in lines), _width(count, _COUNT_SIZE)) + 2 * _PAD
    return Box(
        id=number,
        width=width + (2 * _LOOP if number in loops else 0),
        height=(len(lines) + 1) * _LINE + _PAD,
        side=width,
    )


def _link(flow: Flow, level: Level) -> Link:
    target = _LAST if flow.target == END else flow.target
    label = _label(flow, level)
    return Link(
        source=flow.source,
        target=target,
        strength=flow.count,
        weight=0.03 + 6 * (flow.count / level.cases) ** 2,
        label_width=_width(label, _LABEL_SIZE) + 8 if label else 0.0,
    )


def _label(flow: Flow, level: Level) -> str:
    """Rare arrows bear none where there are many: what they say is in their tooltip."""
    if len(level.flows) > 45 and flow.count < 0.01 * level.cases:
        return ""
    took = duration(flow.median_us)
    return f"{flow.count:,}" + (f" · {took}" if took else "")


def _ways(layout: Layout, flows: Sequence[Flow], prefix: str) -> list[str]:
    most = max((flow.count for flow in flows), default=1)
    parts = []
    for route, flow in zip(layout.routes, flows, strict=True):
        wide = max(1.0, _THICKEST * sqrt(flow.count / most))
        back = "-back" if route.upwards else ""
        parts.append(
            f'<path class="{"gm-back" if back else "gm-way"}" d="{_curve(_shortened(route), route.slopes)}" '
            f'stroke-width="{wide:.1f}" marker-end="url(#{prefix}-tip{back})"/>'
        )
    return parts


def _shortened(route: Route) -> list[tuple[float, float]]:
    """The arrow's tip has its own length."""
    x, y = route.points[-1]
    return [*route.points[:-1], (x, y + 7 if route.upwards else y - 7)]


def _curve(points: Sequence[tuple[float, float]], slopes: Sequence[float]) -> str:
    """A smooth way through all points, in the direction that it has in each."""
    said = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for at, ((x, y), (to_x, to_y)) in enumerate(pairwise(points)):
        reach = (to_y - y) * (0.5 if abs(to_x - x) > abs(to_y - y) / 2 else 1 / 3)
        said.append(
            f"C{x + slopes[at] * reach:.1f} {y + reach:.1f} {to_x - slopes[at + 1] * reach:.1f} {to_y - reach:.1f} "
            f"{to_x:.1f} {to_y:.1f}"
        )
    return "".join(said)


def _nodes(layout: Layout, level: Level, boxes: Sequence[Box], loops: Mapping[int, Flow]) -> list[str]:
    parts = []
    for box in boxes:
        x, y = layout.places[box.id]
        if box.id == BEGIN:
            parts.append(
                f'<circle class="gm-dot" cx="{x:.1f}" cy="{y:.1f}" r="{_DOT / 2}"><title>begin</title></circle>'
            )
        elif box.id == _LAST:
            parts.append(
                f'<rect class="gm-dot" x="{x - _DOT / 2:.1f}" y="{y - _DOT / 2:.1f}" width="{_DOT}" height="{_DOT}" '
                'rx="3"><title>end</title></rect>'
            )
        else:
            parts += _activity(box, x, y, level, loops.get(box.id))
    return parts


def _activity(box: Box, x: float, y: float, level: Level, loop: Flow | None) -> list[str]:
    width = box.width - (2 * _LOOP if loop else 0)
    top = y - box.height / 2
    lines = _lines(level.names[box.id])
    name = html.escape(level.names[box.id])
    sized = f'width="{width:.1f}" height="{box.height:.1f}"'
    parts = [
        f"<g><title>{name}: {level.counts[box.id]:,} times</title>",
        f'<rect class="gm-box" rx="6" x="{x - width / 2:.1f}" y="{top:.1f}" {sized}/>',
    ]
    for number, line in enumerate(lines, start=1):
        parts.append(
            f'<text class="gm-name" x="{x:.1f}" y="{top + number * _LINE + 1:.1f}" text-anchor="middle">'
            f"{html.escape(line)}</text>"
        )
    parts.append(
        f'<text class="gm-count" x="{x:.1f}" y="{top + (len(lines) + 1) * _LINE + 1:.1f}" text-anchor="middle">'
        f"{level.counts[box.id]:,}</text>"
    )
    if loop is not None:
        right = x + width / 2
        parts.append(
            f'<path class="gm-back" stroke-width="1.4" d="M{right:.1f} {y + 7:.1f}C{right + 16:.1f} {y + 14:.1f} '
            f'{right + 16:.1f} {y - 14:.1f} {right + 5:.1f} {y - 8:.1f}" marker-end="url(#gm{level.share}-tip-back)"/>'
            f'<text class="gm-count" x="{right + 15:.1f}" y="{y + 4:.1f}">{loop.count:,}</text>'
        )
    return [*parts, "</g>"]


def _labels(layout: Layout, flows: Sequence[Flow], level: Level) -> list[str]:
    parts = []
    for route, flow in zip(layout.routes, flows, strict=True):
        text = _label(flow, level)
        if text:
            x, y = route.label
            wide = _width(text, _LABEL_SIZE) + 4
            parts.append(
                f'<rect class="gm-ground" x="{x - wide / 2:.1f}" y="{y - 7:.1f}" width="{wide:.1f}" height="14" '
                f'opacity="0.85"/><text class="gm-label" x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">{text}</text>'
            )
    return parts


def _tips(prefix: str) -> str:
    shape = '<path d="M0 0L8 4L0 8z"'
    made = "".join(
        f'<marker id="{prefix}-tip{kind}" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="8" markerHeight="8" '
        f'markerUnits="userSpaceOnUse" orient="auto">{shape} class="gm-tip{kind}"/></marker>'
        for kind in ("", "-back")
    )
    return f"<defs>{made}</defs>"


def _caption(level: Level, height: float) -> list[str]:
    first = (
        f"{level.cases:,} of {level.of_cases:,} cases ({100 * level.cases / level.of_cases:.0f} %), in "
        f"{level.variants:,} of {level.of_variants:,} variants."
    )
    lines = [first]
    if level.undrawn:
        share = 100 * level.undrawn_steps / level.all_steps
        lines.append(f"{level.undrawn:,} rare arrows are not drawn; {share:.1f} % of all steps go along them.")
    if level.undrawn_activities:
        lines.append(f"{level.undrawn_activities:,} rare activities are not drawn.")
    begin = height - _CAPTION + 2
    return [
        f'<text class="gm-note" x="{_MARGIN}" y="{begin + number * 16:.0f}">{html.escape(line)}</text>'
        for number, line in enumerate(lines)
    ]


def _words(level: Level) -> str:
    """The map in words: every activity, and the strongest arrows."""
    names = {**level.names, BEGIN: "begin", END: "end"}
    said = ", ".join(f"{names[number]} {count:,} times" for number, count in level.counts.items())
    arrows = "; ".join(
        f"{names[flow.source]} to {names[flow.target]} {flow.count:,} times"
        + (f", median {duration(flow.median_us)}" if flow.median_us is not None else "")
        for flow in level.flows[:20]
    )
    return f"Activities: {said}. What follows what: {arrows}. Boxes with arrows; dashed arrows lead back."
