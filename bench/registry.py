"""Which benchmarks there are: every module in this folder may register some."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TypeAlias

from bench.table import Row

Measure: TypeAlias = Callable[[], Sequence[Row]]

_FRAME = frozenset(
    {"__main__", "agentdojo", "contest", "contestant", "machine", "registry", "runs_agent", "runs_contestant"}
    | {"table", "telemetry"}
)


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A function that measures, and returns its rows."""

    name: str
    measure: Measure


@dataclass(frozen=True, kw_only=True)
class Registry:
    """Benchmarks by name, in the order in which they were registered."""

    known: dict[str, Benchmark] = field(default_factory=dict)

    def benchmark(self, name: str) -> Callable[[Measure], Measure]:
        """
        Register the function below under a name.

        Raises:
            ValueError: The name is taken.
        """

        def register(measure: Measure) -> Measure:
            if name in self.known:
                raise ValueError(f"A benchmark '{name}' is registered already. Give this one another name.")
            self.known[name] = Benchmark(name=name, measure=measure)
            return measure

        return register

    def chosen(self, names: Sequence[str]) -> Iterator[Benchmark]:
        """
        The benchmarks of those names; all, if none is named.

        Raises:
            ValueError: There is none of a name.
        """
        for name in names or self.known:
            if name not in self.known:
                listed = ", ".join(self.known) or "none"
                raise ValueError(f"No benchmark '{name}'; there is {listed}. Run `python -m bench --list`.")
            yield self.known[name]


_REGISTRY = Registry()
benchmark = _REGISTRY.benchmark


def found() -> Registry:
    """Every benchmark of this folder."""
    package = import_module("bench")
    for module in sorted(entry.name for entry in pkgutil.iter_modules(package.__path__)):
        if module not in _FRAME:
            import_module(f"bench.{module}")
    return _REGISTRY
