"""Values that a data owner gives in person, as a small table: kept as a file, stated as the source, read at once."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

from goldenthread.control.guard import Desk
from goldenthread.control.outcomes.reading import OutcomeReading, read_outcome
from goldenthread.control.outcomes.stating import require_own_line, state_source
from goldenthread.promise.errors import OutcomeSourceInvalid, OutcomeUnreadable
from goldenthread.record.outcomes import COLUMNS, Source, make_source, read_source
from goldenthread.record.principals import KeyRing

PERIOD_COLUMNS = tuple(name for name in COLUMNS if name not in ("case", "at"))
"""What a given table may have: values by case stay in their owner's own source, so that erasing a case works."""

_LARGEST = 500_000


def state_values(desk: Desk, ring: KeyRing, folder: Path, metric: str, text: str, *, by: str) -> OutcomeReading:
    """
    State the values of an outcome line by period, and read them at once. What was known before stays known.

    All of it counts or nothing: a row that cannot be taken keeps the others back, since whoever gives them is there
    to mend it.

    Args:
        desk: Of the slice.
        ring: Holds the key of `by`.
        folder: Where the table is kept, named by what it says.
        metric: Of the outcome line.
        text: A CSV with a head of `PERIOD_COLUMNS`.
        by: The data owner whom the line names.

    Raises:
        OutcomeSourceInvalid: Its columns make no row by period, or it is too long.
        OutcomeUnreadable: A row cannot be taken.
        ContractNotFound, OutcomeUnknown, NotPermitted, PrincipalUnknown, NotInitialised: As `state_source`.
        KeyMissing, KeyLocked, SignatureInvalid: `by` cannot sign here.
    """
    require_own_line(desk, metric, by)
    source, file = _kept(desk, folder, metric, text)
    try:
        _require_all(desk, source)
        state_source(desk, ring, source, by=by)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return read_outcome(desk, metric, by=by)


def _kept(desk: Desk, folder: Path, metric: str, text: str) -> tuple[Source, Path]:
    if len(text) > _LARGEST:
        raise OutcomeSourceInvalid(
            f"The table of '{metric}' has {len(text):,} characters; {_LARGEST:,} are the most. "
            "Give it by week or month, or state a file with `goldenthread outcome source`."
        )
    columns = _columns(metric, text)
    digest = hashlib.sha256(f"{desk.slice}\0{metric}\0{text}".encode()).hexdigest()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / f"{digest[:32]}.csv"
    source = make_source(metric, file=str(file.absolute()), columns={name: name for name in columns})
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8", newline="")
    return source, file


def _columns(metric: str, text: str) -> list[str]:
    head = [name.strip() for name in next(csv.reader(text.splitlines()[:1]), [])]
    other = next((name for name in head if name not in PERIOD_COLUMNS), None)
    if not head or other is not None:
        what = f"begins with the column '{other[:80]}'" if other is not None else "has no head"
        raise OutcomeSourceInvalid(
            f"The table of '{metric}' {what}; it may have {', '.join(PERIOD_COLUMNS)}. "
            "Name the columns in the first line, such as `period,value`; state values by case with "
            "`goldenthread outcome source`."
        )
    return head


def _require_all(desk: Desk, source: Source) -> None:
    found = read_source(source, None, until=desk.ledger.clock().date())
    if found.refused or not found.rows:
        why = "; ".join(found.problems[:5]) or "there is none"
        raise OutcomeUnreadable(
            f"Of the table of '{source.metric}' {found.refused} rows cannot be taken, so none was: {why}. Mend them, "
            "and send it again."
        )
