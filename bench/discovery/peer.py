"""
What pm4py is asked: as much of the report as it has. Run by its own Python, which alone has it.

Filtering to the most frequent variants, which our maps do, fails in pm4py 2.7.23 where pandas holds text by pyarrow,
and is left out; so are deadlines, changes over time and pictures, which it has not or needs other programs for.

pm4py is under the AGPL; nothing of ours imports it, and this file is no part of the package.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any


def main(path: str) -> None:
    """Read a log, count, and print what proves that it was counted."""
    import pandas as pd  # type: ignore[import-untyped,unused-ignore]
    import pm4py  # type: ignore[import-not-found,import-untyped,unused-ignore]

    if path.endswith(".xes"):
        log = pm4py.read_xes(path)
    else:
        table = pd.read_csv(path) if path.endswith(".csv") else pd.read_parquet(path)
        log = pm4py.format_dataframe(
            table, case_id="case:concept:name", activity_key="concept:name", timestamp_key="time:timestamp"
        )
    parts = {"start and reading": time.process_time()}
    follows, _, _ = _timed(parts, "follows", pm4py.discover_dfg, log)
    _timed(parts, "times", pm4py.discover_performance_dfg, log)
    variants = _timed(parts, "variants", pm4py.get_variants, log)
    durations = _timed(parts, "cases", pm4py.get_all_case_durations, log)
    rework = _timed(parts, "rework", pm4py.get_rework_cases_per_activity, log)
    _timed(parts, "handovers", pm4py.discover_handover_of_work_network, log)
    _timed(parts, "loops", pm4py.get_minimum_self_distances, log)
    _timed(parts, "arrivals", pm4py.get_case_arrival_average, log)
    for attribute in ("concept:name", "org:resource"):
        _timed(parts, "values", pm4py.get_event_attribute_values, log, attribute)
    print(
        json.dumps(
            {
                "counted": {
                    "follows": sum(follows.values()),
                    "pairs": len(follows),
                    "variants": len(variants),
                    "cases": len(durations),
                    "rework": sum(rework.values()),
                },
                "parts": parts,
            }
        )
    )


def _timed(parts: dict[str, float], part: str, question: Callable[..., Any], *of: object) -> Any:
    """Ask, and add the seconds of processor."""
    before = time.process_time()
    answer = question(*of)
    parts[part] = parts.get(part, 0.0) + time.process_time() - before
    return answer


if __name__ == "__main__":
    main(sys.argv[1])
