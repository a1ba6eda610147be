"""Slices of work for the tests of ranking and drafting."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from factory.fit.described import described
from goldenthread.factory.candidates import LogFacts, SliceFacts
from goldenthread.factory.fit import WorkFacts

DAY = Decimal(86400)
WORK = {one.name: one.facts for one in described()}


def log(**changed: Any) -> LogFacts:
    """Numbers of a help desk's log."""
    base = LogFacts(
        cases=4580,
        weeks=Decimal(200),
        done="Closed",
        done_share=Decimal("0.99"),
        deadline_share=Decimal(0),
        filled_share=Decimal("0.45"),
        variants=226,
        five_variants_share=Decimal("0.8"),
        reversible_share=Decimal(1),
        wrong_case_cost=Decimal(10),
        rework_share=Decimal("0.27"),
        cycle_p50=Decimal("39.9") * DAY,
        cycle_p90=60 * DAY,
    )
    return replace(base, **changed)


def a_slice(name: str = "help-desk-tickets", work: WorkFacts | None = None, **changed: Any) -> SliceFacts:
    """A slice with such a log."""
    facts = work if work is not None else WORK["help-desk-tickets"]
    return SliceFacts(slice=name, title="Tickets", source="a log of 4580 cases", log=log(**changed), work=facts)
