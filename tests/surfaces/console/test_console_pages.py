from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from click import Context

from goldenthread.control.response import tick_incidents
from goldenthread.promise.values import Json
from goldenthread.record.store import Home
from goldenthread.surfaces.cli import application as commands
from goldenthread.surfaces.console import drawing
from goldenthread.surfaces.console.drawing import templates
from goldenthread.surfaces.console.routes import PAGES
from goldenthread.surfaces.console.shelf import Shelf
from goldenthread.surfaces.opening import open_ledger
from goldenthread.surfaces.views import case_page, waiting
from goldenthread.surfaces.views.content import Content
from surfaces.console.visiting import APART, addresses, stranger, twin, visitor
from surfaces.views.office import GONE, MARKUP, SECRET, Office

MANY = re.compile(r"/steps/|^/audit/\w+/\d+$|^/compare")
"""Addresses of which there are too many to follow all."""


class Reader(HTMLParser):
    """What a page is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "br", "path", "circle", "rect", "input", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of that kind."""
        return [attributes for name, attributes in self.tags if name == tag]


def test_an_empty_home_says_how_to_begin(home: Home) -> None:
    """The first page of a new installation is where somebody starts."""
    ledger = open_ledger(home.path)
    try:
        page = visitor(ledger).get("/").text
        assert page.startswith('<!doctype html>\n<html lang="en">\n')
        said = "No contract yet. Write one with <code>goldenthread contract new</code>, and have it signed."
        assert f'<main id="content" tabindex="-1">\n<h1>Factory floor</h1>\n<p class="lede">{said}</p>\n</main>' in page
    finally:
        ledger.store.close()


def test_every_page_is_whole_and_explains_itself(office: Office) -> None:
    """One heading, a way past the frame, its place, its mode and its twin, on each of them."""
    client = visitor(office.ledger)
    for address in addresses(office):
        answer = client.get(address)
        page = Reader(answer.text)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert (page.open, len(page.named("h1")), len(page.named("main"))) == ([], 1, 1)
        assert page.named("a")[0] == {"class": "skip", "href": "#content"}
        assert "Cooperative mode" in answer.text
        assert any(link["href"] == twin(address) for link in page.named("a"))


def test_every_page_has_a_twin_in_json(office: Office) -> None:
    """What people see, programs can have."""
    client = visitor(office.ledger)
    for address in addresses(office):
        answer = client.get(twin(address))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        assert answer.json() is not None


def test_no_link_leads_nowhere(office: Office) -> None:
    """Every page can be reached by following links, and no link is broken."""
    client = visitor(office.ledger)
    seen, waiting, shapes = set(), ["/"], Counter[str]()
    while waiting:
        address = waiting.pop().partition("#")[0]
        if address in seen or not address:
            continue
        shape = (
            re.sub(r"(?<=/audit/)\w+/\d+|[0-9a-f]{16}|(?<=step-)\d+", "ID", address)
            if MANY.search(address)
            else address
        )
        shapes[shape] += 1
        if shapes[shape] > 5:  # every step and every record has a page; all of a kind are drawn alike
            continue
        seen.add(address)
        answer = client.get(address)
        assert answer.status_code == 200, address
        if answer.headers["content-type"].startswith("text/html"):
            page = Reader(answer.text)
            waiting += [str(link["href"]) for kind in ("a", "link") for link in page.named(kind)]
    assert set(addresses(office)) <= {address.partition("?")[0] for address in seen}


def test_pages_hold_no_inline_script_or_style_and_nothing_from_elsewhere(office: Office) -> None:
    """What the content policy forbids isn't there to begin with."""
    client = visitor(office.ledger)
    for address in addresses(office):
        page = Reader(client.get(address).text)
        assert (page.named("style"), page.named("iframe")) == ([], [])
        assert [one for one in page.named("script") if one.get("type") != "module" or not one.get("src")] == []
        for _, attributes in page.tags:
            assert not any(name == "style" or name.startswith("on") for name in attributes)
            for name in ("href", "src"):
                assert (attributes.get(name) or "/").startswith(("/", "#"))


def test_markup_in_content_stays_text(office: Office) -> None:
    """Case names, inputs, arguments, manifests and contracts come from outside."""
    client, shown = visitor(office.ledger), 0
    for address in addresses(office):
        text = client.get(address).text
        assert MARKUP not in text
        shown += text.count("&lt;script&gt;alert(1)&lt;/script&gt;")
    assert shown > 20


