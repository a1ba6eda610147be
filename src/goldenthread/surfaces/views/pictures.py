"""
A control chart as a picture: SVG without script, with title and description, for light or for dark ground.

Everything in it is told by shape and words as well as by colour: a point outside its limits is a diamond with its
label, one of a long row a triangle, one that is not judged yet a ring. The same chart gives the same bytes.
"""

from __future__ import annotations

import html
import io
import re
import threading
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from goldenthread.promise.errors import ChartsMissing
from goldenthread.surfaces.views.charted import ChartPoint, MetricChart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SCHEMES = ("light", "dark")
WITHOUT = (
    "Charts are drawn with matplotlib, which is not installed: the figures are in the tables. "
    "Run `pip install 'goldenthread[charts]'` for the pictures."
)

_SIZE_INCHES = (8.2, 3.0)
_DPI = 100
_TICKS = 8
_SETTINGS: Any = {
    "svg.hashsalt": "goldenthread",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",  # Comes with matplotlib, so every machine lays out the same; shown in the page's own.
    "font.size": 10,
}
_FONTS = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', Arial, 'DejaVu Sans', sans-serif"
_DRAWING = threading.Lock()
"""Settings are the process's own, so one picture is drawn at a time."""


@dataclass(frozen=True, kw_only=True)
class _Ink:
    """The console's own colours (static/css/10-paper.css)."""

    paper: str
    ink: str
    soft: str
    line: str
    gold: str
    alert: str
    shade: str


_INKS = {
    "light": _Ink(
        paper="#fdfcf8", ink="#24201a", soft="#655e50", line="#ddd6c6", gold="#8a6414", alert="#96301f", shade="#f6f3ea"
    ),
    "dark": _Ink(
        paper="#16140f", ink="#ece7db", soft="#aba28f", line="#3a352a", gold="#d8a848", alert="#f2a08d", shade="#211e17"
    ),
}


def can_draw() -> bool:
    """Whether the extra is installed."""
    return find_spec("matplotlib") is not None


