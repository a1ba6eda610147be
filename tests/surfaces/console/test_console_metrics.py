"""A number on a page leads to its runs."""

from __future__ import annotations

from pathlib import Path

from goldenthread.record.metrics import STANDARD
from goldenthread.record.metrics.facts import refresh
from surfaces.console.visiting import visitor
from surfaces.views.office import Office


def test_a_number_on_a_page_leads_to_its_runs(office: Office, tmp_path: Path) -> None:
    """From a figure to the runs that it counts, and from a run to what was done: no step is missing."""
    folder = tmp_path / "metrics"
    client = visitor(office.ledger, folder)
    before = client.get("/slices/refunds/metrics.json").json()
    assert before["why"] == (
        "Nothing was made of this slice's record yet. A standing worker does so; or run `goldenthread metrics refresh`."
    )
    assert not folder.exists(), "a page makes nothing"
    refresh(folder, office.ledger)
    shown = client.get("/slices/refunds/metrics.json").json()
    assert [row["metric"] for row in shown["rows"]] == list(STANDARD)
    assert shown["newer"] == 0
    counted = 0
    for row in [row for row in shown["rows"] if row["metric"] in ("escalation_rate", "agreement", "latency", "cost")]:
        behind = client.get(f"/slices/refunds/metrics/{row['metric']}.json").json()
        assert behind["count"] == row["known"] + row["pending"], row["metric"]
        counted += behind["count"]
    assert counted > 10
    html = client.get("/slices/refunds/metrics").text
    assert '<a href="/slices/refunds/metrics/escalation_rate">' in html
    runs = client.get("/slices/refunds/metrics/escalation_rate")
    run = client.get("/slices/refunds/metrics/escalation_rate.json").json()["runs"][0]["run"]
    assert f'<a href="/slices/refunds/cases/{run}">' in runs.text
    assert client.get(f"/slices/refunds/cases/{run}").status_code == 200


def test_a_metric_that_is_none_is_no_page(office: Office) -> None:
    """A typing error in an address is told from an empty list."""
    answer = visitor(office.ledger).get("/slices/refunds/metrics/reworks.json")
    assert answer.status_code == 404
    assert answer.json() == {
        "code": "metric-unknown",
        "message": "No standard metric 'reworks'. See them with `goldenthread metrics catalogue`.",
    }