def test_a_blind_proposal_is_on_no_page_and_in_no_json(office: Office) -> None:
    """One glimpse anywhere, and the blind decision is worth nothing."""
    client = visitor(office.ledger)
    for address in addresses(office):
        for text in (client.get(address).text, client.get(twin(address)).text):
            assert SECRET not in text


def test_an_erased_case_is_on_no_page_and_in_no_json(office: Office) -> None:
    """Erased is erased, and the page says so."""
    client, said = visitor(office.ledger), 0
    for address in addresses(office):
        for text in (client.get(address).text, client.get(twin(address)).text):
            assert GONE not in text
            said += "erased" in text
    assert said >= 6


def test_slice_page_shows_promise_ladder_reason_and_next_step(office: Office) -> None:
    """Which contract, which evidence, why this verdict, what a person can do next."""
    text = visitor(office.ledger).get("/slices/claims").text
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))
    for said in (
        "18 → 6 EUR/case in 8 weeks, owned by finance-ops Unknown so far. finance-ops reports it by",
        "At shadow. Not yet earned for draft: &#39;agreement &gt;= 80 %&#39;",
        "draft next people get its proposal and do the work agreement &gt;= 80 %",
        "Not proved yet: 91.7 % in 12 cases, 1 against",
        "The agent falls back to here at any policy_violation",
        "What people can do next",
        "expanded not in this contract",
        "Version 1 is in force: everybody it names has signed. claims#1",
        "maya@example.com signed as owner",
    ):
        assert said in words
    ladder = Reader(text).named("svg")
    assert any(str(meter.get("aria-label")).startswith("agreement >= 80 %: ") for meter in ladder)


def test_a_clause_without_a_case_that_counts_shows_no_figure(office: Office) -> None:
    """A case that waits for a person is no evidence yet, and 'None in 0 cases' is no sentence."""
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", visitor(office.ledger).get("/slices/letters").text))
    assert "nobody has measured" in words, words[:6000]
    assert "None in" not in words


def test_text_of_several_lines_keeps_them_and_objects_are_laid_out() -> None:
    """Whoever decides on a letter reads the letter, not its JSON."""
    parts = templates().get_template("parts.html").module
    given: Json = {"letter": {"subject": "Refund", "body": "Dear all,\n\nplease <b>pay</b>."}, "pages": [1, 2]}
    shown = str(parts.content(Content(state="kept", value=given)))  # type: ignore[attr-defined]
    assert "<pre>Dear all,\n\nplease &lt;b&gt;pay&lt;/b&gt;.</pre>" in shown
    assert '<dt>subject</dt><dd><span class="value">Refund</span>' in shown
    assert '<dt>pages</dt><dd><span class="value">[1, 2]</span>' in shown
    assert Reader(shown).open == []


def test_a_browser_that_asks_for_an_icon_gets_one(office: Office) -> None:
    """Beside a JSON page every browser asks for it, and a 404 looks like a fault."""
    answer = visitor(office.ledger).get("/favicon.ico")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")


def test_state_is_told_in_words_and_shapes_not_by_colour_alone(office: Office) -> None:
    """Some readers see no colour, and paper may have none."""
    text = visitor(office.ledger).get("/slices/refunds").text
    for words in ("the agent is here", "passed", "next", "not in this contract"):
        assert f'<span class="state">{words}</span>' in text
    for shape in ("knot-here", "knot-earned", "knot-next", "knot-beyond"):
        assert shape in text


def test_products_page_draws_each_thread_with_words_for_it(office: Office) -> None:
    """The picture of a level has a text for those who don't see it."""
    labels = [svg.get("aria-label") for svg in Reader(visitor(office.ledger).get("/").text).named("svg")]
    assert "Level approval, with 0 % of the evidence for constrained" in labels


def test_the_inbox_shows_no_proposal_before_a_blind_question_is_answered(office: Office) -> None:
    """A person who has seen the agent's answer gives no judgement of their own."""
    client = visitor(office.ledger)
    text = client.get("/slices/letters/inbox").text
    assert "The proposal is hidden until a person has decided the case." in text
    (blind,) = [one.id for one in waiting(office.desk("letters")) if one.kind == "blind question"]
    text = client.get(f"/inbox/{blind}").text
    assert "How would you decide this case? The agent&#39;s proposal stays hidden until you have." in text


