"""What is known of a few cases, folded from their own records alone: the same as the whole standing says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from goldenthread.control.autonomy.outline import Outline
from goldenthread.control.autonomy.rows import Qualification, Row
from goldenthread.control.autonomy.standing import Standing
from goldenthread.record.ledger import Record

CASE_KINDS = ("run:start", "run:end", "case:observe")
"""The kinds that say what a case is worth."""


def case_rows(outline: Outline, records: Iterable[Record]) -> Mapping[str, Mapping[str, Row]]:
    """
    The runs by which cases count, with their values, by fingerprint and case.

    Args:
        outline: Of the slice; it knows every fingerprint.
        records: Of `CASE_KINDS`, all that the slice has of these cases, in order.
    """
    folded = Standing(slice=outline.slice, mode=outline.mode, signature_problem=outline.signature_problem)
    for name, release in outline.agents.items():
        folded.agents[name] = Qualification(
            fingerprint=name, agent=release.agent, declaration=release.declaration, seq=release.seq
        )
    for record in records:
        folded.apply(record)
    return {name: agent.rows for name, agent in folded.agents.items()}
