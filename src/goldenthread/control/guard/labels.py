"""Labels from outside: what people decided on cases before, and what others than the agent measured; both signed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from goldenthread.control.guard.desk import Desk, Writing
from goldenthread.control.guard.runs import new_id
from goldenthread.promise.contract import METRICS, Contract
from goldenthread.promise.errors import CaseUnknown, DecisionConflict, ObservationRefused
from goldenthread.promise.values import Json, digest
from goldenthread.record.metrics import Observation, Proposal

Sign = Callable[[str, str, Json], Mapping[str, Any]]
"""(principal, payload type, payload) -> DSSE envelope."""

DECISIONS_TYPE = "application/vnd.goldenthread.decisions+json"
OBSERVATION_TYPE = "application/vnd.goldenthread.observation+json"

MEASURED_BY_THE_GUARD = ("agreement", "approved_unedited", "escalation_rate", "ungrounded_rate", "agent_time")
"""Nobody reports these: the guard sees them for itself."""

CARRY_SEVERITY = frozenset(name for name, metric in METRICS.items() if metric.severity)
"""Reported harm that may be hard."""


def record_decisions(desk: Desk, decisions: Sequence[tuple[str, Proposal]], by: str, sign: Sign) -> None:
    """
    Record what people decided on cases before: the agent works them in shadow and is held against them.

    One signature of `by` covers all of them: `case:decision:import` holds the digest of their cases and contents.

    Raises:
        NotPermitted: `by` may not speak for this slice's past.
        DecisionConflict: Another decision is on record for one of the cases; nothing is recorded then.
        KeyMissing, KeyLocked, SignatureInvalid: `by` cannot sign here.
    """
    desk.principals().require_role(by, ("owner", "expert", "data-owner"), desk.slice)
    with desk.transaction() as writing:
        new = dict(_new_decisions(writing, decisions))
        if not new:
            return
        label = new_id()
        listed: Json = [[case_ref, content] for case_ref, content in new.items()]
        said: dict[str, Json] = {"slice": desk.slice, "import": label, "count": len(new), "decisions": digest(listed)}
        writing.append(
            "case:decision:import", {**said, "envelope": _signed(desk, sign, by, DECISIONS_TYPE, said)}, by=by
        )
        for case_ref, content in new.items():
            _record_decision(writing, case_ref, content, label, by)


def record_observation(
    desk: Desk,
    case: str,
    metric: str,
    value: float,
    by: str,
    sign: Sign,
    *,
    of: Literal["agent", "people"] = "agent",
    severity: Literal["", "hard"] = "",
) -> None:
    """
    Record what somebody outside the agent measured on a case (rework, cost), and the level changes it brings.

    It belongs to the fingerprint that worked the case last, and is signed by `by`.

    Args:
        of: 'people' for the worth of people's own work on the same case, which a margin clause compares with.
        severity: 'hard' for harm that `any hard ...` in a tripwire answers at once.

    Raises:
        NotPermitted: `by` is no owner, expert, data owner or approver of the slice.
        ObservationRefused: The guard measures this itself, nobody knows the metric, or the value is none of its.
        CaseUnknown: No run of that case is on record.
        KeyMissing, KeyLocked, SignatureInvalid: `by` cannot sign here.
    """
    desk.principals().require_role(by, ("owner", "expert", "data-owner", "approver"), desk.slice)
    case_ref = desk.ledger.vault.ref(desk.slice, case)
    with desk.transaction() as writing:
        _require_observable(writing.contract(), metric, value)
        _require_manner(metric, value, of, severity)
        run, fingerprint = _counted_run(writing, case, case_ref)
        said: dict[str, Json] = {
            "slice": desk.slice,
            "case": case_ref,
            "run": run,
            "metric": metric,
            "value": value,
            "seq": writing.standing.seq,
        }
        seen = Observation(metric=metric, value=value, source=by, of=of, severity=severity)
        said.update(seen.manner)
        envelope = _signed(desk, sign, by, OBSERVATION_TYPE, said)
        writing.observe(run, case_ref, fingerprint, [seen], signed={"said": said, "envelope": envelope})


def _new_decisions(writing: Writing, decisions: Sequence[tuple[str, Proposal]]) -> Iterator[tuple[str, str]]:
    """(pseudonym, digest) of each decision that is not on record yet."""
    slice_name = writing.desk.slice
    known = {
        row["case_ref"]: row["decision"]
        for row in writing.rows("select case_ref, decision from recorded_decision where slice = %s", slice_name)
    }
    for case, decision in decisions:
        case_ref = writing.desk.ledger.vault.ref(slice_name, case)
        content = writing.tx.keep(case_ref, decision.record())
        if known.get(case_ref, content) != content:
            raise DecisionConflict(
                f"Case '{case}' of '{slice_name}' already has another recorded decision. "
                "A past decision is recorded once; if it was wrong, erase the case or leave it out."
            )
        if case_ref not in known:
            known[case_ref] = content
            yield case_ref, content


def _record_decision(writing: Writing, case_ref: str, content: str, label: str, by: str) -> None:
    data = {"case": case_ref, "source": "replay", "decision": content, "import": label}
    record = writing.append("case:decision:record", data, by=by)
    writing.execute(
        "insert into recorded_decision (slice, case_ref, decision, seq) values (%s, %s, %s, %s)",
        writing.desk.slice,
        case_ref,
        content,
        record.seq,
    )


def _counted_run(writing: Writing, case: str, case_ref: str) -> tuple[str, str]:
    """The run by which the case counts, and its fingerprint."""
    slice_name = writing.desk.slice
    rows = writing.rows(
        "select id, fingerprint from run where slice = %s and case_ref = %s order by started_seq desc limit 1",
        slice_name,
        case_ref,
    )
    if not rows:
        raise CaseUnknown(f"No case '{case}' in '{slice_name}'. See `goldenthread case list {slice_name}`.")
    fingerprint = str(rows[0]["fingerprint"])
    counted = writing.standing.agents[fingerprint].rows.get(case_ref)
    if counted is None:
        raise CaseUnknown(
            f"Case '{case}' of '{slice_name}' has no run that counts: each ended in a fault. "
            "Run it again, then observe it."
        )
    return counted.run, fingerprint


def _require_observable(contract: Contract, metric: str, value: float) -> None:
    known = METRICS.get(metric)
    if metric in MEASURED_BY_THE_GUARD:
        raise ObservationRefused(
            f"'{metric}' is measured by the guard and cannot be reported. Report what only others can know, "
            "such as rework_rate or cost."
        )
    if known is None and metric not in {shift.metric for shift in contract.shifts.values()}:
        named = ", ".join(shift.metric for shift in contract.shifts.values())
        raise ObservationRefused(
            f"Nobody knows a metric '{metric}'; the contract '{contract.slice}' promises {named}. "
            "Report one of these, or a standard metric such as rework_rate."
        )
    if known is not None and known.kind == "rate" and value not in (0.0, 1.0):
        raise ObservationRefused(
            f"'{metric}' of one case is 1 or 0 (it happened, or did not), not {value!r}. Report one of these."
        )
    if metric == "policy_violation" and value != 1.0:
        raise ObservationRefused(
            "That there was no policy_violation is nothing to report. Report one that happened, as 1."
        )
    if not math.isfinite(value) or value < 0:
        raise ObservationRefused(f"'{metric}' cannot be {value!r}. Report a number of at least 0.")


def _require_manner(metric: str, value: float, of: str, severity: str) -> None:
    if of not in ("agent", "people"):
        raise ObservationRefused(f"of={of!r} is nobody whose work is measured. Write of='agent' or of='people'.")
    if severity not in ("", "hard"):
        raise ObservationRefused(
            f"severity={severity!r} is none that a contract names. Write severity='hard', or none."
        )
    if severity and (of == "people" or value != 1.0 or metric not in CARRY_SEVERITY):
        raise ObservationRefused(
            f"'{metric}' {value:g} of {of} cannot be hard; only harm by the agent can: "
            f"{', '.join(sorted(CARRY_SEVERITY))}, as 1. Leave the severity out."
        )


def _signed(desk: Desk, sign: Sign, by: str, payload_type: str, said: dict[str, Json]) -> dict[str, Any]:
    envelope = dict(sign(by, payload_type, said))
    desk.principals().require_signed(by, envelope, payload_type, said)
    return envelope
