"""What people's own log says of the workflow before, beside what the contract promises of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from goldenthread.control.autonomy import Standing
from goldenthread.control.guard import Desk
from goldenthread.promise.contract import Contract
from goldenthread.surfaces.views.kept import kept

_ORDER = ("cycle_time", "throughput", "rework_rate")
"""As in the contract."""


@dataclass(frozen=True, kw_only=True)
class WorkLine:
    """One workflow line: what is promised, and what it was. `current`: the contract still promises just this."""

    metric: str
    promised: str
    before: str
    means: str
    current: bool


@dataclass(frozen=True, kw_only=True)
class PeopleWork:
    """A status quo on record; `median_d` is the cycle time in days, `rework` the share of cases in percent."""

    by: str
    place: str
    file: str
    name: str
    cases: int
    begins: date
    ends: date
    median_d: Decimal
    rework: Decimal
    lines: tuple[WorkLine, ...]

    @property
    def words(self) -> str:
        """Where it is from, in one sentence."""
        return (
            f"people's log {self.name}, {self.cases:,} cases from {self.begins} to {self.ends}, stated by {self.by}: "
            f"median cycle {self.median_d:.1f} d, rework in {self.rework:.0f} % of cases"
        )


@kept("work")
def work_of(desk: Desk) -> PeopleWork | None:
    """The same of a slice, for the contract that it is held to."""
    return people_work(desk.held_to(), desk.standing())


def people_work(contract: Contract, standing: Standing) -> PeopleWork | None:
    """What people's log says, as it was signed last; None where nobody stated any."""
    record = standing.windows.work
    if record is None:
        return None
    data = record.data
    lines = []
    for metric in (one for one in _ORDER if one in data["lines"]):
        said = data["lines"][metric]
        clause = getattr(contract.workflow, metric, None)
        lines.append(
            WorkLine(
                metric=metric,
                promised=said["line"],
                before=f"{Decimal(said['value']):.2f} {said['unit']}",
                means=data["definitions"][metric],
                current=clause is not None and clause.condition == said["line"],
            )
        )
    return PeopleWork(
        by=record.by,
        place=f"{record.chain}#{record.seq}",
        file=data["file"],
        name=data["name"],
        cases=data["cases"],
        begins=date.fromisoformat(data["from"]),
        ends=date.fromisoformat(data["to"]),
        median_d=Decimal(data["figures"]["cycle_median_d"]),
        rework=Decimal(data["figures"]["rework_percent"]),
        lines=tuple(lines),
    )
