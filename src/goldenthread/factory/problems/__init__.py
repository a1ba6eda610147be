"""
Problems, looked at: which come first and why, what each still lacks, and what they look like beside each other.

Knows the map and, where it is told, the contracts of each slice. Refuses to know ledgers and people's keys: the map on
record is `control.problems`. Invariants: unknown worth is a place of its own and no zero; every rank says its reason;
the same map gives the same picture.
"""

from goldenthread.factory.problems.drawing import map_svg
from goldenthread.factory.problems.ranking import ContractState, Link, Ranked, links_of, rank_problems

__all__ = ["ContractState", "Link", "Ranked", "links_of", "map_svg", "rank_problems"]
