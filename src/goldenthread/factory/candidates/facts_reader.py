"""A file of facts of one slice, read and checked whole: every problem with its line and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from goldenthread.factory.candidates.facts import LogFacts, SliceFacts
from goldenthread.factory.fit import read_work
from goldenthread.factory.value import read_value
from goldenthread.promise.contract import parse_duration, parse_percent
from goldenthread.promise.contract.currencies import CURRENCIES
from goldenthread.promise.contract.parts import Part, choice, named, read_part
from goldenthread.promise.contract.tree import Mapping as Block
from goldenthread.promise.contract.tree import Mark, Report, read_tree
from goldenthread.promise.errors import FactsInvalid, LineInvalid

LARGEST_FACTS = 64 * 1024
_TOP = ("apiVersion", "kind", "slice", "title", "source", "position", "owner", "log", "work", "value")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PERSON = re.compile(r"[^\s:,]+")
_MONEY = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?) ([A-Z]{3})")
_COUNT = re.compile(r"([0-9]{1,12}) ([a-z]+)")
_AMOUNT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ([a-z]+)")


def parse_facts(text: str, filename: str = "facts.yaml") -> SliceFacts:
    """
    Read the facts of a slice from the text of their file.

    Raises:
        FactsInvalid: Everything wrong with the file, one a line.
    """
    report = Report(file=filename)
    tree = read_tree(text, report, largest=LARGEST_FACTS, what="file of facts")
    found = _facts(read_part(tree, "", report, _TOP)) if isinstance(tree, Block) else None
    if found is None and not report.problems:
        report.add(Mark(line=1, column=1), "", "There are no facts here; write e.g. 'kind: SliceFacts'.")
    if report.problems or found is None:
        raise FactsInvalid(tuple(sorted(report.problems, key=lambda problem: (problem.line, problem.column))))
    return found


def _facts(top: Part) -> SliceFacts | None:
    for key, wanted in (("apiVersion", "goldenthread/v1"), ("kind", "SliceFacts")):
        top.require(key, wanted)
        choice(top, key, (wanted,))
    for key, example in (("slice", "refund-requests"), ("title", "Refunds that customers ask for"), ("source", "log")):
        top.require(key, example)
    slice_name = _named(top, "slice", _NAME, "slice's name", "refund-requests")
    owner = _named(top, "owner", _PERSON, "name of a person", "maya@example.com")
    title, source, position = top.text("title"), top.text("source"), top.text("position")
    log, work = _log(top), read_work(top) if "work" in top.entries else None
    value = read_value(top) if "value" in top.entries else {}
    if slice_name is None or title is None or source is None:
        return None
    more = {} if work is None else {"work": work}
    return SliceFacts(
        slice=slice_name, title=title, source=source, position=position, owner=owner, log=log, value=value, **more
    )


def _named(part: Part, key: str, pattern: re.Pattern[str], what: str, example: str) -> str | None:
    node = part.node(key)
    return None if node is None else named(node, part.at(key), part.report, pattern, what, example)


def _log(top: Part) -> LogFacts:
    if "log" not in top.entries:
        return LogFacts()
    part = top.part("log", (*_LINES, "done"), "log: {cases: 4580 cases, weeks: 190 weeks}")
    if part is None:
        return LogFacts()
    found: dict[str, Any] = {name: part.line(name, read) for name, read in _LINES.items() if name in part.entries}
    if "done" in part.entries:
        found["done"] = part.text("done")
    half, most = found.get("cycle_p50"), found.get("cycle_p90")
    if half is not None and most is not None and most < half:
        part.complain("cycle_p90", f"'{part.text('cycle_p90')}' is shorter than half of the cases take; swap the two.")
    money = found.pop("wrong_case_cost", None)
    if money is not None:
        found["wrong_case_cost"], found["currency"] = money
    return LogFacts(**found)


def _share(text: str) -> Decimal:
    return parse_percent(text) / 100


def _counted(unit: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        found = _COUNT.fullmatch(text)
        if found is None or found[2] != unit:
            raise LineInvalid(f"'{text}' is no count of {unit}; write e.g. '120 {unit}'.")
        return int(found[1])

    return read


def _amount(unit: str, *, above: bool = False) -> Callable[[str], Decimal]:
    def read(text: str) -> Decimal:
        found = _AMOUNT.fullmatch(text)
        if found is None or found[2] != unit or (above and Decimal(found[1]) <= 0):
            raise LineInvalid(f"'{text}' is no number of {unit}{' above 0' * above}; write e.g. '12.5 {unit}'.")
        return Decimal(found[1])

    return read


def _money(text: str) -> tuple[Decimal, str]:
    found = _MONEY.fullmatch(text)
    if found is None or found[2] not in CURRENCIES:
        raise LineInvalid(f"'{text}' is no money; write e.g. '250 EUR'.")
    return Decimal(found[1]), found[2]


_LINES: Mapping[str, Callable[[str], Any]] = {
    "cases": _counted("cases"),
    "weeks": _amount("weeks", above=True),
    "done_share": _share,
    "deadline_share": _share,
    "late_share": _share,
    "filled_share": _share,
    "variants": _counted("variants"),
    "five_variants_share": _share,
    "reversible_share": _share,
    "wrong_case_cost": _money,
    "rework_share": _share,
    "cycle_p50": parse_duration,
    "cycle_p90": parse_duration,
    "handovers": _amount("handovers"),
}
