"""
What one more label costs a gate: counted, looked at, decided.

Beside two packages that take a label at a time. ville tests the same question (a mixture e-process for a rate, valid
at every look), so it is the nearer peer; its update is measured without the decision, which walks its whole history.
river's detectors of a changed rate answer yes or no after each label without any stated error; the quickest of those
that look at every label stands in the table (EDDM looks only at errors, ADWIN by default at every 32nd label).
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import ville
from river.drift import ADWIN, PageHinkley
from river.drift.binary import DDM, FHDDM
from scipy import special

from bench.registry import benchmark
from bench.table import Figure, Row
from goldenthread.promise.evidence import (
    RateGates,
    RateMeter,
    RateTest,
    RollbackDetector,
    RollbackGates,
    keep_boundaries_in,
)
from goldenthread.promise.evidence.boundary import BoundaryTable
from goldenthread.record.store import BoundaryFiles

GATES = 100_000
LABELS = 20_000
FEW = 1_000
"""Labels for what takes microseconds each."""
ROUNDS = 7
BOUNDARY = 10_000
COMMAND = "python -m bench evidence"

_CALL = "limit: a method that is called with the label and does nothing"

_TEST = RateTest(bar=0.95, alpha=0.05)
_QUALITY = 0.93  # below the bar, so that no gate passes and every label is looked at
_DETECTOR = RollbackDetector(limit=0.1, false_alarm=1e9)


@benchmark("evidence")
def measure_evidence() -> Sequence[Row]:
    """A label's cost beside ville's and river's, all in turn in one process; then a boundary, compiled and kept."""
    source = random.Random(20_260_401)
    labels = [source.random() < _QUALITY for _ in range(LABELS)]
    ns = _in_turn({**_ours(labels), **_villes(labels), **_rivers(labels)})
    name = min((key for key in ns if key.startswith("river ")), key=lambda key: ns[key])
    river = f"river {version('river')}, {name.removeprefix('river ')}, update and look, a gate at a time"
    ville_ = f"ville {version('ville')}, BernoulliTest, update alone, a gate at a time"
    stream = f"ville {version('ville')}, BernoulliTest.fit, the same labels in one call, vectorised"
    naive = "the formula by scipy at every label"
    return [
        _row(f"rate gate, a label, {GATES} gates vectorised", ns["gates"], ns["ville"], ville_),
        _row(f"rate gate, a label, {GATES} gates vectorised", ns["gates"], ns[name], river),
        _row("rate gate, a label, pure Python, one by one", ns["add"], ns["ville"], ville_),
        _row("rate gate, a label, pure Python, one by one", ns["add"], ns["scipy"], naive),
        _row("rate gate, a label, pure Python, one by one", ns["add"], ns[name], river),
        _row("rate gate, a label, pure Python, one by one", ns["add"], ns["call"], _CALL),
        _row(f"rate gate, a label of {LABELS} in one call, pure Python", ns["add all"], ns[name], river),
        _row(f"rate gate, a label of {LABELS} in one call, pure Python", ns["add all"], ns["ville fit"], stream),
        _row(f"rollback detector, a label, {GATES} vectorised", ns["detectors"], ns[name], river),
        _row("rollback detector, a label, pure Python, one by one", ns["detector"], ns[name], river),
        _boundary_row(),
    ]


class _Nothing:
    """What no counter that is called label by label can be quicker than."""

    __slots__ = ()

    def add(self, success: bool) -> bool:
        """Do nothing."""
        return success


def _ours(labels: Sequence[bool]) -> dict[str, Callable[[], float]]:
    """Ours, each as a function that returns nanoseconds a label."""

    def add() -> None:
        one = RateMeter(_TEST).add
        for label in labels:
            one(label)

    def add_all() -> None:
        RateMeter(_TEST).add_all(labels)

    def detector() -> None:
        state, update, alarm = _DETECTOR.start, _DETECTOR.update, _DETECTOR.alarm
        for label in labels:
            state = update(state, not label)
            alarm(state)

    drawn = np.random.default_rng(7).random((10, GATES)) < _QUALITY
    each = np.arange(GATES)
    gates, detectors = RateGates([_TEST] * GATES), RollbackGates([_DETECTOR] * GATES)

    def gates_once() -> None:
        for success in drawn:
            gates.add(success, ~success)

    def detectors_once() -> None:
        detectors.observe(each, ~drawn[0])

    return {
        "add": lambda: _ns(add, len(labels)),
        "call": lambda: _ns(partial(_call_each, labels), len(labels)),
        "add all": lambda: _ns(add_all, len(labels)),
        "detector": lambda: _ns(detector, len(labels)),
        "gates": lambda: _ns(gates_once, drawn.size),
        "detectors": lambda: _ns(detectors_once, GATES),
    }


