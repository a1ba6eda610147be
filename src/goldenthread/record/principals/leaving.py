"""Going on leave and coming back: load, check, sign, commit."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from goldenthread.record.ledger import ORGANISATION
from goldenthread.record.principals.absences import (
    Leave,
    check_leave,
    check_return,
    check_speaker,
    leave_statement,
    return_statement,
    to_end,
)
from goldenthread.record.principals.fold import Folding
from goldenthread.record.principals.grants import GrantLedger, begun, folding_of, sign_and_append
from goldenthread.record.principals.keys import KeyRing
from goldenthread.record.principals.statements import LEAVE, RETURN, Place


class ClockedLedger(GrantLedger, Protocol):
    """What an absence needs of a ledger: its clock too."""

    @property
    def clock(self) -> Any:
        """Gives the instant that a record of now would have, aware."""
        ...


def record_leave(
    ledger: GrantLedger,
    ring: KeyRing,
    *,
    by: str,
    name: str,
    begins: datetime,
    ends: datetime | None = None,
    deputy: str | None = None,
) -> Leave:
    """
    Put an absence on record: in it nobody counts on `name`, and what waits for them goes to the deputy.

    Args:
        by: They themselves, an owner of a slice in which they hold a role, or an administrator; signs.
        name: Who is away.
        begins: From when, aware.
        ends: Until when, aware; None: until `end_leave`.
        deputy: Who gets what would go to them: a person who may answer in a slice of theirs and is there all the time.

    Raises:
        NotInitialised: The ledger has not begun.
        NotPermitted, PrincipalUnknown: Not theirs to say; or no deputy for this.
        ValueProblem: It ends before it begins.
        KeyMissing, KeyLocked: The key of `by` cannot be used here.
    """
    with ledger.transaction(ORGANISATION) as tx:
        folding = begun(folding_of(ledger))
        check_speaker(folding.roster.current, by, name)
        statement = leave_statement(_place(folding), by=by, name=name, begins=begins, ends=ends, deputy=deputy)
        made = check_leave(folding.roster.current, folding.leaves, statement)
        sign_and_append(tx, folding, ring, LEAVE, statement)
        return made


def end_leave(ledger: ClockedLedger, ring: KeyRing, *, by: str, name: str) -> tuple[Leave, ...]:
    """
    They are back: the absences under way end now; where none is, the next one planned is called off.

    Returns:
        The absences, ended.

    Raises:
        ValueProblem: They are not away, and nothing is planned.
        NotInitialised, NotPermitted, PrincipalUnknown, KeyMissing, KeyLocked: As `record_leave`.
    """
    with ledger.transaction(ORGANISATION) as tx:
        folding = begun(folding_of(ledger))
        check_speaker(folding.roster.current, by, name)
        now = folding.moment(ledger.clock())
        ending = to_end(folding.leaves, name, now)
        statement = return_statement(_place(folding), by=by, name=name, leaves=ending)
        check_return(folding.roster.current, folding.leaves, statement, now)
        sign_and_append(tx, folding, ring, RETURN, statement)
        return tuple(one for one in folding.leaves if one.seq in ending)


def _place(folding: Folding) -> Place:
    return Place(seq=folding.seq + 1, prev=folding.hash)
