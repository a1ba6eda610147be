"""Charts and their pictures, kept while they are of use: each is named by a digest of all that is in it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from goldenthread.surfaces.views.charted import MetricChart
    from goldenthread.surfaces.views.standard import SliceMetrics

MOST_SETS, MOST_PICTURES = 256, 256

Kept = TypeVar("Kept")


class _Latest(Generic[Kept]):
    """The last so many that were asked for."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[str, ...], Kept] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: tuple[str, ...], make: Callable[[], Kept]) -> Kept:
        """What is kept under a key, or is made now."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made


class Gallery:
    """Of one console: figures and charts of slices by what facts said, pictures by their digest; some 20 MB at most."""

    def __init__(self) -> None:
        self._figures: _Latest[SliceMetrics] = _Latest(MOST_SETS)
        self._sets: _Latest[tuple[MetricChart, ...]] = _Latest(MOST_SETS)
        self._pictures: _Latest[bytes] = _Latest(MOST_PICTURES)

    def figures(self, key: tuple[str, ...], make: Callable[[], SliceMetrics]) -> SliceMetrics:
        """The metrics of a slice as of some facts, held against a version of its contract."""
        return self._figures.of(key, make)

    def charts(self, key: tuple[str, ...], make: Callable[[], tuple[MetricChart, ...]]) -> tuple[MetricChart, ...]:
        """The charts of a slice as of some facts."""
        return self._sets.of(key, make)

    def picture(self, chart: MetricChart, scheme: str) -> bytes:
        """A chart as SVG."""
        from goldenthread.surfaces.views.pictures import chart_picture

        return self._pictures.of((chart.digest, scheme), lambda: chart_picture(chart, scheme))
