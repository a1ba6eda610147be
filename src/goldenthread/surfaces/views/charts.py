"""
The odds of a climb over time, drawn: one line a level, told apart by dashes and labels and not by colour alone.

A picture for a page or a slide: SVG without script, with title and description for screen readers, readable on light
and on dark ground, and the same bytes for the same plan.
"""

from __future__ import annotations

import html
import io
import re
from typing import TYPE_CHECKING, Any

from goldenthread.promise.contract import Plan
from goldenthread.promise.errors import ChartsMissing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axes._secondary_axes import SecondaryAxis
    from matplotlib.figure import Figure

_SIZE_INCHES = (9.0, 5.0)
_DASHES = ("solid", (0, (6, 2)), (0, (2, 2)), (0, (8, 2, 2, 2)))
_MARKERS = ("o", "s", "^", "D")
# Okabe and Ito's colours, chosen to differ also for colour-blind readers, as dark as stands out on white and on black.
_COLOURS = ("#0072B2", "#C85200", "#008F6B", "#B05C8F")
_INK = "#767676"  # grey that has a contrast of 4.5 on white and on black
_SPANS = (1, 2, 4, 8, 12, 26, 52, 104)  # weeks, for the axis
_SETTINGS: Any = {"svg.hashsalt": "goldenthread", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 11}


def odds_chart(plan: Plan) -> str:
    """
    The chance of having reached each level over time, as SVG; over cases where the contract states no volume.

    Args:
        plan: Of a contract; the likely quality is drawn, or the one that the owner believes.

    Raises:
        ChartsMissing: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as problem:
        raise ChartsMissing(
            "A chart cannot be drawn: matplotlib is not installed. "
            "Install it with `pip install 'goldenthread[charts]'`, or read the figures with --json."
        ) from problem
    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
        _draw(figure, plan)
        written = io.StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _described(written.getvalue(), plan)


def _draw(figure: Figure, plan: Plan) -> None:
    axes = figure.add_subplot()
    furthest = _span(plan)
    for number in range(len(plan.likely.reaches) if plan.likely else 0):
        _line(axes, plan, number, furthest)
    unit = "weeks" if plan.cases_a_week else "cases"
    axes.set(
        xlim=(0, furthest), ylim=(0, 102), xlabel=f"{unit} since the first case", ylabel="chance of being there, %"
    )
    axes.set_title(_title(plan), color=_INK, loc="left", fontsize=12)
    axes.grid(visible=True, color=_INK, alpha=0.3, linewidth=0.6)
    for each in (axes, *([_cases_above(axes, plan)] if plan.cases_a_week else [])):
        each.tick_params(colors=_INK)
        each.xaxis.label.set_color(_INK)
        each.yaxis.label.set_color(_INK)
        for spine in each.spines.values():
            spine.set_color(_INK)
    if plan.likely and plan.likely.reaches:
        axes.legend(loc="lower right", frameon=False, labelcolor=_INK, handlelength=4)


def _line(axes: Axes, plan: Plan, number: int, furthest: float) -> None:
    """One level: its chance rises at each percentile; a mark where half of the agents are there, with its name."""
    assert plan.likely is not None
    reach = plan.likely.reaches[number]
    scale = plan.cases_a_week or 1.0
    known = [(cases / scale, percent) for percent, cases in enumerate(reach.percentiles, start=1) if cases is not None]
    last = known[-1][0] * 1.2 if known else 0.0  # the hundredth percentile is none; the curve ends at its chance
    places = [0.0, *(place for place, _ in known), last, max(last, furthest)]
    chances = [0.0, *(percent for _, percent in known), 100 * reach.chance, 100 * reach.chance]
    colour, dashes = _COLOURS[number % 4], _DASHES[number % 4]
    axes.plot(places, chances, label=str(reach.level), linewidth=2.2, color=colour, linestyle=dashes)
    half = next((place for place, percent in known if percent >= 50), None)
    if half is None or half > furthest:
        return
    axes.plot([half], [50], marker=_MARKERS[number % 4], color=colour, markersize=7, linestyle="none")
    leftward = half > furthest / 4 and number + 1 < len(plan.likely.reaches)
    axes.annotate(
        str(reach.level),
        (half, 50),
        xytext=(-9, 5) if leftward else (9, -9),
        textcoords="offset points",
        horizontalalignment="right" if leftward else "left",
        color=colour,
        fontweight="bold",
    )


def _cases_above(axes: Axes, plan: Plan) -> SecondaryAxis:
    weekly = plan.cases_a_week or 1.0

    def cases(weeks: Any) -> Any:
        return weeks * weekly

    def weeks(cases: Any) -> Any:
        return cases / weekly

    above = axes.secondary_xaxis("top", functions=(cases, weeks))
    above.set_xlabel(f"cases, at {plan.volume}")
    above.xaxis.set_major_formatter(lambda cases, _place: f"{cases:,.0f}")
    return above


def _span(plan: Plan) -> float:
    """As far as nineteen of twenty agents are on the highest level, at most two years; in cases without a volume."""
    ends = [reach.percentiles[94] for reach in (plan.likely.reaches if plan.likely else ())]
    known = [end for end in ends if end is not None]
    if plan.cases_a_week is None:
        return float(max(known, default=plan.horizon))
    weeks = max(known) / plan.cases_a_week if known and len(known) == len(ends) else float("inf")
    return float(next((span for span in _SPANS if span >= weeks), _SPANS[-1]))


def _title(plan: Plan) -> str:
    scenario = plan.likely.scenario if plan.likely else "good"
    return f"{plan.slice}, version {plan.version}: the climb of an agent that is {scenario}"


def _described(svg: str, plan: Plan) -> str:
    """The picture with a title and the figures in words, for those who do not see it."""
    words = _title(plan) + "."
    for reach in plan.likely.reaches if plan.likely else ():
        weeks = "; ".join(f"{chance:.0%} within {weeks} weeks" for weeks, chance in reach.within.items())
        half = f"half are there by {reach.median:,} cases" if reach.median is not None else "less than half get there"
        words += f" {str(reach.level).capitalize()}: {half}{'; ' + weeks if weeks else ''}."
    head = (
        f'<title id="goldenthread-title">{html.escape(_title(plan))}</title>'
        f'<desc id="goldenthread-words">{html.escape(words)}</desc>'
    )
    named = ' role="img" aria-labelledby="goldenthread-title goldenthread-words"'
    return re.sub(r"(<svg\b[^>]*)>", lambda found: f"{found[1]}{named}>\n {head}", svg, count=1)
