"""Boundaries that outlive a process: used only where each entry is proved."""

from __future__ import annotations

import hashlib
import struct
import sys
from array import array
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goldenthread.promise.evidence import BoundaryStore, Prior, RateMeter, RateTest, boundary, keep_boundaries_in
from goldenthread.promise.evidence.boundary import LONGEST_TABLE, BoundaryTable
from goldenthread.promise.evidence.cache import BoundaryParameters

BAR, ALPHA, CASES = 0.9, 0.05, 6000
PARAMETERS = BoundaryParameters(bar=BAR, alpha=ALPHA, shape=1.0)


class Memory:
    """A store that counts, and holds whatever it is given."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.loads = self.saves = 0

    def load(self, key: str) -> bytes | None:
        self.loads += 1
        return self.kept.get(key)

    def save(self, key: str, kept: bytes) -> None:
        self.saves += 1
        self.kept[key] = kept


@pytest.fixture
def memory() -> Iterator[Memory]:
    """A store in use for the length of a test."""
    store: BoundaryStore = Memory()
    before = boundary._kept.store
    keep_boundaries_in(store)
    assert isinstance(store, Memory)
    yield store
    keep_boundaries_in(before)


def fresh(bar: float = BAR, alpha: float = ALPHA, prior: Prior = Prior.UNIFORM) -> BoundaryTable:
    """A table as another process would have it: nothing compiled yet."""
    return BoundaryTable(bar=bar, alpha=alpha, prior=prior)


def compiled(cases: int = CASES) -> array[int]:
    """The right boundary, compiled without a store."""
    before = boundary._kept.store
    keep_boundaries_in(None)
    try:
        return fresh().upto(cases)
    finally:
        keep_boundaries_in(before)


def forged(most: array[int]) -> bytes:
    """What an attacker writes who knows the format: any boundary, under a right header and a right checksum."""
    return PARAMETERS.write(most)


def read(kept: bytes) -> array[int] | None:
    """What a table would take from these bytes."""
    return PARAMETERS.read(kept, fresh()._unit)


def test_kept_boundary_is_used_by_the_next_process(memory: Memory) -> None:
    """Otherwise the store would be a cost without a use."""
    first, second = fresh(), fresh()
    expected = first.upto(CASES)
    assert second.upto(CASES) == expected == compiled()
    assert (memory.loads, memory.saves, len(memory.kept)) == (2, 1, 1)


def test_kept_boundary_grows_as_if_it_had_been_compiled(memory: Memory) -> None:
    """Taken over or compiled, it goes on the same, or verdicts would depend on what is in a folder."""
    fresh().upto(CASES)
    taken = fresh()
    taken.upto(CASES)
    assert taken.upto(4 * CASES) == compiled(4 * CASES)
    assert fresh().upto(4 * CASES) == compiled(4 * CASES)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(
    bar=st.floats(1e-4, 1 - 1e-4),
    alpha=st.floats(1e-6, 0.5),
    prior=st.sampled_from(Prior),
    cases=st.integers(2, 20_000),
)
def test_every_compiled_boundary_is_proved(bar: float, alpha: float, prior: Prior, cases: int) -> None:
    """A proof that refuses right tables would compile them anew for ever."""
    parameters = BoundaryParameters(bar=bar, alpha=alpha, shape=prior.shape)
    table = fresh(bar, alpha, prior)
    most = table.upto(cases)
    assert parameters.read(parameters.write(most), table._unit) == most


def test_longest_boundary_is_proved() -> None:
    """Rounding adds up over two million cases, and must stay below what the proof allows."""
    most = fresh().upto(LONGEST_TABLE)
    assert read(PARAMETERS.write(most)) == most


def _one_failure_too_many_somewhere(most: array[int], place: int) -> None:
    """The gentlest attack: one step of the staircase comes one case early."""
    steps = [n for n in range(1, len(most)) if most[n] > most[n - 1] and most[n - 1] == most[n - 2]]
    most[steps[place % len(steps)] - 1] += 1


def _promotes_from_the_start(most: array[int], place: int) -> None:
    most[1 : len(most)] = array("i", range(len(most) - 1))


def _lifted(most: array[int], place: int) -> None:
    for n in range(1 + place % (len(most) - 1), len(most)):
        most[n] += 1


def _never(most: array[int], place: int) -> None:
    most[:] = array("i", [-1] * len(most))


def _jumps(most: array[int], place: int) -> None:
    most[1 + place % (len(most) - 1)] = 2**31 - 1


def _falls(most: array[int], place: int) -> None:
    most[1 + place % (len(most) - 1)] = -(2**31)


def _first_entry(most: array[int], place: int) -> None:
    most[0] = 0


@pytest.mark.parametrize(
    "attack",
    [_one_failure_too_many_somewhere, _promotes_from_the_start, _lifted, _never, _jumps, _falls, _first_entry],
)
@pytest.mark.parametrize("place", [0, 1, 77, 301, 5990])
def test_well_formed_wrong_boundary_is_not_used(
    memory: Memory, attack: Callable[[array[int], int], None], place: int
) -> None:
    """A poisoned file must never promote anybody, nor withhold what was earned."""
    most = compiled()
    attack(most, place)
    assert most != compiled()
    memory.kept[PARAMETERS.key] = forged(most)
    assert fresh().upto(CASES) == compiled()
    assert memory.kept[PARAMETERS.key] == forged(compiled())


@settings(deadline=None, max_examples=200)
@given(place=st.integers(1, CASES), change=st.integers(-3, 3))
def test_no_single_wrong_entry_passes(place: int, change: int) -> None:
    """There is no place that the proof does not look at."""
    most = compiled()
    most[place] += change
    assert (read(forged(most)) is not None) == (change == 0)


def test_boundary_of_a_weaker_bar_under_this_bars_name_is_not_used(memory: Memory) -> None:
    """The likeliest forgery is a real table: that of a bar which is easier to pass."""
    easy = fresh(bar=0.6).upto(CASES)
    memory.kept[PARAMETERS.key] = forged(easy)
    meter = RateMeter(RateTest(bar=BAR, alpha=ALPHA))
    meter.test.__dict__["table"] = fresh()
    assert not any(meter.add(n % 5 != 0) for n in range(CASES))


@settings(deadline=None, max_examples=200)
@given(place=st.integers(0, 10**6), change=st.integers(1, 255))
def test_damaged_bytes_are_not_used(place: int, change: int) -> None:
    """A disk that forgets a bit must cost a compilation, not a verdict."""
    kept = bytearray(forged(compiled()))
    kept[place % len(kept)] ^= change
    assert read(bytes(kept)) is None


@settings(deadline=None, max_examples=100)
@given(kept=st.one_of(st.binary(max_size=300), st.integers(0, 4 * CASES).map(lambda n: forged(compiled())[:n])))
def test_foreign_and_cut_off_bytes_are_not_used(kept: bytes) -> None:
    """A file may have been written by anything, or to half."""
    assert read(kept) is None


@pytest.mark.parametrize(("part", "other"), [("bar", 0.8), ("alpha", 0.1), ("shape", 0.5)])
def test_other_parameters_have_other_names_and_headers(part: str, other: float) -> None:
    """A file that was renamed is still another test's boundary."""
    values = {"bar": BAR, "alpha": ALPHA, "shape": 1.0, part: other}
    parameters = BoundaryParameters(**values)
    assert parameters.key != PARAMETERS.key
    assert read(parameters.write(compiled())) is None


def test_other_format_is_not_used() -> None:
    """A version to come may mean something else by the same integers."""
    text = bytearray(forged(compiled())[:-32])
    place = text.index(b"\n") + 1
    assert struct.unpack_from("<H", text, place) == (1,)
    struct.pack_into("<H", text, place, 2)
    assert read(bytes(text) + hashlib.sha256(text).digest()) is None


def test_too_long_boundary_is_not_used(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory that a table may take is bounded, also where the table is right."""
    memory.kept[PARAMETERS.key] = forged(compiled(3 * CASES))
    monkeypatch.setattr(boundary, "LONGEST_TABLE", 2 * CASES)
    assert len(fresh().covering(CASES)) <= 2 * CASES + 1


def test_short_boundaries_are_not_kept(memory: Memory) -> None:
    """They are compiled sooner than a file is opened."""
    fresh().upto(1000)
    assert (memory.loads, memory.saves) == (0, 0)


def test_numpy_is_not_imported_for_a_short_proof(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent that asks for a permit must not wait for an import that saves two milliseconds."""
    monkeypatch.delitem(sys.modules, "numpy")
    fresh().upto(CASES)
    assert (memory.loads, memory.saves) == (0, 0)
    assert np.zeros(1)[0] == 0.0
