"""A problem added to the text of a map, with everything else in it left as it was."""

from __future__ import annotations

import re

from goldenthread.control.problems.model import Problem
from goldenthread.control.problems.reading import API_VERSION, KIND, parse_problems
from goldenthread.promise.contract.scalars import scalar
from goldenthread.promise.errors import ProblemsConflict, ProblemUnknown

_VERSION = re.compile(r"^version: *[0-9]+", re.MULTILINE)
_PROBLEMS = re.compile(r"problems: *(?:\{ *\} *)?(?:#|\r?\n|\Z)")


def with_problem(text: str | None, problem: Problem, *, owner: str, version: int | None = None) -> str:
    """
    The text of a map with one more problem.

    Args:
        text: Of a map that reads; None begins one.
        problem: To add, at the end.
        owner: Of a map that begins.
        version: To write as the map's version; None leaves it as it is, and begins with 1.

    Raises:
        ProblemsInvalid: The text, or what would come of it.
        ProblemsConflict: A problem of that name is there.
    """
    if text is None:
        text = f"apiVersion: {API_VERSION}\nkind: {KIND}\nversion: {version or 1}\nowner: {owner}\nproblems:\n"
        made = text + _entry(problem)
    else:
        made = _added(_VERSION.sub(f"version: {version}", text, count=1) if version else text, problem)
    parse_problems(made)
    return made


def with_changed(text: str, problem: Problem, *, version: int | None = None) -> str:
    """
    The text of a map in which one problem says something else; comments inside of it are gone, the rest stays.

    Args:
        text: Of a map that reads.
        problem: What it says from now on, under the same name.
        version: To write as the map's version; None leaves it as it is.

    Raises:
        ProblemsInvalid: The text, or what would come of it.
        ProblemUnknown: No problem has that name.
    """
    there = parse_problems(text)
    at = there.lines.get(problem.name)
    if at is None:
        names = ", ".join(one.name for one in there.problems) or "none"
        raise ProblemUnknown(f"There is no problem '{problem.name}' on this map; it has {names}. Add it instead.")
    lines = text.splitlines(keepends=True)
    later = [line for line in there.lines.values() if line > at]
    end = min(later) - 1 if later else _end_of_problems(lines)
    while end > at and lines[end - 1].lstrip().startswith("#") and not lines[end - 1].startswith("    "):
        end -= 1  # what is said above the next problem is about that one
    made = "".join(lines[: at - 1]) + _entry(problem) + "".join(lines[end:])
    made = _VERSION.sub(f"version: {version}", made, count=1) if version else made
    parse_problems(made)
    return made


def _added(text: str, problem: Problem) -> str:
    there = parse_problems(text)
    if any(one.name == problem.name for one in there.problems):
        raise ProblemsConflict(
            f"A problem '{problem.name}' is on the map already, in line {there.lines[problem.name]}. "
            "Change it there, or give this one another name."
        )
    lines = text.splitlines(keepends=True)
    at = _end_of_problems(lines)
    before = "".join(lines[:at])
    return before + ("" if before.endswith("\n") else "\n") + _entry(problem) + "".join(lines[at:])


def _end_of_problems(lines: list[str]) -> int:
    """Number of lines up to the end of the block `problems`, which is opened; it ends with its last indented line."""
    start = next((number for number, line in enumerate(lines) if _PROBLEMS.match(line)), None)
    if start is None:
        raise ProblemsConflict(
            "Nothing can be written into this map without touching what else is in it: no line of it begins with "
            "'problems:' and ends there. Put each problem on lines of its own below that, then try again."
        )
    if lines[start].split("#")[0].strip() != "problems:":
        lines[start] = "problems:\n"  # an empty map, in braces
    end = start + 1
    for number in range(start + 1, len(lines)):
        if lines[number].startswith(" "):
            end = number + 1
        elif lines[number].strip() and not lines[number].startswith("#"):
            break
    return end


def _entry(problem: Problem) -> str:
    lines = {
        "says": problem.says,
        "owner": problem.owner,
        "for": problem.sufferer,
        "category": problem.category,
        "worth": None if problem.worth is None else str(problem.worth),
        "tractability": str(problem.tractability),
        "measurability": str(problem.measurability),
        "set_aside": problem.set_aside,
    }
    made = [
        f"  {scalar(problem.name)}:",
        *(f"    {key}: {scalar(line)}" for key, line in lines.items() if line is not None),
    ]
    made.insert(4, f"    horizon: {problem.horizon}")
    if problem.evidence:
        made += ["    evidence:", *(f"      {scalar(key)}: {scalar(one)}" for key, one in problem.evidence.items())]
    if problem.slices:
        made += ["    slices:", *(f"      - {scalar(one)}" for one in problem.slices)]
    return "\n".join(made) + "\n"
