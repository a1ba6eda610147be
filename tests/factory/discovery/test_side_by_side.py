"""What is counted at the same time: the same report as one thing after the other, and no error is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from factory.discovery.made_logs import SAID, small, write_csv
from goldenthread.factory.discovery import Report, open_log, report_of
from goldenthread.factory.discovery.figures import whole
from goldenthread.factory.discovery.reading.database import Workbench
from goldenthread.surfaces.reports import plain


def _report(path: Path, threads: int, *, with_maps: bool = False) -> Report:
    with open_log(path, SAID, threads=threads) as log:
        return report_of(log, with_maps=with_maps)


def test_one_thread_and_several_make_the_same_report(tmp_path: Path) -> None:
    """Which question is answered first depends on the machine; no figure may."""
    path = write_csv(tmp_path / "log.csv", small())
    assert _report(path, 4) == _report(path, 1)


def test_maps_that_were_drawn_meanwhile_are_those_that_are_drawn_later(tmp_path: Path) -> None:
    """Drawing ahead changes when a map is drawn, and neither the picture nor the JSON."""
    path = write_csv(tmp_path / "log.csv", small())
    ahead, later = _report(path, 2, with_maps=True), _report(path, 2)
    assert set(ahead.drawn) == {level.share for level in ahead.levels}
    assert not later.drawn
    assert [ahead.picture(level.share) for level in ahead.levels] == [
        ahead.drawn[level.share] for level in ahead.levels
    ]
    assert [later.picture(level.share) for level in later.levels] == list(ahead.drawn.values())
    assert plain(ahead) == plain(later)
    assert "drawn" not in plain(ahead)


def test_a_figure_that_fails_beside_others_fails_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread's error is nobody's, unless who waits for it asks."""

    def fail(_bench: Workbench) -> None:
        raise ZeroDivisionError("rework")

    monkeypatch.setattr(whole, "rework", fail)
    with pytest.raises(ZeroDivisionError, match="rework"):
        _report(write_csv(tmp_path / "log.csv", small()), 2)


def test_threads_have_connections_of_their_own_to_the_same_tables() -> None:
    """A connection answers one question at a time, so that who shares one gets the other's rows, or an error."""
    with Workbench(2) as bench, ThreadPoolExecutor(2) as beside:
        bench.run("create table numbers as select unnest(range(1000)) as n")
        asked = [beside.submit(bench.one, f"select sum(n) * {times} from numbers") for times in range(40)]
        assert [one.result()[0] for one in asked] == [499_500 * times for times in range(40)]
        assert beside.submit(lambda: bench.database).result() is not bench.database
        assert bench.database is bench.database
