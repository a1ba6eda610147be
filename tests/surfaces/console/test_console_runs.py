from __future__ import annotations

import re

import pytest

from goldenthread.record.store import Home
from goldenthread.surfaces.views import case_page
from surfaces.console.long_run import LOOKS, NEEDLE, PAYS, SLICE, SPANS, long_run
from surfaces.console.visiting import Visitor, twin, visitor
from surfaces.views.office import GONE, MARKUP, SECRET, Office


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
    """Nobody waits for five thousand rows to see the first; `make bench-console` says how long a window takes."""
    base = f"/slices/{SLICE}/cases/{marathon}"
    view = inside.get(f"{base}.json").json()["timeline"]
    assert view["total"] == 1 + LOOKS + 3 * PAYS + 1 + SPANS >= 4_900
    assert (len(view["rows"]), view["before"], view["after"]) == (200, None, 201)
    used = {name: view["totals"][name] for name in ("spans", "actions", "model_calls", "input_tokens", "cost_micros")}
    assert used == {"spans": SPANS, "actions": PAYS, "model_calls": 520, "input_tokens": 3_640, "cost_micros": 52_000}
    for begin in (1, 2_000, view["total"] - 99):
        address = f"{base}/window?from={begin}&count=100"
        rows = re.findall(r'data-number="(\d+)"', inside.get(address).text)
        assert rows == [str(number) for number in range(begin, begin + 100)]


def test_a_timeline_is_narrowed_searched_and_folded_by_the_server(
    office: Office, marathon: str, inside: Visitor
) -> None:
    """What a browser does not have it cannot find, so whoever looks for a word asks for it."""
    base = f"/slices/{SLICE}/cases/{marathon}"
    found = inside.get(f"{base}.json?find={NEEDLE.upper()}").json()["timeline"]
    assert [(row["kind"], NEEDLE in row["words"]) for row in found["rows"]] == [("propose", True)]
    shown = {name: inside.get(f"{base}.json?show={name}").json()["timeline"]["shown"] for name in ("people", "failed")}
    assert shown == {"people": PAYS, "failed": 51}, "each action asks somebody; every fiftieth span failed"
    inside.get(base)
    closed = inside.get(f"{base}/window?closed=run").text
    assert f'data-shown="{1 + 1 + SPANS}"' in closed, "the run, the trace and its spans"
    assert 'data-open="false"' in closed
    assert "No step holds" in inside.get(f"{base}?find=nothing-like-it").text


def test_without_script_a_timeline_is_plain_pages(office: Office, marathon: str, inside: Visitor) -> None:
    """Two hundred rows a page, each with a link to its step, and links on and back."""
    text = inside.get(f"/slices/{SLICE}/cases/{marathon}?from=201").text
    assert (text.count('<li class="beat'), 'id="beat-step-200"' in text) == (200, True)
    assert 'rel="prev"' in text
    assert f'href="/slices/{SLICE}/cases/{marathon}/steps/step-200"' in text


def test_a_step_has_a_page_with_all_that_may_be_seen_of_it(office: Office, inside: Visitor) -> None:
    """Arguments, verdict with its clause, answer, effect: each with its place on record."""
    run = run_of(office, "refunds", "edited")
    rows = inside.get(f"/slices/refunds/cases/{run}.json").json()["timeline"]["rows"]
    kinds = ["run", "retrieve", "propose", "verdict", "question", "answer", "effect", "retrieve", "again", "end"]
    assert [row["kind"] for row in rows] == kinds
    steps = {row["kind"]: inside.get(f"/slices/refunds/cases/{run}/steps/{row['key']}.json").json() for row in rows}
    assert steps["propose"]["contents"][1] == ["permitted after an edit", _kept({"amount": 8})]
    assert ["clause", "autonomy.gates.approval"] in steps["verdict"]["facts"]
    assert ["by", "reviewer@example.com"] in steps["answer"]["facts"]
    assert steps["effect"]["contents"] == [["result", {"state": "kept", "value": {"receipt": "edited"}, "why": ""}]]
    assert steps["effect"]["place"].startswith("refunds#")
    assert steps["verdict"]["action"] == steps["effect"]["action"]


def _kept(changed: dict[str, object]) -> dict[str, object]:
    return {"state": "kept", "value": {"amount": 10, "country": "DE", "order": "edited", **changed}, "why": ""}


