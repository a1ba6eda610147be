"""
Metrics before anybody asks: after each refresh of the facts, every slice's figures are worked out while no page is.

Whoever opens them first would else wait for what stands in files of millions of rows, and after a start for the engine
that reads them. The desks are held only to know what to ask about a slice; the files are read by this thread alone,
with rests between, so no page waits for it.
"""

from __future__ import annotations

import logging
import threading
from contextlib import nullcontext, suppress
from datetime import UTC, date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from goldenthread.promise.errors import ContractNotFound, frames_of, kind_of
from goldenthread.surfaces.console.gallery import MOST_SETS
from goldenthread.surfaces.console.lanes import Lane
from goldenthread.surfaces.console.measured import question_about
from goldenthread.surfaces.console.shelf import Shelf

if TYPE_CHECKING:
    from goldenthread.record.metrics.facts import Facts, Manifest

EVERY_S = 5.0
"""How often the facts are looked at."""

REST_S = 0.2
"""Between two slices."""

_SLOW = ("goldenthread.surfaces.views.charted", "goldenthread.surfaces.views.standard")

_LOG = logging.getLogger(__name__)


class Warmer:
    """The thread that does so, for a shelf that was told where facts are. `done` is set once a round has ended."""

    def __init__(self, shelf: Shelf) -> None:
        self.done = threading.Event()
        self._shelf = shelf
        self._ended = threading.Event()
        self._known: tuple[int, date] | None = None
        self._thread = threading.Thread(target=self._work, name="goldenthread-warming", daemon=True)

    def start(self) -> None:
        """Begin."""
        if self._shelf.facts is not None:
            self._thread.start()

    def stop(self) -> None:
        """End, after the slice at hand."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def round(self, facts: Path) -> int:
        """
        Work out what is new; how many slices that was.

        Raises:
            MetricsDamaged: The facts cannot be read.
        """
        if not (facts / "manifest.json").exists():
            return 0
        from goldenthread.record.metrics.facts import open_facts, read_manifest

        for module in _SLOW:
            import_module(module)  # before a turn, for it takes a second once
        manifest = read_manifest(facts)
        now = (manifest.number, self._shelf.ledger.clock().astimezone(UTC).date())
        if now == self._known:
            return 0
        names = sorted(manifest.positions)[:MOST_SETS]
        with open_facts(facts, threads=1) as opened:
            for number, name in enumerate(names):
                if number and self._ended.wait(REST_S):
                    return number
                self._work_out(name, manifest, opened)
        self._known = now
        self.done.set()
        return len(names)

    def _work_out(self, name: str, manifest: Manifest, opened: Facts) -> None:
        with suppress(ContractNotFound):
            with self._shelf.reading(Lane.LISTENS):
                question = question_about(self._shelf, name, manifest)
            question.figures(self._shelf.gallery, lambda: nullcontext(opened))
            question.charts(self._shelf.gallery, lambda: nullcontext(opened))

    def _work(self) -> None:
        facts = self._shelf.facts
        while facts is not None and not self._ended.wait(EVERY_S):
            try:
                self.round(facts)
            except Exception as problem:  # noqa: BLE001 - pages work it out themselves then, and say what is wrong
                _LOG.warning("Metrics were not worked out ahead: %s\n%s", kind_of(problem), frames_of(problem))
