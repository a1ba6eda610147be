"""A ranking as one reads it at a terminal: each slice, each score with its number, and why some are below the line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from goldenthread.factory.candidates.scoring import LINE, Candidate, Score, reach_words


def ranking_text(ranked: Sequence[Candidate], *, line: float = LINE) -> str:
    """The ranking in plain lines, ended by a line feed; the line stands between those above and below."""
    lines: list[str] = []
    drawn = False
    for one in ranked:
        if not one.above and not drawn:
            lines += [f"--- below the line of {line:.2f} ---", ""]
            drawn = True
        lines += [*_candidate(one), ""]
    return "\n".join(lines or ["No slice of work.", ""])


def _candidate(one: Candidate) -> Iterator[str]:
    yield f"{one.place}. {one.facts.slice}: {one.facts.title}, {reach_words(one)} ({one.facts.source})"
    yield from (f"   {_score(score)}" for score in one.scores)
    if one.why:
        yield "   Below the line:"
        yield from (f"   - {words}" for words in one.why)


def _score(one: Score) -> str:
    reach = f"{one.low:.2f}" if one.known else "0 to 1"
    adjusted = f" (set by hand: {one.adjusted})" if one.adjusted else ""
    return f"{one.criterion.name:<11} {reach:<7} {one.words}{adjusted}"
