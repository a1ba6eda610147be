"""Which sections of figures there are: every module in this folder may register some."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TypeAlias

from proof.table import Figure

__all__ = ["Figure", "Measure", "Registry", "Run", "Section", "figures", "found"]

_QUICK_SHARE = 20
_FEWEST = 400


@dataclass(frozen=True, kw_only=True)
class Run:
    """How long a section may take: the full run takes minutes, the quick one (in CI) seconds a section."""

    quick: bool = False

    def agents(self, full: int, quick: int | None = None) -> int:
        """How many agents to simulate: `full`, or in a quick run `quick` (by default a twentieth, at least 400)."""
        if not self.quick:
            return full
        return min(full, max(_FEWEST, full // _QUICK_SHARE) if quick is None else quick)


Measure: TypeAlias = Callable[[Run], Iterator[Figure]]


@dataclass(frozen=True, kw_only=True)
class Section:
    """A function that measures, and yields its figures one by one."""

    name: str
    measure: Measure


@dataclass(frozen=True, kw_only=True)
class Registry:
    """Sections by name, in the order in which they were registered."""

    known: dict[str, Section] = field(default_factory=dict)

    def figures(self, name: str) -> Callable[[Measure], Measure]:
        """
        Register the function below under a name.

        Raises:
            ValueError: The name is taken.
        """

        def register(measure: Measure) -> Measure:
            if name in self.known:
                raise ValueError(f"A section '{name}' is registered already. Give this one another name.")
            self.known[name] = Section(name=name, measure=measure)
            return measure

        return register

    def chosen(self, names: Sequence[str]) -> Iterator[Section]:
        """
        The sections of those names; all, if none is named.

        Raises:
            ValueError: There is none of a name.
        """
        for name in names or self.known:
            if name not in self.known:
                listed = ", ".join(self.known) or "none"
                raise ValueError(f"No section '{name}'; there is {listed}. Run `python -m proof --list`.")
            yield self.known[name]


_REGISTRY = Registry()
figures = _REGISTRY.figures


def found() -> Registry:
    """Every section of this folder."""
    package = import_module("proof")
    for module in sorted(entry.name for entry in pkgutil.iter_modules(package.__path__)):
        if module != "__main__":
            import_module(f"proof.{module}")
    return _REGISTRY
