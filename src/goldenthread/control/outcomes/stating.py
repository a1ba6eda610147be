"""What a data owner signs of an outcome line: where its values are, and what it was before."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from goldenthread.control.autonomy import Standing
from goldenthread.control.guard import MAY_HOLD_OUT, MAY_STATE, OUTCOME_TYPE, Desk, Writing, outcome_statement
from goldenthread.control.windows import BASELINE, HOLDOUT, SOURCE, Span, in_target_unit, statistic_of
from goldenthread.promise.contract import Contract, Shift
from goldenthread.promise.errors import NotPermitted, OutcomeUnknown, ValueProblem
from goldenthread.promise.values import Json
from goldenthread.record.ledger import Record
from goldenthread.record.outcomes import Known, Source, known_rows, rows_digest
from goldenthread.record.principals import KeyRing

_MOST_HELD_OUT = 50
_Value = TypeVar("_Value")


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """
    A baseline as it was frozen. `value` is in the unit of the line's target, `printed` what the contract says.

    `warning` says in words that the two differ; None where they agree, to as many places as the contract has.
    """

    record: Record
    shift: Shift
    value: Decimal
    printed: Decimal
    cases: int
    warning: str | None


def state_source(desk: Desk, ring: KeyRing, source: Source, *, by: str) -> Record:
    """
    State where the values of an outcome line are; in place of what was stated before.

    Args:
        desk: Of the slice.
        ring: Holds the key of `by`.
        source: Made by `make_source`.
        by: The data owner whom the line names.

    Raises:
        ContractNotFound: The slice has no contract.
        OutcomeUnknown: It has no such line.
        NotPermitted, PrincipalUnknown, NotInitialised: `by` is not the line's owner, or no data owner.
        KeyMissing, KeyLocked, SignatureInvalid: `by` cannot sign here.
    """
    with desk.transaction() as writing:
        _require_owner(writing, source.metric, by)
        content: dict[str, Json] = {"source": source.record(), "digest": source.digest}
        return say_signed(writing, ring, by, SOURCE, content)


def freeze_baseline(desk: Desk, ring: KeyRing, metric: str, *, begins: date, ends: date, by: str) -> Frozen:
    """
    Freeze what a line was over some days before, as its owner's data say now.

    The record holds the figure, and a digest over which version of which value it is made of: what is corrected later
    makes no other baseline.

    Args:
        desk: Of the slice.
        ring: Holds the key of `by`.
        metric: Of the outcome line.
        begins: First day.
        ends: The day after the last one.
        by: The data owner whom the line names.

    Raises:
        OutcomeUnknown: No such line, or no value of these days is known.
        ContractNotFound, NotPermitted, KeyMissing, KeyLocked, SignatureInvalid: As `state_source`.
    """
    span, now = Span(begins=begins, ends=ends), desk.ledger.clock()
    known = [one for one in known_rows(desk.ledger, desk.slice, metric, as_of=now) if span.holds(one.row.day)]
    with desk.transaction() as writing:
        shift = _require_owner(writing, metric, by)
        value = statistic_of(shift, amounts_of(known, acted=()))
        if value is None:
            raise OutcomeUnknown(
                f"No value of '{metric}' from {span} is known in '{desk.slice}', and no data is no baseline. "
                f"Read them with `goldenthread outcome read {desk.slice}`, or name other days."
            )
        printed = in_target_unit(shift.baseline, shift)
        warning = _disagreement(shift, value, printed)
        content: dict[str, Json] = {
            "metric": metric,
            "from": begins.isoformat(),
            "to": ends.isoformat(),
            "cases": len(known),
            "value": f"{value:f}",
            "printed": f"{printed:f}",
            "agrees": warning is None,
            "rows": rows_digest(known),
            "as_of": now.isoformat(),
        }
        record = say_signed(writing, ring, by, BASELINE, content)
    return Frozen(record=record, shift=shift, value=value, printed=printed, cases=len(known), warning=warning)


def hold_out(desk: Desk, ring: KeyRing, share: Decimal, *, by: str) -> Record:
    """
    Leave a share of cases with people from now on, drawn by key: their runs are in shadow, whatever the level.

    Args:
        desk: Of the slice.
        ring: Holds the key of `by`.
        share: In percent, from 0 (which ends it) to 50.
        by: An owner of the slice.

    Raises:
        ValueProblem: No such share.
        NotPermitted, PrincipalUnknown, NotInitialised, KeyMissing, KeyLocked, SignatureInvalid: `by` may not.
    """
    if not (share.is_finite() and 0 <= share <= _MOST_HELD_OUT and share == round(share, 6)):
        raise ValueProblem(
            f"{share} % is no share of cases to hold out; it lies between 0 and {_MOST_HELD_OUT}. Write e.g. 10."
        )
    desk.principals().require_role(by, MAY_HOLD_OUT, desk.slice)
    with desk.transaction() as writing:
        writing.contract()
        return say_signed(writing, ring, by, HOLDOUT, {"share": f"{share:f}"})


def require_line(contract: Contract, metric: str) -> tuple[str, Shift]:
    """
    The path and the outcome or adoption line of a metric.

    Raises:
        OutcomeUnknown: The contract has none.
    """
    for path, shift in contract.shifts.items():
        if shift.metric == metric:
            return path, shift
    named = ", ".join(shift.metric for shift in contract.shifts.values()) or "none"
    raise OutcomeUnknown(
        f"The contract of '{contract.slice}' has no outcome '{metric}'; it has {named}. Name one of these."
    )


def acted_cases(standing: Standing) -> frozenset[str]:
    """The live cases in which an agent's work had effect."""
    rows = ((case, row) for agent in standing.agents.values() for case, row in agent.rows.items())
    return frozenset(case for case, row in rows if row.source == "live" and row.acted)


