from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.machine import flush_latency_us
from bench.registry import Registry
from bench.table import Figure, Row, ratio, render

FAST = Row(
    what="decide, 100 rules, p50",
    ours=Figure(value=3.0, unit="us"),
    beside=Figure(value=99.0, unit="us"),
    against="cedarpy 4.12, 100 policies",
    better="lower",
    command="make bench ARGS=decide",
)
SLOW = Row(
    what="durable permits",
    ours=Figure(value=7_500.0, unit="permits/s"),
    beside=Figure(value=15_000.0, unit="permits/s"),
    against="our prototype",
    better="higher",
    command="make bench ARGS=permits",
)
UNMEASURED = Row(
    what="import",
    ours=Figure(value=None, unit="ms"),
    beside=Figure(value=300.0, unit="ms"),
    against="limit",
    better="lower",
    command="make bench ARGS=import",
)


def test_ratio_above_one_is_better_whichever_way_better_goes() -> None:
    """Whoever reads the first column alone must not be misled by a figure where more is worse."""
    assert ratio(FAST) == pytest.approx(33.0)
    assert ratio(SLOW) == pytest.approx(0.5)


def test_ratio_of_different_units_is_unknown() -> None:
    """A ratio of milliseconds to microseconds would look like a thousandfold win."""
    mixed = Row(
        what="x",
        ours=Figure(value=1.0, unit="us"),
        beside=Figure(value=1.0, unit="ms"),
        against="y",
        better="lower",
        command="z",
    )
    assert ratio(mixed) is None


def test_table_is_printed_whole_with_the_ratio_first() -> None:
    """The table is quoted in the README, so its form is fixed; what was not measured is unknown, not zero."""
    assert render([FAST, SLOW, UNMEASURED]).splitlines() == [
        "ratio    what                    ours            beside                              measure again",
        "33x      decide, 100 rules, p50  3 us            99 us (cedarpy 4.12, 100 policies)  make bench ARGS=decide",
        "0.5x     durable permits         7.5k permits/s  15k permits/s (our prototype)       make bench ARGS=permits",
        "unknown  import                  unknown         300 ms (limit)                      make bench ARGS=import",
    ]


def _registry() -> Registry:
    registry = Registry()

    @registry.benchmark("decide")
    def _decide() -> Sequence[Row]:
        return [FAST]

    return registry


def test_only_what_was_asked_for_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """A row's own command must measure that row again, and name the machine it was measured on."""
    assert main(["decide"], _registry()) == 0
    printed = capsys.readouterr().out
    assert "one flush to disk takes" in printed
    assert printed.endswith(render([FAST]) + "\n")


def test_an_unknown_benchmark_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt name must not print an empty table that looks like a result."""
    assert main(["decied"], _registry()) == 2
    assert capsys.readouterr().err == ("No benchmark 'decied'; there is decide. Run `python -m bench --list`.\n")


def test_a_name_is_registered_once() -> None:
    """Two benchmarks of one name would hide each other."""
    registry = _registry()
    with pytest.raises(ValueError, match=r"A benchmark 'decide' is registered already"):
        registry.benchmark("decide")(list)


def test_flush_latency_is_measured_on_the_disk_that_is_named(tmp_path: Path) -> None:
    """A durable figure without the disk's own latency compares disks, not programs."""
    assert flush_latency_us(tmp_path) > 0
