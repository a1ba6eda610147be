"""The tables, as they stand in docs/agentdojo.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bench.agentdojo.scoring import Score

_COLUMNS = (
    "attacks", "in effect, no person", "shown to a person", "stopped", "in effect if all is approved",
    "user tasks done", "approvals a task",
)  # fmt: skip


def table(first: Sequence[str], rows: Mapping[tuple[str, ...], Score]) -> str:
    """A Markdown table: what the row is of, then the counts; `approvals a task` counts drafts that people get too."""
    lines = [(*first, *_COLUMNS), *((*names, *_cells(score)) for names, score in rows.items())]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(_lines(lines, widths, words=len(first)))


def _lines(lines: Sequence[Sequence[str]], widths: Sequence[int], words: int) -> Iterator[str]:
    for place, line in enumerate(lines):
        cells = [
            cell.ljust(width) if column < words else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        yield f"| {' | '.join(cells)} |"
        if place == 0:
            rules = ["-" * width if column < words else "-" * (width - 1) + ":" for column, width in enumerate(widths)]
            yield f"| {' | '.join(rules)} |"


def _cells(score: Score) -> tuple[str, ...]:
    return (
        str(score.pairs),
        _share(score.alone, score.pairs),
        _share(score.shown, score.pairs),
        _share(score.stopped, score.pairs),
        _share(score.waved, score.pairs),
        f"{score.done} of {score.tasks}",
        f"{(score.asked + score.drafted) / score.tasks:.2f}" if score.tasks else "unknown",
    )


def _share(count: int, of: int) -> str:
    return f"{count} ({count / of:.1%})" if of else "unknown"
