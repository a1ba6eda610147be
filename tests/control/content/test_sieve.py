from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goldenthread.control.content import redact
from goldenthread.control.content.patterns import Pattern
from goldenthread.control.content.personal import _DIGITS, _LETTERS, find_personal
from goldenthread.control.content.secrets import _ISSUED, find_secrets
from goldenthread.control.content.sieve import SIEVE, speaks

pc = pytest.importorskip("pyarrow.compute")

_OF_SEVERAL_WORDS = {"private key", "bearer token", "person"}
_PATTERNS = [pattern for pattern in (*_ISSUED, *_LETTERS, *_DIGITS) if pattern.type not in _OF_SEVERAL_WORDS]
"""Those that may stand in one word."""
_SIEVE = re.compile(SIEVE)


def _let_through(text: str) -> bool:
    """Whether the sieve keeps a text back that a detector would have found something in, as RE2 reads it."""
    import pyarrow as pa

    return bool(pc.match_substring_regex(pa.array([text]), SIEVE)[0].as_py())


@pytest.mark.parametrize("pattern", _PATTERNS, ids=lambda pattern: pattern.type)
def test_no_word_that_a_detector_finds_passes_the_sieve(pattern: Pattern) -> None:
    """What the sieve lets through is stored without a look, so it must hold everything that has a form."""

    @settings(max_examples=25, suppress_health_check=list(HealthCheck))
    @given(st.from_regex(pattern.regex), st.sampled_from(["", "id=", "zip:", "call:", "x-"]))
    def held(text: str, before: str) -> None:
        word = before + text
        if re.search(r"\S\s+\S", word) or len(word) > 256:
            return  # looked at in any case
        if any(True for _ in find_secrets(word)) or any(True for _ in find_personal(word)):
            assert _let_through(word), word

    held()


@pytest.mark.parametrize(
    "word",
    "4716424521511864 DE89370400440532013000 jane@example.org 8.8.8.8 +4917012345678 078-05-1120 2001:4860:4860::8888 "
    "756.9217.0769.85 AB123456C 00:1A:2b:3c:4D:5e sk-proj-a1B2c3D4e5F6g7H8i9J0 password=hunter2! "
    "postgres://maya:Tr0ub4dor@db/x ghp_a1B2c3D4e5F6g7H8i9J0a1B2c3D4e5F6g7H8 jane%40example.org jane(at)example.org "
    "12345678Z X1234567L RSSMRA85T10A562S 65070803W043 1850578006048".split(),
)
def test_a_word_with_a_form_is_looked_at(word: str) -> None:
    """One of each, as people write them."""
    assert redact(word, ["secrets", "personal_data"]) != word or _SIEVE.search(word)
    assert _let_through(word)


@pytest.mark.parametrize(
    "word",
    "gpt-4o-mini chat execute_tool get_order openai refund-service chatcmpl-9f8a7b6c5d4e3f2a1b0c conv_7f3a9d0c "
    "550e8400-e29b-41d4-a716-446655440000 api.openai.com /v2/orders/list tenant-7".split(),
)
def test_the_words_of_telemetry_pass(word: str) -> None:
    """Most values are names and ids; were they all looked at, telemetry would be a hundred times as slow."""
    assert not _let_through(word)
    assert redact(word, ["secrets", "personal_data"]) == word


def test_names_speak() -> None:
    """A password is one whatever it looks like."""
    assert [name for name in ("password", "api_key", "first_name", "ssn", "model", "tokens") if speaks(name)] == [
        "password",
        "api_key",
        "first_name",
        "ssn",
    ]
