"""Why a mean moved, told exactly."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goldenthread.promise.errors import OutcomeNotExplained
from goldenthread.promise.evidence import DRIVERS, Piece, explain_mean

_AMOUNT = st.integers(min_value=0, max_value=10**12)


def _pieces(units: st.SearchStrategy[int | None]) -> st.SearchStrategy[list[Piece]]:
    piece = st.builds(
        Piece,
        kind=st.sampled_from(["", "click", "numpy"]),
        automated=st.booleans(),
        reworked=st.booleans(),
        amount=_AMOUNT,
        weight=st.integers(min_value=1, max_value=10**9),
        units=units,
    )
    return st.lists(piece, min_size=1, max_size=12)


def _mean(pieces: list[Piece]) -> int:
    return round(Fraction(1_000_000 * sum(p.amount for p in pieces), sum(p.weight for p in pieces)))


@settings(max_examples=150, deadline=None)
@given(before=_pieces(st.none()), after=_pieces(st.none()), places=st.integers(min_value=0, max_value=6))
def test_parts_add_up_exactly_also_when_they_are_rounded(before: list[Piece], after: list[Piece], places: int) -> None:
    """One cent that is missing in a table of drivers costs the reader the trust in all of it."""
    found = explain_mean(before, after)
    assert (found.before, found.after) == (_mean(before), _mean(after))
    assert found.before + sum(found.drivers.values()) == found.after
    rounded = found.in_places(places)
    assert rounded.before + sum(rounded.drivers.values()) == rounded.after
    assert found.drivers["unit price"] == 0 or not found.priced


@settings(max_examples=100, deadline=None)
@given(
    before=_pieces(st.integers(min_value=1, max_value=10**9)), after=_pieces(st.integers(min_value=1, max_value=10**9))
)
def test_prices_add_up_and_the_way_back_is_the_way_there(before: list[Piece], after: list[Piece]) -> None:
    """What drove a number up must drive it down by as much: no order of looking is better than another."""
    there, back = explain_mean(before, after), explain_mean(after, before)
    assert there.before + sum(there.drivers.values()) == there.after
    assert all(abs(there.drivers[name] + back.drivers[name]) <= len(DRIVERS) for name in DRIVERS)


def _cases(kind: str, count: int, amount: int, *, automated: bool = False, reworked: bool = False) -> list[Piece]:
    piece = Piece(kind=kind, automated=automated, reworked=reworked, amount=amount * 10**6, weight=10**6)
    return [piece] * count


def _in_units(found: dict[str, int]) -> dict[str, float]:
    return {name: amount / 10**6 for name, amount in found.items() if amount}


def test_each_driver_alone_is_found_alone() -> None:
    """A split that gave automation's part to the mix would send people to mend the wrong thing."""
    easy, hard = _cases("easy", 10, 10), _cases("hard", 10, 30)
    found = explain_mean([*easy, *hard], [*easy, *hard, *hard, *hard])
    assert (found.before, found.after, _in_units(dict(found.drivers))) == (20 * 10**6, 25 * 10**6, {"mix": 5.0})
    by_agent = _cases("easy", 5, 2, automated=True)
    before = [*_cases("easy", 10, 10), *by_agent[:2]]
    more = [*_cases("easy", 5, 10), *by_agent, *by_agent[:2]]
    assert set(_in_units(dict(explain_mean(before, more).drivers))) == {"automation"}
    twice = _cases("easy", 4, 20, reworked=True)
    assert set(_in_units(dict(explain_mean([*easy, *twice], [*easy, *twice[:1]]).drivers))) == {"rework"}


def test_units_and_their_price_are_told_apart() -> None:
    """Dearer tokens and more tokens are two conversations, with two people."""
    piece = Piece(kind="", automated=True, reworked=False, amount=2_000_000, weight=10**6, units=4_000_000)
    dearer = Piece(kind="", automated=True, reworked=False, amount=3_000_000, weight=10**6, units=4_000_000)
    longer = Piece(kind="", automated=True, reworked=False, amount=3_000_000, weight=10**6, units=6_000_000)
    assert _in_units(dict(explain_mean([piece], [dearer]).drivers)) == {"unit price": 1.0}
    assert _in_units(dict(explain_mean([piece], [longer]).drivers)) == {"rest": 1.0}


def test_what_cannot_be_told_apart_is_refused_in_words() -> None:
    """A wrong explanation is worse than none."""
    some = _cases("easy", 1, 1)
    with pytest.raises(OutcomeNotExplained, match="One of the two periods has no value"):
        explain_mean([], some)
    free = Piece(kind="", automated=True, reworked=False, amount=1, weight=1, units=0)
    with pytest.raises(OutcomeNotExplained, match="used no units, so a unit has no price"):
        explain_mean([free], [free])
    many = [Piece(kind=str(n), automated=False, reworked=False, amount=1, weight=1) for n in range(200)]
    with pytest.raises(OutcomeNotExplained, match="There are 201 kinds of case, and 200 can be told apart"):
        explain_mean(many, some)
