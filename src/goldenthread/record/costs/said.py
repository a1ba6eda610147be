"""What a model call says of itself, and how many tokens of each kind that makes: each of them counted once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Manner = Literal["inside", "beside"]

_NO_OUTPUT = ("embeddings", "rerank")
"""Operations whose models write nothing."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """
    One call of a model, in the words of whoever sent it.

    Tokens are whole numbers, None where nothing is said; `cost_micros` is what the sender says that it cost, in
    millionths of a US dollar; `scope` is the library that wrote the span; `tier` the service tier that answered.
    `reasoning_apart`: reasoning was said under a name whose senders count it beside the output.
    """

    at: datetime
    operation: str = "chat"
    provider: str | None = None
    request_model: str | None = None
    response_model: str | None = None
    address: str | None = None
    scope: str = ""
    tier: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    reasoning_apart: bool = False
    cost_micros: int | None = None

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the model, the more exact one first: what answered, then what was asked for (a deployment, say)."""
        named = (self.response_model, self.request_model)
        return tuple(dict.fromkeys(one.strip().lower() for one in named if one and one.strip()))


@dataclass(frozen=True, kw_only=True)
class Counts:
    """
    Tokens as prices count them: `input` holds those read from and written to a cache, `output` those of reasoning.

    `cache` and `reasoning_was` say how the sender counted these, '' where there were none, and `by` how that is known:
    'total' (the sender's own sum), 'arithmetic' (the other way is impossible), 'dialect' or 'convention'.
    """

    input: int
    cache_read: int
    cache_write: int
    output: int
    reasoning: int
    cache: Manner | Literal[""] = ""
    reasoning_was: Manner | Literal[""] = ""
    by: Literal["total", "arithmetic", "dialect", "convention"] = "convention"


def counted(said: Said) -> Counts | str:
    """
    The tokens of a call, each once; or, in words, why they cannot be told.

    OpenTelemetry's conventions, OpenInference and Traceloop count cached tokens inside the input and reasoning inside
    the output. Langfuse counts each apart; Google's ADK counted reasoning beside the output until it gave it the name
    of the conventions (2.2 did, 2.13 does not). The sum that the sender gives, and what is impossible otherwise, go
    before the dialect.
    """
    problem = _problem(said)
    if problem is not None:
        return problem
    ways = [way for way in _ways(said) if _possible(said, *way)]
    fitting = [way for way in ways if said.total_tokens == _sum(said, *way)]
    expected = _expected(said)
    chosen = next((way for way in (expected, *(fitting or ways)) if way in (fitting or ways)), expected)
    return _counts(said, chosen, _known_by(said, ways, fitting, expected))


def _problem(said: Said) -> str | None:
    tokens = (said.input_tokens, said.output_tokens, said.total_tokens, *_cached(said), said.reasoning_tokens)
    if any(one is not None and one < 0 for one in tokens):
        return "says a number of tokens below zero"
    if said.input_tokens is None and said.output_tokens is None:
        return "says no tokens" if said.total_tokens is None else "says only how many tokens in all"
    if said.input_tokens is None:
        return "says no tokens that went in"
    if said.output_tokens is None and said.operation not in _NO_OUTPUT:
        return "says no tokens that came out"
    return None


_Way = tuple[Manner, Manner]
_INSIDE: _Way = ("inside", "inside")


def _ways(said: Said) -> Iterator[_Way]:
    """How cached and reasoning tokens may have been counted, the conventions' way first."""
    caches: tuple[Manner, ...] = ("inside", "beside") if sum(_whole(_cached(said))) else ("inside",)
    reasonings: tuple[Manner, ...] = ("inside", "beside") if said.reasoning_tokens else ("inside",)
    yield from ((cache, reasoning) for cache in caches for reasoning in reasonings)


def _possible(said: Said, cache: Manner, reasoning: Manner) -> bool:
    return (cache == "beside" or sum(_whole(_cached(said))) <= (said.input_tokens or 0)) and (
        reasoning == "beside" or (said.reasoning_tokens or 0) <= (said.output_tokens or 0)
    )


def _expected(said: Said) -> _Way:
    """How the library that wrote the span counts, where there is anything to count."""
    apart = said.scope.lower().startswith("langfuse")
    cache: Manner = "beside" if apart else "inside"
    reasoning: Manner = "beside" if apart or said.reasoning_apart else "inside"
    return cache if sum(_whole(_cached(said))) else "inside", reasoning if said.reasoning_tokens else "inside"


def _known_by(
    said: Said, ways: list[_Way], fitting: list[_Way], expected: _Way
) -> Literal["total", "arithmetic", "dialect", "convention"]:
    if fitting and len(list(_ways(said))) > 1:
        return "total"
    if expected not in ways:
        return "arithmetic"
    return "convention" if expected == _INSIDE else "dialect"


def _sum(said: Said, cache: Manner, reasoning: Manner) -> int:
    found = (said.input_tokens or 0) + (said.output_tokens or 0)
    found += sum(_whole(_cached(said))) if cache == "beside" else 0
    return found + ((said.reasoning_tokens or 0) if reasoning == "beside" else 0)


def _counts(said: Said, way: _Way, by: Literal["total", "arithmetic", "dialect", "convention"]) -> Counts:
    cache, reasoning = way
    read, write = _whole(_cached(said))
    thought = said.reasoning_tokens or 0
    return Counts(
        input=(said.input_tokens or 0) + (read + write if cache == "beside" else 0),
        cache_read=read,
        cache_write=write,
        output=(said.output_tokens or 0) + (thought if reasoning == "beside" else 0),
        reasoning=thought,
        cache=cache if read + write else "",
        reasoning_was=reasoning if thought else "",
        by=by,
    )


def _cached(said: Said) -> tuple[int | None, int | None]:
    return said.cache_read_tokens, said.cache_write_tokens


def _whole(tokens: tuple[int | None, int | None]) -> tuple[int, int]:
    return tokens[0] or 0, tokens[1] or 0
