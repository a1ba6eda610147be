"""Which problems come first, and what each of them lacks before somebody should write a contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from goldenthread.control.problems import Problem, ProblemMap


@dataclass(frozen=True, kw_only=True)
class ContractState:
    """A slice's contract: `state` is 'in force', 'unsigned', 'prototype' or 'none'; `version` None for none."""

    state: str
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class Link:
    """From a problem to a slice, and from there to its contract."""

    problem: str
    slice: str
    contract: ContractState


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """
    A problem with its place.

    Attributes:
        problem: As the map states it.
        place: From 1; None for one that is set aside.
        score: Tractability times measurability, 1 to 25.
        why: The numbers behind the place.
        lacks: What is missing before a slice of it should get a contract, each with the next step.
    """

    problem: Problem
    place: int | None
    score: int
    why: str
    lacks: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether nothing is missing, and it is not set aside."""
        return self.place is not None and not self.lacks


def rank_problems(problems: ProblemMap) -> tuple[Ranked, ...]:
    """
    Open problems by tractability times measurability, then by worth, then by name; those set aside last.

    Worth comes second, because it is the number that people know least; what has none stands behind what has any.
    Worths in several currencies are not compared, for nobody said at which rate.
    """
    currencies = {one.worth.currency for one in problems.problems if one.worth is not None}
    key = partial(_key, compared=len(currencies) < 2)
    opened = sorted((one for one in problems.problems if one.set_aside is None), key=key)
    aside = sorted((one for one in problems.problems if one.set_aside is not None), key=key)
    places = [(one, number) for number, one in enumerate(opened, start=1)]
    return tuple(_ranked(one, number) for one, number in [*places, *((one, None) for one in aside)])


def links_of(problems: ProblemMap, contracts: Mapping[str, ContractState]) -> tuple[Link, ...]:
    """Every slice of the map with its contract, in the map's order; what no contract is known of has none."""
    none = ContractState(state="none")
    return tuple(
        Link(problem=problem.name, slice=slice_name, contract=contracts.get(slice_name, none))
        for problem in problems.problems
        for slice_name in problem.slices
    )


def _key(problem: Problem, *, compared: bool) -> tuple[int, bool, Decimal, str]:
    worth = problem.worth.middle if compared and problem.worth is not None else Decimal(0)
    return -_score(problem), problem.worth is None, -worth, problem.name


def _score(problem: Problem) -> int:
    return problem.tractability.score * problem.measurability.score


def _ranked(problem: Problem, place: int | None) -> Ranked:
    worth = "worth unknown" if problem.worth is None else str(problem.worth)
    why = f"tractability {problem.tractability.score} x measurability {problem.measurability.score}, {worth}"
    if problem.set_aside is not None:
        return Ranked(problem=problem, place=None, score=_score(problem), why=why, lacks=())
    return Ranked(problem=problem, place=place, score=_score(problem), why=why, lacks=tuple(_lacks(problem)))


def _lacks(problem: Problem) -> Iterator[str]:
    if not problem.evidence:
        yield f"evidence: so far somebody says so. Have {problem.owner} count it, or look into a log of the work"
    if problem.worth is None:
        yield f"worth: nobody has said. Ask {problem.owner} for a range"
    if problem.measurability.score < 3:
        yield "measurability: nobody would see that it got better. Begin by measuring it"
    if problem.tractability.score < 3:
        yield "tractability: not with what there is. Cut out a part that is easier"
    if not problem.slices:
        yield "a slice: no piece of work is named that an agent could own. Write it under `slices`"
