"""
Our speed beside the peers'.

Knows which benchmarks there are, runs them and prints one table: the ratio first, then both figures, then the
command that measures the row again. Refuses to judge: a slow row is printed like a fast one. Invariants: a figure
names its unit; a row names what it is held against and where that figure is from; the machine and its disk's flush
latency stand above every table.
"""

from bench.registry import Benchmark, Registry, benchmark, found
from bench.table import Figure, Row, ratio, render

__all__ = ["Benchmark", "Figure", "Registry", "Row", "benchmark", "found", "ratio", "render"]
