"""
Problems: the map of what is worth solving, versioned and signed, from which every new contract must start.

Knows problems, the slices of work under each, who signs a map and which version is in force. Refuses to know what a
problem is worth trying, and what became of a contract. Invariants: where a map is in force, a contract whose slice
stands under no open problem is not taken on record; a map that cannot be read here lets none in; what is on record
goes on.
"""

from goldenthread.control.problems.asking import mapped_problem, require_mapped
from goldenthread.control.problems.committing import commit_problems, load_problems
from goldenthread.control.problems.fold import PROBLEM_KINDS, MapVersion, ProblemVersions
from goldenthread.control.problems.forms import parse_rating, parse_worth
from goldenthread.control.problems.model import CATEGORIES, Problem, ProblemMap, Rating, Worth
from goldenthread.control.problems.reading import LARGEST_MAP, parse_problems, read_problems
from goldenthread.control.problems.writing import with_changed, with_problem

__all__ = [
    "CATEGORIES",
    "LARGEST_MAP",
    "PROBLEM_KINDS",
    "MapVersion",
    "Problem",
    "ProblemMap",
    "ProblemVersions",
    "Rating",
    "Worth",
    "commit_problems",
    "load_problems",
    "mapped_problem",
    "parse_problems",
    "parse_rating",
    "parse_worth",
    "read_problems",
    "require_mapped",
    "with_changed",
    "with_problem",
]
