"""The simulation of flags is of the code that is shipped."""

from __future__ import annotations

import numpy as np

from goldenthread.control.vigilance.judging import least_without_one
from proof.vigilance import CHECKS, SHARED, Table, _alone, always, drawn


def test_flags_in_bulk_come_where_the_test_rings() -> None:
    """A faster copy of a rule is only worth something if it is the rule."""
    table = Table.of(CHECKS, 40)
    missed = drawn(3, 60, 40, always(0.45))
    rows = missed.tolist()
    one_by_one = [next((n for n in range(1, 41) if CHECKS.rings(row[:n])), 0) for row in rows]
    assert table.first_rings(missed).tolist() == one_by_one
    assert 0 < one_by_one.count(0) < 60


def test_shared_questions_in_bulk_leave_each_colleague_out() -> None:
    """Flagged only where the evidence rings without any one of them."""
    missed = drawn(4, 40, 30, always(0.9))
    flags = [
        any(
            least_without_one(SHARED, [("abc"[at % 3], one) for at, one in enumerate(row[:n])]) >= SHARED.threshold
            for n in range(1, 31)
        )
        for row in missed.tolist()
    ]
    every = _alone(Table.of(SHARED, 30), missed).hits
    assert 0 < sum(flags) <= every  # in bulk each is left out at its own look: what is simulated flags no less
    assert np.isclose(every, sum(flags), atol=3)
