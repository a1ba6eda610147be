"""Values joined to what is on record of their cases: who did them, whether alone, whether twice; before and after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from goldenthread.control.autonomy import Standing
from goldenthread.control.guard import Desk
from goldenthread.control.outcomes.stating import each_once, require_line
from goldenthread.control.windows import Baseline, Line, Span, line_of
from goldenthread.promise.errors import OutcomeUnknown
from goldenthread.promise.evidence import Piece
from goldenthread.record.outcomes import Known, known_rows

_ALONE = """
select distinct r.case_ref from run r where r.slice = %s and r.source = 'live' and r.state = 'done'
and exists (select 1 from action a where a.run = r.id and a.state = 'done')
and not exists (select 1 from inbox i where i.run = r.id and i.answered_by is not null)
"""


@dataclass(frozen=True, kw_only=True)
class Joined:
    """
    A value with what is on record of its case; `fingerprint` and `run` are '' where no agent worked on it.

    `acted` tells whether what the agent did there had effect.
    """

    known: Known
    arm: str
    automated: bool
    reworked: bool
    acted: bool = False
    run: str = ""
    fingerprint: str = ""

    @property
    def piece(self) -> Piece:
        """For an explanation."""
        row = self.known.row
        return Piece(
            kind=row.segment,
            automated=self.automated,
            reworked=self.reworked,
            amount=row.numerator,
            weight=row.denominator,
            units=row.units,
        )


@dataclass(frozen=True, kw_only=True)
class Compared:
    """
    A line's values before and since. `before` are those of the frozen baseline, as they were known then.

    `gone` is how many values of the baseline were erased since.
    """

    line: Line
    baseline: Baseline
    span: Span
    before: tuple[Joined, ...]
    after: tuple[Joined, ...]
    gone: int


def compared(desk: Desk, metric: str, *, as_of: datetime | None = None) -> Compared:
    """
    The values of a line before and since its window began, as known at an instant.

    Raises:
        ContractNotFound: The slice has no contract.
        OutcomeUnknown: No such line, no baseline, or no value since.
    """
    standing = desk.standing()
    path, shift = require_line(desk.contract(), metric)
    now = as_of or max(desk.ledger.clock(), standing.now)
    line = line_of(path, shift, standing.windows, now)
    if line.baseline is None:
        raise OutcomeUnknown(
            f"'{shift.owner}' has frozen no baseline of '{metric}' in '{desk.slice}', so nothing can be compared. "
            f"Have them run `goldenthread outcome baseline {desk.slice} {metric}`."
        )
    begins = line.starts.date() if line.starts is not None else now.date()
    before = _frozen(desk, metric, line.baseline)
    known = known_rows(desk.ledger, desk.slice, metric, as_of=now)
    after = tuple(joined(desk, standing, [one for one in known if one.row.day >= begins]))
    if not after or not before:
        which = "since its window began" if before else "of its baseline any more"
        raise OutcomeUnknown(
            f"No value of '{metric}' {which} is known in '{desk.slice}', and no data is no difference. "
            f"Read them with `goldenthread outcome read {desk.slice} {metric}`."
        )
    span = Span(begins=begins, ends=max(one.known.row.day for one in after) + timedelta(days=1))
    gone = line.baseline.cases - len(before)
    return Compared(line=line, baseline=line.baseline, span=span, before=before, after=after, gone=gone)


def joined(desk: Desk, standing: Standing, known: list[Known]) -> Iterator[Joined]:
    """Each value with what is on record of its case; what the owner's own table says goes before."""
    runs = {
        case: (row.run, fingerprint, row)
        for fingerprint, agent in standing.agents.items()
        for case, row in agent.rows.items()
        if row.source == "live"
    }
    alone = {row["case_ref"] for row in desk.read_rows(_ALONE, desk.slice)} if runs else set()
    for one in known:
        run, fingerprint, row = runs.get(one.case_ref, ("", "", None))
        by_agent = one.case_ref in alone
        reworked = row is not None and (row.values.get("rework_rate") or 0) > 0
        yield Joined(
            known=one,
            arm=one.row.arm or ("agent" if row is not None and row.acted else "people"),
            automated=by_agent if one.row.automated is None else one.row.automated,
            reworked=reworked if one.row.reworked is None else one.row.reworked,
            acted=row is not None and row.acted,
            run=run,
            fingerprint=fingerprint,
        )


def counted(values: tuple[Joined, ...]) -> tuple[Joined, ...]:
    """Each case once, as in the line itself."""
    return each_once(values, lambda one: one.known, {one.known.case_ref for one in values if one.acted})


def _frozen(desk: Desk, metric: str, baseline: Baseline) -> tuple[Joined, ...]:
    """The values of a baseline, as they were known when it was frozen; nobody's agent did them."""
    known = known_rows(desk.ledger, desk.slice, metric, as_of=baseline.at, through=baseline.seq)
    return tuple(
        Joined(known=one, arm="people", automated=bool(one.row.automated), reworked=bool(one.row.reworked))
        for one in known
        if baseline.begins <= one.row.day.isoformat() < baseline.ends
    )