def amounts_of(known: Iterable[Known], acted: Container[str]) -> list[tuple[int, int]]:
    """(numerator, denominator) of each case or period, once; in the cases of `acted` the agent's work had effect."""
    return [(one.row.numerator, one.row.denominator) for one in each_once(known, lambda one: one, acted)]


def each_once(values: Iterable[_Value], known: Callable[[_Value], Known], acted: Container[str]) -> tuple[_Value, ...]:
    """
    Values by case, each once: of a case that agent and people both did, that of whoever's work had effect.

    In shadow that is people's: what the agent would have cost is there to be compared with, and nobody has saved it.
    """
    chosen: dict[str, _Value] = {}
    for one in values:
        case = known(one).case_ref
        if case not in chosen or known(one).row.arm != ("people" if case in acted else "agent"):
            chosen[case] = one
    return tuple(chosen.values())


def _disagreement(shift: Shift, value: Decimal, printed: Decimal) -> str | None:
    places = max(0, -int(shift.baseline.amount.as_tuple().exponent))
    if value == printed or round(value, places) == round(printed, places):
        return None
    unit = shift.target.unit
    return (
        f"The contract says {printed:f} {unit} before, and the data say {value:f} {unit}. The change is measured from "
        f"what the data say; let the signers of the contract know, and state it in the next version."
    )


def require_own_line(desk: Desk, metric: str, by: str) -> Shift:
    """
    The outcome line of a metric, if `by` is the data owner whom it names.

    Raises:
        ContractNotFound: The slice has no contract.
        OutcomeUnknown: It has no such line.
        NotPermitted, PrincipalUnknown, NotInitialised: `by` is not the line's owner, or no data owner.
    """
    return _owned(desk, desk.contract(), metric, by)


def _require_owner(writing: Writing, metric: str, by: str) -> Shift:
    return _owned(writing.desk, writing.contract(), metric, by)


def _owned(desk: Desk, contract: Contract, metric: str, by: str) -> Shift:
    desk.principals().require_role(by, MAY_STATE, desk.slice)
    _path, shift = require_line(contract, metric)
    if shift.owner != by:
        raise NotPermitted(
            f"'{metric}' of '{desk.slice}' is owned by '{shift.owner}', so '{by}' cannot speak for it. "
            f"Ask {shift.owner}."
        )
    return shift


def say_signed(writing: Writing, ring: KeyRing, by: str, kind: str, content: Mapping[str, Json]) -> Record:
    """
    Put on record what a data owner or owner states, signed for exactly this place of the chain.

    Raises:
        KeyMissing, KeyLocked, SignatureInvalid: `by` cannot sign here.
    """
    principals, slice_name = writing.desk.principals(), writing.desk.slice
    said = outcome_statement(principals.organisation, slice_name, writing.tx.head(slice_name) + 1, kind, content)
    envelope: Mapping[str, Any] = ring.sign(by, OUTCOME_TYPE, said)
    principals.require_signed(by, envelope, OUTCOME_TYPE, said)
    return writing.append(kind, {**content, "envelope": dict(envelope)}, by=by)
