"""The contract's page as one self-contained HTML document: nothing fetched, no script, one sheet of A4."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from goldenthread.promise.contract.model import Autonomy, Contract, Shift
from goldenthread.promise.contract.page import Page, signature_row
from goldenthread.promise.contract.page_rows import MEANING, Row, Section
from goldenthread.promise.values import LADDER, Level

_AIRY = 66
"""Lines of text that fit the sheet with room between them; what has more is set closer."""


def page_html(page: Page, status: Mapping[str, str] | None = None) -> str:
    """
    The page as HTML, to read on a screen (light and dark) and to print on one sheet of A4.

    Args:
        page: Laid out by `page`.
        status: What to say of each signer who has signed, by name, e.g. 'signed on 2026-03-01'; None leaves
            a line to sign on.
    """
    contract = page.contract
    title = escape(f"{contract.slice}, version {contract.version}")
    body = "\n".join(
        (_header(contract), *(_section(page, section, status) for section in page.sections), _footer(contract))
    )
    dense = ' class="dense"' if len(page.lines) > _AIRY else ""
    return (
        "<!doctype html>\n"
        f'<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<style>\n{_STYLE}</style>\n</head>\n<body>\n<main{dense}>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _header(contract: Contract) -> str:
    kind = "Prototype" if contract.is_prototype else "Agent Impact Contract"
    product = f"of {contract.product}, " if contract.product else ""
    return (
        f'<header>\n<p class="kind">{kind}</p>\n'
        f'<h1>{escape(contract.slice)} <span class="version">{escape(product)}version {contract.version}</span></h1>\n'
        "</header>"
    )


def _footer(contract: Contract) -> str:
    return f"<footer>{escape(contract.digest)}</footer>"


def _section(page: Page, section: Section, status: Mapping[str, str] | None) -> str:
    roles = {row.role for row in section.rows}
    if "outcome" in roles:
        return _outcomes(page.contract, section)
    if "level" in roles and page.contract.autonomy is not None:
        return _trust(page.contract.autonomy, section)
    if "signature" in roles:
        return _signatures(section, status)
    return f"<section>\n{_heading(section.title)}\n{_rows(section.rows)}\n</section>"


def _heading(title: str) -> str:
    return f"<h2>{escape(title)}</h2>"


def _rows(rows: tuple[Row, ...]) -> str:
    entries = "\n".join(f"<dt>{escape(row.label)}</dt><dd>{escape(row.text)}</dd>" for row in rows)
    return f"<dl>\n{entries}\n</dl>"


# --- outcomes -----------------------------------------------------------------------------------


def _outcomes(contract: Contract, section: Section) -> str:
    cards = [_outcome("Business", shift) for shift in contract.business]
    cards += [_outcome("Customer", shift) for shift in contract.customer]
    cards += [_outcome("Adoption", contract.adoption)] if contract.adoption else []
    missing = tuple(row for row in section.rows if row.role != "outcome")
    lacking = _rows(missing) if missing else ""
    title = f'<h2 class="unseen">{escape(section.title)}</h2>'
    return f'<section class="outcomes">\n{title}\n{"".join(cards)}{lacking}</section>'


def _outcome(kind: str, shift: Shift) -> str:
    name = f"{shift.metric} {shift.statistic}" if shift.statistic else shift.metric
    of = f" of {shift.of}" if shift.of else ""
    before, after = shift.before_after.split(" -> ")
    return (
        f'<div class="outcome {kind.lower()}"><p class="what"><b>{kind}</b> {escape(name)}</p>'
        f'<p class="shift"><span>{escape(before)}</span> <i aria-hidden="true">&rarr;</i>'
        f'<span class="unseen"> to </span> <strong>{escape(after)}</strong>{escape(of)}</p>'
        f'<p class="by">in {escape(str(shift.window))}, owned by {escape(shift.owner)}</p></div>\n'
    )


# --- the ladder ---------------------------------------------------------------------------------


def _trust(autonomy: Autonomy, section: Section) -> str:
    steps = "\n".join(_step(level, autonomy) for level in reversed(LADDER))
    rest = tuple(row for row in section.rows if row.role not in ("level", "gate"))
    return (
        f'<section class="trust">\n{_heading(section.title)}\n'
        f'<ol class="ladder" reversed>\n{steps}\n</ol>\n{_rows(rest)}\n</section>'
    )


def _step(level: Level, autonomy: Autonomy) -> str:
    inside = level <= autonomy.ceiling
    notes = [words for words, holds in _notes(level, autonomy) if holds]
    tags = "".join(f" <em>{escape(note)}</em>" for note in notes)
    gate = ", ".join(f"<code>{escape(str(clause))}</code>" for clause in autonomy.gates.get(level, ()))
    opens = f'<p class="gate"><span>opens when</span> {gate}</p>' if gate else ""
    state = "inside" if inside else "outside"
    return f'<li class="{level} {state}"><p class="step"><b>{level}</b> {escape(MEANING[level])}{tags}</p>{opens}</li>'


def _notes(level: Level, autonomy: Autonomy) -> tuple[tuple[str, bool], ...]:
    return (
        ("begins here", level is autonomy.start),
        ("ceiling", level is autonomy.ceiling),
        ("not in this contract", level > autonomy.ceiling),
    )


# --- signatures ---------------------------------------------------------------------------------


def _signatures(section: Section, status: Mapping[str, str] | None) -> str:
    entries = "\n".join(_signature(row, status) for row in section.rows)
    return f'<section class="signatures">\n{_heading(section.title)}\n<ul>\n{entries}\n</ul>\n</section>'


def _signature(row: Row, status: Mapping[str, str] | None) -> str:
    name, _, role = row.text.partition(" as ")
    words = signature_row(row, status).text.removeprefix(f"{row.text}: ")
    state = "signed" if status is not None and name in status else "open"
    mark = "&#10003; " if state == "signed" else ""
    return f'<li class="{state}"><b>{escape(name)}</b> <span>{escape(role)}</span> <em>{mark}{escape(words)}</em></li>'


_STYLE = """\
:root { --ink: #1d2129; --soft: #5c6470; --line: #d9d5c9; --paper: #fffdf8; --desk: #eeeae0; --gold: #9a6b00;
  --wash: #f8f1df; }
@media (prefers-color-scheme: dark) { :root { --ink: #ece8de; --soft: #a9a699; --line: #46443c; --paper: #1d1c19;
  --desk: #121210; --gold: #e3b341; --wash: #2a2619; } }
* { box-sizing: border-box; margin: 0; padding: 0; }
html { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body { background: var(--desk); color: var(--ink); font: 10.4px/1.36 system-ui, "Segoe UI", "DejaVu Sans", sans-serif;
  overflow-wrap: anywhere; }
main { background: var(--paper); width: 210mm; max-width: 100%; min-height: 297mm; margin: 8mm auto; padding: 10mm
  12mm;
  box-shadow: 0 2px 18px #0003; border-top: 3px solid var(--gold); }
header { display: flex; flex-flow: row-reverse wrap; justify-content: space-between; align-items: baseline; gap: 0
  6mm; }
h1 { font: 600 21px/1.2 Georgia, "DejaVu Serif", serif; }
.version { font-size: 12px; font-weight: 400; color: var(--soft); }
.kind { color: var(--gold); font-weight: 600; letter-spacing: .08em; text-transform: uppercase; font-size: 9px; }
h2 { font-size: 9px; letter-spacing: .09em; text-transform: uppercase; color: var(--gold); margin: 1.5mm 0 .6mm; }
section { border-top: 1px solid var(--line); margin-top: 1.6mm; }
dl { display: grid; grid-template-columns: fit-content(48mm) 1fr; gap: .15mm 3mm; }
dt { color: var(--soft); }
code { font: 600 1em ui-monospace, "DejaVu Sans Mono", monospace; font-size: .95em; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.outcomes { border-top: 0; display: flex; flex-wrap: wrap; gap: 1.6mm; position: relative; margin-top: 2.4mm; }
.outcomes dl { width: 100%; }
.outcome { flex: 1 1 30%; background: var(--wash); border-left: 3px solid var(--gold); padding: 1.6mm 2.4mm;
  min-width: 50mm; }
.outcome .what { color: var(--soft); } .outcome .what b { color: var(--ink); }
.shift { font: 400 19px/1.25 Georgia, "DejaVu Serif", serif; } .shift i { color: var(--gold); font-style: normal; }
.adoption .shift { font-size: 14px; line-height: 1.7; }
.by { color: var(--soft); }
.ladder { list-style: none; margin: .6mm 0 1.4mm; }
.ladder li { border-left: 3px solid var(--gold); padding: .5mm 0 .5mm 2.4mm; margin-bottom: .5mm; background:
  var(--wash); }
.ladder .expanded { margin-left: 24mm; } .ladder .constrained { margin-left: 18mm; } .ladder .approval {
  margin-left: 12mm; }
.ladder .draft { margin-left: 6mm; }
.ladder .outside { border-left-style: dotted; background: none; color: var(--soft); }
.step b { display: inline-block; min-width: 21mm; }
.step em { font-style: normal; font-size: 9px; border: 1px solid var(--gold); border-radius: 2mm; padding: 0 1.4mm;
  color: var(--gold);
  white-space: nowrap; }
.outside em { border-color: var(--line); color: var(--soft); }
.gate span { display: inline-block; min-width: 21mm; color: var(--soft); }
.signatures ul { list-style: none; display: grid; grid-template-columns: repeat(3, 1fr); gap: 1mm 5mm; }
.signatures li { border-bottom: 1px solid var(--ink); padding-bottom: .5mm; }
.signatures li.open { border-bottom-style: dashed; }
.signatures b { display: block; } .signatures span { color: var(--soft); } .signatures em { font-style: normal;
  float: right; }
.signed em { color: var(--gold); font-weight: 600; }
footer { color: var(--soft); font: 8px ui-monospace, "DejaVu Sans Mono", monospace; margin-top: 2mm; }
@media screen and (max-width: 210mm) { main { margin: 0; padding: 4mm; } body { font-size: 14px; }
  dl { grid-template-columns: 1fr; } .ladder li { margin-left: 0 !important; } .signatures ul {
  grid-template-columns: 1fr; } }
@page { size: A4 portrait; margin: 9mm 11mm; }
@media print { :root { --ink: #1d2129; --soft: #5c6470; --line: #d9d5c9; --paper: #fff; --desk: #fff; --gold: #9a6b00;
  --wash: #faf5e8; }
  body { background: none; font-size: 10px; line-height: 1.3; } h1 { font-size: 19px; } .shift { font-size: 17px; }
  main { width: auto; min-height: 0; margin: 0; padding: 0; box-shadow: none; border-top: 0; }
  .dense { line-height: 1.2; } .dense .shift { font-size: 15px; } .dense section { margin-top: 1.2mm; }
  .dense h2 { margin: 1mm 0 .4mm; } .dense dl { gap: 0 3mm; } .dense .outcome { padding: 1mm 2mm; } }
"""
