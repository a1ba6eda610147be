from __future__ import annotations

import random
import re
from datetime import timedelta
from pathlib import Path

import pytest

from control.outcomes.business import BEGIN, COST, SLICE, WEEK, Business
from goldenthread.record.store import Home
from surfaces.console.visiting import Visitor, visitor
from surfaces.views.office import Office
from worlds import World


@pytest.fixture
def inside(world: World, tmp_path: Path) -> Visitor:
    """A visitor of a slice with a live case, two hundred and forty values of cost, and a baseline."""
    business = Business(world, tmp_path)
    business.live()
    business.clock.at = BEGIN + WEEK
    chance = random.Random(7)
    rows: list[dict[str, object]] = []
    for number in range(120):
        before, after = 1500 + chance.randrange(600), 600 + chance.randrange(500)
        kind = "easy" if number % 3 else "hard"
        rows.append({"case": f"B-{number}", "at": (BEGIN - WEEK).date(), "value": before / 100, "segment": kind})
        day = (BEGIN + timedelta(days=1 + number % 6)).date()
        rows.append({"case": f"A-{number}", "at": day, "value": after / 100, "segment": kind})
    rows.append({"case": "live-1", "at": (BEGIN + timedelta(days=2)).date(), "value": 99, "segment": "hard"})
    business.read(COST, rows)
    business.baseline(COST, 2)
    return visitor(world.ledger, home=Home(world.home))


def words(html: str) -> str:
    """What a page says."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_an_outcome_is_told_from_promise_to_runs(inside: Visitor) -> None:
    """Whether it pays, whether that was the agent, and why: on one page, with the runs that it is made of."""
    address = f"/slices/{SLICE}/outcomes/{COST}"
    view, html = inside.get(f"{address}.json").json(), inside.get(address).text
    said = words(html)
    assert "measured, and signed by finance-ops" in said
    assert view["difference"]["design"] == "before-after"
    assert view["difference"]["high"] < 0
    assert view["difference"]["claim"].endswith("it is no chance")
    assert view["difference"]["claim"] in said
    names = [part["name"] for part in view["drivers"]]
    assert (names[0], names[-1]) == ("before", "after")
    cents = [round(100 * float(part["amount"].split()[0])) for part in view["drivers"]]
    assert sum(cents[:-1]) == cents[-1], "the parts add up to the cent"
    assert (view["count"], len(view["values"])) == (121, 50)
    run = view["values"][0]["run"]
    assert view["values"][0]["value"].startswith("99")
    assert f'<a href="/slices/{SLICE}/cases/{run}">' in html
    assert inside.get(f"/slices/{SLICE}/cases/{run}").status_code == 200


def test_what_nobody_measured_is_unknown_with_its_owner(office: Office) -> None:
    """Never zero, never empty: who owes it, and what follows."""
    inside = visitor(office.ledger)
    said = words(inside.get("/slices/claims/outcomes/cost_to_serve").text)
    assert "Unknown. Nobody has measured it." in said
    assert "finance-ops has not said yet where the values are" in said
    view = inside.get("/slices/claims/outcomes/cost_to_serve.json").json()
    assert (view["difference"], view["drivers"], view["values"], view["progress"]) == (None, [], [], None)
    assert "Nothing is measured of 'cost_to_serve'" in view["why_no_values"]


def test_a_line_that_the_contract_does_not_have_is_not_found(office: Office) -> None:
    """An address is no promise."""
    assert visitor(office.ledger).get("/slices/claims/outcomes/fame.json").status_code == 404
