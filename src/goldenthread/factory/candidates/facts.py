"""What is known of a slice of work, as a plain record: discovery fills it from a log, a person from what they know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from goldenthread.factory.fit import WorkFacts
from goldenthread.factory.value import Span


@dataclass(frozen=True, kw_only=True)
class LogFacts:
    """
    Numbers of how the work runs today. None is unknown; shares in [0, 1], times in seconds.

    Attributes:
        cases: Seen in all.
        weeks: That they were seen in, above 0.
        done: What ends a case, in words: 'Closed', 'admitted or refused'.
        done_share: Share of the cases that end so.
        deadline_share: Share of the cases on which a deadline stands.
        late_share: Share of those that end after it.
        filled_share: Share of the input's fields that are filled in every case.
        variants: Ways through the work, a count.
        five_variants_share: Share of the cases on the five most common ways.
        reversible_share: Share of the cases whose effect can be taken back.
        wrong_case_cost: What one wrong case costs, in `currency`.
        currency: Of wrong_case_cost.
        rework_share: Share of the cases in which something is done again.
        cycle_p50: From start to done, median.
        cycle_p90: The same, nine tenths.
        handovers: From one person to another in a case, on average.
    """

    cases: int | None = None
    weeks: Decimal | None = None
    done: str | None = None
    done_share: Decimal | None = None
    deadline_share: Decimal | None = None
    late_share: Decimal | None = None
    filled_share: Decimal | None = None
    variants: int | None = None
    five_variants_share: Decimal | None = None
    reversible_share: Decimal | None = None
    wrong_case_cost: Decimal | None = None
    currency: str = "EUR"
    rework_share: Decimal | None = None
    cycle_p50: Decimal | None = None
    cycle_p90: Decimal | None = None
    handovers: Decimal | None = None

    @property
    def a_week(self) -> Decimal | None:
        """Cases a week."""
        if self.cases is None or self.weeks is None or self.weeks <= 0:
            return None
        return Decimal(self.cases) / self.weeks


@dataclass(frozen=True, kw_only=True)
class SliceFacts:
    """
    One slice of work that an agent might own.

    Attributes:
        slice: Small letters and hyphens.
        title: In words.
        source: Where the numbers are from: 'helpdesk.xes.gz, 4580 cases'.
        position: Where in workflow and organisation, or None.
        owner: Who answers for the result, or None.
        log: How it runs today.
        work: What decides how free an agent must be.
        value: What its value is made of, by name, as far as stated.
    """

    slice: str
    title: str
    source: str
    position: str | None = None
    owner: str | None = None
    log: LogFacts = field(default_factory=LogFacts)
    work: WorkFacts = field(default_factory=WorkFacts)
    value: Mapping[str, Span] = field(default_factory=dict)
