"""The error budget of a slice."""

from __future__ import annotations

from datetime import datetime

from goldenthread.control.guard import Desk
from goldenthread.control.workflow import Budget
from goldenthread.surfaces.views.kept import KeptDesk, kept


@kept("budget")
def error_budget(desk: Desk) -> Budget | None:
    """As it stands by the ledger's clock; None where the contract has none."""
    contract, standing = desk.held_to(), desk.standing()
    return standing.workflow.budget(contract, max(desk.ledger.clock(), standing.now))


def budget_at(desk: Desk, now: datetime) -> Budget | None:
    """At an instant; on a page, that of now."""
    if isinstance(desk, KeptDesk):
        return error_budget(desk)
    return desk.standing().workflow.budget(desk.held_to(), now)
