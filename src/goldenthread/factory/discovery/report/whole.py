"""Everything that one look at a log gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from goldenthread.factory.discovery.drawing.levels import Level, levels
from goldenthread.factory.discovery.drawing.picture import process_map
from goldenthread.factory.discovery.figures.model import Figures
from goldenthread.factory.discovery.figures.whole import asking
from goldenthread.factory.discovery.reading.logs import Log
from goldenthread.factory.discovery.reading.model import Intake
from goldenthread.factory.discovery.report.findings import findings


@dataclass(frozen=True, kw_only=True)
class Report:
    """
    What was read, what it shows in short and in full, and how much of the process each map keeps; `drawn` are maps that
    were drawn already, by their share.
    """

    intake: Intake
    findings: tuple[str, ...]
    figures: Figures
    levels: tuple[Level, ...]
    drawn: Mapping[int, str] = field(default_factory=dict, repr=False, compare=False)

    def picture(self, share: int) -> str:
        """
        The map that keeps at least so many percent of the cases, as SVG.

        Args:
            share: 1 to 100.
        """
        level = next((one for one in self.levels if 100 * one.cases >= share * one.of_cases), self.levels[-1])
        return self.drawn.get(level.share) or _drawn(self.intake.name, level)


def report_of(log: Log, *, within_us: int | None = None, hide_people: bool = False, with_maps: bool = False) -> Report:
    """
    Look at a log. May be asked once of an opened one.

    Args:
        log: As it was read.
        within_us: A cycle time that somebody promised, in microseconds.
        hide_people: Resources are numbered, and not named.
        with_maps: All maps will be wanted: they are drawn while figures are counted, and not when they are asked for.
    """
    with asking(log, within_us=within_us, hide_people=hide_people) as asked:
        shown = levels(log.bench, asked.edges.result())
        drawn = {level.share: _drawn(log.intake.name, level) for level in shown} if with_maps else {}
        figures = asked.whole()
    return Report(intake=log.intake, findings=findings(figures), figures=figures, levels=shown, drawn=drawn)


def _drawn(name: str, level: Level) -> str:
    return process_map(level, f"{name}: process map, {level.cases:,} of {level.of_cases:,} cases")
