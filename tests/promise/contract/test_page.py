"""The page: for a terminal, for a screen and for one sheet of paper."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files

from hypothesis import given
from hypothesis import strategies as st

from goldenthread.promise.contract import COLUMNS, LINES, page, page_html, page_text, parse_contract

GOOD = (files("goldenthread.products.open_source_intake") / "contract.yaml").read_text(encoding="utf-8")
CONTRACT = parse_contract(GOOD)

TEXT = """\
open-source-intake, version 1                                                  Agent Impact Contract
====================================================================================================
WHAT IT IS FOR
  Business        cost_to_serve 18 -> 6 EUR/case in 8 weeks, owned by finance-ops
  Customer        time_to_answer p50 2 d -> 1 h in 8 weeks, owned by developer-experience
  Adoption        agent_share 0 % -> 70 % of cases in 8 weeks, owned by open-source-office

THE WORK
  Problem         Requests to use an open-source package wait two days, and most are routine.
  For             developers who ask; the open-source office that answers
  Where it sits   open-source office, first review of a package request
  Volume          120 cases per week; horizon 1; bound

WHAT ONE WOULD ASK OF A TEAM
  Done means      admitted or refused, with licence and reason on record
  Pace            cycle_time p90 <= 2 d, throughput >= 100 cases per week, backlog <= 40 cases
  Quality         automation_rate >= 60 %, escalation_rate <= 35 %, rework_rate <= 2 %
  Error budget    1 % of cases in 28 d
  Failing means   a copyleft licence is admitted as permissive
  At ten products 1200 requests a week; reviewers are the limit, at 20 h a week; nothing else grows

AUTONOMY AND TRUST
  expanded        acts alone within wider limits, with thinner audits (not in this contract)
  constrained     acts alone within limits; a random share is audited (the ceiling)
    opens when    approved_unedited >= 95 %, agent_time p90 <= 10 min, cost <= 0.40 EUR/case cap 5
                  EUR
  approval        acts, each action after a person's yes
    opens when    agreement >= 85 %, ungrounded_rate <= 5 %
  draft           people get its proposal and do the work
    opens when    agreement >= 80 %
  shadow          works beside people; nothing it does is seen or has effect (begins here)
  Back to approval at rework_rate > 3 %
  Back to draft   at any policy_violation
  Proof           95 % confidence; a false alarm at most once in 10000 cases
  Blind answers   20 % of cases at draft
  Audited         10 % of cases at constrained
  Escalates to    reviewer within 4 h, then open-source-lead within 1 d
  Working hours   Mon-Fri 09:00-17:00 Europe/Berlin
  If people leave fall back to draft after 1 d without an approver

ACTIONS AND LIMITS
  read_package    read
  admit_package   reversible; undone by withdraw_package; limit: licence in allowed_licences; once
                  for each request
  refuse_package  reversible; undone by reopen_request; once for each request
  List allowed_licences MIT, BSD-3-Clause, Apache-2.0

TECHNIQUE
  Model           nearest precedent, no language model
  Grounding       retrieval, citations required
  Knowledge       source: past decisions; refresh: daily
  Memory          none
  Evals           licence-goldset nightly
  Calls           no other agents

SIGNED BY
  Signers         maya@example.com as owner: signed on 2026-03-01
                  open-source-lead@example.com as expert: has not signed
                  finance-ops as data owner: has not signed
                  developer-experience as data owner: has not signed
                  open-source-office as data owner: has not signed
