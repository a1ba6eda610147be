"""Whether the times of a file are measured or only fill their fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from goldenthread.record.runs.model import RecordedRun


def believed(runs: Sequence[RecordedRun]) -> tuple[tuple[RecordedRun, ...], str | None]:
    """
    The runs with their times, or without them and the sentence that says why.

    Times are not believed where every run took exactly as long as every other, or where no step has a time of its
    own and every run began and ended on a full second: nobody measured that.
    """
    spans = [(run.started_at, run.ended_at) for run in runs if run.started_at is not None and run.ended_at is not None]
    if not spans:
        return tuple(runs), None
    lengths = {end - start for start, end in spans}
    stepped = any(step.at is not None for run in runs for step in run.steps)
    full = not stepped and all(at.microsecond == 0 for span in spans for at in span)
    if not full and (len(spans) == 1 or len(lengths) > 1):
        return tuple(runs), None
    each = f"each of the {len(spans)} runs" if len(spans) > 1 else "the run"
    length = f" ({next(iter(lengths)).total_seconds():.1f} s)" if len(lengths) == 1 else ""
    same = f"{each} took exactly the same time{length}" if len(spans) > 1 and length else f"{each} fills full seconds"
    words = f"Times in the file are placeholders, since {same}; they were left out."
    return tuple(_timeless(run) for run in runs), words


def _timeless(run: RecordedRun) -> RecordedRun:
    steps = tuple(replace(step, at=None) for step in run.steps)
    return replace(run, started_at=None, ended_at=None, steps=steps)