def _call_each(labels: Sequence[bool]) -> None:
    one = _Nothing().add
    for label in labels:
        one(label)


def _villes(labels: Sequence[bool]) -> dict[str, Callable[[], float]]:
    """The nearer peer: a label at a time, and as it likes it best; beside it the formula without a package."""
    given = np.array(labels, dtype=float)

    def update() -> None:
        test = ville.BernoulliTest(_TEST.bar, alpha=_TEST.alpha)
        for label in labels[:FEW]:
            test.update(label)

    def fit() -> None:
        if ville.BernoulliTest(_TEST.bar, alpha=_TEST.alpha).fit(given).stopping_time() == 0:
            raise RuntimeError("a test stopped before its first case")

    def formula() -> None:
        good = bad = 0
        for label in labels[:FEW]:
            good, bad = good + label, bad + (not label)
            tail = special.betaincc(1.0 + good, 1.0 + bad, _TEST.bar) / (1.0 - _TEST.bar)
            capital = special.betaln(1.0 + good, 1.0 + bad) + np.log(tail)
            if capital - good * np.log(_TEST.bar) - bad * np.log1p(-_TEST.bar) >= _TEST.threshold:
                raise RuntimeError("a gate passed that was to be looked at throughout")

    return {
        "ville": lambda: _ns(update, FEW),
        "ville fit": lambda: _ns(fit, len(labels)),
        "scipy": lambda: _ns(formula, FEW),
    }


def _rivers(labels: Sequence[bool]) -> dict[str, Callable[[], float]]:
    """River's detectors that look at every label."""
    failed = [float(not label) for label in labels]
    makers: dict[str, Callable[[], Any]] = {
        "DDM": DDM,
        "FHDDM": FHDDM,
        "PageHinkley": PageHinkley,
        "ADWIN(clock=1)": partial(ADWIN, clock=1),
    }

    def run(make: Callable[[], Any]) -> None:
        detector = make()
        alarms = 0
        for label in failed:
            detector.update(label)
            alarms += detector.drift_detected

    return {f"river {name}": partial(_ns, partial(run, make), len(failed)) for name, make in makers.items()}


def _boundary_row() -> Row:
    """A boundary as a process finds it: compiled, or taken from disk and proved."""

    def table() -> None:
        BoundaryTable(bar=_TEST.bar, alpha=_TEST.alpha, prior=_TEST.prior).most_failures(BOUNDARY)

    with tempfile.TemporaryDirectory(prefix="goldenthread-bench-") as folder:
        files = BoundaryFiles(Path(folder))
        timings: dict[str, list[float]] = {"cold": [], "warm": []}
        try:
            for name, store in (("fill", files), *(("cold", None), ("warm", files)) * ROUNDS):
                keep_boundaries_in(store)
                timings.setdefault(name, []).append(_ns(table, 1) / 1e6)
        finally:
            keep_boundaries_in(None)
    return Row(
        what=f"boundary of {BOUNDARY} cases, from disk and every entry proved",
        ours=Figure(value=min(timings["warm"]), unit="ms"),
        beside=Figure(value=min(timings["cold"]), unit="ms"),
        against="ours compiled anew",
        better="lower",
        command=COMMAND,
    )


def _in_turn(measures: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """The least of some rounds, in each of which every one has its turn: what disturbs one disturbs all."""
    rounds = [{name: measure() for name, measure in measures.items()} for _ in range(ROUNDS)]
    return {name: min(one[name] for one in rounds) for name in measures}


def _ns(call: Callable[[], None], labels: int) -> float:
    """Nanoseconds of this process alone, so that a busy machine does not count against anybody."""
    began = time.process_time_ns()
    call()
    return (time.process_time_ns() - began) / labels


def _row(what: str, ours: float, beside: float, against: str) -> Row:
    return Row(
        what=what,
        ours=Figure(value=ours, unit="ns"),
        beside=Figure(value=beside, unit="ns"),
        against=against,
        better="lower",
        command=COMMAND,
    )
