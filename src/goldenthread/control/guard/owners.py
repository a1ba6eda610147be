"""The word of owners and data owners on a slice's chain: what is signed, and whether it counts, live and on replay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from goldenthread.control.incidents import CLOSE, NOTE, RECOVER, SAID_KINDS
from goldenthread.control.vigilance import CLEAR, WordProblem
from goldenthread.control.windows import HOLDOUT, STATED_KINDS, STATUS_QUO
from goldenthread.promise.errors import GoldenthreadError, NotPermitted
from goldenthread.promise.values import Json
from goldenthread.record.ledger import Record
from goldenthread.record.principals import Principals

CLEAR_TYPE = "application/vnd.goldenthread.clear+json"
"""Payload type of an owner's word that clears an approver (DSSE)."""

MAY_CLEAR = ("owner",)

OUTCOME_TYPE = "application/vnd.goldenthread.outcome+json"
"""Payload type of what a data owner signs of an outcome: its source, its baseline (DSSE)."""

MAY_STATE = ("data-owner",)

MAY_HOLD_OUT = ("owner",)

INCIDENT_TYPE = "application/vnd.goldenthread.incident+json"
"""Payload type of what somebody says of an incident (DSSE)."""

MAY_CLOSE = ("owner", "expert")
MAY_RESPOND = (*MAY_CLOSE, "approver", "administrator", "data-owner")
MAY_SAY: Mapping[str, tuple[str, ...]] = {CLOSE: MAY_CLOSE, NOTE: (*MAY_RESPOND, "auditor")}
"""Who may say what of an incident of a slice, by kind of record; the rest is for whoever may respond."""

MAY_STATE_WORK = ("data-owner", "owner")

_MAY = {HOLDOUT: MAY_HOLD_OUT, STATUS_QUO: MAY_STATE_WORK}


def clear_statement(slice_name: str, data: dict[str, Any]) -> dict[str, Json]:
    """What an owner signs: this approver, this flag, for this reason."""
    return {
        "record": CLEAR,
        "slice": slice_name,
        "approver": data["approver"],
        "flag": data["flag"],
        "reason": data["reason"],
    }


def outcome_statement(
    organisation: str, slice_name: str, seq: int, kind: str, content: Mapping[str, Any]
) -> dict[str, Json]:
    """What a data owner signs: this content, at exactly this place of the slice's chain."""
    return {"record": kind, "organisation": organisation, "slice": slice_name, "seq": seq, **content}


def words_of_owners(slice_name: str, principals: Callable[[], Principals]) -> WordProblem:
    """
    Judge words by the rights of the moment they were recorded: a later revocation takes nothing back.

    Args:
        slice_name: The slice.
        principals: Gives all of them, as recent as the records that are judged.
    """

    def problem(record: Record) -> str | None:
        try:
            _require_said(record, principals().as_of(record.at), slice_name)
        except GoldenthreadError as error:
            return str(error)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return f"the record is malformed: {type(error).__name__}: {error}"
        return None

    return problem


def require_may_say(principals: Principals, kind: str, by: str, slice_name: str) -> None:
    """
    Raises:
        NotPermitted, PrincipalUnknown, NotInitialised: `by` may not say that of an incident, or is no person or owner
            of data.
    """
    found = principals.require_role(by, MAY_SAY.get(kind, MAY_RESPOND), slice_name)
    if found.kind not in ("person", "data-owner"):
        raise NotPermitted(f"'{by}' is no person, and an incident is answered by people. A person must.")


def _require_said(record: Record, then: Principals, slice_name: str) -> None:
    if record.kind in (*SAID_KINDS, RECOVER):
        require_may_say(then, record.kind, record.by, slice_name)
        about = {name: value for name, value in record.data.items() if name != "envelope"}
        stated = outcome_statement(then.organisation, slice_name, record.seq, record.kind, about)
        then.require_signed(record.by, record.data["envelope"], INCIDENT_TYPE, stated)
        return
    if record.kind in STATED_KINDS:
        then.require_role(record.by, _MAY.get(record.kind, MAY_STATE), slice_name)
        content = {name: value for name, value in record.data.items() if name != "envelope"}
        said = outcome_statement(then.organisation, slice_name, record.seq, record.kind, content)
        then.require_signed(record.by, record.data["envelope"], OUTCOME_TYPE, said)
        return
    then.require_role(record.by, MAY_CLEAR, slice_name)
    said = clear_statement(slice_name, dict(record.data))
    then.require_signed(record.by, record.data["envelope"], CLEAR_TYPE, said)
