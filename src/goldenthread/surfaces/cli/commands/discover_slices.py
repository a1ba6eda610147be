"""The end of `goldenthread discover`: slices of work by rank, and a drafted contract for the best of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goldenthread.promise.errors import ValueProblem
from goldenthread.surfaces.cli.arguments import require_folder_of, write_work
from goldenthread.surfaces.cli.terminal import say

if TYPE_CHECKING:
    from goldenthread.factory.discovery import Log, Report
    from goldenthread.factory.slicing import Said, Shortlist, SliceDraft

_FILE = click.Path(dir_okay=False, path_type=Path)
_EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
_OPTIONS = (
    click.option("--slices/--no-slices", default=True, show_default=True, help="Rank slices and draft a contract."),
    click.option("--line", type=click.FloatRange(0, 1), help="The score from which a slice is worth a contract."),
    click.option("--weight", "weights", multiple=True, metavar="SCORE=WEIGHT", help="How much a score counts."),
    click.option(
        "--set", "adjusted", multiple=True, metavar="SLICE.SCORE=NUMBER,WHY", help="A score that you know better."
    ),
    click.option("--work", multiple=True, metavar="FACT=ANSWER", help="A fact of the work, e.g. regulation=none."),
    click.option("--value", "values", multiple=True, metavar="NAME=RANGE", help="A number of its value, with source."),
    click.option("--owner", metavar="NAME", help="Who answers for the result; in the draft and on the problem map."),
    click.option("--weeks", type=click.IntRange(4, 52), default=26, show_default=True, help="For gates and outcomes."),
    click.option("--table", "own", type=_EXISTING, help="A table of your own for bound or agentic."),
    click.option("--take", metavar="SLICE", help="Draft a contract for this slice instead of the best."),
    click.option("--draft", type=_FILE, metavar="FILE", help="Write the drafted contract here."),
    click.option("--problems", type=_FILE, metavar="FILE", help="Add its problem to this map, as a draft."),
    click.option("--facts", type=_FILE, metavar="FILE", help="Write the slice's facts, for fit, value and rank."),
    click.option("--no-draft", is_flag=True, help="Write no draft."),
)


@dataclass(frozen=True, kw_only=True)
class Found:
    """The list of slices, and what was drafted; None where nothing can be, with `why`."""

    slices: Shortlist
    drafted: SliceDraft | None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where drafts go, and whether somebody named the place; None: nowhere."""

    contract: Path | None
    problems: Path | None
    facts: Path | None
    named: bool


def slicing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of slices and drafts; they come to the command in `given`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def require_sound(given: Mapping[str, Any]) -> None:
    """
    Raises:
        ValueProblem: An option cannot be read, or a draft is to be written over a file.
        FileUnusable: Its folder is not there.
        ProblemsInvalid: The map that a problem is to be added to does not read.
    """
    for key in ("draft", "problems", "facts"):
        if given[key] is not None:
            require_folder_of(given[key])
    if given["slices"]:
        said_of(given, ())
    for key in ("draft", "facts"):
        if given[key] is not None and given[key].exists():
            raise ValueProblem(f"{given[key]} is there already and is never overwritten. Name another file.")
    if given["problems"] is not None and given["problems"].exists():
        from goldenthread.surfaces.cli.commands.problem import read_file

        read_file(given["problems"])
    owner = given["owner"]
    if owner is not None and not (owner.isprintable() and re.fullmatch(r"[^\s:,]+", owner)):
        raise ValueProblem(f"'{owner}' is no name of a person; write e.g. 'maya@example.com'.")


def find(log: Log, report: Report, given: Mapping[str, Any], home: str | None) -> Found:
    """Cut, rank and draft, by what was given."""
    from goldenthread.factory.slicing import draft_of, parts_of, shortlist_of
    from goldenthread.surfaces.cli.commands.worth import mapped

    cut = parts_of(log, report)
    said = said_of(given, tuple(part.slice for part in cut.parts))
    slices = shortlist_of(cut, f"{report.intake.name}, {report.intake.cases:,} cases", said)
    chosen = slices.best if given["take"] is None else slices.named(given["take"])
    if chosen is None:
        why = slices.slices[0].worth.missing if slices.slices else "there is no slice"
        return Found(slices=slices, drafted=None, why=why)
    known = None if given["no_draft"] else mapped(home, chosen.facts.slice)
    return Found(slices=slices, drafted=draft_of(chosen, said, known))


