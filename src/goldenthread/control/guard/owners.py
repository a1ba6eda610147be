"""An owner's word that clears an approver: what is signed, and whether it counts, live and on replay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from goldenthread.control.vigilance import CLEAR, WordProblem
from goldenthread.promise.errors import GoldenthreadError
from goldenthread.promise.values import Json
from goldenthread.record.ledger import Record
from goldenthread.record.principals import Principals

CLEAR_TYPE = "application/vnd.goldenthread.clear+json"
"""Payload type of an owner's word that clears an approver (DSSE)."""

MAY_CLEAR = ("owner",)


def clear_statement(slice_name: str, data: dict[str, Any]) -> dict[str, Json]:
    """What an owner signs: this approver, this flag, for this reason."""
    return {
        "record": CLEAR,
        "slice": slice_name,
        "approver": data["approver"],
        "flag": data["flag"],
        "reason": data["reason"],
    }


def words_of_owners(slice_name: str, principals: Callable[[], Principals]) -> WordProblem:
    """
    Judge words by the rights of the moment they were recorded: a later revocation takes nothing back.

    Args:
        slice_name: The slice.
        principals: Gives all of them, as recent as the records that are judged.
    """

    def problem(record: Record) -> str | None:
        try:
            then = principals().as_of(record.at)
            then.require_role(record.by, MAY_CLEAR, slice_name)
            said = clear_statement(slice_name, dict(record.data))
            then.require_signed(record.by, record.data["envelope"], CLEAR_TYPE, said)
        except GoldenthreadError as error:
            return str(error)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return f"the record is malformed: {type(error).__name__}: {error}"
        return None

    return problem
