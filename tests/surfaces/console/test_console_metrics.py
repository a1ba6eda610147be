"""A number on a page leads to its runs."""

from __future__ import annotations

import re
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from goldenthread.promise.contract import Contract
from goldenthread.promise.errors import ChartsMissing
from goldenthread.promise.values import Level
from goldenthread.record.metrics import STANDARD
from goldenthread.record.metrics.facts import Days, Fact, Facts, facts_in_memory, read_manifest, refresh
from goldenthread.record.metrics.facts.manifest import write_manifest
from goldenthread.surfaces.console import measured, warming
from goldenthread.surfaces.console.pages import slices
from goldenthread.surfaces.console.shelf import Shelf
from goldenthread.surfaces.console.warming import Warmer
from goldenthread.surfaces.views import standard
from goldenthread.surfaces.views.charted import MetricChart, metric_charts
from goldenthread.surfaces.views.marks import Happening, happenings, marks_of
from goldenthread.surfaces.views.pictures import chart_picture
from goldenthread.surfaces.views.standard import SliceMetrics, metrics_of
from surfaces.console.visiting import visitor
from surfaces.views.office import Office

LAST = date(2026, 11, 20)
EPOCH = date(1970, 1, 1)


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


def made(day: int, number: int, *, open: bool = False, **given: Any) -> Fact:
    """A live case at approval that began so many days before the last, and ended on that day unless it is open."""
    at = (LAST - EPOCH).days - day
    return Fact(
        case=f"c{day}-{number}",
        run=f"r{day}-{number}",
        agent="agent",
        fingerprint="sha256:1",
        slice="refunds",
        day=at,
        version=1,
        level="approval",
        source="live",
        seq=1,
        started_us=at * 86_400_000_000 + number * 1_000_000,
        ended=int(not open),
        closed_day=None if open else at,
        **given,
    )


def days_of(*handed: int, each: int = 20) -> list[Fact]:
    """Days of `each` cases, the oldest first, of which so many were handed to a person."""
    return [
        made(len(handed) - 1 - day, number, escalated=int(number < hits), agent_us=1_000_000 * (1 + number % 3))
        for day, hits in enumerate(handed)
        for number in range(each)
    ]


def charts(office: Office, facts: list[Fact]) -> dict[str, MetricChart]:
    """The charts of the slice `refunds`."""
    with facts_in_memory(facts) as asked:
        desk = office.desk("refunds")
        return {one.metric: one for one in metric_charts(asked, desk.held_to(), happenings(desk), LAST)}


def test_a_day_unlike_the_days_before_is_marked_by_shape_and_words(office: Office) -> None:
    """The reader is told which day, against which limits, and from which days those come."""
    chart = charts(office, days_of(*[3, 5, 4, 2, 4, 3] * 4, 14))["escalation_rate"]
    assert [one.sign for one in chart.points] == ["within"] * 24 + ["above"]
    assert chart.points[-1].words == "20 Nov: 70.0 %, above its upper limit"
    assert chart.outside == 1
    assert chart.verdict == "Worth a look: 1 point outside the limits. Something other than chance moved it."
    assert chart.limits == (
        "Each point is a day. Centre 17.8 % and limits (p-chart, 3 sigma) come from the first 20 days shown, "
        "27 Oct to 15 Nov."
    )
    assert (chart.line, chart.line_words, chart.unit) == (35.0, "<= 35 %", "%")


def test_a_few_days_of_many_cases_are_charted_by_cases_in_a_row(office: Office) -> None:
    """A demo lasts a minute, and a slice has a first day: its record has an order all the same."""
    chart = charts(office, days_of(40, 60, each=200))["escalation_rate"]
    assert (chart.grouped, len(chart.points)) == ("20 cases in a row", 20)
    assert [point.value for point in chart.points] == [100, 100, *[0] * 8, 100, 100, 100, *[0] * 7]
    assert charts(office, days_of(3, 4, 5)) == {}, "sixty cases show no habit"


