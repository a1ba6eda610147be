"""The file of a service promise, read and checked whole: every problem with its line and column."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from goldenthread.factory.value.promises import INPUTS, Hours, Promise, Service
from goldenthread.factory.value.spans import Span, parse_span
from goldenthread.promise.contract import parse_duration, parse_percent
from goldenthread.promise.contract.parts import Part, choice, named, read_part
from goldenthread.promise.contract.tree import Mapping as Block
from goldenthread.promise.contract.tree import Mark, Report, read_tree
from goldenthread.promise.errors import FactsInvalid, LineInvalid

LARGEST_SERVICE = 64 * 1024
_TOP = ("apiVersion", "kind", "name", "says", "owner", "today", "promises", "inputs")
_PROMISE = ("share", "hours", "within")
_NAME = re.compile(r"(?=.{1,60}\Z)[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MOST = 12
_HOURS: tuple[Hours, ...] = ("office", "always")


def parse_service(text: str, filename: str = "service.yaml") -> Service:
    """
    Read a service promise from the text of its file.

    Raises:
        FactsInvalid: Everything wrong with the file, one a line.
    """
    report = Report(file=filename)
    tree = read_tree(text, report, largest=LARGEST_SERVICE, what="service promise")
    found = _service(read_part(tree, "", report, _TOP)) if isinstance(tree, Block) else None
    if found is None and not report.problems:
        report.add(Mark(line=1, column=1), "", "There is no service promise here; write e.g. 'kind: ServicePromise'.")
    if report.problems or found is None:
        raise FactsInvalid(tuple(sorted(report.problems, key=lambda problem: (problem.line, problem.column))))
    return found


def _service(top: Part) -> Service | None:
    for key, wanted in (("apiVersion", "goldenthread/v1"), ("kind", "ServicePromise")):
        top.require(key, wanted)
        choice(top, key, (wanted,))
    for key, example in (("name", "order-checks"), ("says", "Every order is checked."), ("owner", "maya@example.com")):
        top.require(key, example)
    for key in ("today", "promises", "inputs"):
        top.require(key, _EXAMPLES[key])
    node, says, owner = top.node("name"), top.text("says"), top.text("owner")
    name = None if node is None else named(node, "name", top.report, _NAME, "name of a service", "order-checks")
    today = _promise(top, "today")
    part = top.part("promises", None, _EXAMPLES["promises"])
    promises = [_promise(part, one) for one in part.entries if _is_name(part, one)] if part else []
    if part is not None and not part.entries:
        top.complain("promises", f"has none to weigh; write e.g. 'promises: {_EXAMPLES['promises']}'.")
    elif part is not None and len(part.entries) > _MOST:
        top.complain("promises", f"has {len(part.entries)} to weigh, and people decide among at most {_MOST}.")
    inputs = _inputs(top)
    _require_one_currency(top, inputs)
    if name is None or says is None or owner is None or today is None or top.report.problems:
        return None
    return Service(
        name=name,
        says=says,
        owner=owner,
        today=today,
        promises=tuple(one for one in promises if one is not None),
        inputs=inputs,
    )


_EXAMPLES = {
    "today": "{share: 2 %, hours: office}",
    "promises": "{every-order: {share: 100 %, hours: always}}",
    "inputs": "{minutes: '5 to 7 min (log, scans of 2026)'}",
}


def _is_name(part: Part, name: str) -> bool:
    if _NAME.fullmatch(name):
        return True
    words = f"'{name[:60]}' is no promise's name; write small letters and hyphens, e.g. 'every-order'."
    part.report.add(part.entries[name][0].mark, part.at(name), words)
    return False


def _promise(around: Part, key: str) -> Promise | None:
    part = around.part(key, _PROMISE, _EXAMPLES["today"])
    if part is None:
        return None
    for name, example in (("share", "2 %"), ("hours", "office")):
        part.require(name, example)
    share, hours = part.line("share", _share), choice(part, "hours", _HOURS)
    within = part.line("within", parse_duration)
    if share is None or hours is None:
        return None
    return Promise(
        name=key,
        share=share,
        hours="always" if hours == "always" else "office",
        within=within,
    )


def _share(text: str) -> Decimal:
    share = parse_percent(text)
    if not 0 < share <= 100:
        raise LineInvalid(f"'{text}' is no share of the cases; write one above 0 % and up to 100 %.")
    return share / 100


def _inputs(top: Part) -> dict[str, Span]:
    part = top.part("inputs", INPUTS, f"inputs: {_EXAMPLES['inputs']}")
    if part is None:
        return {}
    for name, (units, says) in INPUTS.items():
        part.require(name, f"2 to 4 {units[0].replace('CUR', 'EUR')} (owner, {says})")
    found = {name: part.line(name, _reader(name)) for name in part.entries}
    return {name: found[name] for name in INPUTS if found.get(name) is not None}  # type: ignore[misc]


def _reader(name: str) -> Callable[[str], Span]:
    units, says = INPUTS[name]
    most = {"%": Decimal(100), "h/week": Decimal(168)}.get(units[0])

    def read(text: str) -> Span:
        try:
            found = parse_span(text, *units, most=most)
        except LineInvalid as problem:
            raise LineInvalid(f"{problem.message} It is {says}.", offset=problem.offset) from problem
        if name == "volume" and found.low <= 0:
            raise LineInvalid("no cases cannot be promised anything; write a volume above 0.")
        return found

    return read


def _require_one_currency(top: Part, inputs: dict[str, Span]) -> None:
    money = {name: inputs[name].unit[:3] for name in ("rate", "run_cost", "saved") if name in inputs}
    if len(set(money.values())) > 1:
        said = ", ".join(f"{name} in {currency}" for name, currency in money.items())
        top.complain("inputs", f"money of several currencies cannot be added up: {said}; write all in one.")
