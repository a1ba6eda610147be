"""A frontier as one self-contained page for a decision: nothing fetched, no script, readable by day and by night."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from goldenthread.factory.value.promises import INPUTS, Frontier, Option
from goldenthread.factory.value.words import (
    decision_words,
    option_lines,
    promise_words,
    range_words,
    share_words,
)

_STYLE = """\
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fff; --soft: #5f5f5f; --line: #c9c9c9; --agent: #0072b2;
  --people: #c85200 }
@media (prefers-color-scheme: dark) { :root { --ink: #eee; --paper: #161616; --soft: #a8a8a8; --line: #444;
  --agent: #56b4e9; --people: #f0a35e } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem }
h1 { font-size: 1.5rem; margin: 0 0 .25rem } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
.answer { font-size: 1.15rem; border-left: 4px solid var(--agent); padding-left: .75rem }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: .35rem .6rem;
  border-bottom: 1px solid var(--line) } th { font-weight: 600 } td.number { font-variant-numeric: tabular-nums }
.soft { color: var(--soft) } ul { margin: 0; padding-left: 1.1rem }
svg { max-width: 100%; height: auto } svg text { fill: var(--soft); font-size: 13px }
@media print { body { font-size: 11pt } }
"""
_WIDTH, _ROW, _LEFT, _RIGHT = 860, 34, 250, 30


def frontier_html(found: Frontier) -> str:
    """The page."""
    service = found.service
    title = escape(f"{service.name}: a promise to decide")
    body = "\n".join(
        (
            f"<h1>{escape(service.says)}</h1>",
            f'<p class="soft">{escape(service.name)}, for a decision by {escape(service.owner)}</p>',
            f'<p class="answer">{escape(decision_words(found))}</p>',
            f"<p>For what people cost today, the agent serves {escape(share_words(found.share))} of the cases.</p>",
            "<h2>What a week costs</h2>",
            frontier_bars(found),
            "<h2>Promises, and what they bring</h2>",
            _table(found),
            "<h2>Made of</h2>",
            _inputs(found),
        )
    )
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<style>\n{_STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def frontier_bars(found: Frontier) -> str:
    """
    One line an option from its lowest to its highest cost, a mark at the likely one; a label says which way. SVG, whose
    page gives the colours `--agent` and `--people`.
    """
    options = (found.today, *found.options)
    most = float(max(option.cost.high for option in options)) or 1.0
    height = _ROW * len(options) + 34
    words = "; ".join(f"{one.name}: {range_words(one.cost, found.service.currency)}" for one in options)
    rows = "\n".join(part for row, one in enumerate(options) for part in _bar(one, row, most, one is found.today))
    end = f"{most:,.0f} {found.service.currency}"
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="cost-words">'
        f'<title id="cost-words">{escape(f"Cost of a week. {words}")}</title>\n{rows}\n'
        f'<text x="{_LEFT}" y="{height - 8}">0</text>'
        f'<text x="{_WIDTH - _RIGHT}" y="{height - 8}" text-anchor="end">{escape(end)}</text></svg>'
    )


def _bar(option: Option, row: int, most: float, today: bool) -> Iterator[str]:
    y = _ROW * row + 18
    span = _WIDTH - _LEFT - _RIGHT
    low, likely, high = (
        _LEFT + span * float(one) / most for one in (option.cost.low, option.cost.likely, option.cost.high)
    )
    colour = f"var(--{option.way})"
    dashes = ' stroke-dasharray="6 4"' if option.way == "people" else ""
    name = f"today, by {option.way}" if today else option.name
    yield f'<text x="{_LEFT - 12}" y="{y + 5}" text-anchor="end">{escape(name)}</text>'
    yield (
        f'<line x1="{low:.1f}" y1="{y}" x2="{max(high, low + 2):.1f}" y2="{y}" stroke="{colour}" '
        f'stroke-width="8" stroke-opacity=".5"{dashes}/>'
    )
    yield f'<circle cx="{likely:.1f}" cy="{y}" r="6" fill="{colour}"/>'


def _table(found: Frontier) -> str:
    currency = found.service.currency
    rows = "\n".join(_row(one, currency, one is found.today) for one in (found.today, *found.options))
    head = "".join(f"<th scope='col'>{name}</th>" for name in ("Promise", "Cost a week", "Net a week", "What else"))
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"


def _row(option: Option, currency: str, today: bool) -> str:
    name = "Today" if today else option.name
    more = "".join(f"<li>{escape(words)}</li>" for words in list(option_lines(option, currency))[1:])
    return (
        f'<tr><th scope="row">{escape(name)}<br><span class="soft">{escape(promise_words(option))}</span></th>'
        f'<td class="number">{escape(range_words(option.cost, currency))}</td>'
        f'<td class="number">{escape(range_words(option.net, currency))}</td><td><ul>{more}</ul></td></tr>'
    )


def _inputs(found: Frontier) -> str:
    rows = "\n".join(
        f'<tr><th scope="row">{escape(INPUTS[name][1])}</th><td>{escape(str(span))}</td></tr>'
        for name, span in found.service.inputs.items()
    )
    return f"<table><tbody>\n{rows}\n</tbody></table>"