def test_what_never_changes_and_what_nobody_measured_is_not_drawn(office: Office) -> None:
    """A flat line takes a screen and says nothing."""
    found = charts(office, days_of(*[2, 3] * 10))
    assert set(found) == {"escalation_rate"}, "the median of agent_time is the same each day, and cost is unknown"


def test_a_day_that_is_still_out_is_not_judged(office: Office) -> None:
    """Labels come late; until they have, the last days look worse or better than they are."""
    facts = days_of(*[2, 3] * 10)
    late = [made(0, 100 + number, escalated=1) for number in range(15)]
    unknown = [made(0, 200 + number, open=True) for number in range(15)]
    chart = charts(office, [*facts, *late, *unknown])["escalation_rate"]
    assert chart.points[-1].sign == "open"
    assert chart.points[-1].pending == 15
    assert chart.outside == 1, "it would lie outside, and is drawn as open"


def test_releases_and_changes_of_level_stand_between_the_points() -> None:
    """Whoever sees a step asks first what was changed then."""
    points = [datetime(2026, 11, day, tzinfo=UTC) for day in range(1, 11)]
    happened = [
        Happening(kind="release", at=points[0] - timedelta(days=3), words="release 1"),
        Happening(kind="level", at=points[4] + timedelta(hours=3), words=f"{Level.DRAFT} → {Level.APPROVAL}"),
        Happening(kind="level", at=points[-1] + timedelta(days=3), words="after the last"),
    ]
    assert [(one.before, one.words) for one in marks_of(happened, points)] == [(5, "draft → approval")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_picture_says_in_words_what_it_shows_and_is_the_same_each_time(office: Office, scheme: str) -> None:
    """It is read aloud, it is kept under its digest, and it runs nothing."""
    chart = charts(office, days_of(*[3, 5, 4, 2, 4, 3] * 4, 14))["escalation_rate"]
    svg = chart_picture(chart, scheme)
    root = ET.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "chart-title chart-words")
    assert root.findtext(f"{space}title") == "Cases that the agent handed over"
    assert "20 Nov: 70.0 %, above its upper limit" in str(root.findtext(f"{space}desc"))
    assert "20 Nov: high" in "".join(root.itertext())
    assert not re.search(rb"<script|\son\w+=|href=\"http", svg)
    assert len(svg) < 60_000
    assert chart_picture(chart, scheme) == svg


def test_markup_in_what_happened_stays_text_in_a_picture(office: Office) -> None:
    """A picture is a document of its own, and a browser would run what stands in it."""
    chart = charts(office, days_of(*[2, 3] * 10))["escalation_rate"]
    svg = chart_picture(replace(chart, words="</title><script>alert(1)</script>", limits="<b>&"), "light")
    assert b"<script" not in svg
    assert ET.fromstring(svg).findtext("{http://www.w3.org/2000/svg}desc") == f"<b>& {chart.verdict}"


