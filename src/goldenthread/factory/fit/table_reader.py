"""The file of the table, read and checked whole: every problem with its line and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from goldenthread.factory.fit.facts import CHOICES, FACTS, FLAGS
from goldenthread.factory.fit.table import APPROACH, Approach, Is, Number, OneOf, Row, Table, Test, Typical
from goldenthread.promise.contract.model import Comparison
from goldenthread.promise.contract.parts import Part, choice, parsed_all, read_part, whole_number
from goldenthread.promise.contract.tree import Mapping as Block
from goldenthread.promise.contract.tree import Mark, Report, Scalar, read_tree
from goldenthread.promise.errors import FitTableInvalid, LineInvalid
from goldenthread.promise.values import LADDER, Level

LARGEST_TABLE = 256 * 1024

_TOP = ("apiVersion", "kind", "version", "sources", "typical", "needs", "limits", "ceilings", "guardrails")
_APPROACHES = tuple(one.value for one in Approach)
_LEVELS = tuple(level.value for level in LADDER)
_NUMBER = re.compile(r"(>=|<=|>|<) *([0-9]+(?:\.[0-9]+)?)")
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_NONE = "none"


@cache
def our_table() -> Table:
    """The table that comes with goldenthread."""
    return parse_table(files("goldenthread.factory.fit").joinpath("table.yaml").read_text(encoding="utf-8"))


def parse_table(text: str, filename: str = "table.yaml") -> Table:
    """
    Read a table from the text of its file.

    Raises:
        FitTableInvalid: Every problem, one a line: `file:line:column path: problem; write e.g. ...`.
    """
    report = Report(file=filename)
    tree = read_tree(text, report, largest=LARGEST_TABLE, what="table")
    found = _table(read_part(tree, "", report, _TOP), text) if isinstance(tree, Block) else None
    if found is None and not report.problems:
        report.add(Mark(line=1, column=1), "", "There is no table here; copy the one of `goldenthread fit --rows`.")
    if report.problems or found is None:
        raise FitTableInvalid(tuple(sorted(report.problems, key=lambda problem: (problem.line, problem.column))))
    return found


def _table(top: Part, text: str) -> Table | None:
    for key, wanted in (("apiVersion", "goldenthread/v1"), ("kind", "FitTable")):
        top.require(key, wanted)
        choice(top, key, (wanted,))
    for key in ("version", "sources", "typical", "needs", "limits", "ceilings", "guardrails"):
        top.require(key, "see the table of `goldenthread fit --rows`")
    version = whole_number(top, "version", "1", least=1, most=999_999_999)
    sources = _texts(top.part("sources", None, "sources: {name: where it stands}"))
    typical, typical_source = _typical(top, sources)
    rows = {key: _rows(top, key, sources) for key in ("needs", "limits", "ceilings", "guardrails")}
    _require_unique(top, rows)
    if version is None or top.report.problems:
        return None
    return Table(
        version=version,
        sources=MappingProxyType(sources),
        typical=MappingProxyType(typical),
        typical_source=typical_source,
        text=text,
        **rows,
    )


def _texts(part: Part | None) -> dict[str, str]:
    if part is None:
        return {}
    found = {name: part.text(name) for name in part.entries}
    return {name: text for name, text in found.items() if text is not None}


def _typical(top: Part, sources: Mapping[str, str]) -> tuple[dict[Approach, Typical], str]:
    part = top.part("typical", ("source", *_APPROACHES), 'typical: {rules: {seconds: "0.01", cost: "0"}}')
    found: dict[Approach, Typical] = {}
    if part is None:
        return found, ""
    source = _source(part, sources)
    for one in Approach:
        part.require(one.value, '{seconds: "3", cost: "0.02"}')
        inner = part.part(one.value, ("seconds", "cost"), '{seconds: "3", cost: "0.02"}')
        seconds, cost = (_amount(inner, key) for key in ("seconds", "cost")) if inner else (None, None)
        if seconds is not None and cost is not None:
            found[one] = Typical(seconds=seconds, cost=cost)
    return found, source


def _amount(part: Part, key: str) -> Decimal | None:
    part.require(key, '"3"')
    return part.line(key, _decimal)


def _decimal(text: str) -> Decimal:
    if not _PLAIN.fullmatch(text):
        raise LineInvalid(f"'{text}' is no plain number; write e.g. '\"0.02\"'.")
    return Decimal(text)


def _rows(top: Part, key: str, sources: Mapping[str, str]) -> tuple[Row, ...]:
    part = top.part(key, None, "N1: {when: {steps: [open]}, says: why, source: experience}")
    if part is None:
        return ()
    found = [_row(part, id, _DOES[key], sources) for id in part.entries]
    return tuple(row for row in found if row is not None)


_DOES: Mapping[str, str] = {"needs": "at_least", "limits": "at_most", "ceilings": "at_most", "guardrails": "write"}


def _row(rows: Part, id: str, does: str, sources: Mapping[str, str]) -> Row | None:
    part = rows.part(id, ("when", "says", "source", does), "{when: {steps: [open]}, says: why, source: experience}")
    if part is None:
        return None
    for key, example in (("when", "{steps: [open]}"), ("says", "why"), (does, "agent")):
        part.require(key, example)
    says, when, source = part.text("says"), _when(part), _source(part, sources)
    approach, level, write = _does(part, rows.path, does)
    if says is None or when is None:
        return None
    return Row(id=id, says=says, when=when, source=source, approach=approach, level=level, write=write)


def _does(part: Part, group: str, does: str) -> tuple[Approach | None, Level | None, str]:
    if group == "guardrails":
        return None, None, part.text(does) or ""
    if group == "ceilings":
        level = choice(part, does, _LEVELS, "level")
        return None, None if level is None else Level(level), ""
    words = (*_APPROACHES, _NONE) if group == "limits" else _APPROACHES
    said = choice(part, does, words, "approach")
    return None if said in (None, _NONE) else Approach(said), None, ""


def _source(part: Part, sources: Mapping[str, str]) -> str:
    part.require("source", "experience")
    return choice(part, "source", tuple(sources), "source of this table") or ""


def _when(row: Part) -> Mapping[str, Test] | None:
    part = row.part("when", (*FACTS, APPROACH), "when: {steps: [open]}")
    if part is None:
        return None
    return {name: test for name in part.entries if (test := _test(part, name)) is not None}


def _test(part: Part, name: str) -> Test | None:
    node = part.node(name)
    if node is None:
        return None
    words = _APPROACHES if name == APPROACH else CHOICES.get(name)
    if words is not None:
        said = parsed_all(node, part.at(name), part.report, _one_of(words))
        return OneOf(words=frozenset(said))
    if name in FLAGS:
        return _flag(part, name)
    return part.line(name, _number)


def _one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise LineInvalid(f"'{text}' is none of {', '.join(words)}.")
        return text

    return parse


def _flag(part: Part, name: str) -> Is | None:
    node = part.node(name)
    if isinstance(node, Scalar) and node.plain and node.text in ("true", "false"):
        return Is(wanted=node.text == "true")
    part.complain(name, f"is neither true nor false; write '{name}: true'.")
    return None


def _number(text: str) -> Number:
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise LineInvalid(f"'{text}' is no comparison; write e.g. '\">= 1\"'.")
    return Number(comparison=Comparison(found[1]), bound=Decimal(found[2]))


def _require_unique(top: Part, rows: Mapping[str, tuple[Row, ...]]) -> None:
    seen: set[str] = set()
    for key, found in rows.items():
        for row in found:
            if row.id in seen:
                top.complain(key, f"'{row.id}' names two rows; give each a name of its own.")
            seen.add(row.id)
