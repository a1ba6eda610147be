"""The line on releases: read, printed on the page, compared."""

from __future__ import annotations

import pytest

from goldenthread.promise.contract import (
    difference,
    loosened_gates,
    page,
    page_html,
    page_text,
    parse_contract,
    parse_releases,
    refusals,
    release_signers,
)
from goldenthread.promise.errors import LineInvalid
from worlds import CUSTOMER, EXPERT, FINANCE, OWNER, contract_text


def _contract(releases: str | None = None, version: int = 1) -> str:
    return contract_text("refunds", version=version, level="approval", releases=releases)


def test_the_line_names_who_signs_in_the_words_of_the_contract() -> None:
    """Nobody is named twice: the roles are those in which the contract itself is signed."""
    contract = parse_contract(_contract("signed by data owners and expert"))
    assert release_signers(contract) == {EXPERT: "expert", FINANCE: "data-owner", CUSTOMER: "data-owner"}
    assert str(parse_releases("signed by data owners and expert")) == "signed by expert and data owners"
    assert release_signers(parse_contract(_contract("signed by owner"))) == {OWNER: "owner"}
    assert refusals(contract) == ()


def test_without_the_line_nobody_signs_releases_and_the_page_is_silent() -> None:
    """A contract from before says what it said."""
    contract = parse_contract(_contract())
    assert release_signers(contract) == {}
    assert "Each release" not in page_text(page(contract))


def test_the_page_says_it_to_whoever_signs() -> None:
    """On the terminal and in print."""
    made = page(parse_contract(_contract("signed by expert")))
    assert "  Each release    signed by expert before it goes above draft" in made.lines
    assert "<dt>Each release</dt><dd>signed by expert before it goes above draft</dd>" in page_html(made)


@pytest.mark.parametrize("text", ["signed by owner", "signed by expert and data owners", "signed  by owner and expert"])
def test_what_parses_prints_and_parses_to_the_same(text: str) -> None:
    """The grammar's promise."""
    assert parse_releases(str(parse_releases(text))) == parse_releases(text)


@pytest.mark.parametrize(
    ("text", "words", "offset"),
    [
        ("", "the signing of releases is missing; write e.g. 'signed by expert and data owners'.", 0),
        ("expert", "'expert' is no signing of releases; write e.g. 'signed by expert and data owners'.", 0),
        ("signed by", "nobody is named; write owner, expert or data owners.", 9),
        ("signed by lee@example.com", "'lee@example.com' signs no release; write owner, expert or data owners.", 10),
        ("signed by experts", "'experts' signs no release; write owner, expert or data owners.", 10),
        ("signed by expert and", "nobody is named; write owner, expert or data owners.", 20),
        ("signed by expert and expert", "it stands here twice; name each once.", 21),
        ("signed by expert, owner", "', owner' is not understood here; remove it.", 16),
        ("signed by \u202eexpert", "'\u202eexpert' signs no release; write owner, expert or data owners.", 10),
    ],
)
def test_a_line_that_cannot_be_read_says_where_and_what_to_write(text: str, words: str, offset: int) -> None:
    """At the column where it goes wrong."""
    with pytest.raises(LineInvalid) as caught:
        parse_releases(text)
    assert (caught.value.message, caught.value.offset) == (words, offset)


def _changes(before: str | None, after: str | None) -> list[str]:
    old, new = parse_contract(_contract(before)), parse_contract(_contract(after, version=2))
    assert loosened_gates(old, new) == set()
    return [str(one) for one in difference(old, new) if one.path == "autonomy.releases"]


def test_somebody_more_tightens_and_somebody_less_loosens() -> None:
    """Evidence is not touched: a signature proves nothing of quality."""
    more = "tightens autonomy.releases: the expert must sign each release before it goes above draft."
    less = "loosens autonomy.releases: a release goes above draft without the signature of the data owners."
    assert _changes(None, "signed by expert") == [more]
    assert _changes("signed by expert and data owners", "signed by expert") == [less]
    assert _changes("signed by data owners", "signed by expert") == [more, less]
    assert _changes("signed by expert and owner", "signed by owner and expert") == []
    assert _changes("signed by owner", None) == [
        "loosens autonomy.releases: a release goes above draft without the signature of the owner."
    ]
