"""The problem map: what is worth solving, its picture, and forms that put the next version on record."""

from __future__ import annotations

from collections.abc import Mapping

from goldenthread.control.problems import (
    CATEGORIES,
    Problem,
    ProblemMap,
    commit_problems,
    load_problems,
    parse_rating,
    parse_worth,
    read_problems,
    with_changed,
    with_problem,
)
from goldenthread.promise.errors import FormRefused, LineInvalid, NotPermitted
from goldenthread.surfaces.console.asking import Asked, Deed, Done, Page, Shown
from goldenthread.surfaces.console.pages.common import HOME
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.views.problems import ProblemRow, SliceContract, States, problem_row, problems_view

_PROBLEMS = (*HOME, ("Problems", "/problems"))


def problems_page(asked: Asked) -> Shown:
    """The map in force, by rank and as a picture; whoever owns it may say a problem."""
    found = problems_view(asked.shelf.ledger, _states(asked))
    return Shown(
        template="problems.html",
        title="Problems",
        view=found.view,
        trail=HOME,
        live=("organisation",),
        more={
            "picture": found.picture,
            "categories": CATEGORIES,
            "writes": _writes(asked, found.map, whether_read=not found.view.problem),
            "typed": asked.form,
        },
    )


def problem_page(asked: Asked) -> Shown:
    """One problem: who has it, what is known, its slices and contracts, what it lacks; the map's owner may edit it."""
    found = problems_view(asked.shelf.ledger, _states(asked))
    row = problem_row(found.view, asked.path["problem"])
    return Shown(
        template="problem.html",
        title=row.name,
        view=row,
        trail=_PROBLEMS,
        live=("organisation",),
        more={
            "version": found.view.version,
            "owner": found.view.owner,
            "categories": CATEGORIES,
            "writes": _writes(asked, found.map, whether_read=True),
            "typed": asked.form or _typed(row),
        },
    )


def say(asked: Asked) -> Done:
    """Put a problem on the map: its next version, signed by its owner, is in force at once."""
    problem = _stated(asked, asked.word("name", most=60))
    there = _there(asked)
    number = 1 if there is None else there.version + 1
    text = with_problem(None if there is None else there.text, problem, owner=asked.name, version=number)
    return _committed(asked, text, f"'{problem.name}' is on the map")


def edit(asked: Asked) -> Done:
    """Have a problem say something else, as the map's next version."""
    there = _there(asked)
    if there is None:
        raise FormRefused("There is no problem map in force, so there is nothing to edit. Say the problem instead.")
    name = asked.path["problem"]
    before = next((one.evidence for one in there.problems if one.name == name), {})
    problem = _stated(asked, name, before)
    text = with_changed(there.text, problem, version=there.version + 1)
    return _committed(asked, text, f"'{problem.name}' says this from now on")


def _committed(asked: Asked, text: str, done: str) -> Done:
    problems = read_problems(text.encode(), "map")
    commit_problems(asked.shelf.ledger, asked.ring(), problems, by=asked.name)
    said = f"{done}: you signed version {problems.version} of the map, and it is in force."
    return Done(to="/problems", said=said)


def _there(asked: Asked) -> ProblemMap | None:
    """The map in force, if it is still the one that the form was drawn from."""
    version = load_problems(asked.shelf.ledger).in_force
    seen = asked.form.get("version", "")
    if seen != ("" if version is None else str(version.version)):
        raise FormRefused(
            "The map has another version than the one that this page showed, so nothing was written over it. "
            "What you typed is kept below: look at the map again, then send it once more."
        )
    found = None if version is None else version.map
    if found is not None and found.owner != asked.name:
        raise NotPermitted(
            f"The map belongs to '{found.owner}', and only they put its next version in force. Tell them."
        )
    return found


