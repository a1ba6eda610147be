"""Whether a contract starts from a problem of the map."""

from __future__ import annotations

from goldenthread.control.problems.committing import load_problems
from goldenthread.control.problems.fold import PROBLEM_KINDS
from goldenthread.control.problems.model import Problem, ProblemMap
from goldenthread.promise.errors import NotOnMap, ProblemsInvalid
from goldenthread.record.ledger import ORGANISATION, Ledger


def require_mapped(ledger: Ledger, slice_name: str) -> Problem | None:
    """
    The problem that a slice stands under by the map in force; None where no map is in force, so that nothing is asked.

    Raises:
        NotOnMap: It stands under none, or under one that is set aside, or the map cannot be read here.
    """
    if next(iter(ledger.read(ORGANISATION, kinds=PROBLEM_KINDS)), None) is None:
        return None
    version = load_problems(ledger).in_force
    if version is None:
        return None
    try:
        return mapped_problem(version.map, slice_name)
    except ProblemsInvalid as problem:
        raise NotOnMap(
            f"Whether '{slice_name}' stands on the problem map cannot be told: version {version.version} cannot be "
            "read here. Update goldenthread in this process, then try again."
        ) from problem


def mapped_problem(problems: ProblemMap, slice_name: str) -> Problem:
    """
    The open problem that a slice stands under.

    Raises:
        NotOnMap: It stands under none, or under one that is set aside.
    """
    found = problems.problem_of(slice_name)
    if found is None:
        raise NotOnMap(
            f"'{slice_name}' stands under no problem of the map (version {problems.version}, "
            f"{_count(len(problems.problems))}), so nobody can tell what its contract is for. Write it under `slices` "
            f"of its problem, then `goldenthread problem commit FILE --as {problems.owner}`."
        )
    if found.set_aside is not None:
        raise NotOnMap(
            f"'{slice_name}' stands under '{found.name}', which is set aside: {found.set_aside} "
            f"Open it again in the map, or put the slice under another problem; its owner is {found.owner}."
        )
    return found


def _count(problems: int) -> str:
    return f"{problems} problem{'' if problems == 1 else 's'}"
