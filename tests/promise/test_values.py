"""Canonical bytes: what cannot be read back the same is never written."""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from goldenthread.promise.errors import NotCanonical
from goldenthread.promise.values import LADDER, Level, canonical, digest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e15, 1e15) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_canonical_bytes_are_read_back_and_written_the_same(value: Any) -> None:
    """A digest that changes on a second writing would break every signature."""
    try:
        once = canonical(value)
    except NotCanonical:
        return  # a lone surrogate
    assert canonical(json.loads(once)) == once


ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))
"""All of Unicode: control characters, private and unassigned ones, and lone surrogates."""

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | ANY_TEXT,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT | st.text('aB_\x00\x7f"\\'), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(PLAIN)
def test_the_fast_encoder_writes_what_the_library_of_the_standard_writes(value: Any) -> None:
    """Two encoders that differ in one byte would be two truths about one record."""
    try:
        expected = rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):
        with pytest.raises(NotCanonical):
            canonical(value)
        return
    assert canonical(value) == expected


@pytest.mark.parametrize("code", [*range(0x80), 0x85, 0x7FF, 0x800, 0x2028, 0x2029, 0xFEFF, 0xFFFF, 0x10000, 0x10FFFF])
def test_each_character_is_written_as_the_standard_says(code: int) -> None:
    """Escapes are where encoders differ."""
    value: Any = {"word": f"a{chr(code)}b"}
    assert canonical(value) == rfc8785.dumps(value)


class _Word(str):
    __slots__ = ()


class _Kind(Enum):
    ONE = "one"


@pytest.mark.parametrize(
    "value",
    [Decimal(1), datetime.now(UTC), date(2026, 11, 21), UUID(int=1), _Kind.ONE, bytearray(b"a"), object(), {1.5: 1}],
)
def test_what_an_encoder_would_turn_into_text_by_itself_is_refused(value: Any) -> None:
    """It would come back as something else than was given."""
    for holder in (value, [value], {"a": value}):
        with pytest.raises(NotCanonical):
            canonical(holder)


def test_what_is_nested_too_deeply_is_refused() -> None:
    """Whoever reads it would fail on it too."""
    value: Any = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(NotCanonical):
        canonical(value)


def test_subclasses_are_written_as_what_they_are() -> None:
    """As the library does; they take the long way."""
    assert canonical([_Word("a"), OrderedDict(b=1, a=_Word("c"))]) == b'["a",{"a":"c","b":1}]'


def test_key_order_does_not_matter() -> None:
    """RFC 8785 sorts."""
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, 2**53, -(2**53), 2.0**53, 1e300, {"deep": [1e300]}, {1: "a"}, b"bytes", {"a", "b"}, "\ud800"],
)
def test_what_json_cannot_carry_exactly_is_refused(value: Any) -> None:
    """It could be neither hashed nor signed."""
    with pytest.raises(NotCanonical, match=r"^not-canonical: A value cannot be written as canonical JSON: .*"):
        canonical(value)


def test_levels_are_ordered_from_shadow_to_expanded() -> None:
    """A comparison by name would put approval before draft."""
    assert [level.value for level in sorted(LADDER, reverse=True)] == [
        "expanded",
        "constrained",
        "approval",
        "draft",
        "shadow",
    ]
    assert Level.SHADOW.next is Level.DRAFT
    assert Level.EXPANDED.next is None
