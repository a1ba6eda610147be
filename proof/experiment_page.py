"""
The tables and the picture of docs/experiments.md, from the data: `python -m proof.experiment_page`.

Writes the picture, prints the tables; tests/docs asks whether the page has them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from proof.experiment_looks import Verdicts, judge, read
from proof.experiments import OTHER_TUNINGS, count, count_experiments, left_out, unavailable

PICTURE = Path(__file__).parents[1] / "docs/experiments.svg"
METRICS = {1: "1, yes or no", 2: "2, a count", 3: "3, a count", 4: "4, an amount"}
_LEFT, _TOP, _ROW, _SCALE = 150, 78, 52, 8.5  # pixels; the scale is pixels a verdict


def tables() -> dict[str, str]:
    """Every table of the page as Markdown, by what it is about."""
    series = read()
    two_sided = [judge(one) for one in series]
    one_sided = [judge(one, one_sided=True) for one in series]
    rows_left_out = left_out(series)
    experiments = count_experiments(two_sided)
    tuned = [(times, count([judge(one, tightest=times) for one in series])) for times in OTHER_TUNINGS]
    return {
        "metrics": _verdicts([*_by_metric(two_sided), ("all", two_sided)], "series judged"),
        "directions": _verdicts(_by_direction(two_sided)),
        "one-sided": _verdicts([("higher", one_sided)]),
        "experiments": _table(
            ["experiments", "some verdict by peeking", "some of them confirmed"],
            [[experiments.judged, experiments.peeking, experiments.confirmed]],
        ),
        "end": _table(
            ["different at the last look", "also confirmed by ours"],
            [[count(two_sided).at_the_end, count(two_sided).at_the_end_confirmed]],
        ),
        "tunings": _table(
            ["tightest when, compared with the first look, so much has happened", "never confirmed"],
            [[f"{times:g} times", found.vanished] for times, found in tuned],
        ),
        "left out": _table(["rows left out", ""], [[why, rows] for why, rows in sorted(rows_left_out.items())]),
    }


def picture(verdicts: Sequence[Verdicts]) -> str:
    """The verdicts by peeking as bars, one a metric, in three parts that differ in more than colour."""
    bars = "".join(_bar(place, name, chosen) for place, (name, chosen) in enumerate(_by_metric(verdicts)))
    whole = count(verdicts)
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 330" role="img" aria-labelledby="title desc" \
font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif">
  <title id="title">What becomes of {whole.peeking} verdicts by peeking</title>
  <desc id="desc">{whole.confirmed} were confirmed by the rule that holds at every look; {whole.vanished} were not, \
and {whole.gone - whole.confirmed_and_gone} of those were gone at the last look of the peeking test itself.</desc>
  <style>
    text {{ font-size: 14px; fill: #262521; }}
    .head {{ font-size: 17px; font-weight: 600; }}
    .confirmed {{ fill: #e3b84a; stroke: #3b3a36; }}
    .there {{ fill: #ffffff; stroke: #3b3a36; }}
    .gone {{ fill: url(#hatch); stroke: #3b3a36; }}
    .figure {{ text-anchor: middle; font-weight: 600; paint-order: stroke; stroke: #fffdf8; stroke-width: 4px; }}
  </style>
  <defs>
    <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect width="7" height="7" fill="#fffdf8"/><line x1="0" y1="0" x2="0" y2="7" stroke="#8a8880" stroke-width="2"/>
    </pattern>
  </defs>
  <rect width="800" height="330" rx="14" fill="#fffdf8"/>
  <text class="head" x="24" y="36">What becomes of {whole.peeking} verdicts by peeking</text>
{bars}{_legend()}</svg>
"""


def _bar(place: int, name: str, verdicts: Sequence[Verdicts]) -> str:
    found, y = count(verdicts), _TOP + place * _ROW
    gone = found.gone - found.confirmed_and_gone
    left, lines = float(_LEFT), [f'  <text x="24" y="{y + 20}">{name}</text>\n']
    parts = (("confirmed", found.confirmed), ("there", found.vanished - gone), ("gone", gone))
    for look, verdicts_here in parts:
        width = verdicts_here * _SCALE
        lines.append(f'  <rect class="{look}" x="{left:g}" y="{y}" width="{width:g}" height="30"/>\n')
        lines.append(f'  <text class="figure" x="{left + width / 2:g}" y="{y + 20}">{verdicts_here}</text>\n')
        left += width
    return "".join(lines)


def _legend() -> str:
    words = (
        ("confirmed", 24, "confirmed by ours"),
        ("there", 190, "not confirmed, still there at the end"),
        ("gone", 492, "not confirmed, and gone at the end"),
    )
    return "".join(
        f'  <rect class="{look}" x="{x}" y="292" width="18" height="14"/>\n  <text x="{x + 26}" y="304">{said}</text>\n'
        for look, x, said in words
    )


def _by_metric(verdicts: Sequence[Verdicts]) -> list[tuple[str, list[Verdicts]]]:
    return [(name, [one for one in verdicts if one.series.metric == metric]) for metric, name in METRICS.items()]


def _by_direction(verdicts: Sequence[Verdicts]) -> list[tuple[str, list[Verdicts]]]:
    directions = (("higher than the control", 1), ("lower than the control", -1))
    return [(name, [one for one in verdicts if one.peeking == sign]) for name, sign in directions]


def _verdicts(groups: Iterable[tuple[str, Sequence[Verdicts]]], judged: str = "") -> str:
    head = ["verdict by peeking", "never confirmed by ours", "confirmed", "gone at peeking's own last look"]
    rows: list[list[str | int]] = []
    for name, one in ((name, count(chosen)) for name, chosen in groups):
        rows.append([name, *([one.judged] if judged else []), one.peeking, one.vanished, one.confirmed, one.gone])
    return _table(["", *([judged] if judged else []), *head], rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def main() -> int:
    """Write the picture, print the tables."""
    if missing := unavailable():
        print(f"The page cannot be made: {missing}.", file=sys.stderr)
        return 1
    PICTURE.write_text(picture([judge(one) for one in read()]), encoding="utf-8")
    for name, table in tables().items():
        print(f"{name}\n\n{table}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
