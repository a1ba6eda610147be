"""Many agents at once, and the worst of many segments."""

from __future__ import annotations

import math

import numpy as np
import pytest

from goldenthread.promise.errors import ImpossibleParameter
from goldenthread.promise.evidence import Worst, e_bh, worst
from goldenthread.promise.evidence.difference import DifferenceTest

ALPHA = 0.05


def _log(e: float) -> float:
    return math.log(e)


def test_chosen_are_those_that_the_rule_names() -> None:
    """Of four, the k strongest need 4 / (0.05 k) = 80, 40, 26.7, 20."""
    assert e_bh({"a": _log(81), "b": _log(1), "c": _log(2), "d": -math.inf}, ALPHA) == {"a"}
    assert e_bh({"a": _log(79), "b": _log(1), "c": _log(2), "d": _log(3)}, ALPHA) == frozenset()
    assert e_bh({"a": _log(79), "b": _log(41), "c": _log(2), "d": _log(3)}, ALPHA) == {"a", "b"}
    assert e_bh(dict.fromkeys("abcd", _log(20.001)), ALPHA) == set("abcd")


def test_nobody_tried_means_nobody_chosen() -> None:
    """No data is never a pass."""
    assert e_bh({}, ALPHA) == frozenset()
    assert e_bh({"only": 0.0}, ALPHA) == frozenset()


def test_one_agent_alone_needs_what_a_gate_needs() -> None:
    """The rule for many is the gate's own rule where there is one."""
    assert e_bh({"only": -math.log(ALPHA)}, ALPHA) == {"only"}


def test_tied_agents_rise_together_and_more_evidence_never_removes_one() -> None:
    """The order in which agents are listed decides nothing."""
    rng = np.random.default_rng(2)
    for _ in range(200):
        log_es = {str(name): float(log_e) for name, log_e in enumerate(rng.normal(2.0, 2.0, 12))}
        chosen = e_bh(log_es, ALPHA)
        assert e_bh(dict(reversed(log_es.items())), ALPHA) == chosen
        stronger = {name: log_e + (name == "3") for name, log_e in log_es.items()}
        assert chosen <= e_bh(stronger, ALPHA)


def test_share_of_wrong_ones_is_held_on_current_values() -> None:
    """Twenty agents of whom five are good, judged at one look: of the chosen at most 5 % are wrong on average."""
    test = DifferenceTest(margin=0.1, scale=1.0, alpha=ALPHA)
    rng = np.random.default_rng(6)
    lost = []
    for _ in range(60):
        agents = [(f"good {n}", 0.1) for n in range(5)] + [(f"bad {n}", -0.1) for n in range(15)]
        log_es = {}
        for name, mean in agents:
            up = rng.random(150) < (1 + mean) / 2
            log_es[name] = test.log_e(test.update_all(test.start, np.where(up, 1.0, -1.0).tolist()))
        chosen = e_bh(log_es, ALPHA)
        lost.append(sum(name.startswith("bad") for name in chosen) / max(1, len(chosen)))
    assert np.mean(lost) <= ALPHA


def test_worst_segment_decides() -> None:
    """The claim is about every segment, so it is as strong as the weakest."""
    assert worst({"de": 5.0, "en": 3.1}, ALPHA) == Worst(segment="en", log_e=3.1, missing=(), passed=True)
    assert worst({"de": 5.0, "en": 2.9}, ALPHA) == Worst(segment="en", log_e=2.9, missing=(), passed=False)


def test_segment_without_cases_is_not_enough_evidence() -> None:
    """A language nobody wrote in yet is unknown, not fine."""
    assert worst({"de": 9.0, "en": None}, ALPHA) == Worst(segment="en", log_e=0.0, missing=("en",), passed=False)
    found = worst({"de": -1.0, "en": None}, ALPHA)
    assert (found.segment, found.missing, found.passed) == ("de", ("en",), False)


def test_no_segments_prove_nothing() -> None:
    """A claim about every member of an empty list would be true of anything."""
    assert worst({}, ALPHA) == Worst(segment=None, log_e=0.0, missing=(), passed=False)


@pytest.mark.parametrize("log_e", [math.nan, math.inf, True])
def test_impossible_evidence_is_refused(log_e: float) -> None:
    """NaN compares as neither large nor small, and must not slip through as either."""
    for use in (lambda: e_bh({"a": log_e}, ALPHA), lambda: worst({"a": log_e}, ALPHA)):
        with pytest.raises(ImpossibleParameter) as refused:
            use()
        assert str(refused.value) == (
            f"impossible-parameter: evidence={log_e!r} of 'a' is none; it must be the log of the present evidence, "
            "a number below infinity. Pass what the test's log_e returns."
        )


@pytest.mark.parametrize("alpha", [0.0, 1.0, math.nan])
def test_impossible_alpha_is_refused(alpha: float) -> None:
    """An accepted share of all or none is no share."""
    for use in (lambda: e_bh({"a": 1.0}, alpha), lambda: worst({"a": 1.0}, alpha)):
        with pytest.raises(ImpossibleParameter):
            use()