def test_cases_page_filters_and_pages(office: Office) -> None:
    """A list of thousands is of use only in parts."""
    client = visitor(office.ledger)
    told = client.get("/slices/refunds/cases.json?status=waiting").json()
    assert [case["case"]["value"] for case in told["cases"]] == [MARKUP, "waits"]
    oldest = told["cases"][-1]["place"].partition("#")[2]
    assert client.get(f"/slices/refunds/cases.json?after={oldest}").json()["cases"] == []


@pytest.mark.parametrize(
    ("address", "code", "message"),
    [
        ("/nowhere", "page-not-found", "No page at '/nowhere.json'. Begin at the first page, and follow its links."),
        (
            "/slices/nope",
            "contract-not-found",
            "No slice 'nope' in this home; it has claims, letters, refunds, visas. Run `goldenthread contract list`.",
        ),
        (
            "/slices/refunds/cases/nope",
            "case-unknown",
            "No run 'nope' in 'refunds'. See `goldenthread case list refunds`.",
        ),
        (
            "/actions/zz",
            "action-unknown",
            "No action 'zz'; ids have 16 hex digits, and any beginning that only one has will do. "
            "See `goldenthread case list`.",
        ),
    ],
)
def test_errors_are_pages_with_the_code_of_the_command_line(
    office: Office, address: str, code: str, message: str
) -> None:
    """One error, one code, wherever it is met."""
    client = visitor(office.ledger)
    page, told = client.get(address), client.get(f"{address}.json")
    assert (page.status_code, told.status_code, told.json()) == (404, 404, {"code": code, "message": message})
    assert f"<code>{code}</code>" in page.text
    assert '<nav class="rooms"' in page.text, "from an error, too, somebody finds on"
    assert "This page as JSON" not in page.text
    assert Reader(page.text).open == []
    bare = stranger(office.ledger).get(address)
    assert bare.status_code == 403
    assert '<nav class="rooms"' not in bare.text


def test_an_error_that_names_a_command_leads_to_the_page_that_does_the_same(office: Office) -> None:
    """Who has no terminal can do nothing with a command."""
    page = visitor(office.ledger).get("/slices/refunds/cases/nope").text
    assert "See `goldenthread case list refunds`" in page
    assert 'Here in the console:</span> <a href="/">Factory floor</a>' in page
    assert "Here in the console" not in visitor(office.ledger).get("/nowhere").text


