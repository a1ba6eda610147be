"""A recommendation as one reads it at a terminal: the answer, then every line behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from goldenthread.factory.fit.facts import ASKED
from goldenthread.factory.fit.recommend import Reason, Recommendation
from goldenthread.factory.fit.table import Row, Table

_HEADS = {
    "need": "What the work needs",
    "limit": "What it may have",
    "ceiling": "How high it may climb",
    "guardrail": "What the contract must then have",
}


def recommendation_text(found: Recommendation, *, sources: bool = True) -> str:
    """
    The recommendation in plain lines, ended by a line feed.

    Args:
        found: What `recommend` said.
        sources: Whether to end with the sources of its rows.
    """
    lines = [*_answer(found), *_groups(found), *_open(found)]
    if sources:
        lines += ["", "Sources", *_sources(found.reasons)]
    return "\n".join([*lines, "", f"By version {found.table_version} of the table."]) + "\n"


def table_text(table: Table) -> str:
    """Every row of a table in plain lines, for whoever wants to judge it."""
    lines = [f"Version {table.version} of the table, {table.digest}."]
    for title, rows in (
        ("Needs", table.needs),
        ("Limits", table.limits),
        ("Ceilings", table.ceilings),
        ("Guardrails", table.guardrails),
    ):
        lines += ["", title, *(f"  {row.id:<4}{_row_does(row)}: {row.says}. ({row.source})" for row in rows)]
    typical = (f"  {one}: {took.seconds} s, {took.cost} EUR" for one, took in table.typical.items())
    lines += ["", f"Typical of a case before anybody measured ({table.typical_source})", *typical]
    lines += ["", "Sources", *(f"  {name}: {text}" for name, text in table.sources.items())]
    return "\n".join(lines) + "\n"


def _answer(found: Recommendation) -> Iterator[str]:
    if found.approach is None:
        yield "Nothing: this must not be built."
        return
    yield f"{found.approach.words[0].upper()}{found.approach.words[1:]} ({found.approach}), up to {found.ceiling}."
    if not found.fits:
        yield (
            f"The work needs {found.needed.words} ({found.needed}), which it may not have: "
            "cut the slice smaller, or leave to people what this cannot do."
        )


def _groups(found: Recommendation) -> Iterator[str]:
    for kind, head in _HEADS.items():
        reasons = [reason for reason in found.reasons if reason.kind == kind]
        if reasons or kind == "need":
            yield from ("", head)
        if not reasons and kind == "need":
            yield "  No row of the table asks for more than rules."
        yield from map(_line, reasons)


def _line(reason: Reason) -> str:
    because = f" [{'; '.join(reason.because)}]" if reason.because else ""
    assumed = ", so the worst is taken" if reason.assumed else ""
    return f"  {reason.row:<4}{reason.does}: {reason.says}{because}{assumed}"


def _open(found: Recommendation) -> Iterator[str]:
    if found.open:
        yield from ("", "What nobody has said, and what could lift it")
        yield from (f"  {one.name}: {ASKED[one.name]} ({', '.join(one.might)})" for one in found.open)


def _sources(reasons: Sequence[Reason]) -> Iterator[str]:
    by_source: dict[str, list[str]] = {}
    for reason in reasons:
        by_source.setdefault(reason.source, []).append(reason.row)
    for source, rows in by_source.items():
        yield f"  {', '.join(rows)}: {source}"


def _row_does(row: Row) -> str:
    if row.write:
        return row.write
    if row.level is not None:
        return f"at most {row.level}"
    return "nothing at all" if row.approach is None else str(row.approach)
