"""Whatever comes in, nothing is raised, nothing found stays, and what cannot be read counts as found."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenthread.control.content import detectors, find, findings, redact
from goldenthread.control.content.walk import DEEPEST, MOST_CHARACTERS, MOST_TEXTS
from goldenthread.promise.values import Json

BOTH = frozenset({"secrets", "personal_data"})
PIECES = [
    "jane@example.org", "DE89 3704 0044 0532 0130 00", "4111111111111111", "password: Hun7er!x", "AKIAIOSFODNN7EXAMPLE",
    "my name is ", "Mr. ", "Ada Lovelace", "call ", "+49 30 1234567", "[secret]", "[personal data: iban]",
    "\u200b", "%40",
    "token=", "\n", " ", ", ",
    "born on 1/2/1990", "Am Markt 5", "&#64;", "YWRhQGV4YW1wbGUub3JnIGFkYQ==", "\uff11\uff12", "[",
]  # fmt: skip
written = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=7).map("".join))
values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), written),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(written, inner, max_size=4)),
    max_leaves=8,
)


@given(values)
def test_nothing_of_a_kind_is_found_after_redaction_and_again_changes_nothing(value: Json) -> None:
    """Redaction that leaves a part, or eats its own labels, cannot be relied on."""
    kinds = find(value)
    clean = redact(value, BOTH)
    assert find(clean) == frozenset()
    assert _written(redact(clean, BOTH)) == _written(clean)
    assert (kinds == frozenset()) <= (_written(clean) == _written(value))


def _written(value: Json) -> str:
    return repr(value)  # so that nan equals itself


@given(values)
def test_one_kind_is_taken_out_without_the_other(value: Json) -> None:
    """A contract may redact secrets and ask about personal data."""
    for kind in BOTH:
        assert kind not in find(redact(value, [kind]))


@given(values)
def test_the_structure_stays(value: Json) -> None:
    """A tool that is called with other arguments than it takes fails for the wrong reason."""
    clean = redact(value, BOTH)
    if isinstance(value, dict):
        assert isinstance(clean, dict)
        assert len(clean) == len(value)
    if isinstance(value, list):
        assert isinstance(clean, list)
        assert len(clean) == len(value)


def _deep() -> Json:
    value: Json = "x"
    for _ in range(DEEPEST):
        value = [value]
    return value


UNREADABLE: dict[str, Any] = {
    "too long": "x" * (MOST_CHARACTERS + 1),
    "too long together": ["x" * 1000] * (MOST_CHARACTERS // 1000 + 1),
    "too many": [""] * (MOST_TEXTS + 1),
    "too deep": _deep(),
    "bytes": b"x",
    "an object": object(),
    "a key that is no text": {1: "x"},
}


@pytest.mark.parametrize("value", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_counts_as_found_and_is_withheld(value: Any) -> None:
    """What nobody looked at must not leave."""
    assert find(value) == BOTH
    assert {finding.type for finding in findings(value)} == {"unreadable"}
    assert redact(value, ["secrets"]) == "[withheld]"


def test_a_detector_that_fails_counts_as_one_that_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in the guard is no reason to let something out."""

    def fails(text: str) -> Any:
        raise RuntimeError(text)

    monkeypatch.setattr(detectors, "find_personal", fails)
    assert find("hello") == BOTH
    assert redact("hello", ["personal_data"]) == "[withheld]"


def test_an_unknown_kind_withholds_everything() -> None:
    """A misspelt kind must not mean that nothing is taken out."""
    assert redact({"a": "hello"}, ["personal"]) == "[withheld]"


def test_two_keys_that_read_the_same_afterwards_are_still_two() -> None:
    """Losing an entry would change what the tool does."""
    assert redact({"a@example.org": 1, "b@example.org": 2}, ["personal_data"]) == {
        "[personal data: e-mail]": 1,
        "[personal data: e-mail] (2)": 2,
    }


def test_a_label_that_somebody_made_up_hides_nothing() -> None:
    """Only labels that redaction writes are passed over."""
    assert "personal_data" in find("[personal data: jane@example.org]")
    assert "secrets" in find("[secret: AKIAIOSFODNN7EXAMPLE]")


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.0, 10**40, "\ud800", "\x00" * 50])
def test_odd_values_are_read(value: Json) -> None:
    """JSON as Python reads it holds more than JSON."""
    assert find(value) == frozenset()


@pytest.mark.parametrize(
    "piece",
    ["+1234567890", "1 ", "a@", "password=", "-----BEGIN PRIVATE KEY-----", "A1", "12.", "::", "Aa Bb ", "(1) "],
)
def test_hostile_texts_take_no_longer_than_others(piece: str) -> None:
    """A text that makes a pattern go round in circles would hold up every action."""
    text = (piece * 20_000)[:20_000]
    started = time.process_time()
    find(text)
    assert time.process_time() - started < 4.0
