"""
The map, drawn: tractability from left to right, worth from below to above, each problem a number in a key beneath.

SVG without script, with title and description for screen readers, readable on light and on dark ground. The category is
a shape and a word and not only a colour; what can hardly be measured is dashed; unknown worth has a lane of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape

from goldenthread.control.problems import CATEGORIES, Problem, ProblemMap, Worth
from goldenthread.factory.problems.ranking import Ranked, rank_problems

_WIDTH, _LEFT, _RIGHT, _TOP, _PLOT = 960, 108, 28, 64, 380
_LANE = 46  # height of the lane of unknown worth
_ROW = 22  # height of a line of the key
_RADIUS = 12
_INK = "#767676"  # has a contrast of 4.5 on white and on black
_COLOURS = dict(zip(CATEGORIES, ("#0072B2", "#C85200", "#008F6B", "#B05C8F", "#8A6D00", "#5B6770"), strict=True))
_SIDES = {"waiting": 0, "effort": 4, "errors": 3, "risk": -3, "cost": 6, "reach": 8}
# corners of the shape; 0 a circle, negative stands on its head
_ASIDE = (0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0)


@dataclass(frozen=True, kw_only=True)
class _Spot:
    number: int
    ranked: Ranked
    x: float
    y: float
    low: float | None = None  # of the range of worth
    high: float | None = None


def map_svg(problems: ProblemMap, title: str | None = None) -> str:
    """
    The problem map as SVG; problems that are set aside stand in the key only.

    Args:
        problems: The map.
        title: Above the picture; None names the map and its version.
    """
    ranked = rank_problems(problems)
    scale = _Scale.of([one.problem for one in ranked])
    placed = [one for one in ranked if one.place is not None]
    spots = _apart([_spot(one, scale) for one in placed])
    height = _TOP + _PLOT + _LANE + 74 + _ROW * (len(ranked) + 1)
    body = [
        *_frame(scale),
        *(part for spot in spots for part in _range(spot)),
        *(part for spot in spots for part in _drawn(spot)),
        *_key(ranked),
    ]
    head = title or f"Problem map, version {problems.version}"
    words = "; ".join(f"{one.place or 'set aside'}: {one.problem.name}, {one.why}" for one in ranked)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-labelledby="map-title map-words" font-family="system-ui, sans-serif" font-size="13" fill="{_INK}">\n'
        f'<title id="map-title">{escape(head)}</title>\n<desc id="map-words">{escape(words)}</desc>\n'
        f'<text x="{_LEFT}" y="26" font-size="17" font-weight="600">{escape(head)}</text>\n'
        f'<text x="{_LEFT}" y="46">Dashed: below 3 of 5 in measurability. Lines: the range of worth. Owner: '
        f"{escape(problems.owner)}</text>\n" + "\n".join(body) + "\n</svg>\n"
    )


@dataclass(frozen=True, kw_only=True)
class _Scale:
    """Worth on a scale of powers of ten, from `low` to `high`; one currency, or none where problems name several."""

    low: int
    high: int
    unit: str

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> _Scale:
        worths = [one.worth for one in problems if one.worth is not None and one.set_aside is None]
        currencies = {worth.currency for worth in worths}
        least = min((float(worth.low) for worth in worths if worth.low > 0), default=1_000.0)
        most = max((float(worth.high) for worth in worths if worth.high > 0), default=100_000.0)
        low = math.floor(math.log10(least))
        unit = f"{currencies.pop()} a year" if len(currencies) == 1 else "a year, each in its own currency"
        return cls(low=low, high=max(math.ceil(math.log10(most)), low + 1), unit=unit)

    def y(self, amount: float) -> float:
        share = (math.log10(max(amount, 10**self.low)) - self.low) / (self.high - self.low)
        return _TOP + _PLOT * (1 - share)


def _spot(ranked: Ranked, scale: _Scale) -> _Spot:
    problem = ranked.problem
    x = _x(problem.tractability.score)
    number = ranked.place or 0
    if problem.worth is None:
        return _Spot(number=number, ranked=ranked, x=x, y=_TOP + _PLOT + _LANE / 2 + 2)
    low, high = scale.y(float(problem.worth.low)), scale.y(float(problem.worth.high))
    return _Spot(number=number, ranked=ranked, x=x, y=(low + high) / 2, low=low, high=high)


def _x(score: float) -> float:
    column = (_WIDTH - _LEFT - _RIGHT) / 5
    return _LEFT + column * (score - 0.5)


def _apart(spots: Sequence[_Spot]) -> list[_Spot]:
    """The same with those that would lie on each other moved aside in their column."""
    placed: list[_Spot] = []
    for spot in spots:
        beside = [spot.x + step * (2 * _RADIUS + 6) for step in _ASIDE]
        free = [x for x in beside if all(math.hypot(x - one.x, spot.y - one.y) > 2 * _RADIUS + 2 for one in placed)]
        placed.append(replace(spot, x=free[0] if free else beside[-1]))
    return placed


def _frame(scale: _Scale) -> Iterator[str]:
    right, bottom = _WIDTH - _RIGHT, _TOP + _PLOT
    for power in range(scale.low, scale.high + 1):
        y = scale.y(10.0**power)
        yield f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="{_INK}" stroke-opacity=".3"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10**power:,}</text>'
    yield (
        f'<rect x="{_LEFT}" y="{bottom + 4}" width="{right - _LEFT}" height="{_LANE - 4}" fill="{_INK}" '
        'fill-opacity=".12"/>'
    )
    yield f'<text x="{_LEFT - 8}" y="{bottom + _LANE / 2 + 6:.1f}" text-anchor="end">unknown</text>'
    for score in range(1, 6):
        yield f'<text x="{_x(score):.1f}" y="{bottom + _LANE + 18}" text-anchor="middle">{score}</text>'
    yield f'<text x="{_x(1):.1f}" y="{bottom + _LANE + 36}" text-anchor="middle">hard to solve</text>'
    yield f'<text x="{_x(3):.1f}" y="{bottom + _LANE + 36}" text-anchor="middle">tractability</text>'
    yield f'<text x="{_x(5):.1f}" y="{bottom + _LANE + 36}" text-anchor="middle">can be solved</text>'
    yield (
        f'<text x="20" y="{_TOP + _PLOT / 2:.1f}" text-anchor="middle" '
        f'transform="rotate(-90 20 {_TOP + _PLOT / 2:.1f})">worth, {escape(scale.unit)}</text>'
    )


def _range(spot: _Spot) -> Iterator[str]:
    """Below every shape, so that no line crosses a number."""
    colour = _COLOURS[spot.ranked.problem.category]
    if spot.low is not None and spot.high is not None and spot.low != spot.high:
        yield (
            f'<line x1="{spot.x:.1f}" y1="{spot.low:.1f}" x2="{spot.x:.1f}" y2="{spot.high:.1f}" stroke="{colour}" '
            'stroke-width="2" stroke-opacity=".6"/>'
        )


def _drawn(spot: _Spot) -> Iterator[str]:
    problem = spot.ranked.problem
    colour = _COLOURS[problem.category]
    words = f"{problem.name}: {problem.says} {spot.ranked.why}"
    dashes = ' stroke-dasharray="3 2"' if problem.measurability.score < 3 else ""
    yield f"<g><title>{escape(words)}</title>{_shape(problem.category, spot.x, spot.y, colour, dashes)}"
    yield (
        f'<text x="{spot.x:.1f}" y="{spot.y + 4.5:.1f}" text-anchor="middle" font-size="12" font-weight="600" '
        f'fill="#222222">{spot.number}</text></g>'
    )


def _shape(category: str, x: float, y: float, colour: str, dashes: str = "", radius: float = _RADIUS) -> str:
    style = f'fill="#ffffff" stroke="{colour}" stroke-width="2.5"{dashes}'
    sides = _SIDES[category]
    if sides == 0:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" {style}/>'
    wide = radius * (1.45 if abs(sides) == 3 else 1.18)
    turn = math.pi / 2 if sides < 0 else -math.pi / 2 + (math.pi / 4 if sides == 4 else 0)
    corners = (
        f"{x + wide * math.cos(turn + 2 * math.pi * corner / abs(sides)):.1f},"
        f"{y + wide * math.sin(turn + 2 * math.pi * corner / abs(sides)):.1f}"
        for corner in range(abs(sides))
    )
    return f'<polygon points="{" ".join(corners)}" {style}/>'


def _key(ranked: Sequence[Ranked]) -> Iterator[str]:
    top = _TOP + _PLOT + _LANE + 68
    columns = ((34, ""), (70, "problem"), (330, "category"), (415, "measurable"), (515, "worth a year"), (730, "owner"))
    for x, head in columns:
        yield f'<text x="{x}" y="{top}" font-weight="600">{head}</text>'
    for row, one in enumerate(ranked, start=1):
        y = top + row * _ROW
        problem = one.problem
        worth = "unknown" if problem.worth is None else _grouped(problem.worth)
        cells = (
            "" if one.place is None else str(one.place),
            _short(problem.name if one.place else f"{problem.name} (set aside)", 34),
            problem.category,
            f"{problem.measurability.score} of 5",
            _short(worth, 30),
            _short(problem.owner, 28),
        )
        yield _shape(problem.category, 16, y - 4, _COLOURS[problem.category], radius=6)
        yield from (f'<text x="{x}" y="{y}">{escape(cell)}</text>' for (x, _), cell in zip(columns, cells, strict=True))


def _grouped(worth: Worth) -> str:
    amounts = f"{worth.low:,f}" if worth.low == worth.high else f"{worth.low:,f} to {worth.high:,f}"
    return f"{amounts} {worth.currency}"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."
