from __future__ import annotations

from datetime import timedelta
from importlib.metadata import version

import pytest

from control.agents import SLICE
from control.costs.worked_case import CLAUDE, LLAMA, MODELS, OWN, PEOPLE, TOOLS, TOTAL, Workshop
from goldenthread.control.costs import SliceCosts, run_cost, slice_costs
from goldenthread.promise.errors import CaseUnknown, ExchangeUnknown
from goldenthread.record.costs import load_stated
from worlds import APPROVER, World

pytest.importorskip("genai_prices", reason="the extra 'costs' is not installed")


@pytest.fixture
def workshop(world: World) -> Workshop:
    """A slice with its costs stated."""
    return Workshop(world)


def _costs(workshop: Workshop) -> SliceCosts:
    prices = load_stated(workshop.world.ledger).prices()
    now = workshop.clock.at
    with workshop.telemetry() as telemetry:
        return slice_costs(workshop.desk, prices, telemetry, now - timedelta(days=28), now)


def test_a_case_costs_what_is_worked_out_by_hand(workshop: Workshop) -> None:
    """Models, tools and people, to the millionth: the case on the page about costs."""
    workshop.state()
    run = workshop.worked("order-4711")
    workshop.spoke(run, CLAUDE, LLAMA)
    found = _costs(workshop)
    (cost,) = found.cases.values()
    assert (cost.models.amounts, cost.tools.amounts) == ({"EUR": MODELS}, {"EUR": TOOLS})
    assert cost.people.amounts == {"EUR": PEOPLE}
    assert cost.unknown == {}
    assert (cost.runs, cost.reviews, cost.models.count, cost.differing) == ((run,), {"measured": 1}, 2, 0)
    assert cost.total("EUR") == MODELS + TOOLS + PEOPLE == TOTAL
    assert [table.split(" sha256:")[0] for table in cost.tables] == [
        f"1 USD = 0.92 EUR from {workshop.clock.at.date() - timedelta(days=1)} (maya@example.com, organisation#10)",
        f"genai-prices {version('genai-prices')}",
        "organisation#9",
    ]
