"""A worker whose clock is a day off: what waits and what is due goes by the database's clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chaos.clock import set_offset
from goldenthread.record.store import Home
from goldenthread.work.runtime import Handed, Submission
from workplace import Workplace, open_workplace
from worlds import APPROVER

DAY_S = 86_400.0
JUMPS = {"ahead": DAY_S, "back": -DAY_S}
SOON_S = 2.0
PAUSE_S = 1.0
"""After the first fault."""


@dataclass(kw_only=True)
class Jumped:
    """What became of the cases; each is named after its kind and the jump: `soon.ahead`."""

    place: Workplace
    due: dict[str, datetime] = field(default_factory=dict)
    runs: dict[str, Submission] = field(default_factory=dict)

    def submit(self, case: str, slice_name: str = "payments", at: datetime | None = None, **given: int) -> None:
        """Hand a case in; `at` is when it is due."""
        handed = Handed(case=case, given={"case": case, **given})
        self.runs[case] = self.place.submissions.submit(slice_name, handed, at=at)
        if at is not None:
            self.due[case] = at

    def began(self, case: str) -> list[float]:
        """When the turns of a case began, by the clock that is right."""
        return [at - JUMPS[case.split(".")[1]] for at in self.place.when("turn", case)]


@pytest.fixture(scope="module")
def jumped(shared_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jumped]:
    """One worker, whose clock jumps ahead and then back while runs wait for a person and for their time."""
    folder = tmp_path_factory.mktemp("jumped")
    with open_workplace(shared_home.path, folder) as place:
        scene = Jumped(place=place)
        place.start(CLOCK=str(folder / "clock"))
        for jump, off_s in JUMPS.items():
            _round(scene, folder / "clock", jump, off_s)
        yield scene


def _round(scene: Jumped, clock: Path, jump: str, off_s: float) -> None:
    place, soon = scene.place, datetime.now(UTC) + timedelta(seconds=SOON_S)
    set_offset(clock, 0.0)
    scene.submit(f"waits.{jump}", "approvals", amount=5)
    place.until(scene.runs[f"waits.{jump}"], "waiting")
    scene.submit(f"soon.{jump}", at=soon)
    scene.submit(f"later.{jump}", at=soon + timedelta(hours=12))
    set_offset(clock, off_s)
    scene.submit(f"again.{jump}", fail=1)
    inbox = place.world.inbox("approvals")
    inbox.approve(inbox.items()[0].id, by=APPROVER)
    for kind in ("waits", "soon", "again"):
        place.until(scene.runs[f"{kind}.{jump}"])


def test_no_run_is_lost(jumped: Jumped) -> None:
    """What a person answered goes on, what was due was done, and what faulted was tried again."""
    ended = {case: jumped.place.state(run) for case, run in jumped.runs.items()}
    assert ended == {case: "delayed" if case.startswith("later") else "done" for case in jumped.runs}
    assert jumped.place.world.verify_ok()


def test_nothing_begins_before_its_time(jumped: Jumped) -> None:
    """Neither what was handed in for later, nor the next try after a fault; what is due in hours is not begun."""
    for jump in JUMPS:
        (began,) = jumped.began(f"soon.{jump}")
        assert began >= jumped.due[f"soon.{jump}"].timestamp() - 0.05
        assert jumped.began(f"later.{jump}") == []
        first, second = jumped.began(f"again.{jump}")
        assert second - first >= PAUSE_S - 0.05


def test_nothing_happens_twice(jumped: Jumped) -> None:
    """No turn was taken for a dead worker's, and each effect came once."""
    assert jumped.place.happened("paid") == {
        f"{kind}.{jump} {5 if kind == 'waits' else 7}": 1 for kind in ("waits", "soon", "again") for jump in JUMPS
    }
    turns = jumped.place.happened("turn")
    assert turns == {case: 1 if case.startswith("soon") else 2 for case in jumped.runs if not case.startswith("later")}
