"""
The real experiments, and what two rules say of them: peeking, and the sequence that holds at every look.

Liu, Cardoso, Couturier and McCoy, "Datasets for Online Controlled Experiments", NeurIPS 2021, arXiv 2111.10198;
https://osf.io/64jsb/, CC BY 4.0. One row is one look: a variant, a metric, a time, and the counts, means and
variances of all people up to then, beside those of the control.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

from goldenthread.promise.evidence.asymptotic import FEWEST_CASES, AsymptoticSequence, Sample, clock

DATA = Path(__file__).parents[2] / "shared/data/experiments/asos/asos_digital_experiments_dataset.parquet"
ALPHA = 0.05
TWO_SIDED_Z, ONE_SIDED_Z = 1.959964, 1.644854
# The sequence is tightest when ten times as much has happened as at its first look. Chosen before anything was
# counted; the proof also counts with other multiples.
TIGHTEST = 10.0

# Count, mean and variance of the variant, then of the control.
Row: TypeAlias = Sequence[float | None]

_QUERY = """
    select experiment_id, variant_id, metric_id, count_t, mean_t, variance_t, count_c, mean_c, variance_c
    from read_parquet(?) order by experiment_id, variant_id, metric_id, time_since_start
"""


@dataclass(frozen=True, kw_only=True)
class Look:
    """Everybody so far, in the variant and in the control."""

    variant: Sample
    control: Sample

    @property
    def z(self) -> float:
        """The difference in standard errors, as a test that looks once would take it."""
        error = self.variant.variance / self.variant.cases + self.control.variance / self.control.cases
        return (self.variant.mean - self.control.mean) / math.sqrt(error)

    @property
    def clock(self) -> float:
        """How much has happened: the variance of the sum that wanders."""
        return clock(self.variant, self.control)


@dataclass(frozen=True, kw_only=True)
class Series:
    """One variant of one experiment by one metric: its looks in order, and why rows were left out."""

    experiment: str
    variant: int
    metric: int
    looks: tuple[Look, ...]
    left_out: Counter[str]


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """
    What the rules say of one series: 1 higher than the control, -1 lower, 0 no difference shown.

    Attributes:
        series: The series.
        peeking: By whoever stops at the first look with |z| beyond the limit.
        at_the_end: By the same test at the last look alone.
        always_valid: By the first look that leaves the confidence sequence; stays.
    """

    series: Series
    peeking: int
    at_the_end: int
    always_valid: int

    @property
    def gone(self) -> bool:
        """The peeking verdict is no longer there at the last look of the very same test."""
        return self.peeking not in {0, self.at_the_end}

    @property
    def confirmed(self) -> bool:
        """The sequence gave the same verdict at some look."""
        return self.peeking != 0 and self.always_valid == self.peeking

    @property
    def vanished(self) -> bool:
        """The sequence never gave that verdict."""
        return self.peeking != 0 and not self.confirmed


def read(path: Path = DATA) -> list[Series]:
    """
    All series of the data set, looks in the order of time.

    A row is left out where a variance is missing or nothing, where an arm has fewer than 100 people, or where an
    arm has fewer people than at the look before (some were taken out afterwards); for both rules alike.
    """
    import duckdb

    with duckdb.connect() as database:
        rows = database.execute(_QUERY, [str(path)]).fetchall()
    return [series_of(key, [row[3:] for row in group]) for key, group in groupby(rows, key=lambda row: row[:3])]


def series_of(key: tuple[str, int, int], rows: Iterable[Row]) -> Series:
    """One series from its rows in order of time; see `read` for which rows are no looks."""
    looks: list[Look] = []
    left_out = Counter[str]()
    for found in _looks(rows):
        before = looks[-1] if looks else None
        if isinstance(found, str):
            left_out[found] += 1
        elif before and (found.variant.cases < before.variant.cases or found.control.cases < before.control.cases):
            left_out["people taken out"] += 1
        else:
            looks.append(found)
    experiment, variant, metric = key
    return Series(experiment=experiment, variant=variant, metric=metric, looks=tuple(looks), left_out=left_out)


def judge(series: Series, *, one_sided: bool = False, tightest: float = TIGHTEST) -> Verdicts:
    """Both rules, look by look, at 5 %; one-sided only 'higher' is asked."""
    if not series.looks:
        return Verdicts(series=series, peeking=0, at_the_end=0, always_valid=0)
    significant = [_significant(look.z, one_sided) for look in series.looks]
    return Verdicts(
        series=series,
        peeking=next((verdict for verdict in significant if verdict), 0),
        at_the_end=significant[-1],
        always_valid=_always_valid(sequence_of(series, one_sided, tightest), series.looks),
    )


def sequence_of(series: Series, one_sided: bool = False, tightest: float = TIGHTEST) -> AsymptoticSequence:
    """The sequence for a series, tuned by the clock of its first look alone."""
    return AsymptoticSequence(alpha=ALPHA, best_at=tightest * series.looks[0].clock, one_sided=one_sided)


def _always_valid(sequence: AsymptoticSequence, looks: Iterable[Look]) -> int:
    state = sequence.start
    for look in looks:
        state = sequence.update(state, look.variant, look.control)
        if state.above_at or state.below_at:
            return 1 if state.above_at else -1
    return 0


def _significant(z: float, one_sided: bool) -> int:
    if one_sided:
        return int(z >= ONE_SIDED_Z)
    return 0 if abs(z) < TWO_SIDED_Z else int(math.copysign(1.0, z))


def _looks(rows: Iterable[Row]) -> Iterator[Look | str]:
    """A look a row, or why it is none."""
    for row in rows:
        numbers = [math.nan if value is None else float(value) for value in row]
        if any(math.isnan(number) for number in numbers):
            yield "variance missing"
        elif min(numbers[0], numbers[3]) < FEWEST_CASES or min(numbers[2], numbers[5]) <= 0.0:
            yield "too few people"
        else:
            variant, control = (
                Sample(cases=int(cases), mean=mean, variance=variance)
                for cases, mean, variance in (numbers[:3], numbers[3:])
            )
            yield Look(variant=variant, control=control)
