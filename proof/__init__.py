"""
The claims of evidence.md, measured again: its figure, ours, and by how much the simulation may err.

Knows every figure that is claimed, the setup behind it and the range that it must fall in. Refuses to choose: every
figure is printed, and one outside fails the run. Invariants: a simulated figure names its seed and its standard
error, an exact one has neither; what is measured is the code that ships, wherever it has the rule.
"""

from proof.ranges import Share, around, around_simulated, at_most, between, kept, mean_and_error, surely_at_most
from proof.registry import Registry, Run, Section, figures, found
from proof.table import Figure, render

__all__ = [
    "Figure",
    "Registry",
    "Run",
    "Section",
    "Share",
    "around",
    "around_simulated",
    "at_most",
    "between",
    "figures",
    "found",
    "kept",
    "mean_and_error",
    "render",
    "surely_at_most",
]
