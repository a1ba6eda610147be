"""The problem map for people: each problem with its place, what it lacks, its slices and their contracts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from goldenthread.control.problems import CATEGORIES, MapVersion, Problem, ProblemMap, Rating, load_problems
from goldenthread.factory.problems import Ranked, map_svg, rank_problems
from goldenthread.promise.errors import ProblemsInvalid, ProblemUnknown
from goldenthread.record.ledger import ORGANISATION, Ledger

States = Callable[[str], "SliceContract"]


@dataclass(frozen=True, kw_only=True)
class SliceContract:
    """
    A slice under a problem. `state` of its contract: 'in force', 'unsigned' or 'none'; '' where the visitor may not see
    it.
    """

    slice: str
    state: str = ""
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class ProblemRow:
    """
    A problem. `place` from 1, None where it is set aside; `lacks`: what is missing before a contract; `worth` '' where
    nobody has said; `evidence` by where it is from.
    """

    name: str
    place: int | None
    says: str
    owner: str
    sufferer: str
    category: str
    category_says: str
    horizon: int
    worth: str
    tractability: Rating
    measurability: Rating
    evidence: tuple[tuple[str, str], ...]
    score: int
    why: str
    lacks: tuple[str, ...]
    ready: bool
    set_aside: str
    slices: tuple[SliceContract, ...]


@dataclass(frozen=True, kw_only=True)
class ProblemsView:
    """
    The map in force. `version` None: there is none, and nothing is asked of contracts; `problem`: why it cannot be read
    here, so that it lets no contract in.
    """

    version: int | None
    owner: str
    signed_by: str
    place: str
    digest: str
    problem: str
    problems: tuple[ProblemRow, ...]
    text: str


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """The view, and the map that it is of; None where there is none that reads."""

    view: ProblemsView
    map: ProblemMap | None

    @property
    def picture(self) -> str | None:
        """Drawn by value and tractability; None for no problem."""
        return map_svg(self.map) if self.map is not None and self.map.problems else None


def problems_view(ledger: Ledger, states: States) -> Mapped:
    """
    The map in force, ranked.

    Args:
        ledger: Of the organisation.
        states: What a visitor may know of a slice's contract.
    """
    found = load_problems(ledger).in_force
    if found is None:
        return Mapped(view=_view(None, None, "", ()), map=None)
    try:
        problems = found.map
    except ProblemsInvalid as problem:
        return Mapped(view=_view(found, None, problem.message, ()), map=None)
    rows = tuple(_row(one, states) for one in rank_problems(problems))
    return Mapped(view=_view(found, problems, "", rows), map=problems)


def problem_row(view: ProblemsView, name: str) -> ProblemRow:
    """
    One problem of the map.

    Raises:
        ProblemUnknown: The map has none of that name.
    """
    found = next((one for one in view.problems if one.name == name), None)
    if found is None:
        names = ", ".join(one.name for one in view.problems) or "none"
        raise ProblemUnknown(f"There is no problem '{name[:80]}' on the map; it has {names}. See Problems.")
    return found


def _view(
    found: MapVersion | None, problems: ProblemMap | None, problem: str, rows: tuple[ProblemRow, ...]
) -> ProblemsView:
    return ProblemsView(
        version=None if found is None else found.version,
        owner="" if problems is None else problems.owner,
        signed_by="" if found is None else found.by,
        place="" if found is None else f"{ORGANISATION}#{found.seq}",
        digest="" if found is None else found.digest,
        problem=problem,
        problems=rows,
        text="" if found is None else found.text,
    )


def _row(one: Ranked, states: States) -> ProblemRow:
    problem: Problem = one.problem
    return ProblemRow(
        name=problem.name,
        place=one.place,
        says=problem.says,
        owner=problem.owner,
        sufferer=problem.sufferer,
        category=problem.category,
        category_says=CATEGORIES[problem.category],
        horizon=problem.horizon,
        worth="" if problem.worth is None else str(problem.worth),
        tractability=problem.tractability,
        measurability=problem.measurability,
        evidence=tuple(problem.evidence.items()),
        score=one.score,
        why=one.why,
        lacks=one.lacks,
        ready=one.ready,
        set_aside=problem.set_aside or "",
        slices=tuple(states(name) for name in problem.slices),
    )
