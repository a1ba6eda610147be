"""What stored telemetry says of a run, as entries: each trace with the tree of its spans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from goldenthread.promise.errors import TelemetryError, TelemetryMissing
from goldenthread.surfaces.views.timeline_parts import Entry

if TYPE_CHECKING:
    from goldenthread.record.telemetry import Step, Telemetry, TracedRun

MOST_TRACES = 8
_AROUND = timedelta(hours=1)
_BY_RUN = """
select trace_id as id, min(start_ns) as start from spans
where run_id = $run and start_ns between $low and $high group by 1 order by 2 limit $most
"""
_BY_CASE = """
select trace_id as id, min(start_ns) as start from spans
where slice = $slice and case_id = $case and run_id is null and start_ns between $low and $high
group by 1 order by 2 limit $most
"""
_TOKENS = ("input_tokens", "output_tokens")


@dataclass(frozen=True, kw_only=True)
class Traced:
    """The traces of a run, and why there is none, in words; '' where there is."""

    runs: tuple[TracedRun, ...] = ()
    why: str = ""

    @property
    def spans(self) -> int:
        """How many spans there are."""
        return sum(len(run.steps) for run in self.runs)

    @property
    def model_calls(self) -> int:
        """How many of them call a model."""
        return sum(step.kind == "model" for run in self.runs for step in run.steps)

    def total(self, name: str) -> int | None:
        """Of all traces: `input_tokens`, `output_tokens`, `cost_micros` or `duration_ns`; None where none says it."""
        said = [value for run in self.runs if (value := getattr(run, name)) is not None]
        return sum(said) if said else None

    def entries(self) -> Iterator[Entry]:
        """Each trace, with its spans below it."""
        for number, run in enumerate(self.runs):
            facts = {
                "trace": run.trace,
                "agent": run.agent,
                "spans": len(run.steps),
                "start_ns": run.start_ns,
                "duration_ns": run.duration_ns,
                "whole": run.whole,
            }
            yield Entry(
                key=f"trace-{number}",
                depth=0,
                kind="trace",
                source="telemetry",
                at=_at(run.start_ns),
                lasted_s=run.duration_ns / 1e9,
                state="failed" if run.failed else "",
                facts=facts,
            )
            for step in run.steps:
                yield _entry(step, run, number)


def traced(home: Path | None, row: Mapping[str, Any], case: str | None) -> Traced:
    """
    The traces that name a run; where none does, those of its case at that time.

    Args:
        home: Where telemetry lies; None where nobody said.
        row: The run's.
        case: Its case's name, None where that is not known.
    """
    if home is None or not (home / "telemetry").is_dir():
        return Traced(why="No telemetry is stored in this home.")
    try:
        from goldenthread.record.telemetry import Places, Telemetry

        with Telemetry(Places.of(home)) as stored:
            found = _found(stored, row, case)
    except (TelemetryMissing, TelemetryError) as problem:
        return Traced(why=problem.message)
    return Traced(runs=found, why="" if found else "No stored span names this run.")


def _found(stored: Telemetry, row: Mapping[str, Any], case: str | None) -> tuple[TracedRun, ...]:
    from goldenthread.record.telemetry import assemble

    ended = row["ended_at"] or datetime.now(UTC)
    when = {"low": _ns(row["started_at"] - _AROUND), "high": _ns(ended + _AROUND), "most": MOST_TRACES}
    ids = stored.ask(_BY_RUN, {"run": row["id"], **when})
    if not ids and case is not None:
        ids = stored.ask(_BY_CASE, {"slice": row["slice"], "case": case, **when})
    runs = [run for one in ids for run in assemble(stored, bytes(one["id"]))]
    return tuple(run for run in runs if len(runs) == 1 or _is_of(run, row["id"], case))


def _is_of(run: TracedRun, id: str, case: str | None) -> bool:
    """Whether a traced run is this one: by what its spans say, else by its case."""
    named = {step.said["run_id"] for step in run.steps if "run_id" in step.said}
    return id in named if named else run.case is None or run.case == case


def _entry(step: Step, run: TracedRun, number: int) -> Entry:
    said = {name: value for name, value in step.said.items() if name not in ("name", "events", "links")}
    return Entry(
        key=f"span{number}-{step.id}",
        depth=min(step.depth + 1, 60),
        kind=_KINDS.get(step.kind, "span-step"),
        source="telemetry",
        at=_at(step.start_ns),
        lasted_s=step.duration_ns / 1e9,
        state="failed" if step.failed else "",
        facts={
            "name": step.name,
            "said": said,
            "begin_ns": step.start_ns - run.start_ns,
            "of_ns": run.duration_ns,
            "duration_ns": step.duration_ns,
        },
    )


_KINDS = {
    name: f"span-{name}" for name in ("action", "model", "retrieval", "evaluation", "guardrail", "agent", "workflow")
}


def _at(ns: int) -> datetime:
    return datetime.fromtimestamp(ns / 1e9, UTC)


def _ns(at: datetime) -> int:
    return int(at.timestamp() * 1e9)
