"""Whose turn an item is, until when, and when it expires: derived from its row, the contract and the clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from goldenthread.control.guard import has_expired
from goldenthread.promise.contract import Contract, Turn, expires_at, turn_at

EXPIRES = "approval"
"""The kind of item that expires; a blind question, an escalation and an effect in doubt wait for somebody."""


@dataclass(frozen=True, kw_only=True)
class Waits:
    """
    How an open item waits as of one instant.

    `assigned` is who has it: a step of the contract's path, or the person it was handed to; None where the contract
    has no path. `overdue`: nobody comes after them, and their time is over. `expired`: no yes counts any more.
    """

    assigned: str | None
    turn: Turn | None
    overdue: bool
    expires: datetime | None
    expired: bool


def how_it_waits(contract: Contract, row: Mapping[str, Any], now: datetime) -> Waits:
    """
    Args:
        contract: To hold the slice to, now.
        row: An open item's.
        now: Aware.
    """
    turn = turn_at(contract, row["step"], row["step_since"] or row["asked_at"], now)
    handed = row["assigned"] if turn is not None and turn.step == row["step"] else None
    expires = expires_at(contract, row["asked_at"]) if row["kind"] == EXPIRES else None
    return Waits(
        assigned=handed or (turn.to if turn is not None else row["assigned"]),
        turn=turn,
        overdue=turn is not None and now >= turn.due,
        expires=expires,
        expired=has_expired(contract, row["kind"], row["asked_at"], now),
    )


def moment(at: datetime) -> str:
    """An instant in words."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
