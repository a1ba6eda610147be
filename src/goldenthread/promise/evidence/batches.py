"""Batches of labels for many gates: what is refused, and how a batch that repeats a gate keeps its order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from goldenthread.promise.errors import ImpossibleCounts
from goldenthread.promise.evidence.validation import MOST_CASES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEVER = -1
"""Stands for "not yet" in arrays, where a state has None."""

_CHUNK = 4096


def require_gates(gates: NDArray[Any], count: int) -> NDArray[np.intp]:
    """
    The places of gates, in order of observation.

    Raises:
        ImpossibleCounts: Not one whole number an observation, or a place that no gate has.
    """
    import numpy as np

    places = as_array("gates", gates)
    if places.ndim != 1 or (len(places) and places.dtype.kind not in "iu"):
        raise ImpossibleCounts(
            f"gates of shape {places.shape} and type {places.dtype} name no gates; "
            "there must be one whole number an observation. Pass an array of integers."
        )
    if len(places) and not (places.min() >= 0 and places.max() < count):
        raise ImpossibleCounts(
            f"gates from {places.min()} to {places.max()} are not all there; the {count} gates are counted "
            f"from 0 to {count - 1}. Check which gates the observations belong to."
        )
    return places.astype(np.intp, copy=False)


def require_labels(name: str, labels: NDArray[Any], count: int) -> NDArray[np.bool_]:
    """
    One True or False an observation.

    Raises:
        ImpossibleCounts: Another number of them, or anything that merely counts as true or false.
    """
    import numpy as np

    given = as_array(name, labels)
    if given.shape != (count,) or (count and given.dtype != np.bool_):
        raise ImpossibleCounts(
            f"{name} of shape {given.shape} and type {given.dtype} are no labels of {count} observations; "
            "each must be True or False. Leave a case without a label out until it has one."
        )
    return given.astype(np.bool_, copy=False)


def require_count_of_each(name: str, counts: NDArray[Any], gates: int) -> NDArray[np.int64]:
    """
    One number of cases a gate.

    Raises:
        ImpossibleCounts: Another number of them, or one that is negative or not whole.
    """
    import numpy as np

    given = as_array(name, counts)
    if given.shape != (gates,) or given.dtype.kind not in "iub" or not within(given):
        raise ImpossibleCounts(
            f"{name} of shape {given.shape} and type {given.dtype} are no numbers of cases of {gates} gates; "
            "each must be a whole number of at least 0, and believable. Count again."
        )
    return given.astype(np.int64, copy=False)


def require_states(states: NDArray[Any], rows: int, gates: int) -> NDArray[Any]:
    """
    The states that `to_array` wrote: so many rows, one column a gate.

    Raises:
        ImpossibleCounts: Another shape, no numbers, or one that is not finite.
    """
    import numpy as np

    given = as_array("states", states)
    if given.shape != (rows, gates) or given.dtype.kind not in "if" or not np.isfinite(given).all():
        raise impossible_states(f"an array of shape {given.shape} and type {given.dtype}", rows, gates)
    return given


def as_array(name: str, given: object) -> NDArray[Any]:
    """
    What was given as an array.

    Raises:
        ImpossibleCounts: It is none, for instance rows of different lengths.
    """
    import numpy as np

    try:
        return np.asarray(given)
    except (TypeError, ValueError, OverflowError) as error:
        raise ImpossibleCounts(
            f"{name} cannot be read as an array ({type(given).__name__}); there must be one number an observation. "
            "Pass an array of numbers."
        ) from error


def within(counts: NDArray[Any]) -> bool:
    """True where all of these are numbers of cases from 0 to the most that are calculated with."""
    return not counts.size or bool(counts.min() >= 0 and counts.max() <= MOST_CASES)


def impossible_states(found: str, rows: int, gates: int) -> ImpossibleCounts:
    """The error for states that no observations lead to."""
    return ImpossibleCounts(
        f"{found} is no state of {gates} gates; it has {rows} rows of finite numbers, one column a gate, "
        "as `to_array` writes them. Fold the observations again."
    )


def looked_within(first: NDArray[Any], cases: NDArray[Any]) -> bool:
    """True where each first look that counted is "not yet", or one of that gate's cases."""
    return bool(((first == NEVER) | ((first >= 1) & (first <= cases))).all())


def named_once(gates: NDArray[np.intp], count: int) -> bool:
    """True where no gate is named twice; quickly, where they are in ascending order."""
    import numpy as np

    return bool(len(gates) < 2 or (np.diff(gates) > 0).all() or np.bincount(gates, minlength=count).max() == 1)


def rounds(gates: NDArray[np.intp], count: int) -> Iterator[tuple[NDArray[np.intp] | slice, NDArray[np.intp] | slice]]:
    """
    Parts of a batch that name no gate twice, and together keep each gate's order.

    Args:
        gates: A place an observation.
        count: How many gates there are.

    Returns:
        For each part the gates, and where in the batch they stand, as index arrays or slices. Where every gate is
        named once and in order, slices that fit into the processor's cache; where gates repeat, as many parts as
        the most frequent gate has observations.
    """
    import numpy as np

    if not named_once(gates, count):
        order = np.argsort(gates, kind="stable")
        ordered = gates[order]
        places = np.arange(len(gates))
        starts = np.maximum.accumulate(np.where(np.diff(ordered, prepend=-1) != 0, places, 0))
        nth = places - starts
        for part in np.split(order[np.argsort(nth, kind="stable")], np.cumsum(np.bincount(nth))[:-1]):
            yield gates[part], part
    elif all_in_order(gates, count):
        for start in range(0, count, _CHUNK):
            chunk = slice(start, min(start + _CHUNK, count))
            yield chunk, chunk
    else:
        yield gates, slice(None)


def all_in_order(gates: NDArray[np.intp], count: int) -> bool:
    """True where gates that are named once are all of them, from the first to the last."""
    import numpy as np

    return len(gates) == count and bool((np.diff(gates) == 1).all())


def named(gates: NDArray[np.intp] | slice, where: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The places of those of these gates for which it is True."""
    import numpy as np

    return np.flatnonzero(where) + gates.start if isinstance(gates, slice) else gates[where]