def test_without_matplotlib_the_figures_stay(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing extra takes the picture, and nothing else."""
    chart = charts(office, days_of(*[2, 3] * 10))["escalation_rate"]
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(
        ChartsMissing, match=r"the figures are in the tables. Run `pip install 'goldenthread\[charts\]'`"
    ):
        chart_picture(chart, "light")


def test_many_figures_stand_one_link_away(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of nineteen charts with all their figures weighs half a megabyte."""
    refresh(tmp_path / "metrics", office.ledger)
    (one,) = charts(office, days_of(*[2, 3] * 10)).values()
    drawn = (one, replace(one, metric="agreement"))
    given = measured.metrics_view
    monkeypatch.setattr(slices, "metrics_view", lambda shelf, name: replace(given(shelf, name), charts=drawn))
    client, first = visitor(office.ledger, tmp_path / "metrics"), drawn[0]
    assert client.get("/slices/refunds/metrics").text.count("<summary>The same in figures") == len(drawn)
    monkeypatch.setattr(slices, "_MOST_POINTS", 10)
    short = client.get("/slices/refunds/metrics").text
    assert "<summary>The same in figures" not in short
    assert first.points[-1].words in short, "told under the pointer all the same"
    assert f'<a href="?figures={first.metric}#chart-{first.metric}">' in short
    opened = client.get(f"/slices/refunds/metrics?figures={first.metric}").text
    assert opened.count("<details open><summary>The same in figures") == 1
    assert opened.count('<tr><th scope="row">') >= len(first.points)


def test_a_picture_is_kept_under_its_digest_and_given_to_whoever_may_see_the_slice(
    office: Office, tmp_path: Path
) -> None:
    """A browser asks for it once; a metric that has none is told apart from a broken picture."""
    folder = tmp_path / "metrics"
    refresh(folder, office.ledger)
    client = visitor(office.ledger, folder, home=None)
    assert client.get("/slices/refunds/metrics.json").json()["charts"] == []
    refused = client.get("/slices/refunds/metrics/escalation_rate/chart-light.svg", {"accept": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (404, "page-not-found")
    assert "No metric has eight days yet" in client.get("/slices/refunds/metrics").text


def test_metrics_are_worked_out_before_anybody_asks(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first to open them would wait for an engine to start and to read; what rests on records stays fresh."""
    folder = tmp_path / "metrics"
    client = visitor(office.ledger, folder)
    warmer = Warmer(client.shelf)
    assert warmer.round(folder) == 0, "nobody made facts yet, and a page makes none"
    refresh(folder, office.ledger)
    shown = client.get("/slices/refunds/metrics.json").json()
    monkeypatch.setattr(warming, "REST_S", 0)
    assert warmer.round(folder) > 0
    assert warmer.done.is_set()
    assert warmer.round(folder) == 0, "nothing is new"
    monkeypatch.setattr(client.shelf, "asking_facts", lambda folder: pytest.fail(f"{folder} was asked"))
    assert client.get("/slices/refunds/metrics.json").json() == shown, "not asked again"
    office.work("refunds", "after-that", text="refund")
    assert client.get("/slices/refunds/metrics.json").json()["newer"] > shown["newer"]


def test_no_page_waits_while_files_are_read_ahead(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a cold disk a slice takes seconds; whoever opens a page meanwhile gets the desks at once."""
    refresh(tmp_path, office.ledger)
    shelf = Shelf(office.ledger, tmp_path, None)
    served: list[bool] = []

    def slow(facts: Facts, contract: Contract, days: Days) -> SliceMetrics:
        visiting = Thread(target=visit)
        visiting.start()
        visiting.join(timeout=5)
        served.append(not visiting.is_alive())
        return metrics_of(facts, contract, days)

    def visit() -> None:
        with shelf.reading():
            pass

    monkeypatch.setattr(standard, "metrics_of", slow)
    monkeypatch.setattr(warming, "REST_S", 0)
    warmer = Warmer(shelf)
    assert warmer.round(tmp_path) == len(served)
    assert served
    assert all(served)


def test_facts_that_cannot_be_read_end_no_warming(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Pages say what is wrong; the thread looks again, and its log holds no words of errors."""
    (tmp_path / "manifest.json").write_text("{secret")
    monkeypatch.setattr(warming, "EVERY_S", 0.01)
    warmer = Warmer(Shelf(office.ledger, tmp_path, None))
    warmer.start()
    for _ in range(500):
        if len(caplog.records) > 1:
            break
        time.sleep(0.01)
    warmer.stop()
    assert len(caplog.records) > 1
    assert "Metrics were not worked out ahead: metrics-damaged" in caplog.text
    assert "secret" not in caplog.text


def test_a_slice_without_a_contract_keeps_no_other_waiting(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was only imported has facts and no contract; the slices after it in the alphabet are worked out as well."""
    refresh(tmp_path, office.ledger)
    found = read_manifest(tmp_path)
    position = next(iter(found.positions.values()))
    write_manifest(tmp_path, replace(found, number=found.number + 1, positions={"aaa": position, **found.positions}))
    monkeypatch.setattr(warming, "REST_S", 0)
    client = visitor(office.ledger, tmp_path)
    assert Warmer(client.shelf).round(tmp_path) == len(found.positions) + 1
    monkeypatch.setattr(client.shelf, "asking_facts", lambda folder: pytest.fail(f"{folder} was asked"))
    assert client.get("/slices/refunds/metrics.json").json()["rows"] != []