def _stated(asked: Asked, name: str, before: Mapping[str, str] | None = None) -> Problem:
    worth = _line(asked, "worth", least=0)
    try:
        return Problem(
            name=name,
            says=_line(asked, "says"),
            owner=_line(asked, "owner", most=200),
            sufferer=_line(asked, "for", most=200),
            category=asked.word("category", most=20),
            horizon=_horizon(asked),
            worth=parse_worth(worth) if worth else None,
            evidence=_evidence(asked, before or {}),
            tractability=parse_rating(_rating(asked, "tractability")),
            measurability=parse_rating(_rating(asked, "measurability")),
            slices=tuple(_line(asked, "slices", least=0).replace(",", " ").split()),
            set_aside=_line(asked, "set_aside", least=0) or None,
        )
    except LineInvalid as problem:
        raise FormRefused(problem.message) from problem


def _line(asked: Asked, name: str, *, least: int = 1, most: int = 500) -> str:
    return " ".join(asked.word(name, least=least, most=most).split())


def _rating(asked: Asked, name: str) -> str:
    return f"{asked.word(name, most=1)} of 5, {_line(asked, f'{name}_because')}"


def _horizon(asked: Asked) -> int:
    said = asked.form.get("horizon", "1")
    if said not in ("1", "2", "3"):
        raise FormRefused(f"'{said[:20]}' is no horizon; choose 1, 2 or 3.")
    return int(said)


def _evidence(asked: Asked, before: Mapping[str, str]) -> dict[str, str]:
    """A line each: where it is from, a colon, what is known. A line of before is what it was, colons and all."""
    found: dict[str, str] = {}
    kept = {_evidence_line(*one): one for one in before.items()}
    for line in filter(None, map(str.strip, asked.word("evidence", least=0, most=5_000).splitlines())):
        source, words = kept.get(line) or _split(line)
        if not source or not words:
            raise FormRefused(f"'{line[:60]}' is no evidence; write where it is from, a colon, and what is known.")
        if source in found:
            raise FormRefused(f"'{source[:60]}' stands there twice, and one line would be lost; name each source once.")
        found[source] = words
    return found


def _split(line: str) -> tuple[str, str]:
    source, _, words = (part.strip() for part in line.partition(": "))
    return source, words


def _evidence_line(source: str, words: str) -> str:
    return f"{source}: {words}"


def _typed(row: ProblemRow) -> Mapping[str, str]:
    """What stands in the form before anybody typed."""
    return {
        "says": row.says,
        "owner": row.owner,
        "for": row.sufferer,
        "category": row.category,
        "horizon": str(row.horizon),
        "worth": row.worth,
        "tractability": str(row.tractability.score),
        "tractability_because": row.tractability.because,
        "measurability": str(row.measurability.score),
        "measurability_because": row.measurability.because,
        "evidence": "\n".join(_evidence_line(*one) for one in row.evidence),
        "slices": " ".join(one.slice for one in row.slices),
        "set_aside": row.set_aside,
    }


def _states(asked: Asked) -> States:
    """What the visitor may know of a slice's contract."""
    seen = frozenset(asked.visitor.slices(Right.SEE, asked.shelf.slices()))
    outlines = asked.shelf.outlines.look(tuple(seen))

    def state(name: str) -> SliceContract:
        if name not in seen:
            hidden = "" if name in asked.shelf.slices() else "none"
            return SliceContract(slice=name, state=hidden)
        outline = outlines[name]
        if outline.in_force is not None:
            return SliceContract(slice=name, state="in force", version=outline.in_force.contract.version)
        if outline.latest is not None:
            return SliceContract(slice=name, state="unsigned", version=outline.latest.contract.version)
        return SliceContract(slice=name, state="none")

    return state


def _writes(asked: Asked, there: ProblemMap | None, *, whether_read: bool) -> bool:
    """Whether the form may work for this visitor; committing asks again."""
    name = asked.visitor.name
    if name is None or not whether_read or not asked.visitor.everywhere(Right.SIGN):
        return False
    return there is None or there.owner == name


PROBLEMS = Page(address="/problems", draw=problems_page, right=Right.SEE, nav="Problems")
PROBLEM = Page(address="/problems/{problem}", draw=problem_page, right=Right.SEE)

PAGES: tuple[Page, ...] = (PROBLEMS, PROBLEM)
DEEDS: tuple[Deed, ...] = (
    Deed(address="/problems/say", do=say, right=Right.SIGN, again=PROBLEMS),
    Deed(address="/problems/{problem}/edit", do=edit, right=Right.SIGN, again=PROBLEM),
)
