from __future__ import annotations

import re
import time

import pytest

from goldenthread.record.store import Home
from goldenthread.surfaces.views import case_page
from surfaces.console.long_run import LOOKS, PAYS, SLICE, SPANS, long_run
from surfaces.console.visiting import Visitor, visitor
from surfaces.views.office import Office


@pytest.fixture(scope="module")
def marathon(office: Office) -> str:
    """The run of five thousand steps."""
    return long_run(office, office.world.home)


@pytest.fixture
def inside(office: Office) -> Visitor:
    """Somebody who sits at the machine that holds the home."""
    return visitor(office.ledger, home=Home(office.world.home))


def run_of(office: Office, slice_name: str, case: str) -> str:
    """The latest run of a case."""
    return next(one.run for one in case_page(office.desk(slice_name)).cases if one.case.words == case)


def test_a_run_of_five_thousand_steps_comes_in_windows(office: Office, marathon: str, inside: Visitor) -> None:
    """Nobody waits for five thousand rows to see the first, and no window is slow however far down it is."""
    base = f"/slices/{SLICE}/cases/{marathon}"
    view = inside.get(f"{base}.json").json()["timeline"]
    assert view["total"] == 1 + LOOKS + 3 * PAYS + 1 + SPANS >= 4_900
    assert (len(view["rows"]), view["before"], view["after"]) == (200, None, 201)
    assert view["totals"]["spans"] == SPANS
    for begin in (1, 2_000, view["total"] - 99):
        address = f"{base}/window?from={begin}&count=100"
        rows = re.findall(r'data-number="(\d+)"', inside.get(address).text)
        assert rows == [str(number) for number in range(begin, begin + 100)]
        assert min(_seconds(inside, address) for _ in range(5)) < 0.05, begin


def _seconds(client: Visitor, address: str) -> float:
    began = time.perf_counter()
    assert client.get(address).status_code == 200
    return time.perf_counter() - began
