"""An owner's word that a flagged approver may count again."""

from __future__ import annotations

from typing import Any

from goldenthread.control.guard import CLEAR_TYPE, MAY_CLEAR, Desk, Sign, clear_statement
from goldenthread.control.vigilance import CLEAR
from goldenthread.promise.errors import AnswerInvalid
from goldenthread.record.ledger import Record


def clear(desk: Desk, approver: str, reason: str, *, by: str, sign: Sign) -> Record:
    """
    An owner's word that a flagged approver may count again, from here on; what they approved while flagged does not.

    Raises:
        NotPermitted: `by` is no owner of the slice.
        AnswerInvalid: The approver is not flagged, is `by` themselves, or no reason is given.
        KeyMissing, KeyLocked, SignatureInvalid: `by` cannot sign here.
    """
    desk.principals().require_role(by, MAY_CLEAR, desk.slice)
    with desk.transaction() as writing:
        flag = writing.standing.vigilance.of(approver).flag
        problem = _clear_problem(desk.slice, approver, by, reason, flag)
        if flag is None or problem is not None:
            raise AnswerInvalid(problem or "")
        data: dict[str, Any] = {"approver": approver, "flag": flag.seq, "ground": "word", "reason": reason}
        statement = clear_statement(desk.slice, data)
        envelope = dict(sign(by, CLEAR_TYPE, statement))
        desk.principals().require_signed(by, envelope, CLEAR_TYPE, statement)
        return writing.append(CLEAR, {**data, "envelope": envelope}, by=by)


def _clear_problem(slice_name: str, approver: str, by: str, reason: str, flag: Record | None) -> str | None:
    if flag is None:
        return (
            f"'{approver}' is not flagged in '{slice_name}', so there is nothing to clear. "
            f"See `goldenthread inbox approvers {slice_name}`."
        )
    if by == approver:
        return f"'{by}' is who was flagged, and nobody clears themselves. Ask another owner of '{slice_name}'."
    if not reason.strip():
        return "A flag is cleared for a reason, and it is empty. Say what was found when somebody talked to them."
    return None
