"""
What pm4py is asked: as much of the report as it has. Run by its own Python, which alone has it.

Filtering to the most frequent variants, which our maps do, fails in pm4py 2.7.23 where pandas holds text by pyarrow,
and is left out; so are deadlines, changes over time and pictures, which it has not or needs other programs for.

pm4py is under the AGPL; nothing of ours imports it, and this file is no part of the package.
"""

from __future__ import annotations

import json
import sys


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
    follows, _, _ = pm4py.discover_dfg(log)
    pm4py.discover_performance_dfg(log)
    variants = pm4py.get_variants(log)
    durations = pm4py.get_all_case_durations(log)
    rework = pm4py.get_rework_cases_per_activity(log)
    pm4py.discover_handover_of_work_network(log)
    pm4py.get_minimum_self_distances(log)
    pm4py.get_case_arrival_average(log)
    pm4py.get_event_attribute_values(log, "concept:name")
    pm4py.get_event_attribute_values(log, "org:resource")
    print(
        json.dumps(
            {
                "follows": sum(follows.values()),
                "pairs": len(follows),
                "variants": len(variants),
                "cases": len(durations),
                "rework": sum(rework.values()),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
