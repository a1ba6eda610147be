"""
Real experiments: how many of the verdicts that peeking gives vanish when looking is paid for.

Nobody knows which of these experiments had an effect. So what is counted is agreement of two rules, and beside it
stands what both rules say of experiments that have none: the same looks played again with chance alone, and people
made up.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from proof.experiment_looks import ALPHA, DATA, TWO_SIDED_Z, Series, Verdicts, judge, read, sequence_of
from proof.experiment_people import told_apart
from proof.ranges import Share, mean_and_error, surely_at_most
from proof.registry import Run, figures
from proof.table import Figure

SEED_OF_REPLAYS, SEED_OF_PEOPLE = 261, 262
OTHER_TUNINGS = (1.0, 3.0, 30.0, 100.0)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """
    How many series, or experiments, each thing happened to.

    Attributes:
        judged: Those with at least one look.
        peeking: Declared different by whoever stops at the first look beyond the limit.
        gone: Of these, no longer different (or the other way round) at the last look of the same test.
        vanished: Of those of `peeking`, never confirmed by the sequence.
        opposite: Of those that vanished, where the sequence says the opposite.
        confirmed: Of those of `peeking`, confirmed by the sequence.
        confirmed_and_gone: Confirmed, and yet no longer different at the last look of the test.
        at_the_end: Different at the last look, by the test that then looks once.
        at_the_end_confirmed: Of these, the same verdict by the sequence.
    """

    judged: int
    peeking: int
    gone: int
    vanished: int
    opposite: int
    confirmed: int
    confirmed_and_gone: int
    at_the_end: int
    at_the_end_confirmed: int


@figures("experiments")
def experiments(run: Run) -> Iterator[Figure]:
    """What the page docs/experiments.md says, and what chance alone would do."""
    yield from people_without_an_effect(run)
    if missing := unavailable():
        # Required where CI is set; elsewhere a hole that is seen is better than a figure that is not there.
        yield Figure(name=f"NOT MEASURED: {missing}", ours=0.0, holds=not os.environ.get("CI"))
        return
    series = read()
    judged = [one for one in series if one.looks]
    yield Figure(name="series in the data", stated="396", ours=len(series), low=396, high=396)
    yield Figure(
        name="experiments in the data", stated="78", ours=len({one.experiment for one in series}), low=78, high=78
    )
    two_sided = [judge(one) for one in series]
    yield from _rows("two-sided, series", count(two_sided))
    for direction, sign in (("higher", 1), ("lower", -1)):
        found = count([one for one in two_sided if one.peeking == sign])
        yield Figure(name=f"two-sided, series {direction} by peeking", ours=found.peeking)
        yield Figure(name=f"two-sided, series {direction} by peeking: vanished", ours=found.vanished)
    yield from _rows("one-sided, series", count([judge(one, one_sided=True) for one in series]))
    yield from _by_experiment(two_sided)
    for tightest in OTHER_TUNINGS:
        found = count([judge(one, tightest=tightest) for one in judged])
        yield Figure(name=f"two-sided, tightest at {tightest:g} x the first look: vanished", ours=found.vanished)
    yield from without_an_effect(judged, run)


def unavailable() -> str:
    """Why the real experiments cannot be counted here; empty where they can."""
    if not DATA.exists():
        return f"the data set is not at {DATA.parent}"
    try:
        import duckdb  # noqa: F401
    except ImportError:
        return "duckdb, which reads the data set, is not installed"
    return ""


def count(verdicts: Sequence[Verdicts]) -> Counted:
    """How often each thing happened among these series."""
    peeked = [one for one in verdicts if one.peeking]
    ended = [one for one in verdicts if one.at_the_end]
    return Counted(
        judged=sum(bool(one.series.looks) for one in verdicts),
        peeking=len(peeked),
        gone=sum(one.gone for one in peeked),
        vanished=sum(one.vanished for one in peeked),
        opposite=sum(one.always_valid == -one.peeking for one in peeked),
        confirmed=sum(one.confirmed for one in peeked),
        confirmed_and_gone=sum(one.confirmed and one.gone for one in peeked),
        at_the_end=len(ended),
        at_the_end_confirmed=sum(one.always_valid == one.at_the_end for one in ended),
    )


@dataclass(frozen=True, kw_only=True)
class CountedExperiments:
    """An experiment counts where any of its variants does by any metric."""

    judged: int
    peeking: int
    confirmed: int


def count_experiments(verdicts: Sequence[Verdicts]) -> CountedExperiments:
    """How often each thing happened among the experiments of these series."""
    return CountedExperiments(
        judged=len({one.series.experiment for one in verdicts if one.series.looks}),
        peeking=len({one.series.experiment for one in verdicts if one.peeking}),
        confirmed=len({one.series.experiment for one in verdicts if one.confirmed}),
    )


def without_an_effect(judged: Sequence[Series], run: Run) -> Iterator[Figure]:
    """The looks of the real series, their sums replaced by chance alone: how many would be declared different."""
    rng, replays = np.random.default_rng(SEED_OF_REPLAYS), run.agents(2_000, 100)
    peeking, always = np.zeros(replays), np.zeros(replays)
    for one in judged:
        # Where a variance shrank, nothing new has happened: the clock of chance does not run back.
        clocks = np.maximum.accumulate([look.clock for look in one.looks])
        sums = (rng.standard_normal((replays, len(clocks))) * np.sqrt(np.diff(clocks, prepend=0.0))).cumsum(axis=1)
        mixture = sequence_of(one).mixture
        edges = np.array([mixture.boundary(float(clock), ALPHA) for clock in clocks])
        peeking += (abs(sums) >= TWO_SIDED_Z * np.sqrt(clocks)).any(axis=1)
        always += (abs(sums) >= edges).any(axis=1)
    for rule, found, high in (("peeking", peeking, len(judged)), ("always valid", always, ALPHA * len(judged))):
        mean, error = mean_and_error(found)
        name = f"the same looks without any effect: series declared different, {rule}"
        yield Figure(name=name, ours=mean, error=error, seed=SEED_OF_REPLAYS, low=0.0, high=high)


def people_without_an_effect(run: Run) -> Iterator[Figure]:
    """Two equal groups of people who come one by one and go on acting, as in the data: 60 looks."""
    pairs = run.agents(4_000, 600)
    for kind in ("buy once", "buy often"):
        hits = told_apart(kind, pairs, SEED_OF_PEOPLE)
        for rule in ("peeking", "always valid"):
            share = Share(hits=hits[rule], of=pairs)
            kept = surely_at_most(ALPHA, share) if rule == "always valid" else {"low": 0.0, "high": 1.0}
            name = f"people who {kind}, no effect: declared different, {rule}"
            yield Figure(name=name, ours=share.value, error=share.error, seed=SEED_OF_PEOPLE, **kept)


def left_out(series: Sequence[Series]) -> Counter[str]:
    """Rows that are no looks, by reason."""
    return sum((one.left_out for one in series), Counter())


def _by_experiment(verdicts: Sequence[Verdicts]) -> Iterator[Figure]:
    found = count_experiments(verdicts)
    yield Figure(name="two-sided, experiments: judged", ours=found.judged)
    yield Figure(name="two-sided, experiments: some verdict by peeking", ours=found.peeking)
    yield Figure(name="two-sided, experiments: some of them confirmed", ours=found.confirmed)


def _rows(name: str, found: Counted) -> Iterator[Figure]:
    yield Figure(name=f"{name}: judged", ours=found.judged)
    yield Figure(name=f"{name}: different by peeking", ours=found.peeking, low=0.0, high=found.judged)
    yield Figure(name=f"{name}: of these never confirmed (vanished)", ours=found.vanished)
    yield Figure(name=f"{name}: of these the opposite confirmed", ours=found.opposite)
    yield Figure(name=f"{name}: of these confirmed", ours=found.confirmed)
    yield Figure(name=f"{name}: of these gone at peeking's own last look", ours=found.gone)
    yield Figure(name=f"{name}: confirmed, and gone at that last look", ours=found.confirmed_and_gone)
    yield Figure(name=f"{name}: different at the last look alone", ours=found.at_the_end)
    yield Figure(name=f"{name}: different at the last look alone, and confirmed", ours=found.at_the_end_confirmed)
