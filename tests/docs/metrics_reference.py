"""Makes docs/reference/metrics.md: `python tests/docs/metrics_reference.py docs/reference/metrics.md`."""

from __future__ import annotations

import sys
from pathlib import Path

from goldenthread.record.metrics import STANDARD, StandardMetric
from goldenthread.record.metrics.standard import COUNTED

_HEAD = """\
# Standard metrics

Made from the code by `make docs`; a test holds the two together. How to see them: [measure a
slice](../howto/metrics.md).

Each is stated once and computed by one expression on every engine. Shares, times and money are counted, ranked and
added as whole numbers (times in microseconds, money in millionths) and divided once, exactly.

- **A case** is counted once: by its first run under the release that did it, or worked it last; a run that a fault or
  another release ended counts only as a run.
- **A day** is UTC. A case belongs to the day on which its counted run began; for throughput, to that on which it was
  done.
- **A quantile** is the nearest rank: of n values in order the one at ceil(q n / 100), so always one that was measured.
- **Pending** is what is counted and has no value yet. A share says what it can still become; a line of the contract
  holds only where whatever becomes of the pending cannot break it.
- **Unknown** is what nobody measured. It is never zero.
- What is reported from outside (`automation_rate`, `cycle_time`, `cost`) goes before what we see ourselves, and a later
  word corrects an earlier one.
"""


def reference() -> str:
    """The whole page."""
    return _HEAD + "".join(f"\n{_entry(one)}" for one in STANDARD.values())


def _entry(one: StandardMetric) -> str:
    rows = {
        "unit": one.unit,
        "better": one.direction,
        "of a": one.of,
        "counts": one.numerator,
        "over": one.denominator,
        "among": COUNTED[one.counted],
        "figure": _figure(one),
        "says so": one.source,
        "known": one.late,
    }
    lines = "\n".join(f"| {name} | {words} |" for name, words in rows.items())
    return f"## `{one.name}`\n\n{one.words}.\n\n| | |\n| --- | --- |\n{lines}\n"


def _figure(one: StandardMetric) -> str:
    if one.kind == "quantile":
        return ", ".join(f"p{percent}" for percent in one.quantiles)
    return {"rate": "share", "mean": "mean", "flow": "count"}[one.kind]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
