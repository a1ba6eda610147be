from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goldenthread.record.costs import Counts, counted
from record.costs.spoken import said


def _told(**more: Any) -> tuple[int, int, int, int, int]:
    found = counted(said(**more))
    assert isinstance(found, Counts), found
    return found.input, found.cache_read, found.cache_write, found.output, found.reasoning


@pytest.mark.parametrize(
    ("words", "said_of_it", "counts", "by"),
    [
        # OpenTelemetry: cached tokens are part of the input, reasoning of the output.
        ("convention", {"cache_read_tokens": 400, "reasoning_tokens": 60}, (1000, 400, 0, 100, 60), "convention"),
        # Langfuse: each kind apart. 1000 + 400 + 50 went in.
        (
            "langfuse",
            {"scope": "langfuse-sdk", "cache_read_tokens": 400, "cache_write_tokens": 50},
            (1450, 400, 50, 100, 0),
            "dialect",
        ),
        # Google's ADK up to 2.2: what was thought (60) is beside what was answered (100).
        (
            "adk",
            {"reasoning_apart": True, "reasoning_tokens": 60, "cache_read_tokens": 400},
            (1000, 400, 0, 160, 60),
            "dialect",
        ),
        # More was read from the cache than went in: Anthropic's own way of counting, handed on as it came.
        ("arithmetic", {"cache_read_tokens": 4000}, (5000, 4000, 0, 100, 0), "arithmetic"),
        ("thought more", {"reasoning_tokens": 900}, (1000, 0, 0, 1000, 900), "arithmetic"),
        # The sender's own sum decides: 1000 + 100 is all there was, or 1000 + 100 + 400.
        (
            "total inside",
            {"scope": "langfuse-sdk", "cache_read_tokens": 400, "total_tokens": 1100},
            (1000, 400, 0, 100, 0),
            "total",
        ),
        ("total beside", {"cache_read_tokens": 400, "total_tokens": 1500}, (1400, 400, 0, 100, 0), "total"),
        (
            "total mixed",
            {"cache_read_tokens": 400, "reasoning_tokens": 60, "total_tokens": 1160},
            (1000, 400, 0, 160, 60),
            "total",
        ),
        # A sum that fits no way of counting says nothing.
        ("odd total", {"cache_read_tokens": 400, "total_tokens": 7}, (1000, 400, 0, 100, 0), "convention"),
    ],
)
def test_each_token_counts_once_however_the_dialect_counts(
    words: str, said_of_it: dict[str, Any], counts: tuple[int, ...], by: str
) -> None:
    """Cached and reasoning tokens stand inside the others in one dialect and beside them in the next."""
    assert _told(**said_of_it) == counts, words
    found = counted(said(**said_of_it))
    assert isinstance(found, Counts)
    assert found.by == by


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"input_tokens": None, "output_tokens": None}, "says no tokens"),
        ({"input_tokens": None, "output_tokens": None, "total_tokens": 9}, "says only how many tokens in all"),
        ({"input_tokens": None}, "says no tokens that went in"),
        ({"output_tokens": None}, "says no tokens that came out"),
        ({"reasoning_tokens": -1}, "says a number of tokens below zero"),
    ],
)
def test_tokens_that_cannot_be_told_are_unknown_and_never_zero(more: dict[str, Any], words: str) -> None:
    """A call without tokens that counted as free would make every case look cheaper than it was."""
    assert counted(said(**more)) == words


def test_an_embedding_writes_nothing() -> None:
    """Its calls say no tokens that came out, because there are none."""
    assert _told(operation="embeddings", output_tokens=None) == (1000, 0, 0, 0, 0)


_TOKENS = st.integers(0, 10_000)


@settings(max_examples=60, deadline=None)
@given(
    _TOKENS,
    _TOKENS,
    _TOKENS,
    _TOKENS,
    _TOKENS,
    st.none() | _TOKENS,
    st.sampled_from(["", "langfuse"]),
)
def test_parts_never_exceed_the_whole(
    given_in: int, given_out: int, read: int, write: int, thought: int, total: int | None, scope: str
) -> None:
    """Whatever a sender claims, no price may be multiplied with a negative number of tokens."""
    found = counted(
        said(
            input_tokens=given_in,
            output_tokens=given_out,
            cache_read_tokens=read,
            cache_write_tokens=write,
            reasoning_tokens=thought,
            total_tokens=total,
            scope=scope,
        )
    )
    assert isinstance(found, Counts)
    assert found.cache_read + found.cache_write <= found.input
    assert found.reasoning <= found.output
    assert found.input in (given_in, given_in + read + write)
    assert found.output in (given_out, given_out + thought)