def chart_picture(chart: MetricChart, scheme: str) -> bytes:
    """
    The chart as SVG, some 15 kB.

    Args:
        chart: With `FEWEST` points at least.
        scheme: Of `SCHEMES`.

    Raises:
        ChartsMissing: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as problem:
        raise ChartsMissing(WITHOUT) from problem
    written = io.StringIO()
    with _DRAWING, mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=_SIZE_INCHES, dpi=_DPI)
        _draw(figure, chart, _INKS[scheme])
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _described(written.getvalue().replace("'DejaVu Sans'", _FONTS), chart).encode()


def _draw(figure: Figure, chart: MetricChart, ink: _Ink) -> None:
    axes = figure.add_axes((0.075, 0.13, 0.835, 0.69))
    last = len(chart.points) - 1
    axes.set_xlim(-0.6, last + 0.6)
    axes.set_ylim(*_span(chart))
    axes.axvspan(-0.6, chart.baseline - 0.5, color=ink.shade, linewidth=0)
    _limits(axes, chart, ink)
    _values(axes, chart, ink)
    _happened(axes, chart, ink)
    _frame(axes, chart, ink)


def _limits(axes: Axes, chart: MetricChart, ink: _Ink) -> None:
    """The centre, the limits as steps, and what the contract asks for; each with its name at its right end."""
    places = range(len(chart.points))
    names: list[tuple[float, str, str]] = [(chart.centre, "centre", ink.soft)]
    axes.axhline(chart.centre, color=ink.soft, linewidth=1)
    for ends, name in (([one.high for one in chart.points], "upper"), ([one.low for one in chart.points], "lower")):
        known = [end for end in ends if end is not None]
        if known and (name == "upper" or max(known) > 0):
            axes.step(places, known, where="mid", color=ink.soft, linewidth=1, linestyle=(0, (5, 3)))
            names.append((known[-1], name, ink.soft))
    if chart.line is not None and _is_near(chart):
        axes.axhline(chart.line, color=ink.gold, linewidth=1.4, linestyle=(0, (1, 2)))
        names.append((chart.line, "contract", ink.gold))
    _names(axes, names)


def _names(axes: Axes, names: list[tuple[float, str, str]]) -> None:
    """The names of lines, pushed apart where they would lie on each other."""
    low, high = axes.get_ylim()
    least, before = (high - low) * 0.075, None
    for value, name, colour in sorted(names):
        place = value if before is None else max(value, before + least)
        before = place
        axes.annotate(
            name,
            (1.008, place),
            xycoords=("axes fraction", "data"),
            color=colour,
            fontsize=9,
            verticalalignment="center",
        )


_SHAPES = {"within": ("o", 4.5), "run": ("^", 6.5), "above": ("D", 7.5), "below": ("D", 7.5), "open": ("o", 4.5)}


def _values(axes: Axes, chart: MetricChart, ink: _Ink) -> None:
    values = [one.value for one in chart.points]
    axes.plot(range(len(values)), values, color=ink.gold, linewidth=1.4, zorder=3)
    for sign, (marker, size) in _SHAPES.items():
        there = [(place, one) for place, one in enumerate(chart.points) if one.sign == sign]
        colour = ink.alert if sign in ("above", "below") else ink.ink if sign == "run" else ink.gold
        axes.plot(
            [place for place, _ in there],
            [one.value for _, one in there],
            linestyle="none",
            marker=marker,
            markersize=size,
            markerfacecolor=ink.paper if sign == "open" else colour,
            markeredgecolor=colour,
            zorder=4,
        )
    outside = [(place, one) for place, one in enumerate(chart.points) if one.sign in ("above", "below")]
    _outside(axes, outside, ink, room=max(4, len(values) // 5))


def _outside(axes: Axes, there: list[tuple[int, ChartPoint]], ink: _Ink, *, room: int) -> None:
    """The labels of points outside, as many as there is room for; all of them are in the table."""
    last = -room
    for place, one in there:
        if place - last < room:
            continue
        last, up = place, one.sign == "above"
        axes.annotate(
            f"{one.label}: {'high' if up else 'low'}",
            (place, one.value),
            xytext=(0, 8 if up else -15),
            textcoords="offset points",
            horizontalalignment="left" if place < room / 2 else "center",
            fontsize=9,
            fontweight="bold",
            color=ink.alert,
        )


def _happened(axes: Axes, chart: MetricChart, ink: _Ink) -> None:
    """Releases and changes of level between the points, each a line with its words above the chart, on two rows."""
    for number, mark in enumerate(chart.marks):
        place = mark.before - 0.5
        style: Any = (0, (1, 1.5)) if mark.kind == "level" else (0, (6, 2, 1, 2))
        axes.axvline(place, color=ink.ink, linewidth=1, linestyle=style, zorder=2)
        right = place > len(chart.points) * 0.75
        axes.annotate(
            f"{'↑' if mark.kind == 'level' else '◇'} {mark.words}",
            (place, 1.02 + 0.1 * (number % 2)),
            xycoords=("data", "axes fraction"),
            horizontalalignment="right" if right else "left",
            fontsize=9,
            color=ink.ink,
        )


def _frame(axes: Axes, chart: MetricChart, ink: _Ink) -> None:
    step = max(1, -(-len(chart.points) // _TICKS))
    places = list(range(0, len(chart.points), step))
    axes.set_xticks(places, [chart.points[place].label for place in places])
    axes.set_ylabel("" if chart.unit == "a case" else chart.unit, color=ink.soft)
    axes.tick_params(colors=ink.soft, labelsize=9, length=3)
    axes.grid(visible=True, axis="y", color=ink.line, linewidth=0.6)
    axes.set_axisbelow(True)
    for name, spine in axes.spines.items():
        spine.set_visible(name in ("left", "bottom"))
        spine.set_color(ink.line)


def _span(chart: MetricChart) -> tuple[float, float]:
    known = [one.value for one in chart.points]
    known += [end for one in chart.points for end in (one.low, one.high) if end is not None]
    known += [chart.line] if chart.line is not None and _is_near(chart) else []
    low, high = min(known), max(known)
    room = (high - low) * 0.12 or abs(high) * 0.1 or 1.0
    return low - room if low > 0 else -room, high + room


def _is_near(chart: MetricChart) -> bool:
    """Whether the contract's line can be drawn without making everything else flat."""
    high = max(max(one.value, one.high or 0.0) for one in chart.points)
    return chart.line is not None and (chart.unit == "%" or chart.line <= 3 * high)


def _described(svg: str, chart: MetricChart) -> str:
    """The picture with a title and its words, for those who do not see it."""
    marks = "; ".join(f"{mark.words} before {chart.points[mark.before].label}" for mark in chart.marks)
    outside = "; ".join(one.words for one in chart.points if one.sign in ("above", "below"))
    words = " ".join(filter(None, (chart.limits, chart.verdict, outside and f"{outside}.", marks and f"{marks}.")))
    head = (
        f'<title id="chart-title">{html.escape(chart.words)}</title><desc id="chart-words">{html.escape(words)}</desc>'
    )
    named = ' role="img" aria-labelledby="chart-title chart-words"'
    return re.sub(r"(<svg\b[^>]*)>", lambda found: f"{found[1]}{named}>\n {head}", svg, count=1)
