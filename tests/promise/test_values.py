"""Canonical bytes: what cannot be read back the same is never written."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
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