def said_of(given: Mapping[str, Any], slices: tuple[str, ...]) -> Said:
    """
    What was said by options.

    Raises:
        ValueProblem: One of them cannot be read.
    """
    from goldenthread.factory.candidates import CRITERIA, LINE
    from goldenthread.factory.slicing import Said, said_fact, said_value
    from goldenthread.surfaces.cli.commands.fit import table_of
    from goldenthread.surfaces.cli.commands.worth import adjustments, weight

    weighed = dict(weight(text, [one.name for one in CRITERIA]) for text in given["weights"])
    return Said(
        criteria=[replace(one, weight=weighed.get(one.name, one.weight)) for one in CRITERIA],
        line=LINE if given["line"] is None else given["line"],
        adjusted=adjustments(given["adjusted"], list(slices)) if slices else {},
        work=dict(said_fact(text) for text in given["work"]),
        value=dict(said_value(text) for text in given["values"]),
        owner=given["owner"],
        weeks=given["weeks"],
        table=table_of(given["own"]),
    )


def places_of(found: Found, given: Mapping[str, Any], beside: Path | None, *, quiet: bool) -> Places:
    """
    Where drafts go: where it was said, else beside the page, else here; nowhere if nobody asked and JSON is printed.

    Args:
        found: With the draft.
        given: Options.
        beside: The page, if one is written.
        quiet: Only what was asked for is written.
    """
    named = given["draft"] is not None
    if found.drafted is None or given["no_draft"]:
        return Places(contract=None, problems=None, facts=None, named=named)
    folder = given["draft"].parent if named else beside.parent if beside is not None else Path()
    name = found.drafted.contract.slice
    contract = given["draft"] or (None if quiet else folder / f"{name}.contract.yaml")
    problems = given["problems"] or (None if quiet and not named else folder / f"{name}.problem.yaml")
    return Places(contract=contract, problems=problems, facts=given["facts"], named=named)


def write_drafts(found: Found, places: Places) -> list[str]:
    """Write both, never over anything, and say so in lines."""
    from goldenthread.control.problems import with_problem
    from goldenthread.factory.candidates import facts_text
    from goldenthread.factory.slicing import TO_BE_NAMED
    from goldenthread.surfaces.cli.commands.problem import read_file

    if found.drafted is None:
        return []
    lines, contract, problem = [], found.drafted.contract, found.drafted.problem
    if places.contract is not None:
        lines += _written(places.contract, contract.text, f"{len(contract.questions)} questions to answer")
        lines.append(f"Next: answer them in the file, then goldenthread contract check {places.contract}")
    if places.facts is not None:
        write_work(places.facts, facts_text(found.drafted.taken.stated), new=True)
        lines.append(f"Wrote the slice's facts to {places.facts}.")
    if places.problems is not None:
        there = read_file(places.problems) if places.problems.exists() else None
        if there is not None and any(one.name == problem.name for one in there.problems):
            lines.append(f"{places.problems} has the problem '{problem.name}' already; it stays as it is.")
        else:
            text = with_problem(None if there is None else there.text, problem, owner=problem.owner or TO_BE_NAMED)
            write_work(places.problems, text, new=there is None)
            lines.append(f"Put its problem on a map, set aside until somebody owns it: {places.problems}")
    return lines


def _written(path: Path, text: str, what: str) -> list[str]:
    if not path.exists():
        write_work(path, text, new=True)
        return [f"Wrote the draft of a contract to {path}, with {what}."]
    same = path.read_bytes() == text.encode()
    state = (
        "is this draft already" if same else "holds something else and is never overwritten; name another with --draft"
    )
    return [f"{path} {state}."]


def print_slices(found: Found) -> None:
    """The list, and what was drafted."""
    from goldenthread.factory.slicing import draft_text, shortlist_text

    say("", *shortlist_text(found.slices).rstrip("\n").split("\n"))
    if found.drafted is not None:
        why = found.slices.why_begin_with(found.drafted.taken)
        say("", *draft_text(found.drafted, why).rstrip("\n").split("\n"))
    else:
        say("", f"No contract is drafted: {found.why}")