def test_an_error_whose_menu_cannot_be_had_is_told_without_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What went wrong first is what people must read."""
    client = visitor(office.ledger)

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("the principals are gone")

    monkeypatch.setattr(Shelf, "principals", fails)
    answer = client.get("/nowhere")
    assert (answer.status_code, '<nav class="rooms"' in answer.text) == (404, False)
    assert "Begin at the first page, and follow its links." in answer.text


def test_every_command_that_leads_to_a_page_is_one_and_so_is_the_page() -> None:
    """A page or a command of another name would take the link away without a word."""
    assert set(drawing._DONE_IN.values()) <= {page.nav for page in PAGES}
    assert set(drawing._DONE_IN) <= set(commands.list_commands(Context(commands)))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("after=x", "No page of cases begins after 'x'; a cursor is a number. Begin at the first page."),
        ("after=-1", "No page of cases begins after '-1'; a cursor is a number. Begin at the first page."),
        (
            "status=odd",
            "No case has the status 'odd'. Choose one of open, waiting, done, drafted, shadow, denied, escalated, "
            "fault, superseded, erased.",
        ),
    ],
)
def test_a_wrong_question_about_cases_is_named(office: Office, query: str, message: str) -> None:
    """A silent empty list would read as 'there is nothing'."""
    answer = visitor(office.ledger).get(f"/slices/refunds/cases.json?{query}")
    assert (answer.status_code, answer.json()) == (404, {"code": "page-not-found", "message": message})


def test_a_fault_inside_is_a_page_and_not_a_trace(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody who looks at a page can do anything with a stack of files; the terminal has it."""
    client = visitor(office.ledger)

    def broken(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("goldenthread.surfaces.views.next_steps", broken)
    answer = client.get("/slices/refunds.json")
    assert (answer.status_code, answer.json()) == (
        500,
        {
            "code": "unexpected",
            "message": "ZeroDivisionError. This is a fault of goldenthread. Its traceback is on the terminal.",
        },
    )
    assert "A page of the console failed: ZeroDivisionError\n" in caplog.text
    assert "in broken" in caplog.text, "where it was, so that it can be mended"


def test_no_secret_in_a_fault_reaches_the_terminal(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What a fault says may be what somebody wrote, or the address of the database with its password."""
    secret, client = "sk-live-4242", visitor(office.ledger)

    def broken(*_: object) -> None:
        raise RuntimeError("postgresql://goldenthread:" + secret) from ValueError(secret)

    monkeypatch.setattr("goldenthread.surfaces.views.next_steps", broken)
    assert client.get("/slices/refunds").status_code == 500
    assert "A page of the console failed: RuntimeError\n" in caplog.text
    assert "sk-live" not in caplog.text


def test_a_demo_home_says_so_on_every_page(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that everybody can compute prove nothing, and nobody should be impressed by them."""
    monkeypatch.setattr(Shelf, "notice", "This is the demo's home.")
    html = visitor(office.ledger).get("/slices/refunds").text
    assert '<aside class="notice" aria-label="Demo"><strong>Demo.</strong> This is the demo&#39;s home.</aside>' in html


def test_pages_read_only_what_is_new(busy_office: Office) -> None:
    """The console keeps its place in the ledger, and still shows what happened a moment ago."""
    client = visitor(busy_office.ledger)
    assert client.get("/slices/refunds.json").json()["cases"] == 7
    busy_office.work("refunds", "one more", text="refund")
    assert client.get("/slices/refunds.json").json()["cases"] == 8
    assert case_page(busy_office.desk("refunds")).cases[0].case.words == "one more"


def test_every_kind_of_page_is_looked_at_here(office: Office) -> None:
    """A new page without a test fails here."""
    incident = r"/slices/\w+/incidents/\d+"
    plain = [re.sub(incident, "/slices/refunds/incidents/{place}", address) for address in addresses(office)]
    shapes = {re.sub(r"[0-9a-f]{16}", "ID", address) for address in plain}
    here = [page.address for page in PAGES if page.address not in APART]
    filled = [re.sub(r"\{run\}|\{action\}|\{item\}", "ID", address) for address in here]
    known = {re.sub(r"\{slice\}|\{chain\}", "refunds", address) for address in filled}
    assert known <= shapes


def test_a_long_text_is_folded_but_never_what_somebody_answers_for() -> None:
    """Seventeen licences in full made an inbox of thirty screens; a long argument may hide an order in its middle."""
    parts = templates().get_template("parts.html").module
    given: Json = {"texts": ["permission is granted " * 40, "x" * 400, {"note": "short"}]}
    content = Content(state="kept", value=given)
    folded = str(parts.content(content))  # type: ignore[attr-defined]
    assert folded.count("<details>") == 2
    assert "(880 characters)" in folded
    assert "permission is granted permission" in folded.partition("<pre>")[0]
    assert f"<summary>{'x' * 100} …" in folded
    assert Reader(folded).open == []
    whole = str(parts.content(content, whole=True))  # type: ignore[attr-defined]
    assert "<details>" not in whole
    assert f"<pre>{'x' * 400}</pre>" in whole


def test_an_incident_is_on_the_slice_its_list_and_a_page_of_its_own(busy_office: Office) -> None:
    """Whoever opens the slice in the morning must not have to know where to look."""
    stop = busy_office.world.stop("refunds")
    (opened,) = tick_incidents(busy_office.desk("refunds"))
    client, id = visitor(busy_office.ledger), f"refunds#{opened.seq}"
    address = f"/slices/refunds/incidents/{opened.seq}"
    assert "1 incident is open." in client.get("/slices/refunds").text
    assert f'<a href="{address}">{id}</a>' in client.get("/slices/refunds/incidents").text
    text = client.get(address).text
    assert f"The slice was stopped by {stop.by}: an odd payment" in text
    assert f"goldenthread incident take {id} --as NAME" in text
    assert "nobody yet" in text
    said = client.get(f"{address}.json").json()
    assert (said["id"], said["state"], said["to_respond_s"]) == (id, "open", None)
    assert client.get("/slices/refunds/incidents/1").status_code == 404
