"""The file of the problem map, read and checked whole: every problem of the file with its line and column."""

from __future__ import annotations

import re
from collections.abc import Mapping

from goldenthread.control.problems.forms import parse_rating, parse_worth
from goldenthread.control.problems.model import CATEGORIES, Problem, ProblemMap
from goldenthread.promise.contract.parts import Part, choice, named, read_part, whole_number
from goldenthread.promise.contract.tree import Mapping as Block
from goldenthread.promise.contract.tree import Mark, Report, Sequence, read_tree
from goldenthread.promise.errors import Problem as FileProblem
from goldenthread.promise.errors import ProblemsInvalid

LARGEST_MAP = 512 * 1024
"""Bytes of a file; two hundred problems have about 120,000."""

API_VERSION, KIND = "goldenthread/v1", "ProblemMap"

_TOP = ("apiVersion", "kind", "version", "owner", "problems")
_KEYS = (
    "says", "owner", "for", "category", "horizon", "worth", "evidence", "tractability", "measurability", "slices",
    "set_aside",
)  # fmt: skip
_NEEDED: Mapping[str, str] = {
    "says": "Requests wait two days, and most are routine.",
    "owner": "maya@example.com",
    "for": "customers who ask",
    "category": "waiting",
    "tractability": "4 of 5, decisions are recorded and can be undone",
    "measurability": "5 of 5, every request has two timestamps",
}
EXAMPLE = "slow-requests: {says: Requests wait two days., owner: maya@example.com, ...}"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PERSON = re.compile(r"[^\s:,]+")


def read_problems(content: bytes, filename: str = "problems.yaml") -> ProblemMap:
    """
    Read a map from a file's bytes, which are what is signed.

    Raises:
        ProblemsInvalid: As `parse_problems`, and for bytes that are not UTF-8.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        words = f"Byte 0x{content[error.start]:02X} is not UTF-8; save the file as UTF-8."
        raise ProblemsInvalid((FileProblem(file=filename, line=line, column=column, path="", words=words),)) from error
    return parse_problems(text, filename)


def parse_problems(text: str, filename: str = "problems.yaml") -> ProblemMap:
    """
    Read a map from the text of its file.

    Raises:
        ProblemsInvalid: Everything wrong with the file, one a line: `file:line:column path: words; write e.g. ...`.
    """
    report = Report(file=filename)
    tree = read_tree(text, report, largest=LARGEST_MAP, what="problem map")
    found = None
    if isinstance(tree, Block):
        found = _map(read_part(tree, "", report, _TOP), text)
    elif not report.problems:
        report.add(tree.mark if tree else Mark(line=1, column=1), "", f"There is no map here; write e.g. {EXAMPLE}")
    if report.problems or found is None:
        raise ProblemsInvalid(tuple(sorted(report.problems, key=lambda problem: (problem.line, problem.column))))
    return found


def _map(top: Part, text: str) -> ProblemMap | None:
    for key, wanted in (("apiVersion", API_VERSION), ("kind", KIND)):
        top.require(key, wanted)
        found = top.text(key)
        if found is not None and found != wanted:
            top.complain(key, f"'{found}' is unknown; write '{key}: {wanted}'.")
    for key, example in (("version", "1"), ("owner", "maya@example.com"), ("problems", f"{{{EXAMPLE}}}")):
        top.require(key, example)
    version = whole_number(top, "version", "1", least=1, most=999_999_999)
    owner = _name(top, "owner", _PERSON, "name of a person", "maya@example.com")
    part = top.part("problems", None, EXAMPLE)
    if part is None:
        return None
    problems = [_problem(part, name) for name in part.entries if _is_name(part, name)]
    _require_one_problem_a_slice(part)
    if version is None or owner is None:
        return None
    return ProblemMap(
        version=version,
        owner=owner,
        problems=tuple(problem for problem in problems if problem is not None),
        text=text,
        lines={name: key.mark.line for name, (key, _) in part.entries.items()},
    )


def _is_name(part: Part, name: str) -> bool:
    if len(name) <= 60 and _NAME.fullmatch(name):
        return True
    words = f"'{name}' is no problem's name; write small letters and hyphens, e.g. 'slow-requests'."
    part.report.add(part.entries[name][0].mark, part.at(name), words)
    return False


def _problem(problems: Part, name: str) -> Problem | None:
    part = problems.part(name, _KEYS, EXAMPLE)
    if part is None:
        return None
    for key, example in _NEEDED.items():
        part.require(key, example)
    says, sufferer, category = part.text("says"), part.text("for"), choice(part, "category", CATEGORIES)
    owner = _name(part, "owner", _PERSON, "name of a person", "maya@example.com")
    horizon = whole_number(part, "horizon", "1", least=1, most=3) if "horizon" in part.entries else 1
    tractability, measurability = (part.line(key, parse_rating) for key in ("tractability", "measurability"))
    worth, evidence, slices = part.line("worth", parse_worth), _evidence(part), _slices(part)
    set_aside = part.text("set_aside")
    if None in (says, owner, sufferer, category, horizon) or tractability is None or measurability is None:
        return None
    assert says is not None
    assert owner is not None
    assert sufferer is not None
    assert category is not None
    assert horizon is not None
    return Problem(
        name=name,
        says=says,
        owner=owner,
        sufferer=sufferer,
        category=category,
        horizon=horizon,
        worth=worth,
        evidence=evidence,
        tractability=tractability,
        measurability=measurability,
        slices=slices,
        set_aside=set_aside,
    )


def _name(part: Part, key: str, pattern: re.Pattern[str], what: str, example: str) -> str | None:
    node = part.node(key)
    return None if node is None else named(node, part.at(key), part.report, pattern, what, example)


def _evidence(part: Part) -> Mapping[str, str]:
    if "evidence" not in part.entries:
        return {}
    inner = part.part("evidence", None, "evidence: {ticket export 2026-Q1: 412 requests, median 2.1 d}")
    if inner is None:
        return {}
    found = {source: inner.text(source) for source in inner.entries}
    return {source: text for source, text in found.items() if text is not None}


def _slices(part: Part) -> tuple[str, ...]:
    node = part.node("slices")
    if node is None:
        return ()
    if not isinstance(node, Sequence):
        part.complain("slices", "is no list; write e.g. 'slices: [open-source-intake]'.")
        return ()
    found = [named(item, part.at("slices"), part.report, _NAME, "slice's name", "intake") for item in node.items]
    return tuple(one for one in found if one is not None)


def _require_one_problem_a_slice(part: Part) -> None:
    """A slice leads to one problem; whoever asks what it is for gets one answer."""
    under: dict[str, str] = {}
    for name, (_, node) in part.entries.items():
        inner = read_part(node, part.at(name), Report(file=""), _KEYS) if isinstance(node, Block) else None
        listed = inner.node("slices") if inner else None
        for item in listed.items if isinstance(listed, Sequence) else ():
            slice_name = getattr(item, "text", "")
            if slice_name in under:
                words = f"'{slice_name}' stands under '{under[slice_name]}' already; a slice is for one problem."
                part.report.add(item.mark, f"{part.at(name)}.slices", words)
            under.setdefault(slice_name, name)
