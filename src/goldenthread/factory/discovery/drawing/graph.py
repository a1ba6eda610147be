"""A graph to be drawn from top to bottom, and where everything of it goes; in pixels, y downwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Box:
    """Something with a size; links leave and reach it along `side`, the middle of its width."""

    id: int
    width: float
    height: float
    side: float


@dataclass(frozen=True, kw_only=True)
class Link:
    """
    From one box to another, not itself; both above 0: `strength` says how much it should point down, `weight` how
    straight and short it should be.
    """

    source: int
    target: int
    strength: float
    weight: float
    label_width: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Route:
    """
    A link's way: its points from source to target, with how far it goes right there for each pixel down; where its
    label stands, and whether it runs upwards.
    """

    link: Link
    points: tuple[tuple[float, float], ...]
    slopes: tuple[float, ...]
    label: tuple[float, float]
    upwards: bool


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The middles of boxes by id, the routes in the order of the links, and the size of it all."""

    places: Mapping[int, tuple[float, float]]
    routes: tuple[Route, ...]
    width: float
    height: float
