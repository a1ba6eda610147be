"""Erase a case: its content is gone for good, its records stay and still verify."""

from __future__ import annotations

from goldenthread.control.guard import GUARD, Desk, Writing
from goldenthread.promise.errors import CaseUnknown
from goldenthread.record.ledger import Record
from goldenthread.record.runs import holds_imported

MAY_ERASE = ("administrator", "owner", "data-owner")


def erase_case(desk: Desk, case: str, *, by: str) -> Record | None:
    """
    Destroy the key of a case's content, and close what waits on it. Safe to repeat after a crash anywhere.

    Order: whatever is open on the case is closed, then the key goes, then the record of it stands. Repeated, each
    part does only what is left.

    Returns:
        The record, or None where the case was erased before.

    Raises:
        NotPermitted, PrincipalUnknown, NotInitialised: `by` is no administrator, owner or data owner of the slice.
        CaseUnknown: Nothing of that case is on record.
    """
    desk.principals().require_role(by, MAY_ERASE, desk.slice)
    case_ref = desk.ledger.vault.ref(desk.slice, case)
    _close(desk, case, case_ref)
    return desk.ledger.erase(desk.slice, case_ref, by)


def _close(desk: Desk, case: str, case_ref: str) -> None:
    """End the case's open run, and take its questions out of the inbox."""
    with desk.transaction() as writing:
        if not _is_known(writing, case_ref):
            raise CaseUnknown(
                f"No case '{case}' in '{desk.slice}', so there is nothing to erase. "
                f"See `goldenthread case list {desk.slice}`."
            )
        now = desk.ledger.clock()
        open_runs = writing.rows(
            "update run set state = 'erased', ended_at = %s where slice = %s and case_ref = %s"
            " and state in ('open', 'waiting') returning id, fingerprint",
            now,
            desk.slice,
            case_ref,
        )
        writing.execute(
            "update inbox set state = 'erased', answered_at = %s where slice = %s and case_ref = %s and state = 'open'",
            now,
            desk.slice,
            case_ref,
        )
        for run in open_runs:
            ended = {
                "run": run["id"],
                "case": case_ref,
                "fingerprint": run["fingerprint"],
                "status": "erased",
                "steps": [],
            }
            writing.append("run:end", ended, by=GUARD)


def _is_known(writing: Writing, case_ref: str) -> bool:
    """Whether anybody ever worked on the case, decided or measured it, or imported runs of it."""
    found = writing.rows(
        "select 1 from run where slice = %s and case_ref = %s union all"
        " select 1 from recorded_decision where slice = %s and case_ref = %s union all"
        " select 1 from vigilance_known where slice = %s and case_ref = %s union all"
        " select 1 from outcome_value where slice = %s and case_ref = %s limit 1",
        writing.desk.slice,
        case_ref,
        writing.desk.slice,
        case_ref,
        writing.desk.slice,
        case_ref,
        writing.desk.slice,
        case_ref,
    )
    return bool(found) or holds_imported(writing.tx, writing.desk.slice, case_ref)
