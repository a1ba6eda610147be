"""Logs that are put in order in memory, and those that are too large for it: the same report of both."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from factory.discovery.made_logs import SAID
from goldenthread.factory.discovery import Options, Report, open_log, report_of
from goldenthread.factory.discovery.reading import logs, reach

HEAD = "case_id,activity,timestamp,resource,lifecycle:transition,start_timestamp,case:deadline,case:enddate\n"


def _lines(*, done: bool, in_order: bool) -> list[str]:
    """What real logs have in them: rows that lack something, ties, repetitions, open ends, two deadlines of a case."""
    chance = random.Random(20_261_122)
    lines = []
    for minute in range(400):
        case, day, hour = chance.randrange(40), 1 + minute // 50, minute // 5 % 24
        begun = f"2026-03-{day:02}T{hour:02}:00:00Z" if chance.random() < 0.5 else ""
        said = chance.choice(("start", "complete", "withdraw", "")) if not done else chance.choice(("complete", ""))
        fields = [
            f"case {case}" if chance.random() < 0.98 else "  ",
            f"step {chance.randrange(7)}" if chance.random() < 0.98 else "",
            f"2026-03-{day:02}T{hour:02}:30:00{chance.choice(('Z', '+00:00', ''))}" if chance.random() < 0.98 else "-",
            chance.choice(("ann", "bo", "cy", "", "\u00a0")),
            said,
            begun,
            f"2026-03-{3 + case % 5:02}T00:00:00Z" if case % 3 else "",
            f"2026-03-{2 + minute % 9:02}T00:00:00Z" if case % 4 == 0 else "",
        ]
        lines.append(",".join(fields))
    return lines if in_order else chance.sample(lines, len(lines))


def _report(path: Path, said: Options) -> Report:
    with open_log(path, said, threads=1) as log:
        return report_of(log)


@pytest.mark.parametrize(
    ("done", "in_order", "said"),
    [(True, True, SAID), (False, False, replace(SAID, zone="Europe/Berlin")),
     (True, False, replace(SAID, drop_duplicates=True))],
    ids=["by time", "with starts", "without duplicates"],
)  # fmt: skip
def test_a_log_too_large_for_memory_has_the_same_report(
    done: bool, in_order: bool, said: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which of two ways a log goes depends on its size only; no figure may."""
    path = tmp_path / "log.csv"
    path.write_text(HEAD + "\n".join(_lines(done=done, in_order=in_order)) + "\n", encoding="utf-8")
    in_memory = _report(path, said)
    assert in_memory.figures.rework.steps > 50
    assert set(in_memory.intake.left_out) == {"no-case", "no-activity", "no-time"}
    monkeypatch.setattr(logs, "MOST_IN_MEMORY", 0)
    assert _report(path, said) == in_memory


@pytest.mark.parametrize("kinds", [3, 500, 40_000])
def test_cases_are_counted_alike_by_tables_and_by_sorting(kinds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few codes are counted in tables, block by block; many are sorted. Plain Python says what is right."""
    monkeypatch.setattr(reach, "_CELLS", 1_000)
    chance = np.random.default_rng(kinds)
    case = np.sort(chance.permutation(np.concatenate((np.arange(90), chance.integers(0, 90, 700))))).astype(np.int32)
    code = (chance.zipf(1.3, len(case)) % kinds).astype(np.int32)
    by_code: dict[int, set[int]] = defaultdict(set)
    for one, other in zip(case.tolist(), code.tolist(), strict=True):
        by_code[other].add(one)
    found = reach.in_cases(case, code, kinds)
    assert {place: int(n) for place, n in enumerate(found) if n} == {one: len(own) for one, own in by_code.items()}
    again = {pair: n for pair, n in Counter(zip(case.tolist(), code.tolist(), strict=True)).items() if n > 1}
    rows = list(zip(*(part.tolist() for part in reach.repeated(case, code, kinds)), strict=True))
    assert {(one, other): n for one, other, n in rows} == again
    assert rows == sorted(rows)
    known, places = reach.coded(code, kinds)
    assert (known[places] == code).all()
    assert known.tolist() == sorted(by_code)
