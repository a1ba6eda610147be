"""Labels from outside: what people decided on cases before, and what others than the agent measured; both signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Literal

from goldenthread.control.guard.desk import Desk, Writing
from goldenthread.control.guard.observable import require_manner, require_observable
from goldenthread.control.guard.runs import new_id
from goldenthread.promise.errors import CaseUnknown, DecisionConflict
from goldenthread.promise.values import Effect, Json, Level, digest
from goldenthread.record.metrics import Observation, Proposal

Sign = Callable[[str, str, Json], Mapping[str, Any]]
"""(principal, payload type, payload) -> DSSE envelope."""

DECISIONS_TYPE = "application/vnd.goldenthread.decisions+json"
OBSERVATION_TYPE = "application/vnd.goldenthread.observation+json"


def record_decisions(desk: Desk, decisions: Sequence[tuple[str, Proposal]], by: str, sign: Sign) -> None:
    """
    Record what people decided on cases before: the agent works them in shadow and is held against them.

    One signature of `by` covers all of them: `case:decision:import` holds the digest of their cases and contents.

    Raises:
        NotPermitted: `by` may not speak for this slice's past.
        DecisionConflict: Another decision is on record for one of the cases, or people may have seen what an agent
            proposed in it, so that no decision on it is blind any more; nothing is recorded then.
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

    It belongs to the fingerprint that acted on the case last, or worked it last if none acted, and is signed by `by`.

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
        require_observable(writing.contract(), metric, value)
        require_manner(metric, value, of, severity)
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
    seen = _shown_to_people(writing)
    for case, decision in decisions:
        case_ref = writing.desk.ledger.vault.ref(slice_name, case)
        content = writing.tx.keep(case_ref, decision.record())
        if known.get(case_ref, content) != content:
            raise DecisionConflict(
                f"Case '{case}' of '{slice_name}' already has another recorded decision. "
                "A past decision is recorded once; if it was wrong, erase the case or leave it out."
            )
        if case_ref not in known:
            if case_ref in seen:
                raise DecisionConflict(
                    f"Case '{case}' of '{slice_name}' was worked live at draft or above, where people may have seen "
                    "the proposal; a past decision is one made before that. Leave this case out."
                )
            known[case_ref] = content
            yield case_ref, content


def _shown_to_people(writing: Writing) -> set[str]:
    """Pseudonyms of cases in which a live run was above shadow at any time, or asked people something."""
    rows = writing.rows(
        "select distinct case_ref from run r where slice = %s and source = 'live' and (level <> %s"
        " or exists (select 1 from action where run = r.id and level <> %s)"
        " or exists (select 1 from inbox where run = r.id))",
        writing.desk.slice,
        Level.SHADOW.value,
        Level.SHADOW.value,
    )
    return {row["case_ref"] for row in rows}


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
    """
    The run that answers for the case, and its fingerprint.

    That is the fingerprint that had an effect on it last, by the run by which the case counts there; without any
    effect the last run that counts and ended its case alone, else the last that counts. So who only looked at the
    case later neither takes the blame nor hides it.
    """
    slice_name = writing.desk.slice
    runs = writing.rows(
        "select id, fingerprint from run where slice = %s and case_ref = %s order by started_seq desc",
        slice_name,
        case_ref,
    )
    if not runs:
        raise CaseUnknown(f"No case '{case}' in '{slice_name}'. See `goldenthread case list {slice_name}`.")
    counted = {
        run["id"]: row for run in runs if (row := writing.standing.agents[run["fingerprint"]].rows.get(case_ref))
    }
    if not counted:
        raise CaseUnknown(
            f"Case '{case}' of '{slice_name}' has no run that counts: each ended in a fault. "
            "Run it again, then observe it."
        )
    fingerprints = {run["id"]: str(run["fingerprint"]) for run in runs}
    effects = _runs_with_effects(writing, case_ref)
    counting = [run for run, row in counted.items() if row.run == run]
    run = next(
        chain(
            (run for run in counted if run in effects),
            (run for run in counting if counted[run].acted),
            counting,
        )
    )
    return counted[run].run, fingerprints[run]


def _runs_with_effects(writing: Writing, case_ref: str) -> set[str]:
    """Runs of the case in which an effect happened, or may have; one given back from an earlier run has no permit."""
    declared = writing.contract().actions
    rows = writing.rows(
        "select run, name from action where slice = %s and case_ref = %s and permit is not null"
        " and state in ('consumed', 'done', 'unknown')",
        writing.desk.slice,
        case_ref,
    )
    looks = {name for name, action in declared.items() if action.effect is Effect.READ}
    return {row["run"] for row in rows if row["name"] not in looks}


def _signed(desk: Desk, sign: Sign, by: str, payload_type: str, said: dict[str, Json]) -> dict[str, Any]:
    envelope = dict(sign(by, payload_type, said))
    desk.principals().require_signed(by, envelope, payload_type, said)
    return envelope