def test_what_nobody_may_see_yet_is_in_no_window_step_search_or_comparison(office: Office, inside: Visitor) -> None:
    """Neither the record nor the agent's own telemetry may give a blind proposal away, nor whether a word is in it."""
    from surfaces.console.long_run import send, spans_of

    blind = run_of(office, "letters", "blind")
    other = run_of(office, "letters", "handed over")
    told = {"goldenthread.case": SECRET, "gen_ai.tool.call.arguments": SECRET}
    send(office.world.home, spans_of(blind, 3, trace=b"blind-trace-1234", more=told))
    base = f"/slices/letters/cases/{blind}"
    rows = inside.get(f"{base}.json").json()["timeline"]
    assert rows["totals"]["spans"] == 0
    assert "hidden: a person decides this case" in rows["why"]
    assert inside.get(f"{base}.json?find={SECRET}").json()["timeline"]["rows"] == []
    assert inside.get(f"{base}.json?find=pay").json()["timeline"]["rows"] == []
    pages = [f"{base}/steps/{row['key']}" for row in rows["rows"]]
    pages += [f"/compare?left={blind}&right={other}", "/slices/letters/whiteboard"]
    for page in pages:
        path, _, query = page.partition("?")
        for address in (page, f"{twin(path)}?{query}"):
            answer = inside.get(address)
            assert (answer.status_code, SECRET in answer.text, "&#34;amount" in answer.text) == (200, False, False), (
                page
            )


def test_an_erased_case_has_a_timeline_without_content(office: Office, inside: Visitor) -> None:
    """What was done stays on record; what it was about does not, and telemetry of it is not shown either."""
    run = next(one.run for one in case_page(office.desk("refunds")).cases if one.case.state == "erased")
    view = inside.get(f"/slices/refunds/cases/{run}.json")
    assert GONE not in view.text
    assert "The case was erased" in view.json()["timeline"]["why"]
    words = {row["kind"]: row["words"] for row in view.json()["timeline"]["rows"]}
    assert (words["propose"], words["verdict"]) == ("pay erased", "ask: erased")


def test_two_runs_are_laid_side_by_side(office: Office, inside: Visitor) -> None:
    """What the one did and the other did not is what somebody looks for who asks why they differ."""
    left, right = run_of(office, "refunds", "edited"), run_of(office, "refunds", "rejected")
    view = inside.get(f"/compare.json?left={left}&right={right}").json()
    assert {one["what"]: (one["left"], one["right"]) for one in view["given"]} == {
        "text": ("refund edited", "refund rejected")
    }
    assert [one["what"] for one in view["made"] if not one["same"]] == []
    came = {one["what"]: (one["left"], one["right"]) for one in view["came"]}
    assert came["result"] == ("done", "refused; nothing happened")
    assert came["cost of models"] == ("unknown", "unknown")
    differs = {one["kind"]: (one["left"], one["right"]) for one in view["steps"] if not one["same"]}
    assert differs["Person"] == ("edit by reviewer@example.com", "reject by reviewer@example.com")
    assert differs["Effect"] == ('done: {"receipt": "edited"}', "")
    assert (view["only_left"], view["only_right"]) == (1, 0)


def test_runs_are_chosen_by_ticking_two(office: Office, inside: Visitor) -> None:
    """The earlier stands left; one alone, or three, are no comparison."""
    left, right = run_of(office, "refunds", "approved"), run_of(office, "refunds", "rejected")
    view = inside.get(f"/compare.json?pick.{right}=on&pick.{left}=on").json()
    assert (view["left"]["run"], view["right"]["run"]) == (left, right)
    for ticks, count in ((f"pick.{left}=on", 1), (f"pick.{left}=on&pick.{right}=on&pick.x=on", 3)):
        answer = inside.get(f"/compare.json?{ticks}")
        assert (answer.status_code, answer.json()["message"]) == (
            404,
            f"Two runs are compared, and {count} were chosen. Tick two in a list of cases.",
        )


def test_long_runs_are_compared_without_end(office: Office, marathon: str, inside: Visitor) -> None:
    """Five thousand steps against none: what has no room is counted."""
    short = run_of(office, "refunds", "waits")
    view = inside.get(f"/compare.json?left={marathon}&right={short}").json()
    assert view["left_out"] > 4_000


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=x", "'from=x' is no number of a row. Begin at 1."),
        ("from=999999", "This timeline has 10 rows, and none has the number 999999. Begin at 1."),
        (
            "show=odd",
            "A timeline cannot be narrowed to 'odd'. "
            "Choose one of all, record, telemetry, tools, models, people, failed.",
        ),
    ],
)
def test_a_wrong_question_about_a_run_is_named(office: Office, inside: Visitor, query: str, words: str) -> None:
    """A silent empty list would read as if nothing had happened."""
    run = run_of(office, "refunds", "edited")
    answer = inside.get(f"/slices/refunds/cases/{run}.json?{query}")
    assert (answer.status_code, answer.json()) == (404, {"code": "page-not-found", "message": words})


def test_markup_in_spans_and_cases_stays_text(office: Office, marathon: str, inside: Visitor) -> None:
    """Names of tools come from whoever sends spans."""
    text = inside.get(f"/slices/{SLICE}/cases/{marathon}/window?show=telemetry").text
    assert MARKUP not in text
    assert "look &lt;script&gt;alert(1)&lt;/script&gt;" in text