"""


def test_the_reference_contract_reads_as_one_page() -> None:
    """Compared whole: this page is what people sign."""
    assert page_text(page(CONTRACT), {"maya@example.com": "signed on 2026-03-01"}) == TEXT


def test_without_a_status_signatures_are_open() -> None:
    """A file that was never committed has no signatures to speak of."""
    assert page_text(page(CONTRACT)).count(": to sign\n") == 5


@given(st.text(max_size=3000))
def test_no_line_is_wider_than_the_page(text: str) -> None:
    """Text without a space, or in full-width letters, must not run off the sheet."""
    from unicodedata import east_asian_width

    for line in page(replace(CONTRACT, problem=text)).lines:
        assert sum(2 if east_asian_width(character) in "WF" else 1 for character in line) <= COLUMNS


RICH = GOOD.replace(
    "  gates:\n", "  claim: about future days\n  segments: {language: [de, en], region: [eu, us]}\n  gates:\n"
)
RICH = RICH.replace("agreement >= 80 %", "agreement >= 80 % in every language, rework_rate not above people by 2 %")
RICH = RICH.replace("10000 cases", "10000 cases, calibrated").replace("any policy", "any hard policy")


def test_the_page_says_what_gates_claim_and_of_which_segments() -> None:
    """Whoever signs a claim about days to come, or a gate for each language, must see it on the sheet."""
    lines = page(parse_contract(RICH)).lines
    for line in (
        "    opens when    agreement >= 80 % in every language, rework_rate not above people by 2 %",
        "  Back to draft   at any hard policy_violation",
        "  Proof           95 % confidence; a false alarm once in 10000 cases, if cases are independent;",
        "                  gates speak about future days",
        "  Segments        language: de, en; region: eu, us",
    ):
        assert line in lines
    html = page_html(page(parse_contract(RICH)))
    for words in (
        "<code>rework_rate not above people by 2 %</code>",
        "<dt>Segments</dt><dd>language: de, en; region: eu, us</dd>",
        "gates speak about future days</dd>",
    ):
        assert words in html


def test_the_page_names_the_product_beside_the_slice() -> None:
    """Whoever signs must see whose stop will stop it; a long name costs a line, and not what the page is."""
    lines = page(replace(CONTRACT, product="supply")).lines
    assert lines[0].startswith("open-source-intake of supply, version 1    ")
    assert lines[1:] == page(CONTRACT).lines[1:]
    html = page_html(page(replace(CONTRACT, product="R&D")))
    assert '<h1>open-source-intake <span class="version">of R&amp;D, version 1</span></h1>' in html
    long = page(replace(CONTRACT, product="p" * 63, adoption=None)).lines
    assert long[:2] == (f"open-source-intake of {'p' * 63}, version 1", f"{'PROTOTYPE':>{COLUMNS}}")


def test_a_page_that_overflows_says_by_how_much() -> None:
    """C1: what does not fit on one page is refused, and its author learns how far off it is."""
    long = page(replace(CONTRACT, problem="It takes far too long for anybody. " * 60))
    assert long.overflow == len(long.lines) - LINES
    assert long.overflow > 0


def test_a_prototype_says_so_at_the_top() -> None:
    """Nobody should take an idea for a contract in force."""
    prototype = page(replace(CONTRACT, adoption=None))
    assert prototype.lines[0].endswith("PROTOTYPE")
    assert "adoption: until it is written this is a prototype and stays in shadow" in "\n".join(prototype.lines)
    assert '<p class="kind">Prototype</p>' in page_html(prototype)


class _Tags(HTMLParser):
    VOID = frozenset({"meta", "br", "link", "img", "input", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_printed_page_fetches_nothing_and_runs_nothing() -> None:
    """It is mailed, archived and opened years later, by people who must be able to trust it."""
    html = page_html(page(CONTRACT))
    tags = _Tags()
    tags.feed(html)
    assert not tags.open
    assert not tags.seen & {"script", "link", "img", "iframe", "object"}
    assert not [name for name, _ in tags.attributes if name.startswith("on") or name in ("src", "href")]
    assert "url(" not in html
    assert "@import" not in html
    assert '<html lang="en">' in html
    assert "@page { size: A4 portrait;" in html


def test_the_printed_page_says_what_the_text_says() -> None:
    """Two renderings that differ are two contracts."""
    html = page_html(page(CONTRACT))
    for words in (
        "cost_to_serve",
        "6 EUR/case",
        "agreement &gt;= 85 %",
        "nearest precedent",
        CONTRACT.digest,
        "ceiling",
    ):
        assert words in html
    assert html.count('class="open"') == 5


def test_a_signature_shows_on_the_printed_page() -> None:
    """State is told in words, never by colour alone."""
    html = page_html(page(CONTRACT), {"finance-ops": "signed on 2026-03-01"})
    assert (
        '<li class="signed"><b>finance-ops</b> <span>data owner</span> <em>&#10003; signed on 2026-03-01</em></li>'
        in html
    )
    assert html.count("has not signed") == 4


def test_text_is_escaped_in_the_printed_page() -> None:
    """A problem text is written by people, and a page that runs it would be a hole."""
    html = page_html(page(replace(CONTRACT, problem="<script>alert('x')</script> & more")))
    assert "<script>" not in html
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; more" in html
