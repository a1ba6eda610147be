"""Stop a slice at once, and let it go on: signed by whoever says so."""

from __future__ import annotations

from goldenthread.control.guard import Desk
from goldenthread.promise.errors import ValueProblem
from goldenthread.promise.values import Json
from goldenthread.record.ledger import Record
from goldenthread.record.principals import KeyRing

SUSPENSION_TYPE = "application/vnd.goldenthread.suspension+json"
"""Payload type of a signed stop or leave to go on (DSSE)."""

MAY_SUSPEND = ("owner", "approver")
MAY_RESUME = ("owner",)


def suspend(desk: Desk, ring: KeyRing, *, by: str, reason: str) -> Record | None:
    """
    Stop a slice: from this record on no action has effect, and no permit can be consumed.

    Returns:
        The record, or None where the slice stood still before.

    Raises:
        NotPermitted, PrincipalUnknown, NotInitialised: `by` is neither owner nor approver of the slice.
        ContractNotFound: The slice has no contract.
        ValueProblem: No reason.
        KeyMissing, KeyLocked: The key of `by` cannot be used here.
    """
    return _switch(desk, ring, "slice:suspend", by, reason, MAY_SUSPEND)


def resume(desk: Desk, ring: KeyRing, *, by: str, reason: str) -> Record | None:
    """
    Let a slice go on, at the level that it had.

    Returns:
        The record, or None where the slice was not suspended.

    Raises:
        NotPermitted: `by` is no owner of the slice. The others as `suspend`.
    """
    return _switch(desk, ring, "slice:resume", by, reason, MAY_RESUME)


def _switch(desk: Desk, ring: KeyRing, kind: str, by: str, reason: str, roles: tuple[str, ...]) -> Record | None:
    if not reason.strip():
        raise ValueProblem("A slice is stopped or let go on for a reason, and none was given. Say why.")
    desk.principals().require_role(by, roles, desk.slice)
    with desk.transaction() as writing:
        writing.contract()
        if writing.standing.suspended == (kind == "slice:suspend"):
            return None
        place = writing.tx.head(desk.slice) + 1  # signed with it, so that a copy further on proves nothing
        said: dict[str, Json] = {"record": kind, "slice": desk.slice, "seq": place, "reason": reason}
        return writing.append(kind, {**said, "envelope": ring.sign(by, SUSPENSION_TYPE, said)}, by=by)
